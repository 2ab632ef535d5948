"""The learnt curves of a run's network, each with the named function nearest to it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ec_core.curves.names import Named, nearest
from ec_core.networks.network import Network
from ec_core.networks.spline import Spline


def beside(network: Network) -> list[tuple[Spline, Named]]:
    """One pair for every hidden layer whose activation was learnt; looked for once."""
    return [
        (curve, _nearest(curve.knots.tobytes(), curve.coefficients.tobytes()))
        for curve in network.curves
    ]


@lru_cache(maxsize=64)
def _nearest(knots: bytes, coefficients: bytes) -> Named:
    return nearest(Spline(np.frombuffer(knots), np.frombuffer(coefficients)))
