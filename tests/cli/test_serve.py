"""The one documented way to host the app."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from ec_core.cli import main
from ec_core.cli.parser import build_parser
from ec_core.cli.serve import APP, command, environment

ROOT = Path(__file__).resolve().parents[2]


def test_options_become_settings_and_what_is_not_said_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EC_RESUME", "click")
    monkeypatch.delenv("EC_ALLOW_HOSTS", raising=False)
    monkeypatch.chdir(tmp_path)
    args = build_parser().parse_args(["serve", "--port", "8600", "--data", "kept"])
    told = environment(args)
    assert told["EC_HOME"] == str(tmp_path / "kept") and told["EC_RESUME"] == "click"
    assert "EC_ALLOW_HOSTS" not in told
    assert told["PATH"] == os.environ["PATH"]
    started = command(args)
    assert started[started.index("--server.port") + 1] == "8600"
    assert started[started.index("--server.address") + 1] == "0.0.0.0"
    assert APP == ROOT / "app.py" and str(APP) in started


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "0"], "out of range"),
        (["--visitors", "some"], "invalid choice"),
        (["--data", "file/runs"], "name another folder with --data"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert main(["serve", *arguments]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="signals are sent")
def test_it_answers_and_stops_when_it_is_told(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "ec_core", "serve", "--address", "127.0.0.1"),
            *("--port", str(port), "--data", str(tmp_path / "kept")),
        ],
        # from anywhere: the app is found beside the package
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health") as answer:
                    assert answer.status == 200
                break
            except OSError:
                assert process.poll() is None
                time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    finally:
        process.kill()
        said = process.communicate()[1].decode()
    assert f"port {port} of 127.0.0.1" in said and (tmp_path / "kept").is_dir()
