"""Models at an address: every question is asked once, whatever happens on the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ec_core as ec
from ec_core.errors import InputError
from ec_core.probing import Asker
from ec_core.probing.remote import from_address
from ec_core.probing.remote.client import Client
from ec_core.probing.remote.hosts import Hosts
from tests.probing.remote.server import ModelServer, Said, said

ROOT = Path(__file__).resolve().parents[3]
RNG = np.random.default_rng(5)
W, B, V = RNG.standard_normal((3, 4)), RNG.standard_normal(3), RNG.standard_normal((2, 3))
X = RNG.standard_normal((600, 4))


def tanh_model(x: np.ndarray) -> np.ndarray:
    """Two answers to questions (N, 4), the same to the last bit however many are asked at once."""
    hidden = np.tanh((x.astype(np.float64)[:, None, :] * W).sum(axis=2) + B)
    return np.asarray((hidden[:, None, :] * V).sum(axis=2))


def test_json_and_binary_give_the_same_answers_and_each_question_is_asked_once(
    tmp_path: Path,
) -> None:
    for binary in (False, True):
        with ModelServer(tanh_model, binary=binary) as server:
            model = from_address(server.url, keep=tmp_path / str(binary))
            assert model.inputs == 4
            assert np.array_equal(model(X), tanh_model(X))
            again = from_address(server.url + "/infer", keep=tmp_path / str(binary))
            assert np.array_equal(again(X[::-1]), tanh_model(X[::-1]))
            assert set(server.questions.values()) == {1} and len(server.questions) == len(X)
            assert model.facts() == {"questions": 600, "questions_kept": 0}
            assert again.facts() == {"questions": 0, "questions_kept": 600}
            kinds = {headers.get("content-type") for method, _, headers in server.requests}
            assert ("application/octet-stream" in kinds) == binary


def test_short_inputs_are_rounded_before_they_are_asked_and_learnt_from(tmp_path: Path) -> None:
    with ModelServer(tanh_model, datatype="FP32") as server:
        asker = Asker(from_address(server.url, keep=tmp_path), first=50)
        probes = asker(50)
        assert np.array_equal(asker.x, asker.x.astype(np.float32))
        expected = tanh_model(probes.x.astype(np.float32))
        assert np.abs(probes.y - expected).max() < 1e-6


def test_a_server_killed_in_the_middle_is_waited_for_and_asked_nothing_twice(
    tmp_path: Path,
) -> None:
    said_so: list[str] = []
    waits = 0

    def wait(seconds: float) -> None:
        nonlocal waits
        waits += 1
        if not server.running and waits >= 3:
            server.start()

    with ModelServer(tanh_model) as server:
        server.break_at = 200
        model = from_address(
            server.url, keep=tmp_path, batch=64, inputs=4, say=said_so.append, wait=wait
        )
        assert np.array_equal(model(X), tanh_model(X))
        assert set(server.questions.values()) == {1} and len(server.questions) == len(X)
    assert waits >= 3 and any("cannot be reached" in sentence for sentence in said_so)


@pytest.mark.long
def test_a_recovery_through_an_address(tmp_path: Path) -> None:
    with ModelServer(tanh_model, binary=True) as server:
        model = from_address(server.url, keep=tmp_path)
        found = ec.recover(model, activation="tanh", hidden_layers=1, students=4)
        assert found.report["verified"] and found.report["sizes"] == [4, 3, 2]
        assert found.report["questions"] == sum(server.questions.values())
        assert found.report["questions_kept"] == 0
        before = len(server.requests)
        again = ec.recover(
            from_address(server.url, keep=tmp_path), activation="tanh", hidden_layers=1, students=4
        )
        assert again.report["questions"] == 0
        assert again.report["questions_kept"] == found.report["questions"]
        assert all("infer" not in path for _, path, _ in server.requests[before:])
        assert np.array_equal(again.network.weights[0], found.network.weights[0])


def test_a_budget_is_kept_to(tmp_path: Path) -> None:
    with ModelServer(tanh_model, most=8) as server:
        model = from_address(server.url, keep=tmp_path, questions=70)
        asker = Asker(model, first=2000)
        asker(asker.first)
        assert len(asker(5000).x) + len(asker(5000).x_heldout) == 70
        assert sum(server.questions.values()) == 70
        with pytest.raises(InputError, match="70 of 70 questions have been asked"):
            model(X)


def test_a_rate_is_kept_to(tmp_path: Path) -> None:
    waited: list[float] = []
    with ModelServer(tanh_model) as server:
        model = from_address(server.url, keep=tmp_path, rate=10.0, wait=waited.append)
        model.meter.clock = lambda: sum(waited)  # a clock that only waiting moves
        model(X[:45])
        posts = [path for method, path, _ in server.requests if method == "POST"]
    assert len(posts) == 5 and sum(waited) == pytest.approx(4.0)


def test_the_number_of_inputs_is_found_by_asking(tmp_path: Path) -> None:
    with ModelServer(lambda x: np.tanh(x @ W.T) @ V.T, inputs=None) as server:
        model = from_address(server.url, keep=tmp_path)
        assert model.inputs == 4 and model.meter.asked <= 4
        assert from_address(server.url, keep=tmp_path).meter.asked == 0
    # a single weight per input stretches over questions of one number
    with (
        ModelServer(tanh_model, inputs=None) as server,
        pytest.raises(InputError, match="1 and of"),
    ):
        from_address(server.url, keep=tmp_path)


def test_too_large_a_batch_is_halved(tmp_path: Path) -> None:
    with ModelServer(tanh_model, most=50) as server:
        assert np.array_equal(from_address(server.url, keep=tmp_path)(X), tanh_model(X))
        assert len(server.questions) == len(X)


BAD = (b"NaN", b"Infinity", b"null", b'"nan"', b"1e200")


@pytest.mark.parametrize("bad", BAD)
def test_an_answer_that_is_no_number_loses_none_of_the_others(tmp_path: Path, bad: bytes) -> None:
    """The good ones are kept and learnt from, and no question of the batch is asked again."""

    def odd(method: str, path: str, body: bytes, headers: dict[str, str]) -> Said | None:
        if method != "POST":
            return None
        answer = server.answer_usually(method, path, body, headers)
        facts = json.loads(answer.body)
        facts["outputs"][0]["data"][6] = "HERE"  # of the fourth question
        return Said(200, json.dumps(facts).encode().replace(b'"HERE"', bad), answer.headers)

    with ModelServer(tanh_model) as server:
        server.odd = odd
        model = from_address(server.url, keep=tmp_path)
        y = model(X[:100])
        assert np.isnan(y).any(axis=1).nonzero()[0].tolist() == [3]
        good = np.arange(100) != 3
        assert np.array_equal(y[good], tanh_model(X[:100])[good])
        again = from_address(server.url, keep=tmp_path)
        assert np.array_equal(again(X[:100]), y, equal_nan=True)
        assert again.facts() == {"questions": 0, "questions_kept": 100}
        assert set(server.questions.values()) == {1}


@pytest.mark.parametrize("bad", [[], [1.0, 2.0, 3.0], None, {"error": "sensor"}, ["NaN", 1.0]])
def test_a_row_of_json_that_is_no_answer_loses_none_of_the_others(
    tmp_path: Path, bad: object
) -> None:
    def rows(method: str, path: str, body: bytes, headers: dict[str, str]) -> Said | None:
        answers: list[object] = tanh_model(np.array(json.loads(body)["x"])).tolist()
        return said({"y": [*answers[:5], bad, *answers[6:]]})

    with ModelServer(tanh_model) as server:
        server.odd = rows
        model = from_address(server.root, template='{"x": $x}', inputs=4, keep=tmp_path)
        y = model(X[:50])
        good = np.arange(50) != 5
        assert np.isnan(y[5]).any() and np.array_equal(y[good], tanh_model(X[:50])[good])


@pytest.mark.parametrize("bad", [[0], [3, 40, 41], [199]])
def test_a_question_that_is_refused_alone_loses_none_of_the_others(
    tmp_path: Path, bad: list[int]
) -> None:
    """It counts as answered with no number, and the batches after it are as large as before."""
    refused = {row.tobytes() for row in X[bad]}
    batches: list[int] = []

    def odd(method: str, path: str, body: bytes, headers: dict[str, str]) -> Said | None:
        if method != "POST":
            return None
        (told,) = json.loads(body)["inputs"]
        x = np.array(told["data"], dtype=np.float64).reshape(told["shape"])
        batches.append(len(x))
        if any(row.tobytes() in refused for row in x):
            return said({"error": "outside of what was calibrated"}, 422)
        return server.answer_usually(method, path, body, headers)

    with ModelServer(tanh_model) as server:
        server.odd = odd
        model = from_address(server.url, keep=tmp_path, batch=64)
        y = model(X[:200])
        good = np.setdiff1d(np.arange(200), bad)
        assert np.isnan(y[bad]).all() and np.array_equal(y[good], tanh_model(X[:200])[good])
        assert set(server.questions.values()) == {1} and model.facts()["questions"] == 200
        # found by halving: a few requests for each, and not one for every question after it
        assert len(batches) < 12 + 14 * len(bad)
        batches.clear()
        again = from_address(server.url, keep=tmp_path)
        assert np.array_equal(again(X[:200]), y, equal_nan=True) and not batches


def test_where_every_question_is_refused_its_words_are_said(tmp_path: Path) -> None:
    with ModelServer(tanh_model) as server:
        server.odd = lambda method, path, body, headers: (
            said({"error": "out of order"}, 422) if method == "POST" else None
        )
        for count in (2, 100):
            model = from_address(server.url, keep=tmp_path)
            with pytest.raises(InputError, match="422 .*: out of order"):
                model(X[:count])
        assert not list(tmp_path.iterdir())


def test_where_most_answers_are_no_numbers_it_is_asked_no_further(tmp_path: Path) -> None:
    half = np.where(X[:, :1] > -0.5, np.nan, 1.0)
    with ModelServer(lambda x: half[: len(x)]) as server:
        model = from_address(server.url, keep=tmp_path, batch=30)
        with pytest.raises(InputError, match=r"toy answers 2\d of 30 questions with NaN") as caught:
            model(X)
        assert "\n" not in str(caught.value)
        assert len(server.questions) == 30 and len(model.kept) == 30


def test_outputs_are_chosen_by_name(tmp_path: Path) -> None:
    def two(x: np.ndarray) -> dict[str, np.ndarray]:
        return {"label": np.zeros((len(x), 1), dtype=np.int64), "scores": tanh_model(x)}

    with ModelServer(two) as server:
        with pytest.raises(InputError, match=r"label \(3, 1\), scores \(3, 2\); say which with"):
            from_address(server.url, keep=tmp_path)(X[:3])
        model = from_address(server.url, keep=tmp_path, outputs="scores")
        assert np.array_equal(model(X[:3]), tanh_model(X[:3]))
        with pytest.raises(InputError, match="there is no output score"):
            from_address(server.url, keep=tmp_path, outputs="score")(X[:3])


@pytest.mark.parametrize(
    ("template", "path"),
    [('{"instances": $x}', "predictions"), ('{"row": $row}', ""), ('{"row": $row}', "score.0")],
)
def test_plain_json_by_a_template(tmp_path: Path, template: str, path: str) -> None:
    def odd(method: str, path: str, body: bytes, headers: dict[str, str]) -> Said | None:
        facts = json.loads(body)
        if "instances" in facts:
            rows = tanh_model(np.array(facts["instances"]))
            return said({"predictions": rows.tolist(), "model": "toy"})
        return said({"score": [tanh_model(np.array([facts["row"]]))[0].tolist()]})

    with ModelServer(tanh_model) as server:
        server.odd = odd
        url = f"{server.root}/predict"
        model = from_address(url, template=template, outputs=path, inputs=4, keep=tmp_path)
        assert np.array_equal(model(X[:20]), tanh_model(X[:20]))


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Said(200, b"<html>hello"), "does not answer in JSON"),
        (Said(200, b"{" * 100_000), "does not answer in JSON"),
        (said([1, 2]), "expected a JSON object"),
        (said({"outputs": []}), "without outputs"),
        (said({"outputs": [{"name": "y", "shape": [2, 1], "datatype": "FP64"}]}), "cannot be read"),
        (
            said({"outputs": [{"name": "y", "shape": [2], "datatype": "FP64", "data": [1, 2]}]}),
            r"answers 3 questions with an array of shape \(2,\); expected \(3, outputs\)",
        ),
        (
            said(
                {"outputs": [{"name": "y", "shape": [3], "datatype": "BYTES", "data": ["a"] * 3}]}
            ),
            "answers with text",
        ),
        (said({"error": "no such\nmodel"}, 404), "404 Not Found: no such model"),
        (said({"detail": "who are you"}, 401), "EC_TOKEN"),
        (
            Said(200, b"{}", {"Inference-Header-Content-Length": "99"}),
            "wrong length of its answer",
        ),
    ],
)
def test_what_is_no_answer_is_one_sentence(tmp_path: Path, answer: Said, sentence: str) -> None:
    with ModelServer(tanh_model) as server:
        model = from_address(server.url, keep=tmp_path)
        server.odd = lambda method, path, body, headers: answer if method == "POST" else None
        with pytest.raises(InputError, match=sentence) as caught:
            model(X[:3])
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 500
        assert not list(tmp_path.iterdir())


def test_what_passes_is_tried_again_and_retry_after_is_heeded(tmp_path: Path) -> None:
    waited: list[float] = []
    answers = [said({"error": "slowly"}, 429, Retry_After="7"), said({}, 503), said({}, 504)]
    with ModelServer(tanh_model) as server:
        model = from_address(server.url, keep=tmp_path, wait=waited.append)
        server.odd = lambda method, *asked: answers.pop(0) if answers and method == "POST" else None
        assert np.array_equal(model(X[:3]), tanh_model(X[:3]))
        assert waited[0] == 7.0 and len(waited) == 3
        server.odd = lambda method, *asked: said({}, 429, Retry_After="90000")
        with pytest.raises(InputError, match="asks to wait 90000 seconds"):
            model(X[3:6])
        assert len(waited) == 3


def test_patience_ends(tmp_path: Path) -> None:
    waited: list[float] = []
    with ModelServer(tanh_model) as server:
        model = from_address(server.url, keep=tmp_path, wait=waited.append)
        model(X[:3])
        server.stop()
        with pytest.raises(InputError, match="the same command goes on from there"):
            model(X)
    assert 500 < sum(waited) <= 600
    with pytest.raises(InputError, match="check the address"):
        from_address(server.url, keep=tmp_path, wait=waited.append)


def test_a_redirect_is_followed_on_the_same_host_only(tmp_path: Path) -> None:
    with ModelServer(tanh_model) as server, ModelServer(tanh_model) as other:
        model = from_address(server.url, keep=tmp_path)
        for place in (f"{other.url}/infer", "https://example.org/", "file:///etc/passwd"):
            server.odd = lambda method, *asked, place=place: said({}, 307, Location=place)
            with pytest.raises(InputError, match=r"redirects to|no address"):
                model(X[:3])
        assert not other.requests
        moved = [said({}, 308, Location=f"{server.url}/infer?")]
        server.odd = lambda method, *asked: moved.pop() if moved else None
        assert np.array_equal(model(X[:3]), tanh_model(X[:3])) and not moved
        server.odd = lambda method, *asked: said({}, 307, Location=f"{server.url}/infer")
        with pytest.raises(InputError, match="in a circle"):
            model(X[3:6])


def test_a_token_comes_from_the_environment_and_is_written_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "very-secret-token-31415"
    monkeypatch.setenv("EC_TOKEN", secret)
    said_so: list[str] = []
    with ModelServer(tanh_model) as server:
        model = from_address(server.url, keep=tmp_path, say=said_so.append, wait=lambda s: None)
        answers = [said({"error": f"you said Bearer {secret}"}, 503)]
        server.odd = lambda method, *asked: answers.pop(0) if answers and method == "POST" else None
        model(X[:3])
        assert all(
            headers["authorization"] == f"Bearer {secret}" for _, _, headers in server.requests
        )
        server.odd = lambda method, *asked: said({"error": f"{secret} is no good"}, 403)
        with pytest.raises(InputError) as caught:
            model(X)
    assert secret not in str(caught.value) and secret not in repr(caught.value.__dict__)
    assert said_so and secret not in " ".join(said_so) and secret not in repr(model)
    for file in tmp_path.rglob("*"):
        assert secret.encode() not in file.read_bytes()


@pytest.mark.parametrize("secret", ["http://me:pw@localhost/x", "http://localhost/x?api_key=1"])
def test_an_address_with_a_secret_in_it_is_refused(secret: str) -> None:
    with pytest.raises(InputError, match="EC_TOKEN"):
        from_address(secret, template='{"x": $x}')


@pytest.mark.long
def test_the_command_line_recovers_from_an_address(tmp_path: Path) -> None:
    environment = {**os.environ, "EC_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    words = [sys.executable, "-m", "ec_core", "recover"]
    how = ["--activation", "tanh", "--hidden-layers", "1", "--students", "4"]
    how += ["--width", "3", "--out", "net.safetensors", "--report", "report.json"]
    with ModelServer(tanh_model) as server:
        done = subprocess.run(
            [*words, server.url, *how],
            env={**environment, "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        report = json.loads((tmp_path / "report.json").read_text())
        assert report["questions"] == sum(server.questions.values()) == len(server.questions)
    assert (tmp_path / "answers").is_dir() and "toy has 4 inputs" in done.stderr


def test_hosts_are_looked_at_again_for_every_request(tmp_path: Path) -> None:
    """A name that led to a public number first, and here then."""
    leads = ["93.184.216.34"]
    hosts = Hosts.listed("models.example")
    with ModelServer(tanh_model) as server:
        from ec_core.probing.remote.address import parse_address

        address = parse_address(f"http://models.example:{server.root.rpartition(':')[2]}/v2")
        assert hosts.number(address, lambda name: leads) == "93.184.216.34"
        leads[0] = "127.0.0.1"
        with pytest.raises(InputError, match="private network"):
            hosts.number(address, lambda name: leads)
        assert not server.requests
    assert Client(address).hosts.words is None
