"""What only a part of the program needs, and the one sentence said where it is missing.

The engine computes with numpy, scipy and torch. What draws and shows (the app's figures, its maps,
its pages) comes with the extra ``[app]``; pyproject.toml lists what belongs to which extra.
"""

from __future__ import annotations

import importlib
from types import ModuleType

from ec_core.errors import MissingExtraError


def need(package: str, extra: str, what: str) -> ModuleType:
    """The package, imported; ``what`` (the beginning of a sentence, plural) needs it.

    Raises MissingExtraError if the package is not installed.

    >>> need("numpy", "app", "Sums").__name__
    'numpy'
    >>> need("plotly_of_tomorrow", "app", "Figures")
    Traceback (most recent call last):
        ...
    ec_core.errors.MissingExtraError: Figures need the package plotly_of_tomorrow, which is not
    installed; in the program's own folder, pip install -e ".[app]" installs it.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:  # it is there, and lacks something itself
            raise
        raise MissingExtraError(
            f"{what} need the package {package}, which is not installed; in the program's own "
            f'folder, pip install -e ".[{extra}]" installs it.',
            name=package,
        ) from None
