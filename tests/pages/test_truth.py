"""A true network brought to a run of answers: compared, kept, and seen by no recovery."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import safetensors.numpy
from streamlit.testing.v1 import AppTest

from ec_core.errors import InputError
from ec_core.networks.files import network_bytes
from ec_core.networks.network import Network
from ec_core.networks.reading import open_model
from ec_core.networks.writers import exported
from ec_core.probing.presets import make_teacher
from ec_core.runs import loading, results, shelf, truth, work
from ec_core.runs.run import Run
from pages.shell.process import board

Opener = Callable[..., AppTest]
TEACHER = make_teacher("planar", seed=1).network


@pytest.fixture
def run(answers_only: Run) -> Iterator[Run]:
    """Answers of TEACHER, recovered; nothing is brought when it is over."""
    yield answers_only
    truth.take_away(answers_only)


def test_it_is_compared_and_goes_with_the_run(run: Run) -> None:
    assert results.of(run).match is None and "match" not in results.report(run)
    truth.attach(run, network_bytes(TEACHER), "true.safetensors")
    compared = results.of(run).match
    assert compared is not None and compared.max_weight_error is not None
    assert compared.max_weight_error < 1e-12
    assert results.report(run)["match"]["max_weight_error"] == compared.max_weight_error
    copy = shelf.taken_in(shelf.exported(run), "x.ecrun")
    there = results.of(copy).match
    assert there is not None and there.max_weight_error == compared.max_weight_error
    truth.take_away(run)
    assert results.of(run).match is None


def test_weights_alone_in_another_format(run: Run) -> None:
    """Nothing is asked: what the file leaves open is taken as it fits."""
    truth.attach(run, exported(TEACHER, "true.pt"), "true.pt")
    compared = results.of(run).match
    assert compared is not None and compared.max_weight_error is not None
    assert compared.max_weight_error < 1e-12


def test_of_square_matrices_the_layout_that_fits_is_taken(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    weights = tuple(rng.standard_normal((2, 2)) for _ in range(2))
    square = Network("tanh", weights, (np.ones(2), np.ones(2)))
    turned = Network("tanh", tuple(w.T for w in weights), square.biases)
    names = {"0.weight": weights[0].T, "0.bias": np.ones(2)}
    names |= {"2.weight": weights[1].T, "2.bias": np.ones(2)}

    data = safetensors.numpy.save({k: np.ascontiguousarray(v) for k, v in names.items()})
    file = open_model(data, "square.safetensors")
    ways = [way.network for way in truth._ways(file, square)]  # type: ignore[arg-type]
    assert any(np.array_equal(way.weights[0], turned.weights[0]) for way in ways)


@pytest.mark.parametrize(
    ("network", "says"),
    [
        (make_teacher("synthetic", sizes=(3, 2, 1), seed=0).network, "3 inputs and 1 outputs"),
        (None, "wrong"),
    ],
)
def test_what_is_no_such_network_is_a_sentence(
    run: Run, network: Network | None, says: str
) -> None:
    data = b"nothing" if network is None else network_bytes(network)
    with pytest.raises(InputError, match=None if network is None else says):
        truth.attach(run, data, "wrong.safetensors")
    assert truth.attached(run) is None and not run.stored.has(truth.PART)


def test_of_two_who_bring_one_the_later_is_told(run: Run) -> None:
    truth.attach(run, network_bytes(TEACHER), "first.safetensors")
    with pytest.raises(InputError, match="Somebody has brought first.safetensors"):
        truth.attach(run, network_bytes(TEACHER), "second.safetensors")
    brought = truth.attached(run)
    assert brought is not None and brought.name == "first.safetensors"


def test_a_run_that_has_its_teacher_takes_none(planar: Run) -> None:
    with pytest.raises(InputError, match="has its teacher"):
        truth.attach(planar, network_bytes(TEACHER), "true.safetensors")


def test_no_recovery_sees_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answers once more, with another network brought as their truth, which may not be
    read while it is at work: the arrays are the same to the last bit.
    """
    again = Run.create(run.source(), run.settings())
    again.stored.save_network(truth.PART, make_teacher("planar", seed=2).network)
    again.stored.save_json(truth.PART, {"name": "other", "namings": []})
    read: list[str] = []
    plain = type(again.stored).load_network

    def noted(stored: object, part: str) -> Network:
        read.append(part)
        return plain(stored, part)  # type: ignore[arg-type]

    monkeypatch.setattr(type(again.stored), "load_network", noted)
    job = work.start_whole(board(), again)
    assert job.wait(120) and job.snapshot().error is None
    assert truth.PART not in read
    np.testing.assert_array_equal(again.ensemble().theta, run.ensemble().theta)
    for name in ("weights", "biases"):
        mine, first = (getattr(one.reconstruction().network, name) for one in (again, run))
        for a, b in zip(mine, first, strict=True):
            np.testing.assert_array_equal(a, b)
    assert loading.source(loading.store().root, again.id).network is None


def test_on_the_page(open_page: Opener, run: Run) -> None:
    app = open_page("compare", run)
    assert app.get("file_uploader") and not any(b.key == "truth_away" for b in app.button)
    truth.attach(run, network_bytes(TEACHER), "true.safetensors")
    app.run()
    assert not app.exception and not app.error
    app.button(key="truth_away").click().run()
    assert not app.exception and truth.attached(run) is None
