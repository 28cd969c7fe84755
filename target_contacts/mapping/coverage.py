"""Find out how the values of a contact reach the destination, and which do not."""

from __future__ import annotations

import functools
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.contact.derive import JOINT, as_text

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.contact.model import Contact
    from target_contacts.contact.paths import MappedFields
    from target_contacts.mapping.field import Payload, Table


SHAPES = 1024
"""Sets of attributes that are remembered; a stream has a few."""


MADE = "(made by the target)"
"""The source of a value that no field of the record has."""


class Use(NamedTuple):
    """How a value gets to the destination."""

    source: str
    """Field of the record, or another origin in words."""
    attribute: str
    wire: str


class Coverage:
    """Compare contacts with what one destination takes of them."""

    def __init__(
        self,
        table: Table,
        carried: AbstractSet[str],
        mapped: MappedFields,
        defaults: Mapping[str, Any],
    ) -> None:
        self._fields, self._carried = table.fields, carried
        self._ids = [field for field in table.fields if field.identifier]
        self._mapped, self._defaults = mapped, defaults
        self._apart = functools.lru_cache(maxsize=SHAPES)(self._not_taken)
        self._last: tuple[Mapping[str, str], Sequence[str]] = {}, ()
        """Where the attributes of the last contact came from, and which of them are not carried.
        Those of the next one mostly come from the same fields."""

    @property
    def mapped(self) -> Mapping[str, str]:
        """Return the entries of `field_map`: field of the destination and path."""
        return {wire: path.text for wire, path in self._mapped.paths.items()}

    def uses(self, contact: Contact, payload: Payload) -> Iterator[tuple[Use, Any]]:
        """Yield the way of each value of a payload, and the value it was made from."""
        by_wire = {field.wire: field.attribute for field in self._fields}
        for wire in payload:
            attribute = by_wire.get(wire, "")
            if wire in contact.fields:
                path = self._mapped.paths[wire].text
                yield Use(f"{path} (field_map)", "", wire), contact.fields[wire]
            elif attribute in contact.sources:
                source = contact.sources[attribute]
                yield Use(source, attribute, wire), contact.attributes[attribute]
            elif attribute in contact.defaults:
                yield Use("defaults", attribute, wire), contact.defaults[attribute]
            else:
                yield Use(MADE, "", wire), payload[wire]

    def before_default(self, contact: Contact) -> Iterator[tuple[str, str]]:
        """Yield the ids of a record that differ from the default: attribute and field."""
        for field in self._ids:
            attribute, value = field.attribute, contact.attributes.get(field.attribute)
            if value is not None and value not in ("", self._defaults.get(attribute, value)):
                yield attribute, contact.sources[attribute]

    def not_carried(self, contact: Contact, known: Container[str] = ()) -> list[str]:
        """List the fields of a contact's record whose values do not reach the destination."""
        carried, sources = self._carried, contact.sources
        if contact.fields:
            carried = self._reaching(contact)
            apart: Iterable[str] = sources.keys() - carried
        else:
            apart = self._apart_of(sources)
        left = [
            name
            for attribute in apart
            if sources[attribute] not in known and contact.has(attribute)
            if not _is_stood_for(attribute, carried, contact.attributes)
            for name in sources[attribute].split(JOINT)
        ]
        if not (left or contact.spare or contact.same):
            return []
        same = [
            name
            for attribute, name in contact.same
            if attribute not in carried
            if not _is_stood_for(attribute, carried, contact.attributes)
        ]
        names = [name for name in (*contact.spare, *left, *same) if name not in known]
        if not names:
            return []
        taken = self._taken(sources.items(), carried)
        return [
            name
            for name in names
            if name not in taken
            and not name.startswith("_sdc_")
            and not self._mapped.reads(contact.fields, name)
        ]

    def _apart_of(self, sources: Mapping[str, str]) -> Sequence[str]:
        before, apart = self._last
        if before != sources:
            apart = self._apart(tuple(sources.items()))
            self._last = {**sources}, apart
        return apart

    def _not_taken(self, sources: tuple[tuple[str, str], ...]) -> list[str]:
        """Return the attributes that are not carried, nor all their fields by another attribute."""
        taken, carried = self._taken(sources, self._carried), self._carried
        apart = [(attribute, source) for attribute, source in sources if attribute not in carried]
        return [each for each, source in apart if not taken.issuperset(source.split(JOINT))]

    def _taken(self, sources: Iterable[tuple[str, str]], carried: AbstractSet[str]) -> set[str]:
        """Return the fields of a record that carried attributes, or paths, were taken from."""
        mapped = {path.text for path in self._mapped.paths.values()}
        used = [source for a, source in sources if a in carried or a in mapped]
        return {"defaults", *(name for source in used for name in source.split(JOINT))}

    def _reaching(self, contact: Contact) -> AbstractSet[str]:
        """Return the attributes that are sent and not replaced by `field_map`."""
        replaced = (f.attribute for f in self._fields if f.wire in contact.fields)
        return self._carried - {attribute for attribute in replaced if contact.has(attribute)}


def _is_stood_for(attribute: str, carried: AbstractSet[str], attributes: Mapping[str, Any]) -> bool:
    """Return whether an attribute reaches the destination within another one."""
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
"""Attribute to others that hold its value, too."""

NAME_PARTS = ("first_name", "middle_name", "last_name")


def _holds(whole: Any, part: Any) -> bool:
    """Return whether a name holds another one, whatever the Unicode form and blanks."""
    if isinstance(whole, str) and isinstance(part, str) and whole.isascii() and part in whole:
        return True
    whole, part = as_text(whole), as_text(part)
    return (whole.isascii() and part in whole) or _plain(part) in _plain(whole)


def _plain(value: str) -> str:
    return " ".join(unicodedata.normalize("NFC", value).split())
