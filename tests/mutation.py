"""Do the tests notice when a line is wrong? Every small change to a file, each tried by its tests.

    python tests/mutation.py ec_core/cluster/plateau.py

prints the changes that no test noticed and for which ``mutation_equivalents`` gives no reason;
exit code 1 if there are any. A file takes minutes: this is run by hand after the file or its tests
were changed, never by the check. The tests are collected once; every change is then made to the
functions in memory of a forked child, which runs the tests, quickest first, until one fails. A
child that hangs is ended and counts as noticed. Files are left alone.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib
import os
import signal
import sys
import time
import types
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_NUM_THREADS", "1")  # forked children could not use the threads

from tests.mutants import Mutant, mutants  # noqa: E402
from tests.mutation_equivalents import EQUIVALENT  # noqa: E402

TESTS = {
    "ec_core/cluster/plateau.py": ("tests/cluster/test_plateau.py",),
    "ec_core/cluster/cut.py": ("tests/cluster/test_cut.py", "-k", "not finds_exactly"),
    "ec_core/reconstruct/signs.py": ("tests/reconstruct/test_signs.py",),
    "ec_core/verify/certificate.py": ("tests/verify/test_rules.py",),
}
"""The tests of each file; its own doctests are run too."""

_SLOW = 3.0
"""Tests that take longer (seconds, unchanged) are left out: quick ones must do."""

_HANGS = 8.0
"""A child that takes this many times longer than all tests of the unchanged file is ended."""

_HUNG, _NOTICED, _PASSED = 99, 1, 0


def in_child(work: Callable[[], int], limit: float) -> int:
    """What ``work`` returns in a forked child that says nothing; ``_HUNG`` if it hangs."""
    child = os.fork()
    if child == 0:
        code = _NOTICED
        with contextlib.suppress(BaseException):
            os.setsid()
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            code = work()
        os._exit(code)
    end = time.monotonic() + limit
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return _HUNG


def transplant(module: types.ModuleType, source: str) -> None:
    """Make a loaded module do what ``source`` says, for all who hold its functions and classes."""
    new: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
    exec(compile(source, module.__file__ or "", "exec"), new)
    for name, value in new.items():
        old = vars(module).get(name)
        if name.startswith("__") or getattr(value, "__module__", module.__name__) != (
            module.__name__
        ):
            continue  # what the module imports stays what it is
        if isinstance(old, types.FunctionType):
            _become(old, value)
        elif isinstance(old, type):
            _members_become(old, value)
        else:
            _replaced_everywhere(name, old, value)


def _become(old: types.FunctionType, new: types.FunctionType) -> None:
    old.__code__ = new.__code__
    old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__


def _members_become(old: type, new: type) -> None:
    for name, member in vars(new).items():
        before, after = _function(vars(old).get(name)), _function(member)
        if before is not None and after is not None:
            _become(before, after)
        elif not name.startswith("__") and not isinstance(member, types.MemberDescriptorType):
            setattr(old, name, member)


def _function(member: object) -> types.FunctionType | None:
    inside = member
    if isinstance(member, property):
        inside = member.fget
    elif isinstance(member, classmethod | staticmethod):
        inside = member.__func__
    return inside if isinstance(inside, types.FunctionType) else None


def _replaced_everywhere(name: str, old: object, new: object) -> None:
    """A constant, in its own module and in those that imported it."""
    for other in list(sys.modules.values()):
        if other.__name__.startswith(("ec_core", "tests")) and vars(other).get(name) is old:
            setattr(other, name, new)


class Trials:
    """Stands in for pytest's loop over the collected tests."""

    def __init__(self, file: str, only: str) -> None:
        self.file, self.only = file, only
        # before pytest imports it for its doctests, or the package would hold another copy
        self.module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
        self.tally: Counter[str] = Counter()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = self._quick(session)
        began = time.monotonic()
        if in_child(lambda: _run(session, items), 3600.0) != _PASSED:
            pytest.exit(f"The tests of {self.file} fail as it is.", 2)
        limit = 5.0 + _HANGS * (time.monotonic() - began)
        for mutant in mutants((ROOT / self.file).read_text()):
            if self.only in mutant.name:
                trial = functools.partial(_tried, mutant, self.module, session, items)
                self._judge(mutant, in_child(trial, limit))
        return True

    def _quick(self, session: pytest.Session) -> list[pytest.Item]:
        """The tests that are not slow, quickest first."""
        clock, seconds = [0.0], {}
        for item in session.items:
            if in_child(functools.partial(_run, session, [item]), 600.0) != _PASSED:
                pytest.exit(f"{item.nodeid} fails as it is.", 2)
            clock.append(os.times().children_user + os.times().children_system)
            seconds[item] = clock[-1] - clock[-2]
        quick = [item for item in session.items if seconds[item] <= _SLOW]
        return sorted(quick, key=lambda item: seconds[item])

    def _judge(self, mutant: Mutant, code: int) -> None:
        known = mutant.name in EQUIVALENT.get(self.file, {})
        noticed = code != _PASSED
        kind = "noticed" if noticed else "equivalent" if known else "SURVIVED"
        self.tally[kind] += 1
        if kind == "SURVIVED":
            print(f"SURVIVED {self.file}:{mutant.line} {mutant.name}", flush=True)
        if noticed and known:
            print(f"not equivalent: {mutant.name}", flush=True)


def _run(session: pytest.Session, items: list[pytest.Item]) -> int:
    """``_PASSED`` if all items pass, one after the other; the first failure ends it."""
    for item in items:
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        if session.testsfailed:
            return _NOTICED
    return _PASSED


def _tried(
    mutant: Mutant, module: types.ModuleType, session: pytest.Session, items: list[pytest.Item]
) -> int:
    transplant(module, mutant.source)
    return _run(session, items)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", choices=sorted(TESTS))
    parser.add_argument("--only", default="", help="mutants whose name contains this")
    parser.add_argument("--list", action="store_true", help="name the mutants, try none")
    chosen = parser.parse_args()
    if chosen.list:
        for mutant in mutants((ROOT / chosen.file).read_text()):
            print(f"{mutant.line}: {mutant.name}")
        return 0
    os.chdir(ROOT)
    trials = Trials(chosen.file, chosen.only)
    off = [f"no:{name}" for name in ("cacheprovider", "xdist", "rerunfailures", "terminal")]
    plain = [word for name in off for word in ("-p", name)]
    begin = [*plain, "-s", "--hypothesis-seed=0", chosen.file, *TESTS[chosen.file]]
    code = pytest.main(begin, plugins=[trials])
    print(f"{chosen.file}: {trials.tally.total()} changes, {dict(trials.tally)}")
    return int(code) or int(trials.tally["SURVIVED"] > 0)


if __name__ == "__main__":
    sys.exit(main())
