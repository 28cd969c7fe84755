"""Do things at the same time, a few at once."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from tap_contacts.transport.errors import Stopped
from target_contacts.shutdown import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(
    call: Callable[[T], R],
    items: Iterable[T],
    workers: int,
    halted: Callable[[], bool],
    alone: Callable[[], bool] = lambda: False,
) -> Iterator[list[R]]:
    """Yield results as they come, several where several came together.

    Args:
        call: Done for each item in a thread; must not raise.
        items: Taken one by one as workers become free.
        workers: Most calls at once.
        halted: Asked before each new call; what is under way is still waited for and yielded.
        alone: Asked before each new call: whether only one may be under way.

    Raises:
        Interrupted: When a signal ends the waiting; what is under way is left to itself.
    """
    ahead = iter(items)
    running: set[Future[R]] = set()
    with threads(workers) as pool:
        while True:
            most = 1 if alone() else workers
            free = 0 if halted() else max(0, most - len(running))
            running |= {pool.submit(call, item) for item in islice(ahead, free)}
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield [future.result() for future in done]


def told_together(
    several: Iterable[T], settle: Callable[[T], Iterable[Sequence[R]]], stopped: list[Stopped]
) -> Iterator[list[R]]:
    """Yield what became of things that came together, in one list in their order.

    Args:
        several: The things.
        settle: Returns what became of one, in parts; may raise after some.
        stopped: Takes the errors that end the run. Before any other error leaves, what became of
            the things before is yielded.
    """
    outcomes: list[R] = []
    for each in several:
        try:
            for settled in settle(each):
                outcomes += settled
        except Stopped as error:  # noqa: PERF203
            stopped.append(error)
        except BaseException:
            yield outcomes
            raise
    yield outcomes


@contextmanager
def threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Give a pool of threads; wait for what is under way in the end, unless Interrupted ends it."""
    pool = ThreadPoolExecutor(workers)
    patient = True
    try:
        yield pool
    except Interrupted:
        patient = False
        raise
    finally:
        pool.shutdown(wait=patient, cancel_futures=True)
