"""How much of a server one person may use, and how much of the machine its work may: one file.

EC_LIMITS names it (TOML). What it does not say is as below: nothing is limited for somebody who has
a server for themselves, and where many visitors come each has a share that a class can live with.
The file is read once, when the server starts.

    [person]
    waiting = 5          # jobs of one person that wait
    jobs = 6             # and those with the ones that are being worked on
    minutes = 240        # of computing in a day
    space = 2            # gigabytes of runs
    upload = 64          # megabytes of one file
    students = 200       # trained at a time
    weights = 50_000     # of one student
    probes = 200_000     # questions of one run

    [host]
    at_once = 1          # jobs that are worked on at the same time, for each device
    aside = 8            # gigabytes that jobs which are set aside may hold, for each device

A number may be "none": no limit.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from ec_core.errors import InputError

SETTING = "EC_LIMITS"

GB, MB = 10**9, 10**6

_NONE = "none"


@dataclass(frozen=True)
class Person:
    """What one person may; None: as much as they like. See above for the units."""

    waiting: int | None = None
    jobs: int | None = None
    minutes: float | None = None
    space: float | None = None
    upload: float | None = None
    students: int | None = None
    weights: int | None = None
    probes: int | None = None


@dataclass(frozen=True)
class Host:
    """What the work on one device may. aside : None for half of the device's memory"""

    at_once: int = 1
    aside: float | None = None


ALONE = Person()
"""Somebody who has a server for themselves."""

MANY = Person(
    waiting=5,
    jobs=6,
    minutes=240,
    space=2,
    upload=64,
    students=200,
    weights=50_000,
    probes=200_000,
)
"""Each of many visitors. Thirty of them who use all of it fill 60 GB; nobody in a lesson does."""

_TABLES: dict[str, type[Person | Host]] = {"person": Person, "host": Host}
_WHOLE = ("waiting", "jobs", "students", "weights", "probes", "at_once")


@dataclass(frozen=True)
class Told:
    """What a file says, by names as above."""

    person: Mapping[str, float | int | None]
    host: Mapping[str, float | int | None]

    def of(self, who: str) -> Person:
        """The limits of a person; "" is who has a server for themselves."""
        # names are those of the fields, see _value
        return replace(MANY if who else ALONE, **self.person)  # type: ignore[arg-type]

    @property
    def machine(self) -> Host:
        """The limits of the work."""
        return replace(Host(), **self.host)  # type: ignore[arg-type]


NOTHING = Told({}, {})


def read(file: Path) -> Told:
    r"""What a file says. Raises InputError, with file, line and key, where it cannot be meant.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "limits.toml")
    >>> _ = file.write_text('[person]\njobs = 2\nminutes = "none"\n')
    >>> told = read(file)
    >>> told.of("Ada").jobs, told.of("Ada").minutes, told.of("Ada").waiting, told.of("").waiting
    (2, None, 5, None)
    """
    try:
        text = file.read_text("utf-8")
        found = tomllib.loads(text)
    except OSError as error:
        raise InputError(
            f"The limits in {file} cannot be read: {error.strerror}; name another file "
            f"({SETTING}, --limits)."
        ) from None
    except UnicodeDecodeError:
        raise InputError(f"The limits in {file} are no text in UTF-8; write them anew.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"{file} is no TOML: {error}; see docs/hosting.md for a whole one."
        ) from None
    told: dict[str, dict[str, float | int | None]] = {name: {} for name in _TABLES}
    for table, values in found.items():
        known = _TABLES.get(table)
        if known is None or not isinstance(values, dict):
            raise InputError(
                f"{file}, line {_line(text, table)}: {table!r} is no part of the limits; expected "
                "[person] or [host]."
            )
        names = tuple(field.name for field in fields(known))
        for name, value in values.items():
            place = f"{file}, line {_line(text, name, table)}: [{table}] {name}"
            if name not in names:
                raise InputError(f"{place} is no limit; expected {', '.join(names)}.")
            told[table][name] = _value(name, value, place)
    return Told(told["person"], told["host"])


def _value(name: str, value: Any, place: str) -> float | int | None:
    if value == _NONE and name != "at_once":
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    least = 1 if name == "at_once" else 0
    if number and least <= value < 2**53 and (name not in _WHOLE or isinstance(value, int)):
        return int(value) if name in _WHOLE else float(value)
    kind = "a whole number" if name in _WHOLE else "a number"
    other = "" if name == "at_once" else f', or "{_NONE}"'
    raise InputError(f"{place} is {value!r}; expected {kind} of {least} or more{other}.")


def _line(text: str, name: str, table: str | None = None) -> int:
    """The line in which a name is given its value, as well as it can be told; 1 if it cannot."""
    inside = table is None
    for number, line in enumerate(text.splitlines(), start=1):
        heading = re.match(r"\s*\[+\s*([^\]]*?)\s*\]+", line)
        if heading:
            inside = table is None or heading[1].strip("\"'") == table
        words = heading[1] if heading and table is None else line.partition("=")[0]
        if inside and re.search(rf"(^|\W){re.escape(name)}(\W|$)", words):
            return number
    return 1


@lru_cache(maxsize=8)
def _read(file: str) -> Told:
    return read(Path(file))


def told() -> Told:
    """What EC_LIMITS says. Raises InputError where that cannot be meant."""
    file = os.environ.get(SETTING)
    return _read(file) if file else NOTHING
