"""The configuration of a Keras model: its layers from the inputs up, where they are one chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ec_core.errors import InputError

Layer = tuple[str, Mapping[str, Any]]
"""Class and configuration."""


def _sources(layer: Mapping[str, Any]) -> list[str]:
    """Names of the layers that a layer of a functional model reads."""
    names: list[str] = []

    def look(value: Any) -> None:
        if isinstance(value, Mapping):
            history = value.get("config", {})
            if value.get("class_name") == "__keras_tensor__" and isinstance(history, Mapping):
                names.append(str(history.get("keras_history", ["?"])[0]))
            else:
                for inner in value.values():
                    look(inner)
        elif isinstance(value, list):
            # Keras 2 writes ["name", 0, 0, {}]
            if len(value) >= 3 and isinstance(value[0], str) and value[1:3] == [0, 0]:
                names.append(value[0])
            else:
                for inner in value:
                    look(inner)

    look(layer.get("inbound_nodes", []))
    return names


def _chain(layers: list[Any], name: str) -> Iterator[Any]:
    """The layers of a functional model, each reading the one before and nothing else."""
    before: str | None = None
    left = list(layers)
    while left:
        ready = [layer for layer in left if _sources(layer) == ([] if before is None else [before])]
        if len(ready) != 1:
            odd = (ready or left)[0]
            raise InputError(
                f"{name} is a Keras model in which {odd.get('name', 'a layer')!r} follows no "
                "single layer, as with several inputs or residual connections; expected one chain."
            )
        yield ready[0]
        before = str(ready[0].get("name") or ready[0]["config"]["name"])
        left.remove(ready[0])


def layers_of(model: Any, name: str) -> list[Layer]:
    """The layers of a model's configuration, in order; models inside of models are opened.

    Raises InputError for a model that is no chain, or that is written in another way.
    """
    try:
        kind, config = model["class_name"], model["config"]
        if kind not in ("Sequential", "Functional", "Model"):
            raise InputError(
                f"{name} is a Keras model of the class {kind!r}, whose program is not in the file; "
                "expected a Sequential or Functional one."
            )
        layers = config if isinstance(config, list) else config["layers"]
        found: list[Layer] = []
        for layer in layers if kind == "Sequential" else _chain(layers, name):
            inner = layer["class_name"]
            if inner in ("Sequential", "Functional", "Model"):
                raise InputError(
                    f"{name} has a model inside ({layer['config'].get('name')!r}); expected one "
                    "chain of layers: build it as one Sequential and save it again."
                )
            found.append((str(inner), layer["config"]))
        return found
    except (KeyError, TypeError, AttributeError, IndexError):
        raise InputError(
            f"{name} describes its layers in another way than Keras does; save the model again."
        ) from None


OF_KERAS_2 = {"hard_sigmoid": "hard_sigmoid of Keras 2"}
"""Activations that have meant another function since."""


def of_version(layers: list[Layer], version: object) -> list[Layer]:
    """The layers with names that mean what they meant in a version of Keras, "2.15.0" say.

    >>> of_version([("Dense", {"activation": "hard_sigmoid"})], "2.15.0")[0][1]["activation"]
    'hard_sigmoid of Keras 2'
    """
    if not str(version).startswith(("1.", "2.")):
        return layers
    found = []
    for kind, config in layers:
        called = config.get("activation")
        if isinstance(called, str) and called in OF_KERAS_2:
            config = {**config, "activation": OF_KERAS_2[called]}
        found.append((kind, config))
    return found


def snake(kind: str) -> str:
    """A class's name as Keras writes it in files.

    >>> snake("BatchNormalization"), snake("PReLU")
    ('batch_normalization', 'p_re_lu')
    """
    letters = [
        (
            "_"
            if i and c.isupper() and (not kind[i - 1].isupper() or kind[i + 1 : i + 2].islower())
            else ""
        )
        + c.lower()
        for i, c in enumerate(kind)
    ]
    return "".join(letters)
