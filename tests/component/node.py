"""Node runs what the browser will run. Skips with the reason where there is none, never in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def run_node(*arguments: str) -> str:
    """What ``node arguments`` prints; fails with its messages if it fails."""
    node = shutil.which("node")
    if node is None:
        message = "no node found: the browser's own logic cannot be tested without it"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(message)
        pytest.skip(message)
    done = subprocess.run(
        [node, *arguments], cwd=HERE, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout
