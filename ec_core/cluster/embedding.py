"""Two-dimensional maps of a weight cloud: PCA at once, UMAP with patience.

Axes: M vectors, F = D + 1 numbers each.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from ec_core.errors import InputError

UMAP_MIN_VECTORS = 5
"""With fewer vectors there is no neighbourhood to keep, and the map is that of PCA."""

_NEIGHBORS = 15
"""UMAP's own default: about the copies of one neuron in ten students."""


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
) -> np.ndarray:
    """A UMAP map (M, 2) of vectors (M, F), the same for the same seed.

    It starts from PCA, so that clouds of many exact copies, whose neighbourhood graph falls
    apart, need no spectral start. UMAP works in float32: copies closer than 1e-7 are one point to
    it. Slow at first use (import and compilation, many seconds). Fewer than ``UMAP_MIN_VECTORS``
    vectors, or vectors that are all equal, get the map of ``pca`` instead.
    progress : told now and then which share of the layout is done
    Raises InputError for NaN or a wrong shape.
    """
    vectors = _checked(vectors)
    start = pca(vectors)
    extent = np.abs(start).max(initial=0.0)
    if len(vectors) < UMAP_MIN_VECTORS or extent == 0.0:
        return start
    with warnings.catch_warnings():
        # umap warns of its own imports, of seeds that cost threads and of graphs that fall apart
        warnings.simplefilter("ignore")
        import umap

        bar = {"disable": progress is None, "bar_format": "{n}/{total}", "mininterval": 0.3}
        if progress is not None:
            bar["file"] = _Listener(progress)
        reducer = umap.UMAP(
            tqdm_kwds=bar,
            n_neighbors=min(_NEIGHBORS, len(vectors) - 1),
            init=(10.0 * start / extent).astype(np.float32),
            random_state=seed,
            n_jobs=1,
        )
        # the length of the vectors is not what the map shows, and float32 has a narrow range
        result = reducer.fit_transform(vectors / np.abs(vectors).max())
    return np.asarray(result, dtype=np.float64)
