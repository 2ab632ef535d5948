"""What a word of the command line may be: a number in its range, sizes, an activation's name.

Each turns a text into a value, or raises the error that argparse makes one sentence of.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ec_core.candidates import AUTO
from ec_core.curves.search import FREE
from ec_core.errors import InputError
from ec_core.networks.activations import spelled


def whole(low: int, high: int | None = None) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if value < low or (high is not None and value > high):
            top = "" if high is None else f" and at most {high}"
            raise argparse.ArgumentTypeError(
                f"{value} is out of range, expected {low} or more{top}"
            )
        return value

    return parse


def number(low: float, high: float) -> Callable[[str], float]:
    """A number above ``low``, at most ``high``."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
        if not low < value <= high:  # refuses NaN too
            raise argparse.ArgumentTypeError(
                f"{text} is out of range, expected more than {low:g} and at most {high:g}"
            )
        return value

    return parse


def precision(text: str) -> float | None:
    """``auto`` or a share of the answers' spread."""
    return None if text == "auto" else number(0, 0.999)(text)


def sizes(text: str) -> tuple[int, ...]:
    parts = text.split("-")
    if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a list of sizes, expected positive numbers such as 4-8-1"
        )
    return tuple(int(part) for part in parts)


def several(text: str) -> tuple[int, ...]:
    """One or several whole numbers between commas."""
    return tuple(whole(1)(part) for part in text.split(","))


def activation(text: str) -> str:
    """An activation in any spelling, as its name from ``ACTIVATIONS``."""
    try:
        return spelled(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error).removesuffix(".")) from None


def activation_or_auto(text: str) -> str:
    return text if text in (AUTO, FREE) else activation(text)


def layers(text: str) -> int | str:
    """``auto`` or how many hidden layers."""
    return AUTO if text == AUTO else whole(1)(text)
