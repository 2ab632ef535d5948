"""Servers, tokens and kept answers as nobody wishes them: a sentence, no secret, no circle."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ec_core.errors import InputError
from ec_core.probing.remote import from_address
from ec_core.probing.remote.address import parse_address
from ec_core.probing.remote.bearer import hidden
from ec_core.probing.remote.kept import Kept
from ec_core.probing.remote.sizes import TRIED, find
from tests.probing.remote.server import ModelServer, Odd, Said, said

X = np.random.default_rng(11).standard_normal((60, 4))


def model_of(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.tanh(x @ np.ones((4, 1))))


def posts(answer: Said) -> Odd:
    return lambda method, *asked: answer if method == "POST" else None


@pytest.mark.parametrize("around", ["{}", " {}\n", "{}\r\n"])
def test_a_token_is_hidden_as_it_was_sent(monkeypatch: pytest.MonkeyPatch, around: str) -> None:
    secret = "very-secret-31415"
    monkeypatch.setenv("EC_TOKEN", around.format(secret))
    assert secret not in hidden(f"you said Bearer {secret}")
    # cut in the middle it is a secret still
    assert "very-sec" not in hidden(f"{'x' * 50} {secret}", most=60)


@pytest.mark.parametrize(
    "inside", ["one\ntwo-secret", "one two-secret", "\x00two-secret", "zwei-ö"]
)
def test_a_token_with_signs_that_no_token_has_is_refused_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    if "\x00" in inside:
        monkeypatch.setattr("os.environ", {"EC_TOKEN": inside, "PATH": ""})
    else:
        monkeypatch.setenv("EC_TOKEN", inside)
    with ModelServer(model_of) as server, pytest.raises(InputError, match="EC_TOKEN") as caught:
        from_address(server.url, keep=tmp_path, wait=lambda seconds: None)
    assert "two-secret" not in str(caught.value) and not server.requests


def test_an_empty_token_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EC_TOKEN", " \n")
    with ModelServer(model_of) as server:
        from_address(server.url, keep=tmp_path)(X[:3])
        assert all("authorization" not in headers for _, _, headers in server.requests)


@pytest.mark.parametrize(
    "answer",
    [
        Said(200, b"<p>" + b"." * 38 + b"very-secret-token-31415"),
        said(
            {
                "outputs": [
                    {
                        "name": "y",
                        "shape": [3],
                        "datatype": "BYTES",
                        "data": ["very-secret-token-31415"] * 3,
                    }
                ]
            }
        ),
        Said(307, b"", {"Location": "http://very-secret-token-31415@other.example/"}),
        Said(307, b"", {"Location": "http://[very-secret-token-31415/"}),
        Said(307, b"", {"Location": "http://h:very-secret-token-31415/"}),
    ],
)
def test_no_answer_makes_the_token_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Said
) -> None:
    monkeypatch.setenv("EC_TOKEN", "very-secret-token-31415")
    with ModelServer(model_of) as server:
        model = from_address(server.url, keep=tmp_path, wait=lambda seconds: None)
        server.odd = posts(answer)
        with pytest.raises(InputError) as caught:
            model(X[:3])
    assert "very-secret" not in str(caught.value)


@pytest.mark.parametrize("after", ["0", "-3", "Thu, 01 Jan 1970 00:00:00 GMT", "nan"])
def test_a_server_that_says_at_once_again_is_not_asked_for_ever(tmp_path: Path, after: str) -> None:
    waited: list[float] = []
    with ModelServer(model_of) as server:
        model = from_address(server.url, keep=tmp_path, wait=waited.append)
        server.odd = posts(said({}, 503, Retry_After=after))
        with pytest.raises(InputError, match="waits no longer than 600 seconds"):
            model(X[:3])
    assert len(waited) < 100 and 500 < sum(waited) <= 600


@pytest.mark.parametrize("end", ["/infer/", "/infer?tenant=a"])
def test_a_redirect_is_followed_to_its_very_end(tmp_path: Path, end: str) -> None:
    with ModelServer(model_of) as server:
        model = from_address(server.url, keep=tmp_path)

        def odd(method: str, path: str, body: bytes, headers: dict[str, str]) -> Said | None:
            if path.endswith(end):
                return server._infer(body, headers)
            return said({}, 307, Location=f"{server.url}{end}") if method == "POST" else None

        server.odd = odd
        assert np.array_equal(model(X), model_of(X))


def test_declared_sizes_take_no_memory_and_odd_numbers_are_no_numbers(tmp_path: Path) -> None:
    output = {"name": "y", "shape": [10**14], "datatype": "BYTES"}
    text = json.dumps({"outputs": [{**output, "parameters": {"binary_data_size": 3}}]}).encode()
    length = "Inference-Header-Content-Length"
    with ModelServer(model_of) as server:
        model = from_address(server.url, keep=tmp_path)
        server.odd = posts(Said(200, text + b"abc", {length: str(len(text))}))
        with pytest.raises(InputError, match="answers with text"):
            model(X[:3])
        server.odd = posts(Said(200, text, {length: "\u00b2"}))
        with pytest.raises(InputError, match="wrong length"):
            model(X[:3])


def test_a_path_with_odd_digits_is_no_place(tmp_path: Path) -> None:
    with ModelServer(model_of) as server:
        server.odd = lambda *asked: said([[[1.0]] * 3])
        url = f"{server.root}/predict"
        model = from_address(url, template="[$x]", outputs="\u00b2", inputs=4, keep=tmp_path)
        with pytest.raises(InputError, match="there is no"):
            model(X[:3])


def test_equal_questions_are_asked_once(tmp_path: Path) -> None:
    twice = np.vstack([X[:20], X[:20], X[:1]])
    with ModelServer(model_of) as server:
        model = from_address(server.url, keep=tmp_path)
        assert np.array_equal(model(twice), model_of(twice))
        assert set(server.questions.values()) == {1} and model.facts()["questions"] == 20


def test_answers_deleted_meanwhile_are_begun_anew(tmp_path: Path) -> None:
    """As the program itself advises where the model has changed."""
    one, two = Kept(tmp_path, {"address": "http://toy"}), Kept(tmp_path, {"address": "http://toy"})
    for kept in (one, two):
        kept.add(X[:5], X[:5, :1])
    one.path.unlink()
    one.add(X[5:9], X[5:9, :1])
    two.add(X[9:12], X[9:12, :1])
    again = Kept(tmp_path, {"address": "http://toy"})
    assert again.find(X)[0].tolist() == [False] * 5 + [True] * 7 + [False] * 48


def test_numbers_in_errors_that_change_do_not_make_it_ask_for_ever() -> None:
    asked: list[int] = []

    def ask(size: int) -> str | None:
        asked.append(size)
        return f"request {3000 + len(asked)} failed after {500 + 7 * len(asked)} ms"

    with pytest.raises(InputError, match="answers no question of 1 to"):
        find(ask, "It")
    assert len(asked) <= 2 * TRIED and set(range(1, TRIED + 1)) <= set(asked)
    # and they do not hide a size that is among the tried ones
    assert find(lambda size: None if size == 40 else ask(size), "It") == 40


@pytest.mark.parametrize(
    "how", [{"batch": -1}, {"batch": 0}, {"questions": 0}, {"rate": 0.0}, {"timeout": float("nan")}]
)
def test_limits_that_are_none_are_refused(how: dict[str, float]) -> None:
    name = next(iter(how))
    with pytest.raises(InputError, match=f"{name} is .*; expected"):
        from_address("http://localhost:9/v2/models/toy", **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("query", ["sig=abc", "sv=1&sig=abc", "code=abc", "auth=abc", "pwd=1"])
def test_more_names_of_secrets_in_an_address(query: str) -> None:
    with pytest.raises(InputError, match="EC_TOKEN"):
        parse_address(f"https://models.example/predict?{query}")
    assert parse_address("https://models.example/predict?design=2&max_tokens=5").port == 443


def test_a_model_that_tells_too_much_of_itself_is_a_sentence(tmp_path: Path) -> None:
    """Its first line would be taken for one that was broken off, and all answers written over."""
    kept = Kept(tmp_path, {"address": "http://toy", "model": "x" * 2**20})
    with pytest.raises(InputError, match="cannot be kept"):
        kept.add(X[:5], X[:5, :1])
