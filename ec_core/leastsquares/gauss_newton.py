"""The Gauss-Newton matrix J'J of a batch of students, any depth, without ever forming J.

The row of J for probe n and output k is, for layer l, delta_l[n,k] ⊗ phi_l[n]: what the answer owes
to the layer's pre-activations, times what the layer reads. So a block of J'J is

    sum_n (sum_k delta_l[n,k,h] delta_m[n,k,g]) · (phi_l[n,f] phi_m[n,e])
        = (C'F)[hg, fe],   C (n, H_l·H_m),   F (n, F_l·F_m),

one matrix product whose cost does not grow with the number of outputs (the identity
(A ⊙ B)'(C ⊙ D) = (A'C) ∘ (B'D) of row-wise Khatri-Rao products, read from right to left). Where
l = m both factors are symmetric and half of each says all: a quarter of the plain product. In the
last hidden layer delta = a_k s'(z), so A'A is multiplied on afterwards; the last layer's delta is
the identity.

In this file probes are the last axis. Axes: S students, n probes of a chunk, K outputs, H neurons
of a layer, F features it reads.
"""

from __future__ import annotations

from itertools import accumulate, pairwise

import torch
from torch import Tensor

from ec_core.networks.architecture import Architecture
from ec_core.networks.forward import Pass, deltas
from ec_core.networks.parameters import Layers


def numbers_per_probe(shape: Architecture) -> int:
    """How many numbers per student and probe are held at once: factors, and tiles of products."""
    last = len(shape.sizes) - 2
    total = shape.sizes[-1] * sum(shape.sizes[1:-1])
    for m in range(last):
        hidden, reads = shape.sizes[m + 1], shape.features(m)
        total = max(total, min(_half(hidden), _half(reads)) + max(hidden, reads))
        total = max(total, min(hidden * reads, hidden * shape.features(last)))
        for low in range(m):
            total = max(total, shape.sizes[low + 1] * hidden + reads)
    return total


class GaussNewton:
    """J'J summed over chunks of probes, block by block; ``matrix`` puts them together."""

    def __init__(self, shape: Architecture, layers: Layers) -> None:
        self.shape, self.layers = shape, layers
        self.last = len(layers.blocks) - 1
        self.sums: dict[tuple[int, int], Tensor] = {}

    def add(self, passed: Pass) -> None:
        """Take in the forward pass of one chunk."""
        top, last = self.last - 1, self.last
        phi = [part.transpose(-1, -2).contiguous() for part in passed.phi]
        slope = passed.slopes[top].transpose(1, 2).contiguous()
        lower = self._deltas(passed)
        for m in range(last):
            own = slope[:, None] if m == top else lower[m]
            self._sum_halves(m, own, phi[m].unsqueeze(-3))
            for low in range(m):
                if m == top:
                    both = self._into_top(lower[low], slope)
                else:
                    both = (lower[low][:, :, :, None] * own[:, :, None]).sum(dim=1)
                both, reads = both.flatten(1, 2), phi[m].shape[-2]
                total = self._total(low, m, both.shape[1], phi[low].shape[-2] * reads)
                for f in range(phi[low].shape[-2]):
                    tile = phi[low][..., f : f + 1, :] * phi[m]
                    _add(total[..., f * reads : (f + 1) * reads], both, tile)
            first, second = _arranged(own.flatten(1, 2), phi[m], phi[last])
            _add(self._total(m, last, first.shape[1], second.shape[-2]), first, second)
        _add(self._total(last, last, *[phi[last].shape[1]] * 2), phi[last], phi[last])

    def _deltas(self, passed: Pass) -> list[Tensor]:
        """delta (S, K, H, n) of the layers below the last hidden one."""
        if self.last < 2:
            return []
        students, probes, outputs = passed.answers.shape
        eye = torch.eye(outputs, dtype=passed.answers.dtype, device=passed.answers.device)
        seeds = eye[None, :, None, :].expand(students, outputs, probes, outputs)
        lower = deltas(self.shape, self.layers, passed, seeds)[: self.last - 1]
        return [delta.transpose(2, 3).contiguous() for delta in lower]

    def _into_top(self, delta: Tensor, slope: Tensor) -> Tensor:
        """sum_k delta[k,h] a_kg s'_g (S, H, G, n): a lower layer's delta with the last hidden's."""
        weighted = torch.matmul(self.layers.outgoing.transpose(1, 2), delta.flatten(2))
        weighted = weighted.unflatten(2, delta.shape[2:])  # (S, G, H, n)
        into: Tensor = weighted * slope[:, :, None]
        return into.transpose(1, 2)

    def _total(self, low: int, m: int, rows: int, columns: int) -> Tensor:
        """The running sum (S, rows, columns) of one pair of layers."""
        if (low, m) not in self.sums:
            first = self.layers.blocks[0]
            self.sums[low, m] = first.new_zeros(len(first), rows, columns)
        return self.sums[low, m]

    def _sum_halves(self, m: int, own: Tensor, reads: Tensor) -> None:
        """Pairs of neurons times pairs of features, for own (S, K, H, n) and reads ((S,) 1, F, n).

        Where one set of pairs is small the other is formed tile by tile: written out it would
        cost more time on its way to memory and back than the product itself.
        """
        hidden, width = own.shape[-2], reads.shape[-2]
        total = self._total(m, m, _half(hidden), _half(width))
        at = 0
        if min(hidden, width) >= _WIDE:
            _add(total, _pairs(own), _pairs(reads))
        elif hidden >= width:
            whole = _pairs(reads)
            for h in range(hidden):
                _add(total[:, at : at + hidden - h], _row_of_pairs(own, h), whole)
                at += hidden - h
        else:
            whole = _pairs(own)
            for f in range(width):
                _add(total[..., at : at + width - f], whole, _row_of_pairs(reads, f))
                at += width - f

    def matrix(self, full: Tensor) -> None:
        """Write J'J into ``full`` (S, P, P)."""
        shape, top, last = self.shape, self.last - 1, self.last
        a = self.layers.outgoing
        students, outputs = a.shape[:2]
        ends = accumulate((h * f for h, f in shape.shapes), initial=0)
        spans = [slice(start, end) for start, end in pairwise(ends)]

        def put(rows: slice, columns: slice, block: Tensor) -> None:
            """``block`` (S, A, F, B, E) and its mirror image."""
            sizes = block.shape
            full[:, rows, columns].unflatten(2, sizes[3:]).unflatten(1, sizes[1:3]).copy_(block)
            mirror = full[:, columns, rows].unflatten(2, sizes[1:3]).unflatten(1, sizes[3:])
            mirror.copy_(block.permute(0, 3, 4, 1, 2))

        for m, (hidden, reads) in enumerate(shape.shapes[:-1]):
            coupling = torch.matmul(a.transpose(1, 2), a) if m == top else None
            own = full[:, spans[m], spans[m]]
            self._diagonal(m, own.unflatten(2, (hidden, reads)), coupling)
            for low, (h, f) in enumerate(shape.shapes[:m]):
                block = self.sums[low, m].view(students, h, hidden, f, reads)
                put(spans[low], spans[m], block.transpose(2, 3))
            block = self._with_last(m)
            for k in range(outputs):
                part = block[:, 0] * a[:, k, :, None, None] if m == top else block[:, k]
                put(spans[m], self._row(spans[last], k), part.unsqueeze(3))
        full[:, spans[last], spans[last]] = 0.0
        for k in range(outputs):
            rows = self._row(spans[last], k)
            full[:, rows, rows] = self.sums[last, last]

    def _diagonal(self, m: int, out: Tensor, coupling: Tensor | None) -> None:
        """Layer m with itself into ``out`` (S, H·F, H, F), written from its pairs h <= g, f <= e.

        Neuron by neuron, so that what is gathered stays in the cache.
        """
        hidden, reads = self.shape.shapes[m]
        total = self.sums[m, m]
        rows = _places(hidden, total.device)
        columns = _places(reads, total.device).flatten()
        for h in range(hidden):
            block = total.index_select(1, rows[h])
            if coupling is not None:
                block = block * coupling[:, h, :, None]
            block = block.index_select(2, columns).unflatten(2, (reads, reads))
            out[:, h * reads : (h + 1) * reads].copy_(block.transpose(1, 2))

    def _row(self, span: slice, k: int) -> slice:
        """The parameters of output k in the last layer."""
        width = self.shape.shapes[-1][1]
        return slice(span.start + k * width, span.start + (k + 1) * width)

    def _with_last(self, m: int) -> Tensor:
        """sums[m, last] as (S, K, H, F, F_last); one output if m is the last hidden layer."""
        hidden, reads = self.shape.shapes[m]
        width = self.shape.shapes[-1][1]
        outputs = 1 if m == self.last - 1 else self.shape.sizes[-1]
        total, order = self.sums[m, self.last], _order(outputs * hidden, reads, width)
        sizes = (outputs, hidden, reads, width)
        if order == _OUTER_ENDS:
            return total.view(len(total), outputs, hidden, width, reads).transpose(3, 4)
        return total.view(len(total), *sizes)


_WIDE = 24
"""Neurons and features from which on all pairs are formed at once: the product takes longer."""

_FIRST_TWO, _LAST_TWO, _OUTER_ENDS = range(3)
"""Which two of three factors are multiplied probe by probe before the matrix product."""


def _order(u: int, v: int, w: int) -> int:
    """The cheapest to form; the matrix product costs the same in any case."""
    sizes = (u * v, v * w, u * w)
    return sizes.index(min(sizes))


def _arranged(u: Tensor, v: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """Factors of sum_n u v w for u (S, U, n), v (S, V, n) or (V, n), w (S, W, n)."""
    order = _order(u.shape[1], v.shape[-2], w.shape[1])
    if order == _FIRST_TWO:
        return _outer(u, v), w
    return (u, _outer(v, w)) if order == _LAST_TWO else (_outer(u, w), v)


def _outer(a: Tensor, b: Tensor) -> Tensor:
    """All products of a row of a (…, A, n) with one of b (…, B, n): (…, A·B, n)."""
    return (a.unsqueeze(-2) * b.unsqueeze(-3)).flatten(-3, -2)


def _half(size: int) -> int:
    return size * (size + 1) // 2


def _add(total: Tensor, left: Tensor, right: Tensor) -> None:
    """total (S, A, B) += left right' for left (S, A, n) and right (S, B, n), or (B, n) for all."""
    if right.ndim == 2:
        right = right.expand(len(left), -1, -1)
    total.baddbmm_(left, right.transpose(1, 2))


def _row_of_pairs(a: Tensor, h: int) -> Tensor:
    """sum_k a[k,h] a[k,g] for g >= h, (…, H - h, n), from a (…, K, H, n)."""
    if a.shape[-3] == 1:
        return a[..., 0, h : h + 1, :] * a[..., 0, h:, :]
    return (a[..., h : h + 1, :] * a[..., h:, :]).sum(dim=-3)


def _pairs(a: Tensor) -> Tensor:
    """sum_k a[k,h] a[k,g] for h <= g, (…, H(H+1)/2, n), from a (…, K, H, n)."""
    return torch.cat([_row_of_pairs(a, h) for h in range(a.shape[-2])], dim=-2)


def _places(size: int, device: torch.device) -> Tensor:
    """(size, size): where the pair of h and g stands among the pairs h <= g."""
    place = torch.zeros(size, size, dtype=torch.long, device=device)
    upper = torch.triu_indices(size, size, device=device)
    place[upper[0], upper[1]] = torch.arange(_half(size), device=device)
    return torch.maximum(place, place.T)
