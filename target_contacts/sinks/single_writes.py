"""Write several contacts at the same time, each by a request of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from tap_contacts.transport.errors import OutcomeUnknown, Refused, Stopped, ends_run
from target_contacts.errors import Rejected
from target_contacts.sinks.item import Action, Outcome
from target_contacts.sinks.parallel import in_parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from target_contacts.mapping.field import Payload
    from target_contacts.sinks.context import Context
    from target_contacts.sinks.item import Item

ItemT = TypeVar("ItemT", bound="Item")


class Writer(Protocol):
    """What writes one contact by one request."""

    def create(self, payload: Payload) -> str:
        """Create a contact and return its id."""

    def update(self, remote_id: str, payload: Payload, defaults: Payload) -> None:
        """Update the contact with this id."""

    def delete(self, remote_id: str) -> None:
        """Delete the contact with this id."""


def write_one(writer: Writer, item: ItemT) -> Outcome[ItemT]:
    """Write a contact, and return what became of it."""
    try:
        if item.action is Action.CREATE:
            return Outcome(item, writer.create(item.payload))
        if item.action is Action.DELETE:
            writer.delete(str(item.remote_id))
        else:
            writer.update(str(item.remote_id), item.payload, item.fallback)
    except (Rejected, Refused, OutcomeUnknown, Stopped) as error:
        return Outcome(item, error=error)
    return Outcome(item, item.remote_id)


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
