"""Write contacts into the phone book of a BAS-IP monitor, many in one request.

Fields: https://developers.bas-ip.com/android-monitors/1.7.0/get-contact-detailed-information and,
for what is required, android-monitors/create-contact-entity.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, ClassVar

from tap_contacts.apis.bas_ip.client import BasIp
from tap_contacts.apis.bas_ip.wire import LARGEST_REQUEST
from target_contacts.errors import Rejected
from target_contacts.mapping.field import Field, Payload, matching
from target_contacts.sinks.bas_ip.batches import BatchWriter
from target_contacts.sinks.bas_ip.number import TYPES, NumberTemplate, checked_type
from target_contacts.sinks.base import ApiSink
from target_contacts.sinks.capabilities import Capabilities
from target_contacts.values import convert
from target_contacts.values.basic import as_text, stripped

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.contact.model import Contact
    from target_contacts.sinks.context import Context
    from target_contacts.sinks.item import Item, Outcome

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
        self._batches = BatchWriter(client, context)

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

    def made_of(self, wire: str, contact: Contact, payload: Payload) -> Sequence[str]:
        """Return the attributes that made the number."""
        return self._numbers.made_of(contact, payload.get("type")) if wire == "number" else ()

    def read_back(self, remote_id: str) -> Mapping[str, Any] | None:
        """Return one contact, from the list that some devices give."""
        return self.client.linked(remote_id)

    def id_of(self, contact: Mapping[str, Any]) -> str | None:
        """Return the `link_id` as it is sent; a device may show it in capitals."""
        return as_text(contact.get("link_id")).lower() or None

    def write(self, items: Iterator[Item]) -> Generator[list[Outcome[Item]], None, None]:
        """Send contacts packed, one request after the other: a monitor is a small device.

        Raises:
            Stopped: If the device does not keep our `link_id`, so that updates would double.
        """
        yield from self._batches.write(items)
