"""``.weights.h5``: for ``load_weights`` of a Sequential of Dense layers of the same sizes."""

from __future__ import annotations

from ec_core.networks.network import Network
from ec_core.networks.writers.keras_model import weights


def write(network: Network) -> bytes:
    """The bytes of ``model.save_weights``. Raises MissingExtraError without h5py."""
    return weights(network)
