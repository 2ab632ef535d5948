"""Whose a run is, kept with it: owner.json, which no version and no copy of the run takes along.

Of an owner a hash is kept, made from a secret that only the owner's browser has, or from who signed
in: whoever reads the disk cannot pass for them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ec_core.errors import InputError
from ec_core.store.folder import Folder

OWNER = "owner"

LOOK, WORK = "look", "work"
"""What somebody else may do who has the run's address: look at it, or work on it too."""


@dataclass(frozen=True)
class Owner:
    """key : the hash; name : of a person who signed in, else ""; others : ``LOOK`` or ``WORK``"""

    key: str
    name: str = ""
    others: str = LOOK


NOBODY = Owner("")
"""Of a run whose owner cannot be read: nobody's, to be looked at."""


def owner_of(folder: Folder) -> Owner | None:
    """The owner; None of a run that has none, ``NOBODY`` where the file is damaged."""
    if not folder.has(OWNER):
        return None
    try:
        facts = folder.load_json(OWNER)
        key, name, others = (facts[field] for field in ("key", "name", "others"))
    except (InputError, KeyError):
        return NOBODY
    if not all(isinstance(text, str) for text in (key, name)) or others not in (LOOK, WORK):
        return NOBODY
    return Owner(key, name, others)


def save_owner(folder: Folder, owner: Owner) -> None:
    """Keep whose it is. Raises InputError for what others cannot be allowed."""
    if owner.others not in (LOOK, WORK):
        raise InputError(f"{owner.others!r} can be allowed to nobody; expected {LOOK} or {WORK}.")
    folder.save_json(OWNER, asdict(owner))
