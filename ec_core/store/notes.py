"""What a person says of a run: a note, tags, and whether it is put away; notes.json in its folder.

It is the run's own, and in none of its versions: it goes with the run into a file and comes back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from ec_core.errors import InputError
from ec_core.store.folder import Folder

NOTES = "notes"

MOST_TAGS, LONGEST_TAG, LONGEST_NOTE = 20, 40, 4000


@dataclass(frozen=True)
class Notes:
    """note : free text; tags : in the order of the alphabet; archived : in no list, unless asked"""

    note: str = ""
    tags: tuple[str, ...] = ()
    archived: bool = False


def tidied(tags: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Tags as they are kept: small letters, single spaces, each once, in order.

    Raises InputError for more or longer ones than can be kept.

    >>> tidied(["Wide  inputs", "relu", "RELU", " "])
    ('relu', 'wide inputs')
    """
    clean = sorted({" ".join(tag.lower().split()) for tag in tags} - {""})
    if len(clean) > MOST_TAGS:
        raise InputError(f"{len(clean)} tags; a run has at most {MOST_TAGS}.")
    for tag in clean:
        if len(tag) > LONGEST_TAG:
            raise InputError(f"A tag of {len(tag)} characters; at most {LONGEST_TAG} are kept.")
    return tuple(clean)


def notes_of(folder: Folder) -> Notes:
    """What is said of a run; nothing where nothing is, or where it cannot be read."""
    if not folder.has(NOTES):
        return Notes()
    try:
        facts = folder.load_json(NOTES)
        tags = tidied([str(tag) for tag in facts.get("tags", ())])
        return Notes(str(facts.get("note", "")), tags, bool(facts.get("archived", False)))
    except (InputError, TypeError, ValueError):
        return Notes()


_ONE_AT_A_TIME = threading.RLock()


def change_notes(folder: Folder, change: Callable[[Notes], Notes]) -> Notes:
    """What is said of a run, changed while nobody else changes it; what is said then. Raises what
    ``change`` raises, and InputError for more than can be kept.
    """
    with _ONE_AT_A_TIME:
        before = notes_of(folder)
        after = change(before)
        if after != before:
            save_notes(folder, after)
        return after


def checked(notes: Notes) -> Notes:
    """The same with its tags tidied. Raises InputError for more than can be kept."""
    if len(notes.note) > LONGEST_NOTE:
        raise InputError(
            f"A note of {len(notes.note):,} characters; at most {LONGEST_NOTE:,} are kept."
        )
    return replace(notes, tags=tidied(notes.tags))


def save_notes(folder: Folder, notes: Notes) -> None:
    """Keep what is said of a run. Raises InputError for more than can be kept."""
    notes = checked(notes)
    folder.save_json(NOTES, {**asdict(notes), "tags": list(notes.tags)})
