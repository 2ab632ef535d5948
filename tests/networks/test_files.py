"""Network files: written and read again, and everything that is none refused in one sentence."""

import json
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch

from ec_core.errors import InputError
from ec_core.networks import files
from ec_core.networks.network import Network


def small_network(dataset: str | None = None) -> Network:
    rng = np.random.default_rng(0)
    return Network(
        "tanh",
        (rng.standard_normal((4, 3)), rng.standard_normal((2, 4))),
        (rng.standard_normal(4), rng.standard_normal(2)),
        dataset,
    )


def same(a: Network, b: Network) -> bool:
    arrays = zip((*a.weights, *a.biases), (*b.weights, *b.biases), strict=True)
    return a.activation == b.activation and all(np.array_equal(x, y) for x, y in arrays)


@pytest.mark.parametrize("dataset", [None, "wine"])
def test_round_trip_is_exact(tmp_path: Path, dataset: str | None) -> None:
    path = tmp_path / "net.safetensors"
    files.save_network(small_network(dataset), path)
    back = files.load_network(path)
    assert same(back, small_network()) and back.dataset == dataset
    assert [p.name for p in tmp_path.iterdir()] == ["net.safetensors"]


def test_equal_networks_give_equal_bytes() -> None:
    first = files.network_bytes(small_network("wine"))
    assert all(files.network_bytes(small_network("wine")) == first for _ in range(20))


def test_the_file_is_what_the_contract_says(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    files.save_network(small_network("wine"), path)
    with safetensors.safe_open(path, framework="numpy") as file:
        assert file.metadata() == {
            "activation": "tanh",
            "format": "ec-mlp/1",
            "dataset": "wine",
        }
        assert sorted(file.keys()) == [
            "layers.0.bias",
            "layers.0.weight",
            "layers.1.bias",
            "layers.1.weight",
        ]
        assert file.get_tensor("layers.0.weight").shape == (4, 3)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_torch_sequential_is_read(tmp_path: Path, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    layers = (torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 12), torch.nn.Tanh())
    # eleven and more positions: "10" must come after "2"
    padding = [torch.nn.Identity() for _ in range(7)]
    model = torch.nn.Sequential(*layers, *padding, torch.nn.Linear(12, 2)).to(dtype)
    path = tmp_path / "model.safetensors"
    safetensors.torch.save_file(model.state_dict(), path)
    with pytest.raises(InputError, match="does not name its activation"):
        files.load_network(path)
    network = files.load_network(path, "tanh")
    assert network.sizes == (3, 5, 12, 2)
    x = np.random.default_rng(0).standard_normal((6, 3))
    expected = model(torch.from_numpy(x).to(dtype)).detach().double().numpy()
    np.testing.assert_allclose(network(x), expected, atol=1e-5 if dtype is torch.float32 else 1e-14)


def test_what_a_person_says_wins_over_the_file_and_the_file_over_a_fallback(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    files.save_network(small_network(), path)
    assert files.load_network(path, "relu").activation == "relu"
    assert files.load_network(path, fallback="relu").activation == "tanh"
    assert files.load_network(path, "ReLU").activation == "relu"


def tensors(**extra: np.ndarray) -> dict[str, np.ndarray]:
    return {"layers.0.weight": np.ones((2, 3)), "layers.0.bias": np.ones(2), **extra}


def saved(content: dict[str, np.ndarray], **metadata: str) -> bytes:
    return bytes(safetensors.numpy.save(content, {"activation": "tanh", **metadata}))


def with_header(header: object) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text


WRONG_FILES = {
    "empty": (b"", "not a safetensors file"),
    "noise": (b"\xff" * 100, "not a safetensors file"),
    "pickle": (pickle.dumps({"a": 1}), "not a network"),
    "truncated": (saved(tensors())[:-5], "cannot be read"),
    "header is no object": (with_header([1, 2]), "cannot be read as safetensors"),
    "header too deep": (
        struct.pack("<Q", 200_000) + b"[" * 200_000,
        "not a safetensors file",
    ),
    "unknown key": (saved(tensors(running_mean=np.ones(2))), "running_mean"),
    "weight missing": (saved({"layers.0.bias": np.ones(2)}), "'layers.0.bias' without a weight"),
    "one layer without bias": (saved({"layers.0.weight": np.ones((2, 3))}), "no hidden layer"),
    "no layer": (saved({"scale": np.ones(2)}), "'scale'"),
    "no tensors": (saved({}), "at least one"),
    "same bias twice": (saved(tensors(**{"0.bias": np.ones(2)})), "'0.bias' without a weight"),
    "truth values": (
        saved({"layers.0.weight": np.ones((2, 3), bool), "layers.0.bias": np.ones(2)}),
        "real numbers",
    ),
    "NaN": (saved(tensors(**{"layers.0.bias": np.array([1.0, np.nan])})), "NaN"),
    "shapes": (saved(tensors(**{"layers.0.bias": np.ones(5)})), "Layer 0"),
    "activation": (saved(tensors(), activation="cosine"), "'cosine' is not known"),
    "identity": (saved(tensors(), activation="identity"), "one linear map"),
    "no hidden layer": (saved(tensors()), "no hidden layer"),
    "format of the future": (saved(tensors(), format="ec-mlp/2"), "reads ec-mlp/1"),
}


@pytest.mark.parametrize("case", sorted(WRONG_FILES))
def test_what_is_no_network_is_refused_in_one_sentence(case: str) -> None:
    data, expected = WRONG_FILES[case]
    with pytest.raises(InputError, match=expected) as caught:
        files.parse_network(data, "upload")
    assert "\n" not in str(caught.value)


def test_large_missing_and_odd_paths_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="Cannot read"):
        files.load_network(tmp_path / "missing.safetensors")
    with pytest.raises(InputError, match="Cannot read"):
        files.load_network(tmp_path)
    path = tmp_path / "net.safetensors"
    files.save_network(small_network(), path)
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 100)
    with pytest.raises(InputError, match="the limit is"):
        files.load_network(path)


def test_a_place_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot write"):
        files.save_network(small_network(), tmp_path / "no folder" / "net.safetensors")
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(InputError, match="Cannot write"):
        files.save_network(small_network(), folder)
    assert [p.name for p in tmp_path.iterdir()] == ["folder"] and not list(folder.iterdir())
