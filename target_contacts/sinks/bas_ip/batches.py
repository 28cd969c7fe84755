"""Send contacts to a BAS-IP monitor, many in one request."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from tap_contacts.apis.bas_ip.codes import FULL, NOT_THERE
from tap_contacts.apis.bas_ip.wire import LARGEST_REQUEST
from tap_contacts.transport.errors import GivenUp, OutcomeUnknown, Refused, Stopped
from target_contacts.errors import Rejected
from target_contacts.sinks.bas_ip.results import (
    NO_LINK_ID,
    NOT_KEPT,
    deletions,
    fault,
    is_unlinked,
    names_ours,
    outcomes,
    shows_no_link,
)
from target_contacts.sinks.item import Action, Item, Outcome
from target_contacts.sinks.packing import Pack, Waiting, packs

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from tap_contacts.apis.bas_ip.client import BasIp
    from target_contacts.sinks.context import Context

NAMESPACE = uuid.UUID("c2b7a4e0-5a0f-4c0b-9d53-8f2f3a6f1e77")
"""Makes the `link_id` of a record the same in every run; never to be changed."""

LARGEST_BODY = 4_000_000
"""Bytes of a request: 10,000 contacts take half as much, unless their names are very long."""

WITHOUT_TEXTS = 250
"""Bytes of a contact in a request, but for its texts."""

LEAST_ROOM = 300
"""Contacts that any model holds: up to as many, no device is asked for its room."""

TOO_MANY = (
    "%s: at least %d new contacts are to be sent, and this monitor holds %d (bas_ip.max_contacts). "
    "It refuses what does not fit."
)
NO_LINK = (
    "What was sent is there, once. An update would make a second contact, and so would sending one "
    "again: this firmware cannot be kept in step. Ask the vendor for one that takes link_id."
)


class BatchWriter:
    """Send the contacts of one stream."""

    def __init__(self, client: BasIp, context: Context) -> None:
        self._client, self._context = client, context
        self._creates = 0
        """New contacts sent or about to be sent in this run."""
        self._is_warned = self._is_full = False
        self._default = ""
        """Identity of the contact that is the default panel in this run."""
        self._linked = False
        """Whether the device has answered with our `link_id` in this run."""

    def write(self, items: Iterator[Item]) -> Generator[list[Outcome[Item]], None, None]:
        """Send contacts packed, one request after the other: a monitor is a small device.

        Until the device has answered with our `link_id` in this run, each goes alone: one that does
        not keep it gets one contact, and that is known not to be sent again.

        Where a whole request fails, it is halved until the contact at fault is alone.

        Raises:
            Stopped: If the device does not keep our `link_id`, so that updates would double.
        """
        refused: list[Outcome[Item]] = []
        leaving: list[Item] = []
        most = lambda _: LARGEST_REQUEST if self._linked else 1  # noqa: E731
        yield from self._packed(self._fit(items, refused, leaving), most, self._send)
        yield from self._packed(iter(leaving), lambda _: LARGEST_REQUEST, self._delete)
        yield refused

    def _packed(
        self,
        items: Iterator[Item],
        most: Callable[[Item], int],
        send: Callable[[Pack[Item], Waiting[Item]], list[Outcome[Item]]],
    ) -> Iterator[list[Outcome[Item]]]:
        """Yield what became of items, pack by pack.

        Args:
            items: What is sent.
            most: Returns how many items a request that holds this one may have.
            send: Sends a pack, and returns the outcomes; none for what goes again.
        """
        self._client.is_new = not self._context.first_writes.is_over
        packed = packs(items, _size, LARGEST_BODY, most)
        waiting = Waiting(packed, self._context.first_writes)
        while not self._context.halted() and (pack := waiting.take()):
            settled = send(pack, waiting)
            yield settled
            if any(map(shows_no_link, settled)):
                raise self._stopped(settled)

    def _fit(
        self, items: Iterator[Item], refused: list[Outcome[Item]], leaving: list[Item]
    ) -> Iterator[Item]:
        """Yield what may be sent; put aside what may not, and what is to be deleted."""
        for item in items:
            if why := self._unfit(item):
                refused.append(Outcome(item, error=why))
            elif item.action is Action.DELETE:
                leaving.append(item)
            else:
                yield item

    def _unfit(self, item: Item) -> Rejected | None:
        if is_unlinked(item.remote_id):
            return Rejected(NOT_KEPT, NO_LINK_ID, field="link_id")
        if not item.payload.get("is_default"):
            return None
        self._default = self._default or item.identity
        if self._default == item.identity:
            return None
        reason = (
            "is_default: another record of this run is the default panel already, and a monitor "
            "has one"
        )
        return Rejected(reason, "second_default", field="is_default")

    def _send(self, pack: Pack[Item], waiting: Waiting[Item]) -> list[Outcome[Item]]:
        """Return the outcomes of one request; none for what goes again."""
        new = [item for item in pack.items if item.action is Action.CREATE]
        if self._is_full and new:
            waiting.put_back([item for item in pack.items if item.action is not Action.CREATE])
            full = Rejected("The device's phone book is full; nothing new was sent any more", FULL)
            return [Outcome(item, error=full) for item in new]
        if not pack.is_half:
            self._tell_of_room(len(new))
        linked = [(_link_id(item), item) for item in pack.items]
        contacts = [{"link_id": link_id, **item.payload} for link_id, item in linked]
        try:
            are_new = len(new) == len(contacts)
            results = self._client.upsert(contacts, once=pack.is_to_be_halved, are_new=are_new)
        except OutcomeUnknown as error:
            return [Outcome(item, error=error) for item in pack.items]
        except (Refused, GivenUp) as error:
            self._is_full |= error.code == FULL and bool(new) and len(pack.items) == 1
            return _failed(pack, error, waiting)
        self._linked |= names_ours(linked, results)
        return outcomes(linked, results)

    def _delete(self, pack: Pack[Item], waiting: Waiting[Item]) -> list[Outcome[Item]]:
        """Return the outcomes of one request that deletes; none for what goes again."""
        linked = [(_link_id(item), item) for item in pack.items]
        link_ids = [link_id for link_id, _ in linked]
        try:
            return deletions(linked, self._client.delete(link_ids, once=pack.is_to_be_halved))
        except (Refused, GivenUp) as error:
            is_gone = NOT_THERE in (error.code, *error.detail.split())
            if is_gone and len(linked) == 1:
                return [Outcome(item, link_id) for link_id, item in linked]
            return _failed(pack, error, waiting)

    def _tell_of_room(self, more: int) -> None:
        """Warn once, before it is sent, of more new contacts than the device holds."""
        self._creates += more
        if self._is_warned or self._creates <= LEAST_ROOM:
            return
        room = self._client.room
        if room is not None and self._creates > room:
            self._is_warned = True
            self._client.logger.warning(TOO_MANY, self._client.title, self._creates, room)

    def _stopped(self, settled: Sequence[Outcome[Item]]) -> Stopped:
        shown = [str(each.remote_id) for each in settled if is_unlinked(each.remote_id)]
        named = f", booked as {shown[0]}" if len(shown) == 1 else ""
        answered = f"the device created contacts without keeping our link_id{named}"
        return Stopped(
            self._client.title, f"POST {self._client.contacts_path.path}", answered, NO_LINK
        )


def _failed(
    pack: Pack[Item], error: Refused | GivenUp, waiting: Waiting[Item]
) -> list[Outcome[Item]]:
    """Return the outcome of a contact that was alone; none of several, which go again in parts."""
    why = fault(error) if isinstance(error, Refused) else error
    if waiting.halve(pack, why):
        return []
    return [Outcome(item, error=why) for item in pack.items]


def _size(item: Item) -> int:
    """Return the bytes that a contact takes in a request, or a few more."""
    texts = [value for value in item.payload.values() if isinstance(value, str)]
    return WITHOUT_TEXTS + sum(len(t) if t.isascii() else 6 * len(t) for t in texts)


def _link_id(item: Item) -> str:
    """Return the id by which the device knows a contact: the ledger's, where it has one."""
    return item.remote_id or str(uuid.uuid5(NAMESPACE, item.identity))
