"""As many questions as the students of the width found need, and never fewer than at first."""

from __future__ import annotations

import numpy as np
import pytest

from ec_core.control import Control
from ec_core.events import Note
from ec_core.expand import enough as module
from ec_core.expand.config import ExpandConfig
from ec_core.expand.enough import asked, enough, questions_for
from ec_core.expand.trainer import expand
from ec_core.networks.architecture import Architecture
from ec_core.probing.asking import Asker
from ec_core.probing.presets import make_teacher
from tests.steps import drain

_TEACHER = make_teacher("synthetic", sizes=(4, 4, 1), activation="tanh", seed=0).network
_QUICK = ExpandConfig(students=3, iterations=20, device="cpu")


def test_a_search_that_lacked_answers_asks_for_more() -> None:
    asker = Asker(_TEACHER, first=20)
    events, (probes, found) = drain(enough(asker, asker.first, "tanh", _QUICK, Control()))
    assert found is not None and found.width >= 4
    shape = Architecture((4, found.width, 1), "tanh")
    assert asked(probes) >= questions_for(shape) > 20
    notes = [event.message for event in events if isinstance(event, Note)]
    assert not any("could interpolate" in note for note in notes)
    assert any("instead of 20" in note for note in notes)
    # what was found goes on with these probes
    _, ensemble = drain(expand(probes, "tanh", _QUICK, Control(), found=found))
    assert ensemble.shape.sizes[1] == found.width
    np.testing.assert_array_equal(ensemble.history[0][:3], found.history[0][:3])


def test_where_there_are_enough_none_are_asked() -> None:
    asker = Asker(_TEACHER, first=2000)
    events, (probes, _) = drain(enough(asker, asker.first, "tanh", _QUICK, Control()))
    assert asked(probes) == 2000
    assert not any(isinstance(event, Note) for event in events)


def test_a_width_that_is_told_has_its_questions_too() -> None:
    asker = Asker(_TEACHER, first=20)
    told = ExpandConfig(students=3, width=30, expansion=2.0, device="cpu")
    _, (probes, found) = drain(enough(asker, asker.first, "tanh", told, Control()))
    assert found is None
    assert asked(probes) == questions_for(Architecture((4, 60, 1), "tanh"))


def test_there_is_an_end_to_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_QUESTIONS", 40)
    asker = Asker(_TEACHER, first=20)
    events, (probes, found) = drain(enough(asker, asker.first, "tanh", _QUICK, Control()))
    assert asked(probes) == 40 and found is not None
    assert any("could interpolate" in event.message for event in events if isinstance(event, Note))
