"""One iteration of students: as many at a time, and on as many probes, as memory allows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ec_core.devices import memory_bound, or_less
from ec_core.leastsquares import cholesky, truncated_newton
from ec_core.leastsquares.gauss_newton import numbers_per_probe
from ec_core.leastsquares.levenberg_marquardt import Batch
from ec_core.leastsquares.memory import dense_bytes, fits_densely, matrix_free_bytes
from ec_core.leastsquares.problem import Problem
from ec_core.recording import Call, caller

Step = Callable[[Problem, Batch], Batch]


class Stepper:
    """Dense steps where a student's Gauss-Newton matrix fits into memory, else matrix-free ones.

    group : students at a time, by the memory bound. Where a GPU runs out of memory all the same,
    because others use it too, groups are halved, then chunks of probes; they stay so. Results then
    differ in their last digits: libraries compute fewer students, and more probes of each, in
    another order.
    """

    def __init__(self, problem: Problem) -> None:
        shape, device = problem.shape, problem.x.device
        self.problem = problem
        self.dense = fits_densely(shape, device)
        self.step: Step = cholesky.iterate if self.dense else truncated_newton.iterate
        self.call: Call | None = None
        needed = dense_bytes(shape) if self.dense else matrix_free_bytes(shape)
        self.group = max(1, memory_bound(device) // needed)

    def __call__(self, batch: Batch) -> Batch:
        """The state of all students of ``batch`` after one iteration."""
        students = len(batch.loss)
        # memory that runs out is halved from what was tried, not from what was allowed
        self.group = min(self.group, max(students, 1))
        done: list[Batch] = []
        left = batch
        while len(left.loss):
            done.append(or_less(partial(self._first, left), self._less))
            left = left.part(len(done[-1].loss), None)
        return done[0] if len(done) == 1 else Batch.joined(done)

    def _first(self, batch: Batch) -> Batch:
        some = batch.part(None, self.group)
        if self.step is not cholesky.iterate:
            return self.step(self.problem, some)
        if self.call is None:
            shape = self.problem.shape
            each = dense_bytes(shape) // 8 + len(self.problem.x) * numbers_per_probe(shape)
            self.call = caller(self.problem.x.device, each * len(some.loss))
        return cholesky.iterate(self.problem, some, self.call)

    def _less(self) -> bool:
        """Halve what is done at a time; False where it is as little as it can be."""
        if self.group > 1:
            self.group = (self.group + 1) // 2
            return True
        smaller = self.problem.halved()
        self.problem = smaller or self.problem
        return smaller is not None
