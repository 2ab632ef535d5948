"""Would one neuron less do? The cliff that tells a network from an approximation.

A function that is no network of the class can be approximated: every further neuron lowers the
loss by a factor (measured: 10 to 1,000 for sines, products, powers), and where the answers have
few digits the approximation soon cannot be told from them. A network of exactly H neurons falls
off a cliff instead: with H - 1 neurons the loss is what the missing one was worth, with H it is
rounding.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from ec_core.checkpoints import NOTHING_KEPT, Checkpoints
from ec_core.control import Control
from ec_core.expand.learning import make_problem
from ec_core.networks.activations import activation
from ec_core.networks.network import Network
from ec_core.networks.parameters import from_network
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.refit import refit
from ec_core.reconstruct.removal import rank, remove

CLIFF = 1e4
"""The loss must rise by this factor when a neuron goes and everything is fitted again."""

_CANDIDATES = 6
"""Removals tried, cheapest first: the dearest neurons are worth more than the cheapest."""
_ITERATIONS = 60
LARGEST = 300
"""Parameters up to which exact answers are put to this test too: there the rank of the Jacobian
speaks for itself, and the refits of a large network would take minutes."""


def loss_with_one_less(
    network: Network,
    probes: ProbeSet,
    enough: float = 0.0,
    marks: Checkpoints = NOTHING_KEPT,
) -> float:
    """The lowest loss of a network with one hidden neuron less, refitted; infinite if none exists.

    network : standardised. Linear skip paths are allowed where the students had them, which makes
    the smaller networks stronger and the test stricter. Stops at a loss below ``enough``.
    """
    skip = activation(network.activation).leaves_linear
    sizes = network.sizes[1:-1]
    problem = make_problem(probes, network.activation, sizes, torch.device("cpu")).thinned()
    shape, theta = from_network(network, skip=skip)
    problem = replace(problem, shape=shape)
    lowest = np.inf
    for removal in rank(problem, theta)[:_CANDIDATES] if max(sizes) > 1 else []:
        smaller, start = remove(problem, theta, removal)
        fitted = refit(smaller, start, _ITERATIONS, enough, Control(marks=marks), enough)
        lowest = min(lowest, float(fitted.loss[0]))
        if lowest <= enough:
            break
    if sizes == (1,):
        # no neuron at all: the constant, or the line of the skip path
        lowest = _best_line(problem.x.numpy(), problem.y.numpy(), skip)
    return lowest


def _best_line(x: np.ndarray, y: np.ndarray, slope: bool) -> float:
    design = np.ones((len(x), 1))
    if slope:
        design = np.concatenate([design, x], axis=1)
    best = np.linalg.lstsq(design, y, rcond=None)[0]
    return float(np.mean((design @ best - y) ** 2))
