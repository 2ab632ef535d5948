"""The door to runs/page.py on a fresh server, see ``by_the_main_script``."""

import pages  # noqa: F401  # the gate, alone and first
from pages.shell.navigation import by_the_main_script

by_the_main_script()
