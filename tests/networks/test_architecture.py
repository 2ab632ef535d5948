"""Which layer reads what, and where: counted against the definition of phi."""

from __future__ import annotations

import pytest

from ec_core.networks.architecture import Architecture

SIZES = [(2, 3, 1), (4, 3, 5, 2), (2, 4, 3, 5, 1)]


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
def test_columns_and_bias_share_out_what_a_layer_reads(sizes: tuple[int, ...], skip: bool) -> None:
    shape = Architecture(sizes, "gelu", skip)
    for layer in range(len(sizes) - 1):
        columns = list(range(shape.features(layer)))
        held = [columns[shape.columns(layer, j)] for j in reversed(shape.sources(layer))]
        assert [len(part) for part in held] == [sizes[j] for j in reversed(shape.sources(layer))]
        # (h_l, 1, h_{l-1}, …, x)
        past = [column for part in held[1:] for column in part]
        assert [*held[0], shape.bias(layer), *past] == columns
        assert len(held) == (layer + 1 if skip else 1)


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
def test_readers_are_the_inverse_of_sources(sizes: tuple[int, ...], skip: bool) -> None:
    shape = Architecture(sizes, "gelu", skip)
    layers = range(len(sizes) - 1)
    for source in layers:
        assert list(shape.readers(source)) == [m for m in layers if source in shape.sources(m)]


def test_with_hidden_changes_the_hidden_sizes_only() -> None:
    shape = Architecture((5, 6, 2), "tanh", True).with_hidden(3)
    assert shape == Architecture((5, 3, 2), "tanh", True)
