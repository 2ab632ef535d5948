"""Streamlit's command line, with every thread of a page profiled; for ``page_cost.py --profile``.

Counted is the processor time of the page's own thread, from its beginning to its end: what runs
before and after the script (Streamlit's bookkeeping, the garbage collection) is in it, what other
threads do meanwhile is not. What the functions have taken, per page, is printed when the server is
stopped.
"""

from __future__ import annotations

import cProfile
import os
import pstats
import signal
import sys
import threading
import time
from typing import Any

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.web import cli

SHOWN = 60
LOADING = 3
"""Pages that load what is loaded once, and are left out."""

_lock = threading.Lock()
_runs: list[pstats.Stats] = []


def _profiled(plain: Any) -> Any:
    def run(runner: Any) -> Any:
        profile = cProfile.Profile(time.thread_time)
        profile.enable()
        try:
            return plain(runner)
        finally:
            profile.disable()
            with _lock:
                _runs.append(pstats.Stats(profile))

    return run


def main() -> None:
    # the server hands the signal on once it has stopped; what was counted is still to be printed
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    ScriptRunner._run_script_thread = _profiled(ScriptRunner._run_script_thread)  # type: ignore[method-assign]
    try:
        cli.main()
    finally:
        whole, *rest = _runs[LOADING:]
        for one in rest:
            whole.add(one)
        print(f"{1e3 * whole.total_tt / (1 + len(rest)):.1f} ms a page, of {1 + len(rest)} pages")  # type: ignore[attr-defined]
        whole.strip_dirs().sort_stats("cumtime").print_stats(SHOWN)
        whole.sort_stats("tottime").print_stats(SHOWN // 2)
        if os.environ.get("EC_PROFILE"):
            whole.dump_stats(os.environ["EC_PROFILE"])


if __name__ == "__main__":
    main()
