"""Read ahead: several requests at a time, their results in the order of what was asked for."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from singer_sdk.exceptions import SingerSDKError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping
    from concurrent.futures import Executor

T = TypeVar("T")
R = TypeVar("R")

NOT_AS_LEFT = "%s: not as an earlier run left it; all of it is read."
"""What is logged where no progress of an earlier run can be used."""


class Chunk(NamedTuple):
    """Records that were read together, and where a later run may go on once they are written."""

    records: list[dict[str, Any]]
    progress: Mapping[str, Any] | None = None
    """None: where it could go on before; empty: only from the start."""
    left: int | None = None
    """How much is to come after it, in any unit, where that is told."""
    starts_afresh: bool = False
    """Whether the chunks after it are all there is: nothing that came before counts."""
    gone: int = 0
    """Rows left out since they were deleted after they had been listed."""


AFRESH = Chunk([], {}, starts_afresh=True)
"""What comes first where no progress of an earlier run can be used."""


def in_order(
    pool: Executor,
    call: Callable[[T], R],
    items: Iterable[T],
    ahead: int,
    settled: Callable[[T], R | None] = lambda _: None,
) -> Generator[R, None, None]:
    """Yield the result of each item in turn.

    What `items` yields may itself come out of the same pool: no call there waits for another one.

    Args:
        pool: Does the calls; its size is how many are done at once.
        call: Done for each item.
        items: Taken one by one.
        ahead: Most items taken whose results were not yielded yet.
        settled: Returns the result of an item that needs no call, else None.
    """
    coming = iter(items)
    waiting: deque[Future[R] | R] = deque()
    try:
        while True:
            free = ahead - len(waiting)
            try:
                waiting.extend(
                    settled(item) or pool.submit(call, item) for item in islice(coming, free)
                )
            except SingerSDKError as error:  # comes after the results before it
                waiting.append(_failed(error))
            if not waiting:
                return
            first = waiting.popleft()
            yield first.result() if isinstance(first, Future) else first
    finally:
        _cancel(waiting)


def _failed(error: Exception) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


class Offsets(Generic[R]):
    """Fetch pages by their offsets: the one asked for, and meanwhile those that will follow it."""

    def __init__(self, pool: Executor, fetch: Callable[[int], R], step: int, ahead: int) -> None:
        """Take a pool, what fetches a page, the rows between pages, and how many are kept."""
        self._pool, self._fetch, self._step, self._ahead = pool, fetch, step, ahead
        self._coming: dict[int, Future[R]] = {}

    def page(self, start: int, end: int) -> R:
        """Return the page at an offset; those that follow are expected up to the offset `end`."""
        last = min(end, start + self._ahead * self._step)
        wanted = [start, *range(start + self._step, last, self._step)]
        for offset in self._coming.keys() - set(wanted):
            self._coming.pop(offset).cancel()
        for offset in wanted:
            if offset not in self._coming:
                self._coming[offset] = self._pool.submit(self._fetch, offset)
        return self._coming.pop(start).result()

    def close(self) -> None:
        """Fetch nothing more."""
        _cancel(self._coming.values())


def _cancel(waiting: Iterable[Any]) -> None:
    for each in waiting:
        if isinstance(each, Future):
            each.cancel()
