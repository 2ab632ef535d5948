"""Each rule of the certificate by itself, on claims made by hand: what it lets pass, what it says.

The networks are tiny and their losses are claimed, not fitted, so that every side of every rule
can be tried in a second; what the rules make of real fits is in ``test_certificate``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from ec_core.events import SignsFound
from ec_core.networks.jacobian import jacobian_blocks
from ec_core.networks.network import Network
from ec_core.probing.arithmetic import arithmetic_errors
from ec_core.probing.probes import ProbeSet, make_probes
from ec_core.probing.structure import SUSPICIOUS, fresh_limit, structure
from ec_core.reconstruct.reconstruct import Reconstruction
from ec_core.verify import certificate
from ec_core.verify.certificate import Certificate, certify
from ec_core.verify.cures import Cure
from ec_core.verify.error_bars import Bars


def _network(name: str = "tanh") -> Network:
    rng = np.random.default_rng(0)
    return Network(
        name,
        (rng.standard_normal((3, 2)) * 2, rng.standard_normal((1, 3))),
        (0.3 * rng.standard_normal(3), np.zeros(1)),
    )


def _probes(network: Network, count: int = 300, digits: int | None = None) -> ProbeSet:
    x = np.random.default_rng(1).standard_normal((count, 2))
    y = network(x)
    return make_probes(x, y if digits is None else np.round(y, digits))


def _claim(network: Network, probes: ProbeSet, **claims: object) -> Reconstruction:
    facts: dict[str, object] = {
        "network": network,
        "standard": probes.to_standard(network),
        "loss": 1e-30,
        "heldout_loss": 1e-30,
        "steps": (),
        "signs": SignsFound("reconstruct", (), 1e-12, 0.5, True),
        "from_clusters": 0,
        "started": 0,
        "pruned": 0,
        "exact": True,
        "notes": (),
        "history": np.zeros(1),
    }
    return Reconstruction(**facts | claims)  # type: ignore[arg-type]


def _ticket(name: str = "tanh", digits: int | None = None, **claims: object) -> Certificate:
    network = _network(name)
    probes = _probes(network, digits=digits)
    return certify(_claim(network, probes, **claims), probes)


@pytest.fixture
def cliff(monkeypatch: pytest.MonkeyPatch) -> None:
    """A neuron less costs all: no refits in these tests."""
    monkeypatch.setattr(certificate, "loss_with_one_less", lambda *_: 1.0)


@pytest.mark.usefixtures("cliff")
def test_a_claim_at_rounding_is_exact_and_has_every_number() -> None:
    ticket = _ticket()
    assert (ticket.verified, ticket.status, ticket.reasons) == (True, "exact", ())
    assert (ticket.cures, ticket.advice) == ((), ())
    assert (ticket.rank, ticket.expected) == (13, 13)
    assert ticket.condition is not None and 1.0 < ticket.condition < 1e4
    assert (ticket.loss, ticket.heldout_loss) == (1e-30, 1e-30)
    assert ticket.bars is not None and ticket.max_error_bar == ticket.bars.largest


@pytest.mark.usefixtures("cliff")
def test_homogeneous_neurons_have_a_scale_that_nobody_can_tell() -> None:
    ticket = _ticket("relu")
    assert ticket.expected == 10 and ticket.rank == 10 and ticket.verified


@pytest.mark.usefixtures("cliff")
def test_answers_with_few_digits_are_verified_to_these() -> None:
    ticket = _ticket(digits=5, loss=1e-11, heldout_loss=1e-11)
    assert (ticket.verified, ticket.status) == (True, "verified")


def test_what_is_left_names_its_kind_and_its_cures() -> None:
    network = _network()
    probes = _probes(network)
    other = _network("g")  # smooth: another function
    smooth = certify(_claim(other, probes, loss=0.1, heldout_loss=0.1), probes)
    assert "another function" in smooth.reasons[0] and smooth.status == "failed"
    assert smooth.cures[:2] == (Cure.WIDER, Cure.CLASS)
    known = certify(_claim(other, probes, loss=0.1, heldout_loss=0.1, error=1e-6), probes)
    assert "another function" in known.reasons[0] and known.status == "failed"
    noise = 1e-3 * np.random.default_rng(2).standard_normal((300, 1))
    x = np.random.default_rng(1).standard_normal((300, 2))
    errs = make_probes(x, network(x) + noise)
    claim = {"loss": 1e-6, "heldout_loss": 1.9e-6}
    loud = certify(_claim(network, errs, **claim), errs)
    assert "looks like noise of 1e-03" in loud.reasons[0] and loud.status == "failed"
    assert loud.cures[:3] == (Cure.WIDER, Cure.DIGITS, Cure.CLASS)
    # told by learning: then it is an estimate
    told = certify(_claim(network, errs, error=1e-6, **claim), errs)
    assert told.status == "estimate" and told.cures == (Cure.DIGITS,) and not told.verified
    assert told.reasons[0].startswith("The answers err by 1e-03 of their spread")
    # much worse where it did not learn: not noise
    apart = certify(_claim(network, errs, loss=1e-6, heldout_loss=2.1e-6), errs)
    assert "another function" in apart.reasons[0]


@pytest.mark.usefixtures("cliff")
def test_a_loss_that_is_no_number_is_no_loss() -> None:
    assert _ticket(loss=float("nan")).status == "failed"
    assert _ticket(heldout_loss=float("nan")).status == "failed"


@pytest.mark.usefixtures("cliff")
def test_who_only_learnt_the_answers_by_heart_is_told() -> None:
    ticket = _ticket(heldout_loss=1e-6)
    assert "interpolates" in ticket.reasons[0] and ticket.cures == (Cure.QUESTIONS,)


@pytest.mark.usefixtures("cliff")
def test_signs_matter_only_where_flips_leave_something() -> None:
    twice = SignsFound("reconstruct", (), 1e-9, 1e-7, False)
    assert _ticket("tanh", signs=None).verified and _ticket("tanh", signs=twice).verified
    unknown = _ticket("gelu", signs=None)
    assert "signs of 3 neurons cannot be searched" in unknown.reasons[0]
    assert unknown.cures == (Cure.QUESTIONS,)
    several = _ticket("gelu", signs=twice)
    assert several.reasons == ("Several choices of signs explain the answers equally well.",)
    assert several.cures == (Cure.CLASS,)
    # far behind, whatever it is called; or the only one
    assert _ticket("gelu", signs=replace(twice, runner_up=0.1)).verified
    assert _ticket("gelu", signs=replace(twice, unique=True)).verified


@pytest.mark.usefixtures("cliff")
def test_second_best_signs_must_stand_clear_of_the_answers_errors() -> None:
    # five digits err by about 1e-11, squared
    near = SignsFound("reconstruct", (), 1e-9, 3e-5, False)
    claims = {"digits": 5, "loss": 1e-11, "heldout_loss": 1e-11}
    ticket = _ticket("gelu", signs=near, **claims)  # type: ignore[arg-type]
    assert ticket.cures == (Cure.DIGITS,) and ticket.status == "failed"
    far = replace(near, runner_up=1e-2)
    assert _ticket("gelu", signs=far, **claims).verified  # type: ignore[arg-type]


@pytest.mark.parametrize(("bias", "count"), [(0.0, 0), (9.0, 1), (-9.0, 1)])
def test_neurons_whose_kink_no_probe_crosses_are_counted(bias: float, count: int) -> None:
    network = Network("relu", (np.eye(2), np.ones((1, 2))), (np.array([0.1, bias]), np.zeros(1)))
    probes = _probes(network)
    said = [d.reason for d in certificate._one_sided(probes.to_standard(network), probes)]
    assert said == ["The probes stay on one side of the kink of 1 neuron of layer 1."][:count]


def test_a_kink_may_be_near_and_still_never_crossed() -> None:
    rows = np.array([[0.01, 0.0], [0.0, 1.0]])
    for sign in (1.0, -1.0):
        network = Network(
            "relu", (rows, np.ones((1, 2))), (np.array([0.5 * sign, 0.1]), np.ones(1))
        )
        probes = _probes(network)
        said = [d.reason for d in certificate._one_sided(probes.to_standard(network), probes)]
        assert said == ["The probes stay on one side of the kink of 1 neuron of layer 1."]


@pytest.mark.parametrize("unit", [1.0, 1e-3, 1e4])
def test_weights_are_known_to_a_tenth_of_their_neuron(unit: float) -> None:
    """In whatever unit the second input is measured."""
    network = _network()
    network = replace(network, weights=(network.weights[0] / [1.0, unit], network.weights[1]))
    x = np.random.default_rng(1).standard_normal((300, 2)) * [1.0, unit]
    probes = make_probes(x, network(x))

    def said(first: float, last: float, error: float | None = None) -> list[tuple[str, bool]]:
        """The first neuron's bars: so many times the length of what it reads and of its weight."""
        own, bars = network.weights, [np.zeros_like(w) for w in network.weights]
        scaled = np.linalg.norm(own[0][0] * probes.x_scale)
        bars[0][0, 0] = first * scaled / probes.x_scale[0]
        bars[1][0, 0] = last * abs(own[1][0, 0])
        both = Bars(tuple(bars), tuple(np.zeros_like(b) for b in network.biases), np.zeros(1))
        doubts = certificate._undetermined(network, both, replace(probes, error=error))
        return [(doubt.reason, doubt.noise) for doubt in doubts]

    assert said(0.09, 0.09) == []
    reason = "The weights of 1 neuron of hidden layer 1 are not known to a tenth of their size "
    assert said(0.11, 0.0) == said(0.0, 0.11) == [(f"{reason}(error bars).", False)]
    assert said(0.11, 0.0, error=1e-6) == [(f"{reason}(error bars).", True)]


def test_every_layer_s_neurons_are_judged_and_counted() -> None:
    rng = np.random.default_rng(3)
    sizes = [(3, 2), (3, 3), (2, 3)]
    rows = tuple(rng.standard_normal(size) for size in sizes)
    network = Network("tanh", rows, tuple(np.zeros(len(row)) for row in rows))
    x = rng.standard_normal((300, 2)) * [1.0, 50.0]
    probes = make_probes(x, network(x / [1.0, 50.0]))

    def said(**bars: float) -> list[str]:
        """What is said where the bars of a row have this share; ``_0_2``: matrix 0, row 2."""
        spread = [1e-9 * np.abs(row) for row in rows]
        for at, share in bars.items():
            layer, row = map(int, at[1:].split("_"))
            spread[layer][row] = share * np.abs(rows[layer][row])
        zeros = tuple(np.zeros(len(row)) for row in rows)
        doubts = certificate._undetermined(network, Bars(tuple(spread), zeros, np.zeros(2)), probes)
        return [doubt.reason.split(" are not known")[0] for doubt in doubts]

    assert said() == []
    first, second = "The weights of {} of hidden layer 1", "The weights of {} of hidden layer 2"
    assert said(_0_1=0.2) == [first.format("1 neuron")]
    assert said(_0_0=0.2, _0_2=0.2) == [first.format("2 neurons")]
    # what a neuron reads counts for it, and for the one neuron below that mostly speaks to it
    assert said(_1_2=0.12) == [first.format("1 neuron"), second.format("1 neuron")]
    assert said(_2_0=0.5, _2_1=0.5) == [second.format("3 neurons")]


def test_an_input_that_no_answer_tells_of_speaks_for_no_neuron() -> None:
    network = _network()
    probes = _probes(network)
    bars = [np.zeros_like(w) for w in network.weights]
    bars[0][:, 0] = [1e3, np.nan, 1e3]
    both = Bars(tuple(bars), tuple(np.zeros_like(b) for b in network.biases), np.zeros(1))
    assert list(certificate._undetermined(network, both, probes)) == []


def test_what_has_no_kink_cannot_be_on_one_side_of_it() -> None:
    far = np.array([9.0, -9.0, 0.1])
    for name, count in (("tanh", 0), ("relu", 1)):
        network = replace(_network(name), biases=(far, np.zeros(1)))
        probes = _probes(network)
        doubts = certificate._one_sided(probes.to_standard(network), probes)
        said = ["The probes stay on one side of the kink of 2 neurons of layer 1."]
        assert [doubt.reason for doubt in doubts] == said[:count]


def test_answers_that_stand_alone_are_counted() -> None:
    assert list(certificate._untested(0)) == []
    assert [d.reason.split(" some")[0] for d in certificate._untested(1)] == ["1 probe alone tells"]
    assert [d.reason.split(" some")[0] for d in certificate._untested(2)] == ["2 probes alone tell"]


@pytest.mark.parametrize(("less", "passes"), [(1e-25 * 1e4, False), (1.1e-21, True)])
def test_one_neuron_less_must_cost_a_cliff(
    less: float, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificate, "loss_with_one_less", lambda *_: less)
    ticket = _ticket()
    assert ticket.verified is passes
    assert passes or "With one neuron less" in ticket.reasons[0]
    assert passes or (ticket.cures, ticket.status) == ((Cure.DIGITS,), "failed")


def test_refits_are_spared_where_there_is_a_doubt_already(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def cliff(network: Network, *_: object) -> float:
        asked.append(network)
        return 1.0

    monkeypatch.setattr(certificate, "loss_with_one_less", cliff)
    assert not _ticket(heldout_loss=1e-6).verified and not asked
    assert _ticket().verified and len(asked) == 1


@pytest.mark.parametrize(("error", "status"), [(1e-11, "estimate"), (None, "failed")])
def test_a_cliff_that_the_answers_error_hides_leaves_an_estimate(
    error: float | None, status: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificate, "loss_with_one_less", lambda *_: 0.0)
    ticket = _ticket(digits=5, loss=1e-11, heldout_loss=1e-11, error=error)
    assert (ticket.status, ticket.cures) == (status, (Cure.DIGITS,))


def test_answers_that_are_known_to_err_are_imprecise_though_they_have_all_digits() -> None:
    network = _network()
    x = np.random.default_rng(1).standard_normal((300, 2))
    y = network(x) + 1e-6 * np.random.default_rng(2).standard_normal((300, 1))
    probes = make_probes(x, y).measured(1e-12)
    assert certificate._imprecise(probes) and not certificate._imprecise(_probes(network))


def test_refits_are_spared_where_the_rank_speaks_for_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(certificate, "loss_with_one_less", lambda *_: 0.0)
    monkeypatch.setattr(certificate, "LARGEST", 12)  # this network has 13 parameters
    assert _ticket().verified
    assert not _ticket(digits=5, loss=1e-11, heldout_loss=1e-11).verified


@pytest.mark.usefixtures("cliff")
def test_too_few_probes_leave_directions_open() -> None:
    network = _network()
    probes = _probes(network, count=12)
    ticket = certify(_claim(network, probes), probes)
    assert ticket.rank is not None and ticket.rank < ticket.expected == 13
    assert f"only {ticket.rank} of 13 directions" in ticket.reasons[0]
    assert ticket.cures == (Cure.SPREAD,) and ticket.bars is None


FULL, SHORT = np.array([100.0, 1.0, 2e-9]), np.array([100.0, 1.0, 5e-10])
"""Singular values of three directions, of which the third counts or does not."""
ALONE = np.array([[0.5, 0.995], [0.98, 0.1], [1.0, 1.0]])
"""Leverages of three probes' two answers: the first and the third stand alone."""


@pytest.mark.parametrize(
    ("values", "leverages", "ended"),
    [
        # what a part of the probes determines need not be looked at again
        ([FULL, FULL], [0 * ALONE, ALONE], (10, 3, 0)),
        # all are looked at before it is said that something is open, or stands alone
        ([SHORT, FULL], [0 * ALONE, 0 * ALONE], (20, 3, 0)),
        ([SHORT, SHORT], [0 * ALONE, 0 * ALONE], (20, 2, 0)),
        ([FULL, FULL], [ALONE, 0 * ALONE], (20, 3, 0)),
        ([FULL, FULL], [ALONE, ALONE], (20, 3, 2)),
    ],
)
def test_probes_are_looked_at_until_they_tell(
    values: list[np.ndarray],
    leverages: list[np.ndarray],
    ended: tuple[int, int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = _network()
    probes = _probes(network)
    parts = [SimpleNamespace(values=v, rows=10 * (i + 1)) for i, v in enumerate(values)]
    firsts: list[int] = []

    def directions(network: Network, x: np.ndarray, first: int) -> Iterator[SimpleNamespace]:
        firsts.append(first)
        yield from parts

    monkeypatch.setattr(certificate, "directions", directions)
    monkeypatch.setattr(
        certificate, "leverage", lambda net, x, seen, rank: leverages[len(x) // 10 - 1]
    )
    seen, rank, alone = certificate._seen(network, probes, 3)
    assert (seen.rows, rank, alone) == ended
    assert firsts == [1000]


@pytest.mark.parametrize(("hidden", "outputs", "first"), [(1000, 1, 16004), (571, 4, 4001)])
def test_large_networks_are_first_seen_by_a_few_answers_per_weight(
    hidden: int, outputs: int, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both have 4,001 weights and biases; an answer is a number, not a question."""
    rows = (np.ones((hidden, 2)), np.ones((outputs, hidden)))
    network = Network("tanh", rows, (np.zeros(hidden), np.zeros(outputs)))
    asked: list[int] = []

    def directions(network: Network, x: np.ndarray, first: int) -> Iterator[SimpleNamespace]:
        asked.append(first)
        yield SimpleNamespace(values=np.ones(1), rows=1)

    monkeypatch.setattr(certificate, "directions", directions)
    certificate._seen(network, _probes(_network()), 3)
    assert asked == [first]


@pytest.mark.usefixtures("cliff")
def test_a_neuron_without_effect_is_named() -> None:
    network = _network()
    idle = replace(network, weights=(network.weights[0], network.weights[1] * [1.0, 1.0, 0.0]))
    probes = _probes(idle)
    ticket = certify(_claim(idle, probes), probes)
    assert "1 neuron of hidden layer 1 has no effect." in ticket.reasons
    assert Cure.WIDER in ticket.cures


@pytest.mark.usefixtures("cliff")
@pytest.mark.parametrize("rule", ["_one_sided", "_undetermined", "_untested", "_approximation"])
def test_every_rule_is_asked(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    doubt = certificate._Doubt("as asked", Cure.SPREAD)
    monkeypatch.setattr(certificate, rule, lambda *_: iter([doubt]))
    assert _ticket().reasons == ("as asked",)


@pytest.mark.usefixtures("cliff")
def test_of_a_large_network_that_is_another_neither_rank_nor_refits_are_worked_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(certificate, "LARGEST", 12)  # this network has 13 parameters
    right = _ticket()
    assert right.rank == 13
    other = _ticket(loss=0.1, heldout_loss=0.1)
    assert (other.rank, other.condition, other.bars) == (None, None, None)
    assert other.max_error_bar is None
    monkeypatch.setattr(certificate, "LARGEST", 13)
    assert _ticket(loss=0.1, heldout_loss=0.1).rank == 13
    # where it is another function, nobody asks for signs that were not found
    flipped = _ticket("gelu", loss=0.1, heldout_loss=0.1, signs=None)
    assert not any("signs" in reason for reason in flipped.reasons)
    # those that were found are judged, and so are missing ones of what only learnt by heart
    twice = SignsFound("reconstruct", (), 1e-9, 1e-7, False)
    judged = _ticket("gelu", loss=0.1, heldout_loss=0.1, signs=twice)
    assert any("choices of signs" in reason for reason in judged.reasons)
    learnt = _ticket("gelu", heldout_loss=1e-6, signs=None)
    assert any("cannot be searched" in reason for reason in learnt.reasons)


@pytest.mark.usefixtures("cliff")
def test_the_condition_is_that_of_the_scaled_jacobian() -> None:
    network = _network()
    probes = _probes(network)
    standard = probes.to_standard(network)
    blocks = [np.asarray(block) for block in jacobian_blocks(standard, probes.inputs)]
    rows = np.concatenate([block.reshape(-1, standard.parameter_count) for block in blocks])
    values = np.linalg.svd(rows / np.linalg.norm(rows, axis=0), compute_uv=False)
    ticket = certify(_claim(network, probes), probes)
    assert ticket.condition == pytest.approx(values[0] / values[-1])


def _left(network: Network, probes: ProbeSet) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Questions, what is left of all answers, and weight rows, each in standard coordinates."""
    x = np.concatenate([probes.x, probes.x_heldout])
    y = np.concatenate([probes.y, probes.y_heldout])
    rows = network.weights[0] * probes.x_scale
    return (x - probes.x_mean) / probes.x_scale, (network(x) - y) / probes.y_scale, rows


def _wide() -> Network:
    """Of so many inputs that structure is looked for in the plane of its neurons' weights."""
    rng = np.random.default_rng(4)
    rows = (rng.standard_normal((2, 6)) * [3.0, 1.0, 0.1, 2.0, 0.5, 1.0], np.array([[1.0, -2.0]]))
    return Network("tanh", rows, (np.array([0.1, -0.2]), np.zeros(1)))


@pytest.mark.parametrize("network", [_network(), _wide()], ids=["2 inputs", "6 inputs"])
def test_structure_is_looked_for_in_all_answers_held_out_ones_too(network: Network) -> None:
    inputs = network.sizes[0]
    x = np.random.default_rng(1).standard_normal((300, inputs)) * 0.4 + np.arange(inputs) / 10
    noise = 1e-3 * np.random.default_rng(2).standard_normal((300, 1))
    plain = make_probes(x, network(x) + noise)
    bent = replace(plain, y_heldout=plain.y_heldout + 0.1 * np.sin(plain.x_heldout[:, :1]))
    found = []
    for probes in (plain, bent):
        found.append(certificate._structure(probes.to_standard(network), probes))
        assert found[-1] == pytest.approx(structure(*_left(network, probes)), rel=1e-6)
    assert found[0] < 2.0 < 2.5 < found[1]


@pytest.mark.parametrize("network", [_network(), _wide()], ids=["2 inputs", "6 inputs"])
def test_structure_that_the_networks_own_rounding_makes_is_none_of_the_answers(
    network: Network,
) -> None:
    x = np.random.default_rng(1).standard_normal((300, network.sizes[0]))
    half = make_probes(x, network(x).astype(np.float16))
    (error, *others) = arithmetic_errors(network, half.x, half.looks)
    rows = network.weights[0] * half.x_scale
    each = [structure(half.inputs, e / half.y_scale, rows) for e in (error, *others)]
    assert certificate._structure_of_arithmetic(network, half) == pytest.approx(max(each))
    exact = make_probes(x, network(x))
    assert certificate._structure_of_arithmetic(network, exact) == 0.0


@pytest.mark.usefixtures("cliff")
@pytest.mark.parametrize(("above", "own", "passes"), [(1, 0, False), (1, 2, True), (-1, 0, True)])
def test_answers_missed_in_one_direction_are_another_function_s(
    above: float, own: float, passes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    alike = SUSPICIOUS + above
    monkeypatch.setattr(certificate, "_structure", lambda *_: alike)
    monkeypatch.setattr(certificate, "_structure_of_arithmetic", lambda *_: own)
    assert _ticket().verified  # exact answers are judged by their loss
    ticket = _ticket(digits=5, loss=1e-11, heldout_loss=1e-11)
    assert ticket.verified is passes
    assert passes or ticket.cures == (Cure.CLASS,)
    assert passes or f"({alike:.0f} standard deviations)" in ticket.reasons[0]


@pytest.mark.usefixtures("cliff")
@pytest.mark.parametrize(("share", "passes"), [(0.99, True), (1.01, False)])
def test_fresh_answers_may_err_as_much_as_those_learnt_from_show(
    share: float, passes: bool
) -> None:
    network = _network()
    probes = _probes(network, digits=5)
    learnt = probes.to_standard(network)(probes.inputs) - probes.answers
    limit = fresh_limit(learnt, 13, len(probes.x_heldout), probes.precision)
    claim = _claim(network, probes, loss=1e-11, heldout_loss=share * limit)
    ticket = certify(claim, probes)
    assert ticket.verified is passes
    assert passes or "interpolates" in ticket.reasons[0]


def test_an_estimate_has_no_fault_but_the_answers_error() -> None:
    network = _network()
    probes = _probes(network)
    told, silent = (_claim(network, probes, error=error) for error in (1e-6, None))
    noise = certificate._Doubt("noise", Cure.DIGITS, noise=True)
    fault = certificate._Doubt("fault", Cure.WIDER)
    assert certificate._status(told, [noise, noise], probes) == "estimate"
    assert certificate._status(told, [noise, fault], probes) == "failed"
    assert certificate._status(silent, [noise], probes) == "failed"
