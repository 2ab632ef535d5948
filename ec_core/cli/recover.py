"""The main command: from answers to a network."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from ec_core import chain
from ec_core.cli.commands import dashed
from ec_core.cli.kinds import open_source
from ec_core.cli.output import answer, json_text, output_path
from ec_core.cli.progress import watch
from ec_core.control import Control
from ec_core.errors import InputError
from ec_core.networks.files import save_network, write_atomically
from ec_core.verify.evidence import verdict
from ec_core.verify.match import match


def _width(args: Namespace) -> tuple[int, ...] | None:
    if args.width is None:
        return None
    if len(args.width) != args.hidden_layers:
        raise InputError(
            f"--width {dashed(args.width)} names {len(args.width)} layers, "
            f"--hidden-layers says {args.hidden_layers}; expected one width per layer."
        )
    return tuple(args.width)


def _config(args: Namespace) -> chain.RecoverConfig:
    return chain.RecoverConfig(
        activation=args.activation,
        hidden_layers=args.hidden_layers,
        students=args.students,
        width=_width(args),
        expansion=args.expansion,
        gamma=args.gamma,
        beta=args.beta,
        seed=args.seed,
        device=args.device,
        precision=args.precision,
    )


def _summary(report: dict[str, Any], path: Path) -> str:
    lines = [f"{path}: {dashed(tuple(report['sizes']))}, loss {report['loss']:.1e}."]
    lines.append(verdict(report["status"], report["precision"], report["size_confidence"]))
    lines += [f"- {reason}" for reason in report["reasons"]]
    error = report.get("match", {}).get("max_weight_error")
    if error is not None:
        lines.append(f"Largest difference from the teacher's weights: {error:.1e}.")
    return "\n".join(lines)


def recover(args: Namespace) -> bool:
    """Recover a network from its answers: from a probe file, or by asking a teacher file."""
    out = output_path(args.out, args.source)
    report_path = output_path(args.report, args.source, args.out) if args.report else None
    config = _config(args)
    source, teacher = open_source(args)
    recovery = watch(chain.run(source, config, Control(args.budget)))
    probes = recovery.probes
    report = dict(recovery.report)
    report["probes"] = {"learnt_from": len(probes.x), "held_out": len(probes.x_heldout)}
    if teacher is not None:
        report["match"] = match(teacher, recovery.network, probes.unidentified_inputs).as_json()
    save_network(recovery.network, out)
    if report_path is not None:
        write_atomically(report_path, (json_text(report, indent=2) + "\n").encode())
    answer(report, _summary(report, out), args.json)
    return bool(report["verified"])
