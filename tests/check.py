"""The one check: format, lint, types, layers, tests.

    python tests/check.py [--long] [pytest options]

``--long`` adds the tests that are too long for every day. Every step runs even if one before it
failed, so that one run shows all there is to mend; the exit code is 0 only if all passed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

PYTHON = [sys.executable, "-m"]
LAYERS = "from importlinter.cli import lint_imports_command as check; check(['--no-cache'])"

STEPS = {
    "format": [*PYTHON, "ruff", "format", "--check", "--quiet", "."],
    "lint": [*PYTHON, "ruff", "check", "--quiet", "."],
    "types": [*PYTHON, "mypy"],
    # import-linter cannot be started with -m
    "layers": [sys.executable, "-c", LAYERS],
}

# R: a browser test that passed only at its second try is named, not hidden
PYTEST = [*PYTHON, "pytest", "-q", "-rfER"]
TESTS = {
    # one process per core, a file in one process: what it sets up is set up once
    "tests": [*PYTEST, "-n", "2", "--dist", "loadfile"],
    # beside the others, for they mostly wait; one after another, for each is a whole machine
    "browser tests": [*PYTEST, "--durations=5"],
}
NOTHING_CHOSEN = 5
"""What pytest ends with where the options leave no test to run: the other half has them."""


def environment() -> dict[str, str]:
    """One thread per process, or two processes fight over two cores and all take twice as long."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "PYTHONUTF8": "1"}


def run(name: str, command: list[str]) -> bool:
    """One step, its output as it comes; True if it passed."""
    print(f"== {name}", flush=True)
    began = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode
    return passed(name, code, began)


def passed(name: str, code: int, began: float) -> bool:
    word = "ok" if code == 0 else "FAILED"
    print(f"== {name}: {word}, {time.monotonic() - began:.0f} s\n", flush=True)
    return code == 0


def run_tests(options: list[str], long: bool) -> list[str]:
    """Both kinds of tests side by side; the names of those that failed."""
    every = "" if long else " and not long"
    browser = [*TESTS["browser tests"], "-m", f"browser{every}", *options]
    others = [*TESTS["tests"], "-m", f"not browser{every}", *options]
    began, failed = time.monotonic(), []
    with tempfile.TemporaryFile() as output:
        beside = subprocess.Popen(
            browser, cwd=ROOT, env=environment(), stdout=output, stderr=subprocess.STDOUT
        )
        print("== tests", flush=True)
        code = subprocess.run(others, cwd=ROOT, env=environment(), check=False).returncode
        if not passed("tests", 0 if code == NOTHING_CHOSEN else code, began):
            failed.append("tests")
        code = beside.wait()
        output.seek(0)
        print("== browser tests\n" + output.read().decode(errors="replace"), flush=True)
    if not passed("browser tests", 0 if code == NOTHING_CHOSEN else code, began):
        failed.append("browser tests")
    return failed


def main(options: list[str]) -> int:
    """Run every step; 0 if all passed, else 1."""
    rest = [option for option in options if option != "--long"]
    failed = [name for name, command in STEPS.items() if not run(name, command)]
    failed += run_tests(rest, long="--long" in options)
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
