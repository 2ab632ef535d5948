"""What a person chose for a run: plain data, stored with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ec_core.candidates import AUTO, Candidate, Field
from ec_core.chain import RecoverConfig
from ec_core.cluster import Cut
from ec_core.curves.search import FREE
from ec_core.expand.config import DEEPEST
from ec_core.probing.asking import default_count
from ec_core.runs.source import Source

CLUSTER, HERE = "ray", "auto"
"""The device that stands for a cluster of other machines, and what one of these computes on."""

HELD_OUT = 0.2
"""The share of answers that make_probes keeps aside for the final check."""


@dataclass(frozen=True)
class Settings:
    """Students, questions, limits, and what may be shown.

    activation : what the students are given; None: the source's, "auto": found out by a race
    hidden_layers : of the teacher and of every student, while the sizes are not known; "auto":
        found out by the race as well
    width : neurons per student, one number or one per layer, None: found by trying
    probes : questions to ask; distribution : where they come from ("given" for files of answers)
    as_needed : more questions are asked if the students turn out to need them
    precision : error of the answers, as a share of their spread; None: found out
    budget : seconds at most, None without limit; show_truth : teacher's neurons may be drawn
    """

    students: int = 10
    hidden_layers: int | str = 1
    width: int | tuple[int, ...] | None = None
    expansion: float = 1.0
    probes: int = 2000
    distribution: str = "gaussian"
    seed: int = 0
    device: str = "auto"
    budget: float | None = None
    gamma: float = 0.5
    beta: float = 30.0
    show_truth: bool = False
    demo: bool = False
    precision: float | None = None
    as_needed: bool = False
    activation: str | None = None

    def __post_init__(self) -> None:
        if self.width is not None and not isinstance(self.width, int):
            # JSON brings a tuple back as a list
            object.__setattr__(self, "width", tuple(self.width))

    @property
    def computing(self) -> str:
        """The device of whichever machine computes."""
        return HERE if self.device == CLUSTER else self.device

    @property
    def learning(self) -> int:
        """Answers the students learn from."""
        return self.probes - max(1, round(HELD_OUT * self.probes))

    def chose(self, cut: Cut) -> bool:
        """Had a person a hand in this cut?"""
        return not cut.untouched(self.gamma, self.beta)

    def field(self, activation: str) -> Field:
        """The candidates, one where all is told; ``activation`` is the source's."""
        return Field.of(self.activation or activation, self.hidden_layers, self.width)

    def first(self, activation: str) -> Candidate:
        """The only candidate, or the first of them, to have something to reckon with."""
        field = self.field(activation)
        return field.at(field.depths[0])[0]

    def recover_config(self, activation: str, hidden_layers: int | None = None) -> RecoverConfig:
        """What the command line would be told; the app runs the same stages with it.

        activation, hidden_layers : as they are known, also where they were found out
        """
        if hidden_layers is None:
            hidden_layers = self.field(activation).depths[0]
        return RecoverConfig(
            activation=activation,
            hidden_layers=hidden_layers,
            students=self.students,
            width=self.width,
            expansion=self.expansion,
            gamma=self.gamma,
            beta=self.beta,
            seed=self.seed,
            device=self.computing,
            precision=self.precision,
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def default_settings(source: Source) -> Settings:
    """Sound settings for a new run; the depth is the teacher's where there is one."""
    if source.answers is not None:
        depth = AUTO if source.activation in (AUTO, FREE) else 1
        return Settings(hidden_layers=depth, probes=len(source.answers[0]), distribution="given")
    layers = min(max(source.hidden_layers or 1, 1), DEEPEST)
    if source.dataset is not None:
        # dead pixels and the like only show their weights if noise moves them
        return Settings(
            hidden_layers=layers, probes=4000, distribution="data+noise", as_needed=True
        )
    needed = default_count(source.inputs, layers, source.activation)
    return Settings(hidden_layers=layers, probes=max(2000 * layers, needed), as_needed=True)
