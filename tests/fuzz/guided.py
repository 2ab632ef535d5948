"""Files mutated by atheris, which keeps those that reach something new of the readers:

    python -m tests.fuzz.guided TARGET RUNS FOLDER

FOLDER is empty and one's own. Ends with an error, and the case in FOLDER, at the first fault.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from pathlib import Path


def main(which: str, runs: int, place: Path) -> None:
    """See above."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["ec_core"]):
        from tests.fuzz import cases
    target, kind = cases.TARGETS[which]
    given = kind()
    names = sorted(given)
    corpus, own = place / "corpus", place / "own"
    corpus.mkdir()
    own.mkdir()
    for number, name in enumerate(names):
        (corpus / name).write_bytes(bytes([number]) + given[name]())
        cases.done(target, name, given[name](), own)
    warnings.simplefilter("ignore")

    def once(data: bytes) -> None:
        if not data:
            return
        name = names[data[0] % len(names)]
        fault = cases.done(target, name, data[1:], own)
        if fault is not None:
            raise AssertionError(f"{name}: {fault}")

    options = [f"-runs={runs}", "-seed=1", "-timeout=20", "-rss_limit_mb=4096", "-max_len=200000"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={place}/", str(corpus)], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
