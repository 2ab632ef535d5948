"""Regimes that are changed for a test: shorter, or for shapes that are not of their kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ec_core.expand import regimes
from ec_core.expand.regimes import Regime


def swapped(changed: Regime) -> tuple[Regime, ...]:
    """All regimes, with this one in the place of the one of its name."""
    return tuple(changed if old.name == changed.name else old for old in regimes.REGIMES)


def change(monkeypatch: pytest.MonkeyPatch, regime: Regime, steps: int = 0, **fields: Any) -> None:
    """Let a regime have other fields, and so many small steps, during one test."""
    if steps:
        assert regime.small_steps is not None
        fields["small_steps"] = replace(regime.small_steps, steps=steps)
    monkeypatch.setattr(regimes, "REGIMES", swapped(replace(regime, **fields)))
