"""Students look alike in every picture and in the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ec_core.figures.theme import DASHES, LIGHT, student_style
from pages.parts import live


def test_canvases_and_table_draw_a_student_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: dict[str, Any] = {}
    monkeypatch.setattr(live, "_LOSSES", lambda key, data: sent.update(losses=data))
    monkeypatch.setattr(live, "_CLOUD", lambda key, data: sent.update(cloud=data))
    live.losses([1, 2], np.ones((2, 16)), ["training"] * 16, floor=1e-25, key="a")
    live.cloud(np.ones((16, 3, 2)), truth=None, key="b")
    assert sent["losses"]["styles"] == sent["cloud"]["styles"]
    for student, (colour, dashes, mark) in enumerate(sent["losses"]["styles"]):
        style = student_style(student, LIGHT)
        assert (style.colour, list(DASHES[style.dash]), style.mark) == (
            colour,
            dashes,
            mark,
        )
        assert f"color:{colour}" in live.swatch(student)
        assert f"ec-swatch {mark}" in live.swatch(student)
    assert len({live.swatch(student) for student in range(16)}) == 16


def test_who_joins_later_has_no_losses_before() -> None:
    sent: dict[str, Any] = {}
    history = np.array([[1.0, np.nan], [0.5, np.nan], [0.2, 1.0], [0.1, 0.7]])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(live, "_LOSSES", lambda key, data: sent.update(data))
        live.losses([1, 2, 3, 4], history, ["training"] * 2, floor=1e-25, key="a")
    assert sent["at"] == [1, 2, 3, 4]
    assert sent["series"] == [[1.0, 0.5, 0.2, 0.1], [None, None, 1.0, 0.7]]
