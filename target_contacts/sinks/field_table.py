"""Put together the fields of a destination with what holds for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.mapping.field import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_contacts.mapping.field import Field
    from target_contacts.sinks.base import ApiSink


def table_of(sink: ApiSink[Any], fields: Sequence[Field]) -> Table:
    """Return these fields as the table of a sink's destination."""
    can = sink.capabilities
    return Table(
        fields,
        own=can.own or can.identity,
        clears_fields=can.clears_fields,
        replaces=can.replaces,
        free_prefix=can.free_prefix,
        free_field=sink.free_field,
        title=sink.title,
        also_carried=sink.also_carried,
    )
