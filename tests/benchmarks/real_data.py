"""Issue points 1 and 2: teachers trained on real data, recovered through the command line.

Run:  python tests/benchmarks/real_data.py [--large]
``--large`` adds digits 8×8 with 32 hidden neurons (minutes to half an hour). Prints a table and
exits 1 if a size or a weight is wrong or a run takes longer than the issue allows.
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
CASES = (
    # preset, hidden, activation, probes, seconds allowed, error allowed
    ("digits4x4", 10, "tanh", ("--distribution", "data"), 120, 1e-8),
    ("digits8x8", 10, "tanh", ("--distribution", "data+noise"), 180, 1e-8),
    ("wine", 6, "tanh", GAUSSIAN, 60, 1e-8),
    ("breast-cancer", 6, "tanh", GAUSSIAN, 60, 1e-8),
    ("diabetes", 6, "softplus", GAUSSIAN, 60, 1e-8),
)
LARGE = (("digits8x8", 32, "tanh", ("--distribution", "data+noise"), 1800, 1e-6),)


def command(*words: str) -> dict[str, object]:
    """One ec-core command with --json; its object."""
    run = [sys.executable, "-m", "ec_core", *words, "--json"]
    done = subprocess.run(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return dict(json.loads(done.stdout))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--only-large", action="store_true")
    arguments = parser.parse_args()
    cases = LARGE if arguments.only_large else CASES + (LARGE if arguments.large else ())
    print("| teacher | score | sizes found | verified | max weight error | seconds | allowed |")
    print("|---|---|---|---|---|---|---|")
    good = True
    with tempfile.TemporaryDirectory() as name:
        teacher, out = str(Path(name) / "teacher.safetensors"), str(Path(name) / "out.safetensors")
        for preset, hidden, activation, probes, allowed, limit in cases:
            kind = ("--activation", activation)
            card = command("teacher", preset, "--hidden", str(hidden), *kind, "--out", teacher)
            began = time.perf_counter()
            report = command("recover", teacher, *kind, *probes, "--out", out)
            seconds = time.perf_counter() - began
            error = report["match"]["max_weight_error_identified"]  # type: ignore[index]
            right = report["sizes"] == card["sizes"] and error is not None and error <= limit
            good &= bool(right and report["verified"] and seconds <= allowed)
            print(
                f"| {preset} {'-'.join(map(str, card['sizes']))} {activation} "  # type: ignore
                f"| {card['score']:.3f} | {report['sizes']} | {report['verified']} | {error:.0e} "
                f"| {seconds:.0f} | {allowed} |",
                flush=True,
            )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
