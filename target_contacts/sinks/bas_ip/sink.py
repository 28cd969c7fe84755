"""Write contacts into the phone book of a BAS-IP monitor, many in one request.

Fields: https://developers.bas-ip.com/android-monitors/1.7.0/get-contact-detailed-information and,
for what is required and how long, camdroid-monitors/0.9.0/create-contact-entity.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from tap_contacts.apis.bas_ip.client import BasIp
from tap_contacts.apis.bas_ip.wire import LARGEST_REQUEST
from tap_contacts.transport.errors import GivenUp, Refused
from target_contacts.errors import OUTCOME_UNKNOWN, Rejected
from target_contacts.mapping.field import Field, Payload, matching
from target_contacts.sinks.bas_ip.number import (
    EXAMPLES,
    INNER_NUMBERS,
    SIP,
    NumberTemplate,
    type_of,
)
from target_contacts.sinks.base import ApiSink, Context
from target_contacts.sinks.capabilities import Capabilities
from target_contacts.sinks.item import Item, Outcome
from target_contacts.sinks.packing import Pack, Waiting, packs
from target_contacts.values import convert
from target_contacts.values.basic import stripped

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.contact.model import Contact

NAMESPACE = uuid.UUID("c2b7a4e0-5a0f-4c0b-9d53-8f2f3a6f1e77")
"""Makes the `link_id` of a record the same in every run; never to be changed."""

LARGEST_BODY = 4_000_000
"""Bytes of a request: 10,000 contacts take half as much, unless their names are very long."""

WITHOUT_TEXTS = 250
"""Bytes of a contact in a request, but for its texts."""

FAILURES = ("entity_not_found", "invalid_entity_data", "deleted")
"""What the device may say of a contact that it did not take."""

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
    )
    fields: ClassVar[Sequence[Field]] = (
        Field("full_name", "name", required="always", max_length=30, convert=stripped),
        Field("number", "number", required="always", convert=stripped),
        Field(
            "type",
            "type",
            convert=matching("|".join(INNER_NUMBERS), "one of " + ", ".join(INNER_NUMBERS)),
        ),
        Field("is_favourite", "is_favorite", convert=convert.flag),
        Field("is_default", "is_default", convert=convert.flag),
        Field("auto_answer", "auto_answer", convert=convert.flag),
        Field("in_black_list", "in_black_list", convert=convert.flag),
    )

    def __init__(self, client: BasIp, context: Context) -> None:
        super().__init__(client, context)
        self._numbers = NumberTemplate(client.number_template)

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
        number = payload.get("number") or self._numbers.number(contact)
        kind = type_of(number)
        if kind is None:
            reason = f"number must be like {EXAMPLES}"
            raise Rejected(reason, "invalid", field="number")
        wanted = payload.get("type", kind)
        if wanted != kind and not SIP.fullmatch(number):
            reason = f"type is {wanted}, but the number is that of type {kind}"
            raise Rejected(reason, "invalid", field="type")
        flags = {name: payload.get(name, False) for name in FLAGS}
        if flags["auto_answer"] and flags["in_black_list"]:
            reason = "auto_answer and in_black_list must not both be true"
            raise Rejected(reason, "invalid", field="in_black_list")
        return {**payload, "number": number, "type": wanted, **flags}

    def write(self, items: Iterator[Item]) -> Generator[list[Outcome[Item]], None, None]:
        """Send contacts packed, one request after the other: a monitor is a small device.

        Where a whole request fails, it is halved until the contact at fault is alone.
        """
        waiting = Waiting(packs(items, _size, LARGEST_BODY, lambda _: LARGEST_REQUEST))
        while not self.context.halted() and (pack := waiting.take()):
            yield self._send(pack, waiting)

    def _send(self, pack: Pack[Item], waiting: Waiting[Item]) -> list[Outcome[Item]]:
        """Return the outcomes of one request; none for what goes again."""
        linked = [(_link_id(item), item) for item in pack.items]
        contacts = [{"link_id": link_id, **item.payload} for link_id, item in linked]
        try:
            results = self.client.upsert(contacts, once=pack.is_to_be_halved)
        except (Refused, GivenUp) as error:
            if waiting.halve(pack.items):
                return []
            fault = _fault(error) if isinstance(error, Refused) else error
            return [Outcome(pack.items[0], error=fault)]
        return [_outcome(item, link_id, results.get(link_id)) for link_id, item in linked]


def _size(item: Item) -> int:
    """Return the bytes that a contact takes in a request, or a few more."""
    texts = [value for value in item.payload.values() if isinstance(value, str)]
    return WITHOUT_TEXTS + sum(len(t) if t.isascii() else 6 * len(t) for t in texts)


def _link_id(item: Item) -> str:
    """Return the id by which the device knows a contact: the ledger's, where it has one."""
    return item.remote_id or str(uuid.uuid5(NAMESPACE, item.identity))


def _outcome(item: Item, link_id: str, result: Mapping[str, Any] | None) -> Outcome[Item]:
    """Return what became of one contact by its result; HTTP 200 says nothing of it."""
    if result is None:
        reason = (
            "The device does not say what became of this contact. It may be sent again: "
            "that makes no second one."
        )
        return Outcome(item, error=Rejected(reason, OUTCOME_UNKNOWN, http_status=200))
    if result.get("success") is True:
        return Outcome(item, link_id)
    info = str(result.get("extended_info"))
    reason = (
        f"The device answers {info}, without the field. Its phone book may be full, or is_default "
        "be given to what is no panel."
    )
    code = info if info in FAILURES else "refused"
    return Outcome(item, error=Rejected(reason, code, http_status=200))


def _fault(error: Refused) -> Rejected:
    """Name the field that the device names in its words, which go into the rejects file only."""
    named = re.search(r"`(\w+)`", error.detail)
    return Rejected(
        f"{error} {error.detail}".strip(),
        error.code or "refused",
        field=named[1] if named else None,
        http_status=error.http_status,
    )
