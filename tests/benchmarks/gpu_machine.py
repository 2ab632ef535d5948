"""What a machine is and what it can do: versions, the card, and rates to compare others with."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy
import torch

from ec_core.devices import memory_bound
from ec_core.expand.estimate import matrix_flops
from ec_core.expand.minibatch_adam import BATCH, minibatch_adam
from ec_core.expand.regimes import BLOCK
from ec_core.expand.students import initial_theta
from ec_core.leastsquares.cholesky import factored, solved_for
from ec_core.leastsquares.levenberg_marquardt import start
from ec_core.leastsquares.normal_equations import normal_equations
from ec_core.leastsquares.problem import CHUNK_BYTES, GPU_SHARE, Problem
from ec_core.leastsquares.stepping import Stepper
from ec_core.networks.architecture import Architecture

SMALL_STEP_FLOPS = 6
"""Operations per weight and probe of a small step: two forward, four back."""


def wait(device: str) -> None:
    """Until the device has done what it was given."""
    if device == "cuda":
        torch.cuda.synchronize()


def _asked(*command: str) -> str:
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    return done.stdout.strip()


def versions() -> dict[str, object]:
    """Card, driver, versions, threads, commit."""
    found: dict[str, object] = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "cpus": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "commit": _asked("git", "rev-parse", "--short", "HEAD"),
        "date": time.strftime("%Y-%m-%d %H:%M:%S"),
        "card": None,
    }
    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        query = ("--query-gpu=driver_version", "--format=csv,noheader")
        found["card"] = properties.name
        found["card_bytes"] = properties.total_memory
        found["multiprocessors"] = properties.multi_processor_count
        found["driver"] = _asked("nvidia-smi", *query)
        found["cuda"] = torch.version.cuda
    return found


def seconds_each(work: Callable[[], object], device: str, seconds: float) -> float:
    """Mean seconds of one call, over as many as fit into ``seconds``; two first calls left out."""
    for _ in range(2):
        work()
    wait(device)
    count, began = 0, time.perf_counter()
    while True:
        work()
        count += 1
        wait(device)
        passed = time.perf_counter() - began
        if passed >= seconds:
            return passed / count


def rates(device: str, seconds: float, side: int) -> dict[str, float]:
    """Operations per second of a matrix product, float64 and float32, and what a small call costs.

    launch_seconds : of one addition of a single number, waited for
    cholesky_batched, cholesky_looped : operations per second on ten matrices at once and in turn,
    of a size that students have
    """
    found = {}
    for name, kind in (("float64", torch.float64), ("float32", torch.float32)):
        a = torch.randn(side, side, dtype=kind, device="cpu").to(device)
        found[name] = 2 * side**3 / seconds_each(lambda a=a: a @ a, device, seconds)  # type: ignore[misc]
    one = torch.ones(1, dtype=torch.float64, device="cpu").to(device)
    found["launch_seconds"] = seconds_each(lambda: one + one, device, seconds / 10)
    size = side // 8
    a = torch.randn(10, size, size, dtype=torch.float64, device="cpu").to(device)
    positive = a @ a.transpose(1, 2) + size * torch.eye(size, dtype=a.dtype, device=a.device)
    flops = 10 * size**3 / 3
    found["cholesky_batched"] = flops / seconds_each(
        lambda: torch.linalg.cholesky_ex(positive), device, seconds
    )
    found["cholesky_looped"] = flops / seconds_each(
        lambda: [torch.linalg.cholesky_ex(one) for one in positive], device, seconds
    )
    return found


LINEAR = ((10, 33), (10, 257), (3, 1153), (10, 1153), (4, 2260), (10, 2260))
"""Students and parameters of the demo, of 8-8-1, 16-32-1 and the digits."""


def linear_algebra(device: str, seconds: float, count: int | None) -> dict[str, float]:
    """Milliseconds to factor Gauss-Newton matrices and solve for two right-hand sides each.

    ours : as the engine does it; together, in_turn : with the library's functions for several
    matrices, and one matrix after the other
    count : how many of LINEAR; all by default
    """
    found = {}
    for students, size in LINEAR[:count]:
        a = torch.randn(students, size, size, dtype=torch.float64, device="cpu").to(device)
        matrix = a @ a.mT + size * torch.eye(size, dtype=a.dtype, device=a.device)
        right = torch.randn(students, size, dtype=torch.float64, device="cpu").to(device)

        def ours(m: torch.Tensor = matrix, r: torch.Tensor = right) -> None:
            factor, _ = factored(m)
            for _ in range(2):
                solved_for(factor, r)

        def together(m: torch.Tensor = matrix, r: torch.Tensor = right) -> None:
            factor, _ = torch.linalg.cholesky_ex(m)
            for _ in range(2):
                torch.cholesky_solve(r.unsqueeze(-1), factor)

        def in_turn(m: torch.Tensor = matrix, r: torch.Tensor = right) -> None:
            for one, b in zip(m, r, strict=True):
                together(one[None], b[None])

        for work in (ours, together, in_turn):
            name = f"{students} x {size}, {work.__name__}"
            found[name] = 1e3 * seconds_each(work, device, seconds)
    return found


WIDE = Architecture((64, 26, 10), "tanh")
"""1,960 parameters."""

IMAGES = Architecture((784, 64, 10), "tanh")
"""Students of images of 28 x 28."""


def _random(shape: Architecture, count: int, device: str) -> Problem:
    """Random questions and answers, in chunks as the engine takes them."""
    generator = torch.Generator().manual_seed(0)
    x, y = (
        torch.randn(count, width, generator=generator, dtype=torch.float64).to(device)
        for width in (shape.sizes[0], shape.sizes[-1])
    )
    chunk = CHUNK_BYTES if device == "cpu" else int(GPU_SHARE * memory_bound(x.device))
    return Problem(shape, x, y, chunk)


def gauss_newton_share(device: str, peak: float, small: bool) -> float:
    """The Gauss-Newton matrix of 16 students of 2,000 parameters, as a share of ``peak``.

    Operations are counted as they are done (``matrix_flops``), not as a plain product of the
    Jacobian with itself would need.
    """
    problem = _random(WIDE, 500 if small else 6000, device)
    theta = initial_theta(WIDE, 0, 2 if small else 16).to(problem.x.device)
    each = seconds_each(lambda: normal_equations(problem, theta), device, 0.1 if small else 1.0)
    return len(theta) * matrix_flops(WIDE, len(problem.x)) / each / peak


def small_steps_of_images(device: str, small: bool) -> float:
    """Small steps per second of three students of images, all of them together."""
    problem = _random(IMAGES, 500 if small else 20_000, device)
    theta = initial_theta(IMAGES, 0, 3).to(problem.x.device)
    blocks = minibatch_adam(problem, theta, 0, 10**9, 1e-4)
    return BLOCK / seconds_each(lambda: next(blocks), device, 0.1 if small else 1.0)


def speed(
    problem: Problem, students: int, seconds: float, peak: dict[str, float]
) -> dict[str, float]:
    """Steps per second of students of a problem, all together, and their shares of the peak.

    steps : Levenberg-Marquardt iterations, students × iterations; small_steps : of the warm-up
    """
    device = problem.x.device.type
    theta = initial_theta(problem.shape, 0, students).to(problem.x.device)
    stepper, batch = Stepper(problem), start(problem, theta)
    each = seconds_each(lambda: stepper(batch), device, seconds)
    weights = problem.shape.parameter_count
    flops = students * (matrix_flops(problem.shape, len(problem.x)) + weights**3 / 3)
    blocks = minibatch_adam(problem, theta, 0, 10**9, 1e-4)
    small = seconds_each(lambda: next(blocks), device, seconds) / BLOCK
    light_flops = SMALL_STEP_FLOPS * students * weights * BATCH
    return {
        "steps": students / each,
        "share_float64": flops / each / peak["float64"],
        "small_steps": students / small,
        "share_float32": light_flops / small / peak["float32"],
    }


def memory_mark(device: str) -> int:
    """Largest number of bytes so far: of the card's tensors, or of this whole process."""
    if device == "cuda":
        return int(torch.cuda.max_memory_allocated())
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    lines = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return 1024 * int(lines[0].split()[1]) if lines else 0
