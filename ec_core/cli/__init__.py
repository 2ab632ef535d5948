"""The command line: ``python -m ec_core teacher | probe | recover | compare | benchmark``.

Exit codes: 0 done (recover: and verified; benchmark: and all problems right), 2 bad usage or bad
input (one sentence on stderr, nothing written), 3 finished but not verified or not all right (files
written, the report says why), 130 interrupted.
"""

from ec_core.cli.run import main

__all__ = ["main"]
