"""Activations that write the same functions, and how one writing turns into the other."""

from __future__ import annotations

from ec_core.errors import InputError
from ec_core.networks.network import Network

_IDENTITIES: dict[tuple[str, str], str] = {
    ("tanh", "sigmoid"): "tanh(z) = 2 sigmoid(2z) - 1",
    ("sigmoid", "tanh"): "sigmoid(z) = (1 + tanh(z/2)) / 2",
    ("relu", "leaky_relu"): "relu(z) = (leaky_relu(z) + 0.01 leaky_relu(-z)) / 0.9999",
    ("leaky_relu", "relu"): "leaky_relu(z) = relu(z) - 0.01 relu(-z)",
}

_FACTORS: dict[tuple[str, str], tuple[float, float, float]] = {
    ("tanh", "sigmoid"): (2.0, 2.0, -1.0),
    ("sigmoid", "tanh"): (0.5, 0.5, 0.5),
}
"""a, c, d of s(z) = c·t(a·z) + d, where one neuron turns into one."""


def equal_writings(activation: str) -> dict[str, str]:
    """Other activations that write the same functions, each with a sentence that says how.

    >>> equal_writings("tanh")["sigmoid"]
    'sigmoid writes the same function with as many neurons, since tanh(z) = 2 sigmoid(2z) - 1.'
    >>> equal_writings("gelu")
    {}
    """
    return {
        other: f"{other} writes the same function with "
        f"{'as many' if (one, other) in _FACTORS else 'more'} neurons, since {identity}."
        for (one, other), identity in _IDENTITIES.items()
        if one == activation
    }


def rewritten(network: Network, activation: str) -> Network:
    """The same function with another activation, where every neuron turns into one.

    s(z) = c·t(a·z) + d: incoming weights and biases times a, outgoing weights times c, and d times
    the sum of the outgoing weights goes to the biases they lead to. Raises InputError where there
    is no such identity.

    >>> import numpy as np
    >>> weights = np.array([[1.0]]), np.array([[4.0]])
    >>> one = Network("tanh", weights, (np.array([0.5]), np.zeros(1)))
    >>> two = rewritten(one, "sigmoid")
    >>> two.weights[0].item(), two.weights[1].item(), two.biases[1].item()
    (2.0, 8.0, -4.0)
    """
    if (network.activation, activation) not in _FACTORS:
        raise InputError(
            f"A network of {network.activation} cannot be written with {activation} neuron by "
            "neuron; tanh and sigmoid can be written as each other."
        )
    a, c, d = _FACTORS[network.activation, activation]
    weights, biases = list(network.weights), list(network.biases)
    for layer in range(len(weights) - 1):
        weights[layer], biases[layer] = a * weights[layer], a * biases[layer]
        biases[layer + 1] = biases[layer + 1] + d * weights[layer + 1].sum(axis=1)
        weights[layer + 1] = c * weights[layer + 1]
    return Network(activation, tuple(weights), tuple(biases))
