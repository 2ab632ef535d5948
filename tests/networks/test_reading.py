"""Files that look like networks and are read wrong, or only in part: refused by name, or asked."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
from torch import nn
from torch.nn.utils import parametrizations

from ec_core.errors import InputError
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.files import load_network, network_bytes, parse_network
from ec_core.networks.network import Network
from ec_core.networks.reading import open_network


def state(model: nn.Module) -> bytes:
    """A state dict as safetensors."""
    tensors = {key: value.contiguous() for key, value in model.state_dict().items()}
    return bytes(safetensors.torch.save(tensors))


def saved(tensors: dict[str, np.ndarray], **metadata: str) -> bytes:
    return bytes(safetensors.numpy.save(tensors, metadata or None))


def layers(*sizes: int, names: tuple[str, ...] | None = None) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(17)
    names = names or tuple(f"layers.{i}" for i in range(len(sizes) - 1))
    tensors = {}
    for name, a, b in zip(names, sizes[:-1], sizes[1:], strict=True):
        tensors[f"{name}.weight"] = rng.standard_normal((b, a))
        tensors[f"{name}.bias"] = rng.standard_normal(b)
    return tensors


def numbered(numbers: tuple[int, ...], prefix: str = "") -> dict[str, np.ndarray]:
    """Layers 3-3-…-3 with these numbers, so that whatever is missing fits nevertheless."""
    return layers(*[3] * (len(numbers) + 1), names=tuple(f"{prefix}{n}" for n in numbers))


def normed(layer: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(4, 5), layer, nn.Tanh(), nn.Linear(5, 2))


def weight_normed() -> nn.Module:
    layer = parametrizations.weight_norm(nn.Linear(4, 5))
    return nn.Sequential(layer, nn.Tanh(), nn.Linear(5, 2))


META = {"activation": "tanh"}
OURS = {**META, "format": "ec-mlp/1"}
REFUSED: dict[str, tuple[bytes, str]] = {
    "a mask that does not fit": (
        saved({**layers(4, 5, 2, names=("0", "2")), "0.weight_mask": np.ones((5, 3))}),
        "'0.weight_mask' of shape (5, 3), a layer with a pruning mask that fits no weight",
    ),
    "layer norm": (state(normed(nn.LayerNorm(5))), "a normalisation layer; fold it"),
    "one learnt slope": (
        state(normed(nn.PReLU())),
        "'1.weight' of shape (1,), a PReLU, whose slope was learnt, 0.25",
    ),
    "a slope per neuron": (state(normed(nn.PReLU(5))), "'1.weight' of shape (5,), a PReLU"),
    "weight norm": (state(weight_normed()), "a reparametrised weight; remove it"),
    "convolution": (state(nn.Sequential(nn.Conv1d(2, 3, 2), nn.Linear(3, 1))), "a convolution"),
    "recurrent": (state(nn.Sequential(nn.LSTM(3, 2), nn.Linear(2, 1))), "a recurrent layer"),
    "Linear, Linear, Tanh, Linear": (saved(numbered((0, 1, 3))), "two Linear layers"),
    "Linear, Tanh, Linear, Linear": (saved(numbered((0, 2, 3)), **META), "two Linear layers"),
    "Linear, Linear": (saved(numbered((0, 1)), **META), "layers.0, layers.1"),
    "a gap": (saved(numbered((0, 2), "layers."), **META), "so layer 1 is missing"),
    "a gap in ours": (saved(numbered((0, 1, 3), "layers."), **OURS), "so layer 2 is missing"),
    "no beginning": (saved(numbered((1, 2), "layers."), **META), "so layer 0 is missing"),
    "a gap in a plain one": (saved(numbered((0, 1, 3), "layers.")), "without gaps"),
    "the second half": (saved(numbered((4, 6)), **META), "begins with layer 4"),
    "one layer": (saved(numbered((0,)), **META), "no hidden layer"),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_what_is_not_all_or_not_only_linear_layers_is_named(case: str) -> None:
    data, expected = REFUSED[case]
    with pytest.raises(InputError) as caught:
        parse_network(data, "upload.safetensors", fallback="tanh")
    assert expected in str(caught.value) and str(caught.value).endswith((".", "?"))
    assert "\n" not in str(caught.value)


def test_a_sequential_inside_a_model_and_one_that_begins_with_flatten_are_read() -> None:
    for numbers, prefix in (((0, 2, 4), "layers."), ((1, 3), ""), ((0, 3, 6), "")):
        network = parse_network(saved(numbered(numbers, prefix)), "net", "tanh")
        assert network.sizes == (3,) * (len(numbers) + 1)


def test_one_file_of_several_is_told_by_its_name(tmp_path: Path) -> None:
    data = saved(layers(3, 4, 1), **META)
    with pytest.raises(InputError, match="file 1 of 2 of one network"):
        parse_network(data, "model-00001-of-00002.safetensors")
    with pytest.raises(InputError, match="index of a network that was saved in several files"):
        parse_network(b"{}", "model.safetensors.index.json")


def test_one_file_of_several_is_told_by_the_list_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "first.safetensors"
    path.write_bytes(saved(layers(3, 4, 1), **META))
    index = tmp_path / "model.safetensors.index.json"
    both = {"0.weight": "first.safetensors", "2.weight": "second.safetensors"}
    index.write_text(json.dumps({"weight_map": both}))
    with pytest.raises(InputError, match="one of the 2 files of a network"):
        load_network(path)
    for text in ("no json", "[]", "{}", '{"weight_map": 3}', '{"weight_map": {"a": "b"}}'):
        index.write_text(text)
        assert load_network(path).sizes == (3, 4, 1)


def transposed(network: Network) -> bytes:
    tensors = {}
    for i, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        tensors[f"layers.{i}.weight"] = np.ascontiguousarray(w.T)
        tensors[f"layers.{i}.bias"] = b
    return saved(tensors, **META)


def network(*sizes: int) -> Network:
    tensors = layers(*sizes)
    count = len(sizes) - 1
    return Network(
        "tanh",
        tuple(tensors[f"layers.{i}.weight"] for i in range(count)),
        tuple(tensors[f"layers.{i}.bias"] for i in range(count)),
    )


def test_keras_kernels_are_read_where_their_shapes_tell() -> None:
    for sizes in ((4, 5, 2), (4, 4, 1), (3, 3, 3, 2)):
        real = network(*sizes)
        found = parse_network(transposed(real), "keras")
        assert all(map(np.array_equal, found.weights, real.weights))


def test_square_matrices_are_asked_about() -> None:
    real = network(3, 3, 3)
    file = open_network(transposed(real), "keras")
    assert file.layouts == ("out-in", "in-out")
    assert any("square" in remark for remark in file.remarks("tanh"))
    assert not any("square" in remark for remark in file.remarks("tanh", "in-out"))
    assert all(map(np.array_equal, file.network(layout="in-out").weights, real.weights))
    torch_file = open_network(saved(layers(3, 4, 1)), "torch")
    assert torch_file.layouts == ("out-in",)
    with pytest.raises(InputError, match="only out-in fits"):
        torch_file.network("tanh", layout="in-out")


def test_our_own_files_leave_nothing_open() -> None:
    file = open_network(network_bytes(network(3, 3, 3)), "ours")
    assert file.layouts == ("out-in",) and file.remarks("tanh") == ()
    plain = open_network(saved(layers(3, 4, 2)), "plain")
    assert any("what follows its last layer" in remark for remark in plain.remarks("tanh"))


SPELT = {
    "Tanh": "tanh",
    "ReLU": "relu",
    "logistic": "sigmoid",
    "swish": "silu",
    "torch.nn.GELU": "gelu",
    "nn.Softplus()": "softplus",
    "LeakyReLU": "leaky_relu",
    "leaky-relu": "leaky_relu",
    **{name: name for name in ACTIVATIONS},
}


@pytest.mark.parametrize("text", sorted(SPELT))
def test_activations_are_understood_as_others_spell_them(text: str) -> None:
    data = saved(layers(3, 4, 1), activation=text)
    assert parse_network(data, "net").activation == SPELT[text]


@pytest.mark.parametrize("text", ["identity", "linear", "cosine", ""])
def test_a_name_that_means_nothing_needs_a_person(text: str) -> None:
    file = open_network(saved(layers(3, 4, 1), activation=text), "net")
    with pytest.raises(InputError, match="one linear map|is not known"):
        file.network()
    assert file.network("relu").activation == "relu"
    assert file.network(fallback="relu").activation == "relu"
