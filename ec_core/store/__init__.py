"""Runs on disk: one folder per run, every part of it written whole or not at all."""

from ec_core.store.builds import (
    AUTOMATIC,
    EXACT,
    Build,
    builds,
    forget_builds,
    in_use,
    load_build,
    save_build,
    use_build,
)
from ec_core.store.run import RunSummary, StoredRun
from ec_core.store.runs import RunStore, home
from ec_core.store.versions import Version, bring_back, keep_version, version_folder, versions

__all__ = [
    "AUTOMATIC",
    "EXACT",
    "Build",
    "RunStore",
    "RunSummary",
    "StoredRun",
    "Version",
    "bring_back",
    "builds",
    "forget_builds",
    "home",
    "in_use",
    "keep_version",
    "load_build",
    "save_build",
    "use_build",
    "version_folder",
    "versions",
]
