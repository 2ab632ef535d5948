"""Networks side by side, and earlier states of a run: nothing that was verified is ever lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ec_core.cluster.cut import Cut
from ec_core.errors import InputError
from ec_core.probing.presets import make_teacher
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.store import (
    AUTOMATIC,
    EXACT,
    Build,
    RunStore,
    StoredRun,
    bring_back,
    builds,
    forget_builds,
    in_use,
    keep_version,
    load_build,
    save_build,
    use_build,
    version_folder,
    versions,
)


@pytest.fixture
def run(tmp_path: Path) -> StoredRun:
    return RunStore(tmp_path / "runs").create("planar", "Four lines")


def again(run: StoredRun) -> StoredRun:
    """The same run as another process would see it."""
    return RunStore(run.path.parent).open(run.id)


def result(seed: int) -> Reconstruction:
    network = make_teacher("synthetic", sizes=(2, 3, 1), activation="tanh", seed=seed).network
    return Reconstruction(
        network, network, 1e-30, 1e-30, (), None, 3, 3, 0, True, (), np.array([1e-30])
    )


CUTS = (Cut(1e-3, 0.6, 20.0, "hand", (("drop", 3), ("cut", 9, 1e-7))), None)


def build(key: str = EXACT, verified: bool = True) -> Build:
    return Build(
        *(key, EXACT, "", CUTS, (2, 3, 1), 1e-30, 2e-30, verified, ("Not so.",), 1.5, 7.0),
        base=CUTS[0],
    )


def weights(found: Reconstruction) -> bytes:
    return found.network.weights[0].tobytes()


def test_a_build_comes_back_as_it_was(run: StoredRun) -> None:
    assert builds(run) == {} and in_use(run) is None
    save_build(run, build(), result(1))
    assert builds(again(run)) == {EXACT: build()}
    assert weights(load_build(again(run), EXACT)) == weights(result(1))
    assert not run.has("reconstruction") and in_use(run) is None


def test_one_of_them_is_the_result(run: StoredRun) -> None:
    save_build(run, build(), result(1))
    save_build(run, build(AUTOMATIC), result(2))
    for key, seed in ((EXACT, 1), (AUTOMATIC, 2)):
        assert use_build(run, key).key == key
        assert in_use(again(run)) == key
        assert weights(again(run).reconstruction()) == weights(result(seed))
    with pytest.raises(InputError, match="no network 'other'"):
        use_build(run, "other")


@pytest.mark.parametrize(("before", "after", "stays"), [(1, 0, 1), (1, 1, 0), (0, 0, 0), (0, 1, 0)])
def test_only_a_verified_one_stays_beside_what_replaces_it(
    run: StoredRun, before: int, after: int, stays: int
) -> None:
    save_build(run, build(verified=bool(before)), result(1))
    use_build(run, EXACT)
    save_build(run, build(verified=bool(after)), result(2))
    assert ("before-exact" in builds(run)) == bool(stays)
    if stays:
        # what was in use is in use
        assert in_use(run) == "before-exact"
        assert weights(load_build(run, "before-exact")) == weights(result(1))
    assert weights(load_build(run, EXACT)) == weights(result(2))


def test_builds_can_be_forgotten_and_a_damaged_index_is_a_sentence(run: StoredRun) -> None:
    save_build(run, build(), result(1))
    run.save_json("builds", {"builds": [{"key": "exact"}]})
    with pytest.raises(InputError, match=r"builds\.json .* is damaged"):
        builds(run)
    forget_builds(run)
    assert builds(run) == {} and run.parts() == frozenset({"run"})


def test_a_version_is_the_whole_state_and_comes_back(run: StoredRun) -> None:
    x = np.arange(6.0).reshape(3, 2)
    run.save_probes(x, x, 0)
    run.save_cut(CUTS[0] or Cut(1.0))
    save_build(run, build(), result(1))
    use_build(run, EXACT)
    run.set_status("verified")
    run.save_json("at-work", {"kind": "Expand"})
    number = keep_version(run, "before more", {"loss": 1e-30}, {"steered": False})
    # everything changes
    run.forget("cuts", "reconstruction", "recovered")
    forget_builds(run)
    run.set_status("not verified")
    run.update_settings(steered=True, chosen={"seed": 4})
    (version,) = versions(again(run))
    assert (version.number, version.why, version.facts) == (number, "before more", {"loss": 1e-30})
    held = version_folder(run, number)
    assert held.has("reconstruction")
    assert not held.parts() & {"probes", "run", "at-work"}
    bring_back(again(run), number)
    assert run.cuts() == {"": CUTS[0]} and builds(run) == {EXACT: build()}
    assert weights(run.reconstruction()) == weights(result(1))
    assert run.summary().status == "verified"
    assert run.settings() == {"steered": False, "chosen": {"seed": 4}}
    assert np.array_equal(run.answers()[0], x) and run.has("at-work")
    assert versions(run) == ()
    with pytest.raises(InputError, match=f"no version {number}"):
        bring_back(run, number)


def test_what_is_written_later_does_not_reach_a_version(run: StoredRun) -> None:
    save_build(run, build(), result(1))
    use_build(run, EXACT)
    first = keep_version(run, "one", {}, {})
    save_build(run, replace(build(), verified=False), result(2))
    use_build(run, EXACT)
    second = keep_version(run, "two", {}, {})
    (run.path / "versions" / "7").mkdir()  # half a version, of a crash
    assert [version.number for version in versions(run)] == [second, first]
    bring_back(run, first)
    assert weights(run.reconstruction()) == weights(result(1))
    assert list(builds(run)) == [EXACT]
    assert run.summary().damaged is None and len(RunStore(run.path.parent).list()) == 1
