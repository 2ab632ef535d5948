"""Can a network be written with fewer neurons? Dead neurons and pairs equal up to symmetry.

Irreducible networks with equal functions are equal up to symmetry (Sussmann 1992 for tanh).
"""

from __future__ import annotations

import numpy as np

from ec_core.networks.activations import activation
from ec_core.networks.canonical import canonical, lengths, pairwise_distances
from ec_core.networks.network import Network

DEAD = 1e-7
"""Outgoing weights below this share of the largest count as zero."""
EQUAL = 1e-5
"""Canonical vectors closer than this, relative to their norm, count as equal."""


def reducible(network: Network) -> list[str]:
    """One sentence for each way in which a hidden layer has too many neurons; none if it has not.

    >>> twin = Network("tanh", (np.ones((2, 1)), np.ones((1, 2))), (np.ones(2), np.zeros(1)))
    >>> reducible(twin)
    ['1 pair of neurons of hidden layer 1 is equal up to symmetry.']
    """
    reasons = []
    entry = activation(network.activation)
    for layer, (w, b) in enumerate(zip(network.weights[:-1], network.biases[:-1], strict=True)):
        outgoing = lengths(network.weights[layer + 1].T)
        dead = int((outgoing <= DEAD * outgoing.max()).sum())
        if dead:
            verb = (
                "neuron of hidden layer {} has" if dead == 1 else "neurons of hidden layer {} have"
            )
            reasons.append(f"{dead} {verb.format(layer + 1)} no effect.")
        vectors, _, _ = canonical(np.concatenate([w, b[:, None]], axis=1), entry)
        distance = pairwise_distances(vectors, vectors)
        scale = lengths(vectors)
        limit = EQUAL * np.maximum(scale[:, None], scale[None, :])
        equal = int(np.triu(distance <= limit, 1).sum())
        if equal:
            which = f"of neurons of hidden layer {layer + 1}"
            reasons.append(
                f"1 pair {which} is equal up to symmetry."
                if equal == 1
                else f"{equal} pairs {which} are equal up to symmetry."
            )
    return reasons


def silent(network: Network, x: np.ndarray) -> list[str]:
    """One sentence for each hidden layer with relu neurons that no input of x (N, D) makes fire.

    They leave no trace in the answers, so that to these inputs a smaller network is the same.

    >>> biases = (np.array([0.0, -9.0]), np.zeros(1))
    >>> silent(Network("relu", (np.eye(2), np.ones((1, 2))), biases), np.ones((5, 2)))
    ['1 neuron of hidden layer 1 never fires on 5 inputs tried: no answer shows it.']
    """
    if network.activation != "relu":
        return []
    reasons = []
    for layer in range(len(network.weights) - 1):
        count = int((network.hidden(x, layer) <= 0).all(axis=0).sum())
        if count:
            who = "1 neuron" if count == 1 else f"{count} neurons"
            never, them = ("fires", "it") if count == 1 else ("fire", "them")
            reasons.append(
                f"{who} of hidden layer {layer + 1} never {never} on {len(x):,} inputs tried: "
                f"no answer shows {them}."
            )
    return reasons
