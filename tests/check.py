"""The one check: format, lint, types, layers, books, browser code, tests.

    python tests/check.py [--only STEP,STEP…] [--long] [pytest options]

``--only format,lint`` runs these steps; ``--long`` adds the tests that are too long for every day,
installs what only these need, and measures which lines all of them together run.
Every step runs even if one before it failed, so that one run shows all there is to mend; the exit
code is 0 only if all passed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

PYTHON = [sys.executable, "-m"]
LAYERS = "from importlinter.cli import lint_imports_command as check; check(['--no-cache'])"

COMPILE = (
    "import numpy as np; from ec_core.cluster import umap_embedding as map; "
    "map(np.random.default_rng(0).standard_normal((40, 4)), 0)"
)

COMPILED, TESTS = "compiled", "tests"

EXTRAS = ".[cluster,fuzz]"
"""What only the long tests need: 81 MB to fetch, 250 MB on the disk."""

COVERED = 95
"""Per cent of the lines of engine and pages that the tests run, rounded down (27 November 2026:
21,784 of 22,757 by the everyday tests without a browser)."""

MEASURED = ["--cov=ec_core", "--cov=pages", "--cov-report=", f"--cov-fail-under={COVERED}"]
"""With --long only: what is measured runs half as fast again."""

STEPS = {
    "format": [*PYTHON, "ruff", "format", "--check", "--quiet", "."],
    "lint": [*PYTHON, "ruff", "check", "--quiet", "."],
    "types": [*PYTHON, "mypy"],
    # import-linter cannot be started with -m
    "layers": [sys.executable, "-c", LAYERS],
    # into site/; a dead link, a formula or a name of the engine that is not there is an error
    "docs": [*PYTHON, "zensical", "build", "--strict", "--clean"],
    "browser code": [sys.executable, "tests/browser_code.py"],
    # UMAP takes a minute, which each of the tests' processes and servers would spend at once
    COMPILED: [sys.executable, "-c", COMPILE],
    # one process per core, a file in one process: the browser tests share their server; in the
    # order of tests/browser/conftest.py, where the longest are not left to the end
    # R: a test whose browser crashed and that passed at its second try is named, not hidden
    TESTS: [
        *PYTHON,
        "pytest",
        "-q",
        "-rfER",
        "-n",
        "2",
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",
    ],
}


def environment() -> dict[str, str]:
    """One thread per process, or two processes fight over two cores and all take twice as long."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "PYTHONUTF8": "1"}


def run(name: str, extra: Sequence[str] = (), *, kept: bool = False) -> bool:
    """Run a step; what it prints comes as it is printed, or, ``kept``, at its end in one piece."""
    if not kept:
        print(f"== {name}", flush=True)
    began = time.monotonic()
    into = subprocess.PIPE if kept else None
    done = subprocess.run(
        [*STEPS[name], *extra],
        cwd=ROOT,
        env=environment(),
        check=False,
        stdout=into,
        stderr=subprocess.STDOUT if kept else None,
        encoding="utf-8",
        errors="replace",
    )
    passed = done.returncode == 0
    words = f"== {name}: {'ok' if passed else 'FAILED'}, {time.monotonic() - began:.0f} s\n"
    said = f"\n== {name}\n{done.stdout}" if kept else ""
    print(said + words, flush=True)
    return passed


def install() -> None:
    """``EXTRAS``, in their tested versions; without them their tests are skipped and say so."""
    how = ["install", "-q", "-c", "constraints.txt", "--no-build-isolation", "-e", EXTRAS]
    subprocess.run([*PYTHON, "pip", *how], cwd=ROOT, check=False)


def chosen(options: list[str]) -> tuple[list[str], list[str]]:
    """The steps to run, in their order, and the options left for pytest."""
    if "--only" not in options:
        return list(STEPS), options
    at = options.index("--only")
    names = options[at + 1].split(",") if at + 1 < len(options) else []
    if not names or not set(names) <= set(STEPS):
        sys.exit(f"--only takes steps between commas: {', '.join(STEPS)}.")
    return [name for name in STEPS if name in names], options[:at] + options[at + 2 :]


def main(options: list[str]) -> int:
    """Run every step; 0 if all passed, else 1.

    What the tests need is compiled, and they begin; the other steps go through one after the other
    beside them: of two cores one would wait for them, and later for a browser.
    """
    if "--long" in options:
        # the last -m counts, and an empty one chooses all
        options = [*(option for option in options if option != "--long"), "-m", "", *MEASURED]
        install()
    steps, options = chosen(options)
    others = [name for name in steps if name not in (COMPILED, TESTS)]
    with ThreadPoolExecutor(1) as beside:
        passing = [beside.submit(run, name, kept=True) for name in others]
        passed = {COMPILED: run(COMPILED)} if COMPILED in steps else {}
        passed |= {TESTS: run(TESTS, options)} if TESTS in steps else {}
        passed |= {name: step.result() for name, step in zip(others, passing, strict=True)}
    failed = [name for name in steps if not passed[name]]
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
