"""A true network that somebody brings to a run of answers afterwards, to hold the result against.

It is kept with the run, apart from what the run was asked of: no recovery reads it, now or when the
run is worked on again (a test holds that the arrays are the same), and no script needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from ec_core.errors import InputError
from ec_core.networks.asked import AskedModel
from ec_core.networks.chain import Naming
from ec_core.networks.network import Network
from ec_core.networks.reading import NetworkFile, open_model
from ec_core.networks.tensors import LAYOUTS
from ec_core.runs.loading import opened, store
from ec_core.runs.run import Run
from ec_core.verify.match import MatchReport, match

PART = "truth"


@dataclass(frozen=True)
class Truth:
    """network : as its file says; name : the file's; namings : how its layers are called there"""

    network: Network
    name: str
    namings: tuple[Naming, ...] = ()


def attach(run: Run, data: bytes, name: str) -> Truth:
    """Bring a network file to a run that has none.

    What a file of weights leaves open, its activation and of square matrices the layout, is taken
    as it fits the recovered network better. Raises InputError for a file that holds no such
    network, and NotYoursError; nothing is kept then.
    """
    if run.has_teacher:
        raise InputError(
            "This run has its teacher, which its network is compared with; a truth is brought to "
            "a run of questions and answers."
        )
    if not run.has("recovered"):
        raise InputError("There is no recovered network yet to hold a truth against; build one.")
    before = attached(run)
    if before is not None:
        raise InputError(
            f"Somebody has brought {before.name} to this run meanwhile; look at that first, and "
            "take it away to bring another one."
        )
    model = open_model(data, name)
    if isinstance(model, AskedModel):
        raise InputError(
            f"{name} is a model whose weights cannot be read; expected a file of a plain network."
        )
    found = run.reconstruction().network
    truth = min(_ways(model, found), key=lambda one: _error(run, one.network))
    run.stored.save_network(PART, truth.network)
    # last: whoever finds it finds both
    facts = {"name": name, "namings": [asdict(naming) for naming in truth.namings]}
    run.stored.save_json(PART, facts)
    return truth


def _ways(file: NetworkFile, found: Network) -> Iterator[Truth]:
    """The networks that a file may mean."""
    ends = found.sizes[0], found.sizes[-1]
    activation = found.activation if "," not in found.activation else None
    for layout in file.layouts or (LAYOUTS[0],):
        network = file.network(fallback=activation, layout=layout)
        if (network.sizes[0], network.sizes[-1]) != ends:
            raise InputError(
                f"{file.name} has {network.sizes[0]} inputs and {network.sizes[-1]} outputs; the "
                f"answers of this run have {ends[0]} and {ends[1]}."
            )
        yield Truth(network, file.name, file.names(layout))


def _error(run: Run, network: Network) -> float:
    compared = match(network, run.reconstruction().network, within=run.probes())
    errors = (compared.max_weight_error, compared.function_error)
    return next((error for error in errors if error is not None), float("inf"))


def attached(run: Run) -> Truth | None:
    """The network brought to a run; None where none was."""
    if run.has_teacher or not run.stored.has(PART):
        return None
    return _attached(store().root, run.id, run.stamp(PART))


@lru_cache(maxsize=16)
def _attached(root: Path, run_id: str, stamp: int) -> Truth:
    stored = opened(root, run_id)
    facts = stored.load_json(PART)
    try:
        namings = tuple(Naming(**naming) for naming in facts["namings"])
        return Truth(stored.load_network(PART), str(facts["name"]), namings)
    except (KeyError, TypeError):
        raise stored.damaged(f"{PART}.json") from None


def take_away(run: Run) -> None:
    """As if it had never been brought. Raises NotYoursError."""
    run.stored.forget(PART)


def compared(run: Run) -> MatchReport | None:
    """How far the recovered network is from the one brought; None where none was."""
    truth = attached(run)
    if truth is None:
        return None
    return match(truth.network, run.reconstruction().network, within=run.probes())
