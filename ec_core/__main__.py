"""``python -m ec_core`` is the command line."""

import sys

from ec_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
