"""What a list says of a run, read from its folder: little files only, and no arrays."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ec_core.errors import InputError
from ec_core.store.builds import INDEX as BUILDS
from ec_core.store.notes import notes_of
from ec_core.store.owner import owner_of
from ec_core.store.run import ABOUT, RECOVERED, RunSummary, StoredRun

DAMAGED = "damaged"

STANDINGS = (
    *("verified", "an estimate", "not verified", "clustered", "students trained"),
    *("teacher chosen", DAMAGED),
)
"""How far a run has come, the furthest first."""

_HEADER = 2**20
"""Bytes that the header of a network file can have; none of ours comes near."""


@dataclass(frozen=True)
class Entry(RunSummary):
    """A run in a list.

    owner : the key of whose it is, None of nobody's; note, tags, archived : see ``Notes``
    standing : how far it has come, one of ``STANDINGS``
    activation : of the recovered network, or of its students, "" while nobody knows
    sizes, loss : of the recovered network, () and None while there is none
    """

    owner: str | None = None
    note: str = ""
    tags: tuple[str, ...] = ()
    archived: bool = False
    standing: str = ""
    activation: str = ""
    sizes: tuple[int, ...] = ()
    loss: float | None = None


def stamp_of(path: Path | str) -> str:
    """Changes whenever a run's folder, or what it says of itself, does; "" where there is none.

    Parts are written under another name and renamed, so that the folder itself is the newer for
    it; what somebody writes into run.json by hand shows at that file alone.
    """
    try:
        folder = os.stat(path)
    except OSError:
        return ""
    try:
        about = os.stat(f"{path}/{ABOUT}.json")
    except OSError:
        return f"{folder.st_mtime_ns}"
    return f"{folder.st_mtime_ns} {about.st_mtime_ns} {about.st_size}"


def entry_of(run: StoredRun) -> Entry:
    """What a list says of it. Never raises: a folder that cannot be read is a damaged run."""
    summary, owner = run.summary(), owner_of(run)
    said, key = notes_of(run), None if owner is None else owner.key
    facts: dict[str, Any] = {**vars(summary), "owner": key, "note": said.note, "tags": said.tags}
    facts["archived"] = said.archived
    if summary.damaged is not None:
        return Entry(**facts, standing=DAMAGED)
    built = _built(run, summary) if "reconstruction" in summary.parts else {}
    activation, sizes = _of_header(run) if built else ("", ())
    return Entry(
        **facts,
        standing=built.get("standing") or _standing(summary.parts),
        activation=activation or _of_students(run),
        sizes=built.get("sizes") or sizes,
        loss=built.get("loss"),
    )


def _standing(parts: frozenset[str]) -> str:
    if "cuts" in parts:
        return "clustered"
    return "students trained" if "ensemble" in parts else "teacher chosen"


def _built(run: StoredRun, summary: RunSummary) -> dict[str, Any]:
    """Verdict, sizes and loss of the network in use; of an earlier version its word alone."""
    word = summary.status if summary.status in STANDINGS else "not verified"
    facts: dict[str, Any] = {"standing": word}
    try:
        known = run.load_json(BUILDS) if run.has(BUILDS) else {}
        used = next(one for one in known.get("builds", ()) if one["key"] == known["in_use"])
        facts["sizes"] = tuple(int(size) for size in used["sizes"])
        facts["loss"] = float(used["loss"])
    except (InputError, StopIteration, KeyError, TypeError, ValueError):
        pass  # of an earlier version, or damaged: the page that opens it says so
    return facts


def _of_header(run: StoredRun) -> tuple[str, tuple[int, ...]]:
    """Activation and sizes of the recovered network, from the first bytes of its file."""
    try:
        with (run.path / f"{RECOVERED}.safetensors").open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(length, _HEADER)))
        number = sum(name.startswith("layers.") for name in header) // 2
        shapes = [header[f"layers.{layer}.weight"]["shape"] for layer in range(number)]
        sizes = (shapes[0][1], *(shape[0] for shape in shapes)) if shapes else ()
        return str(header["__metadata__"]["activation"]), tuple(int(size) for size in sizes)
    except (LookupError, OSError, ValueError, TypeError, AttributeError, RecursionError):
        return "", ()


def _of_students(run: StoredRun) -> str:
    """The activation that was found out, was told, or is the teacher's."""
    try:
        known = run.settings()
        found = known.get("found")
        told = known.get("chosen", {}).get("activation")
        name = found[0] if found else told or known.get("source", {}).get("activation", "")
    except (InputError, AttributeError, IndexError, KeyError, TypeError):
        return ""
    return "" if name in (None, "auto") else str(name)
