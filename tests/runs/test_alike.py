"""App and command line end alike, also where the first attempt is not verified and another is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ec_core as ec
from ec_core import chain
from ec_core.checkpoints import Checkpoints
from ec_core.cli.run import main
from ec_core.cluster import Cut
from ec_core.jobs import Job, JobBoard
from ec_core.networks.network import Network
from ec_core.probing.asking import default_count
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.runs import builds, results, script, tree_cache, versions, work
from ec_core.runs.run import Run
from ec_core.runs.settings import Settings
from ec_core.runs.source import Source
from ec_core.verify.certificate import Certificate, certify
from ec_core.verify.cures import Cure

COUNT = default_count(2, 1, "tanh")
SETTINGS = Settings(students=3, probes=COUNT, seed=1, device="cpu", as_needed=True)
PATIENCE = 240


class Doubts:
    """A judge that calls the first network it sees not verified, for want of width."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, found: Reconstruction, probes: ProbeSet, *marks: Checkpoints) -> Certificate:
        self.asked += 1
        told = certify(found, probes, *marks)
        if self.asked > 1:
            return told
        doubt = ("The students were too few.",)
        return replace(told, verified=False, status="failed", reasons=doubt, cures=(Cure.WIDER,))


@pytest.fixture
def doubts(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Doubts]:
    """Begins anew with every call."""

    def begin() -> Doubts:
        judge = Doubts()
        monkeypatch.setattr(chain, "certify", judge)
        return judge

    return begin


def _new() -> Run:
    return Run.create(Source.from_card(ec.make_teacher("xor"), {}), SETTINGS)


def _wait(job: Job) -> None:
    assert job.wait(PATIENCE) and job.snapshot().error is None


def _stage_by_stage(board: JobBoard, cut: Cut | None = None) -> Run:
    run = _new()
    _wait(work.start_expand(board, run))
    run.save_cut(cut or ec_cut(run))
    _wait(work.start_reconstruct(board, run))
    return run


def ec_cut(run: Run) -> Cut:
    """The automatic one, as the Cluster page makes it when it is opened."""
    return chain.look(run.ensemble(), run.recover_config()).cut


def _equal(a: Network, b: Network) -> bool:
    pairs = zip((*a.weights, *a.biases), (*b.weights, *b.biases), strict=True)
    return a.sizes == b.sizes and all(np.array_equal(x, y) for x, y in pairs)


def test_a_retry_ends_alike_in_app_and_command_line(
    board: JobBoard, doubts: Callable[[], Doubts], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubts()
    steps = _stage_by_stage(board)
    judge = doubts()
    demo = _new()
    _wait(work.start_whole(board, demo))
    assert judge.asked == 2
    doubts()
    teacher, out = tmp_path / "teacher.safetensors", tmp_path / "out.safetensors"
    ec.save_network(ec.make_teacher("xor").network, teacher)
    code = main(
        [
            *("recover", str(teacher), "--activation", "tanh", "--students", "3"),
            *("--seed", "1", "--device", "cpu"),
            *("--out", str(out), "--report", str(tmp_path / "report.json")),
        ]
    )
    assert code == 0
    printed = ec.load_network(out)
    doubts()
    asker = ec.Asker(ec.Teacher(ec.make_teacher("xor").network), seed=1, first=COUNT, numbers=True)
    whole = ec.recover(asker, activation="tanh", students=3, seed=1, device="cpu")
    width = whole.ensemble.shape.sizes[1]
    for run in (steps, demo):
        assert run.retried and results.of(run).certificate.verified
        # students, cut and network belong together, and the earlier ones are kept
        assert np.array_equal(run.ensemble().theta, whole.ensemble.theta)
        assert run.cut() == whole.cut
        assert _equal(run.reconstruction().network, whole.network)
        assert _equal(run.reconstruction().network, printed)
        (earlier,) = versions.all_of(run)
        assert not earlier.facts["verified"] and earlier.facts["students"] == 3
        kept = run.stored.path / "versions" / str(earlier.number) / "ensemble.npz"
        assert kept.stat().st_size < (run.stored.path / "ensemble.npz").stat().st_size
        assert run.ensemble().shape.sizes[1] == width
    # the script does all of it again
    doubts()
    monkeypatch.chdir(tmp_path)
    exec(compile(script.repeat(steps), "repeat.py", "exec"), {"__name__": "__main__"})
    assert _equal(ec.load_network(tmp_path / "recovered.safetensors"), whole.network)


def test_a_retry_that_does_no_better_leaves_everything_as_it_was(
    board: JobBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(found: Reconstruction, probes: ProbeSet, *marks: Checkpoints) -> Certificate:
        told = certify(found, probes, *marks)
        return replace(told, verified=False, status="failed", reasons=("No.",), cures=(Cure.WIDER,))

    monkeypatch.setattr(chain, "certify", never)
    worth = iter([0.0, -1.0, -2.0, -3.0, -4.0, -5.0])
    ranked: dict[int, float] = {}
    monkeypatch.setattr(chain, "worth", lambda found: ranked.setdefault(id(found), next(worth)))
    run = _stage_by_stage(board)
    assert not versions.all_of(run) and not run.retried and run.whole


def test_a_chosen_cut_is_never_given_up(board: JobBoard, doubts: Callable[[], Doubts]) -> None:
    judge = doubts()
    run = _new()
    _wait(work.start_expand(board, run))
    before = run.ensemble()
    cut = replace(ec_cut(run), gamma=0.75)
    run.save_cut(cut)
    job = work.start_reconstruct(board, run)
    _wait(job)
    assert judge.asked == 1 and np.array_equal(run.ensemble().theta, before.theta)
    assert run.built_cut == cut and not results.of(run).certificate.verified
    assert chain.KEPT in [note.message for note in job.snapshot().seen.notes]


def test_who_has_a_hand_in_it_meanwhile_keeps_their_students(
    board: JobBoard, monkeypatch: pytest.MonkeyPatch, doubts: Callable[[], Doubts]
) -> None:
    """While other students train, somebody keeps a setting of these."""
    doubts()
    real, run = chain.train, _new()

    def trained(*given: object, **more: object) -> object:
        if run.has("cut"):
            run.save_named_cuts({"mine": run.cut()})
        return real(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(chain, "train", trained)
    _wait(work.start_expand(board, run))
    before = run.ensemble()
    run.save_cut(ec_cut(run))
    _wait(work.start_reconstruct(board, run))
    assert np.array_equal(run.ensemble().theta, before.theta) and run.named_cuts()
    assert not run.retried and not run.whole
    used = builds.in_use(run)
    assert used is not None and not used.verified
    assert len(tree_cache.clusters_of(run, run.cut()).kept) > 0
