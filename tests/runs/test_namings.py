"""The names of a model file go with its run, and are locked away with its teacher."""

from __future__ import annotations

import io
import json

import h5py
import numpy as np
import pytest
from safetensors.numpy import load, save

from ec_core.figures import weight_table_heat
from ec_core.networks.chain import Naming
from ec_core.networks.reading import NetworkFile, open_model
from ec_core.networks.writers import exported
from ec_core.probing.presets import make_teacher
from ec_core.runs.run import Run
from ec_core.runs.source import Source

NETWORK = make_teacher("synthetic", sizes=(3, 5, 2), activation="tanh", seed=3).network


def torch_like() -> bytes:
    """A state dict with names of its own, without a bias in the last layer."""
    (w1, w2), (b1, _) = NETWORK.weights, NETWORK.biases
    return save({"fc1.weight": w1, "fc1.bias": b1, "head.weight": w2})


def source_of(data: bytes, name: str) -> Source:
    file = open_model(data, name)
    assert isinstance(file, NetworkFile)
    return Source.from_network(file.network("tanh"), name, file.names())


def test_names_and_layout_are_kept_with_the_run() -> None:
    source = source_of(torch_like(), "m.safetensors")
    assert source.namings == (Naming("fc1.weight", "fc1.bias"), Naming("head.weight", None))
    assert Source.from_json(json.loads(json.dumps(source.as_json()))).namings == source.namings
    run = Run.create(source)
    assert run.source().namings == source.namings
    run.lock_truth(True)
    assert run.source().namings == ()


def test_runs_of_earlier_versions_have_none() -> None:
    facts = Source.from_card(make_teacher("xor"), {}).as_json()
    del facts["namings"]
    assert Source.from_json(facts).namings == ()


@pytest.mark.parametrize("name", ["m.safetensors", "m.weights.h5"])
def test_every_number_is_hovered_with_its_place_in_the_file(name: str) -> None:
    """Read from the file by other means: h5py, and the library of safetensors."""
    tensors: dict[str, np.ndarray] = {}
    if name.endswith(".h5"):
        data = exported(NETWORK, name)
        with h5py.File(io.BytesIO(data)) as file:
            file.visititems(
                lambda path, one: tensors.update({path: one[()]}) if hasattr(one, "shape") else None
            )
    else:
        data = torch_like()
        tensors = load(data)
    source = source_of(data, name)
    assert source.network is not None
    for layer, naming in enumerate(source.namings):
        fig = weight_table_heat(source.network, source.network, layer=layer, naming=naming)
        (table,) = (trace for trace in fig.data if trace.name == "the teacher")
        seen = 0
        for row, names in zip(table.z, table.customdata, strict=True):
            for value, (place, _, _) in zip(row, names, strict=True):
                called, _, rest = place.partition("[")
                if called == "no bias in the file":
                    continue
                at = tuple(int(part) for part in rest.rstrip("]").split(","))
                assert tensors[called][at] == pytest.approx(value, rel=1e-6)
                seen += 1
        assert seen == sum(
            tensors[one].size for one in (naming.weight, naming.bias) if one is not None
        )
        # as the file has it: a kernel's columns are neurons
        shape = np.shape(table.z)
        wide = tensors[naming.weight].shape
        turned = naming.layout == "in-out"
        assert shape == ((wide[0] + 1, wide[1]) if turned else (wide[0], wide[1] + 1))
