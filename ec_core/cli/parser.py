"""Commands and options, and the one sentence that answers a wrong one."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NoReturn

from ec_core.benchmark import GRID, Settings
from ec_core.candidates import AUTO
from ec_core.cli import kinds
from ec_core.cli.benchmark import NAMES, benchmark
from ec_core.cli.commands import compare, probe, teacher
from ec_core.cli.export import ENDINGS, export
from ec_core.cli.recover import recover
from ec_core.devices import DEVICES
from ec_core.errors import InputError
from ec_core.networks.activations import ACTIVATIONS, spelled
from ec_core.networks.tensors import LAYOUTS
from ec_core.probing import DISTRIBUTIONS
from ec_core.probing.outputs import OUTPUTS

MAX_SEED = 2**32 - 1
"""What every random generator in use accepts."""

MAX_STUDENTS = 10_000
"""Two hundred times what the paper uses; more is a slip of the finger."""


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are InputErrors: one sentence, no usage block."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message[:1].upper()}{message[1:]}; see {self.prog} --help.")


def _whole(low: int, high: int | None = None) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if value < low or (high is not None and value > high):
            top = "" if high is None else f" and at most {high}"
            raise argparse.ArgumentTypeError(
                f"{value} is out of range, expected {low} or more{top}"
            )
        return value

    return parse


def _number(low: float, high: float) -> Callable[[str], float]:
    """A number above ``low``, at most ``high``."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
        if not low < value <= high:  # refuses NaN too
            raise argparse.ArgumentTypeError(
                f"{text} is out of range, expected more than {low:g} and at most {high:g}"
            )
        return value

    return parse


def _precision(text: str) -> float | None:
    """``auto`` or a share of the answers' spread."""
    return None if text == "auto" else _number(0, 0.999)(text)


def _sizes(text: str) -> tuple[int, ...]:
    parts = text.split("-")
    if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of sizes, expected positive numbers such as 4-8-1"
        )
    return tuple(int(part) for part in parts)


def _several(text: str) -> tuple[int, ...]:
    """One or several whole numbers between commas."""
    return tuple(_whole(1)(part) for part in text.split(","))


def _common() -> _Parser:
    common = _Parser(add_help=False)
    common.add_argument(
        "--seed", type=_whole(0, MAX_SEED), default=0, help="for all random numbers (default 0)"
    )
    common.add_argument(
        "--device", choices=DEVICES, default="auto", help="where to compute (default auto)"
    )
    common.add_argument(
        "--json", action="store_true", help="print exactly one JSON object on stdout"
    )
    return common


def _activation(text: str) -> str:
    """An activation in any spelling, as its name from ``ACTIVATIONS``."""
    try:
        return spelled(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error).removesuffix(".")) from None


def _activation_or_auto(text: str) -> str:
    return AUTO if text == AUTO else _activation(text)


def _layers(text: str) -> int | str:
    """``auto`` or how many hidden layers."""
    return AUTO if text == AUTO else _whole(1)(text)


def _add_activation(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument(
        "--activation",
        type=_activation,
        default=default,
        metavar="NAME",
        help=f"one of: {', '.join(ACTIVATIONS)}",
    )


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """What a teacher file may leave open."""
    parser.add_argument(
        "--teacher-activation",
        type=_activation,
        metavar="NAME",
        help="of a teacher file that does not name its activation (a torch state dict), or names "
        "another one",
    )
    parser.add_argument(
        "--teacher-layout",
        choices=LAYOUTS,
        help="of a teacher file whose matrices are square: out-in as torch, in-out as Keras "
        "(default out-in)",
    )


def _add_columns(parser: argparse.ArgumentParser) -> None:
    """Which part of a source is meant; each kind of source takes them in its own way."""
    parser.add_argument(
        "--inputs",
        metavar="COLUMNS|N",
        help="of a file of answers: the questions' columns or array, such as x1,x2 or 1-4 or x*, "
        "or a file that holds them (default: told by their names); of what is asked: how many "
        "inputs it has, such as 4",
    )
    parser.add_argument(
        "--outputs",
        metavar="COLUMNS|NAMES|PATH",
        help="the answers' columns or array, or a file that holds them; of an address: names of "
        "the model's outputs, or, with --template, the way to the numbers in the answer, such as "
        "predictions.*.score",
    )


def _add_asking(parser: argparse.ArgumentParser) -> None:
    """How a model at an address is asked."""
    parser.add_argument(
        "--template",
        metavar="JSON",
        help="the question to an address that takes JSON of its own kind: $x stands for all "
        "questions of a batch, $row for one alone",
    )
    parser.add_argument("--questions", type=_whole(1), metavar="N", help="that may be asked in all")
    parser.add_argument("--rate", type=_number(0, 1e9), metavar="PER_SECOND")
    parser.add_argument("--batch", type=_whole(1), metavar="N", help="questions in one request")
    parser.add_argument(
        "--timeout", type=_number(0, 1e6), metavar="SECONDS", help="of one request (default 60)"
    )


def _add_benchmark(commands: argparse._SubParsersAction[_Parser], common: _Parser) -> None:
    usual = Settings()
    many = commands.add_parser(
        "benchmark",
        parents=[common],
        help="solve the paper's 150 synthetic problems",
        description=benchmark.__doc__,
    )
    many.add_argument("name", choices=NAMES, metavar="NAME", help=f"one of: {', '.join(NAMES)}")
    _add_activation(many, usual.activation)
    many.add_argument(
        "--expansion",
        type=_number(0, 64),
        default=usual.expansion,
        metavar="R",
        help="the students' width over the teacher's hidden size (default 4)",
    )
    many.add_argument("--students", type=_whole(1, MAX_STUDENTS), default=usual.students)
    many.add_argument(
        "--depth",
        type=_whole(1),
        default=usual.depth,
        metavar="L",
        help="hidden layers, all of the same size (default 1)",
    )
    many.add_argument(
        "--inputs",
        type=_several,
        nargs="+",
        default=[GRID.inputs],
        metavar="D",
        help="input sizes (default 2 4 8 16 32)",
    )
    many.add_argument(
        "--hidden",
        type=_several,
        nargs="+",
        default=[GRID.hidden],
        metavar="H",
        help="hidden sizes (default 2 4 8)",
    )
    many.add_argument(
        "--seeds",
        type=_whole(1),
        default=GRID.seeds,
        metavar="N",
        help="teachers of each size, with the seeds from --seed on (default 10)",
    )
    many.add_argument(
        "--out", metavar="FOLDER", help="for the outcomes (default EC_HOME/benchmarks/NAME)"
    )
    many.set_defaults(command=benchmark)


def build_parser() -> argparse.ArgumentParser:
    """The parser of the contract; ``args.command(args)`` runs the command chosen."""
    parser = _Parser(
        prog="ec-core", description="Read a neural network's weights off from its answers alone."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    common = _common()

    make = commands.add_parser(
        "teacher", parents=[common], help="make a teacher network", description=teacher.__doc__
    )
    make.add_argument("preset", nargs="?", metavar="PRESET", help="see --list")
    make.add_argument("--list", action="store_true", help="name the presets")
    make.add_argument("--sizes", type=_sizes, help="of a synthetic teacher, such as 4-8-1")
    make.add_argument("--hidden", type=_sizes, help="hidden sizes on data, such as 10 or 30-30")
    _add_activation(make, None)
    make.add_argument("--out", metavar="FILE", help="the network file to write")
    make.set_defaults(command=teacher)

    ask = commands.add_parser(
        "probe", parents=[common], help="ask a teacher questions", description=probe.__doc__
    )
    ask.add_argument("teacher", metavar="TEACHER", help="a network file")
    ask.add_argument("--count", type=_whole(1), help="number of questions")
    ask.add_argument("--distribution", choices=DISTRIBUTIONS, default="gaussian")
    _add_reading(ask)
    ask.add_argument("--out", metavar="FILE", required=True, help="the probe file to write")
    ask.set_defaults(command=probe)

    find = commands.add_parser(
        "recover",
        parents=[common],
        help="recover a network from its answers",
        description=recover.__doc__,
    )
    find.add_argument("source", metavar="|".join(kind.name for kind in kinds.KINDS))
    find.add_argument(
        "--activation",
        type=_activation_or_auto,
        default=AUTO,
        metavar="auto|NAME",
        help=f"auto, found out by a race of all (default), or one of: {', '.join(ACTIVATIONS)}",
    )
    find.add_argument(
        "--hidden-layers",
        type=_layers,
        default=AUTO,
        metavar="auto|L",
        help="auto, as many as --width names, else found out (default), or a number",
    )
    find.add_argument("--students", type=_whole(1, MAX_STUDENTS), default=10, metavar="S")
    find.add_argument("--width", type=_sizes, metavar="H[-H2…]", help="default: found by doubling")
    find.add_argument(
        "--expansion", type=_number(0, 64), default=1.0, metavar="R", help="multiplies the width"
    )
    find.add_argument("--gamma", type=_number(0, 1), default=0.5, help="least share of students")
    find.add_argument("--beta", type=_number(0, 180), default=30.0, help="widest angle, degrees")
    find.add_argument(
        "--output",
        choices=OUTPUTS,
        default=AUTO,
        help="what stands after the last layer of what answers (default auto: found out)",
    )
    find.add_argument(
        "--precision",
        type=_precision,
        metavar="auto|VALUE",
        help="error of the answers, as a share of their spread (default auto: found out)",
    )
    find.add_argument("--probes", type=_whole(1), metavar="N", help="questions to a teacher file")
    find.add_argument("--distribution", choices=DISTRIBUTIONS, help="default gaussian")
    _add_columns(find)
    _add_asking(find)
    _add_reading(find)
    find.add_argument("--budget", type=_number(0, 1e9), metavar="SECONDS")
    find.add_argument("--out", metavar="FILE", required=True, help="the network file to write")
    find.add_argument("--report", metavar="FILE", help="the report to write, JSON")
    find.set_defaults(command=recover)

    hold = commands.add_parser(
        "compare",
        parents=[common],
        help="compare a network with a known teacher",
        description=compare.__doc__,
    )
    hold.add_argument("teacher", metavar="TEACHER", help="a network file")
    hold.add_argument("other", metavar="OTHER", help="a network file, or a file of answers")
    _add_columns(hold)
    _add_reading(hold)
    hold.set_defaults(command=compare)

    give = commands.add_parser(
        "export",
        parents=[common],
        help="write a network for another program",
        description=export.__doc__,
    )
    give.add_argument("network", metavar="NETWORK", help="a network file")
    _add_reading(give)
    give.add_argument(
        "--out",
        metavar="FILE",
        required=True,
        help=f"the file to write; it ends in {', '.join(ENDINGS)}",
    )
    give.set_defaults(command=export)

    _add_benchmark(commands, common)
    return parser
