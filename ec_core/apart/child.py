"""The other process: reads one file after the other, within the limits that come with each.

Run as a file of its own. What it needs for tables is imported without torch, by entering the
packages past their ``__init__``: so it is there in half a second; a network's file imports the
rest. Messages are a length of the head, the head (JSON), a length of the body and the body.

    asked: {"what", "name", "memory", "seconds", "wanted"}, the file
    told:  {"ok": true} or {"error", "kind"}, what was read (``plainly``)
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import types
from pathlib import Path
from typing import IO, Any

LENGTH = 8
"""Bytes of a length."""

_HERE = Path(__file__).resolve().parents[1]


def send(pipe: IO[bytes], head: dict[str, Any], body: bytes) -> None:
    """One message."""
    words = json.dumps(head).encode()
    for part in (words, body):
        pipe.write(len(part).to_bytes(LENGTH, "little"))
        pipe.write(part)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """One message. Raises EOFError where the other end is gone."""
    parts = []
    for _ in range(2):
        size = pipe.read(LENGTH)
        part = pipe.read(int.from_bytes(size, "little")) if len(size) == LENGTH else b""
        if len(size) < LENGTH or len(part) < int.from_bytes(size, "little"):
            raise EOFError
        parts.append(part)
    return dict(json.loads(parts[0])), parts[1]


def _bare_packages() -> None:
    """Packages of this program as places where modules are found, and nothing more."""
    for name in ("", ".networks", ".probing", ".probing.tables", ".apart"):
        package = types.ModuleType(f"ec_core{name}")
        package.__path__ = [str(_HERE.joinpath(*name.split(".")))]
        sys.modules[f"ec_core{name}"] = package


def limit(memory: int, seconds: int) -> None:
    """From now on: so many bytes more than now, so many seconds of a processor more than now."""
    try:
        import resource
    except ImportError:  # not on this system; the other end still watches the clock
        return
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if _LINUX else 0
    mine = pages * resource.getpagesize() + memory
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    for what, most in ((resource.RLIMIT_AS, mine), (resource.RLIMIT_CPU, spent + seconds)):
        if what == resource.RLIMIT_AS and not _LINUX:
            continue
        _, hard = resource.getrlimit(what)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, hard))


_LINUX = sys.platform.startswith("linux")


def unlimited() -> None:
    """As before; what is between two files needs no bounds."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def read(head: dict[str, Any], data: bytes) -> bytes:
    """What is in the file, see ``plainly``."""
    if head["what"] == "model":
        from ec_core.apart.plainly import model_bytes
        from ec_core.networks.reading import open_model

        # all it takes is loaded before the limit counts
        limit(head["memory"], head["seconds"])
        return model_bytes(open_model(data, head["name"]))
    from ec_core.apart.plainly import contents_bytes
    from ec_core.probing.tables.reading import read_contents

    limit(head["memory"], head["seconds"])
    return contents_bytes(read_contents(data, head["name"]), head["wanted"])


def answered(head: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """The answer to one question; what is out of memory ends the process."""
    try:
        return {"ok": True}, read(head, data)
    except Exception as error:
        from ec_core.apart.plainly import out_of_memory

        if out_of_memory(error):
            return {"error": "", "kind": "memory"}, b""
        kinds = [kind.__name__ for kind in type(error).__mro__]
        if "ECError" in kinds:
            return {"error": str(error), "kind": kinds[0]}, b""
        return {"error": type(error).__name__, "kind": "strange"}, b""
    finally:
        unlimited()


def main() -> None:
    """Answer until nobody asks any more."""
    asked, told = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    _bare_packages()
    with contextlib.suppress(ImportError):
        import ec_core.probing.tables.reading  # noqa: F401  # kept warm
    with contextlib.suppress(EOFError, OSError):
        while True:
            send(told, *answered(*receive(asked)))
    os._exit(0)


if __name__ == "__main__":
    sys.path.insert(0, str(_HERE.parent))
    main()
