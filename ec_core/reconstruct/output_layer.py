"""The last layer solved exactly, and what each neuron is worth.

With the hidden neurons fixed the answers are linear in phi = (s(z), 1, x): least squares by a
singular value decomposition phi = U S V', small singular values cut off, so that copies share
their outgoing weights instead of fighting with huge ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ec_core.devices import small_svd
from ec_core.leastsquares.problem import Problem
from ec_core.networks.forward import features, sums
from ec_core.networks.parameters import pack

CUT = 1e-13
"""Singular values below this share of the largest are noise."""


@dataclass(frozen=True)
class Solved:
    """theta (1, P) with the best last layer, its loss, and ``cost`` (H,): by how much the loss
    rises if a neuron is removed and the last layer solved again (optimal brain surgeon,
    Hassibi & Stork 1993, restricted to the last layer: |a_j|² / [(phi'phi)^-1]_jj).
    """

    theta: Tensor
    loss: float
    cost: Tensor


def inverse_gram(s: Tensor, vh: Tensor) -> Tensor:
    """(phi'phi)^-1 (F, F) from the singular values (R,) of phi and its right vectors (R, F).

    Directions that are cut off, or that fewer probes than features leave open, get the largest
    weight there is: what lies in them costs nothing and counts as replaceable.
    """
    least = CUT * float(s[0])
    inverse = (vh.T * s.clamp_min(least).pow(-2)) @ vh
    if len(s) < vh.shape[1]:
        identity = torch.eye(vh.shape[1], dtype=vh.dtype, device=vh.device)
        inverse = inverse + (identity - vh.T @ vh) / least**2
    return inverse


def solve_output(problem: Problem, incoming: Tensor) -> Solved:
    """Best last layer for weight vectors (H, D+1)."""
    hidden = len(incoming)
    shape, x = problem.shape, problem.x
    h = shape.entry.function(sums(shape, incoming, [x]))
    phi = features(shape, [x, h])
    # a QR first: the decomposition then works on a small square matrix
    q, r = torch.linalg.qr(phi)
    u, s, vh = small_svd(r)
    keep = s > CUT * s[0]
    inverse = torch.where(keep, 1 / s.clamp_min(1e-300), 0.0)
    outer = vh.T @ (inverse[:, None] * (u.T @ (q.T @ problem.y)))  # (F, K)
    residual = phi @ outer - problem.y
    loss = float(residual.square().mean())
    diagonal = inverse_gram(s, vh).diagonal()[:hidden]
    cost = outer[:hidden].square().sum(dim=1) / diagonal / problem.y.numel()
    return Solved(pack((incoming[None], outer.T[None])), loss, cost)
