"""State dicts as people name them: read in the right order, or refused; answers as the model's."""

from __future__ import annotations

import io
from collections import OrderedDict

import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from torch import nn
from torch.nn.utils import prune

from ec_core.errors import InputError
from ec_core.networks.files import parse_network
from ec_core.networks.reading import NetworkFile, open_network

X = np.random.default_rng(3).standard_normal((40, 4))


def sequential(*middle: nn.Module, bias: bool = True) -> nn.Sequential:
    torch.manual_seed(5)
    return nn.Sequential(nn.Linear(4, 5, bias), *middle, nn.Linear(5, 2, bias)).double()


def state(model: nn.Module, rename: dict[str, str] | None = None) -> bytes:
    """A state dict as safetensors, its names changed from the beginning."""
    tensors = {}
    for key, value in model.state_dict().items():
        for old, new in (rename or {}).items():
            key = new + key.removeprefix(old) if key.startswith(old) else key
        tensors[key] = value.contiguous()
    return bytes(safetensors.torch.save(tensors))


def answers(model: nn.Module, x: np.ndarray = X) -> np.ndarray:
    with torch.no_grad():
        return np.asarray(model.eval()(torch.from_numpy(x)).numpy())


NAMES: dict[str, dict[str, str]] = {
    "a Sequential": {},
    "a Sequential in a model": {"0": "net.0", "2": "net.2"},
    "fc1, fc2": {"0": "fc1", "2": "fc2"},
    "compiled": {"0": "_orig_mod.0", "2": "_orig_mod.2"},
    "in parallel": {"0": "module.net.0", "2": "module.net.2"},
    "blocks": {"0": "model.layers.0.linear", "2": "model.layers.1.linear"},
    "a list": {"0": "linears.0", "2": "linears.1"},
    "words": {"0": "hidden", "2": "output"},
    "words that sort wrong": {"0": "fc1", "2": "classifier"},
    "any words": {"0": "zebra", "2": "ape"},
}


@pytest.mark.parametrize("case", sorted(NAMES))
def test_names_of_all_kinds_are_read_in_the_right_order(case: str) -> None:
    model = sequential(nn.Tanh())
    file = open_network(state(model, NAMES[case]), "model.safetensors")
    np.testing.assert_allclose(file.network("tanh")(X), answers(model), atol=1e-14)
    first, last = NAMES[case].get("0", "0"), NAMES[case].get("2", "2")
    assert [naming.weight for naming in file.names()] == [f"{first}.weight", f"{last}.weight"]
    assert file.plain and file.head is None


def test_ten_comes_after_two() -> None:
    layers: list[nn.Module] = []
    torch.manual_seed(2)
    for _ in range(11):
        layers += [nn.Linear(4, 4), nn.Tanh()]
    model = nn.Sequential(*layers, nn.Linear(4, 1)).double()
    rename = {f"{2 * i}.": f"fc{i + 1}." for i in reversed(range(12))}
    network = parse_network(state(model, rename), "deep", "tanh")
    np.testing.assert_allclose(network(X), answers(model), atol=1e-14)


def test_an_order_that_nothing_tells_is_not_guessed() -> None:
    same = nn.ModuleDict({name: nn.Linear(3, 3) for name in ("ape", "bee", "cow")})
    with pytest.raises(InputError, match="ape, bee, cow, whose names do not tell their order"):
        parse_network(state(same), "zoo", "tanh")
    with pytest.raises(InputError, match="do not fit after one another in any order"):
        parse_network(
            state(nn.ModuleDict({"ape": nn.Linear(3, 4), "bee": nn.Linear(5, 7)})), "zoo", "tanh"
        )
    words = nn.ModuleDict({name: nn.Linear(3, 3) for name in ("output", "hidden", "input")})
    file = open_network(state(words), "words")
    assert [naming.weight for naming in file.names()] == [
        "input.weight",
        "hidden.weight",
        "output.weight",
    ]


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32])
def test_short_numbers_are_read_as_they_are(kind: torch.dtype) -> None:
    model = sequential(nn.Tanh()).to(kind)
    network = parse_network(state(model), "short", "tanh")
    np.testing.assert_allclose(network(X), answers(model.double()), atol=1e-14)


def test_no_bias_is_zero_and_said() -> None:
    model = sequential(nn.Tanh(), bias=False)
    file = open_network(state(model), "bare")
    np.testing.assert_allclose(file.network("tanh")(X), answers(model), atol=1e-14)
    assert any("no bias for 0, 2" in remark for remark in file.remarks("tanh"))


def test_a_bias_may_be_a_column_or_a_row() -> None:
    model = sequential(nn.Tanh())
    arrays = {key: value.numpy() for key, value in model.state_dict().items()}
    arrays["0.bias"], arrays["2.bias"] = arrays["0.bias"][:, None], arrays["2.bias"][None, :]
    network = parse_network(bytes(safetensors.numpy.save(arrays)), "columns", "tanh")
    np.testing.assert_allclose(network(X), answers(model), atol=1e-14)
    arrays["0.bias"] = np.ones((5, 2))
    with pytest.raises(InputError, match=r"'0.bias' of shape \(5, 2\)"):
        parse_network(bytes(safetensors.numpy.save(arrays)), "columns", "tanh")


def test_pruning_masks_are_applied() -> None:
    model = sequential(nn.Tanh())
    prune.l1_unstructured(model[0], "weight", 0.4)
    assert (np.asarray(model[0].weight_mask) == 0).any()
    network = parse_network(state(model), "pruned", "tanh")
    np.testing.assert_allclose(network(X), answers(model), atol=1e-14)
    assert (network.weights[0] == 0).sum() == 8


def normed(*places: int) -> nn.Sequential:
    """Linear, Tanh, Linear with batch normalisation before or after the activation, and used."""
    norms = [nn.BatchNorm1d(5) for _ in places]
    middle: list[nn.Module] = [nn.Tanh()]
    for place, norm in zip(places, norms, strict=True):
        middle.insert(place, norm)
        with torch.no_grad():
            assert norm.running_mean is not None and norm.running_var is not None
            norm.running_mean.copy_(torch.linspace(-1, 1, 5))
            norm.running_var.copy_(torch.linspace(0.5, 2, 5))
            norm.weight.copy_(torch.linspace(0.7, 1.3, 5))
            norm.bias.copy_(torch.linspace(0.2, -0.3, 5))
    return sequential(*middle)


@pytest.mark.parametrize("places", [(0,), (1,), (0, 2)])
def test_batch_normalisation_is_folded_before_or_after(places: tuple[int, ...]) -> None:
    model = normed(*places)
    file = open_network(state(model), "normed")
    np.testing.assert_allclose(file.network("tanh")(X), answers(model), atol=1e-13)
    assert any("batch normalisation" in remark and "1e-05" in remark for remark in file.said)
    assert any(naming.folded for naming in file.names())


def test_batch_normalisation_by_its_number_and_by_its_size() -> None:
    model = normed(0)
    for norm, linear in (("bn1", "fc1"), ("norm", "fc1")):
        rename = {"0": linear, "1": norm, "3": "fc2"}
        network = parse_network(state(model, rename), "normed", "tanh")
        np.testing.assert_allclose(network(X), answers(model), atol=1e-13)
    layers = {"fc1": nn.Linear(5, 5), "fc2": nn.Linear(5, 5), "norm": nn.BatchNorm1d(5)}
    with pytest.raises(InputError, match="'norm', a batch normalisation, and does not tell after"):
        parse_network(state(nn.ModuleDict(layers)), "normed", "tanh")


def test_kernels_as_jax_and_flax_name_them() -> None:
    model = sequential(nn.Tanh())
    arrays: dict[str, np.ndarray] = {}
    for i, at in enumerate((0, 2)):
        layer = model[at]
        assert isinstance(layer, nn.Linear)
        arrays[f"params.Dense_{i}.kernel"] = np.ascontiguousarray(layer.weight.detach().numpy().T)
        arrays[f"params.Dense_{i}.bias"] = layer.bias.detach().numpy()
    file = open_network(bytes(safetensors.numpy.save(arrays)), "flax")
    np.testing.assert_allclose(file.network("tanh")(X), answers(model), atol=1e-14)
    assert [naming.layout for naming in file.names()] == ["in-out", "in-out"]


def saved(content: object, **options: bool) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("zipped", [True, False])
def test_torchs_own_state_dicts_are_read(zipped: bool) -> None:
    model = sequential(nn.Tanh())
    content = model.state_dict()
    for inside in (content, {"state_dict": content, "epoch": 3}, {"model_state_dict": content}):
        data = saved(inside, _use_new_zipfile_serialization=zipped)
        np.testing.assert_allclose(
            parse_network(data, "model.pt", "tanh")(X), answers(model), atol=1e-14
        )


def test_the_order_of_a_state_dict_counts_where_names_do_not_tell() -> None:
    torch.manual_seed(1)
    layers = OrderedDict((name, nn.Linear(4, 4)) for name in ("zebra", "ape", "cow"))
    model = nn.Sequential(layers["zebra"], nn.Tanh(), layers["ape"], nn.Tanh(), layers["cow"])
    data = saved(nn.ModuleDict(layers).double().state_dict())
    network = parse_network(data, "zoo.pt", "tanh")
    np.testing.assert_allclose(network(X), answers(model.double()), atol=1e-14)


def test_what_was_understood_can_be_shown() -> None:
    file = open_network(state(normed(0)), "normed")
    assert isinstance(file, NetworkFile)
    assert [(link.what, link.name) for link in file.links] == [
        ("linear layer", "0.weight"),
        ("activation, not named in the file", ""),
        ("linear layer", "3.weight"),
    ]
    assert "folded in" in file.links[0].note
