"""Agreement: students that hold the teacher's neurons beside others are put together exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

import ec_core as ec
from ec_core.control import Control
from ec_core.events import Event, LayerStep
from ec_core.expand.regimes import LARGE, regime_of
from ec_core.expand.students import StudentEnsemble, ensemble_of
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward
from ec_core.networks.network import Network
from ec_core.networks.parameters import from_network, to_network
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.compose import Compose, Shared, around, rough_view
from ec_core.reconstruct.prune import prune
from ec_core.reconstruct.walk import Walked, walk
from tests.regimes import change
from tests.steps import drain

SIZES = (5, 6, 4, 2)


def _asked(sizes: Sequence[int] = SIZES) -> tuple[Network, ProbeSet]:
    """A tanh teacher in standardised coordinates, and what it was asked."""
    teacher = ec.make_teacher("synthetic", sizes=tuple(sizes), activation="tanh", seed=3).network
    probes = ec.probe(ec.Teacher(teacher), count=1500, seed=1)
    return probes.to_standard(teacher), probes


def _student(
    teacher: Network, wide: Sequence[int], rng: np.random.Generator, noise: float, lacks: int = -1
) -> tuple[Architecture, Tensor]:
    """The teacher's function in a wide student: copies that share the outgoing weights, flipped
    signs, neurons that nobody reads, any order, and noise. ``lacks``: a neuron of layer 1 left out.
    """
    weights, biases = [], []
    reads = np.eye(teacher.sizes[0])
    for w, b, width in zip(teacher.weights, teacher.biases, [*wide, None], strict=True):
        if width is None:
            weights.append(w @ reads)
            biases.append(b)
            break
        hidden = len(b)
        holds = np.concatenate([np.arange(hidden), rng.integers(-1, hidden, width - hidden)])
        if not weights and lacks >= 0:
            holds[holds == lacks] = -1
        rng.shuffle(holds)
        sign, share = rng.choice([-1.0, 1.0], width), rng.uniform(0.5, 1.5, width)
        true = holds >= 0
        rows = np.where(true[:, None], w[holds] @ reads, rng.normal(size=(width, reads.shape[1])))
        weights.append(sign[:, None] * rows)
        biases.append(sign * np.where(true, b[holds], rng.normal(size=width)))
        reads = np.zeros((hidden, width))
        for neuron in range(hidden):
            mine = holds == neuron
            reads[neuron, mine] = (sign * share)[mine] / share[mine].sum()
    spoilt = [part * (1 + noise * rng.normal(size=part.shape)) for part in (*weights, *biases)]
    half = len(weights)
    return from_network(Network(teacher.activation, tuple(spoilt[:half]), tuple(spoilt[half:])))


def _students(
    teacher: Network, probes: ProbeSet, wide: Sequence[int], noise: float, lacks: Sequence[int]
) -> StudentEnsemble:
    rng = np.random.default_rng(0)
    made = [_student(teacher, wide, rng, noise, without) for without in lacks]
    theta = torch.cat([row for _, row in made])
    x, y = torch.from_numpy(probes.inputs), torch.from_numpy(probes.answers)
    loss = (forward(made[0][0], theta, x) - y).square().mean(dim=(1, 2)).numpy()
    return ensemble_of(made[0][0], theta.numpy(), loss, 0)


def _composed(
    students: StudentEnsemble, probes: ProbeSet, **how: int
) -> tuple[list[Event], Walked]:
    way = Compose(probes, "cpu", students.shape.sizes[1:-1], **how)
    first = rough_view(students, 0, 0.5, 30.0)
    return drain(walk(Shared(students, students), first, way, Control()))


@pytest.mark.parametrize("wide", [(13, 9), (6, 4)])
def test_the_teacher_is_composed_of_wide_students(wide: tuple[int, int]) -> None:
    teacher, probes = _asked()
    students = _students(teacher, probes, wide, 1e-4, [-1] * 4)
    _, composed = _composed(students, probes, passages=1)
    known, views = composed.network, composed.views
    assert known is not None
    assert known.problem.shape.sizes == SIZES
    assert [len(view.clusters.kept) for view in views] == [6, 4]
    assert known.loss <= 1e-5
    found = ec.match(teacher, to_network(known.problem.shape, known.theta))
    assert found.max_weight_error is not None
    assert found.max_weight_error < 0.05


def test_a_layer_of_which_nothing_is_shared_composes_nothing() -> None:
    teacher, probes = _asked()
    rng = np.random.default_rng(0)
    students = _students(teacher, probes, (13, 9), 0.0, [-1] * 4)
    spoilt = rng.normal(size=students.theta.shape)
    apart = ensemble_of(students.shape, spoilt, students.losses, 0)
    _, composed = _composed(apart, probes)
    assert composed.network is None and len(composed.views) == 1


@pytest.mark.parametrize("skip", [False, True])
def test_students_grown_around_a_network_answer_as_it_does(skip: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    small = Architecture((3, 4, 2, 5, 2), "softplus", skip)
    wide = Architecture((3, 6, 7, 5, 2), "softplus", skip)
    known, drawn = (
        torch.randn(count, shape.parameter_count, generator=generator, dtype=torch.float64)
        for count, shape in ((1, small), (3, wide))
    )
    theta = around(small, known, wide, drawn)
    x = torch.randn(50, 3, generator=generator, dtype=torch.float64)
    answers = forward(wide, theta, x)
    torch.testing.assert_close(answers, forward(small, known, x).expand(3, -1, -1))
    # what is new is as it was drawn, and differs from student to student
    assert not torch.equal(theta[0], theta[1])


@pytest.mark.long
def test_a_neuron_that_no_student_has_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    change(monkeypatch, LARGE, 2500, applies=lambda _: True)
    teacher, probes = _asked((5, 6, 2))
    students = _students(teacher, probes, (13,), 1e-4, [2] * 4)
    steps, composed = _composed(students, probes)
    found = composed.network
    assert found is not None
    assert found.loss <= probes.floor
    _, pruned = drain(prune(found.problem, found.theta, probes.floor, Control()))
    assert pruned.problem.shape.sizes == (5, 6, 2)
    said = [step.message for step in steps if isinstance(step, LayerStep)]
    assert "Students with the 5 neurons known, and others drawn anew." in said


@pytest.mark.long
def test_a_large_teacher_is_recovered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way, with a warm-up long enough for a teacher that is not large."""
    change(monkeypatch, LARGE, 1500)
    teacher = ec.make_teacher("synthetic", sizes=(8, 6, 1), activation="tanh", seed=0).network
    assert regime_of(Architecture((8, 100, 1), "tanh")).name == LARGE.name
    result = ec.recover(ec.Teacher(teacher), activation="tanh", width=100, students=3, probes=2000)
    assert result.report["verified"], result.report["reasons"]
    assert result.report["sizes"] == [8, 6, 1]
    error = ec.match(teacher, result.network).max_weight_error
    assert error is not None
    assert error <= 1e-10
    # small steps are all that students got; each may go on
    assert set(result.ensemble.statuses) == {"out of budget"}
