"""What stands before the app: who is given a secret, and what a browser is told."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest
import streamlit
from starlette.types import Message, Receive, Scope, Send
from streamlit import config

from serving.headers import SecurityHeaders, policy
from serving.origins import SameOrigin
from serving.visitors import COOKIE, VisitorCookie, check_setting, many

PAGE = {"accept": "text/html,*/*", "host": "app.example"}
KNOWN = "k" * 43


@pytest.fixture(autouse=True)
def several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EC_VISITORS", "many")


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def ask(middleware: Any, headers: dict[str, str], **scope: Any) -> tuple[Message, dict[str, str]]:
    """The first answer to a request, and its headers."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    asked = {"type": "http", "method": "GET", "scheme": "http", "path": "/", "headers": raw}
    # in a thread: a browser test in this process may have left its own loop running
    with ThreadPoolExecutor(1) as pool:
        made = middleware(_app)
        pool.submit(lambda: asyncio.run(made({**asked, **scope}, receive, send))).result()
    told = {name.decode(): value.decode() for name, value in sent[0].get("headers", [])}
    return sent[0], told


def secret(headers: dict[str, str]) -> str | None:
    found = SimpleCookie(headers.get("set-cookie", "")).get(COOKIE)
    return None if found is None else found.value


def test_whoever_opens_a_page_is_given_a_secret_of_their_own() -> None:
    _, told = ask(VisitorCookie, PAGE)
    parts = told["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(parts) and "Secure" not in parts
    given = {secret(ask(VisitorCookie, PAGE)[1]) for _ in range(20)}
    assert len(given) == 20 and all(one and re.fullmatch(r"[\w-]{43}", one) for one in given)


def test_a_secret_is_kept_and_lasts_on() -> None:
    _, told = ask(VisitorCookie, {**PAGE, "cookie": f"other=1; {COOKIE}={KNOWN}"})
    assert secret(told) == KNOWN and "Max-Age=34560000" in told["set-cookie"]


@pytest.mark.parametrize("bad", ["", "a", "k" * 42, "k" * 44, "k" * 42 + "/", '"'])
def test_one_that_was_not_given_out_like_this_is_replaced(bad: str) -> None:
    _, told = ask(VisitorCookie, {**PAGE, "cookie": f"{COOKIE}={bad}"})
    new = secret(told)
    assert new is not None and new != bad and len(new) == 43


@pytest.mark.parametrize(
    ("headers", "scope"),
    [({}, {"scheme": "https"}), ({"x-forwarded-proto": "https, http"}, {})],
)
def test_by_https_it_goes_by_https_alone(headers: dict[str, str], scope: dict[str, Any]) -> None:
    _, told = ask(VisitorCookie, {**PAGE, **headers}, **scope)
    assert "Secure" in told["set-cookie"].split("; ")


def test_nothing_but_a_page_brings_one() -> None:
    assert "set-cookie" not in ask(VisitorCookie, {**PAGE, "accept": "*/*"})[1]
    assert "set-cookie" not in ask(VisitorCookie, PAGE, method="POST")[1]
    message, _ = ask(VisitorCookie, PAGE, type="websocket")
    assert message == {"type": "websocket.accept"}


def test_one_person_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EC_VISITORS", "one")
    assert "set-cookie" not in ask(VisitorCookie, PAGE)[1]


@pytest.mark.parametrize(
    ("address", "headers", "several_come"),
    [
        ("127.0.0.1", {"Host": "localhost:8501"}, False),
        ("localhost", {"Host": "127.0.0.1:8501"}, False),
        ("::1", {"Host": "[::1]:8501"}, False),
        ("127.0.0.1", {}, False),
        ("127.0.0.1", {"Host": "runs.school.example"}, True),
        ("127.0.0.1", {"Host": "localhost", "X-Forwarded-For": "10.0.0.7"}, True),
        ("127.0.0.1", {"Host": "localhost", "Forwarded": "for=10.0.0.7"}, True),
        ("0.0.0.0", {"Host": "localhost:8501"}, True),
        ("192.168.1.5", {"Host": "192.168.1.5:8501"}, True),
        ("", {"Host": "localhost:8501"}, True),
        (None, {"Host": "localhost:8501"}, True),
    ],
)
def test_by_itself_one_person_is_who_has_the_server_on_their_own_machine(
    address: str | None,
    headers: dict[str, str],
    several_come: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("EC_VISITORS")
    monkeypatch.setattr(config, "get_option", {"server.address": address}.__getitem__)
    assert many(headers) is several_come


def test_a_setting_that_cannot_be_meant_is_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for good in ("one", "Many", "auto", ""):
        monkeypatch.setenv("EC_VISITORS", good)
        check_setting()
    monkeypatch.setenv("EC_VISITORS", "few")
    with pytest.raises(SystemExit, match="EC_VISITORS is 'few'; expected one, many or auto"):
        check_setting()


@pytest.mark.parametrize(
    ("origin", "accepted"),
    [
        (None, True),
        ("http://app.example", True),
        ("https://APP.example", True),
        ("http://app.example:8502", False),
        ("http://evil.example", False),
        ("http://app.example.evil.example", False),
        ("null", False),
    ],
)
def test_a_websocket_is_opened_by_a_page_of_this_server(origin: str | None, accepted: bool) -> None:
    headers = {**PAGE, **({} if origin is None else {"origin": origin})}
    message, _ = ask(SameOrigin, headers, type="websocket")
    assert (message["type"] == "websocket.accept") is accepted


def test_every_answer_says_what_a_page_may_do(monkeypatch: pytest.MonkeyPatch) -> None:
    _, told = ask(SecurityHeaders, {})
    assert told["x-content-type-options"] == "nosniff"
    assert told["referrer-policy"] == "same-origin"
    rules = dict(rule.split(" ", 1) for rule in told["content-security-policy"].split("; "))
    assert rules["frame-ancestors"] == "'self'" and rules["object-src"] == "'none'"
    assert "unsafe" not in rules["script-src"] and "http" not in told["content-security-policy"]
    monkeypatch.setenv("EC_FRAME_ANCESTORS", "https://lms.example; script-src https://*.u.example")
    _, told = ask(SecurityHeaders, {})
    # what is no site's address does not become a rule
    assert told["content-security-policy"].endswith("frame-ancestors 'self' https://*.u.example")


def test_the_scripts_in_streamlits_own_page_are_those_allowed() -> None:
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text("utf-8")
    inline = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert inline
    for script in inline:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy()
