"""What a server cannot be started with is said in one sentence, before it answers anybody."""

from __future__ import annotations

import os


def check() -> None:
    """Raises SystemExit, with file, line and key, for limits that cannot be meant."""
    if not os.environ.get("EC_LIMITS"):
        return  # the program, which takes seconds to load, knows the usual ones
    from ec_core.errors import InputError
    from ec_core.runs import limits

    try:
        limits.told()
    except InputError as error:
        raise SystemExit(str(error)) from None
