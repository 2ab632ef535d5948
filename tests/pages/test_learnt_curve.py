"""Reconstruct and Compare with a network whose activation was learnt."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ec_core.networks.network import Network
from ec_core.networks.spline import fitted
from ec_core.reconstruct.reconstruct import Learning, Reconstruction
from ec_core.runs import results
from ec_core.runs.run import Run
from tests.pages.conftest import STAGES, Opener


def _with_a_curve(run: Run) -> None:
    """The run's network with its tanh as a curve, stored as its result."""
    probes, before = run.probes(), run.reconstruction()
    standard = before.standard
    z = np.linspace(*_reach(standard, probes.inputs), 4000)
    curve = fitted(np.linspace(z[0], z[-1], 60), z, np.tanh(z))
    weights, biases = standard.weights, standard.biases
    network = Network("curve", weights, biases, curves=(curve,))
    rows = np.arange(len(probes.x))
    run.save_reconstruction(
        Reconstruction(
            network=probes.to_original(network),
            standard=network,
            loss=float(np.mean((network(probes.inputs) - probes.answers) ** 2)),
            heldout_loss=1e-14,
            steps=(),
            signs=None,
            from_clusters=0,
            started=8,
            pruned=3,
            exact=False,
            notes=("The activation was learnt as a curve.",),
            history=np.array([1e-7, 1e-12]),
            removed=(3,),
            learning=Learning(rows, ((28,), (60,)), (1e-7, 1e-12), 1e-2),
        ),
        run.cut(),
        1.0,
    )


def _reach(network: Network, x: np.ndarray) -> tuple[float, float]:
    z = network.hidden(x)
    return float(z.min()), float(z.max())


def test_pages_show_the_curve(at_stage: Callable[[str], Run], open_page: Opener) -> None:
    run = at_stage(STAGES[-1])
    _with_a_curve(run)
    verdict = results.of(run).certificate
    assert not verdict.verified  # sixty knots are not enough, and that is said
    assert results.report(run)["activation"] == "curve"
    for page in ("reconstruct", "compare"):
        app = open_page(page, run)
        assert not app.exception
        said = " ".join(str(each.value) for each in (*app.markdown, *app.subheader))
        assert "The activation that was learnt" in said
