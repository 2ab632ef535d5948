"""Streamlit's command line, with every run of a page profiled; for ``page_cost.py --profile``.

What a page's functions have taken is printed when the server is stopped.
"""

from __future__ import annotations

import cProfile
import pstats
import threading
from collections.abc import Callable
from typing import Any

from streamlit.runtime.scriptrunner import exec_code, script_runner
from streamlit.web import cli

SHOWN = 45

_lock = threading.Lock()
_runs: list[pstats.Stats] = []


def _profiled(plain: Callable[..., Any]) -> Callable[..., Any]:
    def run(*given: Any, **named: Any) -> Any:
        profile = cProfile.Profile()
        with _lock:  # one at a time: a profiler sees one thread
            profile.enable()
            try:
                return plain(*given, **named)
            finally:
                profile.disable()
                _runs.append(pstats.Stats(profile))

    return run


def main() -> None:
    wrapped = _profiled(exec_code.exec_func_with_error_handling)
    script_runner.exec_func_with_error_handling = wrapped  # type: ignore[attr-defined]
    try:
        cli.main()
    finally:
        # the first ones load what is loaded once
        whole, *rest = _runs[3:]
        for one in rest:
            whole.add(one)
        whole.strip_dirs().sort_stats("cumtime").print_stats(SHOWN)
        whole.sort_stats("tottime").print_stats(SHOWN // 2)


if __name__ == "__main__":
    main()
