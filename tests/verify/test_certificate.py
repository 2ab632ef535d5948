"""What the certificate lets pass and what it refuses, on networks made by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from ec_core.control import Control
from ec_core.events import SignsFound
from ec_core.leastsquares.problem import Problem
from ec_core.networks.network import Network
from ec_core.networks.parameters import from_network, to_network
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.reconstruct.refit import refit
from ec_core.verify.certificate import certify
from ec_core.verify.parsimony import CLIFF, loss_with_one_less

Answers = Callable[[np.ndarray], np.ndarray]


def _probes(answers: Answers, inputs: int = 2, count: int = 800) -> ProbeSet:
    x = np.random.default_rng(0).standard_normal((count, inputs))
    return make_probes(x, answers(x))


def _claim(network: Network, probes: ProbeSet) -> Reconstruction:
    """The best fit near a network, claimed to be the teacher."""
    shape, theta = from_network(probes.to_standard(network))
    problem = Problem(shape, torch.from_numpy(probes.inputs), torch.from_numpy(probes.answers))
    fitted = refit(problem, theta, 100, 0.0, Control())
    standard = to_network(shape, fitted.theta)
    held = standard(probes.standard_inputs(probes.x_heldout))
    held -= probes.standard_answers(probes.y_heldout)
    return Reconstruction(
        network=probes.to_original(standard),
        standard=standard,
        loss=float(fitted.loss[0]),
        heldout_loss=float(np.mean(held**2)),
        steps=(),
        signs=SignsFound("reconstruct", (), 1e-12, 0.5, True),
        from_clusters=0,
        started=0,
        pruned=0,
        exact=True,
        notes=(),
        history=fitted.loss,
    )


def _teacher(activation: str = "tanh", sizes: tuple[int, ...] = (2, 3, 1)) -> Network:
    return make_teacher("synthetic", sizes=sizes, activation=activation, seed=1).network


@pytest.mark.parametrize("activation", ["tanh", "gelu", "relu", "g"])
@pytest.mark.parametrize("digits", [None, 5])
def test_the_teacher_itself_is_verified(activation: str, digits: int | None) -> None:
    teacher = _teacher(activation)
    probes = _probes(lambda x: teacher(x) if digits is None else np.round(teacher(x), digits))
    ticket = certify(_claim(teacher, probes), probes)
    assert ticket.verified, ticket.reasons
    assert ticket.bars is not None and ticket.max_error_bar is not None
    assert 0 < ticket.max_error_bar < (1e-12 if digits is None else 1e-3)


@pytest.mark.long
def test_float32_answers_of_a_deep_teacher_are_verified() -> None:
    teacher = _teacher("tanh", (3, 3, 3, 2))
    probes = _probes(lambda x: teacher(x).astype(np.float32), 3, 1200)
    assert certify(_claim(teacher, probes), probes).verified


def _said(network: Network, probes: ProbeSet) -> str:
    ticket = certify(_claim(network, probes), probes)
    assert not ticket.verified and ticket.reasons and ticket.advice
    return " ".join(ticket.reasons)


def test_an_approximation_that_two_decimals_cannot_refute_is_not_verified() -> None:
    start = Network(
        "tanh",
        (np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([[1.0, 1.0]])),
        (np.array([1.5, 1.5]), np.array([-2.0])),
    )
    probes = _probes(lambda x: np.round(np.exp(-(x[:, :1] ** 2)), 2))
    found = _claim(start, probes)
    assert found.loss <= 3.0 * probes.precision
    assert not certify(found, probes).verified


def test_a_neuron_too_many_is_refused() -> None:
    teacher = _teacher()
    w, a = teacher.weights
    twin = Network(
        "tanh",
        (np.concatenate([w, w[:1]]), np.concatenate([a[:, :1] / 2, a[:, 1:], a[:, :1] / 2], 1)),
        (np.append(teacher.biases[0], teacher.biases[0][0]), teacher.biases[1]),
    )
    said = _said(twin, _probes(teacher))
    assert "equal up to symmetry" in said


def test_noise_is_named() -> None:
    teacher = _teacher()
    noise = 1e-3 * np.random.default_rng(1).standard_normal((800, 1))
    assert "noise" in _said(teacher, _probes(lambda x: teacher(x) + noise))


def test_another_function_is_named() -> None:
    teacher = _teacher()
    assert "another function" in _said(
        teacher, _probes(lambda x: teacher(x) + np.sin(3 * x[:, :1]))
    )


def test_what_questions_tell_of_a_large_network_that_is_another_is_not_worked_out() -> None:
    """Rank and bars of thousands of weights take minutes, and none of them is the teacher's."""
    wide = _teacher("tanh", (2, 80, 1))
    teacher = _teacher()
    probes = _probes(lambda x: teacher(x) + np.abs(np.sin(9 * x[:, :1])))
    ticket = certify(_claim(wide, probes), probes)
    assert ticket.status == "failed" and "another function" in ticket.reasons[0]
    assert ticket.rank is None and ticket.condition is None and ticket.bars is None


def test_kinks_of_upper_layers_must_be_crossed_too() -> None:
    deep = Network(
        "relu",
        (np.eye(2), np.array([[1.0, 2.0], [1.0, -1.0]]), np.array([[1.0, 1.0]])),
        (np.array([0.1, 0.2]), np.array([0.5, 0.0]), np.zeros(1)),
    )
    assert "one side of the kink of 1 neuron of layer 2" in _said(deep, _probes(deep))


def test_the_cliff_is_what_the_missing_neuron_was_worth() -> None:
    teacher = _teacher()
    probes = _probes(teacher)
    less = loss_with_one_less(probes.to_standard(teacher), probes)
    assert 1e-6 < less < 1.0
    # the smaller network can be no better than the best of its size, found from the other side
    weights, biases = teacher.weights, teacher.biases
    losses = []
    for j in range(3):
        keep = [i for i in range(3) if i != j]
        smaller = Network(
            "tanh", (weights[0][keep], weights[1][:, keep]), (biases[0][keep], biases[1])
        )
        losses.append(_claim(smaller, probes).loss)
    assert less <= 1.5 * min(losses) and less >= min(losses) / 1.5
    assert less > CLIFF * probes.floor


def test_a_single_neuron_is_compared_with_a_constant_or_a_line() -> None:
    teacher = Network("tanh", (np.ones((1, 2)), np.ones((1, 1))), (np.zeros(1), np.zeros(1)))
    probes = _probes(teacher)
    assert loss_with_one_less(probes.to_standard(teacher), probes) == pytest.approx(1.0)
    assert certify(_claim(teacher, probes), probes).verified


def test_weights_that_one_probe_alone_tells_are_not_confirmed() -> None:
    teacher = _teacher("tanh", (2, 1, 1))
    x = np.random.default_rng(0).standard_normal((400, 2))
    x[:, 1] = 0.0
    probes = make_probes(x, teacher(x))
    place = int(np.flatnonzero((x == probes.x[7]).all(axis=1))[0])
    x[place, 1] = 1.0
    assert "1 probe alone tells" in _said(teacher, make_probes(x, teacher(x)))
    x[:, 1] = np.random.default_rng(1).standard_normal(400)
    whole = make_probes(x, teacher(x))
    assert certify(_claim(teacher, whole), whole).verified
