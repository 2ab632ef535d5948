"""A new kind of source: a text table whose last column is the answer.

``fits`` knows it by its name, ``opened`` makes probes of it. What can be asked again would return
an ``Asker`` in place of probes.
"""

from argparse import Namespace

import numpy as np

from ec_core.cli.kinds import Kind, Opened, without_asking
from ec_core.errors import InputError
from ec_core.probing import make_probes


def opened(args: Namespace) -> Opened:
    """The columns of the file: questions, and the last one the answers."""
    without_asking(args)
    try:
        rows = np.loadtxt(args.source, delimiter="\t", ndmin=2)
    except ValueError as error:
        raise InputError(f"{args.source} is no table of numbers: {error}.") from None
    return make_probes(rows[:, :-1], rows[:, -1:], args.seed), None


TABLE = Kind("TABLE.tsv", lambda name: name.endswith(".tsv"), opened)
