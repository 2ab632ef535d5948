"""A cache for what is dear: computed once, though many ask for it in the same moment."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

Made = TypeVar("Made")


def once(most: int) -> Callable[[Callable[..., Made]], Callable[..., Made]]:
    """Remember the ``most`` results asked for last; whoever asks meanwhile waits for the first.

    ``functools.lru_cache`` lets everybody compute who comes before the first has ended: thirty
    people who open one run would grow thirty trees. What raises is not remembered.

    >>> @once(most=8)
    ... def squared(number):
    ...     print("computing")
    ...     return number**2
    >>> squared(3), squared(3)
    computing
    (9, 9)
    """

    def decorate(make: Callable[..., Made]) -> Callable[..., Made]:
        made: OrderedDict[tuple[Hashable, ...], Future[Made]] = OrderedDict()
        guard = threading.Lock()

        @functools.wraps(make)
        def get(*key: Any) -> Made:
            with guard:
                known = made.get(key)
                future = made[key] = Future() if known is None else known
                made.move_to_end(key)
                while len(made) > most:
                    made.popitem(last=False)
            if known is None:
                try:
                    future.set_result(make(*key))
                except BaseException as error:
                    with guard:
                        if made.get(key) is future:
                            del made[key]
                    future.set_exception(error)
            return future.result()

        return get

    return decorate
