"""The Open Inference Protocol, version 2: how MLServer, Triton, KServe and OpenVINO are asked.

GET /v2/models/NAME tells inputs and outputs, POST /v2/models/NAME/infer asks. Tensors are lists of
numbers in JSON, or, where the server has the binary extension, bytes behind the JSON, whose length
a header tells.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.remote.bearer import hidden
from ec_core.probing.remote.client import SHOWN, Client, RefusedError, Reply
from ec_core.probing.remote.speech import About, columns

BINARY = "binary_tensor_data"
"""The name of the extension."""

HEADER = "inference-header-content-length"
"""How many bytes of a body are JSON, where others follow."""

TYPES = {
    "FP64": "<f8",
    "FP32": "<f4",
    "FP16": "<f2",
    "INT64": "<i8",
    "INT32": "<i4",
    "INT16": "<i2",
    "INT8": "<i1",
    "UINT64": "<u8",
    "UINT32": "<u4",
    "UINT16": "<u2",
    "UINT8": "<u1",
}
"""NumPy's name of each type of number; BF16, which NumPy lacks, is the upper half of a float32."""

ASKED = ("FP64", "FP32", "FP16", "BF16")
"""Types of inputs that can be asked: a network cannot be read off from whole numbers alone."""

UNKNOWN_INPUT = "input-0"
"""The name of the only input where the server tells none (MLServer takes any)."""


@dataclass(frozen=True)
class Tensor:
    """An input: its name, its type and the shape of one question, None where it is not told.

    batched : does a leading axis count the questions? fixed : how many it must hold, if told
    """

    name: str
    datatype: str = "FP64"
    shape: tuple[int, ...] | None = None
    batched: bool = True
    fixed: int | None = None

    @property
    def width(self) -> int | None:
        """Numbers of one question."""
        return None if self.shape is None else math.prod(self.shape)

    @classmethod
    def told(cls, facts: Any, model: str) -> Tensor:
        """From the metadata. Raises InputError for what cannot be asked."""
        name, datatype = str(facts["name"]), str(facts["datatype"])
        if datatype not in ASKED:
            raise InputError(
                f"The input {hidden(name)} of {model} is {hidden(datatype)}; expected one of "
                f"{', '.join(ASKED)}."
            )
        sizes = [int(size) for size in facts["shape"]]
        if len(sizes) == 1 and sizes[0] > 0:  # no axis for the questions: one at a time
            return cls(name, datatype, (sizes[0],), batched=False)
        first, rest = (sizes[0], tuple(sizes[1:])) if sizes else (-1, None)
        if rest is not None and any(size < 1 for size in rest):
            rest = None
        return cls(name, datatype, rest, fixed=first if first > 0 else None)


def _facts(reply: Reply, url: str) -> dict[str, Any]:
    facts = reply.json(url)
    if not isinstance(facts, dict):
        raise InputError(f"{url} answers with {type(facts).__name__}; expected a JSON object.")
    return facts


def _bytes(values: np.ndarray, datatype: str) -> bytes:
    if datatype == "BF16":
        return bytes((values.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes())
    return values.astype(TYPES[datatype]).tobytes()


def _numbers(data: bytes, datatype: str) -> np.ndarray:
    if datatype == "BF16":
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
    return np.frombuffer(data, TYPES[datatype])


def rounded_to(x: np.ndarray, datatype: str) -> np.ndarray:
    """Numbers as float64, rounded to a type.

    >>> rounded_to(np.array([[0.1]]), "BF16").item(), rounded_to(np.array([[0.1]]), "FP64").item()
    (0.10009765625, 0.1)
    """
    if datatype == "BF16":
        bits = x.astype("<f4").view("<u4").astype("<u8")
        even = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16 << 16
        return np.asarray(even.astype("<u4").view("<f4").astype(np.float64))
    return np.asarray(x.astype(TYPES[datatype]).astype(np.float64))


class Inference:
    """A model behind the Open Inference Protocol.

    outputs : names of the outputs wanted, () for the only one
    inputs : D, where the server does not tell it
    """

    def __init__(self, client: Client, outputs: Sequence[str] = (), inputs: int | None = None):
        self._client, self._outputs = client, tuple(outputs)
        self._url = client.address.url
        self._name = str(client.address.model)
        facts = self._metadata()
        self._tensors = self._inputs(facts)
        self._binary = BINARY in self._extensions()
        widths = [tensor.width for tensor in self._tensors]
        told = None if None in widths else sum(width or 0 for width in widths)
        if None not in (told, inputs) and told != inputs:
            raise InputError(f"{self._name} takes {told} inputs; --inputs {inputs} was given.")
        fixed = [tensor.fixed for tensor in self._tensors if tensor.fixed is not None]
        alone = any(not tensor.batched for tensor in self._tensors)
        wanted = ("name", "versions", "platform", "inputs", "outputs")
        self.about = About(
            name=self._name,
            inputs=inputs if told is None else told,
            identity={
                "address": self._url,
                "protocol": "v2",
                "answers": list(self._outputs),
                "model": {name: facts[name] for name in wanted if name in facts},
            },
            batch=1 if alone else min(fixed, default=None),
        )
        self._fixed = bool(fixed)

    def _metadata(self) -> dict[str, Any]:
        try:
            return _facts(self._client.get(self._url), self._url)
        except RefusedError as error:
            # the metadata are an extension of some servers' own; asking will tell
            if error.status in (404, 405, 501) and self._ready():
                return {}
            raise

    def _ready(self) -> bool:
        try:
            self._client.get(f"{self._url}/ready")
        except RefusedError:
            return False
        return True

    def _extensions(self) -> list[str]:
        try:
            url = f"{self._client.address.root}/v2"
            return list(map(str, _facts(self._client.get(url), url).get("extensions") or ()))
        except (InputError, TypeError):  # gateways often hide it, and JSON always works
            return []

    def _inputs(self, facts: dict[str, Any]) -> list[Tensor]:
        try:
            told = [Tensor.told(each, self._name) for each in facts.get("inputs") or ()]
        except (KeyError, TypeError, ValueError):
            raise InputError(
                f"{self._url} tells of its inputs in an unknown way; expected name, datatype and "
                "shape of each."
            ) from None
        if len(told) > 1 and any(tensor.shape is None for tensor in told):
            names = ", ".join(hidden(tensor.name) for tensor in told)
            raise InputError(
                f"{self._name} has several inputs of unknown size ({names}); expected one, or "
                "shapes in its metadata."
            )
        return told or [Tensor(UNKNOWN_INPUT)]

    def rounded(self, x: np.ndarray) -> np.ndarray:
        """Questions (N, D) as the model's inputs take them."""
        parts = np.split(x, self._edges(x), axis=1)
        each = zip(parts, self._tensors, strict=True)
        return np.hstack([rounded_to(part, tensor.datatype) for part, tensor in each])

    def _edges(self, x: np.ndarray) -> list[int]:
        return list(np.cumsum([t.width or x.shape[1] for t in self._tensors])[:-1])

    def ask(self, x: np.ndarray) -> np.ndarray:
        """Answers (N, K) to questions (N, D)."""
        rows = len(x)
        size = self.about.batch if self._fixed else None
        if size is not None and rows < size:
            # a batch of a fixed size is filled up with its last question
            x = np.vstack([x, np.repeat(x[-1:], size - rows, axis=0)])
        body, headers = self._question(x)
        reply = self._client.post(f"{self._url}/infer", body, headers)
        return self._answer(reply, len(x))[:rows]

    def _question(self, x: np.ndarray) -> tuple[bytes, dict[str, str]]:
        inputs, tail = [], []
        parts = np.split(x, self._edges(x), axis=1)
        for part, tensor in zip(parts, self._tensors, strict=True):
            one = tensor.shape or (part.shape[1],)
            shape = list(one) if not tensor.batched else [len(x), *one]
            facts = {"name": tensor.name, "shape": shape, "datatype": tensor.datatype}
            if self._binary or tensor.datatype in ("FP16", "BF16"):
                data = _bytes(part, tensor.datatype)
                tail.append(data)
                inputs.append({**facts, "parameters": {"binary_data_size": len(data)}})
            else:
                inputs.append({**facts, "data": part.ravel().tolist()})
        question: dict[str, Any] = {"inputs": inputs}
        binary = {"parameters": {"binary_data": True}} if self._binary else {}
        if self._outputs:
            question["outputs"] = [{"name": name, **binary} for name in self._outputs]
        elif self._binary:
            question["parameters"] = {"binary_data_output": True}
        text = json.dumps(question, allow_nan=False).encode()
        if not tail:
            return text, {"content-type": "application/json"}
        headers = {"content-type": "application/octet-stream", HEADER: str(len(text))}
        return b"".join([text, *tail]), headers

    def _answer(self, reply: Reply, rows: int) -> np.ndarray:
        length = reply.headers.get(HEADER)
        url = f"{self._url}/infer"
        tail = b""
        if length is not None:
            if not re.fullmatch(r"[0-9]{1,15}", length) or int(length) > len(reply.body):
                raise InputError(
                    f"{url} tells a wrong length of its answer ({hidden(length, SHOWN)!r})."
                )
            reply, tail = Reply(reply.body[: int(length)], {}), reply.body[int(length) :]
        outputs = _facts(reply, url).get("outputs")
        if not isinstance(outputs, list) or not outputs:
            raise InputError(f"{url} answers without outputs; expected a list of them.")
        tensors: dict[str, np.ndarray] = {}
        for output in outputs:
            name, values, tail = self._tensor(output, tail)
            tensors[name] = values
        wanted = self._wanted(tensors)
        parts = [columns(tensors[name], rows, f"{self._name} ({hidden(name)})") for name in wanted]
        return np.hstack(parts)

    def _tensor(self, output: Any, tail: bytes) -> tuple[str, np.ndarray, bytes]:
        """Name and values of one output, and the bytes that follow it."""
        try:
            name, datatype = str(output["name"]), str(output["datatype"])
            shape = tuple(int(size) for size in output["shape"])
            size = (output.get("parameters") or {}).get("binary_data_size")
            if size is not None:
                if int(size) < 0 or int(size) > len(tail):
                    raise ValueError
                if datatype in ("BYTES", "BOOL"):
                    # refused by ``columns``; of the shape that is told, and of no memory
                    one = np.zeros((), dtype="U1" if datatype == "BYTES" else bool)
                    return name, np.broadcast_to(one, shape), tail[int(size) :]
                return name, _numbers(tail[: int(size)], datatype).reshape(shape), tail[int(size) :]
            values = np.asarray(output["data"])
            if values.dtype.kind == "U":  # numbers among words stay numbers
                values = np.asarray(output["data"], dtype=object)
            return name, values.reshape(shape), tail
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            raise InputError(
                f"{self._url}/infer answers with an output that cannot be read; expected name, "
                "shape, datatype and as many numbers as the shape says."
            ) from None

    def _wanted(self, tensors: dict[str, np.ndarray]) -> list[str]:
        names = list(self._outputs) or list(tensors)
        there = ", ".join(f"{hidden(name)} {values.shape}" for name, values in tensors.items())
        missing = [name for name in names if name not in tensors]
        if missing:
            raise InputError(
                f"{self._name} has no output {missing[0]!r} but {there}; choose with --outputs."
            )
        if not self._outputs and len(names) > 1:
            raise InputError(
                f"{self._name} answers with {there}; say which with --outputs NAME[,NAME…]."
            )
        return names
