"""What can help where a condition of the certificate fails: a kind to act on, and a sentence."""

from __future__ import annotations

from enum import StrEnum


class Cure(StrEnum):
    """What to try next; several may be tried for one reason.

    >>> Cure.WIDER.value, Cure.WIDER.sentence
    ('wider', 'Train wider or more students.')
    """

    QUESTIONS = "questions"
    SPREAD = "spread"
    WIDER = "wider"
    CLASS = "class"
    DIGITS = "digits"

    @property
    def sentence(self) -> str:
        """For a person."""
        return _SENTENCES[self]


_SENTENCES = {
    Cure.QUESTIONS: "Ask more questions.",
    Cure.SPREAD: "Ask more questions, spread more widely.",
    Cure.WIDER: "Train wider or more students.",
    Cure.CLASS: "Check that the activation and the number of hidden layers are the teacher's.",
    Cure.DIGITS: "Ask for answers with more digits, or for less noisy ones.",
}
