"""What ``recover`` asks elsewhere: a model at an address, or a function of a person's own."""

from __future__ import annotations

from argparse import Namespace

from ec_core.candidates import AUTO
from ec_core.cli.output import progress
from ec_core.errors import InputError
from ec_core.probing import Asker
from ec_core.probing.remote import from_address
from ec_core.probing.remote.process import Elsewhere
from ec_core.probing.unanswered import left_out
from ec_core.runs.loading import answers_folder

OF_ADDRESSES = ("template", "questions", "rate", "batch", "timeout")
"""Options that only what is asked elsewhere has a use for."""

WITHOUT_DATA = ("gaussian", "box")
"""Distributions that need no rows of data."""


def number_of_inputs(args: Namespace) -> int | None:
    """``--inputs`` as what is asked takes it: how many. Raises InputError for names of columns."""
    text = args.inputs
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise InputError(
            f"--inputs {text!r} names columns, and {args.source} is asked; expected how many "
            "inputs it has, such as --inputs 4."
        )
    return int(text)


def without_elsewhere(args: Namespace) -> None:
    """Raises InputError for options that only what is asked elsewhere has a use for."""
    for option in OF_ADDRESSES:
        if getattr(args, option, None) is not None:
            raise InputError(
                f"--{option} is for an address or a function that is asked; {args.source} is a "
                "file."
            )


def _refuse_teacher_options(args: Namespace) -> None:
    for option in ("teacher_activation", "teacher_layout"):
        if getattr(args, option) is not None:
            flag = option.replace("_", "-")
            raise InputError(f"--{flag} is for a teacher file; {args.source} is asked.")
    if args.distribution not in (None, *WITHOUT_DATA):
        raise InputError(
            f"--distribution {args.distribution} needs rows of data, and {args.source} names none; "
            f"choose {' or '.join(WITHOUT_DATA)}."
        )


def asker(args: Namespace, model: object) -> Asker:
    """Whoever asks a model as the options say; the first questions are asked here, so that what is
    wrong with the answers is said before anything is trained.
    """
    made = Asker(
        model,  # type: ignore[arg-type]
        distribution=args.distribution or "gaussian",
        seed=args.seed,
        hidden_layers=args.hidden_layers if isinstance(args.hidden_layers, int) else 1,
        activation=None if args.activation == AUTO else args.activation,
        first=args.probes,
        most=args.probes,
        output=args.output,
    )
    made.one()
    made(made.first)
    said = None if made.y is None else left_out(made.y)
    if said is not None:
        progress(said)
    return made


def address(args: Namespace) -> tuple[Asker, None]:
    """A model at an address."""
    _refuse_teacher_options(args)
    how = {name: getattr(args, name) for name in OF_ADDRESSES if getattr(args, name) is not None}
    model = from_address(
        args.source,
        outputs=args.outputs,
        inputs=number_of_inputs(args),
        keep=answers_folder(),
        say=progress,
        **how,
    )
    progress(f"{model.name} has {model.inputs} inputs; its answers are kept in {model.kept.path}.")
    return asker(args, model), None


def function(args: Namespace) -> tuple[Asker, None]:
    """A person's own function, in a process of its own."""
    _refuse_teacher_options(args)
    for option in ("outputs", "template", "rate"):
        if getattr(args, option) is not None:
            raise InputError(f"--{option} is for an address; {args.source} is a function.")
    how = {"seconds": args.timeout, "batch": args.batch}
    told = {name: value for name, value in how.items() if value is not None}
    model = Elsewhere(args.source, inputs=number_of_inputs(args), most=args.questions, **told)
    progress(f"{model.name} has {model.inputs} inputs; it is asked in a process of its own.")
    return asker(args, model), None
