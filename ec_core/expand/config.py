"""What a person can choose about the training of students."""

from __future__ import annotations

from dataclasses import dataclass

from ec_core.errors import InputError

DEEPEST = 4
"""More hidden layers have not been tried."""


@dataclass(frozen=True)
class ExpandConfig:
    """Settings of the expand phase; plain data with one schema.

    students : S, how many are trained (paper: 10 to 50)
    hidden_layers : of the teacher, and of every student
    width : hidden neurons per layer and student, one number or one per layer; None: found by
        doubling
    expansion : multiplies the width, found or given by ``width`` alone when 1
    iterations : Levenberg-Marquardt iterations a student gets before it is out of budget
    restarts : how often one stalled student is started anew, at most
    precision : error of the answers, as a share of their spread, where a person told it
    """

    students: int = 10
    width: int | tuple[int, ...] | None = None
    expansion: float = 1.0
    iterations: int = 120
    restarts: int = 1
    seed: int = 0
    device: str = "auto"
    hidden_layers: int = 1
    precision: float | None = None

    def __post_init__(self) -> None:
        for name, low in (("students", 1), ("iterations", 1), ("restarts", 0), ("seed", 0)):
            if getattr(self, name) < low:
                raise InputError(f"{name} is {getattr(self, name)}; expected at least {low}.")
        if not 1 <= self.hidden_layers <= DEEPEST:
            raise InputError(
                f"{self.hidden_layers} hidden layers were asked for; expected 1 to {DEEPEST}."
            )
        given = (self.width,) if isinstance(self.width, int) else self.width
        if given is not None and min(given) < 1:
            raise InputError(f"width is {self.width}; expected at least 1 hidden neuron.")
        if given is not None and len(given) not in (1, self.hidden_layers):
            raise InputError(
                f"{len(given)} widths were given for {self.hidden_layers} hidden layers; "
                "expected one, or one per layer."
            )
        if not 0 < self.expansion <= 64:
            raise InputError(f"expansion is {self.expansion}; expected more than 0, at most 64.")

    def hidden(self, width: int | tuple[int, ...], expansion: float = 1.0) -> tuple[int, ...]:
        """Hidden sizes, one per layer, from one width for all or one for each."""
        widths = (width,) * self.hidden_layers if isinstance(width, int) else width
        if len(widths) == 1:
            widths = widths * self.hidden_layers
        return tuple(max(1, round(w * expansion)) for w in widths)
