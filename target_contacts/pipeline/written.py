"""Say which streams are written, and by what.

It is imported when the first SCHEMA message comes, since its imports take longer than all that a
run needs before.
"""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Any

from target_contacts.contact.paths import FieldPath
from target_contacts.contact.people import holds_people
from target_contacts.pipeline.contact_sink import ContactSink
from target_contacts.pipeline.stream_sink import PassedOverSink

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from singer_sdk import Target

    from target_contacts.pipeline.run import Run
    from target_contacts.pipeline.stream_sink import StreamSink
    from target_contacts.sinks.base import ApiSink

SAMPLE, ANY_RECORD = "contacts", {"type": "object", "properties": {}, "additionalProperties": True}
"""Name and schema of the stream with which settings are checked."""


class Sample(ContactSink):
    """Stand for any stream, so that settings are checked; no record comes."""

    is_sample = True


def sink_class(run: Run, stream: str, schema: Mapping[str, Any]) -> type[StreamSink]:
    """Return the kind of sink that a stream gets; the ledger is open before one that writes."""
    filled = mapped(run.kind, run.settings.field_map)
    if not is_written(stream, schema, run.settings.streams, filled):
        return PassedOverSink
    run.open()
    return ContactSink


def sample(target: Target, run: Run) -> ContactSink:
    """Return the sink of a stream of which nothing is known, ready for records."""
    sink = Sample(target, SAMPLE, dict(ANY_RECORD), ["id"], run=run)
    sink.setup()
    return sink


def is_written(
    stream: str,
    schema: Mapping[str, Any],
    globs: Iterable[str] | None,
    filled: Mapping[str, Collection[str]],
) -> bool:
    """Say whether a stream is written."""
    if globs is None:
        return holds_people(stream, schema, filled)
    return any(fnmatch.fnmatchcase(stream.lower(), glob.lower()) for glob in globs)


def mapped(
    kind: type[ApiSink[Any]], field_map: Mapping[str, str | None]
) -> Mapping[str, Collection[str]]:
    """Return the fields of records from which `field_map` fills attributes."""
    filled = ((field.attribute, field_map.get(field.wire)) for field in kind.fields)
    return {attribute: FieldPath(path).fields for attribute, path in filled if path}
