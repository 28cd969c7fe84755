"""Turn records into payloads: vocabulary to destination fields, by one table per sink."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from target_contacts.contact import (
    Contact,
    ContactReader,
    assert_known,
    is_empty,
    sources,
)
from target_contacts.rejects import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Payload = dict[str, Any]
"""A contact in the destination's fields; "" clears a field."""


def text(value: Any) -> str:
    """Return a plain value as text, or raise ValueError."""
    if isinstance(value, (dict, list)):
        msg = "must be a plain value"
        raise ValueError(msg)  # noqa: TRY004  # conversions raise ValueError throughout
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def flag(value: Any) -> bool:
    """Return a yes or no in its usual spellings as a boolean, or raise ValueError."""
    plain = text(value).strip().lower()
    if plain in {"true", "1", "yes", "y", "t"}:
        return True
    if plain in {"false", "0", "no", "n", "f"}:
        return False
    msg = "must be true or false"
    raise ValueError(msg)


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


class Translator:
    """Translate the records of one stream into payloads of one destination."""

    def __init__(
        self,
        fields: Sequence[Field],
        config: Mapping[str, Any],
        *,
        keeps_empty: bool,
        free_prefix: str | tuple[str, ...] | None = None,
    ) -> None:
        """Take the sink's table and the settings `field_map` and `defaults`.

        Args:
            fields: The sink's table.
            config: The target's settings.
            keeps_empty: Whether "" may be sent to clear a field.
            free_prefix: Start of the names of fields that an account may have added.

        Raises:
            ConfigurationError: If a setting names what does not exist.
        """
        field_map, defaults = config.get("field_map") or {}, config.get("defaults") or {}
        wires = [field.wire for field in fields]
        fixed = [name for name in field_map if not (free_prefix and name.startswith(free_prefix))]
        assert_known("field_map", fixed, wires)
        self._fields = fields
        self._free = [Field(name, name) for name in field_map if name not in wires]
        self._keeps_empty = keeps_empty
        self._defaults = defaults
        self._reader = ContactReader(field_map, defaults)
        self._mapped = {path.split(".")[0] for path in field_map.values()}
        self.carried = {field.attribute for field in fields}
        """Attributes that reach the destination; a sink adds those that only its `finish` uses."""
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
        mapped = contact.fields
        payload = {
            field.wire: self._converted(field, mapped[field.wire])
            for field in self._free
            if field.wire in mapped
        }
        for field in self._fields:
            value = mapped.get(field.wire, contact.attributes.get(field.attribute))
            if not is_empty(value):
                payload[field.wire] = self._converted(field, value)
            elif value is not None and self._keeps_empty:
                payload[field.wire] = ""
        return payload

    def assert_complete(self, payload: Payload, *, creating: bool) -> None:
        """Raise Rejected if a required field has no value."""
        for field in self._fields:
            needed = field.required == "always" or (creating and field.required == "create")
            if needed and is_empty(payload.get(field.wire)):
                reason = (
                    f"{field.wire} is required and has no value. Give it in the record "
                    f"({field.attribute}), by field_map, or for all records by defaults."
                )
                raise Rejected(reason, "missing", field=field.wire)

    def not_carried(self, names: Sequence[str]) -> list[str]:
        """List the record fields that no field of the destination takes."""
        known = {n: a for a, found in sources(tuple(names)).items() for n in found}
        carried = self.carried | _stood_for(self.carried, known.values())
        return [
            name
            for name in names
            if known.get(name) not in carried
            and name not in self._mapped
            and not name.startswith("_sdc_")
        ]

    def _converted(self, field: Field, value: Any) -> Any:
        try:
            converted = field.convert(value)
        except ValueError as error:
            default = self._defaults.get(field.attribute)
            if field.identifier and default not in {None, value}:
                self.foreign.add(field.attribute)
                return self._converted(field, default)
            reason = f"{field.wire} {error}"
            raise Rejected(reason, "invalid", field=field.wire) from None
        if field.max_length and len(converted) > field.max_length:
            reason = f"{field.wire} takes {field.max_length} characters, not {len(converted)}"
            raise Rejected(reason, "too_long", field=field.wire)
        return converted


def _stood_for(carried: set[str], given: Iterable[str]) -> set[str]:
    """Return the names that reach the destination in another form of the name."""
    parts, whole = {"first_name", "last_name"}, {"full_name"}
    by_whole = parts if whole <= carried else set()
    by_parts = whole if parts & carried & set(given) else set()
    return by_whole | by_parts
