"""How exact are the answers, and how is that known? In sentences, for a person and the report."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ec_core.probing.arithmetic import TYPES, arithmetic_error
from ec_core.probing.outputs import LOGITS
from ec_core.probing.precision import FLOAT64, REPEATS, TOLD, UNKNOWN
from ec_core.probing.probes import ProbeSet
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.verify.certificate import ESTIMATE, EXACT_STATUS, VERIFIED

_UNEVEN = 2.0
"""Outputs, or large and small answers, whose errors differ by this factor are said to."""
_FIT = 3.0
"""Errors within this factor of what a computation in the answers' type makes are its own."""


def up_to(free: int, gauge: bool) -> str:
    """What a verdict leaves open, as the end of a sentence; "" where it leaves nothing.

    >>> up_to(0, True), up_to(0, False)
    (', up to one function added to all logits', '')
    """
    open_ = ["one function added to all logits"] if gauge else []
    if free:
        open_.append(f"{'what' if free == 1 else f'the {free} things that'} no question tells")
    return f", up to {' and '.join(open_)}" if open_ else ""


def verdict(
    status: str,
    error: float,
    confidence: float | None = None,
    free: int = 0,
    gauge: bool = False,
    curve: float | None = None,
) -> str:
    """How a run ended, in a sentence; error : of the answers, as a share of their spread.

    free : how many directions no question tells anything of, each a sentence of its own
    gauge : the answers were probabilities, which say nothing of what all logits have in common
    curve : the error of a network whose activation was learnt as a curve

    >>> verdict("verified", 7.2e-8)
    "Verified to 7e-08 of the answers' spread, which is their own precision."
    >>> verdict("verified", 0.0, curve=6e-8)
    "Verified: this network with this learnt curve, to 6e-08 of the answers' spread."
    """
    if status == EXACT_STATUS:
        return f"Verified: exact, to rounding{up_to(free, gauge)}."
    if status == VERIFIED and curve is not None:
        return (
            f"Verified: this network with this learnt curve, to {curve:.0e} of the answers' "
            f"spread{up_to(free, gauge)}."
        )
    if status == VERIFIED:
        return (
            f"Verified to {error:.0e} of the answers' spread, which is their own precision"
            f"{up_to(free, gauge)}."
        )
    if status == ESTIMATE:
        size = "" if confidence is None else f"; the size is right with {_percent(confidence)} odds"
        return f"An estimate at noise of {error:.0e} of the answers' spread, not verified{size}."
    return "Not verified."


def _percent(share: float) -> str:
    return "more than 99 %" if share > 0.99 else f"{100 * share:.0f} %"


def evidence(reconstruction: Reconstruction, probes: ProbeSet) -> Iterator[str]:
    """What shows the error of the answers, most telling first; errors as shares of their spread."""
    if probes.looks == TOLD:
        yield f"You said that the answers err by {np.sqrt(probes.precision):.0e} of their spread."
        return
    if probes.looks == FLOAT64 and reconstruction.error is None:
        yield "The answers are full float64 numbers."
        return
    if probes.looks == REPEATS:
        apart = f"{np.sqrt(probes.precision):.0e} of their spread (one standard deviation)"
        yield f"The answers are {probes.stored.words}: they differ by {apart}."
    elif probes.looks == UNKNOWN:
        yield f"The answers are {probes.stored.words}."
    elif probes.looks != FLOAT64:
        rounding = f"rounding alone is {np.sqrt(probes.precision):.0e} of their spread"
        yield f"The answers are {probes.stored.words}: {rounding}."
    if reconstruction.error is None:
        return
    error = np.sqrt(reconstruction.error)
    yield (
        f"What the network leaves over is {error:.0e} of the answers' spread, has no structure, is "
        "as large on questions not learnt from, and more neurons do not lower it: it is the "
        "answers' own error."
    )
    if probes.looks in TYPES:
        made = arithmetic_error(reconstruction.network, probes.x, probes.looks, probes.output)
        size = np.sqrt(float(np.mean(made / probes.y_scale**2)))
        fits = "which fits" if 1 / _FIT < error / size < _FIT else "which does not fit"
        yield f"Computing this network in {probes.looks} errs by {size:.0e}, {fits}."
    yield from _uneven(reconstruction, probes)


def _uneven(reconstruction: Reconstruction, probes: ProbeSet) -> Iterator[str]:
    """Do outputs differ, or do errors grow with the answers?"""
    residual = np.abs(reconstruction.standard(probes.inputs) - probes.answers)
    outputs = np.sqrt(np.mean(residual**2, axis=0))
    if outputs.max() > _UNEVEN * outputs.min() > 0:
        least, most = int(outputs.argmin()) + 1, int(outputs.argmax()) + 1
        yield (
            f"Output {most} errs most, by {outputs.max():.0e} of its spread, output {least} least, "
            f"by {outputs.min():.0e}."
        )
    if probes.output.kind != LOGITS:
        return
    size = np.abs(probes.y).ravel()
    large = size > np.median(size)
    high, low = (float(np.sqrt(np.mean(residual.ravel()[at] ** 2))) for at in (large, ~large))
    if high > _UNEVEN * low > 0:
        yield f"Large answers err more than small ones, by {high:.0e} against {low:.0e}."
