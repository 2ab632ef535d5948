"""From arguments to an exit code: nothing a person did wrong ends in a traceback."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ec_core.cli.parser import build_parser
from ec_core.devices import resolve_device
from ec_core.errors import ECError

DONE, BAD_INPUT, NOT_VERIFIED, INTERRUPTED = 0, 2, 3, 130


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (see ``ec_core.cli``).

    argv : the arguments without the program's name; None takes those of the process.
    """
    try:
        args = build_parser().parse_args(argv)
        args.words = tuple(sys.argv[1:] if argv is None else argv)
        resolve_device(args.device)
        verified = args.command(args)
    except ECError as error:
        _say(f"ec-core: {error}")
        return BAD_INPUT
    except MemoryError:
        _say("ec-core: There is not enough memory; use fewer probes, students or neurons.")
        return BAD_INPUT
    except KeyboardInterrupt as interrupted:
        # a command that keeps what it has done by then says so itself
        _say(f"ec-core: {str(interrupted) or 'Interrupted; nothing was written.'}")
        return INTERRUPTED
    return DONE if verified else NOT_VERIFIED
