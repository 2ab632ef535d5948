"""A new kind of source: a list of numbers on every line, whose last one is the answer.

``fits`` knows it by its name, ``opened`` makes probes of it. What can be asked again would return
an ``Asker`` in place of probes.
"""

import json
from argparse import Namespace
from pathlib import Path

import numpy as np

from ec_core.cli.kinds import Kind, Opened, without_asking
from ec_core.errors import InputError
from ec_core.probing import make_probes


def opened(args: Namespace) -> Opened:
    """The lists of the file: questions, and the last number the answer."""
    without_asking(args)
    try:
        lines = Path(args.source).read_text().splitlines()
        rows = np.array([json.loads(line) for line in lines], float)
    except ValueError as error:
        raise InputError(f"{args.source} is no table of numbers: {error}.") from None
    return make_probes(rows[:, :-1], rows[:, -1:], args.seed), None


TABLE = Kind("LISTS.jsonl", lambda name: name.endswith(".jsonl"), opened)
