"""The program of a local worker: ``python -m ec_core.pool.worker THREADS``.

What it computes with is set to so many threads; it ends with the process that started it, and does
not hear the Ctrl+C that is meant for that one.
"""

from __future__ import annotations

import os
import signal
import sys


def set_threads(threads: int) -> None:
    """So many threads for sums of this process."""
    import threadpoolctl
    import torch

    torch.set_num_threads(threads)
    threadpoolctl.threadpool_limits(threads)


def main(threads: int) -> None:
    """Serve until nobody gives any more."""
    from ec_core.pool.local import serve

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked, told = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # whatever prints does not print into the messages
    os.dup2(2, 1)
    set_threads(threads)
    serve(asked, told)
    # work in a thread of its own would hold the process up
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
