"""How much memory a step takes, and whether the dense one fits."""

from __future__ import annotations

import torch

from ec_core.devices import memory_bound
from ec_core.leastsquares.kronecker import LARGEST_FACTOR
from ec_core.networks.architecture import Architecture

_VECTORS = 12
"""Copies of all weights that a matrix-free iteration works with, conjugate directions included."""


def dense_bytes(shape: Architecture) -> int:
    """Bytes one student's Gauss-Newton step needs: matrix, shifted copy, factor, and M'M."""
    # the sums over probes take about as much as the matrix
    return int(8 * 4 * shape.parameter_count**2)


def matrix_free_bytes(shape: Architecture) -> int:
    """Bytes one student's matrix-free step needs: vectors and the preconditioner's factors."""
    sides = [n for pair in shape.shapes for n in pair]
    factors = sum(2 * n**2 if n <= LARGEST_FACTOR else n for n in sides)
    return int(8 * (_VECTORS * shape.parameter_count + factors))


def fits_densely(shape: Architecture, device: torch.device) -> bool:
    """Can one student's Gauss-Newton matrix be held within the memory bound?"""
    return dense_bytes(shape) <= memory_bound(device)
