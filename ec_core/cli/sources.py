"""The files that commands are given: which kind, and what they leave open."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from ec_core.cli.output import progress
from ec_core.errors import InputError
from ec_core.networks.files import read_network_file
from ec_core.networks.formats import ARCHIVE, recognise
from ec_core.networks.network import Network

_ZIP = b"PK"
"""How an .npz file begins, whatever it is called."""


def is_probe_file(name: str) -> bool:
    """Is this a file of questions and answers? By its name, or by what it holds."""
    path = Path(name)
    if path.suffix == ".npz":
        return True
    try:
        with path.open("rb") as file:
            if file.read(len(_ZIP)) != _ZIP:
                return False
            file.seek(0)
            return recognise(file.read(), path.name) is ARCHIVE
    except OSError as error:
        raise InputError(f"Cannot read {path}: {error.strerror}; check the path.") from None


def read_teacher(name: str, args: Namespace, fallback: str | None = None) -> Network:
    """The network of a file, as the options say; what the file leaves open is said on stderr.

    fallback : the activation of a file that names none that is known
    """
    file = read_network_file(name)
    network = file.network(args.teacher_activation, fallback, args.teacher_layout)
    for remark in file.remarks(network.activation, args.teacher_layout):
        progress(f"Note: {remark}")
    return network
