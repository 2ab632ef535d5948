"""The grid of problems: input sizes × hidden sizes × seeds, and the settings all of them share.

Martinelli et al., ICML 2024, report 150 synthetic problems; input sizes 2, 4, 8, 16, 32 and hidden
sizes 2, 4, 8 with ten seeds each are our reading of their grid, see
docs/method.md#the-synthetic-family.
"""

from __future__ import annotations

from dataclasses import dataclass

from ec_core.chain import RecoverConfig
from ec_core.errors import InputError
from ec_core.networks.activations import activation as look_up
from ec_core.networks.architecture import Architecture
from ec_core.networks.network import Network
from ec_core.probing.asking import default_count
from ec_core.probing.presets import make_teacher

OUTPUTS = 1
"""Every problem has one output, as the paper's have."""

QUESTIONS_PER_WEIGHT = 10
"""Of the teacher, at least."""


@dataclass(frozen=True)
class Settings:
    """What all problems of one map have in common.

    expansion : the students' width over the teacher's hidden size (the paper's rho)
    depth : hidden layers, each of the problem's hidden size
    """

    activation: str = "g"
    expansion: float = 4.0
    students: int = 10
    depth: int = 1

    def __post_init__(self) -> None:
        look_up(self.activation)
        if not 0 < self.expansion <= 64:
            raise InputError(f"expansion is {self.expansion}; expected more than 0, at most 64.")
        for name in ("students", "depth"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; expected at least 1.")


@dataclass(frozen=True)
class Problem:
    """One teacher to recover. One seed draws its weights, the probes and the students.

    >>> Problem(4, 2, 0, Settings(depth=2)).sizes, Problem(4, 2, 0).width, Problem(4, 2, 0).name
    ((4, 2, 2, 1), 8, '4-2-1_g_x4_s10_seed0')
    """

    inputs: int
    hidden: int
    seed: int
    settings: Settings = Settings()

    def __post_init__(self) -> None:
        for name, low in (("inputs", 1), ("hidden", 1), ("seed", 0)):
            if getattr(self, name) < low:
                raise InputError(f"{name} is {getattr(self, name)}; expected at least {low}.")

    @property
    def sizes(self) -> tuple[int, ...]:
        """(D, H, …, H, 1)."""
        return (self.inputs, *(self.hidden,) * self.settings.depth, OUTPUTS)

    @property
    def width(self) -> int:
        """Hidden neurons of a student."""
        return max(1, round(self.settings.expansion * self.hidden))

    @property
    def probes(self) -> int:
        """Questions asked; a fifth of them is held out (``make_probes``).

        Beyond the paper's sizes the default is too few: students of 16-32-1 at expansion factor 2
        stayed at 2e-3 with 2,300 questions, and go all the way down with ten per weight.

        >>> Problem(32, 8, 0).probes, Problem(16, 32, 0).probes
        (3100, 5770)
        """
        activation, depth = self.settings.activation, self.settings.depth
        weights = Architecture(self.sizes, activation).parameter_count
        usual = default_count(self.inputs, depth, activation)
        return max(usual, QUESTIONS_PER_WEIGHT * weights)

    @property
    def name(self) -> str:
        """Says everything the problem depends on, and makes a file name."""
        sizes = "-".join(map(str, self.sizes))
        chosen = self.settings
        return (
            f"{sizes}_{chosen.activation}_x{chosen.expansion:g}_s{chosen.students}_seed{self.seed}"
        )

    def teacher(self) -> Network:
        """The network to recover; only questions may reach it before the match."""
        return make_teacher(
            "synthetic", sizes=self.sizes, activation=self.settings.activation, seed=self.seed
        ).network

    def recover_config(self, device: str = "auto") -> RecoverConfig:
        """What recovery is told: activation, depth, and how wide students are.

        Raises InputError where the engine cannot recover such networks.
        """
        return RecoverConfig(
            activation=self.settings.activation,
            hidden_layers=self.settings.depth,
            students=self.settings.students,
            width=self.width,
            seed=self.seed,
            device=device,
        )


@dataclass(frozen=True)
class Grid:
    """All combinations of input sizes, hidden sizes and seeds.

    >>> len(Grid()), Grid(inputs=(2,), hidden=(4,), seeds=2, first_seed=7).problems()[1]
    (150, Problem(inputs=2, hidden=4, seed=8, settings=...))
    """

    inputs: tuple[int, ...] = (2, 4, 8, 16, 32)
    hidden: tuple[int, ...] = (2, 4, 8)
    seeds: int = 10
    first_seed: int = 0

    def __post_init__(self) -> None:
        if not self.inputs or not self.hidden or self.seeds < 1:
            raise InputError(
                f"{len(self.inputs)} input sizes, {len(self.hidden)} hidden sizes and {self.seeds} "
                "seeds make no problem; expected at least one of each."
            )

    def __len__(self) -> int:
        """How many problems these are."""
        return len(set(self.inputs)) * len(set(self.hidden)) * self.seeds

    def problems(self, settings: Settings | None = None) -> tuple[Problem, ...]:
        """The problems cell by cell, each cell's seeds together; sizes named twice count once."""
        return tuple(
            Problem(inputs, hidden, self.first_seed + i, settings or Settings())
            for inputs in dict.fromkeys(self.inputs)
            for hidden in dict.fromkeys(self.hidden)
            for i in range(self.seeds)
        )


GRID = Grid()
"""The 150 problems."""
