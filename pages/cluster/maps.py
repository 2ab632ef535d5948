"""The UMAP maps of a run's trees, computed in the background."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any

import numpy as np
import streamlit as st

from ec_core.cluster import Embedding, umap_embedding
from ec_core.runs.run import Run
from ec_core.runs.tree_cache import name_of, of, stack


class _Background:
    """One thread for maps: UMAP is slow at first and must not hold up a page or a job.

    A daemon, unlike an executor's threads: a server that is told to stop waits for no map.
    """

    def __init__(self) -> None:
        self._waiting: SimpleQueue[tuple[Future[Embedding], Callable[[], Embedding]]]
        self._waiting = SimpleQueue()
        Thread(target=self._work, name="ec-map", daemon=True).start()

    def submit(self, work: Callable[..., Embedding], *arguments: Any) -> Future[Embedding]:
        future: Future[Embedding] = Future()
        self._waiting.put((future, partial(work, *arguments)))
        return future

    def _work(self) -> None:
        while True:
            future, work = self._waiting.get()
            try:
                future.set_result(work())
            except Exception as error:
                future.set_exception(error)


@st.cache_resource
def _pool() -> _Background:
    return _Background()


@st.cache_resource
def warm_up() -> Future[Embedding]:
    """Import and compile UMAP once per server, before anybody needs it."""
    rng = np.random.default_rng(0)
    return _pool().submit(umap_embedding, rng.standard_normal((24, 3)), 0)


@dataclass
class MapJob:
    """A map that is being computed; share : how much of it is done, while it is laid out."""

    future: Future[Embedding] | None = None
    share: float = 0.0

    def tell(self, share: float) -> None:
        self.share = share


@st.cache_resource(max_entries=32)
def _umap_job(name: str, run_id: str, with_truth: bool, layer: int) -> MapJob:
    run = Run(run_id)
    vectors = stack(run, of(run, layer)[0], with_truth)
    job = MapJob()
    job.future = _pool().submit(umap_embedding, vectors, run.settings().seed, job.tell)
    return job


def umap_of(run: Run, with_truth: bool, layer: int = 0) -> Embedding | None:
    """The map of M [+ H] points, or None while it is being computed in the background."""
    future = _umap_job(name_of(run, layer), run.id, with_truth, layer).future
    return future.result() if future is not None and future.done() else None


def umap_share(run: Run, with_truth: bool, layer: int = 0) -> float:
    """Which share of the UMAP map is done."""
    return _umap_job(name_of(run, layer), run.id, with_truth, layer).share
