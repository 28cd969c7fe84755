"""Read ahead: send several requests at a time, and return their results in order."""

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
"""What is logged if the progress of an earlier run cannot be used."""


class Chunk(NamedTuple):
    """Records that were read together, and where a later run goes on once they are written."""

    records: list[dict[str, Any]]
    progress: Mapping[str, Any] | None = None
    """None: as before this chunk; empty: from the start."""
    left: int | None = None
    """How much is to come after it, in any unit; None if that is unknown."""
    starts_afresh: bool = False
    """Whether the chunks after it are the whole list, and those before it do not count."""
    gone: int = 0
    """Rows that were deleted after they had been listed, and are left out."""


AFRESH = Chunk([], {}, starts_afresh=True)
"""What comes first if the progress of an earlier run cannot be used."""


def in_order(
    pool: Executor,
    call: Callable[[T], R],
    items: Iterable[T],
    ahead: int,
    settled: Callable[[T], R | None] = lambda _: None,
) -> Generator[R, None, None]:
    """Yield the result of each item in turn.

    `items` may itself use the same pool, since no call in the pool waits for another one.

    Args:
        pool: Does the calls; its size is how many are done at once.
        call: Done for each item.
        items: Taken one by one.
        ahead: Most items that are taken ahead of the result that is yielded.
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
    """Fetch pages by their offsets: the one asked for, and meanwhile those that will follow it.

    `step` is the number of rows between pages, and `ahead` how many pages are fetched at once: by
    default, just the one asked for.
    """

    def __init__(
        self, pool: Executor, fetch: Callable[[int], R], step: int = 1, ahead: int = 1
    ) -> None:
        self._pool, self._fetch, self._step, self._ahead = pool, fetch, step, ahead
        self._coming: dict[int, Future[R]] = {}

    def page(self, start: int, end: int) -> R:
        """Return the page at an offset; rows are expected up to the offset `end`."""
        last = min(end, start + self._ahead * self._step)
        wanted = [start, *range(start + self._step, last, self._step)]
        for offset in self._coming.keys() - set(wanted):
            self._coming.pop(offset).cancel()
        for offset in wanted:
            if offset not in self._coming:
                self._coming[offset] = self._pool.submit(self._fetch, offset)
        return self._coming.pop(start).result()

    def close(self) -> None:
        """Cancel what was not fetched yet."""
        _cancel(self._coming.values())


def _cancel(waiting: Iterable[Any]) -> None:
    for each in waiting:
        if isinstance(each, Future):
            each.cancel()
