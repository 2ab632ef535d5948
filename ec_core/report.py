"""The report of a run: what was found and how sure that is, as plain data ready for JSON."""

from __future__ import annotations

import numpy as np

from ec_core.cluster.cut import Clusters
from ec_core.devices import resolve_device
from ec_core.expand.enough import asked
from ec_core.expand.students import StudentEnsemble
from ec_core.networks.activations import family_of, parameters
from ec_core.networks.equal_writings import equal_writings
from ec_core.probing.probes import ProbeSet
from ec_core.provenance import made_with
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.verify.certificate import Certificate
from ec_core.verify.coordinates import unit_notes
from ec_core.verify.cures import Cure
from ec_core.verify.evidence import evidence
from ec_core.verify.support import support


def make_report(
    probes: ProbeSet,
    ensemble: StudentEnsemble,
    clusters: Clusters,
    reconstruction: Reconstruction,
    certificate: Certificate,
    seconds: float,
    device: str,
) -> dict[str, object]:
    """The report of the contract, as plain data ready for JSON."""
    return {
        "verified": certificate.verified,
        "status": certificate.status,
        **_precision(reconstruction, probes, certificate),
        "reasons": list(certificate.reasons),
        "advice": list(certificate.advice),
        "loss": reconstruction.loss,
        "heldout_loss": reconstruction.heldout_loss,
        "sizes": list(reconstruction.network.sizes),
        "inputs": list(probes.columns.inputs),
        "outputs": list(probes.columns.outputs),
        "output": probes.output.kind,
        "activation": family_of(reconstruction.network.activation),
        "parameters": parameters(reconstruction.network.activation),
        "hidden_layers": len(reconstruction.network.sizes) - 2,
        "equal_writings": list(equal_writings(reconstruction.network.activation).values()),
        "candidates": [],
        "students": {
            "count": ensemble.students,
            "converged": int(ensemble.converged().sum()),
            "width": ensemble.shape.sizes[1],
        },
        "seconds": seconds,
        "device": str(resolve_device(device)),
        "questions": asked(probes),
        "unidentified_inputs": list(probes.unidentified_inputs),
        "free_directions": list(probes.free_directions),
        "remarks": list(probes.remarks),
        "layers": _layers(clusters, reconstruction),
        "rank": certificate.rank,
        "expected_rank": certificate.expected,
        "condition": certificate.condition,
        "max_error_bar": certificate.max_error_bar,
        "notes": [
            *reconstruction.notes,
            *unit_notes(reconstruction.network, probes, certificate.bars),
        ],
        "made": made_with(device, ensemble.seed),
    }


def _precision(
    reconstruction: Reconstruction, probes: ProbeSet, certificate: Certificate
) -> dict[str, object]:
    """How exact the answers are, and how that is known.

    precision : root mean square error of an answer, as a share of the answers' spread;
    precision_outputs : the same for every output; precision_evidence : sentences;
    size_confidence : see ``Reconstruction``
    """
    residual = reconstruction.standard(probes.inputs) - probes.answers
    left = 1.0 - min(reconstruction.standard.parameter_count / residual.size, 0.5)
    measured = probes.measured(reconstruction.error)
    return {
        "precision": float(np.sqrt(probes.precision if measured.error is None else measured.error)),
        "precision_outputs": [float(v) for v in np.sqrt(np.mean(residual**2, axis=0) / left)],
        "precision_evidence": list(evidence(reconstruction, probes)),
        # odds of a size are not told of a network with neurons that nothing determines
        "size_confidence": None
        if Cure.QUESTIONS in certificate.cures
        else reconstruction.confidence,
    }


def _layers(clusters: Clusters, reconstruction: Reconstruction) -> list[dict[str, object]]:
    """One entry per hidden layer; what was not clustered has no height, clusters and support."""
    entries: list[dict[str, object]] = []
    for layer, removed in enumerate(reconstruction.removed):
        if reconstruction.layers:
            own = (
                reconstruction.layers[layer].clusters
                if layer < len(reconstruction.layers)
                else None
            )
        else:
            own = clusters if layer == 0 else None
        entries.append(
            {
                "gamma": clusters.cut.gamma,
                "beta": clusters.cut.beta,
                "height": None if own is None else own.cut.height,
                "clusters": None if own is None else len(own.kept),
                "support": None
                if own is None or layer
                else list(support(reconstruction.standard, own)),
                "pruned": removed,
            }
        )
    return entries
