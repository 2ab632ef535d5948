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
from ec_core.store.owner import LOOK, WORK, Owner, owner_of, save_owner
from ec_core.store.run import RunSummary, StoredRun
from ec_core.store.runs import RunStore, home, is_id
from ec_core.store.versions import Version, bring_back, keep_version, version_folder, versions

__all__ = [
    "AUTOMATIC",
    "EXACT",
    "LOOK",
    "Build",
    "Owner",
    "RunStore",
    "RunSummary",
    "StoredRun",
    "Version",
    "WORK",
    "bring_back",
    "builds",
    "forget_builds",
    "home",
    "in_use",
    "is_id",
    "keep_version",
    "load_build",
    "owner_of",
    "save_build",
    "save_owner",
    "use_build",
    "version_folder",
    "versions",
]
