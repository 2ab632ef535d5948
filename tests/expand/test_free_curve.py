"""Students that learn a number of their activation."""

from __future__ import annotations

from collections.abc import Generator
from itertools import pairwise

import pytest
import torch

import ec_core as ec
from ec_core.control import Control
from ec_core.expand.free_curve import ELU, Lesson, begin, jacobian, learn
from ec_core.expand.free_number import learn_alpha
from ec_core.expand.students import StudentEnsemble, initial_theta
from ec_core.networks.activations import activation
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward


def _both(shape: Architecture, students: int = 2) -> torch.Tensor:
    numbers = torch.linspace(-0.7, 0.4, students, dtype=torch.float64)[:, None]
    return torch.cat([initial_theta(shape, 0, students), numbers], dim=1)


def _learnt(
    learning: Generator[tuple[int, float], None, StudentEnsemble | None],
) -> tuple[int, StudentEnsemble | None]:
    """How many iterations there were, and what is returned."""
    count = 0
    while True:
        try:
            next(learning)
        except StopIteration as end:
            return count, end.value
        count += 1


def test_elu_with_a_number_is_elu() -> None:
    z = torch.linspace(-4, 4, 33, dtype=torch.float64)[None, :, None]
    p = torch.log(torch.tensor([[0.3]], dtype=torch.float64))
    entry = activation("elu:0.3")
    torch.testing.assert_close(ELU.value(z, p), entry.function(z), rtol=1e-14, atol=1e-15)
    torch.testing.assert_close(ELU.slope(z, p), entry.derivative(z), rtol=1e-14, atol=1e-15)


@pytest.mark.parametrize("sizes", [(3, 4, 2), (2, 3, 4, 1), (2, 3, 2, 3, 2)])
def test_the_jacobian_is_that_of_automatic_differentiation(sizes: tuple[int, ...]) -> None:
    shape = Architecture(sizes, "elu")
    both = _both(shape)
    x = torch.randn(7, sizes[0], generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    lesson = Lesson(shape, ELU, x, torch.zeros(7, sizes[-1], dtype=torch.float64))
    answers, rows = jacobian(shape, ELU, both, x)
    torch.testing.assert_close(answers, lesson.answers(both))
    for s in range(len(both)):
        wanted = torch.autograd.functional.jacobian(
            lambda row: lesson.answers(row[None])[0], both[s]
        )
        torch.testing.assert_close(rows[s], wanted, rtol=1e-10, atol=1e-12)
    matrix, gradient = lesson.curvature(both)
    flat = rows.flatten(1, 2)
    torch.testing.assert_close(matrix, flat.mT @ flat / answers[0].numel())
    residual = answers.flatten(1)
    torch.testing.assert_close(
        gradient, torch.einsum("srp,sr->sp", flat, residual) / answers[0].numel()
    )


def test_the_bend_is_the_second_derivative_along_the_step() -> None:
    shape = Architecture((2, 3, 2), "elu")
    both = _both(shape)
    x = torch.randn(9, 2, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    lesson = Lesson(shape, ELU, x, torch.zeros(9, 2, dtype=torch.float64))
    step = 1e-3 * torch.randn(both.shape, generator=torch.Generator().manual_seed(2)).double()
    h = 1e-1
    moved = [lesson.answers(both + sign * h * step) for sign in (1, 0, -1)]
    second = (moved[0] - 2 * moved[1] + moved[2]) / h**2
    _, rows = jacobian(shape, ELU, both, x)
    wanted = torch.einsum("snkp,snk->sp", rows, second) / second[0].numel()
    torch.testing.assert_close(lesson.bend(both, step), wanted, rtol=2e-2, atol=1e-9)


def test_the_loss_never_rises_and_the_number_is_found() -> None:
    teacher = ec.make_teacher("synthetic", sizes=(4, 3, 2), activation="elu:0.5", seed=1).network
    probes = ec.probe(ec.Teacher(teacher), count=600)
    x, y = torch.from_numpy(probes.inputs), torch.from_numpy(probes.answers)
    lesson = Lesson(Architecture((4, 5, 2), "elu"), ELU, x[:200], y[:200])
    state = begin(lesson, _both(lesson.shape, 3))
    losses = [state.loss, *(batch.loss for batch in learn(lesson, state, 5))]
    assert all(bool((b <= a).all()) for a, b in pairwise(losses))
    _, found = _learnt(learn_alpha(probes, (8,), 4, 0, Control()))
    assert found is not None and found.shape.activation == "elu:0.5"
    assert found.losses.min() < 1e-25
    best = int(found.losses.argmin())
    theta = torch.from_numpy(found.theta[best : best + 1])
    assert float((forward(found.shape, theta, x) - y).abs().max()) < 1e-12


def test_a_stop_ends_the_learning() -> None:
    probes = ec.probe(lambda x: x[:, :1] ** 2, count=200, inputs=2)
    control = Control()
    control.stop()
    iterations, found = _learnt(learn_alpha(probes, (4,), 2, 0, control))
    assert iterations == 1 and found is not None
