"""Numbers and names as a person reads them."""

from __future__ import annotations

import math
import re

from ec_core.candidates import AUTO
from ec_core.curves.search import FREE
from ec_core.networks.activations import activation as look_up

UNKNOWN = "I don’t know: find it out"
LEARN = "None of these: learn the curve"

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MARKDOWN = re.compile(r"[\\`*\[\]<>$~#|]|(?<!\w)_|_(?!\w)|:(?=//|\w+[\[:])")
"""What means something in Markdown, and in Streamlit's: colours and pictures between colons."""
_NUMBER = re.compile(r"\b(\d+(?:\.\d+)?)e[+-]?\d+\b")


def power(value: float) -> str:
    """A number with its power of ten written out.

    >>> power(3.21e-13), power(0.0), power(0.25), power(4000.0)
    ('3.2 × 10⁻¹³', '0', '0.25', '4,000')
    """
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e6:
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    exponent = math.floor(math.log10(abs(value)))
    mantissa = (
        value / 10.0**exponent if exponent > -300 else value * 1e300 / 10.0 ** (exponent + 300)
    )
    if round(mantissa, 1) >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{mantissa:.1f} × 10{str(exponent).translate(_RAISED)}"


def plain(sentence: str) -> str:
    r"""A sentence that Markdown shows as it stands.

    It quotes what others wrote, names of columns and errors of servers, and what people type:
    $x … $row is no formula, predictions.*.score no emphasis, ![](…) no picture from elsewhere.

    >>> print(plain("$x or $row, a.*.b*, ![see](http://x), EC_HOME"))
    \$x or \$row, a.\*.b\*, !\[see\](http\://x), EC_HOME
    """
    return _MARKDOWN.sub(r"\\\g<0>", sentence)


def on_paper(sentence: str) -> str:
    """A sentence of the engine, its small and large numbers as a person writes them.

    >>> on_paper("Loss 1.7e-02, less than 1e+04 times 0.31 and more than 1e-9.")
    'Loss 0.017, less than 10,000 times 0.31 and more than 10⁻⁹.'
    """
    return _NUMBER.sub(_written, sentence)


def _written(match: re.Match[str]) -> str:
    value = float(match[0])
    return power(value).removeprefix("1.0 × ") if float(match[1]) == 1.0 else power(value)


def duration(seconds: float) -> str:
    """A length of time, no finer than it matters.

    >>> duration(0.4), duration(12.3), duration(200), duration(7300)
    ('under 1 s', '12 s', '3 min 20 s', '2 h 1 min')
    """
    if not math.isfinite(seconds):
        return "–"
    if seconds < 1:
        return "under 1 s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def about(seconds: float) -> str:
    """A length of time that is a guess.

    >>> about(4), about(95), about(4000)
    ('a minute', '2 min', '1 h 7 min')
    """
    minutes = max(1, round(seconds / 60))
    if minutes == 1:
        return "a minute"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size(count: float) -> str:
    """A number of bytes.

    >>> size(512), size(3 * 2**20)
    ('512 bytes', '3.0 MiB')
    """
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1024
    raise AssertionError("unreachable")


def many(count: int, one: str, several: str | None = None) -> str:
    """A count with its noun.

    >>> many(1, "neuron"), many(4, "neuron"), many(2, "dictionary", "dictionaries")
    ('1 neuron', '4 neurons', '2 dictionaries')
    """
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def activation(name: str) -> str:
    """An activation as a choice; in brackets: which changes leave the function as it is.

    >>> activation("tanh"), activation("auto")
    ('tanh  (odd)', 'I don’t know: find it out')
    """
    if name == FREE:
        return LEARN
    return UNKNOWN if name == AUTO else f"{name}  ({look_up(name).symmetry})"


def shape(sizes: tuple[int, ...] | list[int]) -> str:
    """A network's sizes.

    >>> shape((2, 8, 1))
    '2–8–1'
    """
    return "–".join(str(number) for number in sizes)
