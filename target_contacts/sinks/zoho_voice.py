"""Write contacts into Zoho Voice, one request a contact.

Fields: https://www.zoho.com/voice/api/create-a-contact.html
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from tap_contacts.apis.zoho_voice import reading
from tap_contacts.apis.zoho_voice.client import ZohoVoice
from tap_contacts.apis.zoho_voice.wire import CONTACTS, HEADERS
from tap_contacts.plugin.same_name import found
from tap_contacts.transport.errors import Refused
from target_contacts.contact.numbers import MOBILES
from target_contacts.errors import Rejected
from target_contacts.mapping.choices import one_of, status_name
from target_contacts.mapping.field import Field, Payload
from target_contacts.sinks.base import ApiSink
from target_contacts.sinks.capabilities import Capabilities
from target_contacts.values import cells, convert
from target_contacts.values.basic import NoValue, as_text, is_empty, text
from target_contacts.values.phones import Number, plans

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from target_contacts.contact.model import Contact
    from target_contacts.sinks.context import Context
    from target_contacts.sinks.present import Present


PHONE = Field("", "", convert=cells.phone, form="e164")
"""Numbers are sent in E.164, as all samples have them."""

STATUS = "contact_status"
UNSEEN = (
    "Zoho Voice does not show the status of a contact: an update of a record without a status may "
    "clear it. Map a status to keep it (field_map or defaults)."
)

PHONES = ("mobile1", "mobile2", "mobile3", "phone", "phone1", "phone2", "phone3")


def _given(value: Any) -> Any:
    """Return a status as it is; a boolean is none."""
    if isinstance(value, bool):
        msg = "must be a status"
        raise NoValue(msg)
    return value


def _held(value: Any) -> Any:
    """Return what a contact holds as it is sent."""
    if isinstance(value, dict):
        return {name: text(value.get(name)) for name in ("id", "display_value")}
    return convert.flag_text(value) if isinstance(value, bool) else text(value)


class ZohoVoiceSink(ApiSink[ZohoVoice]):
    """Create, update and delete contacts; city, postal code and the like have no field there.

    Flags are declared as strings; how they are spelled is inferred.
    """

    client_class = ZohoVoice
    id_field = "contact_id"
    capabilities: ClassVar = Capabilities(
        identity=("first_name", "mobile"),
        status_streams=("contact_statuses",),
        can_list=True,
        deletes=True,
    )
    fields: ClassVar[Sequence[Field]] = (
        Field("first_name", "first_name", required="always"),
        Field("last_name", "last_name"),
        Field("email", "email", convert=convert.email),
        replace(PHONE, attribute="mobile", wire="mobile", required="always"),
        *(replace(PHONE, attribute=name, wire=name) for name in PHONES),
        Field("company", "company"),
        Field("street", "address", convert=text),
        Field("state", "state"),
        Field("country", "country"),
        Field("is_favourite", "is_favourite", convert=convert.flag_text),
        Field("is_spam", "is_spam", convert=convert.flag_text),
        Field("status", STATUS, convert=_given, clears=False, nested=True, told=False),
    )

    def __init__(self, client: ZohoVoice, context: Context) -> None:
        super().__init__(client, context)
        self._untold = iter([UNSEEN])
        """What is still to be said, once."""

    def learned(self, fields: Sequence[Field]) -> Sequence[Field]:
        """Find statuses among those of the organisation, which are asked for when one comes."""
        own = one_of(self._status)
        return [replace(f, convert=own) if f.attribute == "status" else f for f in fields]

    def create(self, payload: Payload) -> str:
        """Create a contact."""
        return self._send("POST", "", payload, repeatable=False)

    def update(self, remote_id: str, payload: Payload, defaults: Payload) -> None:
        """Update a contact, sending back what it holds: whether left-out keys stay is unknown.

        Whether a read shows the status is unknown, too. If not, the default is sent, which is the
        last status known.
        """
        stored = reading.contact(self.client, remote_id)
        held = {
            field.wire: stored[field.wire]
            for field in self.fields
            if not is_empty(stored.get(field.wire))
        }
        try:
            kept = {wire: _held(value) for wire, value in held.items()}
        except ValueError:
            reason = "what the contact holds is not text, so that it cannot be sent back"
            raise Rejected(reason, "unreadable") from None
        sent = defaults | kept | payload
        if STATUS not in sent and STATUS not in stored:
            for words in self._untold:
                self.client.logger.warning(words)
        self._send("PUT", f"/{remote_id}", sent, repeatable=True)

    def delete(self, remote_id: str) -> None:
        """Delete a contact."""
        self.client.call("DELETE", f"{CONTACTS}/{remote_id}", headers=HEADERS)

    def is_gone(self, remote_id: str, error: Rejected | Refused) -> bool:
        """Ask for the contact, then for all: no code is known that says that one is not there."""
        del error
        try:
            self.client.contact(remote_id)
        except Refused:
            return remote_id not in self.ids_there
        return False

    def stored(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield every contact; there is no way to ask for single ones.

        Each comes as it would be sent, its numbers in E.164: how a number is written makes no
        other contact.
        """
        for contact in reading.contacts(self.client):
            held = {name: as_text(value) for name, value in contact.items()}
            yield contact["contact_id"], held | self._numbers(held)

    def read_back(self, remote_id: str) -> Mapping[str, Any]:
        """Return one contact, its numbers in E.164; its status, where a read shows it."""
        contact = reading.contact(self.client, remote_id)
        return contact | self._numbers({name: as_text(value) for name, value in contact.items()})

    def present(self, remote_ids: Sequence[str], wires: Collection[str]) -> dict[str, Present]:
        """Return what contacts hold: from the list, where that takes fewer requests."""
        fewest = len(remote_ids) - 2  # the first page is read to learn how many there are
        listed = reading.few_contacts(self.client, fewest) if fewest > 0 else None
        if listed is None:
            return super().present(remote_ids, wires)
        found = {each["contact_id"]: each for each in listed}
        return {each: found.get(each) for each in remote_ids}

    def finish(self, payload: Payload, contact: Contact) -> Payload:
        """Never clear a status."""
        del contact
        if is_empty(payload.get(STATUS)):
            payload.pop(STATUS, None)
        return payload

    def _numbers(self, held: Mapping[str, str]) -> dict[str, str]:
        followed = plans(self.region, held.get("country"))
        return {
            field.wire: Number(held[field.wire], followed, field.attribute in MOBILES).e164
            for field in self.fields
            if field.form == "e164" and held.get(field.wire)
        }

    def _status(self, value: Any) -> dict[str, str]:
        """Find a status by its display value; the source's ids mean nothing here."""
        name = status_name(value, self.context.status_names)
        there = found(str(name), self._status_ids)
        if there is None:
            msg = f"must be a status of this organisation, which has: {', '.join(self._status_ids)}"
            raise ValueError(msg)
        return {"id": self._status_ids[there], "display_value": there}

    @cached_property
    def _status_ids(self) -> dict[str, str]:
        statuses = self.client.contact_statuses()
        return {str(status["display_value"]): status["id"] for status in statuses}

    def _send(self, method: str, below: str, payload: Payload, *, repeatable: bool) -> str:
        place = "params" if self.client.contact_as == "query" else "data"
        options: dict[str, Any] = {place: {"contact": json.dumps(payload, ensure_ascii=False)}}
        path = CONTACTS + below
        answer = self.client.call(method, path, repeatable=repeatable, headers=HEADERS, **options)
        return str(answer.json["contacts"]["contact_id"])
