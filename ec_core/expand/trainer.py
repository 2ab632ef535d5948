"""Expand: train many students on one probe set, reporting after every iteration.

One generator for a fresh run and for continuing one. Converged, stalled and stopped students
leave the batch; stalled ones are started anew while too few have converged.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import numpy as np
import torch

from ec_core.checkpoints import Mark, Plain
from ec_core.control import RESTART, STOP, Control
from ec_core.devices import resolve_device
from ec_core.events import (
    CONVERGED,
    OUT_OF_BUDGET,
    STALLED,
    STOPPED,
    TRAINING,
    Event,
    Note,
    TrainingProgress,
)
from ec_core.expand.config import ExpandConfig
from ec_core.expand.enough import choose_width
from ec_core.expand.estimate import check_memory, warnings_for
from ec_core.expand.learning import make_problem
from ec_core.expand.minibatch_adam import Steps, fresh_students, small_steps
from ec_core.expand.noise import common_error, ending_alike
from ec_core.expand.regimes import BLOCK, SmallSteps, regime_of
from ec_core.expand.stopping import arrived, stalled
from ec_core.expand.students import StudentEnsemble, initial_theta
from ec_core.expand.width import WidthFound
from ec_core.leastsquares import truncated_newton
from ec_core.leastsquares.levenberg_marquardt import Batch, start
from ec_core.leastsquares.marks import batch_arrays, batch_from
from ec_core.leastsquares.problem import Problem
from ec_core.leastsquares.stepping import Stepper
from ec_core.networks.parameters import unpack
from ec_core.probing.probes import NOISE_ROOM, ProbeSet
from ec_core.seeding import stage_seed

STAGE = "expand"
ENOUGH = 0.5
"""Share of converged students at which stalled ones are left alone."""

PATIENCE, LEAST_PATIENCE = 2.0, 30
"""Once enough have converged, the others get so many times the iterations those first needed."""

_LOOK = 4
"""Iterations from one look for students that end alike to the next."""

_COUNTS = "iterations", "restarts", "steps"

_CLOUD_LIMIT = 200_000
"""Numbers in a snapshot of the weight cloud above which events leave it out."""


def expand(
    probes: ProbeSet,
    activation: str,
    config: ExpandConfig,
    control: Control,
    ensemble: StudentEnsemble | None = None,
    found: WidthFound | None = None,
) -> Generator[Event, None, StudentEnsemble]:
    """Train config.students students; yields events, returns the StudentEnsemble.

    Without ``config.width`` the width is found first (see ``width``), unless it was ``found`` with
    these probes. ``ensemble`` given: its students go on where they stood, converged ones excepted,
    with the iteration budget renewed. Where they stand is kept by ``control.marks``; gone on with
    from there, nothing is renewed, and the losses of before are yielded again.
    """
    device = resolve_device(config.device)
    probes = probes.told(config.precision)
    if ensemble is not None:
        hidden = ensemble.shape.sizes[1:-1]
    elif found is not None:
        hidden = config.hidden(found.width, config.expansion)
    else:
        hidden, found = yield from choose_width(
            lambda hidden: make_problem(probes, activation, hidden, device),
            probes.floor,
            config,
            control,
        )
    problem = make_problem(probes, activation, hidden, device)
    check_memory(problem.shape, config.students, device)
    for sentence in warnings_for(problem.shape, len(probes.x)):
        yield Note(STAGE, sentence, warning=True)
    run = _Run(problem.thinned(), probes.floor, config, ensemble, control.clock)
    if found is not None and config.hidden(found.width) == hidden:
        run.take_over(found)
    mark = control.marks.open(f"training {problem.shape} {len(run.status)}")
    if mark.values is not None:
        begun = len(run.history)
        run.take_up(mark.values)
        # one by one: who trains beside others is kept in step with them
        for iteration in range(begun, len(run.history)):
            yield run.progress(iteration)
        if mark.done:
            return run.result()
    else:
        yield from _small_steps(run, problem, ensemble, control)
    return (yield from _all_the_way(run, mark, control))


def _small_steps(
    run: _Run, problem: Problem, ensemble: StudentEnsemble | None, control: Control
) -> Generator[Event, None, None]:
    """What comes before the big ones, or in their place, where the regime says so."""
    small = regime_of(problem.shape).small_steps
    if small is not None and small.whole and not len(ensemble.history if ensemble else ()):
        yield from run.small_steps_only(problem, small, control)
        return
    if small is not None and ensemble is None and not small.whole:
        yield from run.small_steps_first(problem, small, control)
    if not run.step.dense:
        device = problem.x.device
        yield Note(STAGE, truncated_newton.explain(problem.shape, device), warning=True)


def _all_the_way(
    run: _Run, mark: Mark, control: Control
) -> Generator[Event, None, StudentEnsemble]:
    """Iterations until no student is active."""
    while True:
        for kind, student in control.take_requests():
            run.obey(kind, student)
        if control.over:
            run.end(STOPPED if control.stopped else OUT_OF_BUDGET)
        if not run.active.any():
            if not control.over:
                mark.end(run.put_down())
            return run.result()
        run.advance()
        run.judge()
        mark.tick(run.put_down)
        yield run.progress()


class _Run:
    """The mutable middle of a training run; lives only inside ``expand``."""

    def __init__(
        self,
        problem: Problem,
        floor: float,
        config: ExpandConfig,
        ensemble: StudentEnsemble | None,
        clock: Callable[[], float],
    ) -> None:
        self.problem, self.floor, self.config = problem, floor, config
        device = problem.x.device
        self.clock, self.began, self.before = clock, clock(), 0.0
        self.work, self.planned = 0, 0
        self.noise: float | None = None
        if ensemble is None:
            theta = initial_theta(problem.shape, config.seed, config.students).to(device)
            self.batch = start(problem, theta)
            students = config.students
            self.iterations = np.zeros(students, dtype=np.int64)
            self.restarts = np.zeros(students, dtype=np.int64)
            self.steps = np.zeros(students, dtype=np.int64)
            self.status = np.full(students, TRAINING, dtype=object)
            self.history: list[np.ndarray] = []
        else:
            theta, loss, damping, growth = (
                torch.from_numpy(array.copy()).to(device)
                for array in (ensemble.theta, ensemble.losses, ensemble.damping, ensemble.growth)
            )
            self.batch = Batch(theta, loss, damping, growth)
            self.iterations = np.zeros(ensemble.students, dtype=np.int64)
            self.restarts = ensemble.restarts.copy()
            known = ensemble.iterations if ensemble.steps is None else ensemble.steps
            self.steps = known.copy()
            self.status = np.array(
                [s if s == CONVERGED else TRAINING for s in ensemble.statuses], dtype=object
            )
            self.history = list(ensemble.history)
            self.before = ensemble.seconds
        self.step = Stepper(problem)

    def put_down(self) -> Plain:
        """Where it stands, all of it."""
        return {
            **batch_arrays(self.batch),
            **{name: getattr(self, name).copy() for name in _COUNTS},
            "status": self.status.astype(str),
            "history": np.array(self.history).reshape(-1, len(self.status)),
            "noise": np.array(np.nan if self.noise is None else self.noise),
            "floor": np.array(self.floor),
            "work": np.array([self.work, self.planned]),
            "seconds": np.array(self.before + self.clock() - self.began),
        }

    def take_up(self, plain: Plain) -> None:
        """The inverse of ``put_down``."""
        self.batch = batch_from(plain, self.problem.x.device)
        for name in _COUNTS:
            setattr(self, name, plain[name].copy())
        self.status = np.array([str(status) for status in plain["status"]], dtype=object)
        self.history = list(plain["history"])
        noise, self.floor = float(plain["noise"]), float(plain["floor"])
        self.noise = None if np.isnan(noise) else noise
        self.work, self.planned = (int(number) for number in plain["work"])
        self.before = float(plain["seconds"])

    def take_over(self, search: WidthFound) -> None:
        """Go on with the students of the width search: they are the first of this run."""
        count = len(search.batch.loss)
        rows = torch.arange(count, device=search.batch.loss.device)
        self.batch.put(rows, search.batch)
        self.iterations[:count] = self.steps[:count] = len(search.history)
        for losses in search.history:
            row = np.full(len(self.status), np.nan)
            row[:count] = losses
            self.history.append(row)

    def small_steps_first(
        self, problem: Problem, small: SmallSteps, control: Control
    ) -> Generator[Event, None, None]:
        """Students that have not been trained yet get near by steps on minibatches."""
        fresh = np.flatnonzero(self.iterations == 0)
        if len(fresh) == 0:
            return
        yield Note(STAGE, small.note)
        rows = torch.from_numpy(fresh).to(problem.x.device)
        first = int(fresh[0])
        steps = fresh_students(problem, self.config.seed, len(fresh), first, control.marks)
        yield from self._follow(steps, rows, control)

    def small_steps_only(
        self, problem: Problem, small: SmallSteps, control: Control
    ) -> Generator[Event, None, None]:
        """Small steps are the whole training; whoever wants more continues."""
        fresh = np.flatnonzero(self.iterations == 0)
        self.planned = len(self.history) + small.steps // BLOCK + 1
        yield Note(STAGE, small.note)
        rows = torch.from_numpy(fresh).to(problem.x.device)
        steps: Steps = iter(())
        if len(fresh):
            batches = stage_seed(self.config.seed, "warm-up", int(fresh[0]))
            theta = self.batch.theta[rows]
            steps = small_steps(problem, theta, batches, len(fresh), control.marks)
        yield from self._follow(steps, rows, control, steady=True)
        self.iterations[fresh] += 1
        self.steps[fresh[self.active[fresh]]] += 1
        self.history.append(self.batch.loss.cpu().numpy().copy())
        self.end(STOPPED if control.stopped else OUT_OF_BUDGET)
        yield self.progress()

    def _follow(
        self, steps: Steps, rows: torch.Tensor, control: Control, steady: bool = False
    ) -> Generator[Event, None, None]:
        """Show small steps of the students ``rows`` as they go, and take the last state over.

        steady : row by row the same students throughout, so that one of them can be stopped: it
        is left as it is in that moment
        """
        theta = self.batch.theta[rows]
        place = {student: at for at, student in enumerate(rows.tolist())}
        halted: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        for moved, loss in steps:
            theta = moved
            row = self.batch.loss.clone()
            row[rows] = loss
            for student, (weights, last) in halted.items():
                theta[place[student]], row[student] = weights, last
            going = [student for student in place if student not in halted]
            self.steps[going] += 1
            self.work += len(rows)
            self.history.append(row.cpu().numpy())
            yield self.progress()
            for kind, student in control.take_requests():
                if steady and kind == STOP and student in place and student not in halted:
                    self.obey(kind, student)
                    halted[student] = theta[place[student]].clone(), row[student].clone()
            if control.over or not self.active.any():
                break
        self.batch.put(rows, start(self.problem, theta))

    @property
    def active(self) -> np.ndarray:
        return np.asarray(self.status == TRAINING)

    def obey(self, kind: str, student: int) -> None:
        """A person's request for one student."""
        if not 0 <= student < len(self.status):
            return
        if kind == RESTART:
            self._restart(student)
        elif self.status[student] == TRAINING:
            self.status[student] = STOPPED

    def end(self, status: str) -> None:
        self.status[self.active] = status

    def _restart(self, student: int) -> None:
        self.restarts[student] += 1
        theta = initial_theta(
            self.problem.shape, self.config.seed, 1, int(self.restarts[student]), student
        ).to(self.batch.theta.device)
        row = torch.tensor([student], device=theta.device)
        self.batch.put(row, start(self.problem, theta))
        self.iterations[student] = 0
        self.status[student] = TRAINING

    def advance(self) -> None:
        """One iteration for every active student."""
        rows = np.flatnonzero(self.active)
        active = torch.from_numpy(rows).to(self.batch.theta.device)
        self.batch.put(active, self.step(self.batch.take(active)))
        self.iterations[rows] += 1
        self.steps[rows] += 1
        self.work += len(rows)
        self.history.append(self.batch.loss.cpu().numpy().copy())

    def judge(self) -> None:
        """Give every active student its status after an iteration."""
        loss, active = self.history[-1], self.active
        self._look_for_noise()
        before = self.history[-2] if len(self.history) > 1 else np.full_like(loss, np.nan)
        done = active & arrived(loss, before, self.floor)
        self.status[done] = CONVERGED
        stuck = active & ~done & stalled(self.history, self.iterations)
        converged = self.status == CONVERGED
        enough = converged.mean() >= ENOUGH
        limit = self.config.iterations
        if enough:
            # a straggler that made it does not give the others more time
            quick = np.sort(self.iterations[converged])[: int(np.ceil(ENOUGH * len(converged)))]
            limit = min(limit, max(LEAST_PATIENCE, int(PATIENCE * quick.max())))
        late = active & ~done & ~stuck & (self.iterations >= limit)
        self.status[late] = OUT_OF_BUDGET
        for student in np.flatnonzero(stuck):
            if enough or self.restarts[student] >= self.config.restarts:
                self.status[student] = STALLED
            else:
                self._restart(int(student))

    def _look_for_noise(self) -> None:
        """Raise the floor to the answers' own error, once students end alike at it."""
        if self.noise is not None or len(self.history) % _LOOK:
            return
        alike = ending_alike(self.history, self.iterations)
        if alike.any() and self.history[-1][alike].min() > self.floor:
            rows = torch.from_numpy(np.flatnonzero(alike)).to(self.batch.theta.device)
            self.noise = common_error(self.problem, self.batch.theta[rows])
            self.floor = max(self.floor, NOISE_ROOM * (self.noise or 0.0))

    def progress(self, before: int | None = None) -> TrainingProgress:
        """Of now; or the losses ``before``, at that place of the history, with all else as now."""
        incoming = unpack(self.problem.shape, self.batch.theta).incoming
        snapshot, at = None, len(self.history) - 1 if before is None else before
        if incoming.numel() <= _CLOUD_LIMIT and before is None:
            snapshot = incoming.to(torch.float32).cpu().numpy().copy()
        seconds = self.clock() - self.began
        return TrainingProgress(
            STAGE,
            iteration=at + 1,
            losses=self.history[at],
            statuses=tuple(self.status),
            iterations=self.iterations.copy(),
            restarts=self.restarts.copy(),
            width=self.problem.shape.sizes[1],
            seconds=self.before + seconds,
            throughput=self.work / max(seconds, 1e-9),
            incoming=snapshot,
            planned=self.planned,
            steps=self.steps.copy(),
        )

    def result(self) -> StudentEnsemble:
        students = len(self.status)
        return StudentEnsemble(
            shape=self.problem.shape,
            theta=self.batch.theta.cpu().numpy().copy(),
            losses=self.batch.loss.cpu().numpy().copy(),
            statuses=tuple(str(s) for s in self.status),
            iterations=self.iterations.copy(),
            restarts=self.restarts.copy(),
            damping=self.batch.damping.cpu().numpy().copy(),
            growth=self.batch.growth.cpu().numpy().copy(),
            history=np.array(self.history).reshape(-1, students),
            seconds=self.before + self.clock() - self.began,
            seed=self.config.seed,
            steps=self.steps.copy(),
        )
