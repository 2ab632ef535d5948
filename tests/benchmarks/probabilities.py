"""Is the network before a softmax, a sigmoid or a tanh read off what comes after it?

    python tests/benchmarks/probabilities.py [--only TEXT …] [--untold]

scikit-learn's classifiers on its own data sets answer with predict_proba, alone: Gaussian questions
around the standardised data. Then synthetic teachers with an output on top, in float64, float32 and
rounded. Depth and activation are told unless --untold. A row says what the answers were taken for,
how many questions were left out, how the run ended, the size found, and the largest weight error up
to symmetry and, after a softmax, up to one function added to all logits. Exit code 0 only if every
float64 row is exact to 1e-8 and no row is verified with another size than the teacher's.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import ec_core as ec

EXACT = 1e-8

DATA = {"iris": 6, "wine": 8, "breast_cancer": 6, "digits": 16}
"""scikit-learn's data sets, and the hidden neurons of the classifiers."""

STATES = {"iris": 2}
"""Of the classifier's random start, 0 for the others. With 0 a relu neuron of iris fires at 2 of
4,000 Gaussian questions, and neither its logits nor its probabilities tell its weights."""

Head = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Case:
    """Somebody who answers, the network before what comes last, and how exact the answers are."""

    name: str
    answer: Head
    teacher: ec.Network
    questions: int
    exact: bool
    output: str = "auto"


def classifier(data: str, activation: str, count: int, state: int, exact: bool = True) -> Case:
    """A classifier of scikit-learn; two classes have one logit there, and two logits here."""
    from sklearn import datasets
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    found = getattr(datasets, f"load_{data}")()
    made = MLPClassifier(
        (DATA[data],), activation, solver="lbfgs", alpha=1e-2, max_iter=3000, random_state=state
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.fit(StandardScaler().fit_transform(found.data), found.target)
    weights, biases = [w.T for w in made.coefs_], list(made.intercepts_)
    if len(weights[-1]) == 1:
        weights[-1] = np.vstack([-weights[-1], weights[-1]]) / 2
        biases[-1] = np.concatenate([-biases[-1], biases[-1]]) / 2
    name = {"logistic": "sigmoid"}.get(activation, activation)
    network = ec.Network(name, tuple(np.ascontiguousarray(w) for w in weights), tuple(biases))
    named = f"{data} {activation}" if exact else f"{data} {activation}, a neuron hardly seen"
    return Case(named, made.predict_proba, network, count, exact)


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def sigmoid(z: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-z)))


def single(head: Head) -> Head:
    """The last step alone in float32: what a file of float32 numbers holds."""
    return lambda z: head(z.astype(np.float32)).astype(np.float32).astype(np.float64)


def rounded(head: Head, decimals: int, times: float = 1.0) -> Head:
    return lambda z: np.round(times * head(z), decimals)


HEADS: dict[str, tuple[Head, int, bool]] = {
    "softmax": (softmax, 3, True),
    "log-softmax": (lambda z: np.log(softmax(z)), 3, True),
    "sigmoid": (sigmoid, 1, True),
    "several sigmoids": (sigmoid, 2, True),
    "tanh": (np.tanh, 1, True),
    "softmax, float32": (single(softmax), 3, False),
    "sigmoid, float32": (single(sigmoid), 2, False),
    "softmax, 6 decimals": (rounded(softmax, 6), 3, False),
    "softmax, 4 decimals": (rounded(softmax, 4), 3, False),
    "percent, 2 decimals": (rounded(softmax, 2, 100.0), 3, False),
    "sigmoid, 4 decimals": (rounded(sigmoid, 4), 1, False),
}
"""What comes last, how many outputs, and whether answers are full float64."""


def synthetic(name: str) -> Case:
    """A 4-5-K tanh teacher of the synthetic family with something on top."""
    head, outputs, exact = HEADS[name]
    network = ec.make_teacher("synthetic", sizes=(4, 5, outputs), activation="tanh").network
    return Case(name, lambda x: head(network(x)), network, 4000, exact)


def cases() -> Iterator[Case]:
    for data in DATA:
        for activation in ("tanh", "logistic", "relu"):
            count = 12_000 if data == "digits" else 4000
            yield classifier(data, activation, count, STATES.get(data, 0))
    yield classifier("iris", "relu", 4000, 0, exact=False)
    for name in HEADS:
        yield synthetic(name)


def row(case: Case, untold: bool) -> bool:
    """Print one line; is it as it must be?"""
    x = np.random.default_rng(0).standard_normal((case.questions, case.teacher.sizes[0]))
    probes = ec.make_probes(x, case.answer(x))
    told = {} if untold else {"activation": case.teacher.activation, "hidden_layers": 1}
    result = ec.recover(probes, **told)  # type: ignore[arg-type]
    report, used = result.report, result.probes
    found = ec.match(case.teacher, result.network, within=used)
    error = found.max_weight_error_identified
    size = "-".join(map(str, result.network.sizes))
    print(
        f"| {case.name} | {'-'.join(map(str, case.teacher.sizes))} | {report['output']} "
        f"| {used.left_out} of {case.questions} | {report['status']} | {size} "
        f"| {report['precision']:.0e} | {'other size' if error is None else f'{error:.0e}'} "
        f"| {found.function_error:.0e} |",
        flush=True,
    )
    right = result.network.sizes == case.teacher.sizes
    if case.exact:
        return report["status"] == "exact" and error is not None and error <= EXACT
    return right or not report["verified"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", nargs="+", default=[""], help="rows whose name holds one of these"
    )
    parser.add_argument("--untold", action="store_true")
    options = parser.parse_args()
    print(
        "| answers of | teacher | taken for | left out | status | found | answers' error "
        "| largest weight error | function |\n|" + " --- |" * 9
    )
    wanted = [case for case in cases() if any(text in case.name for text in options.only)]
    good = [row(case, options.untold) for case in wanted]
    print(f"{sum(good)} of {len(good)} as they must be")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
