"""What the books draw from the code shows what the code holds."""

from __future__ import annotations

import pytest
from markdown import Markdown

from tests.docs import rooms
from tests.docs.books import DOCS, ROOT
from tests.docs.constants import ROOMS, of_room
from tests.docs.drawn import DRAWN, Drawings, made


def test_every_room_of_the_engine_has_a_row() -> None:
    drawn = {name for names in rooms.floors() for name in names}
    folders = {path.parent.name for path in (ROOT / "ec_core").glob("*/__init__.py")}
    files = {path.stem for path in (ROOT / "ec_core").glob("*.py")} - {"__init__", "__main__"}
    assert drawn == folders | files


def test_every_room_says_what_it_is_for() -> None:
    silent = [name for names in rooms.floors() for name in names if not rooms.room(name).words]
    assert silent == []


def test_arcs_lead_down() -> None:
    level = {name: at for at, names in enumerate(rooms.floors()) for name in names}
    up = [
        (name, other)
        for name in level
        for other in rooms.imports(name)
        if level[other] < level[name]
    ]
    assert up == []


def test_the_drawing_has_an_arc_for_every_import() -> None:
    drawing = rooms.drawing()
    assert "pages imports chain" in drawing or "pages imports runs" in drawing
    count = sum(len(rooms.imports(name)) for names in rooms.floors() for name in names)
    assert drawing.count('class="arc"') == count + len(rooms.imports("pages"))


def test_constants_are_found_with_their_words() -> None:
    held = {found.names: found for found in of_room("probing")}["HELD_OUT"]
    assert (held.value, held.place) != ("", "")
    floor = next(found for found in of_room("probing") if found.names == "ROUNDING_FLOOR")
    assert floor.value == "1e-25"
    assert "rounding" in floor.words
    assert all(of_room(room) for room in ROOMS)


@pytest.mark.parametrize("name", ["rooms", "constants"])
def test_a_page_that_asks_for_a_drawing_gets_it(name: str) -> None:
    page = Markdown(extensions=[Drawings()]).convert(f"# A\n\n<!-- drawn: {name} -->\n")
    assert "drawn:" not in page
    assert ("<svg" in page) == (name == "rooms")


def test_what_pages_ask_for_can_be_drawn() -> None:
    for path in DOCS.rglob("*.md"):
        for line in path.read_text("utf-8").splitlines():
            asked = DRAWN.match(line)
            assert asked is None or made(asked[1])
