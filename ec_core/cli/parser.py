"""Commands, and the one sentence that answers a wrong one."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable
from typing import NoReturn

from ec_core.benchmark import GRID, Settings
from ec_core.cli import arguments, kinds, options, runs
from ec_core.cli.benchmark import NAMES, benchmark
from ec_core.cli.commands import compare, probe, teacher
from ec_core.cli.export import ENDINGS, export
from ec_core.cli.recover import recover
from ec_core.cli.serve import serve
from ec_core.errors import InputError
from ec_core.probing import DISTRIBUTIONS


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are InputErrors: one sentence, no usage block."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message[:1].upper()}{message[1:]}; see {self.prog} --help.")


def _command(
    commands: argparse._SubParsersAction[_Parser],
    name: str,
    run: Callable[[Namespace], bool],
    help_: str,
) -> argparse.ArgumentParser:
    """A command with the options of all."""
    made = commands.add_parser(name, help=help_, description=run.__doc__)
    options.add(made, options.COMMON)
    made.set_defaults(command=run)
    return made


def _benchmark(commands: argparse._SubParsersAction[_Parser]) -> None:
    usual = Settings()
    many = _command(commands, "benchmark", benchmark, "solve the paper's 150 synthetic problems")
    many.add_argument("name", choices=NAMES, metavar="NAME", help=f"one of: {', '.join(NAMES)}")
    options.add(many, options.ACTIVATION)
    many.set_defaults(activation=usual.activation)
    many.add_argument(
        "--expansion",
        type=arguments.number(0, 64),
        default=usual.expansion,
        metavar="R",
        help="the students' width over the teacher's hidden size (default 4)",
    )
    many.add_argument(
        "--students", type=arguments.whole(1, options.MAX_STUDENTS), default=usual.students
    )
    many.add_argument(
        "--depth",
        type=arguments.whole(1),
        default=usual.depth,
        metavar="L",
        help="hidden layers, all of the same size (default 1)",
    )
    many.add_argument(
        "--inputs",
        type=arguments.several,
        nargs="+",
        default=[GRID.inputs],
        metavar="D",
        help="input sizes (default 2 4 8 16 32)",
    )
    many.add_argument(
        "--hidden",
        type=arguments.several,
        nargs="+",
        default=[GRID.hidden],
        metavar="H",
        help="hidden sizes (default 2 4 8)",
    )
    many.add_argument(
        "--seeds",
        type=arguments.whole(1),
        default=GRID.seeds,
        metavar="N",
        help="teachers of each size, with the seeds from --seed on (default 10)",
    )
    many.add_argument(
        "--out", metavar="FOLDER", help="for the outcomes (default EC_HOME/benchmarks/NAME)"
    )
    many.add_argument(
        "--workers",
        type=arguments.whole(1, options.MAX_WORKERS),
        metavar="N",
        help="processes that solve at once (default 1; with --ray as many as there is room for)",
    )
    many.add_argument(
        "--threads",
        type=arguments.whole(1, options.MAX_WORKERS),
        metavar="T",
        help="of each worker (default: this machine's, shared out; with --ray 1)",
    )
    many.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="of a Ray cluster whose machines solve, HOST:6379 or ray://HOST:10001",
    )
    many.add_argument(
        "--gpus",
        type=arguments.number(0, 64),
        default=0.0,
        metavar="SHARE",
        help="of a card for each worker on the cluster, such as 0.25 (default none)",
    )


def _runs(commands: argparse._SubParsersAction[_Parser]) -> None:
    group = commands.add_parser("runs", help="list, show, export, import, delete stored runs")
    kinds_of = group.add_subparsers(required=True, metavar="COMMAND")

    def kind(name: str, run: Callable[[Namespace], bool], help_: str) -> argparse.ArgumentParser:
        made = _command(kinds_of, name, run, help_)
        made.add_argument(
            "--home", metavar="FOLDER", help="where the runs are (default EC_HOME, else runs)"
        )
        return made

    kind("list", runs.list_runs, "list the runs, newest first")
    kind("show", runs.show, "say what a run is and what came of it").add_argument(
        "run", metavar="RUN", help="its id"
    )
    give = kind("export", runs.export, "write a run to one file")
    give.add_argument("run", metavar="RUN", help="its id")
    give.add_argument("--out", metavar="FILE", required=True, help="a name that ends in .ecrun")
    kind("import", runs.import_, "take in a run from such a file").add_argument(
        "file", metavar="FILE"
    )
    kind("delete", runs.delete, "delete runs, for good").add_argument(
        "runs", metavar="RUN", nargs="+", help="their ids"
    )
    kind("gc", runs.gc, "remove what programs that were killed have left").add_argument(
        "--dry-run", action="store_true", help="only say what would be removed"
    )


def _serve(commands: argparse._SubParsersAction[_Parser]) -> None:
    host = _command(commands, "serve", serve, "host the app for a class or a group")
    host.add_argument(
        "--address", default="0.0.0.0", help="to listen at (default 0.0.0.0, all of this machine)"
    )
    host.add_argument("--port", type=arguments.whole(1, 65535), default=8501, help="(default 8501)")
    host.add_argument("--data", metavar="FOLDER", help="for the runs (default EC_HOME, else runs)")
    host.add_argument(
        "--database", metavar="URL", help="for the list of jobs (default a file in that folder)"
    )
    host.add_argument(
        "--visitors", choices=("auto", "one", "many"), help="whose runs are whose (default auto)"
    )
    host.add_argument(
        "--resume",
        choices=("auto", "click"),
        help="what a restart broke off goes on by itself or at a click (default auto)",
    )
    host.add_argument(
        "--limits", metavar="FILE", help="how much one person may use (default see docs/hosting.md)"
    )
    host.add_argument(
        "--allow-hosts", metavar="HOSTS", help="whose models may be asked (default this machine's)"
    )
    host.add_argument(
        "--frame-ancestors", metavar="SITES", help="in whose pages the app may show itself"
    )


def build_parser() -> argparse.ArgumentParser:
    """The parser of the contract; ``args.command(args)`` runs the command chosen."""
    parser = _Parser(
        prog="ec-core", description="Read a neural network's weights off from its answers alone."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    make = _command(commands, "teacher", teacher, "make a teacher network")
    make.add_argument("preset", nargs="?", metavar="PRESET", help="see --list")
    make.add_argument("--list", action="store_true", help="name the presets")
    make.add_argument("--sizes", type=arguments.sizes, help="of a synthetic teacher, such as 4-8-1")
    make.add_argument(
        "--hidden", type=arguments.sizes, help="hidden sizes on data, such as 10 or 30-30"
    )
    options.add(make, options.ACTIVATION)
    make.add_argument("--out", metavar="FILE", help="the network file to write")

    ask = _command(commands, "probe", probe, "ask a teacher questions")
    ask.add_argument("teacher", metavar="TEACHER", help="a network file")
    ask.add_argument("--count", type=arguments.whole(1), help="number of questions")
    ask.add_argument("--distribution", choices=DISTRIBUTIONS, default="gaussian")
    options.add(ask, options.READING)
    ask.add_argument("--out", metavar="FILE", required=True, help="the probe file to write")

    find = _command(commands, "recover", recover, "recover a network from its answers")
    find.add_argument("source", metavar="|".join(kind.name for kind in kinds.KINDS))
    options.add(find, options.LEARNING, options.COLUMNS, options.ASKING, options.READING)
    find.add_argument("--budget", type=arguments.number(0, 1e9), metavar="SECONDS")
    find.add_argument("--out", metavar="FILE", required=True, help="the network file to write")
    find.add_argument("--report", metavar="FILE", help="the report to write, JSON")

    hold = _command(commands, "compare", compare, "compare a network with a known teacher")
    hold.add_argument("teacher", metavar="TEACHER", help="a network file")
    hold.add_argument("other", metavar="OTHER", help="a network file, or a file of answers")
    options.add(hold, options.COLUMNS, options.READING)

    give = _command(commands, "export", export, "write a network for another program")
    give.add_argument("network", metavar="NETWORK", help="a network file")
    options.add(give, options.READING)
    give.add_argument(
        "--out",
        metavar="FILE",
        required=True,
        help=f"the file to write; it ends in {', '.join(ENDINGS)}",
    )

    _benchmark(commands)
    _runs(commands)
    _serve(commands)
    return parser
