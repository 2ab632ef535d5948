"""What is known about a run's result: the certificate, the match, and the report."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ec_core.verify.certificate import Certificate, certify
from ec_core.verify.match import MatchReport, match
from pages.ui.runs import Run


@dataclass(frozen=True)
class Results:
    """Certificate always; match only where the teacher is known."""

    certificate: Certificate
    match: MatchReport | None

    @property
    def weight_error(self) -> float | None:
        return None if self.match is None else self.match.max_weight_error


@lru_cache(maxsize=64)
def _of(run_id: str, stamp: str, root: str) -> Results:
    run = Run(run_id)
    probes, result = run.probes(), run.reconstruction()
    teacher = run.source().network
    return Results(
        certify(result, probes),
        None if teacher is None else match(teacher, result.network, probes.unidentified_inputs),
    )


def of(run: Run) -> Results:
    """Computed once per result; the match is made here, the method itself never sees a teacher."""
    return _of(run.id, run.stamp("recovered"), run.root)


def report(run: Run) -> dict[str, Any]:
    """The report of the contract (design.md), as the command line writes it."""
    results, result, settings = of(run), run.reconstruction(), run.settings()
    ensemble, cut = run.ensemble(), run.cut()
    found: dict[str, Any] = {
        "verified": results.certificate.verified,
        "reasons": list(results.certificate.reasons),
        "advice": list(results.certificate.advice),
        "loss": result.loss,
        "heldout_loss": result.heldout_loss,
        "sizes": list(result.network.sizes),
        "students": {
            "count": ensemble.students,
            "converged": int(ensemble.converged().sum()),
        },
        "seconds": ensemble.seconds + run.build_seconds,
        "device": settings.device,
        "unidentified_inputs": list(run.probes().unidentified_inputs),
        "layers": [
            {
                "height": cut.height,
                "gamma": cut.gamma,
                "beta": cut.beta,
                "clusters": result.from_clusters,
                "pruned": result.pruned,
            }
        ],
    }
    if results.match is not None:
        found["match"] = results.match.as_json()
    return found
