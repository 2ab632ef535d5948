"""Noisy answers: what counts is kept, what fits noise goes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from ec_core.control import Control
from ec_core.events import PruneStep
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import forward
from ec_core.networks.network import Network
from ec_core.networks.parameters import from_network, pack, random_parameters, unpack
from ec_core.probing.presets import make_teacher
from ec_core.reconstruct.prune import Pruned
from ec_core.reconstruct.significance import (
    Errors,
    converged,
    lacks_something,
    prune_noisy,
    variance_of,
)
from tests.steps import drain

NOISE = 1e-3


def _answers(network: Network, noise: float, count: int = 800) -> Problem:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((count, network.sizes[0]))
    y = network(x) + noise * rng.standard_normal((count, network.sizes[-1]))
    shape = Architecture(network.sizes, network.activation)
    return Problem(shape, torch.from_numpy(x), torch.from_numpy(y))


def _with_spares(problem: Problem, network: Network, spares: int) -> tuple[Problem, torch.Tensor]:
    """A student that holds the network and has neurons to spare."""
    wide = problem.at_size(network.sizes[1] + spares)
    theta = random_parameters(wide.shape, 1, torch.Generator().manual_seed(0))
    blocks = [block.clone() for block in unpack(wide.shape, theta).blocks]
    for block, was in zip(blocks, unpack(*from_network(network)).blocks, strict=True):
        block[:, : was.shape[1], : was.shape[2] - 1] = was[..., :-1]
        block[:, : was.shape[1], -1] = was[..., -1]
    blocks[1][..., network.sizes[1] : -1] = 0.0
    return wide, pack(blocks)


@pytest.mark.parametrize("activation", ["tanh", "g"])
def test_superfluous_neurons_go_and_the_others_stay(activation: str) -> None:
    teacher = make_teacher("synthetic", sizes=(3, 3, 1), activation=activation, seed=0).network
    wide, theta = _with_spares(_answers(teacher, NOISE), teacher, 3)
    events, found = drain(prune_noisy(wide, theta, NOISE**2, Control()))
    steps = [event for event in events if isinstance(event, PruneStep)]
    assert found.exact and found.problem.shape.sizes == (3, 3, 1)
    assert steps[0].accepted and steps[0].size_before == 6
    assert found.confidence is not None and found.confidence > 0.9


@pytest.mark.parametrize("sizes", [(3, 3, 1), (3, 3, 2, 1)])
def test_two_neurons_that_fit_the_errors_as_one_and_its_curvature_become_one(
    sizes: tuple[int, ...],
) -> None:
    """c a(w) = 2 c a(w + d) - c a(w + 2 d) but for terms in d², which may look like errors."""
    teacher = make_teacher("synthetic", sizes=sizes, activation="tanh", seed=0).network
    noise, shift = 1e-7, 3e-4
    row = np.full(sizes[-3], shift)
    into, out = teacher.weights[-2], teacher.weights[-1]
    twins = replace(
        teacher,
        weights=(
            *teacher.weights[:-2],
            np.concatenate([into[:1] + row, into[1:], into[:1] + 2 * row]),
            np.concatenate([2 * out[:, :1], out[:, 1:], -out[:, :1]], axis=1),
        ),
        biases=(
            *teacher.biases[:-2],
            np.append(teacher.biases[-2], teacher.biases[-2][0]),
            teacher.biases[-1],
        ),
    )
    problem = replace(_answers(teacher, noise), shape=Architecture(twins.sizes, "tanh"))
    _, found = drain(prune_noisy(problem, from_network(twins)[1], noise**2, Control()))
    assert found.problem.shape.sizes == sizes


def test_a_neuron_weaker_than_the_noise_of_all_answers_goes() -> None:
    teacher = make_teacher("synthetic", sizes=(2, 3, 1), activation="tanh", seed=0).network
    weak = teacher.weights[1].copy()
    weak[0, 1] = 1e-6
    faint = replace(teacher, weights=(teacher.weights[0], weak))
    problem = _answers(faint, NOISE)
    _, found = drain(prune_noisy(problem, from_network(faint)[1], NOISE**2, Control()))
    assert found.problem.shape.sizes == (2, 2, 1)


def test_the_fit_ends_where_scipy_ends() -> None:
    teacher = make_teacher("synthetic", sizes=(2, 3, 1), activation="tanh", seed=2).network
    problem = _answers(teacher, NOISE)
    theta = from_network(teacher)[1] * 1.05
    found = converged(problem, theta, Errors(NOISE**2, problem.y.numel()), Control())

    def residual(flat: np.ndarray) -> np.ndarray:
        row = torch.from_numpy(flat)[None]
        return (forward(problem.shape, row, problem.x)[0] - problem.y).ravel().numpy()

    slow = least_squares(residual, theta[0].numpy(), method="lm", xtol=1e-14, ftol=1e-14)
    lowest = float(np.mean(slow.fun**2))
    assert found.loss <= lowest * (1.0 + 1.0 / problem.y.numel())
    assert variance_of(found) == pytest.approx(NOISE**2, rel=0.15)


@settings(max_examples=15)
@given(
    more=st.floats(1e-9, 1e-3),
    less=st.floats(1e-9, 1e-3),
    scale=st.floats(1e-6, 1e6),
)
def test_worth_does_not_depend_on_the_unit_of_the_answers(
    more: float, less: float, scale: float
) -> None:
    plain = Errors(1e-6, 100).worth(more, less)
    scaled = Errors(1e-6 * scale, 100).worth(more * scale, less * scale)
    assert scaled == pytest.approx(plain, rel=1e-9, abs=1e-6)


def test_noise_lacks_nothing_and_a_missing_neuron_is_missed() -> None:
    teacher = make_teacher("synthetic", sizes=(2, 3, 1), activation="tanh", seed=0).network
    problem = _answers(teacher, NOISE)
    errors = Errors(NOISE**2, problem.y.numel())
    whole = converged(problem, from_network(teacher)[1], errors, Control())
    assert not lacks_something(whole, 0, Control())
    smaller = Network(
        "tanh",
        (teacher.weights[0][:2], teacher.weights[1][:, :2]),
        (teacher.biases[0][:2], teacher.biases[1]),
    )
    short = problem.at_size(2)
    start = from_network(smaller)[1]
    partial = converged(short, start, Errors(1e-2, short.y.numel()), Control())
    assert isinstance(partial, Pruned) and lacks_something(partial, 0, Control())
