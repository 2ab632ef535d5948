"""No code path assumes a device: every tensor is made where its inputs are.

Three ways to see that without a card. PyTorch's default device is set to ``meta``, on which no
arithmetic works: a tensor made without naming a device would land there and break the run. A
pretended card (``tests/pretend_card.py``) holds every stage to CUDA's rules: no two devices in one
operation, no numpy, no host that waits within a loop. And where there is a card, it is used.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import numpy as np
import pytest
import torch

import ec_core as ec
from ec_core import devices
from ec_core.control import Control
from ec_core.devices import CPU_MEMORY, memory_bound, or_less, small_svd
from ec_core.events import drain
from ec_core.expand import minibatch_adam
from ec_core.expand.config import ExpandConfig
from ec_core.expand.students import StudentEnsemble
from ec_core.expand.trainer import expand
from ec_core.leastsquares import truncated_newton
from ec_core.leastsquares.cholesky import iterate
from ec_core.leastsquares.conjugate_gradients import _LOOK
from ec_core.leastsquares.levenberg_marquardt import _TRIES, start
from ec_core.leastsquares.normal_equations import normal_equations
from ec_core.leastsquares.truncated_newton import PRODUCTS
from tests.benchmarks.gpu_checks import CHECKS, bench, close
from tests.benchmarks.gpu_whole import WHOLE
from tests.often import daily, long
from tests.pretend_card import MEMORY, pretend_card

CARD = torch.device("cuda")


@pytest.fixture
def nowhere() -> Generator[None]:
    torch.set_default_device("meta")
    yield
    torch.set_default_device("cpu")


@pytest.mark.parametrize("name", ["selu", *long("tanh", "gelu", "relu")])
@pytest.mark.usefixtures("nowhere")
def test_a_whole_run_names_its_device_everywhere(name: str) -> None:
    teacher = ec.make_teacher("synthetic", sizes=(3, 3, 1), activation=name, seed=0).network
    result = ec.recover(teacher, activation=name, inputs=3, probes=500, students=4, device="cpu")
    assert result.report["verified"], result.report["reasons"]


INNERMOST = (
    "networks/forward.py",
    "leastsquares/normal_equations.py",
    "leastsquares/gauss_newton.py",
    "leastsquares/products.py",
    "leastsquares/geodesic.py",
    "leastsquares/loss.py",
    "expand/minibatch_adam.py",
    "networks/activations.py",
)
"""What runs many times within every iteration: waiting is for what decides or reports."""

PARTS = [name for name in CHECKS if name not in {*WHOLE, "recorded steps", "three at once"}]


@pytest.mark.parametrize(
    "name",
    [
        # only a real card records: ``test_recording`` has what a pretended one can show; and one is
        # pretended in one thread only
        *daily(PARTS, *(name for name in PARTS if name != "composed of large students")),
        *long(*WHOLE),
    ],
)
def test_every_stage_keeps_to_its_device(name: str) -> None:
    """On a pretended card: dense, matrix-free, warm-up, large, layer walk, prune, signs, refine."""
    with pretend_card() as card:
        CHECKS[name]("cuda")
    assert not [place for place in card.waits if place.startswith(INNERMOST)]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
@pytest.mark.parametrize("name", CHECKS)
def test_on_a_real_card(name: str) -> None:
    CHECKS[name]("cuda")


def test_a_card_is_set_up_by_one_thread_alone() -> None:
    """Two that load its linear algebra together: one of them fails, on a real card."""
    within: list[int] = []

    def slow() -> None:
        within.append(1)
        together.append(len(within))
        time.sleep(0.02)
        within.pop()

    together: list[int] = []
    with (
        mock.patch.object(torch.cuda, "is_available", return_value=True),
        mock.patch.object(devices, "_set_up", side_effect=slow),
        ThreadPoolExecutor(4) as threads,
    ):
        found = list(threads.map(devices.resolve_device, ["cuda", "auto"] * 4))
    assert {device.type for device in found} == {"cuda"}
    assert together == [1] * 8


def waits(seen: Counter[str]) -> int:
    """How often the engine waited; what a test itself looks at does not count."""
    return sum(count for place, count in seen.items() if place != "outside")


def test_nothing_waits_for_the_card_within_a_loop() -> None:
    with pretend_card() as card:
        b = bench("cuda", "gelu", (3, 3, 2), (4,))
        batch = start(b.there, b.moved)
        card.clear()
        normal_equations(b.there, batch.theta)
        assert not card.waits and not card.uploads and card.launches > 20
        iterate(b.there, batch)
        # one look per try, which students it did not help
        assert set(card.waits) == {"leastsquares/levenberg_marquardt.py:advance"}
        assert waits(card.waits) <= _TRIES - 1
        card.clear()
        with mock.patch.object(truncated_newton, "advance", lambda batch, attempt: attempt):
            attempt = truncated_newton.iterate(b.there, batch)
        attempt(slice(None), batch.damping)  # type: ignore[operator]
        looks = 2 * (PRODUCTS // _LOOK + 1)
        assert card.waits["leastsquares/conjugate_gradients.py:solve"] <= looks
        assert set(card.waits) <= {
            "leastsquares/conjugate_gradients.py:solve",
            "leastsquares/kronecker.py:_decompose",
        }
        card.clear()
        blocks = minibatch_adam.minibatch_adam(b.there, b.moved, 0, 40, 3e-3)
        with mock.patch.object(minibatch_adam, "BLOCK", 20):
            list(blocks)
        # the numbers of a block's questions go there once, and nothing comes back
        assert not card.waits and card.uploads["expand/minibatch_adam.py:minibatch_adam"] == 2


def test_a_run_goes_on_where_the_cards_memory_does_not_suffice() -> None:
    config = ExpandConfig(students=8, width=6, iterations=3, restarts=0, device="cuda")
    with pretend_card() as card:
        b = bench("cuda", "tanh", (3, 3, 1), (6,), count=2000)
        plenty = _drained(b.probes, config)
        card.largest = 2**19
        tight = _drained(b.probes, config)
        assert card.failures >= 2
    np.testing.assert_allclose(tight.theta, plenty.theta, rtol=1e-6, atol=1e-8)


def _drained(probes: ec.ProbeSet, config: ExpandConfig) -> StudentEnsemble:
    return drain(expand(probes, "tanh", config, Control()))


def test_no_memory_at_all_is_one_sentence() -> None:
    def fails() -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    tries: list[int] = []

    def less() -> bool:
        tries.append(0)
        return len(tries) < 3

    with pretend_card() as card:
        card.used = True
        with pytest.raises(ec.InputError, match="choose device cpu"):
            or_less(fails, less)
    assert len(tries) == 3


def test_the_bound_is_half_the_card_or_less_by_halves_where_others_use_it() -> None:
    assert memory_bound(torch.device("cpu")) == CPU_MEMORY
    with pretend_card() as card:
        card.used = True
        assert memory_bound(CARD) == MEMORY // 2
        for free, expected in ((0.6, 2), (0.45, 4), (0.4, 4), (0.2, 8)):
            said = (int(free * MEMORY), MEMORY)
            with mock.patch("torch.cuda.mem_get_info", return_value=said):
                assert memory_bound(CARD) == MEMORY // expected
        # what the engine itself holds is not taken from it
        with (
            mock.patch("torch.cuda.mem_get_info", return_value=(MEMORY // 8, MEMORY)),
            mock.patch("torch.cuda.memory_reserved", return_value=3 * MEMORY // 4),
        ):
            assert memory_bound(CARD) == MEMORY // 2


def test_the_pretended_card_refuses_what_a_card_refuses() -> None:
    with pretend_card() as card:
        there, here = torch.ones(3, 3, device="cuda"), torch.ones(3, 3)
        refused = (
            (RuntimeError, "same device", lambda: there + here),
            (RuntimeError, "same device", lambda: torch.cat([there, here])),
            (RuntimeError, "same device", lambda: there.matmul(here)),
            (RuntimeError, "indices", lambda: here[torch.ones(1, dtype=torch.long).to("cuda")]),
            (TypeError, "numpy", lambda: there.numpy()),
            (TypeError, "numpy", lambda: np.asarray(there)),
            (RuntimeError, "gels", lambda: torch.linalg.lstsq(there, there, driver="gelsd")),
            (
                RuntimeError,
                "generator",
                lambda: torch.randn(3, device="cuda", generator=torch.Generator()),
            ),
        )
        for kind, message, act in refused:
            with pytest.raises(kind, match=message):
                act()
        assert there.is_cuda and (2 * there).device.type == "cuda"
        card.clear()
        assert float(there[0, 0]) == 1.0 and bool((there > 0).all()) and len(there.tolist()) == 3
        assert card.waits["outside"] == 3
        there[1:] = 5.0
        assert there.cpu().sum() == 33.0
        for part, whole in zip(small_svd(there), torch.linalg.svd(there.cpu()), strict=True):
            close(part, whole, "svd", 1e-6)
    with pytest.raises(AssertionError, match="nothing was computed"), pretend_card():
        pass


def test_one_seed_is_one_start_on_every_device() -> None:
    probes = ec.probe(ec.Teacher(ec.make_teacher("xor").network), count=100)
    config = ExpandConfig(students=2, width=3, iterations=1, device="cpu")
    first = next(expand(probes, "tanh", config, Control()))
    again = next(expand(probes, "tanh", config, Control()))
    np.testing.assert_array_equal(first.losses, again.losses)  # type: ignore[attr-defined]


def test_an_unknown_or_missing_device_is_one_sentence() -> None:
    with pytest.raises(ec.InputError, match="choose one of"):
        ec.recover(lambda x: x[:, :1] ** 2, activation="tanh", inputs=2, probes=50, device="tpu")
    if not torch.cuda.is_available():
        with pytest.raises(ec.InputError, match="no CUDA"):
            ec.recover(
                lambda x: x[:, :1] ** 2, activation="tanh", inputs=2, probes=50, device="cuda"
            )
