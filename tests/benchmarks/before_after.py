"""An earlier commit and the code as it is, in turns, case by case: outcomes and processor time.

Run:  python tests/benchmarks/before_after.py COMMIT [--parts synthetic,activations,real,misfits]
          [--sizes 4-4-1,2-8-1,6-5-3,6-4-4-2] [--seeds 1] [--each 5] [--lanes 2] [--out lines.jsonl]
Prints a line per case and a table; exits 1 if a case was lost or a misfit verified.

Each lane is two processes of one thread, one with the earlier code and one with today's, which do
the same case one after the other, in changing order. Only processor seconds are compared, so that
other work on the machine hardly matters; and what ran under ``BUDGET`` of wall time is only judged.

The parts are those of the benchmarks of the same names: the 150 synthetic problems at expansion
factor 4, ``thirteen_activations``, the small group of ``real_data``, ``misfits``. Two runs ended
alike if the weights are equal bit for bit (activations), or errors and losses (synthetic, real), or
sizes and verdicts (misfits).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EXACT = 1e-8
PARTS = ("synthetic", "activations", "real", "misfits")
COLUMNS = (
    *("part", "cases", "right before", "right after", "lost", "wrongly verified after"),
    *("ended alike", "processor s before", "after", "median of pairs"),
)

# --- one side: what a process with one version of the code does ---------------------------------


def _synthetic(inputs: int, hidden: int, seed: int) -> tuple[bool, bool, object]:
    from ec_core.benchmark.problems import Problem
    from ec_core.benchmark.solving import solve
    from ec_core.control import Control

    # by hand: earlier code has no function that drains a stage
    steps = solve(Problem(inputs, hidden, seed), "cpu", Control())
    while True:
        try:
            next(steps)
        except StopIteration as end:
            outcome = end.value
            break
    error = outcome.max_weight_error
    right = outcome.sizes == (inputs, hidden, 1) and error is not None and error <= EXACT
    return outcome.verified and right, outcome.verified and not right, [error, outcome.loss]


def _activations(sizes: list[int], activation: str, seed: int) -> tuple[bool, bool, object]:
    import ec_core as ec

    teacher = ec.make_teacher(
        "synthetic", sizes=tuple(sizes), activation=activation, seed=seed
    ).network
    depth = len(sizes) - 2
    result = ec.recover(ec.Teacher(teacher), activation=activation, hidden_layers=depth)
    error = ec.match(teacher, result.network).max_weight_error
    right, verified = error is not None and error <= EXACT, bool(result.report["verified"])
    arrays = (*result.network.weights, *result.network.biases)
    digest = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    return verified and right, verified and not right, digest


def _real(number: int) -> tuple[bool, bool, object]:
    from tests.benchmarks import real_data

    preset, hidden, activation, probes, _, limit = real_data.CASES["small"][number]
    with tempfile.TemporaryDirectory() as folder:
        teacher, out = f"{folder}/teacher.safetensors", f"{folder}/out.safetensors"
        kind = ("--activation", activation)
        real_data.command("teacher", preset, "--hidden", hidden, *kind, "--out", teacher)
        report: Any = real_data.command("recover", teacher, *kind, *probes, "--out", out)
    error = report["match"]["max_weight_error_identified"]
    right = error is not None and error <= limit
    return bool(report["verified"]) and right, bool(report["verified"]) and not right, error


def _misfits(kind: str, number: int) -> tuple[bool, bool, object]:
    from tests.benchmarks import misfits

    outcome = misfits.outcome(misfits.case(kind, number))
    ended = [outcome.verified, outcome.refused, outcome.crashed, list(outcome.sizes)]
    return not (outcome.wrong or outcome.crashed), outcome.wrong, ended


def _serve() -> None:
    """Cases come as lines and leave as lines, until there are no more."""
    import torch

    torch.set_num_threads(1)
    work = {
        "synthetic": _synthetic,
        "activations": _activations,
        "real": _real,
        "misfits": _misfits,
    }
    for line in sys.stdin:
        part, *case = json.loads(line)
        began = sum(os.times()[:4])
        right, wrong, ended = work[part](*case)  # type: ignore[operator]
        print(json.dumps([right, wrong, ended, sum(os.times()[:4]) - began]), flush=True)


# --- both sides in turns -------------------------------------------------------------------------


def cases(arguments: argparse.Namespace) -> Iterator[list[Any]]:
    """Part and arguments of every case."""
    from ec_core.networks.activations import ACTIVATIONS
    from tests.benchmarks import misfits, real_data

    parts = arguments.parts.split(",")
    if "real" in parts:
        yield from (["real", number] for number in range(len(real_data.CASES["small"])))
    if "activations" in parts:
        for size in arguments.sizes.split(","):
            for activation in ACTIVATIONS:
                for seed in range(arguments.seeds):
                    yield ["activations", list(map(int, size.split("-"))), activation, seed]
    if "misfits" in parts:
        for kind in misfits.KINDS:
            # those that take minutes less often
            each = max(1, arguments.each // 5) if kind in misfits.AT_MOST else arguments.each
            yield from (["misfits", kind, number] for number in range(each))
    if "synthetic" in parts:
        for seed in range(arguments.problem_seeds):
            for inputs in (2, 4, 8, 16, 32):
                yield from (["synthetic", inputs, hidden, seed] for hidden in (2, 4, 8))


@contextmanager
def _earlier(commit: str) -> Iterator[Path]:
    """The code of a commit, in a folder of its own."""
    git = ["git", "-C", str(ROOT), "worktree"]
    with tempfile.TemporaryDirectory() as folder:
        place = str(Path(folder) / "earlier")
        subprocess.run([*git, "add", "--quiet", "--detach", place, commit], check=True)
        try:
            yield Path(place)
        finally:
            subprocess.run([*git, "remove", "--force", place], check=True)


def _side(root: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(root)}
    environment |= {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), "--serve"],
        cwd=root,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _ask(side: subprocess.Popen[str], case: list[Any]) -> list[Any]:
    assert side.stdin and side.stdout
    side.stdin.write(json.dumps(case) + "\n")
    side.stdin.flush()
    line = side.stdout.readline()
    if not line:
        raise RuntimeError(f"A process ended at {case}.")
    return list(json.loads(line))


class Lane(threading.Thread):
    """Two sides, and the cases it takes from the queue."""

    def __init__(
        self, roots: tuple[Path, Path], todo: queue.SimpleQueue[Any], rows: list[Any], out: str
    ) -> None:
        super().__init__()
        self.sides = tuple(_side(root) for root in roots)
        self.todo, self.rows, self.out = todo, rows, out

    def run(self) -> None:
        while (item := self.todo.get()) is not None:
            number, case = item
            found: list[Any] = [None, None]
            for which in (0, 1) if number % 2 else (1, 0):
                found[which] = _ask(self.sides[which], case)
            before, after = found
            row = {"case": case, "before": before, "after": after}
            self.rows.append(row)
            lost = "LOST " if before[0] and not after[0] else ""
            lost += "WRONG " if after[1] else ""
            same = "alike" if before[2] == after[2] else "otherwise"
            ratio = after[3] / before[3]
            print(
                f"{lost}{' '.join(map(str, case))}: ended {same}, {before[3]:.1f} s, "
                f"{after[3]:.1f} s, {ratio:.3f}",
                flush=True,
            )
            if self.out:
                with Path(self.out).open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
        for side in self.sides:
            side.communicate()


def table(rows: list[Any]) -> bool:
    """Print the parts; False if something was lost or wrongly verified."""
    print("\n| " + " | ".join(COLUMNS) + " |")
    print("|" + " --- |" * len(COLUMNS))
    good = True
    for part in PARTS:
        of = [row for row in rows if row["case"][0] == part]
        if not of:
            continue
        before, after = [row["before"] for row in of], [row["after"] for row in of]
        lost = sum(b[0] and not a[0] for b, a in zip(before, after, strict=True))
        wrong = sum(a[1] for a in after)
        equal = sum(b[2] == a[2] for b, a in zip(before, after, strict=True))
        ratio = statistics.median(a[3] / b[3] for b, a in zip(before, after, strict=True))
        cells = (
            *(part, len(of), sum(b[0] for b in before), sum(a[0] for a in after), lost, wrong),
            *(equal, f"{sum(b[3] for b in before):.0f}", f"{sum(a[3] for a in after):.0f}"),
            f"{ratio:.3f}",
        )
        print("| " + " | ".join(map(str, cells)) + " |")
        good &= not lost and not wrong
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--sizes", default="4-4-1,2-8-1,6-5-3,6-4-4-2")
    parser.add_argument("--seeds", type=int, default=1, help="of the activations' teachers")
    parser.add_argument("--problem-seeds", type=int, default=10, help="of the synthetic problems")
    parser.add_argument("--each", type=int, default=5, help="misfits of each kind")
    parser.add_argument("--lanes", type=int, default=2)
    parser.add_argument("--out", default="", help="a file for one JSON line per case")
    arguments = parser.parse_args()
    todo: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for numbered in enumerate(cases(arguments)):
        todo.put(numbered)
    rows: list[Any] = []
    began = time.monotonic()
    with _earlier(arguments.commit) as earlier:
        lanes = [Lane((earlier, ROOT), todo, rows, arguments.out) for _ in range(arguments.lanes)]
        for lane in lanes:
            todo.put(None)
            lane.start()
        for lane in lanes:
            lane.join()
    good = table(rows)
    print(f"\n{time.monotonic() - began:.0f} s in all.")
    return 0 if good else 1


if __name__ == "__main__":
    if "--serve" in sys.argv:
        _serve()
    else:
        sys.exit(main())
