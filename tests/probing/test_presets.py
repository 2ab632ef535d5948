"""Presets: the family's definition, good scores on data, irreducible, the same from one seed."""

import numpy as np
import pytest
import torch

from ec_core.errors import InputError
from ec_core.networks.network import Network
from ec_core.probing.datasets import DATASETS, load_dataset
from ec_core.probing.presets import PRESETS, TeacherCard, is_irreducible, make_teacher
from ec_core.probing.training import DECAY, start
from tests.often import daily

SCORES = [
    ("digits4x4", 10, "tanh", 0.90),
    ("digits8x8", 10, "tanh", 0.93),
    ("digits8x8", 32, "tanh", 0.93),
    ("wine", 6, "tanh", 0.95),
    ("breast-cancer", 6, "tanh", 0.95),
    ("diabetes", 6, "softplus", 0.25),
]


def equal(a: Network, b: Network) -> bool:
    return all(
        np.array_equal(x, y)
        for x, y in zip((*a.weights, *a.biases), (*b.weights, *b.biases), strict=True)
    )


@pytest.mark.parametrize(("preset", "hidden", "activation", "least"), daily(SCORES, *SCORES[:1]))
def test_teachers_on_data_are_good_and_irreducible(
    preset: str, hidden: int, activation: str, least: float
) -> None:
    card = make_teacher(preset, hidden=hidden, activation=activation, seed=0)
    data = load_dataset(preset)
    assert card.network.sizes == (data.x.shape[1], hidden, data.outputs)
    assert card.network.dataset == preset
    assert card.score is not None and card.score >= least
    assert card.score_name == ("R²" if preset == "diabetes" else "accuracy")
    assert is_irreducible(card.network)
    # neurons neither dead nor saturated: each bends over the data
    slope = 1 - np.tanh(card.network.hidden(data.x)) ** 2
    assert np.all(slope.std(axis=0) > 0.05)


def test_the_score_is_the_accuracy_on_held_out_rows() -> None:
    card = make_teacher("wine", hidden=4, seed=1)
    data = load_dataset("wine")
    right = [
        int(np.argmax(card.network(row[None])[0])) == target
        for row, target in zip(data.x[data.test], data.targets[data.test], strict=True)
    ]
    assert card.score == pytest.approx(sum(right) / len(right))


def test_training_ends_where_the_gradient_vanishes() -> None:
    card = make_teacher("wine", hidden=4, activation="sigmoid", seed=2)
    data = load_dataset("wine")
    layers: list[torch.nn.Module] = [
        torch.nn.Linear(13, 4),
        torch.nn.Sigmoid(),
        torch.nn.Linear(4, 3),
    ]
    model = torch.nn.Sequential(*layers).double()
    origin = torch.from_numpy(start((13, 4, 3), 2))
    parts, at = [], 0
    for layer, w, b in zip((0, 2), card.network.weights, card.network.biases, strict=True):
        linear = layers[layer]
        assert isinstance(linear, torch.nn.Linear)
        linear.load_state_dict({"weight": torch.from_numpy(w), "bias": torch.from_numpy(b)})
        block = origin[at : at + w.size + b.size].reshape(len(b), -1)
        parts += [(linear.weight, block[:, :-1]), (linear.bias, block[:, -1])]
        at += w.size + b.size
    loss = torch.nn.functional.cross_entropy(
        model(torch.from_numpy(data.x_train)), torch.from_numpy(data.targets_train)
    )
    loss = loss + DECAY / 2 * torch.stack([torch.sum((p - q) ** 2) for p, q in parts]).sum()
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    assert max(float(g.abs().max()) for g in gradients) < 1e-5


def test_the_seed_alone_decides() -> None:
    for preset in ("planar", "synthetic", "wine"):
        first, again, other = (make_teacher(preset, hidden=4, seed=s).network for s in (1, 1, 2))
        assert equal(first, again) and not equal(first, other)


def test_several_hidden_layers_on_data() -> None:
    card = make_teacher("wine", hidden=(5, 4), activation="silu", seed=0)
    assert card.network.sizes == (13, 5, 4, 3)
    assert card.score is not None and card.score > 0.9


@pytest.mark.parametrize("sizes", [(4, 4, 1), (2, 8, 1), (6, 5, 3), (6, 4, 4, 2), (1, 1, 1)])
def test_the_synthetic_family_is_what_the_method_says(sizes: tuple[int, ...]) -> None:
    biases, signs = [], []
    for seed in range(40):
        card = make_teacher("synthetic", sizes=sizes, seed=seed)
        network = card.network
        assert network.sizes == sizes and network.activation == "g" and card.score is None
        for layer in network.weights[:-1]:
            np.testing.assert_allclose(np.linalg.norm(layer, axis=1), 2.0)
        for layer in network.weights[1:-1]:
            ratio = np.abs(layer).max(axis=1) / np.abs(layer).min(axis=1)
            assert np.all(ratio <= 3.0 + 1e-12)
        size = np.abs(network.weights[-1])
        assert np.all((size >= 0.5) & (size <= 1.5))
        signs.append(np.sign(network.weights[-1]).ravel())
        biases.append(np.concatenate(network.biases))
    all_biases = np.concatenate(biases)
    error = 4 / np.sqrt(len(all_biases))
    assert abs(all_biases.mean()) < 0.5 * error
    assert abs(all_biases.std() - 0.5) < 0.5 * error
    assert abs(np.concatenate(signs).mean()) < 4 / np.sqrt(40 * size.size)


def test_first_layer_directions_favour_none() -> None:
    rows = np.concatenate(
        [make_teacher("synthetic", sizes=(3, 8, 1), seed=s).network.weights[0] for s in range(60)]
    )
    # uniform on the sphere of radius 2: mean zero, second moment 4/3 of the identity
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=0.2)
    np.testing.assert_allclose(rows.T @ rows / len(rows), 4 / 3 * np.eye(3), atol=0.25)


def test_planar_lines_are_seen_apart() -> None:
    for seed in range(20):
        network = make_teacher("planar", seed=seed).network
        assert network.sizes == (2, 4, 1) and is_irreducible(network)
        angles = np.sort(np.arctan2(network.weights[0][:, 1], network.weights[0][:, 0]) % np.pi)
        gaps = np.diff(np.append(angles, angles[0] + np.pi))
        assert gaps.min() > np.radians(25)
        distance = np.abs(network.biases[0]) / np.linalg.norm(network.weights[0], axis=1)
        assert np.all((distance >= 0.2) & (distance <= 1.2))


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_xor_tells_equal_from_different(activation: str) -> None:
    network = make_teacher("xor", activation=activation).network
    corners = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    assert network.sizes == (2, 2, 1) and is_irreducible(network)
    assert np.array_equal(np.sign(network(corners)[:, 0]), [-1, 1, 1, -1])
    tanh = make_teacher("xor", activation="tanh").network
    np.testing.assert_allclose(network(corners), tanh(corners), atol=1e-14)


def test_reducible_networks_are_recognised() -> None:
    weights = np.array([[1.0, 2.0], [-1.0, -2.0]])
    twins = Network("tanh", (weights, np.ones((1, 2))), (np.array([0.5, -0.5]), np.zeros(1)))
    assert not is_irreducible(twins)
    one_way = Network("g", twins.weights, twins.biases)
    assert is_irreducible(one_way)
    longer = Network("relu", (np.array([[1.0, 2.0], [2.0, 4.0]]), np.ones((1, 2))), (
        np.array([0.5, 1.0]), np.zeros(1)))  # fmt: skip
    assert not is_irreducible(longer)
    silent = Network("g", (weights, np.array([[1.0, 0.0]])), twins.biases)
    assert not is_irreducible(silent)


def test_every_preset_gives_a_card() -> None:
    assert set(PRESETS) == {"planar", "xor", "synthetic", *DATASETS}
    for preset in ("planar", "xor", "synthetic"):
        card = make_teacher(preset)
        assert isinstance(card, TeacherCard)
        assert (card.preset, card.description) == (preset, PRESETS[preset])


def test_wrong_choices_are_refused() -> None:
    with pytest.raises(InputError, match="'mnist' is not known"):
        make_teacher("mnist")
    with pytest.raises(InputError, match="'swish' is not known"):
        make_teacher("planar", activation="swish")
    with pytest.raises(InputError, match="seed is -1"):
        make_teacher("planar", seed=-1)
    with pytest.raises(InputError, match="expected inputs-hidden-outputs"):
        make_teacher("synthetic", sizes=(4, 1))
    with pytest.raises(InputError, match="4-0-1 are not a network"):
        make_teacher("synthetic", sizes=(4, 0, 1))
    with pytest.raises(InputError, match="the limit is"):
        make_teacher("synthetic", sizes=(10_000, 10_000, 1))
    with pytest.raises(InputError, match="are not a network"):
        make_teacher("wine", hidden=0)
    with pytest.raises(InputError, match="tanh and sigmoid"):
        make_teacher("xor", activation="relu")
