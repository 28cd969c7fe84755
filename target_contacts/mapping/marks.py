"""The fields by which a contact is marked whose record left the source: the setting `marks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from target_contacts.mapping.policies import NEVER
from target_contacts.values.basic import assert_known, is_empty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_contacts.mapping.field import Field, Payload, Table


def assert_fields(marks: Mapping[str, Any], table: Table) -> None:
    """Raise ConfigurationError if the destination has no field of a name."""
    free = table.free_prefix
    named = [wire for wire in marks if not (free and wire.startswith(free))]
    assert_known("marks", named, [field.wire for field in table.fields])


def staying(marks: Mapping[str, Any], policies: Mapping[str, str]) -> list[str]:
    """Return the fields whose marks no record ever overwrites."""
    return [wire for wire in marks if policies.get(wire) == NEVER]


def payload(marks: Mapping[str, Any], table: Table) -> Payload:
    """Return the marks as they are sent.

    Raises:
        ConfigurationError: If a value is not what its field takes.
    """
    fields = {field.wire: field for field in table.fields}
    return {
        wire: _converted(
            fields.get(wire) or table.free_field(wire), value, clears=table.clears_fields
        )
        for wire, value in marks.items()
    }


def _converted(field: Field, value: Any, *, clears: bool) -> Any:
    name = f"marks.{field.wire}"
    if is_empty(value):
        if clears and field.clears and not field.required:
            return ""
        msg = f"{name} must have a value: this field cannot be cleared."
        raise ConfigurationError(msg)
    try:
        converted = field.convert(value)
    except ValueError as error:
        msg = f"{name} {error}."
        raise ConfigurationError(msg) from None
    if field.max_length and len(converted) > field.max_length:
        msg = f"{name} takes {field.max_length} characters."
        raise ConfigurationError(msg)
    return converted
