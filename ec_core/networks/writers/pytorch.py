"""A state dict for an ``nn.Sequential`` of Linear layers with an activation between them."""

from __future__ import annotations

import io
from collections import OrderedDict

import torch

from ec_core.networks.network import Network


def write(network: Network) -> bytes:
    """The bytes of torch.save: 0.weight, 0.bias, 2.weight, … in float64.

    ``nn.Sequential(nn.Linear(…), nn.Tanh(), nn.Linear(…)).double().load_state_dict(…)`` takes it.
    """
    state = OrderedDict()
    for i, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        state[f"{2 * i}.weight"] = torch.tensor(weight)
        state[f"{2 * i}.bias"] = torch.tensor(bias)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()
