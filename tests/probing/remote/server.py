"""A small server of the Open Inference Protocol, JSON and binary, that counts every question.

It is a real server on a real port. It can break off in the middle of an answer and be started again
on the same port, and it can be told to answer in any other way.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import numpy as np

HEADER = "Inference-Header-Content-Length"
TYPES = {"FP64": "<f8", "FP32": "<f4"}


@dataclass(frozen=True)
class Said:
    """An answer as it goes over the wire."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def said(facts: object, status: int = 200, **headers: str) -> Said:
    """An answer in JSON."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Said(status, json.dumps(facts).encode(), {"Content-Type": "application/json", **named})


Odd = Callable[[str, str, bytes, dict[str, str]], Said | None]
"""Method, path, body and headers: another answer, or None for the usual one."""


class ModelServer:
    """Serves one model at ``/v2/models/NAME``; use it in a ``with``.

    function : from questions (N, D) to answers (N, K) or {output: (N, K)}
    inputs : D as its metadata tell it; datatype : of its inputs; binary : has it the extension?
    questions : how often each question was answered, by its bytes
    requests : method, path and headers of each
    """

    def __init__(
        self,
        function: Callable[[np.ndarray], Any],
        inputs: int | None = 4,
        *,
        datatype: str = "FP64",
        binary: bool = False,
        name: str = "toy",
        most: int | None = None,
    ) -> None:
        self.function, self.inputs, self.datatype = function, inputs, datatype
        self.binary, self.name, self.most = binary, name, most
        self.questions: Counter[bytes] = Counter()
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.odd: Odd = lambda *asked: None
        self.break_at: int | None = None
        self._port = 0
        self._server: ThreadingHTTPServer | None = None

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        return f"{self.root}/v2/models/{self.name}"

    @property
    def running(self) -> bool:
        return self._server is not None

    def __enter__(self) -> ModelServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begin, or begin again on the same port."""
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        self._server.daemon_threads = True
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        """Nobody listens any more."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    # what it answers

    def answer(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Said:
        self.requests.append((method, path, headers))
        odd = self.odd(method, path, body, headers)
        return self.answer_usually(method, path, body, headers) if odd is None else odd

    def answer_usually(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Said:
        """What it answers where nothing else was told."""
        if method == "GET" and path == "/v2":
            return said({"name": "toy server", "extensions": ["binary_tensor_data"] * self.binary})
        if method == "GET" and path == f"/v2/models/{self.name}":
            return said(self._metadata())
        if method == "POST" and path == f"/v2/models/{self.name}/infer":
            return self._infer(body, headers)
        return said({"error": f"no {path} here"}, 404)

    def _metadata(self) -> dict[str, Any]:
        facts: dict[str, Any] = {"name": self.name, "versions": ["1"], "platform": "toy"}
        if self.inputs is not None:
            shape = [-1, self.inputs]
            facts["inputs"] = [{"name": "x", "datatype": self.datatype, "shape": shape}]
        return facts

    def _infer(self, body: bytes, headers: dict[str, str]) -> Said:
        length = headers.get(HEADER.lower())
        text, tail = (body, b"") if length is None else (body[: int(length)], body[int(length) :])
        asked = json.loads(text)
        tensor = asked["inputs"][0]
        kind = TYPES[tensor["datatype"]]
        if "data" in tensor:
            x = np.array(tensor["data"], dtype=kind).reshape(tensor["shape"])
        else:
            x = np.frombuffer(tail, kind).reshape(tensor["shape"])
        if self.most is not None and len(x) > self.most:
            return said({"error": f"batches hold at most {self.most}"}, 400)
        try:
            answers = self.function(x)
        except ValueError as error:
            return said({"error": str(error)}, 500)
        self.questions.update(row.tobytes() for row in x.astype("<f8"))
        named = answers if isinstance(answers, dict) else {"y": answers}
        for output in asked.get("outputs", ()):
            if output["name"] not in named:
                return said({"error": f"there is no output {output['name']}"}, 404)
        return self._written(named, asked)

    def _written(self, named: dict[str, np.ndarray], asked: dict[str, Any]) -> Said:
        wanted = [output["name"] for output in asked.get("outputs", ())] or list(named)
        binary = self.binary and bool(
            asked.get("parameters", {}).get("binary_data_output")
            or any(
                each.get("parameters", {}).get("binary_data") for each in asked.get("outputs", ())
            )
        )
        outputs, tail = [], b""
        for name in wanted:
            values = np.asarray(named[name])
            facts: dict[str, Any] = {"name": name, "shape": list(values.shape)}
            facts["datatype"] = "INT64" if values.dtype.kind == "i" else self.datatype
            if binary:
                data = values.astype(TYPES[self.datatype]).tobytes()
                facts["parameters"], tail = {"binary_data_size": len(data)}, tail + data
            else:
                facts["data"] = values.ravel().tolist()
            outputs.append(facts)
        text = json.dumps({"model_name": self.name, "outputs": outputs}).encode()
        headers = {HEADER: str(len(text))} if binary else {"Content-Type": "application/json"}
        return Said(200, text + tail, headers)


def _handler(model: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): text for name, text in self.headers.items()}
            if model.break_at is not None and sum(model.questions.values()) >= model.break_at:
                # killed while it answers: part of an answer, and then nobody is there
                model.break_at = None
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{")
                self.wfile.flush()
                self.close_connection = True
                model.stop()
                return
            if not model.running:  # connections of before die with it
                self.close_connection = True
                return
            answer = model.answer(self.command, self.path, body, headers)
            self.send_response(answer.status)
            for name, text in answer.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = _serve  # noqa: N815
        do_POST = _serve  # noqa: N815

        def log_message(self, *words: Any) -> None:
            """It is quiet."""

    return Handler
