"""Read ahead: several requests at a time, their results in the order of what was asked for."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from concurrent.futures import Executor, Future

T = TypeVar("T")
R = TypeVar("R")


def in_order(
    pool: Executor, call: Callable[[T], R], items: Iterable[T], ahead: int
) -> Generator[R, None, None]:
    """Yield the result of each item in turn.

    What `items` yields may itself come out of the same pool: no call there waits for another one.

    Args:
        pool: Does the calls; its size is how many are done at once.
        call: Done for each item.
        items: Taken one by one.
        ahead: Most items taken whose results were not yielded yet.
    """
    coming = iter(items)
    waiting: deque[Future[R]] = deque()
    try:
        while True:
            free = ahead - len(waiting)
            waiting.extend(pool.submit(call, item) for item in islice(coming, free))
            if not waiting:
                return
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
