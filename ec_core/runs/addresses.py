"""Asking a model at an address as a background job, found again by what it asks and whom.

Every answer is on disk before it is counted (``ec_core.probing.remote``), so that a job that was
stopped, or ended with its process, goes on from there when it is started again. A stop is heard
between two requests and in every pause between them.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np

from ec_core.control import Control
from ec_core.errors import JobError
from ec_core.events import Event, Note, QuestionsAnswered
from ec_core.jobs import Job, JobBoard, JobSnapshot
from ec_core.probing.asking import draw_inputs
from ec_core.probing.probes import make_probes
from ec_core.probing.remote import Served, from_address
from ec_core.probing.remote.address import parse_address
from ec_core.probing.remote.hosts import Hosts
from ec_core.probing.unanswered import left_out
from ec_core.runs import admission, asking_at_work, visitors
from ec_core.runs.loading import answers_folder

STAGE = "ask"

_RUN = "address "
"""How the names of these jobs begin; plain data about the asking follow."""

_PART = 200
"""Questions between two looks at whether to go on, at most."""

FEWEST = 20
"""Questions of which a run can be made, at least."""

Result = TypeVar("Result")
Put = Callable[[Event], object]


@dataclass(frozen=True)
class Asking:
    """What a person told of a model: answers belong to it and to no other."""

    url: str
    template: str | None = None
    outputs: str | None = None
    inputs: int | None = None
    rate: float | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What was told besides nothing: how it can be asked again."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Asked:
    """What came of it.

    name : the model's; x (N, D), y (N, K) : the first N of ``count`` questions, with answers
    asked, kept : how many were really asked now, and known from before
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    count: int
    asked: int
    kept: int

    @property
    def left_out(self) -> str | None:
        """What becomes of the answers that are no numbers, in a sentence; None: all are."""
        return left_out(self.y)

    @property
    def complete(self) -> bool:
        """Are all that were allowed here?"""
        return len(self.x) == self.count


class _StoppedError(Exception):
    """Nobody wants the answers any more."""


def _parts(asking: Asking, count: int, look: bool, control: Control, put: Put) -> Asked | None:
    """The work itself; None where it was stopped before the first answer."""

    def wait(seconds: float) -> None:
        if control.wait(seconds):
            raise _StoppedError

    try:
        model = _model(asking, None if look else count, wait, lambda said: put(Note(STAGE, said)))
    except _StoppedError:
        return None
    assert model.inputs is not None
    if model.most is not None:
        count = min(count, model.most)  # to find its size takes some of them
    x = model.as_asked(draw_inputs(count, "gaussian", model.inputs, 0))
    part, answers = min(_PART, model.meter.at_once(_PART)), list[np.ndarray]()
    done = 0
    try:
        while done < count and not control.stopped:
            answers.append(model(x[done : done + part]))
            done = min(count, done + part)
            put(QuestionsAnswered(STAGE, done, count, model.meter.asked, model.meter.kept))
    except _StoppedError:
        pass
    if not done:
        return None
    x, y = x[:done], np.concatenate(answers)
    if not look and done >= FEWEST:
        make_probes(x, y)  # refused here, before a run is made of it
    facts = model.meter
    return Asked(model.name, x, y, count, facts.asked, facts.kept)


def _model(
    asking: Asking, most: int | None, wait: Callable[[float], None], say: Callable[[str], object]
) -> Served:
    return from_address(
        **asdict(asking),
        questions=most,
        keep=answers_folder(),
        hosts=Hosts.of_environment(),
        wait=wait,
        say=say,
    )


def _aside(work: Callable[[Put], Result]) -> Generator[Event, None, Result]:
    """Work in a thread of its own, so that what it says while it waits is heard at once."""
    inbox: SimpleQueue[Event | tuple[BaseException | None, Result | None]] = SimpleQueue()

    def run() -> None:
        try:
            inbox.put((None, work(inbox.put)))
        except BaseException as error:  # raised again where the result is taken
            inbox.put((error, None))

    # a daemon: a server that is told to quit does not wait for another's answer
    threading.Thread(target=run, name="ec-asking", daemon=True).start()
    while True:
        said = inbox.get()
        if isinstance(said, Event):
            yield said
            continue
        error, result = said
        if error is not None:
            raise error
        return result  # type: ignore[return-value]


def _name(asking: Asking, count: int | None) -> str:
    return visitors.signed(_RUN + json.dumps([asking.options, count], sort_keys=True))


def told(job: Job) -> tuple[Asking, int | None] | None:
    """Whom a job asks and how many questions it may ask, None for one to look at; None for a job
    of another kind, or of another visitor.
    """
    name, key = visitors.unsigned(job.run)
    visitor = visitors.asking()
    if not name.startswith(_RUN) or not (visitor.everything or key == visitor.key):
        return None
    options, count = json.loads(name.removeprefix(_RUN))
    return Asking(**options), count


def of(board: JobBoard, asking: Asking, *, look: bool) -> Job | None:
    """The newest job that asks this model, one question to look at it or many."""
    for job in reversed(board.jobs()):
        known = told(job)
        if known is not None and known[0] == asking and (known[1] is None) == look:
            return job
    return None


def all_of(board: JobBoard) -> list[tuple[Asking, int, Job]]:
    """The newest job of every model that is or was asked for a run, the newest first."""
    found: dict[Asking, tuple[Asking, int, Job]] = {}
    for job in reversed(board.jobs()):
        known = told(job)
        if known is not None and known[1] is not None:
            found.setdefault(known[0], (known[0], known[1], job))
    return list(found.values())


def start(board: JobBoard, asking: Asking, count: int | None) -> Job:
    """Ask so many questions in the background, or one to look at the model (None).

    A model that is being asked is not asked twice at once: its job is found. Jobs that ask the same
    host wait for one another, but nobody who only looks waits for those who ask many. Raises
    InputError for an address that cannot be asked.
    """
    by = visitors.known().key
    running = of(board, asking, look=count is None)
    if running is not None and not running.over:
        return running
    address = parse_address(asking.url)
    host = f"{address.host}:{address.port}"

    def stage(control: Control) -> Generator[Event, None, Asked | None]:
        many = count or 1
        return _aside(lambda put: _parts(asking, many, count is None, control, put))

    label = f"{f'{count:,} questions' if count else 'One question'} to {host}"
    if count is None:
        look = f"{host}, to look"
        return admission.put(
            board, stage, run=_name(asking, None), label=label, device=look, who=by or ""
        )

    def ended(snapshot: JobSnapshot) -> None:
        asking_at_work.end(asking.options, by)

    asking_at_work.begin(asking.options, count, by)
    name = _name(asking, count)
    try:
        return admission.put(
            board, stage, run=name, label=label, device=host, on_end=ended, who=by or ""
        )
    except JobError:
        asking_at_work.end(asking.options, by)
        raise


def interrupted() -> list[tuple[Asking, int]]:
    """Models whose asking a restart of the server broke off, and how many questions they were to
    be asked; ``start`` goes on from the answers on disk.
    """
    found = []
    for options, count in asking_at_work.interrupted(visitors.asking().key):
        with contextlib.suppress(TypeError):  # of another version
            found.append((Asking(**options), count))
    return found


def leave(asking: Asking) -> None:
    """A person does not want the rest of the answers any more; those on disk stay."""
    asking_at_work.end(asking.options, visitors.asking().key)


def progress(snapshot: JobSnapshot) -> QuestionsAnswered | None:
    """How far it is; None before the first answers."""
    told_ = [event for event in snapshot.seen.events if isinstance(event, QuestionsAnswered)]
    return told_[-1] if told_ else None


def waits_for(snapshot: JobSnapshot) -> str | None:
    """Why nothing moves at this moment, where the last thing it said is that."""
    last = snapshot.seen.events[-1] if snapshot.seen.events else None
    return last.message if isinstance(last, Note) else None


_FIELDS = {"inputs": "Inputs", "outputs": "Outputs"}


def on_a_page(sentence: str) -> str:
    """A sentence for the command line, its options as the fields that a page has for them.

    >>> on_a_page("It answers with a and b; say which with --outputs NAME[,NAME…].")
    'It answers with a and b; say which in the field Outputs.'
    >>> on_a_page("It takes 4 inputs; --inputs 3 was given.")
    'It takes 4 inputs; the field Inputs says 3.'
    >>> on_a_page("Nothing is left; give a larger budget (--questions).")
    'Nothing is left; give a larger budget.'
    """
    said = re.sub(r" \((?:--[a-z]+(?:, )?)+\)", "", sentence)
    said = re.sub(
        r"--(inputs|outputs) (\d+) was given",
        lambda found: f"the field {_FIELDS[found[1]]} says {found[2]}",
        said,
    )
    said = re.sub(
        r"(?:with )?--(inputs|outputs)(?: NAME[^ .]*)?",
        lambda found: f"in the field {_FIELDS[found[1]]}",
        said,
    )
    said = said.replace("such as --template ", "such as ")
    return said.replace("the same command goes on", "asking again goes on")
