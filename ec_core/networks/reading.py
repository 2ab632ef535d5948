"""What a network file says, and what it leaves open: activation, layout, the end of the network."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ec_core.errors import InputError
from ec_core.networks import formats
from ec_core.networks.activations import spelled
from ec_core.networks.asked import AskedModel, asked_chain
from ec_core.networks.chain import Chain, Link, Naming
from ec_core.networks.named import Named
from ec_core.networks.network import LEARNT, Network
from ec_core.networks.spline import Spline
from ec_core.networks.steps import UNKNOWN

_SHARD = re.compile(r"-(\d{5})-of-(\d{5})")
"""How the parts of a network that was saved in several files are called."""


def _spelled(text: str) -> str:
    """The name of an activation, one for each layer between commas, or "curve"."""
    return text if text == LEARNT else ",".join(spelled(part) for part in text.split(","))


@dataclass(frozen=True)
class NetworkFile:
    """What a network file holds, before it is decided what it leaves open.

    layers : weights and biases (None: the file has none) as they lie in the file
    activation : what the file says, as it is written there, None where it says nothing
    layouts : which ways of laying out the matrices fit; of two the file does not tell which
    plain : weights alone, which could be followed by a function that they do not show
    head : what follows the last layer, where the file says it
    namings : how each layer is called; said : sentences on what was done to read it
    links : what was understood, line by line
    curves : of our own files whose activation is "curve", one for every hidden layer
    """

    name: str
    layers: tuple[tuple[np.ndarray, ...], tuple[np.ndarray | None, ...]]
    activation: str | None
    dataset: str | None
    layouts: tuple[str, ...]
    plain: bool
    head: str | None = None
    namings: tuple[Naming, ...] = ()
    said: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    curves: tuple[Spline, ...] = ()

    def named(self) -> str | None:
        """The activation that the file names, from ``ACTIVATIONS``; None where it names none that
        is known.
        """
        try:
            return None if self.activation is None else _spelled(self.activation)
        except InputError:
            return None

    def _layout(self, layout: str | None) -> str:
        return layout or (self.layouts or ("out-in",))[0]

    def names(self, layout: str | None = None) -> tuple[Naming, ...]:
        """How the layers are called and lie in the file, where a person or the shapes say how."""
        if self._layout(layout) == "out-in":
            return self.namings
        return tuple(replace(naming, layout="in-out") for naming in self.namings)

    def network(
        self, activation: str | None = None, fallback: str | None = None, layout: str | None = None
    ) -> Network:
        """The network, given what a person says of it.

        activation : wins over what the file says; fallback : serves where the file says nothing
            that is known
        layout : "out-in" as torch has its matrices, "in-out" as Keras has its kernels; None: as
            the shapes say, torch's where both fit
        Raises InputError where the file names no activation and nobody else does, where the layout
        does not fit, and where there is no hidden layer.
        """
        kind = activation or self.named() or fallback
        alone = len(self.layers[0]) < 2
        if kind is None and self.activation is not None:
            _spelled(self.activation)  # says what is wrong with it
        if kind is None and not alone:
            raise InputError(
                f"{self.name} does not name its activation; add the metadata 'activation' or say "
                "which it is (command line: --teacher-activation)."
            )
        weights, biases = self.layers
        if layout is not None and self.layouts and layout not in self.layouts:
            raise InputError(
                f"The matrices of {self.name} are not laid out {layout}: only {self.layouts[0]} "
                "fits their shapes."
            )
        if self._layout(layout) == "in-out":
            weights = tuple(np.ascontiguousarray(w.T) for w in weights)
        whole = tuple(
            np.zeros(len(w)) if b is None else b for w, b in zip(weights, biases, strict=True)
        )
        called = "relu" if kind is None else _spelled(kind)
        curves = self.curves if called == LEARNT else ()
        network = Network(called, weights, whole, self.dataset, curves)
        if alone:
            raise InputError(
                f"{self.name} has no hidden layer, sizes {network.sizes[0]}-{network.sizes[1]}; "
                "expected at least two layers, or there are no neurons to recover. Is it one of "
                "several files?"
            )
        return network

    def remarks(self, activation: str | None = None, layout: str | None = None) -> tuple[str, ...]:
        """Sentences on what the file cannot tell and what was taken for granted instead.

        activation : the one that the network was read with; layout : what a person said
        """
        said = list(self.said)
        if activation is not None and self.activation and self.named() != activation:
            said.append(
                f"{self.name} names the activation {self.activation!r}; it is read as {activation}."
            )
        if len(self.layouts) > 1 and self.plain and layout is None:
            said.append(
                f"All matrices of {self.name} are square, so that it cannot be seen whether they "
                "are (out, in), as torch has them, or (in, out), as Keras has: (out, in) is taken."
            )
        if self.head is not None:
            said.append(
                f"{self.name} ends with a {self.head}; it is asked for the numbers before it, from "
                "which the same weights follow."
            )
        elif self.plain:
            said.append(
                f"{self.name} does not say what follows its last layer; nothing is taken, so a "
                "network with a sigmoid or softmax there answers with its logits."
            )
        return tuple(said)


def _links(named: Named, activation: str | None) -> tuple[Link, ...]:
    """The lines of a file of weights: its layers, with what stands between them."""
    turned = named.layouts[:1] == ("in-out",)
    lines = []
    for i, (naming, weight) in enumerate(zip(named.namings, named.weights, strict=True)):
        shape = weight.T if naming.layout == "in-out" and not turned else weight
        notes = [" × ".join(map(str, shape.shape))]
        notes += ["without bias"] if naming.bias is None else []
        notes += ["with a batch normalisation folded in"] if naming.folded else []
        lines.append(Link("linear layer", naming.weight, ", ".join(notes)))
        if i < len(named.namings) - 1:
            lines.append(Link(activation or "activation, not named in the file", ""))
    return tuple(lines)


def from_tensors(
    named: Named,
    name: str,
    activation: str | None = None,
    dataset: str | None = None,
    plain: bool = True,
) -> NetworkFile:
    """A file of weights alone. plain : False for files that this program wrote."""
    fitting = named.layouts if plain else ("out-in",)
    return NetworkFile(
        name,
        (named.weights, named.biases),
        activation,
        dataset,
        fitting,
        plain,
        namings=named.namings,
        said=named.said,
        links=_links(named, activation),
    )


def from_chain(chain: Chain, plain: bool = False) -> NetworkFile | AskedModel:
    """A file that shows its functions: a network, or a model that can only be asked."""
    why = chain.obstacle
    if why is not None:
        return asked_chain(chain, why)
    kinds = {step.kind for step in chain.functions}
    return NetworkFile(
        chain.name,
        (tuple(layer.weight for layer in chain.layers), chain.biases()),
        None if kinds == {UNKNOWN} else chain.activation,
        None,
        ("out-in",),
        plain,
        None if chain.head is None else chain.head.words,
        chain.namings,
        chain.said,
        chain.links,
    )


Reader = Callable[[bytes, str], NetworkFile | AskedModel]


def open_model(data: bytes, name: str = "the file") -> NetworkFile | AskedModel:
    """What the bytes of a model file say: a network, or a model that can only be asked.

    Raises InputError for anything that holds neither, or only a part of one.
    """
    from ec_core.networks.readers import reader_of  # readers know this file

    other = formats.instead(data, name, formats.NETWORK)
    if other is not None:
        raise InputError(other)
    read = reader_of(formats.recognise(data, name) or formats.SAFETENSORS)
    part = _SHARD.search(name)
    if part:
        raise InputError(
            f"{name} is file {int(part[1])} of {int(part[2])} of one network; load all of them "
            "together and save the whole state dict as one file."
        )
    try:
        return read(data, name)
    except RecursionError:
        raise InputError(f"{name} nests its parts too deeply; save it again.") from None


def open_network(data: bytes, name: str = "the file") -> NetworkFile:
    """What the bytes of a file say about a network, see ``NetworkFile``.

    Raises InputError for anything that holds no network, or only a part of one.
    """
    model = open_model(data, name)
    if isinstance(model, AskedModel):
        raise model.refuse()
    return model
