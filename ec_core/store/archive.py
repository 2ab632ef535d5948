"""A run as one file that another computer opens to the same state.

A zip file of the run's own files, stored as they are, under their names in its folder: its parts
(``run.json`` first) and those of its versions. Nothing in such a file is trusted: a name that is
not one of a part is refused, and so is more than a run can be, by what the file declares and by
what it unpacks to. An imported run gets an id of its own.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

from ec_core.errors import InputError, quoted
from ec_core.networks.files import written_whole
from ec_core.store.owner import Owner
from ec_core.store.run import ABOUT, StoredRun
from ec_core.store.runs import NOT_COPIED, RunStore

ENDING = ".ecrun"
"""Of the names of such files."""

MOST_BYTES = 4 * 2**30
"""A run of the largest students and a hundred versions is below this."""

MOST_FILES = 10_000

_PART = r"[a-z][a-z0-9-]{0,40}\.(?:json|npz|safetensors)"
_NAME = re.compile(rf"(?:versions/[0-9]{{1,6}}/)?{_PART}")
_PIECE = 2**20
# every file is as old as zip allows: the same run gives the same bytes
_NO_DATE = (1980, 1, 1, 0, 0, 0)


def is_part(name: str) -> bool:
    """Could this be the name of a run's file, relative to its folder?

    >>> is_part("versions/2/cuts.json"), is_part("../cuts.json"), is_part("owner.json")
    (True, False, False)
    """
    return _NAME.fullmatch(name) is not None and name not in NOT_COPIED


def parts_of(folder: Path) -> list[str]:
    """The names, relative to a run's folder, of what belongs to it."""
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    # what a process of this computer is doing, and whose the run is among its visitors
    found = {name for name in names if is_part(name)}
    about = f"{ABOUT}.json"
    return [about, *sorted(found - {about})]


def export_run(run: StoredRun, path: Path) -> int:
    """Write a run to one file; the bytes of what is in it. Raises InputError."""
    size = 0
    with written_whole(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in parts_of(run.path):
            size += _add(archive, run, name)
    return size


def _add(archive: zipfile.ZipFile, run: StoredRun, name: str) -> int:
    try:
        with (
            (run.path / name).open("rb") as part,
            archive.open(zipfile.ZipInfo(name, _NO_DATE), "w", force_zip64=True) as into,
        ):
            shutil.copyfileobj(part, into, _PIECE)
            return part.tell()
    except FileNotFoundError:
        raise InputError(
            f"Run {run.id} changed while it was written; try again when it is at rest."
        ) from None


def import_run(
    store: RunStore, path: Path, owner: Owner | None = None, name: str = ""
) -> StoredRun:
    """A run from such a file, with an id of its own. Raises InputError; nothing is left then.

    owner : whose it becomes; name : what people call the file, where it is not what it is called
    """
    name = name or path.name
    try:
        with zipfile.ZipFile(path) as archive:
            entries = _checked(archive, name)
            return store.adopt(lambda folder: _unpack(archive, entries, folder, name), owner)
    except FileNotFoundError:
        raise InputError(f"There is no file {path}; name one that ends in {ENDING}.") from None
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, ValueError):
        raise InputError(
            f"{name} is no run, or damaged; expected a file that an export of a run wrote."
        ) from None
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}.") from None


def _checked(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    """What is in the file, by what it declares."""
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise InputError(f"{name} holds {len(entries)} files; a run has at most {MOST_FILES}.")
    for entry in entries:
        if not _NAME.fullmatch(entry.filename):
            raise InputError(
                f"{name} holds {quoted(entry.filename)}, which is no part of a run; nothing was "
                "kept."
            )
        if entry.compress_type != zipfile.ZIP_STORED:
            raise InputError(f"{name} is compressed; a run's file never is. Nothing was kept.")
    if len({entry.filename for entry in entries}) < len(entries):
        raise InputError(f"{name} holds a part twice; nothing was kept.")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise InputError(f"{name} holds more than {MOST_BYTES:,} bytes; no run is so large.")
    if f"{ABOUT}.json" not in {entry.filename for entry in entries}:
        raise InputError(f"{name} has no {ABOUT}.json, so it is no run; nothing was kept.")
    return entries


def _unpack(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], folder: Path, name: str
) -> None:
    left = MOST_BYTES
    for entry in entries:
        target = folder / entry.filename
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as part, open(target, "xb") as into:
            while piece := part.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise InputError(f"{name} unpacks to more than it says; nothing was kept.")
                into.write(piece)
