"""Write contacts into PORTERS (HRBC), new and changed ones together, many in one request.

Fields: https://hrbcapi.porters.jp/hc/en-us/articles/20868341330969-Contact-Field-List
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tap_contacts.apis.porters import client as porters
from tap_contacts.apis.porters import reading, wire
from tap_contacts.transport.errors import Stopped
from target_contacts.errors import Rejected
from target_contacts.report.summary import NOT_THERE
from target_contacts.sinks.base import ApiSink
from target_contacts.sinks.capabilities import Capabilities
from target_contacts.sinks.porters import fields as table
from target_contacts.sinks.porters import parents
from target_contacts.sinks.porters.batches import ALONE_AFTER, BatchWriter
from target_contacts.sinks.porters.company_fields import CompanyFields
from target_contacts.values.basic import is_empty

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence

    from tap_contacts.transport.errors import Refused
    from target_contacts.contact.model import Contact
    from target_contacts.mapping.field import Field, Payload
    from target_contacts.sinks.context import Context
    from target_contacts.sinks.finder import Finder
    from target_contacts.sinks.item import Item, Outcome
    from target_contacts.sinks.present import Present

CLIENT, NAME = "Contact.P_Client", "Contact.P_Name"

NO_SUCH = "7"
MAY_BE_GONE = (NO_SUCH, "302")
"""Codes that may say that a contact is not there."""


class PortersSink(ApiSink[porters.Porters]):
    """Create and update contacts; the status of a contact is its phase."""

    client_class = porters.Porters
    fields: ClassVar[Sequence[Field]] = (*table.FIELDS, *table.ONLY_MAPPED)
    capabilities: ClassVar = Capabilities(
        identity=(CLIENT, NAME, "Contact.P_Mail"),
        status_streams=("contact_phases",),
        free_prefix=wire.OWN_FIELDS,
        concurrency=4,  # the documents warn about parallel requests, and name no number
        batch_size=5000,  # between two batches nothing is in flight
        intents_at_once=400,  # about fourteen requests
        clears_fields=False,  # the effect of an empty element is not documented
        alone_after=ALONE_AFTER,
        can_list=True,
        can_ask=True,
        asks_by=frozenset((CLIENT,)),
        lookups=parents.WAYS,
    )

    def __init__(self, client: porters.Porters, context: Context) -> None:
        """Check what settings name.

        Raises:
            ConfigurationError: If `field_map` names what cannot be a field of one's own, or
                `match_on` what contacts cannot be looked up by.
        """
        super().__init__(client, context)
        self._company = CompanyFields(client.tenant, context, client.external_key_field)
        self._batches = BatchWriter(
            client, context, self._key, self.workers, self._company.have_changed
        )

    @classmethod
    def finder(cls, client: porters.Porters, setting: str, lookup: str) -> Finder | None:
        """Return what finds clients or users."""
        return parents.finder(client, setting, lookup)

    def learned(self, fields: Sequence[Field]) -> Sequence[Field]:
        """Return the table as the company database has it; as documented if that cannot be read.

        Raises:
            ConfigurationError: If settings name fields that are not in use.
        """
        return self._company.learned(fields)

    def have_fields_changed(self) -> bool:
        """Ask PORTERS, if the fields are as an earlier run was told; say if they have changed."""
        return self._company.have_changed()

    def free_field(self, name: str) -> Field:
        """Return how a field of one's own of unknown type is filled."""
        return table.text_field(name)

    def finish(self, payload: Payload, contact: Contact) -> Payload:
        """Leave out what is blank, and what is about a phase that was left out.

        Raises:
            Rejected: If there is something about a phase, but no phase.
        """
        cleaned = {
            alias: value
            for alias, value in payload.items()
            if isinstance(value, list) or not (value.isspace() or value == "")
        }
        about = cleaned.keys() & table.OF_PHASE
        if not about or wire.PHASE in cleaned:
            return cleaned
        if is_empty(contact.with_defaults().get("status")):
            reason = f"{' and '.join(table.OF_PHASE)} may only come together with {wire.PHASE}"
            raise Rejected(reason, "missing", field=wire.PHASE)
        self.context.count_unfit([(alias, NOT_THERE) for alias in sorted(about)])
        return {alias: value for alias, value in cleaned.items() if alias not in about}

    @property
    def key_wire(self) -> str:
        """Return the setting `external_key_field`."""
        return self.client.external_key_field

    @property
    def identities(self) -> Sequence[Sequence[str]]:
        """Return the fields by which lost creates are looked for."""
        found = super().identities
        return [[self.key_wire], *found] if self.key_wire else found

    def looked_for(self, item: Item) -> dict[str, str]:
        """Return the key that PORTERS was given, where it has a field for it; else the identity."""
        return self._key(item) or super().looked_for(item)

    def _key(self, item: Item) -> dict[str, str]:
        """Return the key by which a contact can be found, of its stream and its record."""
        return {self.key_wire: self.context.digest(item.identity)} if self.key_wire else {}

    def find(self, wanted: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the contacts that hold these values.

        What cannot be written in a condition is compared elsewhere.
        """
        conditions = {
            alias if alias in table.IDS else f"{alias}:full": value
            for alias, value in wanted.items()
            if value and alias not in self._company.gone and not wire.NO_CONDITION.search(value)
        }
        yield from self._rows(conditions)

    def scope(self, contact: Mapping[str, Any]) -> str | None:
        """Return the client of a contact."""
        return contact.get(CLIENT)

    def within(self, scope: str, most: int) -> Iterable[tuple[str, Mapping[str, Any]]] | None:
        """Return the contacts of a client, unless listing them takes too many requests.

        How loosely a condition compares is not documented, so they are compared here.
        """
        rows = reading.few_contacts(self.client, self._aliases, {CLIENT: scope}, most)
        return None if rows is None else ((row["Contact.P_Id"], row) for row in rows)

    def alike(self, contact: Payload) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the contacts with the same key, if there is one, and those of the same name."""
        if self.key_wire:
            yield from self.find({self.key_wire: str(contact[self.key_wire])})
        yield from self.find({wire: str(contact.get(wire, "")) for wire in (CLIENT, NAME)})

    def known_by(self, item: Item) -> Payload:
        """Return what a contact is compared by: the key that it is given, too."""
        known = super().known_by(item)
        return known | self._key(item) if self.key_wire else known

    def stored(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield every contact."""
        yield from self._rows({})

    def is_gone(self, remote_id: str, error: Rejected | Refused) -> bool:
        """Look for the contact among all: codes 7 and 302 may be about its client, too.

        Whether a condition for an id holds in every company is not known, so none is used.
        """
        return error.code in MAY_BE_GONE and remote_id not in self.ids_there

    def missing_parent(self, error: Rejected | Refused) -> str | None:
        """Take code 7 to be about the client; it is asked for only if the contact is there."""
        return CLIENT if error.code == NO_SUCH else None

    def read_back(self, remote_id: str) -> Mapping[str, Any] | None:
        """Return the documented fields of one contact but its phase."""
        return reading.one_contact(self.client, self._aliases, remote_id)

    def present(self, remote_ids: Sequence[str], wires: Collection[str]) -> dict[str, Present]:
        """Return what these fields of contacts hold, up to 200 of them by one request."""
        rows = reading.several_contacts(self.client, sorted(wires), remote_ids)
        found = {row["Contact.P_Id"]: row for row in rows}
        return {each: found.get(each) for each in remote_ids}

    def _rows(self, conditions: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for row in reading.contacts(self.client, self._aliases, conditions):
            yield row["Contact.P_Id"], row

    @property
    def _aliases(self) -> list[str]:
        keys = [self.key_wire] if self.key_wire else []
        aliases = [field.wire for field in table.FIELDS if field.wire != wire.PHASE]
        return [*(alias for alias in aliases if alias not in self._company.gone), *keys]

    def write(self, items: Iterator[Item]) -> Generator[list[Outcome[Item]], None, None]:
        """Yield the outcomes of one request after the other.

        Raises:
            Stopped: If no other can succeed; the next run asks for the fields then.
        """
        try:
            yield from self._batches.write(items)
        except Stopped:
            self._company.forget()
            raise
