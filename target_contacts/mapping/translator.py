"""Translate records into payloads, by the sink's table of fields and the settings."""

from __future__ import annotations

import contextlib
import functools
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from target_contacts.contact.paths import MappedFields
from target_contacts.contact.phone_fields import Slots
from target_contacts.contact.reader import ContactReader
from target_contacts.contact.vocabulary import ATTRIBUTES
from target_contacts.mapping import policies
from target_contacts.mapping.choices import NotKnown
from target_contacts.mapping.conversion import Conversion
from target_contacts.mapping.coverage import Coverage
from target_contacts.mapping.foreign_ids import Whose
from target_contacts.mapping.policies import NEVER
from target_contacts.mapping.required import Required
from target_contacts.mapping.value_map import ValueMap
from target_contacts.values.basic import NoValue, assert_known, is_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from target_contacts.contact.model import Contact
    from target_contacts.contact.paths import FieldPath
    from target_contacts.mapping.field import Field, Payload, Table
    from target_contacts.mapping.policies import Policies


SHAPES = 1024
"""Sets of attributes whose fields are remembered; a stream has a few."""

IDS = ("customer_id", "customer_reference", "owner_id")
"""Attributes that hold ids of the destination. Those of another system mean nothing there."""


@dataclass(frozen=True)
class Rules:
    """The rules of translation that the settings and the stream give."""

    field_map: Mapping[str, str | None]
    defaults: Mapping[str, Any]
    value_map: Mapping[str, Mapping[str, Any] | None]
    policies: Policies
    on_invalid: str
    region: str | None
    """Country whose plan phone numbers without country code follow."""
    status_names: Mapping[str, str]
    """Names of the source's statuses by id. More may come later."""
    containers: AbstractSet[str]
    """Names of the properties that hold others."""
    is_own: bool
    """Whether the records come from the same API as they go to."""
    is_foreign: bool
    """Whether they come from another of the APIs, whose ids mean nothing here."""


class Translator:
    """Translate the records of one stream into payloads of one destination.

    Raises:
        ConfigurationError: If a setting names what does not exist.
    """

    def __init__(
        self, table: Table, rules: Rules, unsent: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        fields, field_map, defaults = table.fields, rules.field_map, rules.defaults
        wires, free = [field.wire for field in fields], table.free_prefix
        assert_known(
            "field_map", [w for w in field_map if not (free and w.startswith(free))], wires
        )
        self._fields = fields
        self._wires = [(field.wire, field.attribute, field) for field in fields]
        self._of_attributes = functools.lru_cache(maxsize=SHAPES)(self._wires_of)
        self._ids = [field for field in fields if field.identifier]
        self._free = [table.free_field(name) for name in field_map if name not in wires]
        self._e164 = [field for field in fields if field.form == "e164"]
        self._clears = table.clears_fields
        self._defaults = defaults
        self._carried = {field.attribute for field in fields} | table.also_carried
        """Attributes that reach the destination."""
        needs_mobile = any(f.attribute == "mobile" and f.required for f in fields)
        every = (*fields, *self._free)
        by_wire = {field.wire: field.attribute for field in every}
        known = dict.fromkeys((*ATTRIBUTES, *by_wire.values()))
        assert_known("value_map", rules.value_map, known)
        rules.policies.assert_known(known)
        self.mapped = MappedFields(field_map, {field.wire for field in every if field.nested})
        sources = {wire: path.attributes for wire, path in self.mapped.paths.items()}
        self.policies = policies.by_wire(rules.policies, table, self._free, sources)
        """What may be written into each field that is not simply overwritten."""
        self.coverage = Coverage(table, self._carried, self.mapped, defaults)
        self._value_map = ValueMap(rules.value_map, by_wire, rules.status_names)
        self._whose = Whose(fields, defaults, is_own=rules.is_own)
        self._reader = ContactReader(
            self.mapped,
            defaults,
            slots=Slots(self._carried, rules.region, needs_mobile),
            foreign=IDS if rules.is_foreign else (),
            containers=rules.containers,
        )
        never = {wire for wire, policy in self.policies.items() if policy == NEVER}
        clears = table.clears_fields
        self.conversion = Conversion(rules.on_invalid, clears_fields=clears, never=never)
        self.required = Required(table, never, unsent)

    @property
    def paths(self) -> list[FieldPath]:
        """Return the paths of `field_map`."""
        return list(self.mapped.paths.values())

    def contact(self, record: Mapping[str, Any]) -> Contact:
        """Return the contact a record holds."""
        contact = self._reader.read(record)
        self._whose.add_codes(record, contact)
        if contact.fields:
            contact.fields = self._with_value(contact.fields)
        self._value_map.apply(record, contact)
        self._whose.give_way(contact)
        return contact

    @property
    def foreign(self) -> set[str]:
        """Return the attributes in which a record had an id that cannot be the destination's."""
        return self._whose.foreign

    def payload(self, contact: Contact) -> Payload:
        """Return a contact in the destination's fields.

        Raises:
            Rejected: If a value is too long or not what its field takes.
        """
        mapped, attributes = contact.fields, contact.attributes
        convert = self.conversion.value
        payload = {
            field.wire: convert(field, mapped[field.wire], contact)
            for field in self._free
            if field.wire in mapped
        }
        wires = self._wires if mapped else self._of_attributes(tuple(attributes))
        for wire, attribute, field in wires:
            value = mapped[wire] if wire in mapped else attributes.get(attribute)
            if value is None:
                continue
            if value != "":
                payload[wire] = convert(field, value, contact)
            elif self._clears:
                payload.setdefault(wire, "")
        self._put_in_form(payload, contact)
        return _without_none(payload)

    def _wires_of(self, attributes: tuple[str, ...]) -> list[tuple[str, str, Field]]:
        """Return the fields that some attributes may fill, in the table's order."""
        known = frozenset(attributes)
        return [each for each in self._wires if each[1] in known]

    def _put_in_form(self, payload: Payload, contact: Contact) -> None:
        """Put the numbers of a payload into the form that their fields take."""
        for field in self._e164:
            if number := payload.get(field.wire):
                payload[field.wire] = contact.number(field.attribute, number).e164

    def assert_defaults(self) -> None:
        """Raise ConfigurationError if a default is not what its field takes."""
        for field in self._fields:
            value = self._defaults.get(field.attribute)
            try:
                converted = "" if is_empty(value) else field.convert(value)
            except NotKnown:
                continue  # it follows on_invalid_value
            except ValueError as error:
                msg = f"defaults.{field.attribute} {error}."
                raise ConfigurationError(msg) from None
            if field.max_length and len(converted) > field.max_length:
                msg = f"defaults.{field.attribute} takes {field.max_length} characters."
                raise ConfigurationError(msg)

    def defaults(self, contact: Contact) -> Payload:
        """Return the defaults for fields of which the record has no value.

        Raises:
            Rejected: If a default is not what its field takes.
        """
        if not contact.defaults:
            return {}
        given, mapped, convert = contact.defaults, contact.fields, self.conversion.value
        return _without_none(
            {
                wire: convert(field, given[attribute], contact)
                for wire, attribute, field in self._of_attributes(tuple(given))
                if wire not in mapped
            }
        )

    def _with_value(self, mapped: dict[str, Any]) -> dict[str, Any]:
        """Return the values of `field_map` without booleans for text, which mean no value."""
        if bool not in set(map(type, mapped.values())):
            return mapped
        converts = {f.wire: f.convert for f in (*self._fields, *self._free)}
        return {w: v for w, v in mapped.items() if not _is_none(converts[w], v)}

    @property
    def attributes(self) -> Mapping[str, str]:
        """Return the attribute of the vocabulary that fills each destination field."""
        named = [(f.wire, f.attribute) for f in self._fields if f.attribute in ATTRIBUTES]
        return dict(reversed(named))

    @property
    def identifiers(self) -> set[str]:
        """Return the destination's fields that hold its ids."""
        return {field.wire for field in self._ids}


def _without_none(payload: Payload) -> Payload:
    if None not in payload.values():
        return payload
    return {wire: value for wire, value in payload.items() if value is not None}


def _is_none(convert: Callable[[Any], Any], value: Any) -> bool:
    if not isinstance(value, bool):
        return False
    with contextlib.suppress(ValueError):
        try:
            convert(value)
        except NoValue:
            return True
    return False
