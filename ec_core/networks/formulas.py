"""The formulas of the activations and their slopes, elementwise on tensors of any shape.

Those that torch has are taken from it, except where it rounds differently by device or loses digits
past a threshold.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def normal_pdf(z: Tensor) -> Tensor:
    return torch.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


def normal_cdf(z: Tensor) -> Tensor:
    return 0.5 * torch.erfc(-z / math.sqrt(2))


def sigmoid_slope(z: Tensor) -> Tensor:
    p = torch.sigmoid(z)
    return p * (1 - p)


def silu_slope(z: Tensor) -> Tensor:
    p = torch.sigmoid(z)
    return p * (1 + z * (1 - p))


def softplus(z: Tensor) -> Tensor:
    # torch's softplus turns linear past a threshold and loses digits there
    return torch.clamp(z, min=0) + torch.log1p(torch.exp(-z.abs()))


def mish_slope(z: Tensor) -> Tensor:
    t = torch.tanh(softplus(z))
    return t + z * (1 - t * t) * torch.sigmoid(z)


def g_slope(z: Tensor) -> Tensor:
    return 4 * sigmoid_slope(4 * z) + torch.sigmoid(z)


SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def elu_slope(z: Tensor) -> Tensor:
    return torch.where(z > 0, torch.ones_like(z), torch.exp(torch.clamp(z, max=0)))


def selu(z: Tensor) -> Tensor:
    # written out because torch's selu rounds its constants differently by device
    tail = SELU_ALPHA * torch.expm1(torch.clamp(z, max=0))
    return SELU_SCALE * (torch.clamp(z, min=0) + tail)


def selu_slope(z: Tensor) -> Tensor:
    tail = SELU_ALPHA * torch.exp(torch.clamp(z, max=0))
    return SELU_SCALE * torch.where(z > 0, torch.ones_like(z), tail)


_GELU_SCALE, _GELU_CUBIC = math.sqrt(2 / math.pi), 0.044715


def gelu_tanh(z: Tensor) -> Tensor:
    """z (1 + tanh u) / 2 with u = sqrt(2/pi) (z + 0.044715 z³): Hendrycks & Gimpel 2016."""
    return 0.5 * z * (1 + torch.tanh(_GELU_SCALE * (z + _GELU_CUBIC * z**3)))


def gelu_tanh_slope(z: Tensor) -> Tensor:
    t = torch.tanh(_GELU_SCALE * (z + _GELU_CUBIC * z**3))
    return 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * _GELU_SCALE * (1 + 3 * _GELU_CUBIC * z * z)


def between(z: Tensor, low: float, high: float) -> Tensor:
    """One where low < z < high, else zero: the slope of what is clipped there."""
    return ((z > low) & (z < high)).to(z.dtype)


def hardswish(z: Tensor) -> Tensor:
    """z relu6(z + 3) / 6."""
    return z * torch.clamp(z + 3, 0, 6) / 6


def hardswish_slope(z: Tensor) -> Tensor:
    return torch.clamp(z + 3, 0, 6) / 6 + z * between(z, -3, 3) / 6


def elu(z: Tensor, alpha: float) -> Tensor:
    return torch.clamp(z, min=0) + alpha * torch.expm1(torch.clamp(z, max=0))


def elu_slope_of(z: Tensor, alpha: float) -> Tensor:
    return torch.where(z > 0, torch.ones_like(z), alpha * torch.exp(torch.clamp(z, max=0)))


def celu(z: Tensor, alpha: float) -> Tensor:
    """alpha elu(z / alpha)."""
    return torch.clamp(z, min=0) + alpha * torch.expm1(torch.clamp(z, max=0) / alpha)


def silu_of(z: Tensor, beta: float) -> Tensor:
    """z sigmoid(beta z): swish with its number (Ramachandran et al. 2017)."""
    return z * torch.sigmoid(beta * z)


def silu_slope_of(z: Tensor, beta: float) -> Tensor:
    return silu_slope(beta * z)
