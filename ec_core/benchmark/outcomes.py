"""What became of a problem, as one small JSON file each: written whole or not at all."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ec_core.benchmark.problems import Problem, Settings
from ec_core.errors import InputError
from ec_core.networks.files import read_bytes, write_atomically

RIGHT_ERROR = 1e-6
"""A problem is solved if the size is right and no weight is further off than this."""

SCHEMA = 1
"""Raised when older programs could no longer read what newer ones write."""

MAX_FILE_BYTES = 2**20
"""An outcome has a few hundred bytes; anything much larger is something else."""


@dataclass(frozen=True)
class Outcome:
    """One problem, solved or not.

    device, threads : where it was computed, on how many threads; seconds : from the probes to
        the certificate
    sizes : of the recovered network; verified, reasons : its certificate's verdict
    max_weight_error : against the teacher, symmetries undone (``match``); None for wrong sizes
    function_error : see ``match``; None if not finite
    converged : students that explained the answers exactly
    """

    problem: Problem
    device: str
    threads: int
    seconds: float
    sizes: tuple[int, ...]
    verified: bool
    reasons: tuple[str, ...]
    converged: int
    loss: float | None
    heldout_loss: float | None
    max_weight_error: float | None
    function_error: float | None

    @property
    def right_size(self) -> bool:
        return self.sizes == self.problem.sizes

    @property
    def right(self) -> bool:
        """Right size, and every weight within ``RIGHT_ERROR``."""
        error = self.max_weight_error
        return self.right_size and error is not None and error <= RIGHT_ERROR

    def as_json(self) -> dict[str, Any]:
        """Plain data; numbers that are not finite become None."""
        plain = {
            key: None if isinstance(value, float) and not math.isfinite(value) else value
            for key, value in asdict(self).items()
        }
        return {
            "schema": SCHEMA,
            **plain,
            # for readers who have nothing but the file
            "teacher_sizes": self.problem.sizes,
            "right": self.right,
        }


@dataclass(frozen=True)
class Found:
    """A folder's outcomes, in the order of their problems, and the names of damaged files."""

    outcomes: tuple[Outcome, ...] = ()
    damaged: tuple[str, ...] = ()


def outcome_path(folder: Path, problem: Problem) -> Path:
    """The file of a problem; its name holds all settings, so that maps can share a folder."""
    return folder / f"{problem.name}.json"


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """Write or replace the outcome's file. Raises InputError if the folder cannot be written."""
    text = json.dumps(outcome.as_json(), indent=2, allow_nan=False)
    write_atomically(outcome_path(folder, outcome.problem), (text + "\n").encode())


def _optional(value: Any) -> float | None:
    return None if value is None else float(value)


def _parse(data: Mapping[str, Any]) -> Outcome:
    problem = data["problem"]
    return Outcome(
        problem=Problem(**{**problem, "settings": Settings(**problem["settings"])}),
        device=str(data["device"]),
        threads=int(data["threads"]),
        seconds=float(data["seconds"]),
        sizes=tuple(int(size) for size in data["sizes"]),
        verified=bool(data["verified"]),
        reasons=tuple(str(reason) for reason in data["reasons"]),
        converged=int(data["converged"]),
        loss=_optional(data["loss"]),
        heldout_loss=_optional(data["heldout_loss"]),
        max_weight_error=_optional(data["max_weight_error"]),
        function_error=_optional(data["function_error"]),
    )


def read_outcome(path: Path) -> Outcome:
    """Read one file. Raises InputError if it is missing, damaged or of a newer program."""
    try:
        data = json.loads(read_bytes(path, MAX_FILE_BYTES))
        if data["schema"] != SCHEMA:
            raise InputError(
                f"{path.name} has the schema {data['schema']}; this program reads {SCHEMA}."
            )
        return _parse(data)
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise InputError(
            f"{path.name} is no outcome of a problem ({type(error).__name__}: {str(error)[:200]})."
        ) from None


def read_folder(folder: Path) -> Found:
    """All outcomes in a folder; one that is not there holds none.

    >>> read_folder(Path("no/such/folder"))
    Found(outcomes=(), damaged=())
    """
    outcomes: list[Outcome] = []
    damaged: list[str] = []
    for path in sorted(folder.glob("*.json")):
        try:
            outcomes.append(read_outcome(path))
        except InputError:
            damaged.append(path.name)
    outcomes.sort(key=lambda o: (str(o.problem.settings), *o.problem.sizes, o.problem.seed))
    return Found(tuple(outcomes), tuple(damaged))
