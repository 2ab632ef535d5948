"""The command that hosts the app: Streamlit's server with this program's settings."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

from ec_core.cli.output import progress
from ec_core.errors import InputError
from ec_core.extras import need
from ec_core.runs import limits
from ec_core.runs.loading import BESIDE_THE_APP

APP = BESIDE_THE_APP.with_name("app.py")

_SETTINGS = {
    "data": "EC_HOME",
    "database": "EC_DATABASE_URL",
    "visitors": "EC_VISITORS",
    "resume": "EC_RESUME",
    "limits": limits.SETTING,
    "allow_hosts": "EC_ALLOW_HOSTS",
    "frame_ancestors": "EC_FRAME_ANCESTORS",
}
"""Options, and the variables of the environment that they set for the server."""


def command(args: Namespace) -> list[str]:
    """What is started; without a display, and so without opening a browser."""
    return [
        *(sys.executable, "-m", "streamlit", "run", str(APP)),
        *("--server.address", args.address, "--server.port", str(args.port)),
        *("--server.headless", "true"),
    ]


def environment(args: Namespace) -> dict[str, str]:
    """The variables of this process, and those that the options set."""
    told = {variable: getattr(args, option) for option, variable in _SETTINGS.items()}
    for name in ("EC_HOME", limits.SETTING):
        # the server is started in another folder
        told[name] = None if told[name] is None else str(Path(told[name]).absolute())
    return {**os.environ, **{name: value for name, value in told.items() if value is not None}}


def serve(args: Namespace) -> bool:
    """Host the app until it is told to stop (Ctrl+C, SIGTERM): what is being computed then goes on
    when it is started again.
    """
    need("streamlit", "app", "Pages")
    if not APP.is_file():
        raise InputError(
            f"There is no {APP.name} beside the package; serve from the program's own folder, "
            "where pip install -e . was run."
        )
    given = environment(args)
    if given.get(limits.SETTING):
        limits.read(Path(given[limits.SETTING]))
    home = Path(given.get("EC_HOME") or BESIDE_THE_APP)
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"Cannot keep runs in {home}: {error.strerror}; name another folder with --data."
        ) from None
    progress(f"The app at port {args.port} of {args.address}; runs are kept in {home}.")
    arguments = command(args)
    # the server takes this process's place: whoever stops this process stops the server itself
    if os.name == "posix":
        os.chdir(APP.parent)
        os.execve(arguments[0], arguments, given)
    return subprocess.run(arguments, cwd=APP.parent, env=given, check=False).returncode == 0
