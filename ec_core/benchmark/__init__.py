"""The paper's synthetic problems as a benchmark: solve them one by one, keep every outcome, count.

Here teachers are made and matches attached; what lies between them only ever sees a ProbeSet.
"""

from ec_core.benchmark.outcomes import RIGHT_ERROR, Found, Outcome, outcome_path, read_folder
from ec_core.benchmark.problems import GRID, Grid, Problem, Settings
from ec_core.benchmark.solving import STAGE, ProblemEnded, ProblemStarted, check, solve, solve_all
from ec_core.benchmark.spreading import Solving, solve_spread
from ec_core.benchmark.summary import PAPER_SHARE, Cell, Summary, by_settings, summarise

__all__ = [
    "GRID",
    "PAPER_SHARE",
    "RIGHT_ERROR",
    "STAGE",
    "Cell",
    "Found",
    "Grid",
    "Outcome",
    "Problem",
    "ProblemEnded",
    "ProblemStarted",
    "Settings",
    "Solving",
    "Summary",
    "by_settings",
    "check",
    "outcome_path",
    "read_folder",
    "solve",
    "solve_all",
    "solve_spread",
    "summarise",
]
