"""The engine without the app: what a machine that only computes need not have.

Such a machine (one with a card, say) has numpy, scipy and torch, and neither streamlit nor plotly,
umap or fastcluster. The imports are blocked in a process of its own, so that one that hides in a
function is found as well as one at the top of a file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.cluster.hierarchy import linkage as scipy_linkage

from ec_core.cluster import automatic_cut, build_tree, dendrogram
from ec_core.cluster.cut import apply_cut
from tests.cluster.synthetic import recurring_cloud

ROOT = Path(__file__).resolve().parents[1]

ABSENT = (
    *("streamlit", "plotly", "umap", "pandas", "fastcluster", "sklearn", "pytest", "hypothesis"),
    *("pyarrow", "openpyxl", "h5py", "sqlalchemy", "alembic"),
)

_BLOCKED = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {ABSENT!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
"""


_SCRIPT = """
import importlib
import json
import numpy as np
import ec_core as ec
from ec_core import cli, cluster
from ec_core.probing import parse_answers
from ec_core.cluster.dendrogram import average_linkage

network = ec.make_teacher("xor").network
answers = ec.probe(ec.Teacher(network), count=300, seed=1)
result = ec.recover(answers, activation="tanh", students=4)
said = {"verified": result.report["verified"], "merges": len(result.tree.heights)}

ec.save_network(network, "teacher.safetensors")
options = ["--activation", "tanh", "--students", "4", "--out", "recovered.safetensors"]
said["exit"] = cli.main(["recover", "teacher.safetensors", *options, "--json"])


def sentence(asked):
    try:
        asked()
    except ec.ECError as error:
        return str(error)


TABLES = {
    "t.csv": b"x,y\\n1,2\\n",
    "t.parquet": b"PAR1",
    "t.feather": b"ARROW1",
    "t.xlsx": b"",
    "t.mat": b"MATLAB 7.3".ljust(512) + b"\\x89HDF\\r\\n\\x1a\\n",
}
np.savez("answers.npz", x=[[1.0, 2.0]], y=[3.0])
print(json.dumps({
    **said,
    "tree": average_linkage.__module__,
    "data": sentence(lambda: ec.load_dataset("wine")),
    "figures": sentence(lambda: importlib.import_module("ec_core.figures")),
    "tables": [sentence(lambda: parse_answers(data, name)) for name, data in TABLES.items()],
    "npz": [values.tolist() for values in ec.load_answers("answers.npz")],
    "map": sentence(lambda: cluster.umap_embedding(np.random.default_rng(0).random((24, 3)), 0)),
}))
"""


def test_a_network_is_recovered_without_any_of_them(tmp_path: Path) -> None:
    """One process for all that is asked of it: starting one takes longer than what it does."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _BLOCKED + _SCRIPT],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report, said = (json.loads(line) for line in done.stdout.splitlines())
    assert said["verified"] and said["merges"] > 4
    assert (
        said["exit"] == 0 and report["verified"] and (tmp_path / "recovered.safetensors").is_file()
    )
    assert said["tree"].startswith("scipy.cluster")
    assert "scikit-learn" in said["data"] and "pip install" in said["data"]
    needed = ("pandas", "pyarrow", "pyarrow", "openpyxl", "h5py")
    for words, package in zip(said["tables"], needed, strict=True):
        assert package in words and 'pip install -e ".[tables]"' in words
    assert said["npz"] == [[[1.0, 2.0]], [3.0]]
    for what, package in (("figures", "plotly"), ("map", "umap")):
        assert package in said[what] and 'pip install -e ".[app]"' in said[what]


_BENCHMARK = """
import runpy
sys.argv = ["gpu.py", *{arguments!r}]
runpy.run_path("tests/benchmarks/gpu.py", run_name="__main__")
"""


def _benchmark(*arguments: str) -> str:
    """What the benchmark of cards prints in such a process."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _BLOCKED + _BENCHMARK.format(arguments=arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
def test_the_benchmark_of_cards_starts_without_any_of_them() -> None:
    """What it calls is run by the test above and, on a pretended card, by test_gpu_benchmark."""
    assert "--small" in _benchmark("--help")


@pytest.mark.long
def test_the_benchmark_of_cards_runs_without_any_of_them(tmp_path: Path) -> None:
    """As its docstring promises; without a card it is small."""
    _benchmark("--small", "--out", str(tmp_path))
    found = json.loads((tmp_path / "gpu.json").read_text(encoding="utf-8"))
    assert [row["verified"] for row in found["cases"]] == [True] * len(found["cases"]) != []


@pytest.mark.parametrize("activation", ["g", "tanh", "relu"])
def test_scipys_tree_is_the_same(activation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where fastcluster is missing: same merges, same cut, same clusters."""
    cloud, _ = recurring_cloud(6, 5, 4, activation)
    fast = build_tree(cloud)
    monkeypatch.setattr(dendrogram, "average_linkage", scipy_linkage)
    slow = build_tree(cloud)
    np.testing.assert_array_equal(slow.linkage[:, [0, 1, 3]], fast.linkage[:, [0, 1, 3]])
    np.testing.assert_allclose(slow.heights, fast.heights, rtol=1e-12)
    np.testing.assert_array_equal(slow.leaf_order, fast.leaf_order)
    np.testing.assert_array_equal(slow.support, fast.support)
    cuts = [automatic_cut(tree, 0.5, 30.0) for tree in (fast, slow)]
    kept = [
        [c.members.tolist() for c in apply_cut(tree, cloud, cut).kept]
        for tree, cut in zip((fast, slow), cuts, strict=True)
    ]
    assert kept[0] == kept[1] and kept[0]
