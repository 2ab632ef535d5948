"""What a batch of students is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ec_core.networks.architecture import Architecture

CHUNK_BYTES = 12 * 2**20
"""Working memory for one chunk of probes on a CPU; larger is no faster, caches being what they are.
On a GPU a chunk may take ``GPU_SHARE`` of the memory bound: there few large products are faster."""

GPU_SHARE = 1 / 16
"""Half of the card holds matrices; what is made of a chunk on the way takes several times its size,
and 2.5 GiB of 80 are hundreds of times what keeps a card busy."""

LEAST_CHUNK = 2**16
"""Bytes below which halving a chunk frees nothing worth having."""

ANSWERS_PER_PARAMETER = 4.0
"""Answers a student of P parameters learns from. The paper's problems have more; at zero loss on
so many the rest follows, and the rest is checked when the network is refined."""

LEAST_PROBES = 1000
"""Fewer probes than this would save no time worth having."""


@dataclass(frozen=True)
class Problem:
    """Standardised inputs x (N, D) and answers y (N, K) on one device, and the students' shape.

    answers_per_parameter : what ``thinned`` leaves, if there are so many
    """

    shape: Architecture
    x: Tensor
    y: Tensor
    chunk_bytes: int = CHUNK_BYTES
    answers_per_parameter: float = ANSWERS_PER_PARAMETER

    def chunk(self, students: int, columns: int) -> int:
        """Probes per chunk such that S × chunk × columns numbers fit into ``chunk_bytes``."""
        return max(16, self.chunk_bytes // (8 * max(1, students) * max(1, columns)))

    def chunks(self, students: int, columns: int) -> Iterator[tuple[Tensor, Tensor]]:
        """x (n, D) and y (n, K) of one chunk of probes after another, of ``chunk`` probes each."""
        size = self.chunk(students, columns)
        return zip(self.x.split(size), self.y.split(size), strict=True)

    def halved(self) -> Problem | None:
        """The same with chunks of half the size; None where they are as small as they can be."""
        half = self.chunk_bytes // 2
        return None if half < LEAST_CHUNK else replace(self, chunk_bytes=half)

    def at_size(self, *hidden: int) -> Problem:
        """The same questions and answers for students with other hidden sizes."""
        return replace(self, shape=self.shape.with_hidden(*hidden))

    def thinned(self) -> Problem:
        """The problem on no more probes than its students need."""
        count = rows_for(self.shape, self.answers_per_parameter)
        if count >= len(self.x):
            return self
        rare = rare_rows(
            self.x,
            count,
            int(self.answers_per_parameter * self.shape.sizes[1] / self.shape.sizes[-1]),
        )
        x, y = self.x[:count], self.y[:count]
        if len(rare):
            x, y = torch.cat([x, self.x[rare]]), torch.cat([y, self.y[rare]])
        return replace(self, x=x, y=y)


def rare_rows(x: Tensor, count: int, each: int) -> Tensor:
    """Rows (R,) of x (N, D) beyond the first ``count`` without which these would hardly show some
    input: for an input that stands out in fewer than ``each`` of them (a pixel lit in one image of
    a thousand), so many rows more in which it stands out most.

    How many stand out: (sum a²)² / sum a⁴ of the distances a from the mean, a third of the rows for
    a Gaussian, one for an input that is lit once.

    >>> x = torch.zeros(50, 2); x[:, 0] = torch.arange(50); x[40:43, 1] = 1.0
    >>> rare_rows(x, 10, 2).tolist()
    [40, 41]
    """
    away = (x - x.mean(0)).abs()
    squares = away[:count].square()
    standing = squares.sum(0).square() / squares.square().sum(0).clamp_min(1e-300)
    # where nothing stands out the rows differ from the mean of all, but not from one another
    hidden = (standing < each) | (x[:count] == x[0]).all(0)
    if not hidden.any():
        return torch.empty(0, dtype=torch.long, device=x.device)
    order = torch.argsort(away[count:, hidden], dim=0, descending=True, stable=True)[:each]
    rows: Tensor = torch.unique(order)
    return rows + count


def rows_for(shape: Architecture, answers_per_parameter: float) -> int:
    """Probes that say so much about every parameter of a student, but not fewer than is worth
    having.

    >>> rows_for(Architecture((4, 100, 1), "g"), 4.0), rows_for(Architecture((4, 4, 1), "g"), 4.0)
    (2404, 1000)
    """
    return max(LEAST_PROBES, int(answers_per_parameter * shape.parameter_count / shape.sizes[-1]))
