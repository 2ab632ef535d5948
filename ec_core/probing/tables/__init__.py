"""Questions and answers in files as people have them: arrays, tables of text, sheets, MATLAB."""

from ec_core.probing.tables.assembling import assemble
from ec_core.probing.tables.choosing import chosen, written
from ec_core.probing.tables.contents import Answers, Block, Contents
from ec_core.probing.tables.obvious import Choice, guess, left_out, obvious
from ec_core.probing.tables.opening import (
    is_answers,
    joined,
    load_answers,
    open_answers,
    parse_answers,
)
from ec_core.probing.tables.reading import read_contents

__all__ = [
    "Answers",
    "Block",
    "Choice",
    "Contents",
    "assemble",
    "chosen",
    "guess",
    "is_answers",
    "joined",
    "left_out",
    "load_answers",
    "obvious",
    "open_answers",
    "parse_answers",
    "read_contents",
    "written",
]
