"""A model at an address, as something that answers questions: batches, budget, answers kept."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.remote.address import parse_address
from ec_core.probing.remote.client import (
    PATIENCE,
    TIMEOUT,
    Client,
    RefusedError,
    Say,
    Wait,
    unsaid,
)
from ec_core.probing.remote.hosts import Hosts
from ec_core.probing.remote.inference import Inference
from ec_core.probing.remote.kept import Kept
from ec_core.probing.remote.limits import Meter
from ec_core.probing.remote.plain import EXAMPLE, Plain
from ec_core.probing.remote.sizes import SIZE_STATUSES, find_size
from ec_core.probing.remote.speech import Speech
from ec_core.probing.unanswered import refuse_most, unanswered

BATCH = 256
"""Questions in one request, where the model does not say how many it takes."""

ENOUGH_REFUSED = 3
"""Questions refused one after the other, none answered before: the model takes none of them."""

FOLDER = "answers"
"""Where answers are kept, inside EC_HOME."""


def usual_folder() -> Path:
    """EC_HOME/answers; without EC_HOME the folder runs/answers of where one is."""
    return Path(os.environ.get("EC_HOME") or "runs") / FOLDER


@dataclass
class Served:
    """Answers questions by asking an address; each answer is on disk before it is given.

    speech : how it is asked; kept : answers of before; meter : budget, rate and counts
    batch : questions per request; say : hears what a person who waits should know
    tries : questions that it took to find how many inputs it has
    inputs : D; most : questions that may be asked in all, None without limit
    """

    speech: Speech
    kept: Kept
    meter: Meter
    client: Client
    batch: int = BATCH
    say: Say = unsaid
    tries: int = 0
    _told: bool = field(default=False, repr=False)
    _answered: int = field(default=0, repr=False)
    _unanswered: int = field(default=0, repr=False)
    _usual: int = field(init=False, repr=False)
    _refused: list[tuple[np.ndarray, RefusedError]] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self._usual = self.batch

    @property
    def inputs(self) -> int | None:
        return self.speech.about.inputs

    @property
    def most(self) -> int | None:
        # what finding its size took is part of the budget
        return None if self.meter.most is None else self.meter.most - self.tries

    @property
    def name(self) -> str:
        """The model's."""
        return self.speech.about.name

    def as_asked(self, x: np.ndarray) -> np.ndarray:
        """Questions as the model sees them: rounded where its inputs are short numbers."""
        return self.speech.rounded(x)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Answers (N, K) to questions (N, D), NaN for what is no number. Raises InputError."""
        x = self.as_asked(np.ascontiguousarray(x, dtype=np.float64))
        before = self.kept.from_before(x)
        self._tell(before, len(x))
        missing = self.kept.missing(x)
        at = 0
        try:
            while at < len(missing):
                at += self._ask(missing[at:])
            if self._refused:
                raise self._refused[-1][1]
        finally:
            # until the next questions may be minutes, and connections do not stand idle that long
            self.client.close()
        self.meter.kept += before
        # all from one place, so that an answer is what was kept, now and next time
        _, y = self.kept.find(x)
        return y

    def _ask(self, x: np.ndarray) -> int:
        """Ask the first of these and keep the answers; how many were asked."""
        size = min(len(x), self.meter.at_once(self.speech.about.batch or self.batch))
        while True:
            batch = x[:size]
            self.meter.before(len(batch))
            try:
                y = self.speech.ask(batch)
            except RefusedError as error:
                if error.status not in SIZE_STATUSES:
                    raise
                if size > 1:
                    size = self.batch = size // 2
                    continue
                # no batch was too large: it is this question that the model does not take
                self.batch = self._usual
                self._refused.append((batch, error))
                if self.kept.outputs is None and len(self._refused) == ENOUGH_REFUSED:
                    raise
            else:
                self._keep(batch, y)
            self._keep_refused()
            return size

    def _keep(self, x: np.ndarray, y: np.ndarray) -> None:
        """What is no number is kept as well: asked again it would be paid for again."""
        self.meter.asked += len(x)
        self.kept.add(x, y)
        self._answered += len(x)
        self._unanswered += unanswered(y)
        refuse_most(self.name, self._unanswered, self._answered)

    def _keep_refused(self) -> None:
        """A question that is refused alone, where others are answered, has no answer."""
        outputs = self.kept.outputs
        while self._refused and outputs is not None:
            x, _ = self._refused.pop()
            self._keep(x, np.full((1, outputs), np.nan))

    def _tell(self, known: int, count: int) -> None:
        if known and not self._told:
            self._told = True
            self.say(
                f"{known:,} of {count:,} answers are known from before ({self.kept.path}); delete "
                "this file if the model has changed since."
            )

    def facts(self) -> dict[str, Any]:
        """For the report: how many questions were really asked, and how many were known."""
        return {"questions": self.meter.asked, "questions_kept": self.meter.kept}


def from_address(
    url: str,
    *,
    template: str | None = None,
    outputs: str | None = None,
    inputs: int | None = None,
    questions: int | None = None,
    rate: float | None = None,
    batch: int | None = None,
    timeout: float = TIMEOUT,
    patience: float = PATIENCE,
    keep: str | Path | None = None,
    hosts: Hosts | None = None,
    say: Say = unsaid,
    wait: Wait = time.sleep,
) -> Served:
    """A model at an address, for ``ec.recover`` or an ``Asker``.

    url : of a model in the Open Inference Protocol (``…/v2/models/NAME``), or of anything else
        that takes JSON, with a ``template`` such as ``{"instances": $x}``
    outputs : which outputs (names between commas), or with a template the path to the numbers
    inputs : D, where the model does not tell it; without it sizes are tried
    questions : that may be asked in all; rate : per second; batch : in one request
    timeout : seconds for one request; patience : of waiting for one answer, in all
    keep : the folder in which answers are kept, by default EC_HOME/answers
    hosts : which may be asked, by default any
    say, wait : where to say that the server is waited for, and how to wait

    A bearer token is taken from the environment variable EC_TOKEN. Raises InputError, and
    MissingExtraError without the extra ``[http]``.

    >>> from_address("http://localhost:9/predict")
    Traceback (most recent call last):
    ...
    ec_core.errors.InputError: http://localhost:9/predict does not end as a model's address in the
    Open Inference Protocol does (/v2/models/NAME); for JSON of another kind give a template, such
    as --template '{"instances": $x}'.
    """
    limits = {"questions": questions, "rate": rate, "batch": batch, "timeout": timeout}
    for option, value in limits.items():
        if value is not None and not value > 0:  # refuses NaN too
            raise InputError(f"{option} is {value}; expected more than zero.")
    address = parse_address(url)
    client = Client(address, hosts or Hosts(), timeout, patience, wait, say)
    folder = Path(keep) if keep is not None else usual_folder()
    try:
        speech = _speech(client, template, outputs or "", inputs)
        kept = Kept(folder, speech.about.identity)
        meter = Meter(questions, rate, wait=wait)
        if speech.about.inputs is None:
            speech = find_size(speech, meter, kept)
    finally:
        client.close()
    return Served(speech, kept, meter, client, BATCH if batch is None else batch, say, meter.asked)


def _speech(client: Client, template: str | None, outputs: str, inputs: int | None) -> Speech:
    """How an address is asked, by what was told of it."""
    if template is not None:
        return Plain(client, template, outputs, inputs)
    if client.address.model is None:
        raise InputError(
            f"{client.address.url} does not end as a model's address in the Open Inference "
            "Protocol does (/v2/models/NAME); for JSON of another kind give a template, such as "
            f"--template {EXAMPLE}."
        )
    names = [name.strip() for name in outputs.split(",") if name.strip()]
    return Inference(client, names, inputs)
