"""Prepare records: translate each into an item that the destination takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from target_contacts.contact.derive import JOINT
from target_contacts.delivery.planned import Planned
from target_contacts.ledger.written_hash import WrittenHash
from target_contacts.mapping.policies import allowed, comparable, judged, withheld

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from target_contacts.contact.model import Contact
    from target_contacts.delivery.filled import FilledFields
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Received
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.mapping.field import Payload
    from target_contacts.parents.references import References
    from target_contacts.pipeline.account_fields import AccountFields
    from target_contacts.pipeline.record_reader import RecordReader
    from target_contacts.pipeline.remarks import Remarks
    from target_contacts.report.matches import Matches
    from target_contacts.sinks.base import ApiSink

ALIKE = "looked up by what is only spelled alike: see lookup_loosely"
"""Why values of a field are noted."""


class Translated(NamedTuple):
    """A contact in the destination's fields."""

    payload: Payload
    defaults: Payload
    """For fields of which the record has no value."""
    left_out: AbstractSet[str]
    """Fields whose values did not fit."""


class Preparation:
    """Prepare the records of one stream.

    Args:
        sink: Finishes what is sent.
        reader: Reads the contacts of records.
        fields: Holds the translator.
        references: Looks up what contacts belong to.
        remarks: Notes what is lost.
        ledger: Makes hashes.
        filled: Knows which fields were filled.
        outcomes: Books the records, and counts what is looked up by what is only spelled alike.
        matches: Keeps these values.
    """

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        sink: ApiSink[Any],
        reader: RecordReader,
        *,
        fields: AccountFields,
        references: References,
        remarks: Remarks,
        ledger: Ledger,
        filled: FilledFields,
        outcomes: Outcomes,
        matches: Matches,
    ) -> None:
        self._sink, self._reader, self._fields = sink, reader, fields
        self._references, self._remarks = references, remarks
        self._ledger, self._filled, self._matches = ledger, filled, matches
        self._written = WrittenHash(ledger.digest)
        self._outcomes, self._stream = outcomes, outcomes.stream
        self._built_in, self._replaces = sink.capabilities.built_in, sink.capabilities.replaces
        self._passwords = {f.wire for f in sink.configured() if f.attribute == "password"}
        mapped = fields.translator.mapped.paths.items()
        self._paths = {wire: JOINT.join(path.starts) for wire, path in mapped}

    def item(self, received: Received, contact: Contact | None = None) -> Planned:
        """Return a record as it is sent.

        Args:
            received: The record.
            contact: What it holds, if that was read already.

        Raises:
            Rejected: If it breaks its schema, or a value is not what its field takes.
            Gone: If it says that its contact is deleted at the source.
        """
        record, policies = received.record, self._fields.translator.policies
        contact = contact or self._reader.contact(record)
        said, given, left_out = self.translated(contact)
        payload, defaults = allowed(said, policies), allowed(given, policies)
        own = {wire: value for wire, value in payload.items() if wire not in defaults}
        digest = self._written.of(judged(payload, policies), comparable(payload, policies))
        return Planned(
            payload,
            msgspec.json.encode([self._stream, *received.values]).decode(),
            defaults,
            received=received,
            digest=digest,
            merged=self._merged(payload, defaults) if defaults or policies else digest,
            free=self._ledger.digest(said) if policies else digest,
            filled=self._filled.id_of(contact, own, self._paths, record),
            left_out=frozenset(left_out),
            policies=policies,
            withheld=withheld(given | said, policies) if policies else {},
        )

    def read(self, received: Received) -> Contact:
        """Return the contact of a record; raise as `RecordReader.contact` does."""
        return self._reader.contact(received.record)

    def digest(self, record: Mapping[str, Any]) -> str:
        """Return the hash of a record's payload; raise as `item` does.

        What is looked up counts as the record has it, since nothing is asked for yet.
        """
        contact = self._reader.contact(record)
        told = self._references.told(contact)
        payload, defaults, _ = self.translated(contact)
        return self._merged({**payload, **told}, defaults)

    def _merged(self, payload: Payload, defaults: Payload) -> str:
        """Return the hash of a payload and its defaults, without a default password."""
        if self._passwords:
            defaults = {w: value for w, value in defaults.items() if w not in self._passwords}
        return self._ledger.digest({**payload, **defaults})

    def translated(self, contact: Contact) -> Translated:
        """Return a contact in the destination's fields, and the defaults of what it lacks.

        Raises:
            Rejected: If a value is not what its field takes, or what the contact belongs to is not
                found.
            Stopped: If the destination does not tell what it belongs to.
        """
        for setting, wire, match in self._references.fill(contact):
            self._outcomes.note(wire, ALIKE)
            self._matches.add(setting, match.value, match.remote_id, match.name)
        translator = self._fields.translator
        payload = translator.payload(contact)
        defaults = {**self._built_in, **translator.defaults(contact)}
        defaults = {w: value for w, value in defaults.items() if not payload.get(w)}
        left_out = {wire for wire, _ in translator.conversion.dropped_or_truncated}
        if left_out or translator.foreign or translator.conversion.unknown:
            self._remarks.of_translation(translator)
        if self._replaces:
            payload = {**payload, **defaults}
        payload = self._sink.finish(payload, contact)
        return Translated(payload, defaults, left_out)
