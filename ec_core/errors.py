"""Every exception ec_core raises on purpose.

    ECError
    ├── InputError         what was given cannot be used (command line: exit code 2)
    │   ├── NotYoursError  a run is another visitor's, and is not to be changed
    │   └── GoneError      a run was deleted while it was worked on
    ├── MissingExtraError  a package is not installed that only a part of the program needs
    └── JobError           a background job cannot do what was asked of it now
        └── LimitError     a limit of the server it would run on forbids it

A message is one sentence: what was got, what was expected, what to do.
Numerical outcomes (converged, stalled, not verified) are values, never exceptions.
"""

_QUOTED = 120
"""Signs of what somebody gave that a sentence repeats; what is longer is not read anyway."""


def quoted(text: str) -> str:
    """What was given, in quotation marks, and of something long its two ends.

    >>> quoted("short"), quoted("x" * 1000)[55:70]
    ("'short'", 'xxxxxx … xxxxxx')
    """
    shown = repr(text if len(text) <= _QUOTED else text[: _QUOTED // 2])
    if len(text) <= _QUOTED:
        return shown
    return f"{shown[:-1]} … {repr(text[-_QUOTED // 2 :])[1:]}"


class ECError(Exception):
    """Root of the tree: its message can be shown to a person as it stands."""


class InputError(ECError):
    """An argument, a file or a set of answers that cannot be used."""


class NotYoursError(InputError):
    """A run that another visitor owns, who lets nobody else work on it."""


class GoneError(InputError):
    """A run that was deleted meanwhile: nobody waits for what was computed of it."""


class MissingExtraError(ECError, ImportError):
    """An optional package that is not installed; the message has the line that installs it."""


class JobError(ECError):
    """A background job that is in no state to do what was asked."""


class LimitError(JobError):
    """Work that a limit of the server forbids; the message has the limit and what was asked."""
