"""The package as others get it: built, put where nothing else is, and used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

SMOKE = """
import sys
from pathlib import Path
import ec_core as ec
assert Path(ec.__file__).is_relative_to(sys.argv[1]), ec.__file__
from ec_core.cli import main
options = ["--activation", "tanh", "--students", "4", "--out", "recovered.safetensors"]
assert main(["teacher", "xor", "--out", "teacher.safetensors"]) == 0
assert main(["recover", "teacher.safetensors", *options]) == 0
"""


def _run(command: list[str], folder: Path, **variables: str) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _wheel(folder: Path) -> Path:
    """The wheel that ``python -m build`` makes of the tree, by way of the source archive."""
    tree = folder / "tree"
    ours = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "ec_core", tree / "ec_core", ignore=ours)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    _run([sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), "."], tree)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.mark.long
def test_a_wheel_has_every_module_and_works_by_itself(tmp_path: Path) -> None:
    wheel = _wheel(tmp_path)
    with zipfile.ZipFile(wheel) as packed:
        held = set(packed.namelist())
        packed.extractall(tmp_path / "installed")
    ours = {str(p.relative_to(ROOT).as_posix()) for p in (ROOT / "ec_core").rglob("*.py")}
    assert ours and ours | {"ec_core/py.typed"} <= held
    assert not any(name.startswith(("pages", "tests", "assets")) for name in held)
    place = str(tmp_path / "installed")
    # run from elsewhere, and the wheel's folder first: the tree is not what is imported
    _run([sys.executable, "-c", SMOKE, place], tmp_path, PYTHONPATH=place)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_wheel_installs_into_an_empty_environment(tmp_path: Path) -> None:
    """Nothing of the app comes with it."""
    wheel = _wheel(tmp_path)
    home = tmp_path / "empty"
    venv.create(home, with_pip=True)
    python = home / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = [str(python), "-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt")]
    _run([*pip, str(wheel)], tmp_path)
    _run([str(python), "-c", SMOKE, str(home)], tmp_path, PYTHONPATH="")
    absent = "import importlib.util as u; assert not any(map(u.find_spec, ('streamlit', 'plotly')))"
    _run([str(python), "-c", absent], tmp_path, PYTHONPATH="")
