"""The command that writes a network for another program."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ec_core.cli.commands import dashed
from ec_core.cli.output import answer, output_path
from ec_core.cli.sources import read_teacher
from ec_core.errors import InputError
from ec_core.networks.files import write_atomically
from ec_core.networks.writers import SAFETENSORS, WRITERS, exported, remark

ENDINGS = (SAFETENSORS, *WRITERS)
"""What a name may end in; the ending tells the format."""


def export(args: Namespace) -> bool:
    """Write a network for another program: the ending of --out tells which. .safetensors, .pt (a
    torch state dict), .onnx, .keras, .weights.h5, .skops (scikit-learn), .py (a NumPy function).
    """
    path = output_path(args.out, args.network)
    if not path.name.lower().endswith(ENDINGS):
        raise InputError(
            f"{path.name} ends in none of {', '.join(ENDINGS)}; the ending tells the format."
        )
    network = read_teacher(args.network, args)
    data = exported(network, path.name)
    write_atomically(path, data)
    facts: dict[str, Any] = {
        "out": str(path),
        "sizes": network.sizes,
        "activation": network.activation,
    }
    sizes = dashed(network.sizes)
    text = f"{path}: {sizes} {network.activation}, {len(data):,} bytes."
    said = remark(network, path.name)
    facts |= {"bytes": len(data), "remarks": [] if said is None else [said]}
    answer(facts, text if said is None else f"{text}\n{said}", args.json)
    return True
