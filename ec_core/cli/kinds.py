"""What ``recover`` can be given: one entry per kind of source.

Adding a kind is a file with a ``Kind`` and one line in ``KINDS``: docs/extending.md#a-source.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass

from ec_core.candidates import AUTO
from ec_core.chain import Source
from ec_core.cli import remote
from ec_core.cli.commands import black_box, data_for, questions_and_answers
from ec_core.cli.sources import read_model, told_answers
from ec_core.errors import InputError
from ec_core.networks.network import Network
from ec_core.probing import Asker, ProbeSet, make_probes
from ec_core.probing.remote import is_address
from ec_core.probing.remote.process import is_callable_name
from ec_core.probing.tables import is_answers

Opened = tuple[Source, Network | None]
"""The answers, or whom to ask; and the teacher where its own file was given, which only the match
ever sees."""

_FOR_TEACHERS = ("probes", "distribution", "teacher_activation", "teacher_layout")
_FOR_ANSWERS = ("inputs", "outputs")


@dataclass(frozen=True)
class Kind:
    """A kind of source.

    name : as it stands in the help; fits : is this one, by its name or what it holds?
    open : from the command's arguments to what is recovered from; raises InputError
    """

    name: str
    fits: Callable[[str], bool]
    open: Callable[[Namespace], Opened]


def without_asking(args: Namespace) -> None:
    """Raises InputError for options that only a source which can be asked has a use for."""
    for option in _FOR_TEACHERS:
        if getattr(args, option) is not None:
            flag = option.replace("_", "-")
            raise InputError(f"--{flag} is for a teacher file; {args.source} holds answers.")


def _given(args: Namespace) -> tuple[ProbeSet, None]:
    without_asking(args)
    given = told_answers(args.source, args)
    return make_probes(given.x, given.y, args.seed, output=args.output).named(given.columns), None


def with_asking(args: Namespace) -> None:
    """Raises InputError for options that only a file of answers has a use for."""
    for option in _FOR_ANSWERS:
        if getattr(args, option) is not None:
            raise InputError(
                f"--{option} is for a file of questions and answers; {args.source} is asked."
            )


def _asked(args: Namespace) -> Opened:
    with_asking(args)
    # the students' activation, where it is told, serves where the file names none
    told = None if args.activation == AUTO else args.activation
    model = read_model(args.source, args, fallback=told)
    teacher = model if isinstance(model, Network) else None
    distribution = args.distribution or "gaussian"
    if args.probes is None:
        asker = Asker(
            black_box(model),
            distribution=distribution,
            seed=args.seed,
            data=data_for(model, distribution),
            hidden_layers=args.hidden_layers if isinstance(args.hidden_layers, int) else 1,
            activation=told,
            numbers=teacher is not None,
            output=args.output,
        )
        asker(asker.first)  # refused here, before anything is trained
        return asker, teacher
    x, y = questions_and_answers(model, args.probes, distribution, args.seed)
    known = teacher is not None
    return make_probes(x, y, args.seed, numbers=known, output=args.output), teacher


KINDS: tuple[Kind, ...] = (
    Kind("ADDRESS", is_address, remote.address),
    Kind("MODULE:FUNCTION", is_callable_name, remote.function),
    Kind("ANSWERS.npz|csv|xlsx|parquet|mat|npy", is_answers, _given),
    Kind("MODEL.safetensors|pt|pt2|onnx|keras|h5|skops", lambda name: True, _asked),
)
"""The first that fits is taken; a network file says itself what is wrong with it."""

ELSEWHERE = ("ADDRESS", "MODULE:FUNCTION")
"""Those that are asked in another process, or on another machine."""


def open_source(args: Namespace) -> Opened:
    """What ``recover`` was given, ready to be recovered from. Raises InputError."""
    kind = next(kind for kind in KINDS if kind.fits(args.source))
    if kind.name not in ELSEWHERE:
        remote.without_elsewhere(args)
    return kind.open(args)
