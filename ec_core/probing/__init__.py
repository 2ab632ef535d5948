"""Teachers, the questions they are asked, and the answers made ready to learn from."""

from ec_core.probing.asking import DISTRIBUTIONS, Asker, ask, default_count, draw_inputs, probe
from ec_core.probing.datasets import DATASETS, Dataset, load_dataset
from ec_core.probing.presets import PRESETS, TeacherCard, make_teacher
from ec_core.probing.probes import ProbeSet, make_probes, save_answers
from ec_core.probing.tables import load_answers, open_answers, parse_answers
from ec_core.probing.teacher import Teacher

__all__ = [
    "DATASETS",
    "DISTRIBUTIONS",
    "PRESETS",
    "Asker",
    "Dataset",
    "ProbeSet",
    "Teacher",
    "TeacherCard",
    "ask",
    "default_count",
    "draw_inputs",
    "load_answers",
    "load_dataset",
    "make_probes",
    "make_teacher",
    "open_answers",
    "parse_answers",
    "probe",
    "save_answers",
]
