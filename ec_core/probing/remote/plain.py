"""Plain JSON: a template for the questions, and a path to the numbers in the answer."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ec_core.errors import InputError, quoted
from ec_core.probing.remote.bearer import hidden
from ec_core.probing.remote.client import Client, Reply
from ec_core.probing.remote.speech import About, columns

BATCH, ROW = "$x", "$row"
"""Stand in a template for all questions of a batch (a list of lists), or for one alone."""

EXAMPLE = "'{\"instances\": $x}'"
"""A template as it is typed."""

EACH = "*"
"""In a path: every member of a list."""


def parse_template(template: str) -> bool:
    """Is this template for one question at a time? Raises InputError if it is no template.

    >>> parse_template('{"instances": $x}'), parse_template('{"features": $row, "version": 2}')
    (False, True)
    """
    one = ROW in template and BATCH not in template
    sign = ROW if one else BATCH
    if template.count(sign) != 1 or (not one and ROW in template):
        raise InputError(
            f"The template {quoted(template)} has to hold {BATCH} (all questions) or {ROW} (one "
            f"question at a time) once; expected one such as {EXAMPLE}."
        )
    try:
        outside = json.loads(template.replace(sign, "[]"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"The template {quoted(template)} is not JSON ({str(error)[:200]}); expected one such "
            f"as {EXAMPLE}."
        ) from None
    if _texts(outside, "[]"):
        raise InputError(
            f"In the template {quoted(template)} {sign} stands in quotes; expected one such as "
            f"{EXAMPLE}."
        )
    return one


def _texts(value: Any, part: str) -> bool:
    """Does a text hold this?"""
    if isinstance(value, dict):
        return any(_texts(key, part) or _texts(item, part) for key, item in value.items())
    if isinstance(value, list):
        return any(_texts(item, part) for item in value)
    return isinstance(value, str) and part in value


def follow(answer: Any, path: str) -> Any:
    """What a path such as ``predictions.*.score`` leads to. Raises KeyError with where it ends.

    >>> follow({"predictions": [{"score": 0.5}, {"score": 2}]}, "predictions.*.score")
    [0.5, 2]
    >>> follow([[1.0, 7.5]], "0.1")
    7.5
    """
    if not path:
        return answer
    head, _, rest = path.partition(".")
    if head == EACH and isinstance(answer, list):
        return [follow(member, rest) for member in answer]
    if isinstance(answer, list) and head.isdecimal() and int(head) < len(answer):
        return follow(answer[int(head)], rest)
    if isinstance(answer, dict) and head in answer:
        return follow(answer[head], rest)
    there = ", ".join(map(str, answer)) if isinstance(answer, dict) else type(answer).__name__
    raise KeyError(f"there is no {head!r} but {hidden(there) or 'nothing'}")


def numbers(answer: Any) -> Any:
    """The numbers of an answer where no path was given: itself, or the only list in it."""
    if isinstance(answer, dict):
        lists = [value for value in answer.values() if isinstance(value, list | float | int)]
        lists = [value for value in lists if not isinstance(value, bool)]
        if len(lists) != 1:
            raise KeyError(f"there are {hidden(', '.join(map(str, answer))) or 'nothing'}")
        return numbers(lists[0])
    return answer


class Plain:
    """A model that takes JSON of its own kind.

    template, path : see above; inputs : D, if it is known
    """

    def __init__(self, client: Client, template: str, path: str = "", inputs: int | None = None):
        self._client, self._template, self._path = client, template, path
        self._one = parse_template(template)
        url = client.address.url
        identity = {"address": url, "protocol": "json", "template": template, "answers": path}
        self._name = client.address.host
        self.about = About(self._name, inputs, identity, batch=1 if self._one else None)

    def rounded(self, x: np.ndarray) -> np.ndarray:
        """As they are: JSON holds every digit."""
        return x

    def ask(self, x: np.ndarray) -> np.ndarray:
        """Answers (N, K) to questions (N, D)."""
        value = x[0].tolist() if self._one else x.tolist()
        body = self._template.replace(ROW if self._one else BATCH, json.dumps(value))
        headers = {"content-type": "application/json"}
        reply = self._client.post(self._client.address.url, body.encode(), headers)
        return columns(self._found(reply), len(x), self._name)

    def _found(self, reply: Reply) -> Any:
        url = self._client.address.url
        answer = reply.json(url)
        try:
            return follow(answer, self._path) if self._path else numbers(answer)
        except KeyError as error:
            raise InputError(
                f"In the answer of {url} {error.args[0]}; say with --outputs where the numbers "
                "are, such as predictions.*.score."
            ) from None
