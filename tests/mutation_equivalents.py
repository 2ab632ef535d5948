"""Changes that ``mutation`` makes and no test can notice, each with the reason why."""

from __future__ import annotations

EQUIVALENT: dict[str, dict[str, str]] = {
    "ec_core/cluster/plateau.py": {
        "plateaus: np.diff(count, prepend=-1) → np.diff(count, prepend=-2)": (
            "counts are never negative: either number differs from the first"
        ),
        "widest_gap: max(edges[-1], math.log10(top)) → max(edges[1], math.log10(top))": (
            "of two edges the last is the second; with one alone it fails, as a test shows"
        ),
    },
}
