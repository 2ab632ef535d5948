"""People take turns at a device, short jobs wait for no long ones, results stay the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_core.control import Control
from ec_core.events import drain
from ec_core.expand.config import ExpandConfig
from ec_core.expand.trainer import expand
from ec_core.jobs import FINISHED, QUEUED, RUNNING, STOPPED, JobBoard
from ec_core.jobs.turns import STARVED, TURN, Claim, gives_way, in_turn
from ec_core.probing.presets import make_teacher
from ec_core.probing.probes import make_probes
from tests.jobs.stages import PATIENCE, Gate

PEOPLE = st.sampled_from(["Ada", "Bob", "Cyd"])
CLAIMS = st.lists(
    st.builds(
        Claim,
        who=PEOPLE,
        arrival=st.integers(1, 50),
        worked=st.sampled_from([0.0, TURN / 2, TURN, 500.0]),
        waited=st.sampled_from([0.0, 5.0, STARVED, 900.0]),
        served=st.integers(0, 5),
    ),
    unique_by=lambda claim: claim.arrival,
    max_size=12,
)


@given(CLAIMS)
def test_the_order_of_turns(claims: list[Claim]) -> None:
    order = [claims[at] for at in in_turn(claims)]
    assert sorted(order, key=lambda one: one.arrival) == sorted(claims, key=lambda one: one.arrival)
    # whoever has had a turn comes after all who have not
    assert [one.long for one in order] == sorted(one.long for one in claims)
    for kind in (False, True):
        ranks: dict[str, int] = {}
        before = (-1, 0, 0)
        for one in (one for one in order if one.long is kind):
            # nobody's second before anybody's first; then who was served longest ago, or came first
            rank = (ranks.get(one.who, 0), 0 if kind else one.served, one.arrival)
            assert rank > before
            before, ranks[one.who] = rank, rank[0] + 1


@given(CLAIMS, st.sampled_from([0.0, TURN / 2, TURN, 900.0]), PEOPLE)
def test_who_steps_back_would_not_be_next(claims: list[Claim], turn: float, who: str) -> None:
    holder = Claim(who, 0, worked=turn)
    stays = not gives_way(holder, turn, claims)
    if turn < TURN or not claims:
        assert stays
    else:
        everybody = [holder, *claims]
        assert stays is (in_turn(everybody)[0] == 0)
        # one that came in this moment always gets its turn
        assert gives_way(holder, turn, [*claims, Claim("Dan", 99)])


def test_nobody_waits_for_ever_however_many_come() -> None:
    """A long job among people who start one short job after the other."""
    others = [Claim(f"person {i}", 100 + i) for i in range(30)]
    waits = Claim("Ada", 1, worked=600.0, waited=STARVED - 1)
    assert in_turn([*others, waits])[-1] == 30
    starved = Claim("Ada", 1, worked=600.0, waited=STARVED)
    assert in_turn([*others, starved])[0] == 30


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns of a twentieth of a second."""
    for module in ("line", "turns"):
        monkeypatch.setattr(f"ec_core.jobs.{module}.TURN", 0.05)


@pytest.mark.usefixtures("brief")
def test_a_short_job_is_done_while_a_long_one_works(board: JobBoard) -> None:
    gate = Gate("long")
    long = board.submit(gate, run="a", label="long", who="Ada")
    assert gate.begun.wait(PATIENCE)
    short = Gate("short")
    short.opened.set()
    quick = board.submit(short, run="b", label="short", who="Bob")
    assert quick.wait(PATIENCE) and quick.state == FINISHED
    done = gate.iterations
    gate.opened.set()
    assert long.wait(PATIENCE) and long.snapshot().result == "long"
    assert gate.iterations >= done


@pytest.mark.usefixtures("brief")
def test_of_two_long_ones_the_first_goes_on_and_the_second_waits(board: JobBoard) -> None:
    first, second = Gate("first"), Gate("second")
    ones = board.submit(first, run="a", label="first", who="Ada")
    assert first.begun.wait(PATIENCE)
    others = board.submit(second, run="b", label="second", who="Bob")
    # it has its turn, and then stands back for the one that came before
    assert second.begun.wait(PATIENCE)
    while (ones.state, others.state) != (RUNNING, QUEUED):
        assert not ones.over and not others.over
    (ahead,) = others.snapshot().ahead
    assert ahead.label == "first"
    # stopped in line it ends at once, with what it has
    others.stop()
    assert others.wait(PATIENCE) and others.state == STOPPED
    assert others.snapshot().result == "second"
    first.opened.set()
    assert ones.wait(PATIENCE) and ones.state == FINISHED


def test_people_are_served_in_turn_not_jobs(board: JobBoard) -> None:
    order: list[str] = []
    gate = Gate("Ada 1", order)
    board.submit(gate, run="r", label="Ada 1", who="Ada")
    assert gate.begun.wait(PATIENCE)
    jobs = []
    for name in ("Ada 2", "Ada 3", "Bob 1", "Cyd 1", "Bob 2"):
        next_one = Gate(name, order)
        next_one.opened.set()
        jobs.append(board.submit(next_one, run="r", label=name, who=name[:3]))
    ahead = jobs[1].snapshot().waiting_for
    assert ahead == ("Ada 1", "Bob 1", "Cyd 1", "Ada 2", "Bob 2")
    gate.opened.set()
    assert all(job.wait(PATIENCE) for job in jobs)
    assert order == ["Ada 1", "Bob 1", "Cyd 1", "Ada 2", "Bob 2", "Ada 3"]


def test_who_has_had_no_turn_is_told_of_turns(board: JobBoard) -> None:
    """An hour before them is ten seconds at most: the long one steps back."""
    gate = Gate()
    board.submit(gate, run="a", label="long", who="Ada", expected=lambda seen: 3600.0)
    assert gate.begun.wait(PATIENCE)
    waits = board.submit(Gate(), run="b", label="mine", who="Bob")
    (ahead,) = waits.snapshot().ahead
    assert ahead.left is not None and 0.0 <= ahead.left <= TURN


@pytest.mark.usefixtures("brief")
def test_students_are_the_same_to_the_last_bit_however_often_they_step_back(
    board: JobBoard,
) -> None:
    teacher = make_teacher("synthetic", sizes=(3, 3, 1), activation="g", seed=0).network
    x = np.random.default_rng(0).standard_normal((400, 3))
    probes = make_probes(x, teacher(x))
    config = ExpandConfig(students=4, width=6, iterations=60)
    unbroken = drain(expand(probes, "g", config, Control()))
    stepped = Gate()
    job = board.submit(
        lambda control: expand(probes, "g", config, control), run="a", label="a", who="Ada"
    )
    while not job.wait(0.01):
        stepped = Gate()
        stepped.opened.set()
        assert board.submit(stepped, run="b", label="b", who="Bob").wait(PATIENCE)
    np.testing.assert_array_equal(job.snapshot().result.theta, unbroken.theta)
