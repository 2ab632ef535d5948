"""Probe sets: scaling there and back, splitting, precision, and refusals."""

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ec_core.errors import InputError
from ec_core.networks.network import Network
from ec_core.probing import probes as module
from ec_core.probing.precision import stored
from ec_core.probing.probes import make_probes, save_answers
from ec_core.probing.tables import contents, load_answers, opening, parse_answers


def network(seed: int = 0, inputs: int = 4, outputs: int = 2) -> Network:
    rng = np.random.default_rng(seed)
    return Network(
        "tanh",
        (rng.standard_normal((5, inputs)), rng.standard_normal((outputs, 5))),
        (rng.standard_normal(5), rng.standard_normal(outputs)),
    )


SCALE, PLACE = np.array([1e-3, 1.0, 50.0, 0.0]), np.array([0.02, -3.0, 400.0, 7.0])


def awkward_inputs(seed: int = 0) -> np.ndarray:
    """Features of very different sizes and places, the last of them constant."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.standard_normal((200, 4)) * SCALE + PLACE)


def fitting_network(seed: int = 0) -> Network:
    """A network that does not saturate on ``awkward_inputs``."""
    net = network(seed)
    weight = net.weights[0] / np.where(SCALE > 0, SCALE, 1.0)
    return Network(
        "tanh", (weight, net.weights[1]), (net.biases[0] - weight @ PLACE, net.biases[1])
    )


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000))
def test_a_network_survives_standardising_and_mapping_back(seed: int) -> None:
    x, net = awkward_inputs(seed), fitting_network(seed)
    probes = make_probes(x, net(x), seed)
    back = probes.to_original(probes.to_standard(net))
    assert probes.unidentified_inputs == (3,)
    expected = [w.copy() for w in net.weights]
    # what a weight makes of an input that is always 7 is part of the bias
    bias = net.biases[0] + 7.0 * expected[0][:, 3]
    expected[0][:, 3] = 0.0
    np.testing.assert_allclose(back.weights[0], expected[0], rtol=1e-12)
    np.testing.assert_allclose(back.weights[1], expected[1], rtol=1e-12)
    # the size of what is added and taken away again sets the scale of the bias's rounding
    size = np.abs(bias) + np.abs(net.weights[0]) @ np.abs(probes.x_mean)
    assert np.all(np.abs(back.biases[0] - bias) <= 1e-12 * size)


def test_students_and_teacher_answer_alike_in_their_own_coordinates() -> None:
    x, net = awkward_inputs(), fitting_network()
    probes = make_probes(x, net(x))
    standard = probes.to_standard(net)
    assert standard.sizes == (3, 5, 2)
    np.testing.assert_allclose(standard(probes.inputs), probes.answers, atol=1e-11)
    np.testing.assert_allclose(
        standard(probes.standard_inputs(probes.x_heldout)),
        probes.standard_answers(probes.y_heldout),
        atol=1e-11,
    )


def test_standardised_probes_have_mean_zero_and_deviation_one() -> None:
    x, net = awkward_inputs(), fitting_network()
    probes = make_probes(x, net(x))
    for values in (probes.inputs, probes.answers):
        np.testing.assert_allclose(values.mean(axis=0), 0.0, atol=1e-11)
        np.testing.assert_allclose(values.std(axis=0), 1.0, rtol=1e-12)
    assert probes.inputs.shape == (160, 3) and probes.x.shape == (160, 4)
    assert (probes.x_mean[3], probes.x_scale[3]) == (0.0, 1.0)


def test_every_probe_is_learnt_from_or_held_out_and_the_seed_decides() -> None:
    x, net = awkward_inputs(), fitting_network()
    y = net(x)
    first, again, other = make_probes(x, y, 1), make_probes(x, y, 1), make_probes(x, y, 2)
    together = np.concatenate([first.x, first.x_heldout])
    assert np.array_equal(np.sort(together, axis=0), np.sort(x, axis=0))
    assert len(first.x_heldout) == 40
    assert np.array_equal(first.x_heldout, again.x_heldout)
    assert not np.array_equal(first.x_heldout, other.x_heldout)


def test_the_only_row_that_moves_a_feature_is_learnt_from() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 2))
    x[:, 1] = 0.0
    for row in range(50):
        moved = x.copy()
        moved[row, 1] = 1.0
        probes = make_probes(moved, moved[:, :1] + moved[:, 1:], seed=0)
        assert probes.unidentified_inputs == ()
        assert len(probes.x) + len(probes.x_heldout) == 50


def test_one_constant_output_among_others_is_kept() -> None:
    x = np.random.default_rng(0).standard_normal((30, 2))
    y = np.column_stack([x[:, 0], np.full(30, 3.5)])
    probes = make_probes(x, y)
    assert probes.y_scale[1] == 1.0 and np.array_equal(probes.answers[:, 1], np.zeros(24))


def test_small_features_and_answers_are_not_taken_for_constants() -> None:
    x = 1e-20 * np.random.default_rng(0).standard_normal((30, 2))
    probes = make_probes(x, np.sin(1e20 * x[:, :1]) * 1e-18)
    assert probes.unidentified_inputs == ()
    np.testing.assert_allclose(probes.answers.std(), 1.0)


def test_flat_arrays_and_whole_numbers_are_columns_of_numbers() -> None:
    probes = make_probes(np.arange(10), np.arange(10) ** 2)
    assert probes.x.shape == (8, 1) and probes.y.dtype == np.float64


ROUNDINGS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "float32": lambda y: y.astype(np.float32).astype(np.float64),
    "6 decimals": lambda y: np.round(y, 6),
    "10 decimals": lambda y: np.round(y, 10),
    "5 significant digits": np.vectorize(lambda v: float(f"{v:.4e}")),
}


@pytest.mark.parametrize("case", sorted(ROUNDINGS))
@pytest.mark.parametrize("size", [1e-4, 1.0, 300.0])
def test_precision_is_the_rounding_error_really_made(case: str, size: float) -> None:
    exact = size * np.random.default_rng(0).standard_normal((4000, 2))
    rounded = ROUNDINGS[case](exact)
    scale = exact.std(axis=0)
    made = np.mean(((rounded - exact) / scale) ** 2)
    assert stored(rounded, scale).error == pytest.approx(made, rel=0.15)


@pytest.mark.parametrize("size", [1e-12, 1e-5, 1.0, 1e5])
def test_full_float64_shows_no_rounding(size: float) -> None:
    y = size * np.random.default_rng(0).standard_normal((50, 1))
    assert stored(y, y.std(axis=0)).error < 1e-25
    probes = make_probes(np.arange(50.0), y)
    assert probes.floor == module.ROUNDING_FLOOR


def test_huge_answers_do_not_trip_over_float32() -> None:
    y = 1e60 * np.random.default_rng(0).standard_normal((50, 1))
    assert stored(y, y.std(axis=0)).error < 1e-25


X = np.random.default_rng(1).standard_normal((20, 3))
Y = np.random.default_rng(2).standard_normal((20, 2))
WITH_NAN = X.copy()
WITH_NAN[3:14, 1] = np.nan
REFUSED = {
    "NaN in most rows": (
        WITH_NAN,
        Y,
        r"11 of 20 rows have missing values \(NaN; column 2 of x in 11\); expected at most half",
    ),
    "infinite answer": (X, np.where(Y[0, 0] == Y, np.inf, Y), "y holds NaN or infinity in 1 of 20"),
    "lengths": (X, Y[:19], "20 questions and 19 answers"),
    "zero probes": (X[:0], Y[:0], "x is empty"),
    "no features": (X[:, :0], Y, "x is empty"),
    "too few": (X[:4], Y[:4], "expected at least 5"),
    "three axes": (X[None], Y, r"x has shape \(1, 20, 3\)"),
    "words": (X.astype(str), Y, "x has shape .* and type <U"),
    "complex": (X, Y + 1j, "y has shape .* complex"),
    "constant answers": (X, np.full((20, 2), 0.1), "All answers are the same"),
    "constant but for rounding": (X, 0.1 + 1e-16 * Y, "All answers are the same"),
    "no input varies": (np.ones((20, 3)), Y, "No input varies"),
    "too large": (X, 1e200 * Y, "expected none above"),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_useless_probes_are_refused(case: str) -> None:
    x, y, expected = REFUSED[case]
    with pytest.raises(InputError, match=expected):
        make_probes(x, y)


def test_logits_that_only_once_sum_to_one_are_fine() -> None:
    y = np.abs(Y)
    y[0] = [0.25, 0.75]
    probes = make_probes(X, y)
    assert len(probes.y) + len(probes.y_heldout) == len(y)
    assert probes.output.kind == "logits"
    # all rows of them are probabilities
    assert make_probes(X, y / y.sum(axis=1, keepdims=True)).output.kind == "softmax"


def test_probe_files_survive_a_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "probes.npz"
    save_answers(X, Y, path)
    x, y = load_answers(path)
    assert np.array_equal(x, X) and np.array_equal(y, Y)
    np.savez(path, x=X, y=Y, more=np.ones(3))
    assert np.array_equal(load_answers(path)[0], X)


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def npy(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=True)
    return buffer.getvalue()


class Bomb:
    """Goes off when unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (pytest.fail, ("a pickle was loaded",))


GOOD = npy(np.ones((3, 2)))
LYING = npy(np.ones((3, 2))).replace(b"(3, 2), ", b"(3, 2000000000000), ".ljust(8))
BROKEN = {
    "empty": (b"", "not an .npz archive"),
    "plain pickle": (pickle.dumps({"x": 1}), "not an .npz archive"),
    "noise": (b"PK\x03\x04" + b"\x00" * 100, "not an .npz archive"),
    "npy": (GOOD, "2 columns without names"),
    "truncated": (archive(x=GOOD, y=GOOD)[:-30], "not an .npz archive"),
    "no y": (archive(x=GOOD), "holds x; expected the arrays x and y"),
    "objects": (archive(x=npy(np.array([Bomb()], dtype=object)), y=GOOD), "are never opened"),
    "pickle inside": (archive(x=pickle.dumps(Bomb()), y=GOOD), "without pickle"),
    "shape that lies": (archive(x=LYING, y=GOOD), "without pickle"),
}


@pytest.mark.parametrize("case", sorted(BROKEN))
def test_broken_probe_files_are_refused(case: str) -> None:
    data, expected = BROKEN[case]
    with pytest.raises(InputError, match=expected):
        parse_answers(data)


def test_a_zip_bomb_is_refused_before_it_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    data = archive(x=GOOD, y=b"\x00" * 3_000_000)
    assert len(data) < 10_000
    monkeypatch.setattr(contents, "MAX_UNPACKED_BYTES", 2_000_000)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(InputError, match="the limit is"):
        parse_answers(data)


def test_missing_and_large_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="Cannot read"):
        load_answers(tmp_path / "missing.npz")
    path = tmp_path / "probes.npz"
    save_answers(X, Y, path)
    monkeypatch.setattr(opening, "MAX_FILE_BYTES", 10)
    with pytest.raises(InputError, match="the limit is"):
        load_answers(path)
