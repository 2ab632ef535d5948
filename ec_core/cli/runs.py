"""The command that keeps house among stored runs: list, show, export, import, delete, gc."""

from __future__ import annotations

import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from ec_core.cli.output import answer, output_path
from ec_core.errors import InputError
from ec_core.runs.loading import BESIDE_THE_APP
from ec_core.store import RunStore, StoredRun, home
from ec_core.store.archive import ENDING, export_run, import_run
from ec_core.store.leftovers import left_over, old_trash, remove
from ec_core.store.run import REPORT, RunSummary
from ec_core.store.runs import TRASH

_REPORTED = ("status", "verified", "activation", "hidden_layers", "sizes", "loss", "seconds")
"""What ``show`` says of a report."""


def _store(args: Namespace) -> RunStore:
    return RunStore(Path(args.home) if args.home else home(BESIDE_THE_APP))


def _bytes(run: StoredRun) -> int:
    return sum(path.stat().st_size for path in run.path.rglob("*") if path.is_file())


def _facts(summary: RunSummary) -> dict[str, Any]:
    return {
        "id": summary.id,
        "label": summary.label,
        "kind": summary.kind,
        "status": summary.status,
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(summary.created)),
        "parts": sorted(summary.parts),
        "damaged": summary.damaged,
    }


def _line(facts: dict[str, Any]) -> str:
    return f"{facts['id']}  {facts['created'][:10]}  {facts['status']:<14}  {facts['label']}"


def list_runs(args: Namespace) -> bool:
    """List the runs, newest first."""
    store = _store(args)
    facts = [_facts(summary) for summary in store.list()]
    lines = [_line(each) for each in facts] or [f"There are no runs in {store.root}."]
    answer({"home": str(store.root), "runs": facts}, "\n".join(lines), args.json)
    return True


def show(args: Namespace) -> bool:
    """Say what a run is, how it was made and what came of it."""
    run = _store(args).open(args.run)
    report = run.report() if run.has(REPORT) else {}
    facts = {
        **_facts(run.summary()),
        "bytes": _bytes(run),
        "settings": run.settings(),
        "report": {name: report[name] for name in _REPORTED if name in report},
    }
    lines = [_line(facts), f"{facts['bytes']:,} bytes: {', '.join(facts['parts'])}"]
    lines += [f"{name}: {value}" for name, value in facts["report"].items()]
    answer(facts, "\n".join(lines), args.json)
    return True


def export(args: Namespace) -> bool:
    """Write a run to one file, which another computer opens to the same state."""
    run = _store(args).open(args.run)
    path = output_path(args.out)
    if path.suffix != ENDING:
        raise InputError(f"{path.name} does not end in {ENDING}; name the file so.")
    size = export_run(run, path)
    answer({"id": run.id, "out": str(path), "bytes": size}, f"{path}: {size:,} bytes.", args.json)
    return True


def import_(args: Namespace) -> bool:
    """Take in a run from a file that export wrote; it gets an id of its own."""
    run = import_run(_store(args), Path(args.file))
    summary = _facts(run.summary())
    answer(summary, f"{summary['label']} is run {run.id}.", args.json)
    return True


def delete(args: Namespace) -> bool:
    """Delete runs, for good; none of them if one is not there."""
    store = _store(args)
    for id_ in args.runs:
        if not store.exists(id_):
            raise InputError(f"There is no run {id_!r} in {store.root}; nothing was deleted.")
    for id_ in args.runs:
        store.delete(id_)
    answer({"deleted": args.runs}, f"Deleted {len(args.runs)} of {len(args.runs)}.", args.json)
    return True


def gc(args: Namespace) -> bool:
    """Remove what programs that were killed have left, and what has been in the trash for a week;
    of the former what is younger than an hour stays.
    """
    store = _store(args)
    found, trash = left_over(store), old_trash(store)
    if not args.dry_run:
        remove(found)
        for id_ in trash:
            store.empty(id_)
    size, what = sum(found.values()), "would be removed" if args.dry_run else "removed"
    gone = [*map(str, found), *(str(store.root / f"{TRASH}{id_}") for id_ in trash)]
    answer(
        {"removed": gone, "bytes": size + sum(trash.values()), "dry_run": args.dry_run},
        f"{len(found)} left-overs, {size:,} bytes, and {len(trash)} deleted runs, "
        f"{sum(trash.values()):,} bytes, {what}.",
        args.json,
    )
    return True
