"""The first thing to run on a machine with a card: is everything right there, and how fast is it?

Run:  python tests/benchmarks/gpu.py [--minutes 8] [--out FOLDER] [--small]

One prepared call where a machine is lent for minutes, from the repository's root; it needs no
installation beyond numpy, scipy, safetensors and torch (scikit-learn for the digits), neither
streamlit, plotly, umap, fastcluster nor pytest, and writes into $OUT where that is set:

    python3 tests/benchmarks/gpu.py --minutes 8

with a time limit of 9 minutes or more for the command. In this order: the checks that must hold on
a card (``gpu_checks``); the machine's own rates; then each case on the card and on the CPU in
turns: the whole recovery, memory, steps per second with their shares of the measured peak, and
whether both devices end with the same verdict and, up to symmetry, the same weights.

Every result is in gpu.json and gpu.md before the next begins: a run that is cut off has lost only
what it was at. A case begins only if the time expected for it is left, and is stopped at three
times that. So when time runs short the last cases of the list are dropped first: 300-8-2,
100-6-1, the eight of the 150 problems (from the last one back), 16-32-1, 5-5-2 with nothing told,
digits 64-10-10, 8-8-1, 4-4-1, the demo.
Without a card, or with --small, few checks and a small demo are run, in seconds.

Exit code: 0 if every check passed and the devices agree wherever both verified, else 1.
"""

# ruff: noqa: E402 - where this repository is has to be said before it is imported

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import sys
import time
import traceback
import types
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
if "tests" not in sys.modules:
    # some packages install a "tests" of their own, which would be found before this folder
    ours = types.ModuleType("tests")
    ours.__path__ = [str(ROOT / "tests")]
    sys.modules["tests"] = ours

import torch

import ec_core as ec
from ec_core.benchmark.problems import Problem as GridProblem
from ec_core.expand.learning import make_problem
from tests.benchmarks.gpu_checks import CHECKS
from tests.benchmarks.gpu_machine import (
    gauss_newton_share,
    linear_algebra,
    memory_mark,
    rates,
    small_steps_of_images,
    speed,
    versions,
)

AGREE = 1e-7
"""Largest difference of weights, up to symmetry, between the devices' verified networks."""

RESERVE = 10.0
"""Seconds kept back for the end."""

SMALL_CHECKS = ("float64 products are exact", "dense steps", "last layer", "out of memory")
GRID = ((2, 2), (4, 4), (8, 2), (2, 8), (8, 8), (16, 4), (32, 2), (32, 8))
"""Inputs and hidden neurons of the eight of the 150."""


@dataclass(frozen=True)
class Case:
    """A teacher to recover.

    expected : seconds on two CPU cores, generously; of a ``card_only`` case, on the card
    told : are activation and depth?
    """

    name: str
    expected: float
    preset: str = "synthetic"
    sizes: tuple[int, ...] = (4, 4, 1)
    activation: str = "g"
    seed: int = 0
    probes: int = 1500
    students: int = 10
    width: int | None = None
    told: bool = True
    card_only: bool = False

    def teacher(self) -> ec.Network:
        return ec.make_teacher(
            self.preset,
            sizes=self.sizes,
            activation=self.activation,
            hidden=self.sizes[1],
            seed=self.seed,
        ).network

    def ask(self, teacher: ec.Network) -> ec.ProbeSet:
        """The questions: pixels with noise where the teacher is one of images, else Gaussians."""
        if self.preset != "digits8x8":
            return ec.probe(ec.Teacher(teacher), count=self.probes, seed=self.seed)
        data = ec.load_dataset(self.preset).x
        return ec.probe(
            ec.Teacher(teacher), count=self.probes, distribution="data+noise", data=data
        )

    def recover(self, probes: ec.ProbeSet, device: str, budget: float) -> ec.Recovery:
        """The network from its answers, on one device."""
        return ec.recover(
            probes,
            activation=self.activation if self.told else "auto",
            hidden_layers=1 if self.told else "auto",
            seed=self.seed,
            students=self.students,
            width=self.width,
            device=device,
            budget=budget,
        )


# the demo as ec_core/runs/demo.py has it; copied, since a case is more than its settings
DEMO = Case("demo", 20, "planar", (2, 4, 1), "tanh", seed=6, students=8, width=8)
SMALL = Case("small demo", 20, "planar", (2, 4, 1), "tanh", seed=6, probes=500, students=4, width=6)
CASES = (
    DEMO,
    Case("4-4-1 g", 20, sizes=(4, 4, 1), probes=1700),
    Case("8-8-1 g", 30, sizes=(8, 8, 1), probes=1900),
    Case("digits 64-10-10 tanh", 40, "digits8x8", (64, 10, 10), "tanh", 0, 4700, 4, 30),
    Case("5-5-2 gelu, nothing told", 30, sizes=(5, 5, 2), activation="gelu", told=False),
    Case("16-32-1 g", 110, sizes=(16, 32, 1), probes=5770, students=3, width=64),
    *(
        Case(
            f"{inputs}-{hidden}-1 g of the 150",
            12,
            sizes=(inputs, hidden, 1),
            seed=1,
            probes=GridProblem(inputs, hidden, 1).probes,
            width=GridProblem(inputs, hidden, 1).width,
        )
        for inputs, hidden in GRID
    ),
    # minutes on a CPU
    Case("100-6-1 tanh", 20, "synthetic", (100, 6, 1), "tanh", probes=9000, card_only=True),
    Case("300-8-2 tanh", 60, "synthetic", (300, 8, 2), "tanh", probes=20_000, card_only=True),
)


@dataclass
class Log:
    """What has been found so far, on disk after every addition."""

    folder: Path
    began: float
    seconds: float
    found: dict[str, object] = field(default_factory=dict)
    checks: list[dict[str, object]] = field(default_factory=list)
    cases: list[dict[str, object]] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    @property
    def left(self) -> float:
        return self.seconds - RESERVE - (time.monotonic() - self.began)

    def write(self) -> None:
        everything = {
            **self.found,
            "checks": self.checks,
            "cases": self.cases,
            "dropped": self.dropped,
            "seconds": time.monotonic() - self.began,
        }
        for name, text in (
            ("gpu.json", json.dumps(everything, indent=1)),
            ("gpu.md", table(everything)),
        ):
            fresh = self.folder / f".{name}.new"
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self.folder / name)

    def say(self, line: str) -> None:
        print(f"[{time.monotonic() - self.began:5.0f} s] {line}", flush=True)


def check(log: Log, device: str, names: Sequence[str]) -> None:
    """The checks on the device, one by one; a failure is written down and the others still run."""
    for name in names:
        if log.left < 0:
            log.dropped.append(f"check {name}")
            continue
        began, trouble = time.monotonic(), ""
        try:
            CHECKS[name](device)
        except Exception:
            trouble = traceback.format_exc(limit=-6)
        seconds = time.monotonic() - began
        log.checks.append({"name": name, "device": device, "seconds": seconds, "trouble": trouble})
        log.say(f"check {name}: {'FAILED' if trouble else 'ok'}, {seconds:.1f} s {trouble}")
        log.write()


def one(
    case: Case, device: str, probes: ec.ProbeSet, log: Log, peak: dict[str, float]
) -> tuple[dict[str, object], ec.Recovery]:
    """Recover a case on one device."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    began = time.monotonic()
    found = case.recover(probes, device, max(1.0, min(log.left, 3 * case.expected)))
    seconds = time.monotonic() - began
    ensemble, memory = found.ensemble, memory_mark(device)
    hidden = ensemble.shape.sizes[1:-1]
    problem = make_problem(probes, case.activation, hidden, torch.device(device)).thinned()
    report = found.report
    row: dict[str, object] = {
        "case": case.name,
        "device": device,
        "seconds": seconds,
        "verified": bool(report["verified"]),
        "reasons": report["reasons"],
        "sizes": report["sizes"],
        "loss": report["loss"],
        "width": list(hidden),
        "students": ensemble.students,
        "iterations": len(ensemble.history),
        "training_seconds": ensemble.seconds,
        "memory": memory,
        **speed(problem, ensemble.students, min(1.0, case.expected / 40), peak),
    }
    return row, found


def run_case(case: Case, used: Sequence[str], log: Log, peaks: dict[str, dict[str, float]]) -> None:
    """One case on all devices in turn, and how they agree."""
    if log.left < case.expected:
        log.dropped.append(case.name)
        log.say(f"{case.name}: dropped, {case.expected:.0f} s expected, {log.left:.0f} s left")
        return
    rows: list[dict[str, object]] = []
    networks: list[ec.Network] = []
    try:
        teacher = case.teacher()
        probes = case.ask(teacher)
        for device in used[:1] if case.card_only else used:
            row, found = one(case, device, probes, log, peaks[device])
            row["weight_error"] = ec.match(teacher, found.network).max_weight_error
            rows.append(row)
            networks.append(found.network)
            log.cases.append(row)
            log.say(shown(row))
            log.write()
        if len(rows) == 2:
            compare(rows, networks)
    except Exception:
        log.cases.append({"case": case.name, "trouble": traceback.format_exc(limit=-6)})
        log.say(f"{case.name}: FAILED\n{traceback.format_exc(limit=-6)}")
    log.write()


def compare(rows: list[dict[str, object]], networks: list[ec.Network]) -> None:
    """Write into the first row whether both devices ended alike."""
    apart = ec.match(networks[1], networks[0]).max_weight_error
    both = rows[0]["verified"] and rows[1]["verified"]
    rows[0]["same_verdict"] = rows[0]["verified"] == rows[1]["verified"]
    rows[0]["weights_apart"] = apart
    rows[0]["agree"] = bool(not both or (apart is not None and apart <= AGREE))


def shown(row: dict[str, object]) -> str:
    """One row of the table."""
    if "trouble" in row:
        return f"| {row['case']} | | FAILED | | | | | | | |"
    error, apart = row["weight_error"], row.get("weights_apart")
    return (
        f"| {row['case']} | {row['device']} | {row['seconds']:.1f} "
        f"| {'verified' if row['verified'] else 'not verified'} "
        f"| {'other size' if error is None else f'{error:.0e}'} "
        f"| {'' if apart is None else f'{apart:.0e}'} | {row['steps']:.0f} "
        f"| {row['share_float64']:.1%} | {row['small_steps']:.0f} | {row['share_float32']:.1%} "
        f"| {row['memory'] / 2**20:.0f} |"  # type: ignore[operator]
    )


def table(found: dict[str, object]) -> str:
    """Everything as one page of Markdown."""
    facts = {k: v for k, v in found.items() if not isinstance(v, (list, dict))}
    lines = [", ".join(f"{key} {value}" for key, value in facts.items()), ""]
    for device, peak in found.get("peaks", {}).items():  # type: ignore[attr-defined]
        rate = ", ".join(
            f"{name} {value:.1e} s"
            if name.endswith("seconds")
            else f"{name} {value / 1e9:,.1f} GFLOP/s"
            for name, value in peak.items()
        )
        lines.append(f"{device}: {rate}")
    each: dict[str, float] = found.get("linear_algebra", {})  # type: ignore[assignment]
    if each:
        times = ", ".join(f"{name} {value:.2f}" for name, value in each.items())
        lines += ["", f"Factoring and solving twice, ms: {times}"]
    shares: dict[str, float] = found.get("gauss_newton", {})  # type: ignore[assignment]
    for device, share in shares.items():
        lines += ["", f"Gauss-Newton matrix on {device}: {share:.1%} of the float64 peak"]
    images: dict[str, float] = found.get("images", {})  # type: ignore[assignment]
    for device, pace in images.items():
        lines += ["", f"Small steps of three students 784-64-10 on {device}: {pace:,.0f} a second"]
    checks: list[dict[str, object]] = found["checks"]  # type: ignore[assignment]
    failed = [str(c["name"]) for c in checks if c["trouble"]]
    passed = len(checks) - len(failed)
    lines += ["", f"Checks: {passed} passed, {len(failed)} failed {'; '.join(failed)}", ""]
    lines += [
        "| case | device | s | verdict | weight error | devices apart | steps/s | of float64 peak "
        "| small steps/s | of float32 peak | MiB |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [shown(row) for row in found["cases"]]  # type: ignore[attr-defined]
    lines += ["", f"Dropped for want of time: {', '.join(found['dropped']) or 'nothing'}", ""]  # type: ignore[arg-type]
    return "\n".join(lines)


def good(log: Log) -> bool:
    failed = any(row["trouble"] for row in log.checks) or any("trouble" in row for row in log.cases)
    return not failed and all(row.get("agree", True) for row in log.cases)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("OUT", ".")))
    parser.add_argument("--small", action="store_true", help="few checks and one small case")
    options = parser.parse_args(arguments)
    log = Log(options.out, time.monotonic(), 60 * options.minutes)
    log.folder.mkdir(parents=True, exist_ok=True)
    # whatever hangs is ended where it hangs, and what was found before is on disk
    faulthandler.dump_traceback_later(60 * options.minutes + RESERVE, exit=True)
    try:
        card = torch.cuda.is_available()
        small = options.small or not card
        used = ("cuda", "cpu") if card else ("cpu",)
        log.found = versions()
        log.say(", ".join(f"{key} {value}" for key, value in log.found.items()))
        check(log, used[0], SMALL_CHECKS if small else tuple(CHECKS))
        peaks = {}
        for device in used:
            side = 256 if small else 4096 if device == "cuda" else 2048
            peaks[device] = rates(device, 0.1 if small else 1.0, side)
            log.found["peaks"] = peaks
            log.write()
        log.found["linear_algebra"] = linear_algebra(
            used[0], 0.01 if small else 0.1, 1 if small else None
        )
        log.found["gauss_newton"] = {
            device: gauss_newton_share(device, peaks[device]["float64"], small) for device in used
        }
        log.found["images"] = {device: small_steps_of_images(device, small) for device in used}
        for case in (SMALL,) if small else CASES:
            run_case(case, used, log, peaks)
        log.write()
        print((log.folder / "gpu.md").read_text(encoding="utf-8"), flush=True)
        return 0 if good(log) else 1
    finally:
        faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    sys.exit(main())
