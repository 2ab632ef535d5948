"""Threads that wait must not spin: the setting is there before torch is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.often import long

ROOT = Path(__file__).resolve().parents[1]

MODULES = ("ec_core", "ec_core.cli", "pages.parts.job_controls", "pages.shell.frame")

_SCRIPT = """
import os, sys

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            print(os.environ.get("OMP_WAIT_POLICY"), flush=True)
            os._exit(0)

sys.meta_path.insert(0, Watch())
import {module}
"""


@pytest.mark.parametrize(
    ("module", "own", "expected"),
    [
        *long(*((name, None, "passive") for name in MODULES[1:])),
        (MODULES[0], None, "passive"),
        # whose own word counts: one line of ec_core decides it for all of them
        ("ec_core", "active", "active"),
    ],
)
def test_the_policy_is_set_before_torch_is_loaded(
    module: str, own: str | None, expected: str
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    if own is not None:
        environment["OMP_WAIT_POLICY"] = own
    said = subprocess.run(
        [sys.executable, "-c", _SCRIPT.format(module=module)],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split()[0] == expected
