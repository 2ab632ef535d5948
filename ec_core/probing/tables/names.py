"""What the names of columns say: which are questions, which answers, which only count the rows."""

from __future__ import annotations

import re

_QUESTIONS = re.compile(r"x|in|inputs?|features?|feat|pixels?|px|questions?|q|var|f")
_ANSWERS = re.compile(
    r"y|out|outputs?|targets?|answers?|responses?|results?|(?P<numbers>prob|probs|proba|probabilit"
    r"(y|ies)|logits?|logprobs?|p|scores?|preds?|predictions?|yhat)|(?P<classes>labels?|class|"
    r"classes|category)"
)


def is_question(kind: str) -> bool:
    """Are columns whose names have this stem questions?"""
    return bool(_QUESTIONS.fullmatch(kind))


def is_answer(kind: str) -> bool:
    """Are columns whose names have this stem answers?"""
    return bool(_ANSWERS.fullmatch(kind))


def is_class(kind: str) -> bool:
    """Do they say a class?"""
    found = _ANSWERS.fullmatch(kind)
    return found is not None and found["classes"] is not None


def is_number(kind: str) -> bool:
    """Do they say the numbers that a class is decided from?"""
    found = _ANSWERS.fullmatch(kind)
    return found is not None and found["numbers"] is not None


_COUNTING = re.compile(
    r"|id|index|idx|row|row[_.]?id|nr|no\.|#|row\.?names?|unnamed: 0(\.\d+)?|"
    r"__index_level_\d+__|level_0"
)
"""Names of columns that count the rows; pandas and R write some of them."""

PAIRS = (
    ("x", "y"),
    ("X", "Y"),
    ("X", "y"),
    ("x", "Y"),
    ("inputs", "outputs"),
    ("input", "output"),
    ("questions", "answers"),
    ("features", "targets"),
    ("features", "labels"),
    ("data", "target"),
    ("inputs", "targets"),
    ("arr_0", "arr_1"),
)
"""Names that two arrays are saved under; the first pair of which both are there counts."""


def stem(name: str) -> str:
    """A name without its number, in small letters.

    >>> stem("x_12"), stem("Input 3"), stem("y[0]"), stem("p_cat"), stem("alpha")
    ('x', 'input', 'y', 'p', 'alpha')
    """
    plain = re.sub(r"[\s_.\-\[\(]*\d*[\]\)]*$", "", name.strip().lower())
    first = re.split(r"[\s_.\-:(\[]", plain)[0]
    # p_cat is a probability; x_train would be another kind of array, y_true is an answer
    return first if is_answer(first) or is_question(first) else plain


def number(name: str) -> int | None:
    """The number that a name ends with, None without.

    >>> number("x12"), number("y[0]"), number("target")
    (12, 0, None)
    """
    found = re.search(r"(\d+)[\]\)]*$", name.strip())
    return None if found is None else int(found[1])


def counts(name: str) -> bool:
    """Does a column of this name count the rows?"""
    return bool(_COUNTING.fullmatch(name.strip().lower()))
