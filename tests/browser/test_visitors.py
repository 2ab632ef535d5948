"""Two people on one server of many: neither lists, steers or changes the other's run.

By clicks in two browsers, and by what somebody writes who speaks to the server without one: its
addresses, its WebSocket, its uploads. What the engine refuses is in tests/runs/test_owners.py.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin, Subprotocol

from ec_core.runs.visitors import of_browser
from ec_core.store import Owner, RunStore, save_owner
from serving.visitors import COOKIE
from tests.browser import benches
from tests.browser.conftest import Server
from tests.browser.tabs import new_context, tab_in, visit

pytestmark = pytest.mark.browser

ANNA, BERT = "a" * 43, "b" * 43
"""Their secrets; no other program has them."""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("many")
    running = Server(folder / "runs", folder / "server.log", more={"EC_VISITORS": "many"})
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def annas(many: Server) -> Path:
    """The folder of a run of Anna's that went all the way."""
    made = benches.finished_run(many.home)
    run = RunStore(many.home).open(made)
    save_owner(run, Owner(str(of_browser(ANNA).key)))
    run.rename("The run of Anna")
    return run.path


def contents(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def come(browser: Any, server: Server, secret: str | None = None, **options: Any) -> Any:
    """A tab of somebody's browser; of one who has been here, where there is a secret."""
    context = new_context(browser, **options)
    if secret is not None:
        context.add_cookies([{"name": COOKIE, "value": secret, "url": server.url}])
    return tab_in(context)


@pytest.mark.long
def test_another_one_finds_nothing_and_may_look(browser: Any, many: Server, annas: Path) -> None:
    said: list[str] = []
    anna, bert = come(browser, many, ANNA), come(browser, many, color_scheme="dark")
    bert.on("console", lambda message: said.append(message.text))
    bert.on("pageerror", lambda error: said.append(str(error)))
    visit(anna, many.url)
    expect(anna.get_by_role("link", name="The run of Anna")).to_have_count(1)
    visit(bert, many.url)
    expect(bert.locator(".st-key-run_demo button")).to_be_visible()
    expect(bert.get_by_role("link", name="The run of Anna")).to_have_count(0)
    # the first answer brought a secret that no script can read
    (cookie,) = [one for one in bert.context.cookies() if one["name"] == COOKIE]
    assert len(cookie["value"]) == 43 and cookie["httpOnly"] and cookie["sameSite"] == "Lax"
    assert COOKIE not in bert.evaluate("document.cookie")
    # by the address alone it can be looked at, and the cut that is moved is not kept
    before = contents(annas)
    visit(bert, f"{many.url}/cluster?run={annas.name}")
    expect(bert.locator(".st-key-panel_foreign")).to_contain_text("you may look at it")
    expect(bert.locator(".st-key-workbench canvas").first).to_be_visible()
    bert.get_by_role("button", name="Paper’s rule").click()
    expect(bert.get_by_text("This run is somebody else’s").first).to_be_visible()
    assert contents(annas) == before
    # and what is needed for all that is allowed by the policy: a browser names what was not
    assert [text for text in said if "Content Security Policy" in text or "Error" in text] == []
    anna.context.close()
    bert.context.close()


@pytest.mark.long
def test_every_page_and_download_works_under_the_policy(
    browser: Any, many: Server, annas: Path
) -> None:
    said: list[str] = []
    anna = come(browser, many, ANNA)
    anna.on("console", lambda message: said.append(f"{message.text} {message.location['url']}"))
    anna.on("pageerror", lambda error: said.append(str(error)))
    for page in ("", "teacher", "expand", "cluster", "reconstruct", "compare", "difficulty"):
        visit(anna, f"{many.url}/{page}?run={annas.name}")
        anna.wait_for_timeout(3000)
        if page == "compare":
            with anna.expect_download() as waiting:
                anna.locator(".st-key-download_network button").click()
            assert waiting.value.suggested_filename == "recovered.safetensors"
    visit(anna, f"{many.url}/cluster?run={annas.name}")
    for kind in ("svg", "png", "csv"):
        anna.locator("summary", has_text="Export").click()
        with anna.expect_download():
            anna.locator(f"[data-export={kind}]").click()
    missing = [text for text in said if "404" not in text]
    assert [text for text in missing if "Policy" in text or "Error" in text] == []
    anna.context.close()


@pytest.mark.long
def test_a_run_made_by_clicks_is_ones_own_and_is_shared_by_a_switch(
    browser: Any, many: Server, annas: Path
) -> None:
    anna, bert = come(browser, many), come(browser, many, BERT)
    visit(anna, many.url)
    anna.locator(".st-key-run_demo button").click()
    anna.wait_for_url(re.compile("run="))
    anna.locator(".st-key-demo_next").wait_for(timeout=200_000)
    visit(anna, many.url)
    expect(anna.get_by_role("link", name="Demo: planar")).to_have_count(1)
    visit(bert, f"{many.url}/reconstruct?run={annas.name}")
    expect(bert.locator(".st-key-panel_foreign")).to_be_visible()
    expect(bert.locator(".st-key-rebuild")).to_have_count(0)
    owner = come(browser, many, ANNA)
    visit(owner, f"{many.url}/reconstruct?run={annas.name}")
    for _ in range(2):
        owner.locator(".st-key-share button").first.click()
        owner.locator(".st-key-others_work label").click()
        owner.keyboard.press("Escape")
        owner.wait_for_timeout(1500)
        bert.reload()
        expect(bert.locator(".st-key-panel_foreign")).to_be_visible()
        allowed = json.loads((annas / "owner.json").read_text())["others"] == "work"
        expect(bert.locator(".st-key-rebuild")).to_have_count(int(allowed))
    for tab in (anna, bert, owner):
        tab.context.close()


# without a browser


class Talk:
    """A session with the server: what is sent, and what was drawn so far."""

    def __init__(self) -> None:
        self.session, self.texts, self.finished = "", list[str](), 0
        self.buttons, self.components, self.fragments = set[str](), set[str](), set[str]()

    def take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session = message.new_session.initialize.session_id
        elif kind == "script_finished":
            # on a server that nobody has visited, a page's door draws it anew
            self.finished += message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if message.delta.fragment_id:
                self.fragments.add(message.delta.fragment_id)
            if element.HasField("button"):
                self.buttons.add(element.button.id)
            if element.HasField("bidi_component"):
                self.components.add(element.bidi_component.id)
            if element.HasField("html"):
                self.texts.append(element.html.body)


def _back(page: str, query: str, **more: Any) -> BackMsg:
    asked = BackMsg()
    asked.rerun_script.page_name, asked.rerun_script.query_string = page, query
    if "fragment" in more:
        asked.rerun_script.fragment_id = more["fragment"]
    for name in more.get("clicked", ()):
        asked.rerun_script.widget_states.widgets.add(id=name, trigger_value=True)
    for name, said in more.get("said", ()):
        asked.rerun_script.widget_states.widgets.add(id=name, json_value=said)
    return asked


async def _talk(port: int, secret: str | None, sent: list[BackMsg], **how: Any) -> Talk:
    talk = Talk()
    headers = {} if secret is None else {"Cookie": f"{COOKIE}={secret}"}
    protocols = ["streamlit", *how.get("protocols", ())]
    async with connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        subprotocols=[Subprotocol(name) for name in protocols],
        additional_headers=headers,
        origin=Origin(how["origin"]) if "origin" in how else None,
        max_size=None,
        open_timeout=60,
    ) as socket:
        for number, asked in enumerate(sent):
            await socket.send(asked.SerializeToString())
            while talk.finished <= number:
                data = await asyncio.wait_for(socket.recv(), 60)
                message = ForwardMsg()
                message.ParseFromString(data if isinstance(data, bytes) else data.encode())
                talk.take(message)
    return talk


def talk(port: int, secret: str | None, *sent: BackMsg, **how: Any) -> Talk:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, _talk(port, secret, list(sent), **how)).result()


PAGES = ("", "teacher", "expand", "cluster", "reconstruct", "compare")


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES[:5])
def test_what_the_owners_page_has_does_nothing_in_another_ones_session(
    page: str, many: Server, annas: Path
) -> None:
    """Every button and component of Anna's page, clicked by messages that Bert wrote."""
    query = f"run={annas.name}"
    hers = talk(many.port, ANNA, _back(page, query))
    assert hers.buttons
    before, runs = contents(annas), [run.id for run in RunStore(many.home).list()]
    cut = {"height": 0.5, "gamma": 0.5, "beta": 30.0, "rule": "hand", "edits": []}
    move = {"serial": "bert-1", "base": 0, "steps": [cut], "at": 0, "names": {}}
    said = json.dumps({"change": move})
    mine = ("copy_run", "run_demo", "train_anew", "try_wider")
    buttons = [name for name in hers.buttons if not name.endswith(mine)]
    messages = [
        _back(page, query, clicked=buttons),
        _back(page, query, said=[(name, said) for name in hers.components]),
        *(_back(page, query, clicked=[name]) for name in buttons),
        *(_back(page, query, fragment=name, clicked=buttons) for name in hers.fragments),
    ]
    for secret in (BERT, None, "a" * 42, str(of_browser(ANNA).key)):
        his = talk(many.port, secret, _back(page, query), *messages)
        assert his.finished >= len(messages)
        assert any("somebody else’s run" in text for text in his.texts)
    assert contents(annas) == before
    assert [run.id for run in RunStore(many.home).list()] == runs


def test_a_session_that_is_taken_over_is_still_anothers(many: Server, annas: Path) -> None:
    """Bert has found out the number of Anna's session, and says that it is his."""
    query = f"run={annas.name}"
    hers = talk(many.port, ANNA, _back("reconstruct", query))
    before = contents(annas)
    his = talk(
        many.port,
        BERT,
        _back("reconstruct", query),
        _back("reconstruct", query, clicked=sorted(hers.buttons)),
        protocols=["none", hers.session],
    )
    assert any("somebody else’s run" in text for text in his.texts)
    assert contents(annas) == before


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
def test_another_sites_page_cannot_speak_for_a_visitor(
    origin: str, many: Server, annas: Path
) -> None:
    with pytest.raises(WebSocketException):
        talk(many.port, ANNA, _back("", f"run={annas.name}"), origin=origin)


def _ask(server: Server, method: str, path: str, data: bytes | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(f"{server.url}{path}", data, method=method)
    request.add_header("Cookie", f"{COOKIE}={BERT}")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.parametrize(
    "path",
    [
        "/runs/{run}/run.json",
        "/{run}/run.json",
        "/static/../runs/{run}/run.json",
        "/app/static/../runs/{run}/run.json",
        "/static/%2e%2e/%2e%2e/runs/{run}/run.json",
        "/component/ec_workbench/../../runs/{run}/run.json",
        "/_stcore/bidi-components/ec_workbench/..%2f..%2frun.json",
        "/media/{run}.json",
        "/media/../runs/{run}/run.json",
        "//runs/{run}/run.json",
        "/_stcore/metrics",
        "/_stcore/agent/interact",
    ],
)
def test_no_address_of_the_server_gives_a_run_away(path: str, many: Server, annas: Path) -> None:
    before = contents(annas)
    for method, data in (("GET", None), ("POST", b"{}"), ("PUT", b"x"), ("DELETE", None)):
        _, answer = _ask(many, method, path.format(run=annas.name), data)
        assert b"The run of Anna" not in answer and b'"schema"' not in answer
    assert contents(annas) == before


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_nothing_is_uploaded_into_another_ones_session(
    method: str, many: Server, annas: Path
) -> None:
    before = contents(annas)
    hers = talk(many.port, ANNA, _back("teacher", f"run={annas.name}"))
    for session in (hers.session, "0" * 36):
        status, _ = _ask(many, method, f"/_stcore/upload_file/{session}/x", b"x")
        assert status in (400, 403, 405), status
    assert contents(annas) == before
