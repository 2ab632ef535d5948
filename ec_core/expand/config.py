"""What a person can choose about the training of students."""

from __future__ import annotations

from dataclasses import dataclass

from ec_core.errors import InputError


@dataclass(frozen=True)
class ExpandConfig:
    """Settings of the expand phase; plain data with one schema.

    students : S, how many are trained (paper: 10 to 50)
    width : hidden neurons per student; None: found by doubling
    expansion : multiplies the width, found or given by ``width`` alone when 1
    iterations : Levenberg-Marquardt iterations a student gets before it is out of budget
    restarts : how often one stalled student is started anew, at most
    """

    students: int = 10
    width: int | None = None
    expansion: float = 1.0
    iterations: int = 120
    restarts: int = 1
    seed: int = 0
    device: str = "auto"

    def __post_init__(self) -> None:
        for name, low in (("students", 1), ("iterations", 1), ("restarts", 0), ("seed", 0)):
            if getattr(self, name) < low:
                raise InputError(f"{name} is {getattr(self, name)}; expected at least {low}.")
        if self.width is not None and self.width < 1:
            raise InputError(f"width is {self.width}; expected at least 1 hidden neuron.")
        if not 0 < self.expansion <= 64:
            raise InputError(f"expansion is {self.expansion}; expected more than 0, at most 64.")
