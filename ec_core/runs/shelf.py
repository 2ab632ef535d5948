"""Which runs whoever asks has, page by page: by the index, or by the folders without one."""

from __future__ import annotations

import logging
from dataclasses import replace

from ec_core.errors import InputError, NotYoursError
from ec_core.runs import visitors
from ec_core.runs.loading import index, store
from ec_core.store.database import Choices, Found, Query
from ec_core.store.entry import entry_of

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
