"""Teachers trained on real data, recovered through the command line.

Run:  python tests/benchmarks/real_data.py [small] [deep] [large] [deepest]
``small`` (what runs without a word) takes a minute, ``deep`` is digits 4×4 with two hidden layers,
``large`` digits 8×8 with 32 hidden neurons (minutes), ``deepest`` the paper's deep shape on digits
8×8 (twenty minutes). Prints a table and exits 1 if a size or a weight is wrong or a run
takes longer than allowed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GAUSSIAN = ("--probes", "4000", "--distribution", "gaussian")
FOUR = ("--students", "4")
DATA, NOISY = ("--distribution", "data"), ("--distribution", "data+noise")
CASES = {
    # preset, hidden sizes, activation, probes, seconds allowed, error allowed
    "small": (
        ("digits4x4", "10", "tanh", DATA, 120, 1e-8),
        ("digits8x8", "10", "tanh", NOISY, 180, 1e-8),
        ("wine", "6", "tanh", GAUSSIAN, 60, 1e-8),
        ("breast-cancer", "6", "tanh", GAUSSIAN, 60, 1e-8),
        ("diabetes", "6", "softplus", GAUSSIAN, 60, 1e-8),
    ),
    "deep": (("digits4x4", "8-8", "tanh", NOISY, 600, 1e-6),),
    "large": (("digits8x8", "32", "tanh", NOISY, 1800, 1e-6),),
    "deepest": (
        ("digits8x8", "30-30-30", "tanh", (*FOUR, "--probes", "20000", *NOISY), 3600, 1e-6),
    ),
}


def command(*words: str) -> dict[str, object]:
    """One ec-core command with --json; its object."""
    run = [sys.executable, "-m", "ec_core", *words, "--json"]
    done = subprocess.run(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return dict(json.loads(done.stdout))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="|".join(CASES))
    groups = parser.parse_args().groups or ["small"]
    if unknown := set(groups) - set(CASES):
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    cases = [case for group in groups for case in CASES[group]]
    print("| teacher | score | sizes found | verified | max weight error | seconds | allowed |")
    print("|---|---|---|---|---|---|---|")
    good = True
    with tempfile.TemporaryDirectory() as name:
        teacher, out = str(Path(name) / "teacher.safetensors"), str(Path(name) / "out.safetensors")
        for preset, hidden, activation, probes, allowed, limit in cases:
            kind = ("--activation", activation)
            card = command("teacher", preset, "--hidden", hidden, *kind, "--out", teacher)
            began = time.perf_counter()
            depth = ("--hidden-layers", str(hidden.count("-") + 1))
            report = command("recover", teacher, *kind, *depth, *probes, "--out", out)
            seconds = time.perf_counter() - began
            error = report["match"]["max_weight_error_identified"]  # type: ignore[index]
            right = report["sizes"] == card["sizes"] and error is not None and error <= limit
            good &= bool(right and report["verified"] and seconds <= allowed)
            print(
                f"| {preset} {'-'.join(map(str, card['sizes']))} {activation} "  # type: ignore
                f"| {card['score']:.3f} | {report['sizes']} | {report['verified']} | {error} "
                f"| {seconds:.0f} | {allowed} |",
                flush=True,
            )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
