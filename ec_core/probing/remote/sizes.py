"""How many inputs? Asked, where nobody tells: sizes are tried, and errors are read.

Most models that are asked with the wrong number of inputs say in their error which number they
expect, so that two or three questions are enough.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from ec_core.errors import InputError
from ec_core.probing.remote.client import RefusedError
from ec_core.probing.remote.kept import Kept
from ec_core.probing.remote.limits import Meter
from ec_core.probing.remote.speech import Speech

TRIED = 64
"""Sizes tried one after the other where errors do not tell; and as many that errors name, since the
numbers of some change every time (of the request, of milliseconds).
"""

SIZE_STATUSES = frozenset({400, 413, 422, 500})
"""Statuses with which servers refuse questions, or batches, of a size they do not take."""

LARGEST = 10_000
"""A number in an error that is larger is no number of inputs."""

Try = Callable[[int], str | None]
"""Ask one question of so many numbers: None where it was answered, else what was said."""


def numbers_in(said: str) -> list[int]:
    """Numbers in an error that may be a size, each once, in their order.

    >>> numbers_in("X has 3 features, but MLPRegressor is expecting 4 features as input.")
    [3, 4]
    >>> numbers_in("mat1 and mat2 shapes cannot be multiplied (1x3 and 4x5)")
    [1, 2, 3, 4, 5]
    """
    found = (int(word) for word in re.findall(r"\d{1,6}", said))
    return list(dict.fromkeys(number for number in found if 0 < number <= LARGEST))


def find(ask: Try, who: str) -> int:
    """The number of inputs. Raises InputError where none, or more than one, is answered.

    ask : tries a size; who : begins the sentence

    >>> find(lambda size: None if size == 7 else f"expected 7 numbers, got {size}", "It")
    7
    >>> find(lambda size: None, "It")
    Traceback (most recent call last):
    ...
    ec_core.errors.InputError: It answers questions of 1 and of 2 numbers; say how many inputs it \
has with --inputs.
    """
    errors: dict[int, str] = {}
    right: list[int] = []
    usual = range(1, TRIED + 1)
    named = 0

    def tried(sizes: Iterable[int]) -> None:
        """Try these, and what their errors name, until one is right that was not before."""
        nonlocal named
        before = len(right)
        waiting = list(sizes)
        while waiting and len(right) == before:
            size = waiting.pop(0)
            if size in errors or size in right or (size not in usual and named == TRIED):
                continue
            named += size not in usual
            said = ask(size)
            if said is None:
                right.append(size)
            else:
                errors[size] = said
                waiting[:0] = numbers_in(said)

    tried(usual)
    if not right:
        raise InputError(
            f"{who} answers no question of 1 to {TRIED} numbers (of one number: "
            f"{errors[1].rstrip('.')}); say how many inputs it has with --inputs."
        )
    # some functions take questions of any size, and of two sizes none is known to be right
    named = 0
    tried([right[0] + 1])
    if len(right) > 1:
        first, second = sorted(right)
        raise InputError(
            f"{who} answers questions of {first} and of {second} numbers; say how many inputs it "
            "has with --inputs."
        )
    return right[0]


def find_size(speech: Speech, meter: Meter, kept: Kept) -> Speech:
    """The same model with the number of its inputs, as kept or found by asking."""
    size = kept.inputs
    if size is None:

        def ask(size: int) -> str | None:
            meter.before(1)
            question = np.full((1, size), 0.5)
            try:
                answer = speech.ask(question)
            except RefusedError as error:
                if error.status not in SIZE_STATUSES:
                    raise
                return error.said or str(error)
            finally:
                meter.asked += 1
            seen[size] = (question, answer)
            return None

        seen: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        size = find(ask, speech.about.name)
        kept.add(*seen[size])
    speech.about = replace(speech.about, inputs=size)
    return speech
