"""Random numbers by (seed, stage, place), so that stages never disturb one another's draws."""

from __future__ import annotations

import zlib

import numpy as np


def stage_seed(seed: int, stage: str, *place: int) -> int:
    """A 63-bit seed that depends on the run's seed, the stage's name and a place within it.

    >>> stage_seed(0, "expand", 1) == stage_seed(0, "expand", 1) != stage_seed(0, "probe", 1)
    True
    """
    sequence = np.random.SeedSequence([abs(seed), zlib.crc32(stage.encode()), *place])
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))
