"""Small valid files of every kind that people bring, and of those that a run keeps."""

from __future__ import annotations

import gzip
import io
import json
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import scipy.io
import torch

import ec_core as ec
from ec_core.benchmark import Problem
from ec_core.benchmark.outcomes import Outcome
from ec_core.networks.files import network_bytes
from ec_core.runs.settings import Settings
from ec_core.store.plain import arrays_bytes, pack

X = np.random.default_rng(0).standard_normal((12, 3))
Y = np.tanh(X[:, :1]) + 0.25
NAMES = ("x1", "x2", "x3", "y")


def _npz(compressed: bool) -> bytes:
    buffer = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(buffer, x=X, y=Y)
    return buffer.getvalue()


def _npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.hstack([X, Y]))
    return buffer.getvalue()


def _text(sep: str, decimal: str = ".") -> bytes:
    rows = [sep.join(f"{v:.6g}".replace(".", decimal) for v in row) for row in np.hstack([X, Y])]
    return "\n".join([sep.join(NAMES), *rows, ""]).encode()


def _frame(write: str) -> bytes:
    import pandas as pd

    buffer = io.BytesIO()
    getattr(pd.DataFrame(np.hstack([X, Y]), columns=list(NAMES)), write)(buffer)
    return buffer.getvalue()


def _sheet() -> bytes:
    import pandas as pd

    buffer = io.BytesIO()
    pd.DataFrame(np.hstack([X, Y]), columns=list(NAMES)).to_excel(buffer, index=False)
    return buffer.getvalue()


def _mat() -> bytes:
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, {"x": X, "y": Y}, do_compression=True)
    return buffer.getvalue()


def _mat73() -> bytes:
    import h5py

    buffer = io.BytesIO()
    with h5py.File(buffer, "w", userblock_size=512) as file:
        file["x"], file["y"] = X.T, Y.T
    head = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    return head + buffer.getvalue()[len(head) :]


@cache
def network() -> ec.Network:
    """A teacher of 3-4-1."""
    return ec.make_teacher("synthetic", sizes=(3, 4, 1), activation="tanh", seed=1).network


def _torch() -> bytes:
    buffer = io.BytesIO()
    net = network()
    state = {}
    for i, (weight, bias) in enumerate(zip(net.weights, net.biases, strict=True)):
        state[f"{2 * i}.weight"], state[f"{2 * i}.bias"] = map(torch.tensor, (weight, bias))
    torch.save(state, buffer)
    return buffer.getvalue()


def _written(ending: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"network.{ending}"
        ec.save_network(network(), path)
        return path.read_bytes()


def _weights() -> bytes:
    net = network()
    arrays = {f"W{i}": w for i, w in enumerate(net.weights)}
    return arrays_bytes({**arrays, **{f"b{i}": b for i, b in enumerate(net.biases)}})


def _json_weights() -> bytes:
    net = network()
    told = {name: [a.tolist() for a in getattr(net, name)] for name in ("weights", "biases")}
    return json.dumps({**told, "activation": net.activation}).encode()


TABLES: dict[str, Callable[[], bytes]] = {
    "a.npz": lambda: _npz(False),
    "packed.npz": lambda: _npz(True),
    "a.npy": _npy,
    "a.csv": lambda: _text(","),
    "german.csv": lambda: _text(";", ","),
    "a.tsv": lambda: _text("\t"),
    "a.csv.gz": lambda: gzip.compress(_text(","), mtime=0),
    "a.parquet": lambda: _frame("to_parquet"),
    "a.feather": lambda: _frame("to_feather"),
    "a.xlsx": _sheet,
    "a.mat": _mat,
    "new.mat": _mat73,
}
MODELS: dict[str, Callable[[], bytes]] = {
    "n.safetensors": lambda: network_bytes(network()),
    "n.pt": _torch,
    "n.onnx": lambda: _written("onnx"),
    "n.keras": lambda: _written("keras"),
    "n.npz": _weights,
    "n.json": _json_weights,
    "n.skops": lambda: _written("skops"),
}


def _outcome() -> bytes:
    problem = Problem(2, 2, 0)
    made = Outcome(problem, "cpu", 1, 1.0, (2, 2, 1), True, ("a",), 3, 1e-30, 1e-30, 1e-9, 1e-9)
    return json.dumps(made.as_json()).encode()


def _run() -> bytes:
    settings = {"chosen": Settings().as_json(), "source": {"title": "t", "activation": "tanh"}}
    about = {"schema": 1, "kind": "upload", "label": "a run", "created": 1.0, "status": "new"}
    return json.dumps({**about, "settings": settings}).encode()


CONFIGURATIONS: dict[str, Callable[[], bytes]] = {
    "run.json": _run,
    "cuts.json": lambda: json.dumps({"": {"rule": "plateau", "gamma": 0.5, "beta": 30.0}}).encode(),
    "owner.json": lambda: json.dumps({"key": "ab" * 32, "name": "", "others": "look"}).encode(),
    "outcome.json": _outcome,
    "events.npz": lambda: pack((ec_note(), 0.5, np.ones(3))),
    "recovered.safetensors": lambda: network_bytes(network()),
    "probes.npz": lambda: _npz(False),
    "at-work.json": lambda: json.dumps(
        {
            "grid": {"inputs": [2], "hidden": [2], "seeds": 1, "first_seed": 0},
            "settings": {"activation": "tanh", "expansion": 4.0, "students": 3, "depth": 1},
            "name": "difficulty",
            "who": "",
            "worker": {"token": "a", "host": "b", "process": 1, "began": "1"},
        }
    ).encode(),
}


def ec_note() -> object:
    """An event."""
    from ec_core.events import Note

    return Note("expand", "hello")


ADDRESSES = (
    "http://localhost:8080/v2/models/mlp",
    "https://user:word@models.example:8443/predict?key=1#part",
    "http://[::1]:9000/v2/models/a%20b/versions/2/infer",
    "http://127.0.0.1/v2/models/m",
    "my_module:model.predict",
)
HOSTS = ("models.example:8443,10.1.0.0/16", "[::1]:80, localhost", "10.1.2.3,fe80::1%eth0")
IDS = ("1m8ffp3h8z07fzfqcmeb9nj2jgx7m", "1m8ffp3h8abc", "../../etc/passwd", "run.json")
