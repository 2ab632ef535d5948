# ruff: noqa: E501 — the names of changes are as long as the lines changed
"""Changes that ``mutation`` makes and no test can notice, each with the reason why."""

from __future__ import annotations

EQUIVALENT: dict[str, dict[str, str]] = {
    "ec_core/cluster/plateau.py": {
        "plateaus: np.diff(count, prepend=-1) → np.diff(count, prepend=-2)": "counts are never negative: either number differs from the first",
    },
    "ec_core/reconstruct/signs.py": {
        "module: MIDDLE_LIMIT = 40 → MIDDLE_LIMIT = 41": "a choice of time and memory: the answer is the same",
        "module: EXPLAINED = 1e-05 → EXPLAINED = 2e-05": "a choice with room on both sides: right signs leave 1e-9 and less, wrong ones 0.4 and more",
        "module: _MARGIN = 1000.0 → _MARGIN = 1001.0": "a choice with room on both sides: right signs leave 1e-9 and less, wrong ones 0.4 and more",
        "module: _MARGIN = 1000.0 → _MARGIN = 2000.0": "a choice with room on both sides: right signs leave 1e-9 and less, wrong ones 0.4 and more",
        "module: _DIMENSIONS = 6 → _DIMENSIONS = 7": "a choice of time and memory: the answer is the same",
        "module: _DIMENSIONS = 6 → _DIMENSIONS = 12": "a choice of time and memory: the answer is the same",
        "module: _WELL_POSED = 0.0001 → _WELL_POSED = 0.0002": "a choice with room on both sides: right signs leave 1e-9 and less, wrong ones 0.4 and more",
        "Signs.explained: self.residual <= EXPLAINED → self.residual < EXPLAINED": "equality of two measured numbers has no meaning",
        "Signs.unique: self.runner_up > max(EXPLAINED, _MARGIN * self.residual) → self.runner_up >= max(EXPLAINED, _MARGIN * self.residual)": "equality of two measured numbers has no meaning",
        "_meet_in_the_middle: maps: np.ndarray, target: np.ndarray, most: int=2 → maps: np.ndarray, target: np.ndarray, most: int=3": "the first two are looked at, however many follow",
        "_meet_in_the_middle: maps: np.ndarray, target: np.ndarray, most: int=2 → maps: np.ndarray, target: np.ndarray, most: int=4": "the first two are looked at, however many follow",
        "_meet_in_the_middle: half = count // 2 → half = count // 3": "where the neurons are parted decides the time only",
        "_meet_in_the_middle: half = count // 2 → half = count // 4": "where the neurons are parted decides the time only",
        "_meet_in_the_middle: if size > _DIMENSIONS → if True": "projecting, or not, decides the time: with no more equations than dimensions it turns the space, and distances stay",
        "likely_signs: patterns = [bits > 0.5] → patterns = [bits >= 0.5]": "a bit at exactly one half: either value leaves the same",
        "_scaled_maps: np.einsum('kh,hd->hkd', outgoing, incoming[:, :-1]).reshape(len(incoming), -1) → np.einsum('kh,hd->hkd', outgoing, incoming[:, :-1]).reshape(len(incoming), -2)": "NumPy reads any negative length as what is left",
    },
    "ec_core/cluster/cut.py": {
        "paper_cut: check_beta(beta) → pass": "the cut that is made checks it again",
        "module: _MEDIAN_MEMBERS = 2000 → _MEDIAN_MEMBERS = 2001": "how many members stand for all: a choice of time",
        "module: _MEDIAN_MEMBERS = 2000 → _MEDIAN_MEMBERS = 4000": "how many members stand for all: a choice of time",
        "Cut.__post_init__: needed_students(1, self.gamma) → needed_students(2, self.gamma)": "called for its check of gamma alone",
        "paper_cut: len(large) == 0 or large.max() == 0 → len(large) == 0": "the root holds all vectors, which are enough: where there is a merge, one is large",
        "paper_cut: np.searchsorted(…, side='right') → without": "a merge at exactly the rounding floor: either side gives the same clusters",
        "paper_cut: if middle >= later[0] → if False": "guards against rounding between two neighbouring floats",
        "paper_cut: middle >= later[0] → middle > later[0]": "guards against rounding between two neighbouring floats",
        "_median_angle: if len(units) > _MEDIAN_MEMBERS → if False": "any part of a huge cluster stands for it, and so does the whole",
        "_median_angle: len(units) > _MEDIAN_MEMBERS → len(units) >= _MEDIAN_MEMBERS": "any part of a huge cluster stands for it, and so does the whole",
        "_median_angle: np.linspace(0, len(units) - 1, _MEDIAN_MEMBERS) → np.linspace(1, len(units) - 1, _MEDIAN_MEMBERS)": "any part of a huge cluster stands for it, and so does the whole",
        "_median_angle: len(units) - 1 → len(units) - 2": "any part of a huge cluster stands for it, and so does the whole",
        "apply_cut: if known is None → if True": "works out again what was handed in",
    },
}
