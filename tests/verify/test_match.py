"""Match: symmetries undone where they are symmetries, differences reported where they are not."""

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest

from ec_core.errors import InputError
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.canonical import flip
from ec_core.networks.network import Network
from ec_core.probing.presets import make_teacher
from ec_core.verify.match import match, untouched_inputs

FLIPPED = sorted(n for n, e in ACTIVATIONS.items() if e.parity and not e.leaves_linear)
LINEAR = sorted(name for name, entry in ACTIVATIONS.items() if entry.leaves_linear)
SHAPES = [(3, 4, 2), (4, 5, 4, 2), (3, 4, 4, 3, 1)]


def teacher(sizes: tuple[int, ...], activation: str, seed: int = 0) -> Network:
    return make_teacher("synthetic", sizes=sizes, activation=activation, seed=seed).network


def disguised(network: Network, seed: int) -> Network:
    """The same function, written with every symmetry its activation has."""
    entry = ACTIVATIONS[network.activation]
    rng = np.random.default_rng(seed)
    for layer, size in enumerate(network.sizes[1:-1]):
        weights = [w.copy() for w in network.weights]
        biases = [b.copy() for b in network.biases]
        for j in range(size):
            if entry.parity and not entry.leaves_linear and rng.random() < 0.5:
                w, b, a, _, c = flip(
                    weights[layer][j], float(biases[layer][j]), weights[layer + 1][:, j], entry
                )
                weights[layer][j], biases[layer][j], weights[layer + 1][:, j] = w, b, a
                biases[layer + 1] = biases[layer + 1] + c
            if entry.homogeneous:
                factor = rng.uniform(0.1, 10)
                weights[layer][j] *= factor
                biases[layer][j] *= factor
                weights[layer + 1][:, j] /= factor**entry.degree
            if entry.period:
                turns = int(rng.integers(-2, 3))
                biases[layer][j] += turns * entry.period
                weights[layer + 1][:, j] *= float(entry.turn) ** turns
        network = Network(network.activation, tuple(weights), tuple(biases))
        network = network.permuted(rng.permutation(size), layer)
    return network


@pytest.mark.parametrize("sizes", SHAPES)
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_a_disguised_network_is_the_same(sizes: tuple[int, ...], activation: str) -> None:
    for seed in range(3):
        net = teacher(sizes, activation, seed)
        other = disguised(net, seed + 100)
        report = match(net, other)
        assert report.max_weight_error is not None and report.max_weight_error < 1e-13
        # a degree multiplies the relative rounding of what a layer reads
        room = 1e-13 * max(1, ACTIVATIONS[activation].degree) ** (len(sizes) - 2)
        assert report.function_error is not None and report.function_error < room
        for layer, size in zip(report.layers, sizes[1:-1], strict=True):
            assert (layer.matched, layer.missing, layer.extra) == (size, 0, 0)
            assert layer.max_cosine_distance is not None and layer.max_cosine_distance < 1e-28
        assert report.aligned is not None
        for a, b in zip(net.weights, report.aligned.weights, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-13)


def exhaustive_error(net: Network, other: Network) -> float:
    """The smallest largest difference over all permutations and signs of one hidden layer."""
    size = net.sizes[1]
    flips = [1.0, -1.0] if ACTIVATIONS[net.activation].parity == -1 else [1.0]
    best = np.inf
    for order in permutations(range(size)):
        moved = other.permuted(np.array(order))
        for signs in product(flips, repeat=size):
            s = np.array(signs)
            error = max(
                np.abs(net.weights[0] - moved.weights[0] * s[:, None]).max(),
                np.abs(net.biases[0] - moved.biases[0] * s).max(),
                np.abs(net.weights[1] - moved.weights[1] * s).max(),
                np.abs(net.biases[1] - moved.biases[1]).max(),
            )
            best = min(best, float(error))
    return best


@pytest.mark.parametrize("activation", ["tanh", "g", "silu"])
def test_the_error_is_the_one_an_exhaustive_search_finds(activation: str) -> None:
    for seed in range(5):
        net = teacher((3, 4, 2), activation, seed)
        rng = np.random.default_rng(seed)
        nearby = Network(
            activation,
            tuple(w + 1e-3 * rng.standard_normal(w.shape) for w in net.weights),
            tuple(b + 1e-3 * rng.standard_normal(b.shape) for b in net.biases),
        )
        found = match(net, disguised(nearby, seed)).max_weight_error
        assert found == pytest.approx(exhaustive_error(net, disguised(nearby, seed)), rel=1e-9)


@pytest.mark.parametrize("activation", LINEAR)
def test_a_flipped_even_neuron_is_another_function(activation: str) -> None:
    net = teacher((3, 4, 1), activation)
    weights, biases = [w.copy() for w in net.weights], [b.copy() for b in net.biases]
    weights[0][2] *= -1
    biases[0][2] *= -1
    report = match(net, Network(activation, tuple(weights), tuple(biases)))
    assert report.max_weight_error == pytest.approx(
        2 * max(np.abs(net.weights[0][2]).max(), abs(net.biases[0][2]))
    )
    assert report.function_error is not None and report.function_error > 0.1
    # the vector is known up to its sign, and the sign is said
    assert report.layers[0].matched == 4
    assert report.layers[0].signs.tolist() == [1, 1, -1, 1]


@pytest.mark.parametrize("activation", FLIPPED)
def test_order_and_signs_are_reported(activation: str) -> None:
    net = teacher((3, 4, 2), activation)
    other = disguised(net, 5)
    layer = match(net, other).layers[0]
    for i, (j, sign) in enumerate(zip(layer.order, layer.signs, strict=True)):
        np.testing.assert_allclose(other.weights[0][j] * sign, net.weights[0][i], atol=1e-14)


def test_neurons_with_equal_incoming_vectors_are_told_apart_by_what_they_say() -> None:
    row = np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0 + 1e-9]])
    outgoing = np.array([[1.0, -2.0, 0.5], [0.3, 0.7, -4.0]])
    net = Network("tanh", (row, outgoing), (np.full(3, 0.5), np.zeros(2)))
    for order in permutations(range(3)):
        assert match(net, net.permuted(np.array(order))).max_weight_error == 0.0


def test_a_nearly_symmetric_neuron_takes_its_sign_from_the_outgoing_side() -> None:
    tiny = np.array([[1e-14, -1e-14], [1.0, 0.5]])
    net = Network("tanh", (tiny, np.array([[3.0, 1.0]])), (np.zeros(2), np.zeros(1)))
    # rounding turned the incoming sign, the outgoing weight says which neuron it is
    noisy = np.array([[-1e-15, 2e-15], [1.0, 0.5]])
    other = Network("tanh", (noisy, net.weights[1]), net.biases)
    error = match(net, other).max_weight_error
    assert error is not None and error < 1e-13


def test_missing_and_extra_neurons_are_counted_and_errors_are_null() -> None:
    net = teacher((3, 4, 2), "tanh")
    fewer = Network(
        "tanh", (net.weights[0][:3], net.weights[1][:, :3]), (net.biases[0][:3], net.biases[1])
    )
    less, more = match(net, fewer), match(fewer, net)
    counts = [(r.layers[0].matched, r.layers[0].missing, r.layers[0].extra) for r in (less, more)]
    assert counts == [(3, 1, 0), (3, 0, 1)]
    assert less.layers[0].order.tolist() == [0, 1, 2, -1]
    assert (less.max_weight_error, less.max_weight_error_identified, less.aligned) == (None,) * 3
    assert less.function_error is not None and less.function_error > 0.01


def test_duplicates_of_a_split_neuron_are_extra() -> None:
    net = teacher((3, 4, 1), "g")
    order = [0, 1, 2, 3, 1, 1]
    outgoing = net.weights[1][:, order] * np.array([1, 0.5, 1, 1, 0.2, 0.3])
    split = Network("g", (net.weights[0][order], outgoing), (net.biases[0][order], net.biases[1]))
    report = match(net, split)
    assert (report.layers[0].matched, report.layers[0].missing, report.layers[0].extra) == (4, 0, 2)
    assert report.function_error is not None and report.function_error < 1e-13


def test_an_unrelated_neuron_is_missing_and_extra() -> None:
    net = teacher((5, 4, 1), "g")
    weights = net.weights[0].copy()
    weights[1] = np.roll(weights[1], 1)
    report = match(net, Network("g", (weights, net.weights[1]), net.biases))
    layer = report.layers[0]
    assert (layer.matched, layer.missing, layer.extra) == (3, 1, 1)
    assert layer.max_cosine_distance is not None and layer.max_cosine_distance > 0.01


def test_length_counts_for_tanh_and_not_for_relu() -> None:
    for activation, matched in (("tanh", 3), ("relu", 4)):
        net = teacher((3, 4, 1), activation)
        weights, biases = net.weights[0].copy(), net.biases[0].copy()
        weights[0] *= 1.5
        biases[0] *= 1.5
        other = Network(activation, (weights, net.weights[1]), (biases, net.biases[1]))
        assert match(net, other).layers[0].matched == matched


def test_deep_networks_of_other_sizes_still_match_where_they_can() -> None:
    net = teacher((4, 5, 4, 2), "tanh")
    weights, biases = [w.copy() for w in net.weights], [b.copy() for b in net.biases]
    # one more neuron in layer 1 that says almost nothing
    weights[0] = np.vstack([weights[0], np.ones(4)])
    biases[0] = np.append(biases[0], 0.3)
    weights[1] = np.hstack([weights[1], np.full((4, 1), 1e-6)])
    other = disguised(Network("tanh", tuple(weights), tuple(biases)), 1)
    report = match(net, other)
    counts = [(layer.matched, layer.missing, layer.extra) for layer in report.layers]
    assert counts == [(5, 0, 1), (4, 0, 0)]
    assert report.max_weight_error is None


def test_other_depths_are_counted_layer_by_layer() -> None:
    deep, flat = teacher((3, 4, 2, 1), "tanh"), teacher((3, 4, 1), "tanh")
    counts = [(r.matched, r.missing, r.extra) for r in match(deep, flat).layers]
    assert counts[1] == (0, 2, 0) and len(counts) == 2
    counts = [(r.matched, r.missing, r.extra) for r in match(flat, deep).layers]
    assert counts[1] == (0, 0, 2) and len(counts) == 2


def test_constant_inputs_are_left_out_of_the_identified_error() -> None:
    net = teacher((5, 4, 2), "tanh")
    weights = net.weights[0].copy()
    weights[:, [1, 3]] = 0.0
    other = disguised(Network("tanh", (weights, net.weights[1]), net.biases), 3)
    assert untouched_inputs(other) == (1, 3)
    for unidentified in (None, (1, 3)):
        report = match(net, other, unidentified)
        assert report.max_weight_error_identified is not None
        assert report.max_weight_error_identified < 1e-14
        assert report.max_weight_error == pytest.approx(np.abs(net.weights[0][:, [1, 3]]).max())
    strict = match(net, other, ())
    assert strict.max_weight_error == strict.max_weight_error_identified


def test_function_error_is_relative_to_the_spread_of_the_answers() -> None:
    net = teacher((3, 4, 2), "tanh")
    shift = np.array([0.0, 0.25])
    other = Network("tanh", net.weights, (net.biases[0], net.biases[1] + shift))
    x = np.random.default_rng(7).standard_normal((200_000, 3))
    expected = 0.25 / net(x)[:, 1].std()
    assert match(net, other).function_error == pytest.approx(expected, rel=0.02)


def test_the_output_bias_counts() -> None:
    net = teacher((3, 4, 2), "sigmoid")
    other = Network("sigmoid", net.weights, (net.biases[0], net.biases[1] + 0.1))
    assert match(net, disguised(other, 0)).max_weight_error == pytest.approx(0.1)


@pytest.mark.parametrize("size", [1e-200, 1e150])
def test_extreme_numbers_give_numbers_or_null(size: float) -> None:
    net = teacher((3, 4, 2), "relu")
    other = Network("relu", (net.weights[0] * size, net.weights[1]), net.biases)
    for pair in ((net, other), (other, net), (other, other)):
        report = match(*pair).as_json()
        numbers = [report["max_weight_error"], report["function_error"]]
        assert all(value is None or np.isfinite(value) for value in numbers)


def test_the_json_object_is_the_contracts() -> None:
    net = teacher((3, 4, 2), "tanh")
    facts = match(net, disguised(net, 1)).as_json()
    assert set(facts) == {
        "layers",
        "max_weight_error",
        "max_weight_error_identified",
        "function_error",
        "teacher_reducible",
    }
    assert set(facts["layers"][0]) == {"matched", "missing", "extra", "max_cosine_distance"}
    assert all(type(facts["layers"][0][key]) is int for key in ("matched", "missing", "extra"))
    assert type(facts["max_weight_error"]) is float


def test_another_activation_or_no_hidden_layer_is_no_error() -> None:
    net = teacher((3, 4, 2), "tanh")
    report = match(net, teacher((3, 4, 2), "relu", 1))
    assert report.max_weight_error is not None and report.max_weight_error > 0.1
    flat = Network("tanh", (np.ones((2, 3)),), (np.zeros(2),))
    assert match(flat, flat).max_weight_error == 0.0 and match(net, flat).layers[0].missing == 4


def test_networks_for_other_questions_are_refused() -> None:
    net = teacher((3, 4, 2), "tanh")
    with pytest.raises(InputError, match="3 and 4 inputs, 2 and 2 outputs"):
        match(net, teacher((4, 4, 2), "tanh"))
    with pytest.raises(InputError, match="2 and 1 outputs"):
        match(net, teacher((3, 4, 1), "tanh"))


def test_a_relu_that_never_fires_is_named() -> None:
    """The two neurons of this teacher's third layer that stayed silent for 5 million inputs."""
    teacher = make_teacher("synthetic", sizes=(6, 4, 4, 4, 2), activation="relu", seed=2).network
    smaller = Network(
        "relu",
        (*teacher.weights[:2], teacher.weights[2][[0, 3]], teacher.weights[3][:, [0, 3]]),
        (*teacher.biases[:2], teacher.biases[2][[0, 3]], teacher.biases[3]),
    )
    report = match(teacher, smaller)
    assert report.function_error == 0.0
    (sentence,) = report.teacher_reducible
    assert sentence.startswith("2 neurons of hidden layer 3 never fire on 10,000 inputs")
    assert match(smaller, smaller).teacher_reducible == ()
    leaky = replace(teacher, activation="leaky_relu")
    assert match(leaky, leaky).teacher_reducible == ()


def test_a_reducible_teacher_is_named() -> None:
    net = Network("tanh", (np.eye(2), np.ones((1, 2))), (np.ones(2), np.zeros(1)))
    twins = Network("tanh", (np.ones((2, 2)), np.ones((1, 2))), (np.ones(2), np.zeros(1)))
    dead = Network("tanh", (np.eye(2), np.array([[1.0, 0.0]])), (np.ones(2), np.zeros(1)))
    assert match(net, net).teacher_reducible == ()
    assert "equal up to symmetry" in match(twins, net).as_json()["teacher_reducible"][0]
    assert match(dead, net).teacher_reducible == ("1 neuron of hidden layer 1 has no effect.",)
