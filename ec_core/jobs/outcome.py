"""How a job ended, and how an exception becomes a sentence for a person."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Any

from ec_core.errors import ECError

FINISHED, STOPPED, FAILED = "finished", "stopped", "failed"
LEFT = "interrupted"
"""Where it stands is written down; it goes on when the server is started again."""

ENDED = frozenset({FINISHED, STOPPED, FAILED, LEFT})


@dataclass(frozen=True)
class Outcome:
    """The last state of a job, with its result, or with the reason why there is none.

    error : one sentence for a person; details : the traceback, for the log
    """

    state: str
    result: Any = None
    error: str | None = None
    details: str | None = None


def _out_of_memory(error: BaseException) -> bool:
    # torch raises a RuntimeError on the CPU and a subclass of it on CUDA
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "can't allocate memory" in str(error)
    )


def failure(error: BaseException, what: str, result: Any = None) -> Outcome:
    """The outcome of an exception; ``what`` begins the sentence where ours does not suffice.

    >>> failure(ZeroDivisionError("division by zero"), "The work broke off").error
    'The work broke off because of an unexpected ZeroDivisionError: division by zero.'
    """
    if isinstance(error, ECError):
        sentence = str(error)
    elif _out_of_memory(error):
        sentence = (
            f"{what} for want of memory; try fewer students, a smaller width or fewer probes."
        )
    else:
        first = next(iter(str(error).splitlines()), "").strip().rstrip(".")
        reason = f"{type(error).__name__}: {first}" if first else type(error).__name__
        sentence = f"{what} because of an unexpected {reason}."
    details = "".join(traceback.format_exception(error))
    return Outcome(FAILED, result, sentence, details)
