"""The shape of a network: its sizes, its blocks of parameters, and which layer reads what.

Axes: S students, N probes, D inputs, H hidden, K outputs. Layer l reads the features
phi_l = (h_l, 1), h_0 = x; with skip paths it reads all earlier layers too,
phi_l = (h_l, 1, h_{l-1}, …, x): flipping the sign of an even + linear neuron leaves a linear
function of everything the neuron reads, and this set of networks is closed under flips. Its block
of parameters is (H_{l+1}, width of phi_l).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ec_core.networks.activations import Activation, activation


@dataclass(frozen=True)
class Architecture:
    """The shape of a student: sizes (D, H1, …, K), activation, with or without skip path.

    >>> Architecture((2, 3, 1), "tanh").parameter_count
    13
    """

    sizes: tuple[int, ...]
    activation: str
    skip: bool = False

    @property
    def entry(self) -> Activation:
        return activation(self.activation)

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """The shape of each layer's block of parameters."""
        return tuple((self.sizes[i + 1], self.features(i)) for i in range(len(self.sizes) - 1))

    def features(self, layer: int) -> int:
        """The width of phi_l, what layer l reads."""
        return self.sizes[layer] + 1 + (sum(self.sizes[:layer]) if self.skip else 0)

    @property
    def parameter_count(self) -> int:
        return sum(a * b for a, b in self.shapes)

    def sources(self, layer: int) -> range:
        """The h_j that layer l reads, j ascending (0: the inputs).

        >>> list(Architecture((2, 3, 3, 1), "gelu", skip=True).sources(2))
        [0, 1, 2]
        """
        return range(0 if self.skip else layer, layer + 1)

    def readers(self, source: int) -> range:
        """The layers that read h_j, ascending: the inverse of ``sources``.

        >>> list(Architecture((2, 3, 3, 1), "gelu", skip=True).readers(1))
        [1, 2]
        """
        return range(source, len(self.sizes) - 1 if self.skip else source + 1)

    def columns(self, layer: int, source: int) -> slice:
        """Where phi_l holds h_source (source 0: the inputs)."""
        if source == layer:
            return slice(0, self.sizes[layer])
        at = self.sizes[layer] + 1 + sum(self.sizes[source + 1 : layer])
        return slice(at, at + self.sizes[source])

    def bias(self, layer: int) -> int:
        """Where phi_l holds the 1: behind h_l, before what is read past the layer below."""
        return self.sizes[layer]

    def with_hidden(self, *hidden: int) -> Architecture:
        """The same shape with other hidden sizes."""
        return replace(self, sizes=(self.sizes[0], *hidden, self.sizes[-1]))
