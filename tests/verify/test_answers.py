"""A file of weights beside answers: what it does not show is found, or said to be missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ec_core.errors import InputError
from ec_core.networks.network import Network
from ec_core.probing.presets import make_teacher
from ec_core.verify.answers import check_answers

X = np.random.default_rng(5).standard_normal((400, 3))


def teacher(sizes: tuple[int, ...] = (3, 4, 2), activation: str = "tanh") -> Network:
    return make_teacher("synthetic", sizes=sizes, activation=activation, seed=31).network


def test_the_networks_own_answers_agree_in_every_precision() -> None:
    net = teacher()
    for kind in ("f8", "f4", "f2"):
        checked = check_answers(net, X, net(X).astype(kind))
        assert checked.agrees and checked.reading is None
        assert "gives the 400 answers" in checked.sentence
    half = torch.from_numpy(net(X)).bfloat16().float().numpy()
    assert check_answers(net, X, half).agrees
    flat = teacher((3, 4, 1))
    assert check_answers(flat, X, np.round(flat(X)[:, 0], 3)).agrees


def test_a_function_after_the_last_layer_is_found() -> None:
    net = teacher()
    z = torch.from_numpy(net(X))
    cases = {
        "sigmoid": torch.sigmoid(z),
        "softmax": torch.softmax(z, 1).float(),
        "log-softmax": torch.log_softmax(z, 1),
        "tanh": torch.tanh(z),
    }
    for name, answers in cases.items():
        checked = check_answers(net, X, answers.numpy())
        assert not checked.agrees and checked.reading == f"with a {name} after the last layer"
        assert checked.error is not None and checked.error > 0.1
        assert name in checked.sentence


def test_transposed_matrices_are_found() -> None:
    net = teacher((3, 3, 3))
    turned = replace(net, weights=tuple(w.T.copy() for w in net.weights))
    reading = check_answers(turned, X, net(X)).reading
    assert reading is not None and "(in, out)" in reading


def test_another_activation_and_one_for_each_layer_are_found() -> None:
    net = teacher((3, 4, 4, 1))
    relu = replace(net, activation="relu")
    assert check_answers(net, X, relu(X)).reading == "with relu for the activation"
    h = np.maximum(net.hidden(X, 1), 0)  # tanh below, relu above
    mixed = h @ net.weights[2].T + net.biases[2]
    assert check_answers(net, X, mixed).reading == "with tanh, then relu for the activation"
    deep = teacher((3, 3, 3, 3, 1))
    answers = replace(deep, activation="gelu")(X)
    assert check_answers(deep, X, answers).reading == "with gelu for the activation"


def test_what_nothing_explains_is_said() -> None:
    net = teacher()
    checked = check_answers(net, X, net(X) + np.random.default_rng(0).standard_normal((400, 2)))
    assert not checked.agrees and checked.reading is None
    assert "no other reading" in checked.sentence
    assert checked.as_json()["agrees"] is False


def test_answers_to_other_questions_are_refused() -> None:
    with pytest.raises(InputError, match="this network has 3 inputs and 2 outputs"):
        check_answers(teacher(), X, np.ones((400, 3)))
    with pytest.raises(InputError, match="3 inputs"):
        check_answers(teacher(), X[:, :2], np.ones((400, 2)))
