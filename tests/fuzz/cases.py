"""A program of its own, whose process may be killed by what it reads:

    python -m tests.fuzz.cases TARGET FIRST COUNT

does cases FIRST to FIRST + COUNT of a target, each from its number alone. Each has two seconds of a
processor, all of them memory up to a limit above what was there at the start, and a folder outside
of which nothing may be written and no program or address reached. Says every case before it is
done, so that whoever waits knows which one was the last, and every fault in one line of JSON.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ec_core.errors import ECError
from tests.fuzz import seeds, targets
from tests.fuzz.mutate import mutated

SECONDS = 2.0
MEMORY = 3 * 2**30
"""Above what is there at the start: a file may unpack to 1 GiB, and be changed into numbers."""

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.link", "os.chmod")
_REACHES = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "socket.connect",
    "pty.spawn",
)

_Kind = dict[str, Callable[[], bytes]]


def _text_seeds() -> _Kind:
    found: _Kind = {f"address {i}": lambda t=t: t.encode() for i, t in enumerate(seeds.ADDRESSES)}  # type: ignore[misc]
    found |= {"hosts": lambda: random.choice(seeds.HOSTS).encode()}
    return found | {"id": lambda: random.choice(seeds.IDS).encode()}


def _archives() -> _Kind:
    import io
    import zipfile

    def made() -> bytes:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name in ("run.json", "recovered.safetensors", "versions/1/cuts.json"):
                data = seeds.CONFIGURATIONS[name.rpartition("/")[2]]()
                archive.writestr(zipfile.ZipInfo(name), data)
        return buffer.getvalue()

    return {"given.ecrun": made}


TARGETS: dict[str, tuple[targets.Target, Callable[[], _Kind]]] = {
    "table": (targets.table, lambda: seeds.TABLES),
    "answers": (targets.answers, lambda: seeds.TABLES),
    "model": (targets.model, lambda: seeds.MODELS),
    "configuration": (targets.configuration, lambda: seeds.CONFIGURATIONS),
    "archive": (targets.archive, _archives),
    "address": (targets.address, _text_seeds),
}


class Watch:
    """What is done outside of the case's own folder."""

    def __init__(self) -> None:
        self.place: Path | None = None
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if self.place is None:
            return
        if event in _REACHES:
            self.seen.append(f"{event} {args[:1]}")
        elif event in _CHANGES or (event == "open" and self._writes(args)):
            path = args[0]
            if isinstance(path, str | bytes | os.PathLike):
                text = os.path.realpath(self._folder(event, args) / os.fsdecode(path))
                if not text.startswith((str(self.place), "/dev/null")):
                    self.seen.append(f"{event} {text}")

    @staticmethod
    def _folder(event: str, args: tuple[Any, ...]) -> Path:
        """What a name is relative to: of what shutil removes, the folder that it has open."""
        handle = args[-1] if event in ("os.remove", "os.rmdir", "os.mkdir") else -1
        open_ = isinstance(handle, int) and handle >= 0
        return Path(os.readlink(f"/proc/self/fd/{handle}") if open_ else os.getcwd())

    @staticmethod
    def _writes(args: tuple[Any, ...]) -> bool:
        mode, flags = args[1], args[2]
        if isinstance(mode, str):
            return any(letter in mode for letter in "wax+")
        return bool(flags & _WRITES)


def bytes_of(kind: _Kind, number: int) -> tuple[str, bytes]:
    """The file of a case."""
    draw = random.Random(number)
    random.seed(number)
    names = sorted(kind)
    name = names[number % len(names)]
    return name, mutated(kind[name](), draw, kind[draw.choice(names)]())


def done(target: targets.Target, name: str, data: bytes, place: Path) -> dict[str, Any] | None:
    """What is wrong with how a case ends; None where nothing is."""
    try:
        target(name, data, place)
    except ECError as error:
        said = str(error)
        if "\n" in said or len(said) > 3000 or "Traceback" in said:
            return {"what": "no sentence", "said": said[:300]}
    except MemoryError:
        return {"what": "memory"}
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)
        own = [f"{Path(f.filename).name}:{f.lineno}" for f in where if "ec_core" in f.filename]
        return {"what": type(error).__name__, "said": str(error)[:200], "at": own[-3:]}
    return None


def limited() -> None:
    """From now on."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))


def main(which: str, first: int, count: int) -> None:
    """See above."""
    target, kind = TARGETS[which]
    place = Path(tempfile.mkdtemp(prefix="ec-fuzz-")).resolve()
    os.environ["EC_HOME"] = tempfile.tempdir = str(place)
    warnings.simplefilter("ignore")
    given = kind()
    # once through unchanged: what is imported late is there before anything is counted
    for name in given:
        fault = done(target, name, given[name](), place)
        if fault is not None:
            print(json.dumps({**fault, "case": f"{name}, unchanged"}), flush=True)
    watch = Watch()
    limited()
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for number in range(first, first + count):
        name, data = bytes_of(given, number)
        print(number, flush=True)
        watch.place, watch.seen = place, []
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        fault = done(target, name, data, place)
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        watch.place = None
        if fault is None and watch.seen:
            fault = {"what": "outside", "said": watch.seen[:3]}
        if fault is not None:
            print(json.dumps({**fault, "case": f"{which} {number} {name}"}), flush=True)
    shutil.rmtree(place, ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
