"""Models that look like a chain and are another function: never read as what they are not."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import onnx
import pytest
import safetensors.torch
import torch
from onnx import TensorProto, helper, numpy_helper

import ec_core as ec
from ec_core.errors import InputError
from ec_core.networks.asked import AskedModel
from ec_core.networks.network import Network
from ec_core.networks.reading import NetworkFile, open_model, open_network

RNG = np.random.default_rng(3)
W0, W1 = RNG.standard_normal((5, 4)), RNG.standard_normal((2, 5))
B0, B1 = RNG.standard_normal(5), RNG.standard_normal(2)
X = 4 * RNG.standard_normal((200, 4))


def model(
    between: Sequence[onnx.NodeProto],
    more: dict[str, np.ndarray] | None = None,
    width: int | None = 4,
    first: Sequence[onnx.NodeProto] = (),
) -> bytes:
    """x → 4-5 → nodes from "h" to "a" → 5-2."""
    arrays = {"W0": W0, "W1": W1, "B0": B0, "B1": B1, **(more or {})}
    begin = "r" if first else "x"
    nodes = [
        *first,
        helper.make_node("Gemm", [begin, "W0", "B0"], ["h"], transB=1),
        *between,
        helper.make_node("Gemm", ["a", "W1", "B1"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "m",
        [helper.make_tensor_value_info("x", TensorProto.DOUBLE, ["N", width or "D"])],
        [helper.make_tensor_value_info("y", TensorProto.DOUBLE, ["N", 2])],
        [numpy_helper.from_array(value, name) for name, value in arrays.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(made.SerializeToString())


def node(kind: str, given: list[str], output: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(kind, given, [output], **attributes)


def scalar(value: float) -> np.ndarray:
    return np.array(value)


TRUTHS: dict[str, tuple[list[onnx.NodeProto], dict[str, np.ndarray], Callable[..., Any]]] = {
    # relu6 and its like are relu on -5 … 5
    "relu6 written out": (
        [node("Relu", ["h"], "p"), node("Min", ["p", "six"], "a")],
        {"six": scalar(6.0)},
        lambda h: np.clip(h, 0, 6),
    ),
    "clipped at eight": (
        [node("Max", ["h", "zero"], "p"), node("Min", ["p", "eight"], "a")],
        {"zero": scalar(0.0), "eight": scalar(8.0)},
        lambda h: np.clip(h, 0, 8),
    ),
    "a dead zone between the grid's points": (
        [
            node("Sub", ["h", "small"], "p"),
            node("Relu", ["p"], "q"),
            node("Sign", ["q"], "s"),
            node("Mul", ["s", "h"], "a"),
        ],
        {"small": scalar(0.1)},
        lambda h: np.where(h > 0.1, h, 0.0),
    ),
    "whole numbers": (
        [
            node("Cast", ["h"], "p", to=TensorProto.INT64),
            node("Cast", ["p"], "q", to=TensorProto.DOUBLE),
            node("Tanh", ["q"], "a"),
        ],
        {},
        lambda h: np.tanh(np.trunc(h)),
    ),
}


@pytest.mark.parametrize("name", TRUTHS)
def test_an_onnx_model_answers_as_it_is(name: str) -> None:
    between, more, truth = TRUTHS[name]
    read = open_model(model(between, more), "m.onnx")
    teacher = read.network() if isinstance(read, NetworkFile) else read
    np.testing.assert_allclose(teacher(X), truth(X @ W0.T + B0) @ W1.T + B1, rtol=1e-12, atol=1e-9)


def test_a_reshape_that_makes_other_rows_is_no_chain() -> None:
    rows = node("Reshape", ["x", "shape"], "r")
    data = model([node("Tanh", ["h"], "a")], {"shape": np.array([-1, 4])}, 8, [rows])
    try:
        read = open_model(data, "m.onnx")
    except InputError:
        return
    assert isinstance(read, AskedModel) and read.inputs == 8


def test_a_bias_of_another_size_is_a_sentence() -> None:
    for bias in (np.ones(3), np.ones((2, 5))):
        with pytest.raises(InputError, match="answers no row of numbers"):
            open_model(model([node("Tanh", ["h"], "a")], {"B0": bias}), "m.onnx")
    asked = open_model(model([node("Tanh", ["h"], "a")], {"B0": np.ones((3, 5))}), "m.onnx")
    assert isinstance(asked, AskedModel)
    with pytest.raises(InputError, match="does not answer 200 rows"):
        asked(X)


def test_an_input_of_any_size_is_not_guessed() -> None:
    """A mean of any number of numbers, stretched: rows of 1, of 2, of 3 are all answered."""
    graph = helper.make_graph(
        [
            node("ReduceMean", ["x"], "h", axes=[1], keepdims=1),
            node("Tanh", ["h"], "a"),
            node("Mul", ["a", "a"], "b"),
            node("Add", ["a", "b"], "y"),
        ],
        "m",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", "D"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 1])],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(InputError, match="rows of 1 and of 2 numbers"):
        open_model(bytes(made.SerializeToString()), "m.onnx")


class Module(torch.nn.Module):
    """4-5-2 with a function of somebody's own."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.kind = kind
        self.one, self.two = torch.nn.Linear(4, 5).double(), torch.nn.Linear(5, 2).double()

    def forward(self, x: torch.Tensor) -> Any:
        h = self.one(x)
        if self.kind == "softplus":
            return self.two(torch.nn.functional.softplus(h, threshold=0.5))
        if self.kind == "whole":
            return self.two(torch.tanh(h.to(torch.int64).to(torch.float64)))
        if self.kind == "addmm":
            return torch.addmm(self.two.bias, torch.tanh(h), self.two.weight.T, beta=0.5, alpha=2.0)
        return self.two(torch.tanh(torch.add(h, h, alpha=0)))


@pytest.mark.parametrize("kind", ["softplus", "whole", "addmm", "alpha"])
def test_a_torch_module_answers_as_it_is(kind: str) -> None:
    module = Module(kind)
    with torch.no_grad():
        truth = module(torch.from_numpy(X)).numpy()
    np.testing.assert_allclose(ec.from_torch(module)(X), truth, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_a_module_of_short_numbers_that_can_only_be_asked(kind: torch.dtype) -> None:
    class Odd(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one = torch.nn.Linear(4, 3)

        def forward(self, x: torch.Tensor) -> Any:
            return self.one(x) * self.one(x).abs()

    module = Odd().to(kind)
    asked = ec.from_torch(module)
    assert isinstance(asked, AskedModel)
    x = X.astype(np.float32)
    w = module.one.weight.detach().double().numpy()
    h = x @ w.T + module.one.bias.detach().double().numpy()
    np.testing.assert_allclose(asked(x), h * np.abs(h), rtol=1e-4, atol=1e-4)


def test_a_file_of_two_precisions_keeps_both() -> None:
    tensors = {
        "layers.0.weight": torch.from_numpy(W0),
        "layers.0.bias": torch.from_numpy(B0).bfloat16(),
        "layers.1.weight": torch.from_numpy(W1),
        "layers.1.bias": torch.from_numpy(B1).bfloat16(),
    }
    data = safetensors.torch.save(tensors)
    assert np.array_equal(open_network(data, "m.safetensors").network("tanh").weights[0], W0)


def test_kernels_without_biases_are_not_read_backwards() -> None:
    """(in, out) in order and (out, in) in the opposite order have shapes that fit alike."""
    tensors = {"input.weight": torch.from_numpy(W0.T).contiguous()}
    tensors["output.weight"] = torch.from_numpy(W1.T).contiguous()
    network = open_network(safetensors.torch.save(tensors), "m.safetensors").network("tanh")
    assert network.sizes == (4, 5, 2) and np.array_equal(network.weights[0], W0)


def test_where_a_normalisation_is_taken_to_stand_is_said() -> None:
    tensors = {"fc1.weight": W0, "fc1.bias": B0, "fc2.weight": W1, "fc2.bias": B1}
    numbers = {name: torch.from_numpy(value) for name, value in tensors.items()}
    for name in ("weight", "bias", "running_mean", "running_var"):
        numbers[f"bn1.{name}"] = torch.ones(5)
    found = open_network(safetensors.torch.save(numbers), "m.safetensors")
    assert any("before the activation" in said for said in found.remarks("tanh"))


def test_the_hard_sigmoid_of_keras_2_is_its_own() -> None:
    """0.2 z + 0.5 between 0 and 1, and no z / 6."""

    def layer(name: str, units: int, kind: str) -> dict[str, object]:
        return {
            "class_name": "Dense",
            "config": {"name": name, "units": units, "activation": kind, "use_bias": True},
        }

    layers = [layer("one", 5, "hard_sigmoid"), layer("two", 2, "linear")]
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["keras_version"] = "2.15.0"
        config = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
        file.attrs["model_config"] = json.dumps(config)
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = [b"one", b"two"]
        for name, w, b in (("one", W0, B0), ("two", W1, B1)):
            group = weights.create_group(name)
            group.attrs["weight_names"] = [f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()]
            group[f"{name}/kernel:0"], group[f"{name}/bias:0"] = w.T, b
    read = open_model(buffer.getvalue(), "m.h5")
    assert isinstance(read, AskedModel)
    truth = np.clip(0.2 * (X @ W0.T + B0) + 0.5, 0, 1) @ W1.T + B1
    np.testing.assert_allclose(read(X), truth, rtol=1e-12)


def test_what_is_read_still_is() -> None:
    """The silu of x · sigmoid(x), and a chain with a cast between number types."""
    written = [node("Sigmoid", ["h"], "s"), node("Mul", ["h", "s"], "a")]
    cast = [node("Cast", ["h"], "c", to=TensorProto.DOUBLE), node("Tanh", ["c"], "a")]
    for between, kind in ((written, "silu"), (cast, "tanh")):
        read = open_model(model(between), "m.onnx")
        assert isinstance(read, NetworkFile)
        assert isinstance(read.network(), Network) and read.network().activation == kind


def test_nothing_of_the_runtime_is_printed(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    damaged = model([node("Tanh", ["h"], "p"), node("Nowhere", ["p"], "a")])
    with pytest.raises(InputError):
        open_model(damaged.replace(b"Nowhere", b"No\xb7here"), "m.onnx")
    assert capfd.readouterr() == ("", "")
