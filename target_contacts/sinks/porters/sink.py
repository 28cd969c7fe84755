"""Write contacts into PORTERS (HRBC), new and changed ones together, many in one request.

Fields: https://hrbcapi.porters.jp/hc/en-us/articles/20868341330969-Contact-Field-List
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.porters import client as porters
from tap_contacts.apis.porters import reading, wire
from tap_contacts.transport.errors import Stopped
from target_contacts.errors import Rejected
from target_contacts.report.summary import NOT_THERE
from target_contacts.sinks.base import ApiSink
from target_contacts.sinks.capabilities import Capabilities
from target_contacts.sinks.porters import conversions, parents
from target_contacts.sinks.porters import fields as table
from target_contacts.sinks.porters.batches import ALONE_AFTER, BatchWriter
from target_contacts.sinks.porters.known_fields import KnownFields
from target_contacts.values.basic import is_empty

if TYPE_CHECKING:
    from collections.abc import (
        Collection,
        Container,
        Generator,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )

    from tap_contacts.apis.porters.fields import TenantField
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
        batch_size=2000,
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
        self._gone: Sequence[str] = ()
        # A value that a limit of yesterday would cut short could not be told from one that fits.
        told = context.told if context.settings.on_invalid_value == "reject" else None
        self._known = KnownFields(client.tenant, told)
        self._batches = BatchWriter(
            client, context, self._key, self.workers, self._known.are_others
        )
        self._named = {**context.settings.field_map, **context.settings.marks}
        """The fields that settings name."""
        for name in self._named:
            if name.startswith(wire.OWN_FIELDS) and not wire.is_alias(name, wire.OWN_FIELDS):
                msg = "field_map or marks names what cannot be an alias such as Contact.U_Name."
                raise ConfigurationError(msg)
            if name == self.key_wire:
                setting = "field_map" if name in context.settings.field_map else "marks"
                msg = f"{setting} and porters.external_key_field both fill {name}; leave one out."
                raise ConfigurationError(msg)
        if set(_names(context.settings.match_on or ())) & {"status", *table.OF_PHASE}:
            msg = "match_on names what is about a phase; contacts cannot be looked up by that."
            raise ConfigurationError(msg)

    @classmethod
    def finder(cls, client: porters.Porters, setting: str, lookup: str) -> Finder | None:
        """Return what finds clients or users."""
        return parents.finder(client, setting, lookup)

    def learned(self, fields: Sequence[Field]) -> Sequence[Field]:
        """Return the table as the company database has it; as documented if that cannot be read.

        Raises:
            ConfigurationError: If settings name fields that are not in use.
        """
        tenant = self.client.tenant
        wanted = {*self._named, *(f.wire for f in table.FIELDS), *filter(None, [self.key_wire])}
        known = self._known.fields(wanted)
        if known is not None:
            fields = self._in_use(fields, known)
        phase = conversions.phase((known or {}).get(wire.PHASE), tenant, self.context.status_names)
        return [replace(f, convert=phase) if f.wire == wire.PHASE else f for f in fields]

    def _in_use(self, fields: Sequence[Field], known: Mapping[str, TenantField]) -> list[Field]:
        """Leave out the fields that are not in use, and add those of one's own."""
        mapped = self._named
        table.assert_in_use([*mapped, *filter(None, [self.key_wire])], known)
        table.assert_holds_key(known.get(self.key_wire))
        self._gone = [f.wire for f in fields if f.wire not in known and not f.required]
        gone = ", ".join(name for name in self._gone if name not in table.NEVER_NAMED)
        if gone:
            text = f"{self.client.title} has these fields not in use, so they are not carried: "
            self.client.tenant.warn_once(f"{text}{gone}.")
        kept = [f for f in fields if f.wire not in self._gone]
        limited = [table.limited(f, known[f.wire]) if f.wire in known else f for f in kept]
        return [*limited, *self._own(mapped, known)]

    def _own(self, mapped: Container[str], known: Mapping[str, TenantField]) -> Iterator[Field]:
        """Yield the fields of one's own that are mapped, or that a new contact must have."""
        for field in known.values():
            if not field.alias.startswith(wire.OWN_FIELDS) or field.alias == self.key_wire:
                continue
            self._warn_of_required(field)
            if field.alias in mapped:
                yield table.own(field, self.client.tenant)
            elif field.required:
                yield table.required(field)

    def _warn_of_required(self, field: TenantField) -> None:
        """Warn if a new contact must have a field that `field_map` does not fill."""
        if field.required and field.alias not in self.context.settings.field_map:
            text = "every new contact needs {} ({}), and field_map does not fill it."
            named = text.format(field.alias, field.name)
            self.client.tenant.warn_once(f"{self.client.title}: {named}")

    def are_fields_others(self) -> bool:
        """Ask PORTERS, if the fields are as an earlier run was told; say if they have changed."""
        return self._known.are_others()

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
            if value and alias not in self._gone and not wire.NO_CONDITION.search(value)
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
        return super().known_by(item) | self._key(item)

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
        """Return the fields that contacts are compared by."""
        keys = [self.key_wire] if self.key_wire else []
        aliases = [field.wire for field in table.FIELDS if field.wire != wire.PHASE]
        return [*(alias for alias in aliases if alias not in self._gone), *keys]

    def write(self, items: Iterator[Item]) -> Generator[list[Outcome[Item]], None, None]:
        """Yield the outcomes of one request after the other.

        Raises:
            Stopped: If no other can succeed; the next run asks for the fields then.
        """
        try:
            yield from self._batches.write(items)
        except Stopped:
            self._known.forget()
            raise


def _names(rules: Iterable[Any]) -> Iterator[str]:
    """Yield the attributes that `match_on` names."""
    for rule in rules:
        yield from [rule] if isinstance(rule, str) else rule
