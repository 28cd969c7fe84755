"""Translate records into payloads, by the sink's table of fields and the settings."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from target_contacts.contact.paths import Failure, MappedFields
from target_contacts.contact.phone_fields import Slots
from target_contacts.contact.reader import ContactReader
from target_contacts.contact.vocabulary import ATTRIBUTES
from target_contacts.errors import Rejected
from target_contacts.mapping.choices import NotKnown
from target_contacts.mapping.coverage import Coverage
from target_contacts.mapping.foreign_ids import Whose
from target_contacts.mapping.value_map import ValueMap
from target_contacts.report.summary import NOT_THERE
from target_contacts.values.basic import (
    NoValue,
    OtherThing,
    TooLong,
    assert_known,
    is_empty,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from target_contacts.contact.model import Contact
    from target_contacts.contact.paths import FieldPath
    from target_contacts.mapping.field import Field, Payload, Table


IDS = ("customer_id", "customer_reference", "owner_id")
"""Attributes that hold ids of the destination. Those of another system mean nothing there."""


MISSING = "missing"
"""Code of a rejection because a value is missing."""

LEFT_OUT, CUT_SHORT = "left out", "cut short"
"""What was done with a value that does not fit."""


@dataclass(frozen=True)
class Rules:
    """The rules of translation that the settings and the stream give."""

    field_map: Mapping[str, str | None]
    defaults: Mapping[str, Any]
    value_map: Mapping[str, Mapping[str, Any] | None]
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

    Args:
        table: The destination's fields, as the account has them.
        rules: The rules of translation.

    Raises:
        ConfigurationError: If a setting names what does not exist.
    """

    def __init__(self, table: Table, rules: Rules) -> None:
        fields, field_map, defaults = table.fields, rules.field_map, rules.defaults
        wires, free = [field.wire for field in fields], table.free_prefix
        assert_known(
            "field_map", [w for w in field_map if not (free and w.startswith(free))], wires
        )
        self._fields = fields
        self._ids = [field for field in fields if field.identifier]
        self._free = [table.free_field(name) for name in field_map if name not in wires]
        self._e164 = [field for field in fields if field.form == "e164"]
        self._required = [field for field in fields if field.required]
        self._own = [f.wire for f in fields if f.wire in table.own and not f.identifier]
        self._clears, self._replaces = table.clears_fields, table.replaces
        self._defaults = defaults
        self._carried = {field.attribute for field in fields} | table.also_carried
        """Attributes that reach the destination."""
        needs_mobile = any(f.attribute == "mobile" and f.required for f in fields)
        every = (*fields, *self._free)
        by_wire = {field.wire: field.attribute for field in every}
        assert_known("value_map", rules.value_map, dict.fromkeys((*ATTRIBUTES, *by_wire.values())))
        self.mapped = MappedFields(field_map, {field.wire for field in every if field.nested})
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
        self._on_invalid = rules.on_invalid
        self.dropped_or_truncated: list[tuple[str, str]] = []
        """Values that did not fit since this was last cleared: field, and what was done."""
        self.unknown: dict[str, str] = {}
        """Why values were left out that the destination does not have, by field."""
        self.refusals: list[Rejected] | None = None
        """Takes all refusals of a record, if it is set; else the first one is raised."""

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
        payload = {
            field.wire: self._converted(field, mapped[field.wire], contact)
            for field in self._free
            if field.wire in mapped
        }
        for field in self._fields:
            value = mapped.get(field.wire, attributes.get(field.attribute))
            if value is None:
                continue
            if value != "":
                payload[field.wire] = self._converted(field, value, contact)
            elif self._clears:
                payload.setdefault(field.wire, "")
        self._put_in_form(payload, contact)
        return {wire: value for wire, value in payload.items() if value is not None}

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
        given = contact.defaults
        wanted = [f for f in self._fields if f.attribute in given and f.wire not in contact.fields]
        made = {f.wire: self._converted(f, given[f.attribute], contact) for f in wanted}
        return {wire: value for wire, value in made.items() if value is not None}

    def _with_value(self, mapped: dict[str, Any]) -> dict[str, Any]:
        """Return the values of `field_map` without booleans for text, which mean no value."""
        if bool not in set(map(type, mapped.values())):
            return mapped
        converts = {f.wire: f.convert for f in (*self._fields, *self._free)}
        return {w: v for w, v in mapped.items() if not _is_none(converts[w], v)}

    def assert_complete(self, payload: Payload, *, creating: bool) -> None:
        """Raise Rejected if a value is missing that the destination demands."""
        for lacking in self.missing(payload, creating=creating):
            raise lacking

    def missing(self, payload: Payload, *, creating: bool) -> Iterator[Rejected]:
        """Yield a refusal for each field that must have a value and has none."""
        for field in self._required:
            # An update leaves alone what it does not name, unless it replaces the whole contact.
            named = creating or self._replaces or field.wire in payload
            needed = creating or field.required == "always"
            if needed and named and is_empty(payload.get(field.wire)):
                own = "Give it by field_map."
                known = (
                    f"Give it in the record ({field.attribute}), by field_map, or for all records "
                    "by defaults."
                )
                advice = known if field.attribute in ATTRIBUTES else own
                reason = f"{field.wire} is required and has no value. {advice}"
                yield Rejected(reason, MISSING, field=field.wire)
        if creating and self._own and all(is_empty(payload.get(wire)) for wire in self._own):
            reason = f"{' and '.join(self._own)} have no value, so nobody knows whose contact it is"
            yield Rejected(reason, MISSING, field=self._own[0])

    def _converted(self, field: Field, value: Any, contact: Contact) -> Any:
        """Return the value to send; None if it does not fit and may be left out."""
        try:
            converted = field.convert(_made(value))
        except NotKnown as error:
            self._not_there(field, f"{field.wire} {error}", contact)
            return None
        except ValueError as error:
            return self._refused(field, error)
        if field.max_length and len(converted) > field.max_length:
            return self._too_long(field, field.max_length, converted)
        return converted

    def _refused(self, field: Field, error: ValueError) -> str | None:
        """Return the value to send instead of one that a conversion refuses, or raise Rejected."""
        if isinstance(error, NoValue):
            return "" if self._clears else None
        if isinstance(error, OtherThing):
            self.dropped_or_truncated.append((field.wire, LEFT_OUT))
        else:
            code = "too_long" if isinstance(error, TooLong) else "invalid"
            self._unfit(field, f"{field.wire} {error}", code)
        return None

    def _too_long(self, field: Field, most: int, converted: str) -> str | None:
        """Truncate a value or leave it out, if the settings allow it, or raise Rejected."""
        if self._on_invalid == "truncate" and not field.exact:
            self.dropped_or_truncated.append((field.wire, CUT_SHORT))
            return converted[:most]
        reason = f"{field.wire} takes {most} characters, not {len(converted)}"
        self._unfit(field, reason, "too_long")
        return None

    def _not_there(self, field: Field, reason: str, contact: Contact) -> None:
        """Leave out a value that the destination does not have, unless a setting gave it."""
        is_given = field.wire in contact.fields or field.attribute in contact.chosen
        if is_given or field.attribute in contact.defaults:
            self._unfit(field, reason, "invalid")
            return
        self.unknown.setdefault(field.wire, reason)
        self.dropped_or_truncated.append((field.wire, NOT_THERE))

    def _unfit(self, field: Field, reason: str, code: str) -> None:
        """Leave out a value, if the settings allow it, or raise Rejected."""
        if self._on_invalid == "drop_field":
            self.dropped_or_truncated.append((field.wire, LEFT_OUT))
            return
        refused = Rejected(reason, code, field=field.wire)
        if self.refusals is None:
            raise refused
        self.refusals.append(refused)

    @property
    def attributes(self) -> Mapping[str, str]:
        """Return the attribute of the vocabulary that fills each destination field."""
        named = [(f.wire, f.attribute) for f in self._fields if f.attribute in ATTRIBUTES]
        return dict(reversed(named))

    @property
    def identifiers(self) -> set[str]:
        """Return the destination's fields that hold its ids."""
        return {field.wire for field in self._ids}


def _made(value: Any) -> Any:
    """Return a value; raise ValueError if its expression failed."""
    if isinstance(value, Failure):
        raise ValueError(value.reason)  # noqa: TRY004  # as all conversions do
    return value


def _is_none(convert: Callable[[Any], Any], value: Any) -> bool:
    """Return whether a value is a boolean for text."""
    if not isinstance(value, bool):
        return False
    with contextlib.suppress(ValueError):
        try:
            convert(value)
        except NoValue:
            return True
    return False
