"""What a network file says, and what it leaves open: activation, layout, the end of the network."""

from __future__ import annotations

import json
import re
import struct
from dataclasses import dataclass

import numpy as np
import safetensors.numpy

from ec_core.errors import InputError
from ec_core.networks.activations import spelled
from ec_core.networks.formats import NETWORK, instead
from ec_core.networks.network import Network
from ec_core.networks.tensors import Layers, layouts, to_layers

FORMAT = "ec-mlp/1"

_SHARD = re.compile(r"-(\d{5})-of-(\d{5})")
"""How the parts of a network that was saved in several files are called."""


def _metadata(data: bytes, name: str) -> dict[str, str]:
    """The header's metadata, read without trusting its length."""
    other = instead(data, name, NETWORK)
    if other is not None:
        raise InputError(other)
    length = struct.unpack("<Q", data[:8])[0] if len(data) >= 8 else 0
    if not 0 < length <= len(data) - 8:
        raise InputError(f"{name} is not a safetensors file; expected one with layers.0.weight.")
    try:
        header = json.loads(data[8 : 8 + length])
    except (ValueError, RecursionError):
        raise InputError(f"{name} is not a safetensors file; its header is not JSON.") from None
    extra = header.get("__metadata__", {}) if isinstance(header, dict) else {}
    return dict(extra) if isinstance(extra, dict) else {}


@dataclass(frozen=True)
class NetworkFile:
    """What a network file holds, before it is decided what it leaves open.

    layers : weights and biases as they lie in the file
    activation : what the metadata say, as it is written there, None where they say nothing
    layouts : which ways of laying out the matrices fit; of two the file does not tell which
    plain : a state dict, which could be followed by a function that it does not show
    """

    name: str
    layers: Layers
    activation: str | None
    dataset: str | None
    layouts: tuple[str, ...]
    plain: bool

    def named(self) -> str | None:
        """The activation that the file names, from ``ACTIVATIONS``; None where it names none that
        is known.
        """
        try:
            return None if self.activation is None else spelled(self.activation)
        except InputError:
            return None

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
        if kind is None and self.activation is not None:
            spelled(self.activation)  # says what is wrong with it
        if kind is None:
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
        if (layout or (self.layouts or ("out-in",))[0]) == "in-out":
            weights = tuple(np.ascontiguousarray(w.T) for w in weights)
        network = Network(spelled(kind), weights, biases, self.dataset)
        if len(weights) < 2:
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
        said = []
        if activation is not None and self.activation and self.named() != activation:
            said.append(
                f"{self.name} names the activation {self.activation!r}; it is read as {activation}."
            )
        if len(self.layouts) > 1 and self.plain and layout is None:
            said.append(
                f"All matrices of {self.name} are square, so that it cannot be seen whether they "
                "are (out, in), as torch has them, or (in, out), as Keras has: (out, in) is taken."
            )
        if self.plain:
            said.append(
                f"{self.name} does not say what follows its last layer; nothing is taken, so a "
                "network with a sigmoid or softmax there answers with its logits."
            )
        return tuple(said)


def open_network(data: bytes, name: str = "the file") -> NetworkFile:
    """What the bytes of a safetensors file say about a network, see ``NetworkFile``.

    Raises InputError for anything that holds no network, or only a part of one.
    """
    metadata = _metadata(data, name)
    part = _SHARD.search(name)
    if part:
        raise InputError(
            f"{name} is file {int(part[1])} of {int(part[2])} of one network; load all of them "
            "together and save the whole state dict as one file."
        )
    try:
        tensors = safetensors.numpy.load(data)
    except Exception as error:  # safetensors raises its own types for every kind of damage
        if "BF16" in str(error):
            raise InputError(
                f"{name} holds bfloat16 numbers; convert the network with model.float() and save "
                "it again."
            ) from None
        raise InputError(f"{name} cannot be read as safetensors: {error}.") from None
    version = metadata.get("format", FORMAT)
    layers = to_layers(tensors, name, "activation" in metadata)
    if version.startswith("ec-mlp/") and version != FORMAT:
        raise InputError(f"{name} has the format {version}; this program reads {FORMAT}.")
    ours = metadata.get("format") == FORMAT
    fitting = ("out-in",) if ours else layouts(layers)
    return NetworkFile(
        name, layers, metadata.get("activation"), metadata.get("dataset"), fitting, not ours
    )
