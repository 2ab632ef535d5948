"""Where the answers of a run come from: a network that is asked, or answers that were given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ec_core.networks.chain import Naming
from ec_core.networks.network import Network
from ec_core.probing.columns import NAMELESS, Columns
from ec_core.probing.datasets import DATASETS, load_dataset
from ec_core.probing.outputs import AUTO, LOGITS, known
from ec_core.probing.presets import TeacherCard

LOCKED_TITLE = "locked teacher"


@dataclass(frozen=True)
class Source:
    """A teacher or a set of questions and answers.

    title : a few words for lists; activation : the one students are given, "auto": nobody knows
    network : the teacher, None if only answers are known
    answers : x (N, D), y (N, K) as given, None if a network is asked
    columns : what the columns of the answers are called, where that is known
    output : what stands after the last layer of what answered; "auto" where learning has to tell
    locked : there is a network, and it is locked away; ends : how many inputs and outputs it has
    namings : how the layers of the network are called and lie in the file it was read from, ()
        where there is none
    preset, options : what ``make_teacher`` was called with, for the script that repeats the run
    """

    title: str
    description: str
    activation: str
    network: Network | None = None
    answers: tuple[np.ndarray, np.ndarray] | None = None
    preset: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    score: float | None = None
    score_name: str | None = None
    locked: bool = False
    ends: tuple[int, int] | None = None
    columns: Columns = NAMELESS
    output: str = LOGITS
    namings: tuple[Naming, ...] = ()

    def without_truth(self) -> Source:
        """The same with nothing that the teacher's weights, or its sizes, could be read from."""
        if self.network is None:
            return self
        return Source(
            LOCKED_TITLE,
            "The teacher is locked away.",
            self.activation,
            preset=self.dataset,
            locked=True,
            ends=(self.inputs, self.outputs),
        )

    @classmethod
    def from_card(cls, card: TeacherCard, options: Mapping[str, Any]) -> Source:
        """A teacher from the presets."""
        network = card.network
        name = {"synthetic": "random"}.get(card.preset, card.preset)
        return cls(
            f"{name} {'–'.join(map(str, network.sizes))} {network.activation}",
            card.description,
            network.activation,
            network=network,
            preset=card.preset,
            options=dict(options),
            seed=card.seed,
            score=card.score,
            score_name=card.score_name,
        )

    @classmethod
    def from_network(cls, network: Network, name: str, namings: tuple[Naming, ...] = ()) -> Source:
        """A teacher from a file; namings : see ``NetworkFile.names``."""
        said = f"read from {name}"
        return cls(name, said, network.activation, network=network, namings=namings)

    @classmethod
    def from_answers(
        cls,
        x: np.ndarray,
        y: np.ndarray,
        name: str,
        activation: str,
        columns: Columns = NAMELESS,
        output: str = AUTO,
    ) -> Source:
        """Questions and answers from a file; y (N,) is taken for (N, 1).

        output : what stands after the last layer, one of ``OUTPUTS``
        """
        answers = (x, y[:, None] if y.ndim == 1 else y)
        said = f"questions and answers from {name}"
        return cls(
            name,
            said,
            activation,
            answers=answers,
            columns=columns,
            output=known(answers[1], output),
        )

    @classmethod
    def from_address(
        cls,
        x: np.ndarray,
        y: np.ndarray,
        name: str,
        url: str,
        activation: str,
        output: str,
        options: Mapping[str, Any],
    ) -> Source:
        """The answers of a model at an address.

        name : the model's; options : how it was asked, so that it can be asked again (no token)
        """
        said = f"{len(x):,} answers of {name} at {url}"
        return cls(
            name, said, activation, answers=(x, y), options=dict(options), output=known(y, output)
        )

    @property
    def inputs(self) -> int:
        """D."""
        if self.network is not None:
            return self.network.sizes[0]
        if self.ends is not None:
            return self.ends[0]
        assert self.answers is not None
        return int(self.answers[0].shape[1])

    @property
    def outputs(self) -> int:
        """K."""
        if self.network is not None:
            return self.network.sizes[-1]
        if self.ends is not None:
            return self.ends[1]
        assert self.answers is not None
        return int(self.answers[1].shape[1])

    @property
    def hidden_layers(self) -> int | None:
        """The teacher's depth, None where only answers are known or it is locked away."""
        return None if self.network is None else len(self.network.weights) - 1

    @property
    def dataset(self) -> str | None:
        """The bundled data a teacher can be asked about, if its file or preset names any."""
        name = self.preset if self.preset in DATASETS else None
        if name is None and self.network is not None and self.network.dataset in DATASETS:
            name = self.network.dataset
        if name is None or load_dataset(name).x.shape[1] != self.inputs:
            return None
        return name

    def data(self) -> np.ndarray | None:
        """(n, D) the rows of that data."""
        return None if self.dataset is None else load_dataset(self.dataset).x

    def as_json(self) -> dict[str, Any]:
        """Everything but the arrays."""
        names = (
            "title",
            "description",
            "activation",
            "preset",
            "seed",
            "score",
            "score_name",
            "output",
        )
        facts = {name: getattr(self, name) for name in names}
        called = [asdict(naming) for naming in self.namings]
        return {**facts, "options": dict(self.options), "namings": called}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Source:
        """The inverse of ``as_json``; earlier versions know nothing of names."""
        called = tuple(Naming(**naming) for naming in facts.get("namings", ()))
        return cls(**{**facts, "namings": called})

    def card(self) -> TeacherCard:
        """The teacher as the store keeps it."""
        assert self.network is not None
        return TeacherCard(
            self.preset or "upload",
            self.network,
            self.seed,
            self.score,
            self.score_name,
            self.description,
        )
