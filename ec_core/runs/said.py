"""What a person says of a run, its title, note and tags, when two may be saying it at once.

An edit carries what it was based on. A field that somebody else has changed meanwhile, to something
else, is not written over: the edit is refused, and carries theirs, so that a person can choose. Two
who changed different fields have both changed the run.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from ec_core.errors import InputError
from ec_core.runs.loading import renew
from ec_core.runs.run import Run
from ec_core.store.notes import Notes, change_notes, checked, notes_of, tidied

LONGEST_TITLE = 120


@dataclass(frozen=True)
class Said:
    """What is said of a run."""

    title: str
    note: str = ""
    tags: tuple[str, ...] = ()


class OvertakenError(InputError):
    """Somebody else has changed the same meanwhile. theirs : what is said now"""

    def __init__(self, theirs: Said, names: tuple[str, ...]) -> None:
        what = " and ".join(names)
        super().__init__(
            f"The {what} of this run changed meanwhile in another window; nothing was written "
            "over. Choose whose to keep."
        )
        self.theirs = theirs


def said(run: Run) -> Said:
    """What is said of a run now."""
    notes = notes_of(run.stored)
    return Said(run.title, notes.note, notes.tags)


def say(run: Run, new: Said, based_on: Said) -> Said:
    """Keep what a person says; what is said then.

    based_on : what was said when they began
    Raises OvertakenError where somebody else changed the same field meanwhile, InputError for what
    cannot be kept, NotYoursError; nothing is kept then.
    """
    new = Said(" ".join(new.title.split()), new.note.strip(), tidied(new.tags))
    if not new.title or len(new.title) > LONGEST_TITLE:
        raise InputError(f"A title of {len(new.title)} characters; expected 1 to {LONGEST_TITLE}.")
    kept = now = said(run)

    def merged(notes: Notes) -> Notes:
        nonlocal kept, now
        kept = now = Said(run.title, notes.note, notes.tags)
        lost = []
        for field in fields(Said):
            mine, before = getattr(new, field.name), getattr(based_on, field.name)
            theirs = getattr(now, field.name)
            if mine in (before, theirs):
                continue
            if theirs != before:
                lost.append(field.name)
            kept = replace(kept, **{field.name: mine})
        if lost:
            raise OvertakenError(now, tuple(lost))
        after = checked(replace(notes, note=kept.note, tags=kept.tags))
        if kept.title != now.title:
            run.rename(kept.title)
        return after

    change_notes(run.stored, merged)
    renew(run.id)
    return kept
