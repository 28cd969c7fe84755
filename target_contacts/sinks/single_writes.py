"""Write several contacts at the same time, each by a request of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tap_contacts.transport.errors import ends_run
from target_contacts.sinks.parallel import in_parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from target_contacts.sinks.context import Context
    from target_contacts.sinks.item import Item, Outcome

ItemT = TypeVar("ItemT", bound="Item")


def one_each(
    write: Callable[[ItemT], Outcome[ItemT]],
    items: Iterator[ItemT],
    workers: int,
    context: Context,
) -> Generator[list[Outcome[ItemT]], None, None]:
    """Yield outcomes as they come; the first writes of an account go one by one.

    `write` must not raise.

    Raises:
        Stopped: When nothing more can be written; what was in flight is yielded before.
    """
    stopped: list[Exception] = []
    halted = lambda: bool(stopped or context.halted())  # noqa: E731
    alone = lambda: not context.first_writes.is_over  # noqa: E731
    for outcomes in in_parallel(write, items, workers, halted, alone):
        stopped += [o.error for o in outcomes if o.error and ends_run(o.error)]
        yield [o for o in outcomes if not ends_run(o.error)]
    if stopped:
        raise stopped[0]
