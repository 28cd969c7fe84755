"""Write contacts into the phone book of a BAS-IP monitor, many in one request.

Fields: https://developers.bas-ip.com/android-monitors/1.7.0/get-contact-detailed-information and,
for what is required, android-monitors/create-contact-entity.
"""

from __future__ import annotations

import dataclasses
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from tap_contacts.apis.bas_ip.client import BasIp
from tap_contacts.apis.bas_ip.codes import FULL, NOT_THERE
from tap_contacts.apis.bas_ip.wire import LARGEST_REQUEST
from tap_contacts.transport.errors import GivenUp, OutcomeUnknown, Refused, Stopped
from target_contacts.errors import Rejected
from target_contacts.mapping.field import Field, Payload, matching
from target_contacts.sinks.bas_ip.number import TYPES, NumberTemplate, checked_type
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
from target_contacts.sinks.base import ApiSink
from target_contacts.sinks.capabilities import Capabilities
from target_contacts.sinks.item import Action, Item, Outcome
from target_contacts.sinks.packing import Pack, Waiting, packs
from target_contacts.values import convert
from target_contacts.values.basic import as_text, stripped

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.contact.model import Contact
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

FLAGS = ("is_favorite", "is_default", "auto_answer", "in_black_list")


class BasIpSink(ApiSink[BasIp]):
    """Upsert contacts by a `link_id` that follows from the record's key.

    An upsert replaces the whole contact, and nothing can be read back by `link_id`: flags that a
    record does not have are false on the device.
    """

    client_class = BasIp
    capabilities: ClassVar = Capabilities(
        concurrency=1,
        batch_size=LARGEST_REQUEST,
        idempotent=True,  # the same link_id makes no second contact
        clears_fields=False,
        replaces=True,
        deletes=True,
    )
    fields: ClassVar[Sequence[Field]] = (
        Field("full_name", "name", required="always", convert=stripped),
        Field("number", "number", required="always", convert=stripped),
        Field(
            "type",
            "type",
            convert=matching("|".join(TYPES), "one of " + ", ".join(TYPES)),
        ),
        Field("is_favourite", "is_favorite", convert=convert.flag),
        Field("is_default", "is_default", convert=convert.flag),
        Field("auto_answer", "auto_answer", convert=convert.flag),
        Field("in_black_list", "in_black_list", convert=convert.flag),
    )

    def __init__(self, client: BasIp, context: Context) -> None:
        super().__init__(client, context)
        self._numbers = NumberTemplate(client.number_template)
        self._creates = 0
        """New contacts sent or about to be sent in this run."""
        self._is_warned = self._is_full = False
        self._default = ""
        """Identity of the contact that is the default panel in this run."""
        self._linked = False
        """Whether the device has answered with our `link_id` in this run."""

    def configured(self) -> Sequence[Field]:
        """Return the fields, with the longest name that the settings give."""
        name, *others = self.fields
        return (dataclasses.replace(name, max_length=self.client.max_name_length), *others)

    @property
    def also_carried(self) -> AbstractSet[str]:
        """Return the attributes that numbers are made of."""
        return self._numbers.attributes

    def remedies(self) -> Mapping[str, Mapping[str, Any]]:
        """Name the setting that makes numbers, unless it is set."""
        template = {self.client.api: {"number_template": "sip:{mobile}@…"}}
        return {} if self.client.number_template else {"number": template}

    def finish(self, payload: Payload, contact: Contact) -> Payload:
        """Add number, type and the flags that are left out, and check them together."""
        wanted = payload.get("type")
        number = payload.get("number") or self._numbers.number(contact, wanted)
        kind = checked_type(number, wanted)
        flags = {name: payload.get(name, False) for name in FLAGS}
        if flags["auto_answer"] and flags["in_black_list"]:
            reason = "auto_answer and in_black_list must not both be true"
            raise Rejected(reason, "invalid", field="in_black_list")
        return {**payload, "number": number, "type": kind, **flags}

    def read_back(self, remote_id: str) -> Mapping[str, Any] | None:
        """Return one contact, from the list that some devices give."""
        return self.client.linked(remote_id)

    def id_of(self, contact: Mapping[str, Any]) -> str | None:
        """Return the `link_id` as it is sent; a device may show it in capitals."""
        return as_text(contact.get("link_id")).lower() or None

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
        self.client.is_new = not self.context.first_writes.is_over
        packed = packs(items, _size, LARGEST_BODY, most)
        waiting = Waiting(packed, self.context.first_writes)
        while not self.context.halted() and (pack := waiting.take()):
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
        """Return why a contact may not be sent beside those of this run and the device."""
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
            results = self.client.upsert(contacts, once=pack.is_to_be_halved, are_new=are_new)
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
            return deletions(linked, self.client.delete(link_ids, once=pack.is_to_be_halved))
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
        room = self.client.room
        if room is not None and self._creates > room:
            self._is_warned = True
            self.client.logger.warning(TOO_MANY, self.title, self._creates, room)

    def _stopped(self, settled: Sequence[Outcome[Item]]) -> Stopped:
        shown = [str(each.remote_id) for each in settled if is_unlinked(each.remote_id)]
        named = f", booked as {shown[0]}" if len(shown) == 1 else ""
        answered = f"the device created contacts without keeping our link_id{named}"
        return Stopped(self.title, f"POST {self.client.contacts_path.path}", answered, NO_LINK)


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
