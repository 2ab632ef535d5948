"""The files that commands are given: which kind, and what they leave open."""

from __future__ import annotations

from argparse import Namespace

from ec_core.cli.output import progress
from ec_core.networks.asked import AskedModel
from ec_core.networks.files import read_model_file
from ec_core.networks.network import Network
from ec_core.probing.tables import Answers, open_answers


def told_answers(name: str, args: Namespace) -> Answers:
    """The questions and answers of a file, as the options say; how it was understood is said on
    stderr.
    """
    found = open_answers(name, args.inputs, args.outputs)
    for remark in found.remarks:
        progress(f"Note: {remark}")
    return found


def read_model(name: str, args: Namespace, fallback: str | None = None) -> Network | AskedModel:
    """The model of a file, as the options say; what the file leaves open is said on stderr.

    fallback : the activation of a file that names none that is known
    """
    file = read_model_file(name)
    if isinstance(file, AskedModel):
        progress(f"Note: {file.sentence}")
        return file
    network = file.network(args.teacher_activation, fallback, args.teacher_layout)
    for remark in file.remarks(network.activation, args.teacher_layout):
        progress(f"Note: {remark}")
    return network


def read_teacher(name: str, args: Namespace, fallback: str | None = None) -> Network:
    """The network of a file. Raises InputError also for a model that can only be asked."""
    model = read_model(name, args, fallback)
    if isinstance(model, AskedModel):
        raise model.refuse()
    return model
