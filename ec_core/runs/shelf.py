"""The runs of whoever asks, as they are kept: found page by page, put away, deleted, brought back.

Lists are by the index, or by the folders where there is none. What is done to a run is refused by
the store where the run is somebody else's, whatever list it was found in.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from ec_core.errors import ECError, InputError, NotYoursError
from ec_core.jobs import JobBoard
from ec_core.runs import owners, steering, visitors
from ec_core.runs.active import active
from ec_core.runs.loading import index, renew, store
from ec_core.runs.run import Run
from ec_core.store.archive import ENDING, export_run, import_run
from ec_core.store.database import Choices, Found, Query
from ec_core.store.entry import Entry, entry_of
from ec_core.store.leftovers import TRASH_DAYS
from ec_core.store.notes import change_notes, tidied
from ec_core.store.runs import TRASH

__all__ = ["ENDING", "TRASH_DAYS", "Entry", "Query"]

_log = logging.getLogger(__name__)


def whose() -> str | None:
    """The key of whoever asks, None of one to whom all is theirs. Raises NotYoursError of a
    visitor to whom no run could belong.
    """
    visitor = visitors.known()
    return None if visitor.everything else visitor.key


def find(query: Query = Query()) -> Found:  # noqa: B008  # frozen
    """A page of the runs of whoever asks; ``query.owner`` is theirs, whatever it was."""
    query = replace(query, owner=whose())
    try:
        return index().find(query)
    except NotYoursError:
        raise
    except InputError as error:
        _log.warning("Runs are listed from their folders: %s", error)
        return _from_folders(query)


def choices() -> Choices:
    """What the runs of whoever asks can be filtered by; nothing where there is no index."""
    try:
        return index().choices(whose())
    except NotYoursError:
        raise
    except InputError:
        return Choices()


def _from_folders(query: Query) -> Found:
    """Newest first, filtered by their words and by whether they are archived, and by no more."""
    words, entries = query.text.lower().split(), []
    for id_ in store().ids():
        entry = entry_of(store().at(id_))
        said = " ".join((entry.label, entry.note, *entry.tags, entry.id)).lower()
        mine = query.owner is None or entry.owner == query.owner
        if mine and entry.archived == query.archived and all(word in said for word in words):
            entries.append(entry)
    page = entries[query.first : query.first + query.most]
    return Found(tuple(page), len(entries))


def mine(ids: Iterable[str]) -> tuple[Run, ...]:
    """Those of these runs that are there, can be opened and belong to whoever asks."""
    runs = []
    for id_ in ids:
        try:
            run = Run(store().open(id_).id)
        except ECError:
            continue
        if run.mine:
            runs.append(run)
    return tuple(runs)


def there(ids: Iterable[str]) -> tuple[str, ...]:
    """Those of these runs that are there and belong to whoever asks, damaged ones among them."""
    return tuple(id_ for id_ in ids if store().exists(id_) and owners.is_owner(store().at(id_)))


def archive(ids: Iterable[str], archived: bool = True) -> None:
    """Put runs away, or show them in lists again. Raises NotYoursError, InputError."""
    for id_ in ids:
        change_notes(store().at(id_), lambda said: replace(said, archived=archived))
        renew(id_)


def tag(ids: Iterable[str], new: Iterable[str]) -> None:
    """Give runs these tags beside those they have. Raises NotYoursError, InputError."""
    more = tidied(tuple(new))
    for id_ in ids:
        change_notes(store().at(id_), lambda said: replace(said, tags=(*said.tags, *more)))
        renew(id_)


# the trash


@dataclass(frozen=True)
class Discarded:
    """A run in the trash. at : when it was deleted, in seconds since the epoch"""

    id: str
    label: str
    at: float


def discard(board: JobBoard, ids: Iterable[str]) -> tuple[str, ...]:
    """Delete runs, so that they can be brought back; their work is stopped. The ids of those that
    were there. Raises NotYoursError, before any is deleted.
    """
    ids = tuple(id_ for id_ in ids if store().exists(id_))
    for id_ in ids:
        if not owners.is_owner(store().at(id_)):
            raise NotYoursError("Only the owner of a run deletes it.")
    for id_ in ids:
        job = active(board, Run(id_))
        if job is not None:
            steering.stop(job)
        store().discard(id_)
        renew(id_)
    return ids


def discarded() -> tuple[Discarded, ...]:
    """What whoever asks has in the trash, last first."""
    found = []
    for stored, at in store().discarded():
        if owners.is_owner(stored):
            summary, id_ = stored.summary(), stored.id.removeprefix(TRASH)
            label = id_ if summary.damaged else summary.label
            found.append(Discarded(id_, label, at))
    return tuple(found)


def _of_mine(ids: Iterable[str]) -> tuple[str, ...]:
    """The same, if all of them that are in the trash were deleted by whoever asks."""
    ids = tuple(ids)
    for stored, _ in store().discarded():
        if stored.id.removeprefix(TRASH) in ids and not owners.is_owner(stored):
            raise NotYoursError("Only the owner of a run brings it back, or removes it for good.")
    return ids


def bring_back(ids: Iterable[str]) -> None:
    """Runs out of the trash. Raises InputError, NotYoursError."""
    for id_ in _of_mine(ids):
        store().bring_back(id_)
        renew(id_)


def empty(ids: Iterable[str]) -> None:
    """Remove runs from the trash, for good. Raises InputError, NotYoursError."""
    for id_ in _of_mine(ids):
        store().empty(id_)


# to and from files


def exported(run: Run) -> bytes:
    """The file that another computer opens to the same state. Raises InputError, and NotYoursError
    where a truth would go out that somebody else has locked away.
    """
    owners.check_secret(run.truth_locked, run.stored)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"run{ENDING}")
        export_run(run.stored, path)
        return path.read_bytes()


def file_name(run: Run) -> str:
    """A name for that file, of what the run is called.

    >>> Named = type("Named", (), {"title": "Digits: 4×4/10, tanh?", "id": "0123456789ab"})
    >>> file_name(Named())
    'digits-4-4-10-tanh.ecrun'
    """
    letters = [c if c.isascii() and c.isalnum() else " " for c in run.title.lower()]
    return ("-".join("".join(letters).split())[:60] or run.id[:9]) + ENDING


def taken_in(data: bytes, name: str) -> Run:
    """A run of whoever asks from such a file, with an id of its own. Raises InputError where it is
    none; nothing is left then.
    """
    owner = owners.new()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"run{ENDING}")
        path.write_bytes(data)
        stored = import_run(store(), path, owner, name)
    # or whoever took it in would look for it
    change_notes(stored, lambda said: replace(said, archived=False))
    return Run(stored.id)
