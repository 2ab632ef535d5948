"""Streamlit's command line, with a network being trained beside it; for ``crowd.py``.

The file that EC_TRAIN names holds the iterations per second so far.
"""

from __future__ import annotations

import importlib
import os
import threading
import time
from pathlib import Path

from streamlit.web import cli


def _train() -> None:
    # after the server has begun to answer, as in life
    time.sleep(5)
    importlib.import_module("pages")  # the gate, alone and first, as for a page
    from ec_core.jobs import Job
    from ec_core.probing.presets import make_teacher
    from ec_core.runs import work
    from ec_core.runs.run import Run
    from ec_core.runs.settings import Settings
    from ec_core.runs.source import Source
    from pages.shell.process import board

    card = make_teacher("synthetic", sizes=(16, 16, 1), activation="g", seed=0)
    run = Run.create(Source.from_card(card, {}), Settings(students=6, width=32, probes=4000))
    job: Job = work.start_expand(board(), run)
    began, first = 0.0, 0
    while not job.over:
        time.sleep(1)
        seen = job.buffer.seen().training
        if seen is None:
            continue
        if not began:
            began, first = time.monotonic(), seen.iteration
        elif seen.iteration > first:
            pace = (seen.iteration - first) / (time.monotonic() - began)
            Path(os.environ["EC_TRAIN"]).write_text(str(pace))


def main() -> None:
    threading.Thread(target=_train, daemon=True).start()
    cli.main()


if __name__ == "__main__":
    main()
