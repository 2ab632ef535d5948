"""A run without a page: what is stored of it, what is made of that, and its work in the background.

The app, scripts and tests use the same; nothing in here draws.
"""

from ec_core.runs.loading import store
from ec_core.runs.run import Run, next_step
from ec_core.runs.settings import Settings, default_settings
from ec_core.runs.source import LOCKED_TITLE, Source

__all__ = ["LOCKED_TITLE", "Run", "Settings", "Source", "default_settings", "next_step", "store"]
