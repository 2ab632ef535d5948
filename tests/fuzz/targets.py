"""What reads what people bring: each takes a name and bytes, and may raise an ECError at most."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ec_core.benchmark.outcomes import read_outcome
from ec_core.errors import ECError
from ec_core.events import Note
from ec_core.networks.asked import AskedModel
from ec_core.networks.reading import open_model
from ec_core.probing.remote.address import is_address, parse_address
from ec_core.probing.remote.hosts import Hosts
from ec_core.probing.remote.plain import parse_template
from ec_core.probing.tables import assemble, guess, obvious, read_contents
from ec_core.probing.tables.opening import parse_answers
from ec_core.runs.settings import Settings
from ec_core.store import RunStore
from ec_core.store.archive import import_run
from ec_core.store.folder import Folder
from ec_core.store.owner import owner_of
from ec_core.store.run import StoredRun

Target = Callable[[str, bytes, Path], None]
"""name, bytes, and a folder that is its own."""


def table(name: str, data: bytes, place: Path) -> None:
    """A file of answers, as the Teacher page reads it."""
    contents = read_contents(data, name)
    choice = obvious(contents) or guess(contents)
    assemble(contents, choice)


def answers(name: str, data: bytes, place: Path) -> None:
    """The same by the command line."""
    parse_answers(data, name)


def model(name: str, data: bytes, place: Path) -> None:
    """A network's file; one that can be asked is asked."""
    file = open_model(data, name)
    if isinstance(file, AskedModel):
        file(np.zeros((2, file.inputs)))
        return
    file.remarks()
    network = file.network(fallback="tanh")
    network(np.zeros((2, network.sizes[0])))


def configuration(name: str, data: bytes, place: Path) -> None:
    """A file of a run's folder, damaged on the disk."""
    run = place / "1m8ffp3h8abc"
    run.mkdir(exist_ok=True)
    path = run / name
    path.write_bytes(data)
    try:
        stored = StoredRun(run, RunStore(place)._lock)
        if name == "outcome.json":
            read_outcome(path)
        elif name == "at-work.json":
            Folder(run).load_json("at-work")
        elif name == "owner.json":
            owner_of(Folder(run))
        elif name == "run.json":
            stored.summary()
            chosen = stored.settings().get("chosen")
            if isinstance(chosen, dict):
                with contextlib.suppress(TypeError):  # of another version
                    Settings(**chosen).recover_config("tanh")
        elif name == "cuts.json":
            stored.cuts()
        elif name == "events.npz":
            stored.load_plain("events", [Note])
        elif name == "probes.npz":
            stored.probes()
        else:
            stored.recovered()
    finally:
        path.unlink()


def archive(name: str, data: bytes, place: Path) -> None:
    """A run's file, given to ``runs import``."""
    path = place / "given.ecrun"
    path.write_bytes(data)
    import_run(RunStore(place / "runs"), path)


def address(name: str, data: bytes, place: Path) -> None:
    """What is typed where an address is expected, and in EC_ALLOW_HOSTS."""
    text = data.decode("utf-8", "replace")
    parse_template_or_none(text)
    if name == "hosts":
        Hosts.of_environment({"EC_ALLOW_HOSTS": text})
        return
    if name == "id":
        RunStore(place).open(text)
        return
    if is_address(text):
        parse_address(text)


def parse_template_or_none(text: str) -> None:
    """A template is refused in a sentence."""
    with contextlib.suppress(ECError):
        parse_template(text)
    with contextlib.suppress(ValueError, RecursionError):
        json.loads(text)
