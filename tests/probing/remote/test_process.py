"""A person's function is asked in a process of its own, whatever it does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ec_core.cli import main
from ec_core.errors import InputError
from ec_core.probing.remote.process import Elsewhere

MODULE = """
import os, sys, time
import numpy as np
print("hello from the module")
W = np.array([[1.0, -2.0, 0.5, 1.5], [0.3, 0.7, -1.1, 0.4]])

def predict(x):
    print("asked", len(x))
    return np.tanh(x @ W.T + 0.3) @ [1.5, -0.7]

def anything(x):
    return x.sum(axis=1)

def broken(x):
    return {}["no such key"]

def dies(x):
    print("last words")
    os._exit(7)

def sleeps(x):
    time.sleep(3600)

def short(x):
    return x[:-1, :1]

def text(x):
    return ["cat"] * len(x)

def nothing(x):
    return x[:, 0] / 0 * 0

def halves(x):
    raise ValueError("half a sign: \\ud800")

def tensor(x):
    import torch
    return torch.from_numpy(x[:, :1]).bfloat16().requires_grad_(True)

def masked(x):
    return np.ma.masked_array(x[:, 0], mask=x[:, 0] > -1)

def sometimes(x):
    y = predict(x)
    return [None if i == 2 else float("inf") if i == 5 else v for i, v in enumerate(y)]

def gaps(x):
    y = predict(x).astype(object)
    y[4] = None
    return y

class Wordless(Exception):
    def __str__(self):
        raise RuntimeError("no words")

def wordless(x):
    raise Wordless()

class Model:
    n_features_in_ = 4
    predict = staticmethod(predict)
    def __call__(self, x):
        return predict(x)

model = Model()
token = lambda x: np.full(len(x), float("EC_TOKEN" in os.environ))
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with somebody's module in it, in which we are."""
    (tmp_path / "somebody.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_is_asked_elsewhere_and_its_size_is_found(module: Path) -> None:
    model = Elsewhere("somebody:predict")
    x = np.random.default_rng(0).standard_normal((2500, 4))
    y = model(x)
    assert model.inputs == 4 and y.shape == (2500, 1)
    assert "somebody" not in sys.modules
    assert Elsewhere("somebody:model").inputs == 4
    model.close()


def test_it_sees_no_token(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EC_TOKEN", "secret")
    assert Elsewhere("somebody:token", inputs=2)(np.zeros((2, 2))).tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nobody:predict", "cannot be imported: ModuleNotFoundError"),
        ("somebody:W", "cannot be imported: TypeError: W is no function"),
        ("somebody:absent", "cannot be imported: AttributeError"),
        ("somebody:broken", r"raises KeyError: 'no such key' \(line 15 of somebody.py\)"),
        ("somebody:halves", r"raises ValueError: half a sign: \?"),
        ("somebody:wordless", "raises Wordless: .words that cannot be read."),
        ("somebody:masked", "answers 3 of 3 questions with NaN"),
        ("somebody:dies", r"ended by itself \(exit code 7\) and said: last words"),
        ("somebody:sleeps", "not answered within 0.5 seconds and was ended"),
        ("somebody:short", "answers 3 questions with an array of shape"),
        ("somebody:text", "answers with text"),
        ("somebody:nothing", "NaN or infinity"),
    ],
)
def test_what_it_does_wrong_is_one_sentence(module: Path, name: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        Elsewhere(name, inputs=4, seconds=0.5 if "sleeps" in name else 60)(np.zeros((3, 4)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "rows"), [("gaps", [4]), ("sometimes", [2, 5])])
def test_an_answer_that_is_no_number_loses_none_of_the_others(
    module: Path, name: str, rows: list[int]
) -> None:
    x = np.random.default_rng(0).standard_normal((30, 4))
    y = Elsewhere(f"somebody:{name}", inputs=4)(x)
    bad = np.isnan(y[:, 0])
    assert bad.nonzero()[0].tolist() == rows
    assert np.array_equal(y[~bad], Elsewhere("somebody:predict", inputs=4)(x)[~bad])


def test_tensors_are_numbers(module: Path) -> None:
    x = np.array([[0.5, 1.0], [-2.0, 3.0]])
    assert np.array_equal(Elsewhere("somebody:tensor", inputs=2)(x), x[:, :1])


def test_finding_its_size_is_part_of_the_budget(module: Path) -> None:
    model = Elsewhere("somebody:predict", most=50)
    assert model.most == 50 - model.facts()["questions"] < 50
    with pytest.raises(InputError, match="1 of 1 questions have been asked"):
        Elsewhere("somebody:predict", most=1)


def test_a_function_of_any_size_is_asked_about(module: Path) -> None:
    with pytest.raises(InputError, match="of 1 and of 2 numbers; say how many"):
        Elsewhere("somebody:anything")


def test_it_ends_with_whoever_asks(module: Path) -> None:
    script = (
        "import os, numpy as np\n"
        "from ec_core.probing.remote.process import Elsewhere\n"
        "model = Elsewhere('somebody:sleeps', inputs=1)\n"
        "import threading\n"
        "threading.Thread(target=model, args=(np.zeros((1, 1)),), daemon=True).start()\n"
        "print(model._process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    root = str(Path(__file__).resolve().parents[3])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=False,
    )
    pid = int(done.stdout)
    for _ in range(200):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":  # nobody asks for its exit code
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise AssertionError("it still runs")


def test_the_command_line_recovers_from_a_function(
    module: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EC_HOME", str(module))
    words = ["recover", "somebody:predict", "--inputs", "4", "--activation", "tanh"]
    words += ["--hidden-layers", "1", "--width", "2", "--students", "3", "--probes", "400"]
    assert main([*words, "--json", "--out", "net.safetensors"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["sizes"] == [4, 2, 1] and report["questions"] == 401
