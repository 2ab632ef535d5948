"""Whole recoveries that must end on a card as they do on the CPU: verified, and with the teacher.

Told and not told what the teacher is, from logits, probabilities, single-precision answers, and
from an activation that nobody listed. Each raises AssertionError.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

import ec_core as ec
from ec_core import devices
from ec_core.networks.equal_writings import rewritten


def _teacher(activation: str, sizes: tuple[int, ...]) -> ec.Network:
    return ec.make_teacher("synthetic", sizes=sizes, activation=activation, seed=0).network


def _verified(found: ec.Recovery, device: str) -> None:
    assert found.report["verified"], found.report["reasons"]
    assert found.report["device"] == str(devices.resolve_device(device))


def _matched(found: ec.Recovery, teacher: ec.Network, within: float) -> None:
    network = found.network
    if network.activation != teacher.activation:
        network = rewritten(network, teacher.activation)
    error = ec.match(teacher, network).max_weight_error
    assert error is not None and error <= within, error


def told(
    device: str, activation: str, sizes: tuple[int, ...], within: float = 1e-8, **settings: Any
) -> None:
    """Activation and depth told; the teacher's weights up to symmetry."""
    teacher, depth = _teacher(activation, sizes), len(sizes) - 2
    found = ec.recover(
        ec.Teacher(teacher),
        activation=activation,
        hidden_layers=depth,
        probes=400 * depth,
        students=3,
        device=device,
        **settings,
    )
    _verified(found, device)
    _matched(found, teacher, within)


def nothing_told(device: str) -> None:
    """A race of all activations; the students of many take turns on the device."""
    teacher = _teacher("gelu", (3, 3, 1))
    found = ec.recover(ec.Teacher(teacher), probes=600, device=device)
    _verified(found, device)
    assert found.report["hidden_layers"] == 1
    _matched(found, teacher, 1e-8)


def single_precision(device: str) -> None:
    """Answers rounded to float32: as good as they are, and said so."""
    teacher = _teacher("tanh", (3, 3, 1))

    def rounded(x: np.ndarray) -> np.ndarray:
        return np.asarray(teacher(x).astype(np.float32))

    found = ec.recover(
        rounded,
        activation="tanh",
        hidden_layers=1,
        inputs=3,
        probes=1000,
        students=3,
        device=device,
    )
    _verified(found, device)
    assert found.report["status"] == "verified", found.report["status"]
    _matched(found, teacher, 1e-4)


def probabilities(device: str) -> None:
    """Softmax of three logits: the network before it, up to one function added to all logits."""
    teacher = _teacher("tanh", (3, 4, 3))

    def softmax(x: np.ndarray) -> np.ndarray:
        e = np.exp(teacher(x) - teacher(x).max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))

    found = ec.recover(
        softmax,
        activation="tanh",
        hidden_layers=1,
        inputs=3,
        probes=800,
        students=3,
        device=device,
    )
    _verified(found, device)
    x = np.random.default_rng(1).standard_normal((100, 3))
    apart = found.network(x) - teacher(x)
    apart -= apart.mean(axis=1, keepdims=True)
    assert np.abs(apart).max() <= 1e-8, np.abs(apart).max()


def unlisted(device: str) -> None:
    """An activation that nobody listed, learnt as a curve."""
    teacher = _teacher("tanh", (3, 3, 2))

    def bumps(x: np.ndarray) -> np.ndarray:
        h = np.exp(-((x @ teacher.weights[0].T + teacher.biases[0]) ** 2))
        return np.asarray(h @ teacher.weights[1].T + teacher.biases[1])

    found = ec.recover(bumps, activation="free", hidden_layers=1, inputs=3, device=device)
    assert found.report["verified"], found.report["reasons"]
    # a curve is known where it was asked, and nowhere else
    x = 0.5 * np.random.default_rng(1).standard_normal((200, 3))
    apart = np.abs(found.network(x) - bumps(x)).max()
    assert apart <= 1e-6, apart


def at_once(device: str) -> None:
    """Three people's recoveries in three threads; each records, and lets its recordings go."""
    with ThreadPoolExecutor(3) as threads:
        jobs = [
            threads.submit(told, device, "tanh", (3, 3, 1)),
            threads.submit(told, device, "gelu", (3, 3, 1)),
            threads.submit(nothing_told, device),
        ]
        for job in jobs:
            job.result()


WHOLE: dict[str, Callable[[str], None]] = {
    "tanh 3-3-1": lambda device: told(device, "tanh", (3, 3, 1)),
    "gelu 3-3-1": lambda device: told(device, "gelu", (3, 3, 1)),
    "g 3-2-1": lambda device: told(device, "g", (3, 2, 1)),
    "tanh 2-2-2-1": lambda device: told(device, "tanh", (2, 2, 2, 1), width=3),
    "single precision": single_precision,
    "probabilities": probabilities,
    "nothing told": nothing_told,
    "an unlisted activation": unlisted,
}
"""In the order of what they rest on."""
