"""A sample of the 1,000 misfits of tests/benchmarks/misfits.py: none is wrongly verified."""

from __future__ import annotations

import pytest

from tests.benchmarks.misfits import AT_MOST, KINDS, case, outcome
from tests.often import daily

RIGHT = ("sigmoid-and-tanh", "twins-and-dead", "few-digits")
"""Kinds in which "verified" can be right, and should be for some."""

SLOW = ("too-deep", "bent-inputs", "two-heads", "changed-activation")
"""Of which a case takes as long as several of the others."""

QUICK = [kind for kind in KINDS if kind not in (*AT_MOST, *SLOW)]


@pytest.mark.parametrize("number", daily([1000, 1001], 1000))
@pytest.mark.parametrize("kind", daily([*QUICK, *SLOW], *QUICK))
def test_no_misfit_is_wrongly_verified(kind: str, number: int) -> None:
    found = outcome(case(kind, number), 2, 25)
    assert not found.crashed, found.reasons
    assert not found.wrong, f"{kind} {number} was verified as {found.sizes}"
    assert found.verified or found.reasons


@pytest.mark.parametrize("kind", daily(RIGHT, *RIGHT[:2]))
def test_the_same_settings_verify_what_is_right(kind: str) -> None:
    assert any(outcome(case(kind, number), 2, 25).verified for number in range(4))


@pytest.mark.long
def test_a_line_imitated_by_a_neuron_that_two_probes_saw_bend() -> None:
    """Once wrongly verified: only the leverage of the two probes gives it away."""
    assert not outcome(case("skip-connection", 52)).wrong
