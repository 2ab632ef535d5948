"""What a batch of students is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ec_core.devices import memory_bound
from ec_core.networks.activations import activation as look_up
from ec_core.networks.architecture import Architecture
from ec_core.probing.probes import ProbeSet

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

KINKED = 4.0
"""Times as many for ``growing`` students. On few probes the kinks' dents are
deep: on four answers per parameter 6-4-4-4-2 leaky_relu stayed at 2e-5, on 16 it went on."""

LEAST_PROBES = 1000
"""Fewer probes than this would save no time worth having."""


@dataclass(frozen=True)
class Problem:
    """Standardised inputs x (N, D) and answers y (N, K) on one device, and the students' shape."""

    shape: Architecture
    x: Tensor
    y: Tensor
    chunk_bytes: int = CHUNK_BYTES

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
        """The problem on no more probes than students need: see ``ANSWERS_PER_PARAMETER``."""
        count = probes_needed(self.shape)
        if count >= len(self.x):
            return self
        rare = rare_rows(self.x, count, _answers(self.shape, self.shape.sizes[1]))
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
    return torch.unique(order) + count


def _answers(shape: Architecture, parameters: int) -> int:
    """Probes that say enough about so many of the parameters."""
    factor = KINKED if shape.growing else 1.0
    return int(factor * ANSWERS_PER_PARAMETER * parameters / shape.sizes[-1])


def probes_needed(shape: Architecture) -> int:
    """Probes that students of this shape are trained on, if there are so many.

    >>> probes_needed(Architecture((4, 100, 1), "g")), probes_needed(Architecture((4, 4, 1), "g"))
    (2404, 1000)
    """
    return max(LEAST_PROBES, _answers(shape, shape.parameter_count))


def make_problem(
    probes: ProbeSet, activation: str, hidden: int | tuple[int, ...], device: torch.device
) -> Problem:
    """The problem for students of these hidden sizes; skip paths where the activation needs them.

    hidden : one number for one hidden layer, or one per layer
    """
    hidden = (hidden,) if isinstance(hidden, int) else hidden
    x, y = torch.from_numpy(probes.inputs), torch.from_numpy(probes.answers)
    shape = Architecture(
        (x.shape[1], *hidden, y.shape[1]), activation, skip=look_up(activation).leaves_linear
    )
    chunk = CHUNK_BYTES if device.type == "cpu" else int(GPU_SHARE * memory_bound(device))
    return Problem(shape, x.to(device), y.to(device), chunk)
