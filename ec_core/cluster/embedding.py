"""Two-dimensional maps of a weight cloud: PCA at once, UMAP with patience.

What is the same point lies at the same point: copies of a neuron are joined before they are
mapped. Axes: M vectors, F = D + 1 numbers each, P different places.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.extras import need

SAME_PLACE = 1e-5
"""Vectors nearer than this share of the median length are one place. Copies of a neuron agree to
1e-6 and better, unrelated neurons differ by a tenth and more; and on a map of a thousand pixels it
is a hundredth of one, so that nothing is hidden that could have been seen."""

UMAP_MIN_PLACES = 10
"""With fewer places every one is every other's neighbour, and UMAP has nothing to say; their
distances can be drawn as they are."""

UMAP, DISTANCES = "umap", "distances"
"""How a map was made."""

_NEIGHBORS = 15
"""UMAP's own default; no more than half of the places, or all of them would be neighbours."""

_PASSES = 6
"""How often the vectors are looked at from further directions for some that differ."""

_RUNAWAYS = 0.05
"""Share of the places that may lie beyond the start's frame: a student that diverges would else
press all others into one point."""
_FARTHEST = 1e6
"""In median lengths; float32, in which UMAP works, has a narrow range."""

_MAJORISATIONS = 300
_LAID_OVER = 0.2
"""Places nearer than this share of their true distance on the PCA map are not told apart there."""


@dataclass(frozen=True)
class Embedding:
    """A map of a cloud.

    points : (M, 2); places : how many of them are different; method : ``UMAP`` or ``DISTANCES``
    """

    points: np.ndarray
    places: int
    method: str


def _checked(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float64)
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise InputError(
            f"The vectors to map have shape {vectors.shape} or hold NaN; "
            "expected finite numbers of shape (vectors, features)."
        )
    return vectors


def pca(vectors: np.ndarray) -> np.ndarray:
    """The two principal components (M, 2) of vectors (M, F); zeros where there are fewer.

    Signs are fixed: in each direction the entry of largest size is positive.
    Raises InputError for NaN or a wrong shape.

    >>> pca(np.array([[0.0, 0.0], [3.0, 0.0], [6.0, 0.0]])).tolist()
    [[-3.0, 0.0], [0.0, 0.0], [3.0, 0.0]]
    """
    vectors = _checked(vectors)
    result = np.zeros((len(vectors), 2))
    if vectors.size == 0:
        return result
    centred = vectors - vectors.mean(axis=0)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:2]
    largest = directions[np.arange(len(directions)), np.argmax(np.abs(directions), axis=1)]
    directions = directions * np.where(largest < 0, -1.0, 1.0)[:, None]
    result[:, : len(directions)] = centred @ directions.T
    return result + 0.0  # no negative zeros


def same_places(vectors: np.ndarray) -> np.ndarray:
    """For each of the vectors (M, F) the number of its place, 0 … P-1 in order of appearance.

    Seen from a direction, vectors at one place lie close; where two neighbours in that order are
    further apart than ``SAME_PLACE`` there are two places. What no direction tells apart is one.

    >>> same_places(np.array([[2.0, 1.0], [0.5, 0.0], [2.0, 1.0 + 1e-9]])).tolist()
    [0, 1, 0]
    """
    m, features = vectors.shape
    labels = np.zeros(m, dtype=np.int64)
    if m == 0 or features == 0:
        return labels
    lengths = np.linalg.norm(vectors, axis=1)
    reach = SAME_PLACE * (float(np.median(lengths)) or float(lengths.max()))
    rng = np.random.default_rng(0)
    for _ in range(_PASSES):
        axes, _ = np.linalg.qr(rng.standard_normal((features, min(features, 8))))
        before = labels.max()
        for positions in (vectors @ axes).T:
            order = np.lexsort((positions, labels))
            new = (np.diff(labels[order]) > 0) | (np.diff(positions[order]) > reach)
            labels[order] = np.concatenate([[0], np.cumsum(new)])
        if labels.max() == before:
            break
    first = np.unique(labels, return_index=True)[1]
    return np.asarray(np.argsort(np.argsort(first))[labels])


def _by_distances(places: np.ndarray, seed: int) -> np.ndarray:
    """Places (P, F) in the plane so that their distances are kept as well as may be.

    It begins at PCA and stays there where that keeps them apart. Else the sum of squared errors of
    the distances is made smaller by Guttman's transform (de Leeuw 1977), which never overshoots.
    """
    points = pca(places)
    true = np.linalg.norm(places[:, None] - places, axis=2)
    far = true > 0.0

    def drawn() -> np.ndarray:
        return np.asarray(np.linalg.norm(points[:, None] - points, axis=2))

    if not (drawn()[far] < _LAID_OVER * true[far]).any():
        return points
    # points that lie exactly on one another would be moved alike for ever
    rng = np.random.default_rng(seed)
    points = points + 1e-3 * true.max() * rng.standard_normal(points.shape)
    for _ in range(_MAJORISATIONS):
        away = drawn()
        pull = np.divide(true, away, out=np.zeros_like(true), where=away > 0.0)
        points = (pull.sum(axis=1)[:, None] * points - pull @ points) / len(points)
    return np.asarray(points)


_COMPILED = (
    ("umap_", "fast_knn_indices"),
    ("umap_", "smooth_knn_dist"),
    ("umap_", "compute_membership_strengths"),
    ("layouts", "_nb_optimize_layout_euclidean_single_epoch"),
)
"""Modules and functions of umap that are compiled at their first call in every process, for 20
seconds in all, since umap asks for no cache of them. Names that another version lacks are left
out."""


def _keep_compiled(umap: Any) -> None:
    """Let numba keep what it compiles on disk, so that only the first process ever waits for it."""
    for module, name in _COMPILED:
        function = getattr(getattr(umap, module, None), name, None)
        keep = getattr(function, "enable_caching", None)
        if keep is not None:
            # raised where no folder can be written to; then it is compiled as ever
            with suppress(RuntimeError):
                keep()


class _Listener:
    """The "file" that UMAP's progress bar is written to: hears "n/total" and tells n/total."""

    def __init__(self, tell: Callable[[float], None]) -> None:
        self._tell = tell

    def write(self, text: str) -> None:
        done, slash, total = text.strip().partition("/")
        if slash and done.isdigit() and total.isdigit() and int(total):
            self._tell(int(done) / int(total))

    def flush(self) -> None:
        """Nothing is held back."""


def umap_embedding(
    vectors: np.ndarray, seed: int, progress: Callable[[float], None] | None = None
) -> Embedding:
    """A UMAP map of vectors (M, F), the same for the same seed.

    Vectors at one place (``same_places``) are one point for UMAP, and lie on one another: it works
    in float32 and would spread copies over the picture as if they differed. Fewer places than
    ``UMAP_MIN_PLACES`` are drawn by their distances. It starts from PCA, so that clouds whose
    neighbourhood graph falls apart need no spectral start. Slow at first use (import, and the very
    first time on a machine compilation, many seconds).
    progress : told now and then which share of the layout is done
    Raises InputError for NaN or a wrong shape.
    """
    vectors = _checked(vectors)
    labels = same_places(vectors)
    places = vectors[np.unique(labels, return_index=True)[1]]
    few = len(places) < UMAP_MIN_PLACES
    drawn = _by_distances(places, seed) if few else _umap(places, seed, progress)
    return Embedding(drawn[labels], len(places), DISTANCES if few else UMAP)


def _umap(
    places: np.ndarray, seed: int, progress: Callable[[float], None] | None = None
) -> np.ndarray:
    """UMAP's layout (P, 2) of different places (P, F)."""
    start = pca(places)
    reach = np.abs(start).max(axis=1)
    frame = np.quantile(reach, 1.0 - _RUNAWAYS) or reach.max()
    lengths = np.linalg.norm(places, axis=1)
    with warnings.catch_warnings():
        # umap warns of its own imports, of seeds that cost threads and of graphs that fall apart
        warnings.simplefilter("ignore")
        umap = need("umap", "app", "Maps of a cloud")
        _keep_compiled(umap)
        bar = {"disable": progress is None, "bar_format": "{n}/{total}", "mininterval": 0.3}
        if progress is not None:
            bar["file"] = _Listener(progress)
        reducer = umap.UMAP(
            tqdm_kwds=bar,
            n_neighbors=min(_NEIGHBORS, len(places) // 2),
            init=np.clip(10.0 * start / frame, -10.0, 10.0).astype(np.float32),
            random_state=seed,
            n_jobs=1,
        )
        # the length of the vectors is not what the map shows
        rows = places / (np.median(lengths) or lengths.max())
        result = reducer.fit_transform(np.clip(rows, -_FARTHEST, _FARTHEST))
    return np.asarray(result, dtype=np.float64)
