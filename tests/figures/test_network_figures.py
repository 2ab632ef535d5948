"""Diagram, alignment, weight table, activation, surface and difference."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from plotly.colors import hex_to_rgb, sample_colorscale

from ec_core.errors import InputError
from ec_core.figures import (
    DARK,
    LIGHT,
    activation_curve,
    alignment_bars,
    function_difference,
    function_surface,
    network_diagram,
    weight_table_heat,
)
from ec_core.figures.alignment import neuron_errors
from ec_core.figures.log_axis import HEIGHT_FLOOR
from ec_core.figures.network import MAX_NEURONS, WIDTHS
from ec_core.figures.theme import Theme
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.network import Network
from ec_core.verify.match import match
from tests.figures import samples

NET = samples.network(3, 5, 2)


def moved(network: Network, size: float, seed: int = 1) -> Network:
    rng = np.random.default_rng(seed)
    return replace(
        network,
        weights=tuple(w + size * rng.standard_normal(w.shape) for w in network.weights),
        biases=tuple(b.copy() for b in network.biases),
    )


def test_diagram_draws_every_weight_once_by_sign() -> None:
    fig = network_diagram(NET)
    for sign, name, colour in ((1, "positive", LIGHT.positive), (-1, "negative", LIGHT.negative)):
        traces = [trace for trace in fig.data if trace.name == name]
        drawn = sum(len(samples.pieces(trace.x)) for trace in traces)
        assert drawn == sum(int((sign * w > 0).sum()) for w in NET.weights)
        rgb = ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
        assert all(rgb in trace.line.color for trace in traces)
        assert {trace.line.dash == "solid" for trace in traces} == {sign > 0}
        assert {trace.line.width for trace in traces} <= set(WIDTHS)
    texts = samples.named(fig, "weights").text
    assert len(texts) == 25
    assert "input 1 → neuron 1<br>weight 0.1257" in texts[0]
    assert "3 inputs" in samples.words(fig) and "5 neurons" in samples.words(fig)


def test_diagram_of_wide_layers_is_shortened() -> None:
    fig = network_diagram(samples.network(64, 200, 1))
    nodes = [trace for trace in fig.data if trace.name == "neurons"]
    assert [len(trace.x) for trace in nodes] == [MAX_NEURONS - 1, MAX_NEURONS - 1, 1]
    assert samples.words(fig).count("⋮") == 2
    assert "neuron 200" in nodes[1].text[-1]
    assert "64 inputs" in samples.words(fig) and "1 output" in samples.words(fig)


def test_diagram_of_sizes_names_and_weights() -> None:
    fig = network_diagram((2, 3, 1), labels=["alcohol", "ash"], outputs=["price"])
    assert {"alcohol", "ash", "price"} <= {note.text for note in fig.layout.annotations}
    network_diagram((2, 3, 1), weights=[np.zeros((3, 2)), np.ones((1, 3))]).to_json()
    with pytest.raises(InputError, match="sizes"):
        network_diagram((2, 3, 1), weights=[np.zeros((3, 3)), np.ones((1, 3))])


def test_alignment_shows_each_neurons_largest_error() -> None:
    other = moved(NET, 1e-12)
    other.biases[0][2] += 1e-4
    report = match(NET, other.permuted(np.array([4, 0, 3, 1, 2])))
    assert report.aligned is not None
    errors = neuron_errors(NET, report.aligned)
    slow = [
        max(
            abs(NET.biases[0][i] - other.biases[0][i]),
            *np.abs(NET.weights[0][i] - other.weights[0][i]),
        )
        for i in range(5)
    ]
    assert np.allclose(errors, slow, rtol=1e-12, atol=0)
    fig = alignment_bars(report, NET)
    dots = samples.named(fig, "error")
    assert np.allclose(np.asarray(dots.y), errors)
    assert list(dots.marker.symbol).count("diamond-open") == 1
    assert fig.layout.yaxis.type == "log"
    # permuted(order) puts old neuron order[i] at place i: neuron 1 went to place 2
    assert "is recovered neuron 2" in dots.text[0]


def test_alignment_of_exact_and_of_unequal_networks() -> None:
    dots = samples.named(alignment_bars(match(NET, NET), NET), "error")
    assert set(np.asarray(dots.y)) == {HEIGHT_FLOOR} and "error 0" in dots.text[0]
    fig = alignment_bars(match(NET, samples.network(3, 6, 2)), NET)
    assert len(fig.data) == 0 and "sizes differ" in samples.words(fig)


def test_alignment_leaves_out_unidentified_inputs() -> None:
    other = replace(NET, weights=(NET.weights[0].copy(), NET.weights[1]))
    other.weights[0][:, 1] = 0.0
    assert neuron_errors(NET, other).max() > 0
    assert neuron_errors(NET, other, unidentified=(1,)).max() == 0


def test_weight_table_stands_side_by_side() -> None:
    other = moved(NET, 1e-9)
    fig = weight_table_heat(NET, other, unidentified=(2,))
    ours, theirs, gap = (samples.named(fig, n) for n in ("the teacher", "recovered", "difference"))
    assert np.array_equal(np.asarray(ours.z)[:, :3], NET.weights[0])
    assert np.array_equal(np.asarray(theirs.z)[:, 3], other.biases[0])
    assert (ours.zmin, ours.zmax) == (theirs.zmin, theirs.zmax) and ours.zmin == -ours.zmax
    expected = np.log10(np.abs(NET.weights[0] - other.weights[0]))
    assert np.allclose(np.asarray(gap.z)[:, :2], expected[:, :2])
    assert np.isnan(np.asarray(gap.z)[:, 2]).all()
    assert np.allclose(np.asarray(gap.z)[:, 3], np.log10(HEIGHT_FLOOR)), "biases are equal"
    assert list(ours.customdata[1][3][:2]) == ["neuron 2", "bias"]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_printed_weights_can_be_read_on_their_colours(theme: Theme) -> None:
    weights = np.linspace(-1, 1, 16 * 4).reshape(16, 4)
    net = Network("tanh", (weights, np.ones((1, 16))), (np.zeros(16), np.zeros(1)))
    fig = weight_table_heat(net, net, theme)
    (numbers, _) = (trace for trace in fig.data if trace.name == "numbers")
    ground = sample_colorscale(theme.signed, (np.append(weights, 0) + 1) / 2)
    shown = dict(zip(np.append(weights, 0).tolist(), ground, strict=True))

    def light(colour: str) -> float:
        parts = re.findall(r"[\d.]+", colour) if colour.startswith("rgb") else hex_to_rgb(colour)
        shares = [float(part) / 255 for part in parts]
        bent = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
        return 0.2126 * bent[0] + 0.7152 * bent[1] + 0.0722 * bent[2]

    cells = np.column_stack([weights, np.zeros(16)]).ravel()
    for value, ink in zip(cells, numbers.textfont.color, strict=True):
        dark, bright = sorted((light(shown[float(value)]), light(ink)))
        assert (bright + 0.05) / (dark + 0.05) > 3.9


def test_weight_table_of_wide_layers_prints_no_numbers() -> None:
    wide = samples.network(64, 32, 10)
    fig = weight_table_heat(wide, wide)
    assert [trace.type for trace in fig.data] == ["heatmap"] * 3
    with pytest.raises(InputError, match="equal sizes"):
        weight_table_heat(wide, NET)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_dots_of_the_identity_lie_on_the_mirrored_curve(name: str) -> None:
    fig = activation_curve(name)
    curve, mirror = (
        samples.named(fig, "s(z)"),
        samples.named(fig, "s(6−z)" if name == "relu6" else "s(−z)"),
    )
    assert np.allclose(np.asarray(curve.y)[::-1], np.asarray(mirror.y), atol=1e-12)
    dots = [trace for trace in fig.data if trace.name == "identity"]
    assert len(dots) == (ACTIVATIONS[name].parity != 0)
    for trace in dots:
        at = np.searchsorted(np.asarray(mirror.x), np.asarray(trace.x))
        assert np.allclose(np.asarray(mirror.y)[at], np.asarray(trace.y), atol=1e-12)
    assert name in samples.words(fig)


def test_surface_is_the_networks_answer() -> None:
    net = samples.network(2, 4, 2)
    fig = function_surface(net, output=1, limits=(-1.0, 2.0, -3.0, 0.5))
    surface = samples.named(fig, "answer")
    x, y, z = (np.asarray(getattr(surface, axis)) for axis in "xyz")
    assert (x[0], x[-1], y[0], y[-1]) == (-1.0, 2.0, -3.0, 0.5)
    assert z[5, 60] == pytest.approx(net(np.array([[x[60], y[5]]]))[0, 1])
    assert len(samples.named(fig, "neurons").x) > 0
    assert len(function_surface(net, lines=False).data) == 1


def test_difference_is_logarithmic_and_bounded_below() -> None:
    net = samples.network(2, 4, 1)
    other = replace(net, biases=(net.biases[0], net.biases[1] + 1e-6))
    z = np.asarray(samples.named(function_difference(net, other), "difference").z)
    assert np.allclose(z, -6, atol=1e-3)
    fig = function_difference(net, net)
    assert np.allclose(np.asarray(fig.data[0].z), np.log10(HEIGHT_FLOOR))
    assert "<b>0</b>" in samples.words(fig)


def test_surfaces_refuse_what_they_cannot_draw() -> None:
    with pytest.raises(InputError, match="two inputs; got 3"):
        function_surface(NET)
    with pytest.raises(InputError, match="no output 4"):
        function_surface(samples.network(2, 2, 1), output=4)
    constant = Network("relu", (np.zeros((1, 2)), np.zeros((1, 1))), (np.zeros(1), np.zeros(1)))
    function_surface(constant).to_json()
