"""The command line as a person meets it: files, JSON, exit codes, sentences."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from ec_core import chain
from ec_core.cli import main
from ec_core.events import Event, Note
from ec_core.networks.files import load_network
from ec_core.probing import DATASETS, DISTRIBUTIONS, PRESETS, load_answers, load_dataset

Capture = pytest.CaptureFixture[str]


def facts(capsys: Capture) -> dict[str, object]:
    """The one JSON object on stdout."""
    found: dict[str, object] = json.loads(
        capsys.readouterr().out, parse_constant=lambda name: pytest.fail(f"{name} in JSON")
    )
    return found


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def small(place: Path) -> Path:
    """A folder with t.safetensors (3-2-1 tanh) and probes.npz."""
    make = ["teacher", "synthetic", "--sizes", "3-2-1", "--activation", "tanh", "--seed", "3"]
    assert main([*make, "--out", "t.safetensors"]) == 0
    assert main(["probe", "t.safetensors", "--count", "300", "--out", "probes.npz"]) == 0
    return place


RECOVER = ["recover", "--activation", "tanh", "--students", "4", "--width", "4"]
ONE_LAYER = ["--hidden-layers", "1"]
FILES = ["--out", "r.safetensors", "--report", "r.json"]


def test_the_presets_are_listed(capsys: Capture) -> None:
    assert main(["teacher", "--list"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in PRESETS)
    assert main(["teacher", "--list", "--json"]) == 0
    assert facts(capsys)["presets"] == PRESETS


def test_teacher_writes_a_network_and_says_what_it_is(place: Path, capsys: Capture) -> None:
    arguments = ["teacher", "wine", "--hidden", "3", "--activation", "silu", "--seed", "1"]
    assert main([*arguments, "--out", "a.safetensors", "--json"]) == 0
    said = facts(capsys)
    network = load_network("a.safetensors")
    assert said["sizes"] == [13, 3, 3] == list(network.sizes)
    assert (network.activation, network.dataset) == ("silu", "wine")
    assert said["score_name"] == "accuracy" and 0.8 < float(str(said["score"])) <= 1
    assert main([*arguments, "--out", "b.safetensors"]) == 0
    assert Path("a.safetensors").read_bytes() == Path("b.safetensors").read_bytes()
    assert "accuracy" in capsys.readouterr().out


def test_synthetic_teachers_take_g_and_data_take_tanh_unless_told(place: Path) -> None:
    for preset, activation in (("synthetic", "g"), ("planar", "tanh"), ("xor", "tanh")):
        assert main(["teacher", preset, "--out", "t.safetensors"]) == 0
        assert load_network("t.safetensors").activation == activation


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_probe_writes_questions_and_the_teachers_answers(
    place: Path, capsys: Capture, distribution: str
) -> None:
    assert main(["teacher", "wine", "--hidden", "3", "--out", "t.safetensors"]) == 0
    capsys.readouterr()
    ask = ["probe", "t.safetensors", "--count", "50", "--distribution", distribution, "--json"]
    assert main([*ask, "--out", "p.npz"]) == 0
    said = facts(capsys)
    x, y = load_answers("p.npz")
    assert (said["count"], said["inputs"], said["outputs"]) == (50, 13, 3)
    assert x.shape == (50, 13)
    np.testing.assert_array_equal(y, load_network("t.safetensors")(x))
    rows = {row.tobytes() for row in load_dataset("wine").x}
    assert all(row.tobytes() in rows for row in x) == (distribution == "data")


def test_recover_from_a_teacher_file(small: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert main([*RECOVER, "t.safetensors", "--probes", "300", *FILES, "--json"]) == 0
    said = facts(capsys)
    assert said == json.loads(Path("r.json").read_text())
    assert said["probes"] == {"learnt_from": 240, "held_out": 60}
    assert said["verified"] is True and said["reasons"] == [] and said["sizes"] == [3, 2, 1]
    expected = {"loss", "heldout_loss", "students", "seconds", "device", "unidentified_inputs"}
    assert expected <= set(said)
    students, layers, match = said["students"], said["layers"], said["match"]
    assert isinstance(students, dict) and students["count"] == 4 and "converged" in students
    assert isinstance(layers, list) and {"height", "gamma", "beta", "clusters", "pruned"} <= set(
        layers[0]
    )
    assert isinstance(match, dict) and match["max_weight_error"] < 1e-8
    assert load_network("r.safetensors").sizes == (3, 2, 1)
    assert main(["compare", "t.safetensors", "r.safetensors", "--json"]) == 0
    assert facts(capsys) == match


def test_recover_from_probes_knows_no_teacher_and_repeats_itself(
    small: Path, capsys: Capture
) -> None:
    assert main([*RECOVER, "probes.npz", "--out", "r.safetensors"]) == 0
    text = capsys.readouterr()
    assert "Verified: exact" in text.out and "difference from the teacher" not in text.out
    assert text.err
    assert main([*RECOVER, "probes.npz", "--out", "s.safetensors", "--report", "s.json"]) == 0
    assert Path("r.safetensors").read_bytes() == Path("s.safetensors").read_bytes()
    assert "match" not in json.loads(Path("s.json").read_text())


@pytest.mark.long
def test_probabilities_are_recovered_from_up_to_what_they_do_not_tell(
    small: Path, capsys: Capture
) -> None:
    x = np.random.default_rng(0).standard_normal((500, 2))
    z = np.column_stack([np.tanh(x @ [1.0, 0.5]), np.zeros(500)])
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.savez("p.npz", x=x, y=100 * p)
    assert main([*RECOVER, "p.npz", *FILES]) == 0
    said = capsys.readouterr().out
    assert "up to one function added to all logits" in said and "percentages" in said
    report = json.loads(Path("r.json").read_text())
    assert report["output"] == "softmax" and report["sizes"] == [2, 1, 2]
    last = load_network("r.safetensors").weights[-1]
    np.testing.assert_allclose(np.abs(last[:, 0]), 0.5, atol=1e-10)
    assert abs(last.sum()) < 1e-15
    # the same answers as a network's own numbers are no network
    tight = ["--students", "2", "--width", "1"]
    assert main([*RECOVER, "p.npz", *FILES, "--output", "logits", *tight]) == 3


def test_inputs_that_say_the_same_twice_are_named(small: Path, capsys: Capture) -> None:
    x, y = load_answers("probes.npz")
    names = np.array(["a", "b", "c", "again"])
    np.savez("twice.npz", x=np.hstack([x, x[:, :1]]), y=y, inputs=names)
    capsys.readouterr()
    assert main([*RECOVER, "twice.npz", *FILES]) == 0
    text = capsys.readouterr().out
    assert "Verified: exact, to rounding, up to what no question tells." in text
    assert '- Column "again" always equals column "a".' in text
    assert load_network("r.safetensors").sizes == (4, 2, 1)
    report = json.loads(Path("r.json").read_text())
    assert report["free_directions"] == ['Column "again" always equals column "a".']
    assert report["remarks"] == [] and report["unidentified_inputs"] == []


def test_what_is_not_verified_ends_with_three_and_its_files(small: Path, capsys: Capture) -> None:
    tight = ["--students", "2", "--width", "1"]
    assert main(["recover", "--activation", "relu", "probes.npz", *tight, *FILES, "--json"]) == 3
    said = facts(capsys)
    assert said["verified"] is False and said["reasons"]
    assert load_network("r.safetensors").activation == "relu"
    assert json.loads(Path("r.json").read_text()) == said
    assert main([*RECOVER, "probes.npz", *FILES, "--width", "1", "--students", "2"]) == 3
    assert "Not verified.\n- " in capsys.readouterr().out


def test_a_torch_sequential_is_a_teacher(place: Path, capsys: Capture) -> None:
    torch.manual_seed(0)
    layers = (torch.nn.Linear(3, 2), torch.nn.Tanh(), torch.nn.Linear(2, 1))
    model = torch.nn.Sequential(*layers).double()
    safetensors.torch.save_file(model.state_dict(), "model.safetensors")
    assert main(["probe", "model.safetensors", "--count", "9", "--out", "p.npz"]) == 2
    assert "--teacher-activation" in capsys.readouterr().err
    named = ["--teacher-activation", "tanh"]
    assert main(["probe", "model.safetensors", *named, "--count", "9", "--out", "p.npz"]) == 0
    x, y = load_answers("p.npz")
    np.testing.assert_allclose(y, model(torch.from_numpy(x)).detach().numpy(), atol=1e-14)
    assert main([*RECOVER, "model.safetensors", "--probes", "300", *FILES]) == 0
    capsys.readouterr()
    assert main(["compare", "model.safetensors", "r.safetensors"]) == 0
    assert float(str(facts(capsys)["max_weight_error"])) < 1e-8


def test_activations_are_spelt_as_one_likes_and_the_option_wins(
    place: Path, capsys: Capture
) -> None:
    torch.manual_seed(4)
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.SiLU(), torch.nn.Linear(2, 1))
    state = model.double().state_dict()
    for written, option in (("swish", []), ("identity", ["--teacher-activation", "SiLU"])):
        safetensors.torch.save_file(state, "m.safetensors", {"activation": written})
        ask = ["probe", "m.safetensors", "--count", "9", *option, "--out", "p.npz"]
        assert main(ask) == 0
        assert "is read as silu" in capsys.readouterr().err or not option
        asked, answers = load_answers("p.npz")
        expected = model(torch.from_numpy(asked)).detach().numpy()
        np.testing.assert_allclose(answers, expected, atol=1e-14)
    assert main([*ask[:4], "--out", "p.npz"]) == 2
    assert "one linear map" in capsys.readouterr().err


def test_a_network_is_compared_with_answers(small: Path, capsys: Capture) -> None:
    capsys.readouterr()
    assert main(["compare", "t.safetensors", "probes.npz", "--json"]) == 0
    said = facts(capsys)["answers"]
    assert isinstance(said, dict) and said["agrees"] is True and said["count"] == 300
    x, y = load_answers("probes.npz")
    np.savez("sigmoid.npz", x=x, y=1 / (1 + np.exp(-y)))
    assert main(["compare", "sigmoid.npz", "t.safetensors"]) == 3
    assert "they agree with a sigmoid after the last layer" in capsys.readouterr().out


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


ONE = ["--count", "10", "--out", "new.npz"]
REFUSED: dict[str, tuple[list[str], str]] = {
    "no command": ([], "COMMAND"),
    "unknown command": (["fly"], "fly"),
    "unknown option": (["teacher", "planar", "--fly"], "--fly"),
    "no preset": (["teacher", "--out", "new"], "preset"),
    "no out": (["teacher", "planar"], "--out"),
    "unknown preset": (["teacher", "mnist", "--out", "new"], "choose one of planar"),
    "sizes": (["teacher", "synthetic", "--sizes", "4-x-1", "--out", "new"], "4-8-1"),
    "two sizes": (["teacher", "synthetic", "--sizes", "4-1", "--out", "new"], "4-8-1"),
    "sizes for data": (["teacher", "wine", "--sizes", "4-4-1", "--out", "new"], "--sizes is"),
    "hidden for toys": (["teacher", "planar", "--hidden", "4", "--out", "new"], "--hidden is"),
    "activation": (["teacher", "planar", "--activation", "cosine", "--out", "new"], "cosine"),
    "no activation at all": (["recover", "--activation", "identity", *FILES, "p"], "linear map"),
    "seed": (["teacher", "planar", "--seed", "-1", "--out", "new"], "-1 is out of range"),
    "seed no number": (["teacher", "planar", "--seed", "x", "--out", "new"], "whole number"),
    "another format": (["teacher", "planar", "--out", "new.PT"], "the name of another format"),
    "a table": (["teacher", "planar", "--out", "new.csv"], "the name of another format"),
    "folder missing": (["teacher", "planar", "--out", "no/new"], "Cannot write"),
    "folder as file": (["teacher", "planar", "--out", "."], "is a folder"),
    "teacher missing": (["probe", "no.safetensors", *ONE], "Cannot read"),
    "probes as teacher": (["probe", "probes.npz", *ONE], "an .npz archive, not a network"),
    "zero probes": (["probe", "t.safetensors", *ONE, "--count", "0"], "out of range"),
    "too few probes": (["probe", "t.safetensors", *ONE, "--count", "2"], "at least 5"),
    "too many probes": (["probe", "t.safetensors", *ONE, "--count", "999999999"], "expected 1 to"),
    "no data": (["probe", "t.safetensors", *ONE, "--distribution", "data"], "no data"),
    "over itself": (["probe", "t.safetensors", "--out", "t.safetensors"], "named twice"),
    "half an activation": (["recover", "probes.npz", *FILES, "--activation", ""], "--activation"),
    "layers in words": ([*RECOVER, "probes.npz", *FILES, "--hidden-layers", "two"], "whole number"),
    "text as probes": ([*RECOVER, "note.txt", *FILES], "holds no table of numbers"),
    "text as teacher": (["probe", "note.txt", *ONE], "a table of text (.csv, .tsv, .txt), not"),
    "which columns": ([*RECOVER, "both.npy", *FILES], "such as --inputs 1-3 --outputs 4"),
    "no such column": ([*RECOVER, "table.csv", *FILES, "--inputs", "x9"], "has no 'x9' (--inputs)"),
    "columns of a teacher": (
        [*RECOVER, "t.safetensors", *FILES, "--outputs", "y"],
        "--outputs is for a file of questions",
    ),
    "torch": ([*RECOVER, "broken.pt", *FILES], "broken.pt is no zip archive"),
    "table": ([*RECOVER, "table.csv", *FILES], "There are 1 probes; expected at least 5"),
    "labels": ([*RECOVER, "labels.npz", *FILES], "reading a network off labels is another problem"),
    "text labels": ([*RECOVER, "text.npz", *FILES], "text, labels: reading"),
    "layout of probes": (
        [*RECOVER, "probes.npz", *FILES, "--teacher-layout", "in-out"],
        "--teacher-layout is for",
    ),
    "layout": (["probe", "t.safetensors", *ONE, "--teacher-layout", "in-out"], "only out-in fits"),
    "broken probes": ([*RECOVER, "broken.npz", *FILES], "not an .npz archive"),
    "constant": ([*RECOVER, "constant.npz", *FILES], "All answers are the same"),
    "no probabilities": (
        [*RECOVER, "probes.npz", *FILES, "--output", "softmax"],
        "said to be a softmax's, but their rows sum to",
    ),
    "no sigmoid": ([*RECOVER, "probes.npz", *FILES, "--output", "sigmoid"], "expected 0 to 1"),
    "output": ([*RECOVER, "probes.npz", *FILES, "--output", "sparsemax"], "sparsemax"),
    "NaN": ([*RECOVER, "nan.npz", *FILES], "have missing values (NaN; column"),
    "probes of probes": ([*RECOVER, "probes.npz", *FILES, "--probes", "9"], "--probes is for"),
    "distribution of probes": (
        [*RECOVER, "probes.npz", *FILES, "--distribution", "box"],
        "--distribution is for",
    ),
    "students": ([*RECOVER, "probes.npz", *FILES, "--students", "0"], "0 is out of range"),
    "too many students": (
        [*RECOVER, "probes.npz", *FILES, "--students", "100000000"],
        "at most 10000",
    ),
    "width": ([*RECOVER, "probes.npz", *FILES, "--width", "0"], "positive numbers"),
    "widths": ([*RECOVER, "probes.npz", *FILES, "--width", "4-4", *ONE_LAYER], "one width per"),
    "deep": (
        ["recover", "--activation", "g", "probes.npz", *FILES, "--hidden-layers", "9"],
        "hidden layers",
    ),
    "gamma": ([*RECOVER, "probes.npz", *FILES, "--gamma", "1.5"], "1.5 is out of range"),
    "gamma NaN": ([*RECOVER, "probes.npz", *FILES, "--gamma", "nan"], "nan is out of range"),
    "beta": ([*RECOVER, "probes.npz", *FILES, "--beta", "-3"], "-3 is out of range"),
    "budget": ([*RECOVER, "probes.npz", *FILES, "--budget", "0"], "0 is out of range"),
    "out missing": ([*RECOVER, "probes.npz"], "--out"),
    "report folder": ([*RECOVER, "probes.npz", "--out", "new", "--report", "no/r"], "Cannot write"),
    "onnx": ([*RECOVER, "probes.npz", "--out", "new.onnx"], "ec-core export new.safetensors"),
    "same file": ([*RECOVER, "probes.npz", "--out", "new", "--report", "new"], "named twice"),
    "over the probes": ([*RECOVER, "probes.npz", "--out", "probes.npz"], "named twice"),
    "two probe files": (["compare", "probes.npz", "nan.npz"], "expected at least one network"),
    "answers to others": (["compare", "wide.safetensors", "probes.npz"], "has 5 inputs"),
    "compare missing": (["compare", "t.safetensors"], "OTHER"),
    "compare others": (["compare", "t.safetensors", "wide.safetensors"], "3 and 5 inputs"),
}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Good and bad files, made once."""
    folder = tmp_path_factory.mktemp("shelf")
    make = ["teacher", "synthetic", "--activation", "tanh", "--sizes"]
    assert main([*make, "3-2-1", "--out", str(folder / "t.safetensors")]) == 0
    assert main([*make, "5-2-1", "--out", str(folder / "wide.safetensors")]) == 0
    x = np.random.default_rng(0).standard_normal((40, 3))
    np.savez(folder / "probes.npz", x=x, y=np.sin(x))
    np.savez(folder / "constant.npz", x=x, y=np.ones((40, 1)))
    np.savez(folder / "nan.npz", x=x, y=np.where(x > -2, np.nan, x))
    (folder / "broken.npz").write_bytes((folder / "probes.npz").read_bytes()[:-40])
    np.savez(folder / "labels.npz", x=x, y=np.arange(40) % 2)
    np.savez(folder / "text.npz", x=x, y=np.array(["cat", "dog"] * 20))
    torch.save({"0.weight": torch.ones(2, 2)}, folder / "broken.pt")
    (folder / "broken.pt").write_bytes((folder / "broken.pt").read_bytes()[:-30])
    np.save(folder / "both.npy", np.hstack([x, x[:, :1]]))
    (folder / "table.csv").write_text("x1,x2,y\n1,2,3\n")
    (folder / "note.txt").write_text("no network")
    (folder / "r.json").write_text("an older report")
    return folder


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_bad_usage_and_bad_input_end_with_two_and_one_sentence(
    shelf: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, case: str
) -> None:
    arguments, expected = REFUSED[case]
    monkeypatch.chdir(shelf)
    before = snapshot(shelf)
    capsys.readouterr()
    assert main(arguments) == 2
    said = capsys.readouterr()
    last = said.err.strip().splitlines()[-1]
    assert last.startswith("ec-core: ") and expected in last and last.endswith(".")
    assert said.out == "" and snapshot(shelf) == before


def test_cuda_without_cuda_is_refused(
    place: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for device, code in (("cuda", 2), ("cpu", 0), ("auto", 0)):
        assert main(["teacher", "planar", "--device", device, "--out", "t.safetensors"]) == code
        assert Path("t.safetensors").exists() == (code == 0)
    assert "no CUDA device" in capsys.readouterr().err


def breaking(error: BaseException) -> Callable[..., Generator[Event, None, None]]:
    def run(*_: object, **__: object) -> Generator[Event, None, None]:
        yield Note("expand", "Started.")
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [(KeyboardInterrupt(), 130, "Interrupted"), (MemoryError(), 2, "not enough memory")],
)
def test_what_breaks_off_leaves_files_as_they_were(
    shelf: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    error: BaseException,
    code: int,
    sentence: str,
) -> None:
    monkeypatch.chdir(shelf)
    monkeypatch.setattr(chain, "run", breaking(error))
    before = snapshot(shelf)
    assert main([*RECOVER, "probes.npz", *FILES, "--json"]) == code
    said = capsys.readouterr()
    assert said.out == "" and "Started." in said.err and sentence in said.err
    assert snapshot(shelf) == before


@pytest.mark.skipif(os.name == "nt", reason="folders have no write protection there")
def test_a_file_that_is_write_protected_is_not_replaced(
    shelf: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(shelf)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert main([*RECOVER, "probes.npz", "--out", "r.json"]) == 2
    assert "write-protected" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["teacher", "probe", "recover", "compare"])
def test_every_command_has_help_and_the_common_options(command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert all(option in text for option in ("--help", "--seed", "--device", "--json"))


def test_data_are_the_default_count_of_their_rows(place: Path, capsys: Capture) -> None:
    assert main(["teacher", "wine", "--hidden", "2", "--out", "t.safetensors"]) == 0
    capsys.readouterr()
    ask = ["probe", "t.safetensors", "--distribution", "data", "--json", "--out", "p.npz"]
    assert main(ask) == 0
    assert facts(capsys)["count"] == 178
    assert main([*ask, "--count", "179"]) == 2
    assert "178 rows" in capsys.readouterr().err
    assert set(DATASETS) < set(PRESETS)


def test_the_module_is_a_program(place: Path) -> None:
    command = [sys.executable, "-m", "ec_core", "teacher", "mnist", "--out", "t.safetensors"]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.stderr
