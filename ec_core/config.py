"""Everything a run depends on besides its answers, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from ec_core.errors import InputError
from ec_core.expand.config import ExpandConfig
from ec_core.networks.activations import activation as look_up

SHALLOW, DEEP = (120, 1), (60, 0)
"""Iterations and restarts of a student where nothing else is said. Deep students that are stuck
are helped by what they agree on, layer by layer; their order hardly changes after so many."""


@dataclass(frozen=True)
class RecoverConfig:
    """Everything a run depends on besides the probes; plain data with one schema.

    activation, hidden_layers : of the network that is looked for
    width, expansion, students, iterations, restarts : see ``ExpandConfig``
    gamma, beta : which clusters count (share of students, degrees)
    seed : of the students' starts; device : "auto", "cpu", "cuda", "cuda:1", …
    precision : root mean square error of the answers, as a share of their spread, where it is
        known; None: read off the answers and what the students leave over
    """

    activation: str
    hidden_layers: int = 1
    students: int = 10
    width: int | tuple[int, ...] | None = None
    expansion: float = 1.0
    iterations: int | None = None
    restarts: int | None = None
    gamma: float = 0.5
    beta: float = 30.0
    seed: int = 0
    device: str = "auto"
    precision: float | None = None

    def __post_init__(self) -> None:
        look_up(self.activation)
        if self.precision is not None and not 0 < self.precision < 1:
            raise InputError(
                f"precision is {self.precision}; expected a share of the answers' spread between "
                "0 and 1, such as 1e-7."
            )
        if not 0 < self.gamma <= 1:
            raise InputError(f"gamma is {self.gamma}; expected a share above 0, at most 1.")
        if not 0 < self.beta <= 180:
            raise InputError(f"beta is {self.beta}; expected degrees above 0, at most 180.")
        self.expand_config()

    def expand_config(self) -> ExpandConfig:
        """The part that the expand stage needs."""
        iterations, restarts = SHALLOW if self.hidden_layers == 1 else DEEP
        return ExpandConfig(
            students=self.students,
            width=self.width,
            expansion=self.expansion,
            iterations=iterations if self.iterations is None else self.iterations,
            restarts=restarts if self.restarts is None else self.restarts,
            seed=self.seed,
            device=self.device,
            hidden_layers=self.hidden_layers,
            precision=self.precision,
        )
