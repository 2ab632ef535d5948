"""The quick commands: teacher, probe, compare. Each returns True when it is done."""

from __future__ import annotations

from argparse import Namespace

import numpy as np

from ec_core.cli.output import answer, json_text, network_path, output_path
from ec_core.cli.sources import read_model, read_teacher, told_answers
from ec_core.errors import InputError
from ec_core.networks.asked import AskedModel
from ec_core.networks.files import read_network_file, save_network
from ec_core.networks.network import Network
from ec_core.probing import (
    DATASETS,
    PRESETS,
    Teacher,
    ask,
    load_dataset,
    make_probes,
    make_teacher,
    save_answers,
)
from ec_core.probing.tables import is_answers
from ec_core.verify.answers import check_answers
from ec_core.verify.gauges import compared

DEFAULT_SIZES = (4, 4, 1)
DEFAULT_HIDDEN = (10,)


def dashed(sizes: tuple[int, ...]) -> str:
    """(4, 8, 1) as 4-8-1."""
    return "-".join(map(str, sizes))


def _list_presets(as_json: bool) -> None:
    width = max(map(len, PRESETS))
    lines = (f"{name:{width}}  {text}" for name, text in PRESETS.items())
    answer({"presets": PRESETS}, "\n".join(lines), as_json)


def teacher(args: Namespace) -> bool:
    """Make a teacher network and write it to a file."""
    if args.list:
        _list_presets(args.json)
        return True
    if args.preset is None or args.out is None:
        raise InputError("A preset and --out FILE are needed; 'teacher --list' names the presets.")
    if args.sizes and args.preset != "synthetic":
        raise InputError(f"--sizes is for synthetic teachers; {args.preset} takes none.")
    if args.hidden and args.preset not in DATASETS:
        raise InputError(f"--hidden is for teachers on data; {args.preset} takes none.")
    path = network_path(args.out)
    card = make_teacher(
        args.preset,
        sizes=args.sizes or DEFAULT_SIZES,
        activation=args.activation,
        hidden=args.hidden or DEFAULT_HIDDEN,
        seed=args.seed,
    )
    save_network(card.network, path)
    network = card.network
    scored = "" if card.score is None else f", {card.score_name} {card.score:.3f} on held-out rows"
    answer(
        {
            "out": str(path),
            "preset": card.preset,
            "sizes": network.sizes,
            "activation": network.activation,
            "dataset": network.dataset,
            "parameters": network.parameter_count,
            "seed": card.seed,
            "score": card.score,
            "score_name": card.score_name,
        },
        f"{path}: {dashed(network.sizes)} {network.activation}{scored}.",
        args.json,
    )
    return True


def black_box(model: Network | AskedModel) -> Teacher | AskedModel:
    """What answers for a model file, and shows nothing else."""
    return Teacher(model) if isinstance(model, Network) else model


def questions_and_answers(
    model: Network | AskedModel, count: int | None, distribution: str, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Ask a model's black box; the data are those its file names."""
    box = black_box(model)
    return ask(box, count, distribution, box.inputs, seed, data_for(model, distribution))


def data_for(model: Network | AskedModel, distribution: str) -> np.ndarray | None:
    """The data that a network's file names, (n, D), if they are to be asked."""
    dataset = model.dataset if isinstance(model, Network) else None
    if distribution.startswith("data") and dataset:
        return load_dataset(dataset).x
    return None


def probe(args: Namespace) -> bool:
    """Ask a teacher questions and write questions and answers to a file."""
    path = output_path(args.out, args.teacher)
    model = read_model(args.teacher, args)
    x, y = questions_and_answers(model, args.count, args.distribution, args.seed)
    make_probes(x, y, args.seed)  # refuse here what recover would refuse
    save_answers(x, y, path)
    answer(
        {
            "out": str(path),
            "count": len(x),
            "inputs": x.shape[1],
            "outputs": y.shape[1],
            "distribution": args.distribution,
            "seed": args.seed,
        },
        f"{path}: {len(x)} {args.distribution} questions with {y.shape[1]} answers each.",
        args.json,
    )
    return True


def _compare_answers(args: Namespace) -> bool:
    """A network beside answers: was its file read as its model is meant?"""
    network, answers = args.teacher, args.other
    if is_answers(network):
        network, answers = answers, network
    if is_answers(network):
        raise InputError("Two files of answers were given; expected at least one network.")
    given = told_answers(answers, args)
    checked = check_answers(read_teacher(network, args), given.x, given.y)
    answer({"answers": checked.as_json()}, checked.sentence, args.json)
    return checked.agrees


def compare(args: Namespace) -> bool:
    """Print how far a network is from a known teacher, symmetries undone, as JSON; where they
    differ by one function added to all outputs, up to it too. Where one of the two is a probe file,
    say whether the network gives these answers, and if not, why.
    """
    if is_answers(args.teacher) or is_answers(args.other):
        return _compare_answers(args)
    # a file that names no activation is taken for one of the other's kind
    option = args.teacher_activation
    kind = read_network_file(args.other).named()
    first = read_teacher(args.teacher, args, fallback=kind)
    second = read_network_file(args.other).network(fallback=option or first.activation)
    facts = compared(first, second)
    answer(facts, json_text(facts, indent=2), args.json)
    return True
