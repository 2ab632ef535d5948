"""Options that belong together, as data: what may be said of a teacher, of columns, of asking."""

from __future__ import annotations

import argparse
from typing import Any

from ec_core.candidates import AUTO
from ec_core.cli import arguments
from ec_core.devices import DEVICES
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.tensors import LAYOUTS
from ec_core.probing import DISTRIBUTIONS
from ec_core.probing.outputs import OUTPUTS

Options = dict[str, dict[str, Any]]
"""Names with what argparse is told of each."""

MAX_SEED = 2**32 - 1
"""What every random generator in use accepts."""

MAX_STUDENTS = 10_000
"""Two hundred times what the paper uses; more is a slip of the finger."""

MAX_WORKERS = 1024
"""More is a slip of the finger, on one machine at least."""

_NAMES = f"one of: {', '.join(ACTIVATIONS)}"

COMMON: Options = {
    "--seed": {
        "type": arguments.whole(0, MAX_SEED),
        "default": 0,
        "help": "for all random numbers (default 0)",
    },
    "--device": {
        "choices": DEVICES,
        "default": "auto",
        "help": "where to compute (default auto)",
    },
    "--json": {"action": "store_true", "help": "print exactly one JSON object on stdout"},
}
"""Of every command."""

ACTIVATION: Options = {
    "--activation": {"type": arguments.activation, "metavar": "NAME", "help": _NAMES}
}

READING: Options = {
    "--teacher-activation": {
        "type": arguments.activation,
        "metavar": "NAME",
        "help": "of a teacher file that does not name its activation (a torch state dict), or "
        "names another one",
    },
    "--teacher-layout": {
        "choices": LAYOUTS,
        "help": "of a teacher file whose matrices are square: out-in as torch, in-out as Keras "
        "(default out-in)",
    },
}
"""What a teacher file may leave open."""

COLUMNS: Options = {
    "--inputs": {
        "metavar": "COLUMNS|N",
        "help": "of a file of answers: the questions' columns or array, such as x1,x2 or 1-4 or "
        "x*, or a file that holds them (default: told by their names); of what is asked: how many "
        "inputs it has, such as 4",
    },
    "--outputs": {
        "metavar": "COLUMNS|NAMES|PATH",
        "help": "the answers' columns or array, or a file that holds them; of an address: names of "
        "the model's outputs, or, with --template, the way to the numbers in the answer, such as "
        "predictions.*.score",
    },
}
"""Which part of a source is meant; each kind of source takes them in its own way."""

ASKING: Options = {
    "--template": {
        "metavar": "JSON",
        "help": "the question to an address that takes JSON of its own kind: $x stands for all "
        "questions of a batch, $row for one alone",
    },
    "--questions": {
        "type": arguments.whole(1),
        "metavar": "N",
        "help": "that may be asked in all",
    },
    "--rate": {
        "type": arguments.number(0, 1e9),
        "metavar": "PER_SECOND",
        "help": "questions per second, at most",
    },
    "--batch": {"type": arguments.whole(1), "metavar": "N", "help": "questions in one request"},
    "--timeout": {
        "type": arguments.number(0, 1e6),
        "metavar": "SECONDS",
        "help": "of one request (default 60)",
    },
}
"""How a model at an address is asked."""

LEARNING: Options = {
    "--activation": {
        "type": arguments.activation_or_auto,
        "default": AUTO,
        "metavar": "auto|free|NAME",
        "help": "auto, found out by a race of all (default); free, learnt as a curve, whatever it "
        f"is; or {_NAMES}",
    },
    "--hidden-layers": {
        "type": arguments.layers,
        "default": AUTO,
        "metavar": "auto|L",
        "help": "auto, as many as --width names, else found out (default), or a number",
    },
    "--students": {"type": arguments.whole(1, MAX_STUDENTS), "default": 10, "metavar": "S"},
    "--width": {
        "type": arguments.sizes,
        "metavar": "H[-H2…]",
        "help": "default: found by doubling",
    },
    "--expansion": {
        "type": arguments.number(0, 64),
        "default": 1.0,
        "metavar": "R",
        "help": "multiplies the width",
    },
    "--gamma": {
        "type": arguments.number(0, 1),
        "default": 0.5,
        "help": "least share of students",
    },
    "--beta": {
        "type": arguments.number(0, 180),
        "default": 30.0,
        "help": "widest angle, degrees",
    },
    "--output": {
        "choices": OUTPUTS,
        "default": AUTO,
        "help": "what stands after the last layer of what answers (default auto: found out)",
    },
    "--precision": {
        "type": arguments.precision,
        "metavar": "auto|VALUE",
        "help": "error of the answers, as a share of their spread (default auto: found out)",
    },
    "--probes": {
        "type": arguments.whole(1),
        "metavar": "N",
        "help": "questions to a teacher file",
    },
    "--distribution": {"choices": DISTRIBUTIONS, "help": "default gaussian"},
}
"""What is learnt, and how."""


def add(parser: argparse.ArgumentParser, *groups: Options) -> None:
    """All options of some groups."""
    for group in groups:
        for name, told in group.items():
            parser.add_argument(name, **told)
