"""What the command line prints and where it may write."""

from __future__ import annotations

import json
import math
import os
import shlex
import sys
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.networks.formats import recognise, tabular
from ec_core.networks.writers import WRITERS


def plain(value: Any) -> Any:
    """A value as JSON can hold it: NumPy to Python, NaN and infinity to None.

    >>> plain({"a": np.float64("nan"), "b": (np.int64(2), True)})
    {'a': None, 'b': [2, True]}
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def json_text(value: Any, indent: int | None = None) -> str:
    """One JSON object; never NaN."""
    return json.dumps(plain(value), indent=indent, allow_nan=False)


def answer(facts: dict[str, Any], sentences: str, as_json: bool) -> None:
    """Print the result on stdout: facts as one JSON object, or sentences for a person."""
    print(json_text(facts) if as_json else sentences, flush=True)


def progress(message: str) -> None:
    """One line on stderr."""
    print(message, file=sys.stderr, flush=True)


def command_line(args: Namespace) -> str:
    """What was typed, as a shell takes it.

    >>> command_line(Namespace(words=("recover", "my probes.npz", "--out", "r.safetensors")))
    "ec-core recover 'my probes.npz' --out r.safetensors"
    """
    return shlex.join(["ec-core", *args.words])


def output_path(name: str, *taken: str | None) -> Path:
    """A path that can be written to, found out before any work is done.

    taken : names of other files of this command; writing over one of them is a slip.
    Raises InputError.
    """
    path = Path(name)
    if path.is_dir():
        raise InputError(f"Cannot write {path}: it is a folder; name a file.")
    for other in taken:
        if other is not None and path.absolute().resolve() == Path(other).absolute().resolve():
            raise InputError(f"{path} is named twice in this command; choose two different files.")
    if path.exists() and not os.access(path, os.W_OK):
        raise InputError(f"Cannot write {path}: it is write-protected; choose another place.")
    try:
        # asking the file system is the only answer that holds for every user and mount
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise InputError(f"Cannot write {path}: {error.strerror}; choose another place.") from None
    return path


def network_path(name: str, *taken: str | None) -> Path:
    """The same for a network, which is written as safetensors.

    Raises InputError also for the name of another format, which nobody could open as what it says.
    """
    path = output_path(name, *taken)
    other = recognise(b"", path.name) is not None or tabular(path.name)
    if other or path.name.lower().endswith(tuple(WRITERS)):
        stem = path.with_suffix(".safetensors").name
        raise InputError(
            f"{path.name} is the name of another format, and a safetensors file would be written; "
            f"write --out {stem}, then ec-core export {stem} --out {path.name} where there is such "
            "a format."
        )
    return path
