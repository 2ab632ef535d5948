"""How far each recovered weight may be from the teacher's: one standard deviation, per weight.

Answers y = f(x; theta) + e with independent errors e of variance noise² give, at the least-squares
solution and to first order (Seber & Wild, Nonlinear Regression, 1989, section 2.1),

    theta_found - theta = (J'J)^-1 J' e,   covariance (J'J)^-1 (J' noise² J) (J'J)^-1.

J comes from the standardised coordinates, where it is well scaled; the covariance is carried into
the coordinates of the file by the linear map that undoes the standardisation. Where answers err by
more than float64 rounding, the residuals themselves stand for the errors, question by question, and
errors of short arithmetic, which are not independent, are made again with the network found.
Axes: N probes, D inputs, H hidden, K outputs, P parameters, in the order of ``jacobian``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ec_core.networks.activations import activation
from ec_core.networks.jacobian import (
    column_norms,
    jacobian_blocks,
    scores,
    triangular_factor,
    vjp,
)
from ec_core.networks.network import Network
from ec_core.probing.arithmetic import arithmetic_errors
from ec_core.probing.probes import ROUNDING_FLOOR, ProbeSet

_MADE = 8
"""How often the errors of short arithmetic are made again."""

EPS = float(np.finfo(np.float64).eps)

_MORE = 4
"""Times as many probes are looked at where those before did not tell."""


@dataclass(frozen=True)
class Bars:
    """One standard deviation for every weight and bias, shaped as in the recovered network.

    Conventions: infinite for weights of inputs that never varied (biases of the first layer as
    if these weights were zero); where inputs follow from others, those of the network of least
    norm among all that answer alike, which is what is recovered; for relu and leaky_relu each
    neuron's norm |(w, b)| is held fixed, since the answers do not tell it, and its uncertainty is
    part of the outgoing weights'.
    noise (K,) : standard deviation of the errors of the answers, in their own units
    """

    weights: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    noise: np.ndarray

    @property
    def largest(self) -> float:
        """Of all weights that the probes can tell."""
        arrays = (*self.weights, *self.biases)
        return max(float(np.max(a, where=np.isfinite(a), initial=0.0)) for a in arrays)


@dataclass(frozen=True)
class Directions:
    """The singular value decomposition of J with columns scaled to norm one, from some probes.

    values (P,) largest first; vectors (P, P) right singular vectors as columns; norms (P,) of the
    columns of J; rows : probes used.
    """

    values: np.ndarray
    vectors: np.ndarray
    norms: np.ndarray
    rows: int

    def root(self, rank: int) -> np.ndarray:
        """F (P, rank) with F F' = (J'J)^+."""
        scaled = self.vectors[:, :rank] / self.values[:rank]
        return np.asarray(scaled / self.norms[:, None])


def directions(network: Network, x: np.ndarray, first: int) -> Iterator[Directions]:
    """What probes x (N, D) say about each direction of a network's weights.

    From the first few of them, then, if the caller wants more, from four times as many, to the last
    of all: a few answers per weight mostly say as much as all, in a fraction of the time.
    """
    rows, factor = 0, None
    while rows < len(x):
        more = min(max(first, _MORE * rows), len(x))
        factor = triangular_factor(network, x[rows:more], before=factor)
        rows, norms = more, column_norms(factor)
        _, values, right = np.linalg.svd(factor / norms)
        yield Directions(values, right.T, norms, rows)


def leverage(network: Network, x: np.ndarray, known: Directions, rank: int) -> np.ndarray:
    """How much of each answer the fit owes to that answer itself: (N, K), 0 to 1, for x (N, D).

    The diagonal of J (J'J)^-1 J' (Hoaglin & Welsch 1978). At 1 the answer was fitted by weights
    that no other answer tells: it agrees whatever it is, and proves nothing.
    """
    root = known.root(rank)
    rows = [np.sum((block @ root) ** 2, axis=1) for block in jacobian_blocks(network, x)]
    return np.concatenate(rows).reshape(len(x), -1)


def noise_level(standard: Network, network: Network, probes: ProbeSet) -> np.ndarray:
    """(K,) standard deviation of the errors of standardised answers.

    The larger of what the residuals show (with P parameters fitted, N·K - P of them are left to
    tell) and of three kinds of rounding: that of the answers given, of float64, and of computing
    the same answers in the two coordinate systems.
    """
    answers = standard(probes.inputs)
    residual = answers - probes.answers
    taken = standard.parameter_count / standard.sizes[-1]
    shown = (residual**2).sum(axis=0) / max(len(residual) - taken, 1.0)
    stored = np.mean((EPS * probes.y / probes.y_scale) ** 2, axis=0)
    rounding = np.maximum(stored, EPS**2)
    if probes.rounding <= ROUNDING_FLOOR:
        # of inputs far from zero that is what mapping back costs, and ``_shaped`` adds
        twice = probes.standard_answers(network(probes.x)) - answers
        rounding = np.maximum(rounding, np.mean(twice**2, axis=0))
    return np.asarray(np.sqrt(np.maximum(shown, np.maximum(rounding, probes.precision))))


def error_bars(
    standard: Network, network: Network, probes: ProbeSet, known: Directions, rank: int
) -> Bars:
    """Error bars of a recovered network, given as ``standard`` and in the file's coordinates.

    rank : of J modulo symmetries; must be full, or some weights have no bars at all
    What one more Gauss-Newton step would change is added: a fit that was ended early is off by it.
    """
    x, noise = probes.inputs, noise_level(standard, network, probes)
    root, share = known.root(rank), known.rows / len(x)
    residual = standard(x) - probes.answers
    made: list[np.ndarray] = []
    if probes.precision > ROUNDING_FLOOR or probes.error is not None:
        factor, computed = _scattered(standard, probes, residual, root)
        spread = share * root @ factor.T
        if computed > 0.0:
            errors = arithmetic_errors(network, probes.x, probes.looks, _MADE, probes.output)
            made = [error / probes.y_scale for error in errors]
    else:
        weighted = triangular_factor(standard, x[: known.rows], noise)
        # spread spread' = covariance from ``rows`` probes
        spread = np.sqrt(share) * root @ (weighted @ root).T
    moves = share * (root @ (root.T @ vjp(standard, x, [residual, *made])))
    if made:
        # so few tell their mean square only roughly (Student's t)
        moves[:, 1:] *= np.sqrt(computed / (len(made) - 2))
    columns = np.concatenate([spread, moves], axis=1)
    columns = _to_original(columns, standard, probes)
    if activation(standard.activation).homogeneous:
        columns = _norms_fixed(columns, network, probes.identified)
    return _shaped(np.linalg.norm(columns, axis=1), network, probes, noise)


def _scattered(
    standard: Network, probes: ProbeSet, residual: np.ndarray, root: np.ndarray
) -> tuple[np.ndarray, float]:
    """R (r, r) with R'R = F' (sum_i J_i'e_i e_i'J_i) F: how errors move the weights that differ
    from question to question, and go together in the answers to one (White 1980, by question);
    and the share of the errors that the digits of the answers do not explain.

    residual (N, K) stands for the errors; root (P, r) : F
    """
    pulls = scores(standard, probes.inputs, residual, root)
    left = max(float(np.mean(residual**2)), 1e-300)
    parameters = min(standard.parameter_count / residual.size, 0.5)
    # fewer errors left than there must have been: the fit has taken them up
    lifted = max(1.0, probes.precision / left) / (1.0 - parameters)
    computed = 1.0 - min(probes.precision / left, 1.0)
    return np.asarray(np.linalg.qr(pulls, mode="r") * np.sqrt(lifted)), computed


def _blocks(network: Network, inputs: int) -> list[tuple[int, int]]:
    """(out, in + 1) per layer, the first with so many inputs."""
    sizes = (inputs, *network.sizes[1:])
    return [(sizes[i + 1], sizes[i] + 1) for i in range(len(network.weights))]


def _to_original(columns: np.ndarray, standard: Network, probes: ProbeSet) -> np.ndarray:
    """Changes of the parameters (P, m), from standardised to the file's coordinates.

    The linear part of ``ProbeSet.to_original``, constant inputs left out.
    """
    mean, scale = probes.x_mean[probes.identified], probes.x_scale[probes.identified]
    shapes = _blocks(standard, len(mean))
    columns = _on_all_inputs(columns, standard, probes)
    first = columns[: shapes[0][0] * shapes[0][1]].reshape(*shapes[0], -1)
    first[:, :-1] /= scale[:, None]
    first[:, -1] -= np.einsum("hdm,d->hm", first[:, :-1], mean)
    last = columns[-shapes[-1][0] * shapes[-1][1] :].reshape(*shapes[-1], -1)
    last *= probes.y_scale[:, None, None]
    return columns


def _on_all_inputs(columns: np.ndarray, standard: Network, probes: ProbeSet) -> np.ndarray:
    """Changes (P, m) with those of the first layer's weights on every varying input: a copy.

    The network of least norm is a linear function of the students' coordinates.
    """
    if probes.subspace is None:
        return columns.copy()
    out, width = _blocks(standard, standard.sizes[0])[0]
    first = columns[: out * width].reshape(out, width, -1)
    spread = probes.subspace.least_norm(np.eye(width - 1))
    weights = np.einsum("hrm,rv->hvm", first[:, :-1], spread)
    whole = np.concatenate([weights, first[:, -1:]], axis=1).reshape(-1, columns.shape[1])
    return np.concatenate([whole, columns[out * width :]])


def _norms_fixed(columns: np.ndarray, network: Network, identified: np.ndarray) -> np.ndarray:
    """Changes (P, m) moved along the scaling symmetries until no neuron's |(w, b)| changes.

    Scaling neuron j by 1 + t changes the parameters by t·T_j: its (w, b) grows, its outgoing
    weights shrink. With N_j the unit vector along (w, b): c - T (N'T)^-1 N'c.
    """
    degree = activation(network.activation).degree
    weights = [network.weights[0][:, identified], *network.weights[1:]]
    shapes = _blocks(network, int(identified.sum()))
    starts = np.cumsum([0, *(out * width for out, width in shapes)])
    along, normal = [], []
    for layer in range(len(weights) - 1):
        for j in range(shapes[layer][0]):
            t, n = np.zeros(len(columns)), np.zeros(len(columns))
            vector = np.append(weights[layer][j], network.biases[layer][j])
            place = starts[layer] + j * shapes[layer][1]
            t[place : place + len(vector)] = vector
            n[place : place + len(vector)] = vector / max(np.linalg.norm(vector), 1e-300)
            outgoing = t[starts[layer + 1] : starts[layer + 2]].reshape(shapes[layer + 1])
            outgoing[:, j] = -degree * weights[layer + 1][:, j]
            along.append(t)
            normal.append(n)
    T, N = np.array(along).T, np.array(normal)
    return np.asarray(columns - T @ np.linalg.solve(N @ T, N @ columns))


def _shaped(flat: np.ndarray, network: Network, probes: ProbeSet, noise: np.ndarray) -> Bars:
    """Bars (P,) as arrays like the network's, with the rounding of the stored numbers added."""
    weights, biases, at = [], [], 0
    for layer, (out, width) in enumerate(_blocks(network, int(probes.identified.sum()))):
        block = flat[at : at + out * width].reshape(out, width)
        at += out * width
        w, b = network.weights[layer], network.biases[layer]
        weight, bias = np.full(w.shape, np.inf), block[:, -1] + EPS * np.abs(b)
        identified = probes.identified if layer == 0 else np.ones(w.shape[1], dtype=bool)
        weight[:, identified] = block[:, :-1] + EPS * np.abs(w[:, identified])
        if layer == 0:
            # the bias is a difference of numbers of this size
            bias = bias + EPS * (np.abs(w) @ np.abs(probes.x_mean))
        weights.append(weight)
        biases.append(bias)
    return Bars(tuple(weights), tuple(biases), noise * probes.y_scale)
