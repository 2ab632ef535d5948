"""The benchmark of cards, on the pretended one: each line of it has run before a card is lent.

What it prints there is no speed. That it keeps what it found, drops what no longer fits, and sees
what does not agree, is what counts.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from unittest import mock

import pytest

import ec_core as ec
from ec_core.runs import demo
from tests.benchmarks import gpu, gpu_checks
from tests.pretend_card import pretend_card


@pytest.mark.long
def test_both_devices_in_turns_and_everything_on_disk(tmp_path: Path) -> None:
    with pretend_card(), mock.patch.object(gpu, "SMALL_CHECKS", ("last layer",)):
        assert gpu.main(["--small", "--out", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))
    assert found["card"] == "a pretended card" and found["dropped"] == []
    assert [row["device"] for row in found["checks"]] == ["cuda"]
    cuda, cpu = found["cases"]
    assert (cuda["device"], cpu["device"]) == ("cuda", "cpu")
    assert cuda["verified"] and cpu["verified"] and cuda["agree"] and cuda["same_verdict"]
    assert cuda["weights_apart"] <= gpu.AGREE and cuda["weight_error"] <= gpu.AGREE
    for row in (cuda, cpu):
        assert min(row["steps"], row["small_steps"], row["share_float64"]) > 0
    page = (tmp_path / "gpu.md").read_text(encoding="utf-8")
    assert "a pretended card" in page and page.count("| small demo |") == 2


def log_of(folder: Path, seconds: float) -> gpu.Log:
    return gpu.Log(folder, time.monotonic(), seconds)


def test_what_no_longer_fits_is_dropped_and_said(tmp_path: Path) -> None:
    log = log_of(tmp_path, gpu.RESERVE + 0.5 * gpu.DEMO.expected)
    gpu.run_case(gpu.DEMO, ("cpu",), log, {})
    assert log.dropped == ["demo"] and not log.cases
    log = log_of(tmp_path, -1.0)
    gpu.check(log, "cpu", ("last layer",))
    assert log.dropped == ["check last layer"] and not log.checks


def test_a_failure_is_written_down_and_the_rest_goes_on(tmp_path: Path) -> None:
    log = log_of(tmp_path, 600.0)

    def broken(device: str) -> None:
        raise RuntimeError("CUBLAS_STATUS_NOT_SUPPORTED")

    with mock.patch.dict(gpu_checks.CHECKS, {"broken": broken}):
        gpu.check(log, "cpu", ("broken", "last layer"))
    with mock.patch.object(gpu, "one", side_effect=RuntimeError("misaligned address")):
        gpu.run_case(gpu.SMALL, ("cpu",), log, {"cpu": {}})
    found = json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))
    assert ["CUBLAS" in row["trouble"] for row in found["checks"]] == [True, False]
    assert "misaligned" in found["cases"][0]["trouble"]
    assert not gpu.good(log)
    assert "1 passed, 1 failed broken" in (tmp_path / "gpu.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("verified", "shift", "agree"),
    [((True, True), 0.0, True), ((True, True), 1e-3, False), ((True, False), 1e-3, True)],
)
def test_verified_networks_must_be_equal_up_to_symmetry(
    verified: tuple[bool, bool], shift: float, agree: bool, tmp_path: Path
) -> None:
    network = gpu.SMALL.teacher()
    order = [2, 0, 3, 1]
    weights = (network.weights[0][order] + shift, network.weights[1][:, order])
    other = ec.Network(network.activation, weights, (network.biases[0][order], network.biases[1]))
    rows: list[dict[str, object]] = [{"verified": one} for one in verified]
    gpu.compare(rows, [network, other])
    assert rows[0]["agree"] is agree
    assert rows[0]["same_verdict"] is (verified[0] == verified[1])
    log = log_of(tmp_path, 60.0)
    log.cases += rows
    assert gpu.good(log) is agree


def test_the_demo_is_that_of_the_start_page() -> None:
    ours, theirs = gpu.DEMO, demo.SETTINGS
    assert (ours.seed, ours.students, ours.width) == (demo.SEED, theirs.students, theirs.width)
    assert ours.probes == theirs.probes
