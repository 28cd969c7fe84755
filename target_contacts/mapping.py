"""Turn records into payloads: vocabulary to destination fields, by one table per sink."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from target_contacts.complete import JOINT
from target_contacts.contact import assert_known, is_empty, text
from target_contacts.field_names import FieldNames
from target_contacts.reader import ContactReader
from target_contacts.rejects import Rejected
from target_contacts.slots import Slots

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.client import ContactSink
    from target_contacts.reader import Contact


IDS = ("customer_id", "customer_reference", "owner_id")
"""Attributes that name something of the destination's own; another system's mean nothing there."""


class Use(NamedTuple):
    """How a value gets to the destination."""

    source: str
    """Field of the record, or what makes the value otherwise."""
    attribute: str
    wire: str


Payload = dict[str, Any]
"""A contact in the destination's fields; "" clears a field."""


def matching(pattern: str, meaning: str) -> Callable[[Any], str]:
    """Return a conversion that takes only text of a pattern, described by its meaning."""
    compiled = re.compile(pattern)

    def convert(value: Any) -> str:
        found = text(value).strip()
        if compiled.fullmatch(found):
            return found
        msg = f"must be {meaning}"
        raise ValueError(msg)

    return convert


@dataclass(frozen=True)
class Field:
    """How one attribute of the vocabulary fills one field of the destination."""

    attribute: str
    wire: str
    required: Literal["always", "create"] | None = None
    max_length: int | None = None
    """Most characters, where the documents state it."""
    convert: Callable[[Any], Any] = text
    """Return the value to send; raise ValueError with what it must be."""
    identifier: bool = False
    """Whether it is an id of the destination: one that cannot be gives way to the default."""
    exact: bool = False
    """Whether a part of a value is worth nothing, as of an address: it is never cut short."""


class Translator:
    """Translate the records of one stream into payloads of one destination."""

    def __init__(self, sink: ContactSink[Any], fields: Sequence[Field]) -> None:
        """Take what a sink says of its API, and its table of fields as the account has it.

        Raises:
            ConfigurationError: If a setting names what does not exist.
        """
        config = sink.mapping
        field_map, defaults = config.get("field_map") or {}, config.get("defaults") or {}
        wires, free = [field.wire for field in fields], sink.free_prefix
        assert_known(
            "field_map", [w for w in field_map if not (free and w.startswith(free))], wires
        )
        self._fields = fields
        self._ids = [field for field in fields if field.identifier]
        self._free = [sink.free_field(name) for name in field_map if name not in wires]
        self._required = [field for field in fields if field.required]
        self._own = [f.wire for f in fields if f.wire in sink.identity and not f.identifier]
        self._keeps_empty = sink.keeps_empty
        self._defaults = defaults
        self.carried = {field.attribute for field in fields}
        """Attributes that reach the destination; a sink adds those that only its `finish` uses."""
        needs_mobile = any(f.attribute == "mobile" and f.required for f in fields)
        self._reader = ContactReader(
            field_map,
            defaults,
            slots=Slots(self.carried, sink.region, needs_mobile),
            foreign=IDS if sink.is_foreign else (),
            containers=FieldNames(sink.original_schema).containers(),
        )
        self._field_map = field_map
        self._on_invalid = config.get("on_invalid_value", "reject")
        self.mended: list[tuple[str, str]] = []
        """Values left out or cut short since this was last cleared: field, and what was done."""
        self.foreign: set[str] = set()
        """Attributes in which a record had an id that cannot be one of this destination."""

    def contact(self, record: Mapping[str, Any]) -> Contact:
        """Return the contact a record holds."""
        return self._reader.read(record)

    def payload(self, contact: Contact) -> Payload:
        """Return what a contact is in the destination's fields.

        Raises:
            Rejected: If a value is too long or not what its field takes.
        """
        mapped, attributes = contact.fields, contact.attributes
        payload = {
            field.wire: self._converted(field, mapped[field.wire])
            for field in self._free
            if field.wire in mapped
        }
        for field in self._fields:
            value = mapped.get(field.wire, attributes.get(field.attribute))
            if value is None:
                continue
            if value != "":
                payload[field.wire] = self._converted(field, value)
            elif self._keeps_empty:
                payload.setdefault(field.wire, "")
        return {wire: value for wire, value in payload.items() if value is not None}

    def assert_complete(self, payload: Payload, *, creating: bool) -> None:
        """Raise Rejected if a required field has no value, or a new contact nothing of its own."""
        for field in self._required:
            needed = creating or field.required == "always"
            if needed and is_empty(payload.get(field.wire)):
                own = "Give it by field_map."
                known = (
                    f"Give it in the record ({field.attribute}), by field_map, or for all records "
                    "by defaults."
                )
                advice = own if field.attribute == field.wire else known
                reason = f"{field.wire} is required and has no value. {advice}"
                raise Rejected(reason, "missing", field=field.wire)
        if creating and self._own and all(is_empty(payload.get(wire)) for wire in self._own):
            reason = (
                f"{' and '.join(self._own)} have no value: nobody could tell whose contact it is"
            )
            raise Rejected(reason, "missing", field=self._own[0])

    def uses(self, contact: Contact, payload: Payload) -> Iterator[tuple[Use, Any]]:
        """Yield how each value of a payload came about, and from what."""
        by_wire = {field.wire: field.attribute for field in self._fields}
        for wire in payload:
            attribute = by_wire.get(wire, "")
            if wire in contact.fields:
                yield Use(f"{self._field_map[wire]} (field_map)", "", wire), contact.fields[wire]
            elif attribute in contact.sources:
                source = contact.sources[attribute]
                yield Use(source, attribute, wire), contact.attributes[attribute]
            else:
                yield Use("(made by the target)", "", wire), payload[wire]

    def before_default(self, contact: Contact) -> Iterator[tuple[str, str]]:
        """Yield the ids that a record has where there is a default, too: attribute and field."""
        for field in self._ids:
            attribute, value = field.attribute, contact.attributes.get(field.attribute)
            source = contact.sources.get(attribute, "defaults")
            if source == "defaults" or value == self._defaults.get(attribute, value):
                continue
            if not self._is_foreign(field, value):
                yield attribute, source

    def not_carried(self, contact: Contact, known: Container[str] = ()) -> list[str]:
        """List the fields of a contact's record whose values do not reach the destination.

        Args:
            contact: The contact.
            known: Fields that need not be told.
        """
        carried, sources = self._reaching(contact), contact.sources
        left = [
            name
            for attribute in sources.keys() - carried
            if sources[attribute] not in known and contact.has(attribute)
            if not _is_stood_for(attribute, carried, contact.attributes)
            for name in sources[attribute].split(JOINT)
        ]
        same = [
            name
            for attribute, name in contact.same
            if attribute not in carried
            if not _is_stood_for(attribute, carried, contact.attributes)
        ]
        names = [name for name in (*contact.spare, *left, *same) if name not in known]
        if not names:
            return []
        mapped = self._field_map.values()
        used = [source for a, source in sources.items() if a in carried or a in mapped]
        taken = {"defaults", *(name for source in used for name in source.split(JOINT))}
        return [
            name
            for name in names
            if name not in taken and not name.startswith("_sdc_") and not self._is_mapped(name)
        ]

    def _reaching(self, contact: Contact) -> AbstractSet[str]:
        """Return the attributes that are sent, not a value of `field_map` or a default instead."""
        ids = (f for f in self._ids if contact.has(f.attribute))
        others = {f.attribute for f in ids if self._is_foreign(f, contact.attributes[f.attribute])}
        if contact.fields:
            replaced = (f.attribute for f in self._fields if f.wire in contact.fields)
            others |= {attribute for attribute in replaced if contact.has(attribute)}
        return self.carried - others if others else self.carried

    def _is_mapped(self, name: str) -> bool:
        return any(name == path or name.startswith(f"{path}.") for path in self._field_map.values())

    def _is_foreign(self, field: Field, value: Any) -> bool:
        """Say whether a value cannot be an id of this destination, and gives way to the default."""
        default = self._defaults.get(field.attribute)
        if default is None or default == value:
            return False
        try:
            field.convert(value)
        except ValueError:
            return True
        return False

    def _converted(self, field: Field, value: Any) -> Any:
        """Return the value to send; None if it does not fit and may be left out."""
        if field.identifier and self._is_foreign(field, value):
            self.foreign.add(field.attribute)
            return self._converted(field, self._defaults[field.attribute])
        try:
            converted = field.convert(value)
        except ValueError as error:
            self._unfit(field, f"{field.wire} {error}", "invalid")
            return None
        if field.max_length and len(converted) > field.max_length:
            return self._too_long(field, field.max_length, converted)
        return converted

    def _too_long(self, field: Field, most: int, converted: str) -> str | None:
        """Cut a value short, or leave it out, where the settings allow it, or raise Rejected."""
        if self._on_invalid == "truncate" and not field.exact:
            self.mended.append((field.wire, "cut short"))
            return converted[:most]
        reason = f"{field.wire} takes {most} characters, not {len(converted)}"
        self._unfit(field, reason, "too_long")
        return None

    def _unfit(self, field: Field, reason: str, code: str) -> None:
        """Leave a value out where the settings allow it, or raise Rejected."""
        if self._on_invalid != "drop_field":
            raise Rejected(reason, code, field=field.wire)
        self.mended.append((field.wire, "left out"))


def _is_stood_for(attribute: str, carried: AbstractSet[str], attributes: Mapping[str, Any]) -> bool:
    """Say whether an attribute reaches the destination in another form."""
    if attribute in NAME_PARTS and "full_name" in carried:
        return _holds(attributes.get("full_name", ""), attributes[attribute])
    return not STANDING.get(attribute, frozenset()).isdisjoint(carried)


STANDING = {
    "full_name": {"first_name", "last_name"},
    "first_name_reading": {"name_reading"},
    "last_name_reading": {"name_reading"},
    "salutation": {"gender"},
    "street_number": {"street"},
    "street2": {"street"},
}
"""Attribute to those that hold its value, too."""

NAME_PARTS = ("first_name", "middle_name", "last_name")


def _holds(whole: Any, part: Any) -> bool:
    """Say whether a name holds another one, however both are written."""
    whole, part = str(whole), str(part)
    return (whole.isascii() and part in whole) or _plain(part) in _plain(whole)


def _plain(value: str) -> str:
    return " ".join(unicodedata.normalize("NFC", value).split())
