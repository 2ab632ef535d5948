"""What the server writes of what happens: EC_LOG=json or text, one line for each event.

A line names the run and the job where it is about one, and the visitor by the first letters of the
hash that is kept of their secret: enough to tell two people apart, not to be one of them. Where
EC_LOG is not set only what went wrong is written, as before.
"""

from __future__ import annotations

import datetime
import json
import logging
import os
import re
import sys
from typing import Any

SETTING = "EC_LOG"
JSON, TEXT = "json", "text"

SHORT = 8
"""Letters of a visitor's hash."""

_OF_OTHERS = ("uvicorn", "uvicorn.error", "streamlit")
"""Loggers with a form of their own, which is given up for ours. Requests (uvicorn.access) stay
unwritten: an address opens a run for whoever reads it.
"""

_SIGNED = re.compile(rf"\bby ([0-9a-f]{{{SHORT}}})[0-9a-f]{{{64 - SHORT}}}\b")


def short(key: str | None) -> str | None:
    """A visitor as the host sees them; None of nobody.

    >>> short("0123456789abcdef"), short("")
    ('01234567', None)
    """
    return key[:SHORT] if key else None


def anonymous(text: str) -> str:
    """Text in which visitors are named by their hash, shortened.

    >>> anonymous("difficulty by " + 16 * "4a7b")
    'difficulty by 4a7b4a7b'
    """
    return _SIGNED.sub(r"by \1", text)


def facts(record: logging.LogRecord) -> dict[str, Any]:
    """An event as plain data."""
    moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
    told: dict[str, Any] = {
        "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": anonymous(record.getMessage()),
    }
    about = {name: getattr(record, name, None) for name in ("run", "job")}
    about["visitor"] = short(getattr(record, "who", None)) or _asking()
    told |= {name: anonymous(str(value)) for name, value in about.items() if value}
    for name, value in (getattr(record, "told", None) or {}).items():
        told[name] = round(value, 3) if isinstance(value, float) else value
    if record.exc_info:
        told["error"] = anonymous(logging.Formatter().formatException(record.exc_info))
    return told


def _asking() -> str | None:
    """The visitor for whom this thread draws a page or hears a click, if it does."""
    known = sys.modules.get("ec_core.runs.visitors")
    try:
        return None if known is None else short(known.asking().key)
    except Exception:  # nothing that is written down may fail for want of a name
        return None


class JsonLines(logging.Formatter):
    """One JSON object for each event."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(facts(record), ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """One line of words for each event; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        told = facts(record)
        error = told.pop("error", None)
        head = [told.pop(name) for name in ("time", "level", "logger", "message")]
        # what somebody sent must not look like a line of ours
        words = [*head, *(f"{name}={value}" for name, value in told.items())]
        line = " ".join(str(word) for word in words).replace("\r", "\\r").replace("\n", "\\n")
        return line if error is None else f"{line}\n{error}"


def check() -> None:
    """Raises SystemExit for an EC_LOG that cannot be meant."""
    if os.environ.get(SETTING, "") not in ("", JSON, TEXT):
        raise SystemExit(f"{SETTING} is {os.environ[SETTING]!r}; expected {JSON} or {TEXT}.")


def set_up() -> None:
    """From now on everything is written as EC_LOG says; nothing changes where it is not set."""
    form = os.environ.get(SETTING)
    if not form:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form == JSON else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in _OF_OTHERS:
        other = logging.getLogger(name)
        other.handlers.clear()
        other.propagate = True
    # a line for each request to a model, and for each step of a migration, tells a host nothing
    for name in ("httpx", "httpcore", "alembic", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
