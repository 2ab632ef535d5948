"""``.skops``: scikit-learn's models without pickle, and of those only the ones that are read.

Every type in the file is looked at before anything is made of it, by a list of our own and by
skops's: what is on neither is named and nothing is built.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from ec_core.errors import InputError
from ec_core.extras import need
from ec_core.networks.asked import AskedModel
from ec_core.networks.readers.archive import Archive
from ec_core.networks.readers.estimators import chain_of
from ec_core.networks.readers.npy import read_npy
from ec_core.networks.reading import NetworkFile, from_chain

_OPTIMIZERS = tuple(
    f"sklearn.neural_network._stochastic_optimizers.{kind}"
    for kind in ("AdamOptimizer", "SGDOptimizer")
)
"""What a fitted network keeps of its training; skops does not trust them by itself."""

_TYPES = {
    "builtins": ("dict", "list", "tuple", "str", "int", "float", "bool", "NoneType", "type"),
    "numpy": None,
    "numpy.random.mtrand": ("RandomState",),
    "numpy.random._generator": ("Generator",),
    "sklearn.neural_network._multilayer_perceptron": ("MLPClassifier", "MLPRegressor"),
    "sklearn.neural_network._stochastic_optimizers": ("AdamOptimizer", "SGDOptimizer"),
    "sklearn.pipeline": ("Pipeline",),
    "sklearn.preprocessing._data": ("StandardScaler",),
    "sklearn.preprocessing._label": ("LabelBinarizer",),
}
"""All that such a model is made of; None: every type of the module that skops knows."""

_LOADERS = (
    "DictNode",
    "ListNode",
    "TupleNode",
    "JsonNode",
    "TypeNode",
    "ObjectNode",
    "NdArrayNode",
    "RandomStateNode",
    "RandomGeneratorNode",
    "DtypeNode",
)
"""skops's ways of building things; those that call functions are not among them."""


def _nodes(content: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > 100:
        raise RecursionError
    if isinstance(content, dict):
        if "__loader__" in content or "__class__" in content:
            yield content
        for value in content.values():
            yield from _nodes(value, depth + 1)
    elif isinstance(content, list):
        for value in content:
            yield from _nodes(value, depth + 1)


def _check(archive: Archive) -> None:
    """Raises InputError for types and ways of building that no network needs."""
    schema = archive.json(archive.ending("schema.json"))
    try:
        for node in _nodes(schema):
            module, kind = str(node.get("__module__")), str(node.get("__class__"))
            loader = str(node.get("__loader__"))
            allowed = _TYPES.get(module, ())
            if loader not in _LOADERS or (allowed is not None and kind not in allowed):
                raise InputError(
                    f"{archive.name} holds a {module}.{kind} ({loader}), which is never built; "
                    "expected an MLPClassifier or MLPRegressor, alone or in a Pipeline with "
                    "StandardScalers."
                )
    except RecursionError:
        raise InputError(f"{archive.name} nests its parts too deeply; save it again.") from None
    for inside in archive.names:
        if inside.endswith(".npy"):
            read_npy(archive.bytes(inside), inside, archive.name)
        elif inside != "schema.json":
            raise InputError(
                f"{archive.name} holds {inside!r}, which no network needs; save it with skops.io."
            )


def read(data: bytes, name: str) -> NetworkFile | AskedModel:
    """A scikit-learn network. Raises InputError for every other model, and MissingExtraError
    without skops.
    """
    _check(Archive(data, name))
    need("sklearn", "sklearn-files", "scikit-learn models")
    skops = need("skops.io", "sklearn-files", "scikit-learn models")
    try:
        strange = set(skops.get_untrusted_types(data=data)) - set(_OPTIMIZERS)
        if strange:
            raise InputError(
                f"{name} holds {sorted(strange)[0]}, a type that skops does not trust; expected an "
                "MLPClassifier or MLPRegressor of scikit-learn itself."
            )
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # another version of scikit-learn: the weights are the same
            estimator = skops.loads(data, trusted=list(_OPTIMIZERS))
        return from_chain(chain_of(estimator, name))
    except InputError:
        raise
    except Exception:  # skops and scikit-learn raise many types for damaged files
        raise InputError(
            f"{name} cannot be read as a scikit-learn model; it is damaged, or of another version: "
            "save it again with skops.io.dump."
        ) from None
