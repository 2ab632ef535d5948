"""A server of one's own, started and told to stop."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_TRIES = 600


@contextmanager
def server(home: Path, **environment: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The process of a server that answers, with its port; ``server.log`` beside ``home``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [
        *(sys.executable, "-m", "streamlit", "run", "app.py"),
        *("--server.port", str(port), "--server.address", "127.0.0.1"),
        *("--server.headless", "true"),
    ]
    told = {**os.environ, "EC_HOME": str(home), "OMP_NUM_THREADS": "1", **environment}
    home.parent.mkdir(parents=True, exist_ok=True)
    with (home.parent / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=told, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        for _ in range(_TRIES):
            if process.poll() is not None:
                break
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield process, port
    finally:
        process.kill()
        process.wait()
