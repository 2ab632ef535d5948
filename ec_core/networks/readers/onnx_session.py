"""A model that is no chain, asked through onnxruntime, which computes in float32 as a rule."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

import numpy as np

from ec_core.errors import InputError
from ec_core.extras import need
from ec_core.networks.asked import AskedModel

BATCH = 4096
"""Rows asked at once: what one of them needs inside is not known before."""

TRIED_ROWS = 3
"""Rows asked to find out whether it answers at all: not one, which stretches to any number."""

_TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(float16)": np.float16}


def _tries(width: int | None) -> list[int]:
    """The input size, or sizes to try where the model leaves it open."""
    return [width] if width is not None else list(range(1, 1025))


def ask_through_runtime(
    data: bytes, name: str, given: str, wanted: str, width: int | None, why: str
) -> AskedModel:
    """The model as a callable teacher.

    given, wanted : names of its input and output; width : D, None where the model does not say
    Raises InputError where it cannot be run, and MissingExtraError without onnxruntime.
    """
    runtime = need("onnxruntime", "onnx", "ONNX models that are no chain of layers")
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # its own words on stderr would be no sentence of ours
    options.intra_op_num_threads = 1
    # without rewriting: what is asked is the graph as it stands, and nothing is computed before
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        with redirect_stdout(io.StringIO()):  # it prints there what it raises
            session = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        kind = _TYPES[session.get_inputs()[0].type]
    except Exception:
        raise InputError(
            f"{name} is no chain of layers ({why}), and onnxruntime cannot run it either; export "
            "it again, or give questions and answers."
        ) from None

    fixed = session.get_inputs()[0].shape[:1]
    rows = fixed[0] if fixed and isinstance(fixed[0], int) and fixed[0] > 0 else None

    def part(x: np.ndarray) -> np.ndarray:
        """The answers to a few questions; a model made for so many rows at once is given them."""
        missing = 0 if rows is None else rows - len(x)
        given_rows = np.pad(x, ((0, missing), (0, 0))).astype(kind)
        try:
            answers = np.asarray(session.run([wanted], {given: given_rows})[0])
            return answers.reshape(len(given_rows), -1)[: len(x)]
        except Exception:  # onnxruntime's own types
            raise InputError(
                f"{name} does not answer {len(given_rows)} rows of {x.shape[1]} numbers; expected "
                "a model that takes (N, inputs), whatever N is."
            ) from None

    def run(x: np.ndarray) -> np.ndarray:
        step = rows or BATCH
        return np.concatenate([part(x[i : i + step]) for i in range(0, len(x), step)])

    def tried(inputs: int) -> np.ndarray | None:
        try:
            return run(np.zeros((TRIED_ROWS, inputs)))
        except InputError:  # not this size
            return None

    inputs, found = next(
        ((size, answers) for size in _tries(width) if (answers := tried(size)) is not None),
        (0, None),
    )
    if found is None:
        raise InputError(
            f"{name} is no chain of layers ({why}), and answers no row of numbers; expected one "
            "that takes (N, inputs) and gives (N, outputs)."
        )
    if width is None and tried(inputs + 1) is not None:
        raise InputError(
            f"{name} is no chain of layers ({why}), and answers rows of {inputs} and of "
            f"{inputs + 1} numbers, so that it is not known how many inputs it has; export it with "
            "that number."
        )
    if found.dtype.kind != "f":
        raise InputError(
            f"{name} answers with {found.dtype}, labels rather than numbers; expected an output of "
            "numbers."
        )
    return AskedModel(name, run, inputs, why, single=kind is not np.float64)
