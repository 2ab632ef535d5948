"""Streamlit's command line, with networks being trained beside it, one after the other.

For ``crowd.py`` and ``tests/crowds``. The file that EC_TRAIN names says which run is trained, how
many iterations all of them have had, and how many seconds that took. ``alone``: without a server.
"""

from __future__ import annotations

import importlib
import itertools
import json
import os
import sys
import threading
import time
from pathlib import Path

from streamlit.web import cli

SECONDS = 0.25
"""Between two looks at the training."""


def _say(run: str, iterations: int, seconds: float) -> None:
    told = Path(os.environ["EC_TRAIN"])
    said = json.dumps({"run": run, "iterations": iterations, "seconds": seconds})
    told.with_suffix(".new").write_text(said)
    told.with_suffix(".new").replace(told)


def _train() -> None:
    # after the server has begun to answer, as in life
    time.sleep(5)
    importlib.import_module("pages")  # the gate, alone and first, as for a page
    from ec_core.probing.presets import make_teacher
    from ec_core.runs import work
    from ec_core.runs.run import Run
    from ec_core.runs.settings import Settings
    from ec_core.runs.source import Source
    from pages.shell.process import board

    iterations, began = 0, time.monotonic()
    for seed in itertools.count():
        card = make_teacher("synthetic", sizes=(16, 16, 1), activation="g", seed=seed)
        run = Run.create(Source.from_card(card, {}), Settings(students=6, width=24, probes=1500))
        job, before = work.start_expand(board(), run), iterations
        while not job.over:
            time.sleep(SECONDS)
            seen = job.buffer.seen().training
            if seen is not None:
                iterations = before + seen.iteration
                _say(run.id, iterations, time.monotonic() - began)


def main() -> None:
    if sys.argv[1:] == ["alone"]:
        _train()
        return
    if os.environ.get("EC_SWITCH"):
        sys.setswitchinterval(float(os.environ["EC_SWITCH"]))
    threading.Thread(target=_train, daemon=True).start()
    cli.main()


if __name__ == "__main__":
    main()
