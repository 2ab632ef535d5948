"""What a training run will cost, before it starts."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ec_core.devices import memory_bound, resolve_device
from ec_core.errors import InputError
from ec_core.expand.config import ExpandConfig
from ec_core.expand.learning import probes_needed
from ec_core.expand.minibatch_adam import BATCH
from ec_core.expand.regimes import regime_of
from ec_core.expand.speed import call_seconds, product_rate
from ec_core.leastsquares.memory import dense_bytes, fits_densely, matrix_free_bytes
from ec_core.leastsquares.problem import CHUNK_BYTES
from ec_core.networks.activations import activation as look_up
from ec_core.networks.architecture import Architecture

_SHARE = 0.75
"""Of the speed of a plain product that the Gauss-Newton matrix reaches."""

_FACTORS_OF_IT = 9
"""Factorisations of that matrix whose time an iteration takes to solve for steps and trials."""

_ELEMENT, _WEIGHT = 10_000, 165
"""Operations of a plain product that take as long as what an iteration does with one neuron's
answer to one probe (activations, slopes, trial steps), and with one weight for one probe."""

_CALLS = 1600
"""Operations of an iteration, per hidden layer, each of which takes a while just to be started."""

_STEP_FLOPS = 6
"""Operations per weight and probe of a small step: two forward, four back."""

_STEP_SHARE, _STEP_CALLS = 0.5, 60
"""Of the speed of a plain float32 product that small steps reach, and operations of each step."""

_KINK, _SYMMETRIC, _OTHER, _DEEP = 20, 32, 60, 80
"""Iterations that students take with one hidden layer and a kink, a symmetry in which nothing is
left over, another activation; and with more hidden layers, where most of them use the 60 they get,
each of which takes a third longer."""

_CROWD, _CROWDED = 4, 1.4
"""Neurons per input from which on more neurons take more iterations, and the power of that."""

_GOING = 0.7
"""Of the students that are still training in an iteration, on average; of deep ones all are."""

_MATRIX_FREE_FLOPS = 500
"""Operations per weight and probe of a matrix-free iteration: some sixty products of eight."""

_COPIES = 6
"""Copies of all weights that training holds: state, gradient, step, acceleration, trial, result."""


@dataclass(frozen=True)
class Estimate:
    """parameters per student, answers N·K, bytes and seconds needed, and warnings in words."""

    parameters: int
    answers: int
    bytes: int
    seconds: float
    warnings: tuple[str, ...]


def check_memory(shape: Architecture, students: int, device: torch.device) -> None:
    """Raise InputError if the students' weights alone would not fit into the memory bound."""
    needed = _COPIES * 8 * students * shape.parameter_count
    allowed = memory_bound(device)
    if needed > allowed:
        raise InputError(
            f"{students:,} students with {shape.parameter_count:,} parameters each need "
            f"{needed / 2**30:,.1f} GiB, {allowed / 2**30:.1f} GiB are allowed; train fewer or "
            "narrower students."
        )


def warnings_for(shape: Architecture, probes: int) -> tuple[str, ...]:
    """Sentences a person should read before training."""
    answers = probes * shape.sizes[-1]
    if shape.parameter_count > answers:
        return (
            f"Each student has {shape.parameter_count:,} parameters and there are only "
            f"{answers:,} answers ({probes:,} probes × {shape.sizes[-1]} outputs): students can "
            "interpolate instead of learning the teacher; ask more questions or use a "
            "smaller width.",
        )
    return ()


def matrix_flops(shape: Architecture, probes: float) -> float:
    """Operations of one student's Gauss-Newton matrix J'J over N probes, see ``gauss_newton``.

    With P_l weights in hidden layer l, N·((Σ P_l)² - Σ P_l²/2): a quarter of the plain 2·N·P_l² for
    a layer with itself, half of it for every pair of layers, whatever the number of outputs.

    >>> matrix_flops(Architecture((3, 5, 1), "tanh"), 10)  # 20 + 6 weights
    4580.0
    """
    sizes = [a * b for a, b in shape.shapes[:-1]] + [shape.features(len(shape.shapes) - 1)]
    return probes * (sum(sizes) ** 2 - sum(size**2 for size in sizes) / 2)


def typical_iterations(shape: Architecture) -> float:
    """Iterations until the students of this shape are done, as far as shape and activation tell.

    Measured on 32 teachers by ``tests/benchmarks/estimates.py``. Few inputs are harder: their
    neurons lie closer together than those of a teacher with many.
    """
    name, hidden = look_up(shape.activation), shape.sizes[1:-1]
    if len(hidden) > 1:
        return _DEEP
    base = _KINK if name.kinks else _SYMMETRIC if name.parity and not name.linear else _OTHER
    crowd = max(1.0, hidden[0] / (_CROWD * shape.sizes[0]))
    return base * float(crowd**_CROWDED)


def estimate(
    probes: int,
    inputs: int,
    outputs: int,
    activation: str,
    hidden: tuple[int, ...],
    config: ExpandConfig,
) -> Estimate:
    """The cost of training students on N probes with D inputs and K outputs.

    hidden : neurons of every hidden layer, as ``ExpandConfig.hidden`` gives them
    """
    device = resolve_device(config.device)
    shape = Architecture((inputs, *hidden, outputs), activation, look_up(activation).leaves_linear)
    used = min(probes, probes_needed(shape))
    dense = fits_densely(shape, device)
    per_student = dense_bytes(shape) if dense else matrix_free_bytes(shape)
    if dense:
        flops = matrix_flops(shape, used) / _SHARE + _FACTORS_OF_IT * shape.parameter_count**3 / 3
    else:
        flops = _MATRIX_FREE_FLOPS / _SHARE * used * shape.parameter_count
    group = max(1, memory_bound(device) // per_student)
    rate, call = product_rate(device.type), call_seconds(device.type)
    each = flops + used * (_ELEMENT * sum(hidden) + _WEIGHT * shape.parameter_count)
    going = config.students * (_GOING if len(hidden) == 1 else 1.0)
    iterations = typical_iterations(shape)
    seconds = iterations * (going * each / rate + _CALLS * len(hidden) * call)
    small = regime_of(shape).small_steps
    if small is not None:
        per_step = _STEP_FLOPS * BATCH * shape.parameter_count * config.students * small.share
        rate = _STEP_SHARE * product_rate(device.type, single=True)
        before = small.steps * (per_step / rate + _STEP_CALLS * call)
        seconds = before if small.whole else before + seconds
    return Estimate(
        parameters=shape.parameter_count,
        answers=probes * outputs,
        bytes=CHUNK_BYTES + min(group, config.students) * per_student,
        seconds=seconds,
        warnings=warnings_for(shape, probes),
    )


_CHECK_ROWS, _LEAST_CHECKED = 4, 1000
"""Answers per weight, and questions at least, whose Jacobian the certificate looks at."""

_FACTORS, _DECOMPOSED = 6, 40
"""Operations of the certificate per row and squared weight (two triangular factors, leverages), and
per cubed weight (a singular value decomposition and products of that size)."""

_REFITS, _REFIT_CALLS, _CHECK_SHARE = 360, 400, 0.3
"""Iterations in which the certificate tries whether one neuron less would do, the operations of
each, and the share of the speed of a plain product that all this reaches."""


def verdict_seconds(shape: Architecture, probes: int, refits: bool) -> float:
    """How long the certificate of a network of this shape takes, learnt from N probes, on a CPU.

    refits : is it tried whether one neuron less would do?
    """
    weights, outputs = shape.parameter_count, shape.sizes[-1]
    rows = min(probes * outputs, max(_LEAST_CHECKED * outputs, _CHECK_ROWS * weights))
    flops, tries = _FACTORS * rows * weights**2 + _DECOMPOSED * weights**3, _REFITS * refits
    refit = matrix_flops(shape, min(probes, probes_needed(shape))) + weights**3 / 3
    calls = tries * _REFIT_CALLS * (len(shape.sizes) - 2) * call_seconds("cpu")
    return (flops + tries * refit) / (_CHECK_SHARE * product_rate("cpu")) + calls
