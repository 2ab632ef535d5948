"""Whose a run is, and what somebody else may do: the one place where a change is refused.

A run that has no owner belongs to the program and to whoever has a server for themselves; where
there are many visitors it may be looked at, as all runs may by whoever has their address.
"""

from __future__ import annotations

from dataclasses import replace

from ec_core.errors import InputError, NotYoursError
from ec_core.runs import visitors
from ec_core.store import LOOK, WORK, Owner, owner_of, save_owner
from ec_core.store.folder import Folder

__all__ = ["LOOK", "WORK", "Owner"]

REFUSED = (
    "This run is somebody else’s: you may look at it, but nothing of it can be changed; make a "
    "copy of your own to go on with it."
)
LOCKED = (
    "The truth of this run is locked away, so that no copy of it is made; ask its owner to unlock "
    "it."
)


def new() -> Owner | None:
    """The owner of a run that is made now; None where nobody asks whose runs are.

    Raises NotYoursError of a visitor to whom no run could belong.
    """
    visitor = visitors.known()
    return None if visitor.key is None else Owner(visitor.key, visitor.name)


def is_owner(run: Folder) -> bool:
    """Is it the run of whoever asks?"""
    visitor, owner = visitors.asking(), owner_of(run)
    if visitor.everything:
        return True
    return visitor.key is not None and owner is not None and owner.key == visitor.key


def person(run: Folder) -> str:
    """Whose turn at a device the run's jobs take (``ec_core.jobs.turns``); "" where nobody asks."""
    owner = owner_of(run)
    return "" if owner is None else owner.key


def may_work(run: Folder) -> bool:
    """May whoever asks change a run, and start, steer and stop its work?"""
    if visitors.asking().everything:
        return True
    owner = owner_of(run)
    return owner is not None and (owner.others == WORK or is_owner(run))


def check(run: Folder) -> None:
    """The guard of the store. Raises NotYoursError where whoever asks may not change this run."""
    if not may_work(run):
        raise NotYoursError(REFUSED)


def allow(run: Folder, others: str) -> None:
    """Say what others may do, ``LOOK`` or ``WORK``. Raises NotYoursError but for the owner."""
    owner = owner_of(run)
    if not is_owner(run):
        raise NotYoursError("Only the owner of a run says what others may do with it.")
    if owner is None:
        raise InputError("This run has no owner, so that there is nothing to allow to others.")
    save_owner(run, replace(owner, others=others))


def check_lock(run: Folder) -> None:
    """Raises NotYoursError but for the owner, who alone locks the truth away and unlocks it."""
    if not is_owner(run):
        raise NotYoursError("Only the owner of a run locks its truth away, or unlocks it.")


def check_secret(locked: bool, run: Folder) -> None:
    """Raises NotYoursError where a copy would hand a teacher out that somebody else locked away."""
    if locked and not is_owner(run):
        raise NotYoursError(LOCKED)
