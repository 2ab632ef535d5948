"""A PostgreSQL server of one's own, in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOUND = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
"""Where Debian keeps the programs, the newest last."""


@contextmanager
def server() -> Iterator[str]:
    """Its address for EC_DATABASE_URL; it listens in a folder only, so no port is taken."""
    with commands() as (address, _, _):
        yield address


@contextmanager
def commands() -> Iterator[tuple[str, list[str], list[str]]]:
    """Its address, and the commands that stop it and start it again."""
    programs = FOUND[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="ec-postgres-"))
    # it refuses to be started by root
    user = {"user": "postgres", "group": "postgres"} if os.getuid() == 0 else {}
    if user:
        shutil.chown(folder, "postgres", "postgres")

    def call(name: str, *options: str) -> None:
        with (folder / "said").open("ab") as said:
            subprocess.run(
                [str(programs / name), "-D", str(folder / "data"), *options],
                cwd="/",
                check=True,
                stdout=said,
                stderr=said,
                **user,  # type: ignore[call-overload]
            )

    try:
        call("initdb", "-U", "ec", "--auth=trust", "-E", "UTF8", "--no-sync")
        listening = f"-k {folder} -c listen_addresses=''"
        begin = ["-w", "-o", listening, "-l", str(folder / "log"), "start"]
        call("pg_ctl", *begin)
        become = ["runuser", "-u", "postgres", "--"] if user else []
        control = [*become, str(programs / "pg_ctl"), "-D", str(folder / "data")]
        stop = [*control, "-w", "-m", "immediate", "stop"]
        try:
            yield f"postgresql://ec@/postgres?host={folder}", stop, [*control, *begin]
        finally:
            call("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
