"""Expand-and-Cluster: can a neural network's weights be read off from its answers alone?

Martinelli, Simsek, Gerstner, Brea, "Expand-and-Cluster: Parameter Recovery of Neural Networks",
ICML 2024 (arXiv 2304.12794).

>>> import ec_core as ec
>>> teacher = ec.Teacher(ec.make_teacher("xor").network)
>>> result = ec.recover(ec.probe(teacher, count=300, seed=1), activation="tanh", students=4)
>>> result.report["verified"], result.network.sizes
(True, (2, 2, 1))
"""

import os

# Torch's OpenMP threads wait for each other by spinning, and where anything else wants the same
# cores that takes them away from the one that works: measured on two busy cores, ten to twenty
# times slower. Read when torch is loaded, so it has to be set before; a setting of one's own stays.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from ec_core.chain import RecoverConfig, Recovery
from ec_core.control import Control
from ec_core.errors import ECError, InputError, JobError
from ec_core.networks.activations import ACTIVATIONS
from ec_core.networks.files import load_network
from ec_core.networks.network import Network
from ec_core.networks.objects import from_keras, from_onnx, from_sklearn, from_torch
from ec_core.networks.writers import save_network
from ec_core.probing import (
    PRESETS,
    Asker,
    ProbeSet,
    Teacher,
    load_answers,
    load_dataset,
    make_probes,
    make_teacher,
    probe,
    save_answers,
)
from ec_core.probing.remote import from_address
from ec_core.recover import recover
from ec_core.verify.match import MatchReport, match

__all__ = [
    "ACTIVATIONS",
    "PRESETS",
    "Asker",
    "Control",
    "ECError",
    "InputError",
    "JobError",
    "MatchReport",
    "Network",
    "ProbeSet",
    "RecoverConfig",
    "Recovery",
    "Teacher",
    "from_address",
    "from_keras",
    "from_onnx",
    "from_sklearn",
    "from_torch",
    "load_answers",
    "load_dataset",
    "load_network",
    "make_probes",
    "make_teacher",
    "match",
    "probe",
    "recover",
    "save_answers",
    "save_network",
]
