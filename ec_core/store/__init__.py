"""Runs on disk: one folder per run, every part of it written whole or not at all."""

from ec_core.store.run import RunSummary, StoredRun
from ec_core.store.runs import RunStore, home

__all__ = ["RunStore", "RunSummary", "StoredRun", "home"]
