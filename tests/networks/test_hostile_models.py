"""Model files made to harm: one sentence each, nothing run, no file beside opened or written."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnx
import pytest
import skops.io
import torch
from onnx import TensorProto, helper, numpy_helper
from sklearn.neural_network import MLPRegressor

from ec_core.errors import InputError
from ec_core.networks.files import load_network
from ec_core.networks.network import Network
from ec_core.networks.readers import archive
from ec_core.networks.reading import open_model
from ec_core.networks.writers import exported

MARK = "ran.txt"
"""What a payload would write if it were run."""


SMALL = 2**20
"""What an archive may unpack to in these tests, where 512 MiB are allowed."""


class Payload:
    """Writes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {MARK}",)


def network() -> Network:
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((4, 3)), rng.standard_normal((2, 4))
    return Network("tanh", weights, (np.ones(4), np.ones(2)))


def repacked(data: bytes, **changed: bytes) -> bytes:
    """An archive with some files inside replaced, or added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, changed.pop(name, b"") or old.read(name))
        for name, content in changed.items():
            new.writestr(name, content)
    return buffer.getvalue()


def torch_payload() -> bytes:
    buffer = io.BytesIO()
    torch.save({"0.weight": torch.ones(2, 2), "extra": Payload()}, buffer)
    return buffer.getvalue()


def torch_spread() -> bytes:
    buffer = io.BytesIO()
    torch.save({"0.weight": torch.zeros(1).expand(2**20, 2**20), "0.bias": torch.zeros(2)}, buffer)
    return buffer.getvalue()


def bomb(name: str) -> bytes:
    """An archive that unpacks to a thousand times its size."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, bytes(3 * SMALL))
    return buffer.getvalue()


def npz(**arrays: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, data in arrays.items():
            packed.writestr(f"{name}.npy", data)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def promised(shape: tuple[int, ...]) -> bytes:
    """The header of an array that is not there."""
    buffer = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, header)
    return buffer.getvalue()


def keras_with(layer: dict[str, Any]) -> bytes:
    """A model whose first Dense layer is another."""
    data = exported(network(), "n.keras")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        config = json.loads(packed.read("config.json"))
    config["config"]["layers"][1] = layer
    return repacked(data, **{"config.json": json.dumps(config).encode()})


def keras_lambda() -> bytes:
    code = {"class_name": "__lambda__", "config": {"code": "4wAAAAA="}}
    return keras_with({"class_name": "Lambda", "config": {"name": "d", "function": code}})


def keras_function() -> bytes:
    bad = {"class_name": "function", "module": "os", "config": "system"}
    config = {"name": "d", "activation": bad, "units": 4}
    return keras_with({"class_name": "Dense", "config": config})


def hdf5(make: Callable[[h5py.File], None]) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        make(file)
    return buffer.getvalue()


def outside(file: h5py.File) -> None:
    file["layers/dense/vars/0"] = h5py.ExternalLink("secret.h5", "/x")


def raw(file: h5py.File) -> None:
    group = file.create_group("layers/dense/vars")
    group.create_dataset("0", (4, 4), "f8", external=[("secret.bin", 0, 128)])


def huge(file: h5py.File) -> None:
    group = file.create_group("layers/dense/vars")
    group.create_dataset("0", (2**20, 2**12), "f8", chunks=(64, 64), compression="gzip")


def loop(file: h5py.File) -> None:
    file["layers/again"] = h5py.SoftLink("/layers")


def onnx_model(change: Callable[[Any], None]) -> bytes:
    model = onnx.load_model_from_string(exported(network(), "n.onnx"))
    change(model)
    return bytes(model.SerializeToString())


def external(model: Any) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")


def vast(model: Any) -> None:
    tensor = model.graph.initializer[0]
    del tensor.dims[:]
    tensor.dims.extend([2**30, 2**30])


def foreign(model: Any) -> None:
    model.graph.node[1].domain = "com.example"


def inner(model: Any) -> None:
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("Loop", ["", ""], ["more"], body=body))


def short(model: Any) -> None:
    model.graph.initializer[0].raw_data = b"12345678"


def cut(model: Any) -> None:
    model.graph.initializer.append(numpy_helper.from_array(np.ones(3), "x2"))
    del model.graph.output[:]


def skops_with(**node: Any) -> bytes:
    data = exported(network(), "n.skops")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        schema = json.loads(packed.read("schema.json"))
    schema["content"]["content"]["alpha"] = {"__id__": 1, **node}
    return repacked(data, **{"schema.json": json.dumps(schema).encode()})


def skops_system() -> bytes:
    return skops_with(__class__="system", __module__="posix", __loader__="FunctionNode", content={})


def skops_method() -> bytes:
    of = "sklearn.neural_network._multilayer_perceptron"
    return skops_with(__class__="MLPRegressor", __module__=of, __loader__="MethodNode", content={})


def skops_other() -> bytes:
    class Mine(MLPRegressor):  # type: ignore[misc]
        pass

    Mine.__module__, Mine.__qualname__ = __name__, "Mine"
    globals()["Mine"] = Mine
    return bytes(skops.io.dumps(Mine()))


def pt2(**changed: bytes) -> bytes:
    buffer = io.BytesIO()
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(model, (torch.zeros(2, 3),)), buffer)
    data = buffer.getvalue()
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        names = packed.namelist()
    longer = {next(n for n in names if n.endswith(end)): value for end, value in changed.items()}
    return repacked(data, **longer)


def pt2_pickle() -> bytes:
    meta = {
        "dtype": 7,
        "sizes": [{"as_int": 4}, {"as_int": 3}],
        "strides": [{"as_int": 3}, {"as_int": 1}],
        "storage_offset": {"as_int": 0},
    }
    entry = {"path_name": "weight_0", "use_pickle": True, "tensor_meta": meta}
    config = json.dumps({"config": {"0.weight": entry}}).encode()
    payload = pickle.dumps(Payload())
    return pt2(**{"model_weights_config.json": config, "weights/weight_0": payload})


def vast_safetensors() -> bytes:
    header = {"0.weight": {"dtype": "F64", "shape": [2**30, 2**30], "data_offsets": [0, 8]}}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + bytes(8)


FILES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "torch: payload": ("m.pt", torch_payload, "holds more than weights"),
    "torch: a number for all": ("m.pt", torch_spread, "expected at most"),
    "torch: bomb": ("m.pt", lambda: bomb("m/data.pkl"), "unpacks to 3 MiB"),
    "torch: old payload": ("m.pt", lambda: pickle.dumps(Payload()), "never opened"),
    "pickle": ("m.pkl", lambda: pickle.dumps(Payload()), "ec.from_sklearn(model)"),
    "npz: objects": (
        "m.npz",
        lambda: npz(W0=npy(np.array([Payload(), None], dtype=object))),
        "an array of Python objects",
    ),
    "npz: promise": ("m.npz", lambda: npz(W0=promised((2**31, 2**20))), "and does not"),
    "npz: bomb": ("m.npz", lambda: bomb("W0.npy"), "unpacks to 3 MiB"),
    "keras: Lambda": ("m.keras", keras_lambda, "a Lambda, which is a program of its own"),
    "keras: function": (
        "m.keras",
        keras_function,
        "has the layer 'd': Activation 'system' is not known",
    ),
    "keras: path": (
        "m.keras",
        lambda: repacked(exported(network(), "n.keras"), **{"../../ran.txt": b"out"}),
        "",
    ),
    "keras: bomb": ("m.keras", lambda: bomb("model.weights.h5"), "unpacks to 3 MiB"),
    "h5: external link": ("m.h5", lambda: hdf5(outside), "a link at 'layers/dense/vars/0'"),
    "h5: external storage": ("m.h5", lambda: hdf5(raw), "in another file"),
    "h5: promise": ("m.h5", lambda: hdf5(huge), "more than 0 bytes can be"),
    "h5: circle": ("m.h5", lambda: hdf5(loop), "a link at 'layers/again'"),
    "onnx: external data": ("m.onnx", lambda: onnx_model(external), "in another file"),
    "onnx: promise": ("m.onnx", lambda: onnx_model(vast), "expected at most"),
    "onnx: foreign operator": ("m.onnx", lambda: onnx_model(foreign), "of 'com.example'"),
    "onnx: a loop": ("m.onnx", lambda: onnx_model(inner), "with a graph inside"),
    "onnx: too short": ("m.onnx", lambda: onnx_model(short), "not all there"),
    "onnx: no output": ("m.onnx", lambda: onnx_model(cut), "1 inputs and 0 outputs"),
    "skops: a function": ("m.skops", skops_system, "posix.system (FunctionNode), which is never"),
    "skops: a method": ("m.skops", skops_method, "(MethodNode), which is never built"),
    "skops: a class of its own": ("m.skops", skops_other, "Mine (ObjectNode), which is never"),
    "skops: a file more": (
        "m.skops",
        lambda: repacked(exported(network(), "n.skops"), **{"../ran.txt": b"out"}),
        "which no network needs",
    ),
    "pt2: payload": ("m.pt2", pt2_pickle, "as a pickle"),
    "pt2: too short": ("m.pt2", lambda: pt2(**{"weights/weight_0": bytes(8)}), "not all there"),
    "safetensors: promise": ("m.safetensors", vast_safetensors, "cannot be read as safetensors"),
    "json: deep": ("m.json", lambda: b"[" * 100_000, "is not JSON, or is nested too deeply"),
}


@pytest.mark.parametrize("case", sorted(FILES))
def test_nothing_runs_and_one_sentence_is_said(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, make, expected = FILES[case]
    data = make()
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    (inside / name).write_bytes(data)
    with h5py.File(inside / "secret.h5", "w") as file:
        file["x"] = np.ones((3, 4))
    (inside / "secret.bin").write_bytes(bytes(128))
    monkeypatch.chdir(inside)
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", SMALL)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    if case == "keras: path":  # nothing is unpacked, so that the odd name harms nothing
        assert load_network(name).sizes == (3, 4, 2)
    else:
        with pytest.raises(InputError) as caught:
            open_model(data, name)
        said = str(caught.value)
        assert expected in said and name in said and "\n" not in said
        assert said.endswith((".", ")."))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def npz_of_brackets() -> bytes:
    header = b"{'descr': '<f8', 'shape': ((((((\n"
    array = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("W0.npy", array)
    return buffer.getvalue()


def views() -> bytes:
    """Four megabytes that say they are three thousand million numbers."""
    buffer, storage = io.BytesIO(), torch.zeros(2**18)
    torch.save({f"layers.{i}.weight": storage.expand(64, 2**18) for i in range(200)}, buffer)
    return buffer.getvalue()


def linked_numbers() -> bytes:
    """One array of a million zeros, packed, under a hundred names."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        zeros = np.zeros((1000, 1000))
        file.create_dataset("layers/dense/vars/0", data=zeros, compression="gzip")
        for i in range(1, 100):
            file[f"layers/dense_{i}/vars/0"] = file["layers/dense/vars/0"]
    return buffer.getvalue()


def deep(depth: int) -> bytes:
    inner: dict[str, Any] = {"name": "a", "activation": "tanh"}
    for _ in range(depth):
        inner = {"activation": {"class_name": "Activation", "config": inner}}
    layer = {"class_name": "Dense", "config": {"name": "one", **inner}}
    config = {"class_name": "Sequential", "config": {"layers": [layer]}}
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["model_config"] = np.bytes_(json.dumps(config).encode())
        group = file.create_group("model_weights/one")
        file["model_weights"].attrs["layer_names"] = [b"one"]
        group.attrs["weight_names"] = [b"k", b"b"]
        group["k"], group["b"] = np.ones((2, 3)), np.ones(3)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (npz_of_brackets, "m.npz", "is no NumPy array"),
        (lambda: b'{"weights": [[[1' + b"0" * 400 + b"]]]}", "m.json", "is no matrix"),
        (views, "m.pt", "numbers in all; expected at most"),
        (linked_numbers, "m.weights.h5", "numbers in all; expected at most"),
        (lambda: deep(450), "m.h5", "nests its parts too deeply"),
    ],
)
def test_what_is_small_in_the_file_and_large_or_deep_in_memory(
    data: Callable[[], bytes], name: str, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        open_model(data(), name)
