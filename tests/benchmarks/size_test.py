"""How often does the test err that decides which neurons of noisy answers count?

Run:  python tests/benchmarks/size_test.py [--problems 500]
Random teachers of 2 to 4 neurons with noise of 1e-3 to 1e-1 of the answers' spread. The search is
kept out of it: the network that is pruned begins at the teacher with two random neurons more, so
that what remains too many was kept by the test, and what is missing was given up by it. A neuron
that is worth less than the test asks for (n times what its loss raises the mean square, in units of
the noise, below q log n) cannot be told from none; such teachers are counted apart. Exits 1 if more
than 2 % of the others err.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import ec_core as ec
from ec_core.control import Control
from ec_core.events import drain
from ec_core.leastsquares.problem import Problem
from ec_core.networks.architecture import Architecture
from ec_core.networks.network import Network
from ec_core.networks.parameters import from_network, pack, random_parameters, unpack
from ec_core.reconstruct.removal import rank, remove
from ec_core.reconstruct.significance import Errors, converged, prune_noisy

ACTIVATIONS = ("tanh", "g", "sigmoid", "erf", "softsign", "elu", "mish")
"""Those without linear skip paths, whose students hold the teacher as it is."""
SPARE, MOST_ERRORS = 2, 0.02


def problem_of(number: int) -> tuple[Network, Problem, float]:
    """The teacher, its noisy standardised answers, and the variance of their noise."""
    rng = np.random.default_rng(number)
    sizes = (int(rng.integers(2, 5)), int(rng.integers(2, 5)), int(rng.integers(1, 3)))
    name = str(rng.choice(ACTIVATIONS))
    teacher = ec.make_teacher("synthetic", sizes=sizes, activation=name, seed=number).network
    x = rng.standard_normal((int(rng.integers(400, 1500)), sizes[0]))
    y = teacher(x)
    scale, mean = y.std(axis=0), y.mean(axis=0)
    scaled = Network(
        name,
        (teacher.weights[0], teacher.weights[1] / scale[:, None]),
        (teacher.biases[0], (teacher.biases[1] - mean) / scale),
    )
    noise = 10.0 ** rng.uniform(-3, -1)
    y = scaled(x) + noise * rng.standard_normal(y.shape)
    problem = Problem(Architecture(sizes, name), torch.from_numpy(x), torch.from_numpy(y))
    return scaled, problem, noise**2


def with_spares(teacher: Network, problem: Problem, number: int) -> tuple[Problem, torch.Tensor]:
    """The teacher with ``SPARE`` neurons that nothing reads yet."""
    wide = problem.at_size(teacher.sizes[1] + SPARE)
    theta = random_parameters(wide.shape, 1, torch.Generator().manual_seed(number))
    blocks = [block.clone() for block in unpack(wide.shape, theta).blocks]
    hidden, own = unpack(*from_network(teacher)).blocks
    blocks[0][:, : teacher.sizes[1]] = hidden
    blocks[1][...] = 0.0
    blocks[1][..., : teacher.sizes[1]] = own[..., :-1]
    blocks[1][..., -1] = own[..., -1]
    return wide, pack(blocks)


def tellable(teacher: Network, problem: Problem, errors: Errors) -> bool:
    """Is every neuron worth more than the test asks for?"""
    theta = from_network(teacher)[1]
    whole = converged(problem, theta, errors, Control())
    least = remove(problem, whole.theta, rank(problem, whole.theta)[0])
    less = converged(*least, errors, Control())
    saved = problem.shape.parameter_count - less.problem.shape.parameter_count
    return errors.worth(less.loss, whole.loss) > errors.bought(saved)


def pruned_size(problem: Problem, theta: torch.Tensor, variance: float) -> int:
    return drain(prune_noisy(problem, theta, variance, Control())).size


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=500)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    counts = {"right": 0, "too many": 0, "too few": 0, "not tellable": 0}
    for number in range(arguments.problems):
        teacher, problem, variance = problem_of(number)
        if not tellable(teacher, problem, Errors(variance, problem.y.numel())):
            counts["not tellable"] += 1
            continue
        size = pruned_size(*with_spares(teacher, problem, number), variance)
        true = teacher.sizes[1]
        verdict = "right" if size == true else "too many" if size > true else "too few"
        counts[verdict] += 1
        if verdict != "right":
            print(f"{number}: {'-'.join(map(str, teacher.sizes))}, found {size}", flush=True)
    told = arguments.problems - counts["not tellable"]
    wrong = counts["too many"] + counts["too few"]
    print(counts, f"error rate {wrong / max(told, 1):.4f} of {told}")
    return 0 if wrong <= MOST_ERRORS * told else 1


if __name__ == "__main__":
    sys.exit(main())
