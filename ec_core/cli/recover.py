"""The main command: from answers to a network."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from ec_core import ends
from ec_core.candidates import Field
from ec_core.cli.commands import dashed
from ec_core.cli.kinds import open_source
from ec_core.cli.output import answer, command_line, json_text, network_path, output_path
from ec_core.cli.progress import watch
from ec_core.config import RecoverConfig
from ec_core.control import Control
from ec_core.networks.activations import parameters
from ec_core.networks.files import save_network, write_atomically
from ec_core.probing.outputs import Output
from ec_core.verify.evidence import verdict
from ec_core.verify.match import match


def _config(args: Namespace, field: Field) -> RecoverConfig:
    return field.settings(
        students=args.students,
        width=args.width,
        expansion=args.expansion,
        gamma=args.gamma,
        beta=args.beta,
        seed=args.seed,
        device=args.device,
        precision=args.precision,
    )


def _activation(report: dict[str, Any]) -> str:
    """The activation with its number, where that is not the usual one.

    >>> _activation({"activation": "leaky_relu", "parameters": {"slope": 0.3}})
    'leaky_relu (slope 0.3)'
    """
    usual = parameters(report["activation"])
    unusual = {key: value for key, value in report["parameters"].items() if value != usual[key]}
    said = ", ".join(f"{key} {value:.10g}" for key, value in unusual.items())
    return f"{report['activation']} ({said})" if said else str(report["activation"])


def _summary(report: dict[str, Any], path: Path) -> str:
    size = dashed(tuple(report["sizes"]))
    lines = [f"{path}: {size} {_activation(report)}, loss {report['loss']:.1e}."]
    lines.append(
        verdict(
            report["status"],
            report["precision"],
            report["size_confidence"],
            free=len(report["free_directions"]),
            gauge=Output(report["output"]).gauge,
            curve=report.get("curve_error"),
        )
    )
    lines += [f"- {said}" for said in report["free_directions"] if report["verified"]]
    lines += [f"- {reason}" for reason in report["reasons"]]
    lines += report["remarks"]
    lines += report["equal_writings"]
    lines += report["notes"] if "curves" in report else []
    compared = report.get("match", {})
    # where questions leave weights free the rest is what can agree
    free = "function_error_identified" in compared
    error = compared.get("max_weight_error_identified" if free else "max_weight_error")
    if error is not None:
        told = ", as far as questions tell them" if free else ""
        lines.append(f"Largest difference from the teacher's weights{told}: {error:.1e}.")
    return "\n".join(lines)


def recover(args: Namespace) -> bool:
    """Recover a network from its answers: from a probe file, or by asking a teacher file."""
    out = network_path(args.out, args.source)
    report_path = output_path(args.report, args.source, args.out) if args.report else None
    field = Field.of(args.activation, args.hidden_layers, args.width)
    config = _config(args, field)
    source, teacher = open_source(args)
    recovery = watch(ends.run(source, field, config, Control(args.budget)))
    probes = recovery.probes
    report = dict(recovery.report)
    report["made"] = {**recovery.report["made"], "command": command_line(args)}  # type: ignore[dict-item]
    report["probes"] = {"learnt_from": len(probes.x), "held_out": len(probes.x_heldout)}
    if teacher is not None:
        report["match"] = match(teacher, recovery.network, within=probes).as_json()
    save_network(recovery.network, out)
    if report_path is not None:
        write_atomically(report_path, (json_text(report, indent=2) + "\n").encode())
    answer(report, _summary(report, out), args.json)
    return bool(report["verified"])
