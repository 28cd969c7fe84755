"""Prepare records: translate each into an item that the destination takes."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from singer_sdk.exceptions import ConfigurationError

from target_contacts.contact import deletion
from target_contacts.contact.derive import JOINT
from target_contacts.contact.field_names import FieldNames
from target_contacts.delivery.leavers import MARK
from target_contacts.delivery.planned import Planned
from target_contacts.errors import Rejected
from target_contacts.mapping import marks
from target_contacts.mapping.path_check import assert_can_match
from target_contacts.mapping.policies import (
    NEVER,
    Policies,
    allowed,
    judged,
    withheld,
    without_effect,
)
from target_contacts.mapping.translator import Rules, Translator
from target_contacts.parents.settings import ATTRIBUTES, references
from target_contacts.singer.record_schema import RecordValidator
from target_contacts.sinks.packing import assert_sane
from target_contacts.values.basic import line

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.contact.model import Contact
    from target_contacts.contact.paths import FieldPath
    from target_contacts.delivery.filled import FilledFields
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Received
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.mapping.coverage import Coverage
    from target_contacts.mapping.field import Field, Payload, Table
    from target_contacts.pipeline.run import Run
    from target_contacts.pipeline.stream import Stream
    from target_contacts.sinks.base import ApiSink

ALIKE = "looked up by what is only spelled alike: see lookup_loosely"
"""Why values of a field are noted."""

SHOWN = 4096
"""Names of fields that are remembered."""


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
        stream: The stream.
        sink: Knows the destination's fields.
        run: Knows the settings and the other streams.
        outcomes: Counts values that are not sent as the records have them.
        filled: Knows which fields were filled.
        warn_once: Logs a text that would otherwise come once a record.

    Raises:
        ConfigurationError: If a setting of the mapping names what does not exist.
    """

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        stream: Stream,
        sink: ApiSink[Any],
        run: Run,
        *,
        outcomes: Outcomes,
        filled: FilledFields,
        warn_once: Callable[[str], None],
    ) -> None:
        self._stream, self._sink, self._outcomes = stream, sink, outcomes
        self._ledger: Ledger = run.ledger
        self._matches = run.matches
        self._filled, self._warn_once = filled, warn_once
        self._schemas, self._learns = run.schemas, not run.is_offline
        self._built_in, self._replaces = sink.capabilities.built_in, sink.capabilities.replaces
        self._names_declared = tuple(stream.schema.get("properties") or ())
        names = FieldNames(stream.schema)
        self.shown = functools.lru_cache(maxsize=SHOWN)(names.shown)
        """Return a field's name as far as it may be shown."""
        self._check = self._checking() if run.settings.validate_records else lambda _: None
        self._fields = sink.configured()
        self._rules = rules = _rules(stream.name, sink, run, names.containers())
        of = rules.policies.of
        sent = {s: r for s, r in run.resolvers.items() if of(ATTRIBUTES[s]) != NEVER}
        self.references = references(run.settings, sent, self._fields, from_same_api=rules.is_own)
        """What contacts belong to, as far as it is looked up."""
        self._table = self._table_of(self._fields)
        self.translator = Translator(self._table, self._rules)
        self.translator.assert_defaults()
        self.policies_without_effect = list(without_effect(rules.policies, self._table))
        """A sentence for each policy that the destination has no field for."""
        self._on_delete, self._marks = run.settings.on_delete, run.settings.marks
        marks.assert_fields(self._marks, self._table)
        self._warn_of_marks()
        self._is_ready = self._has_learned = False
        self._passwords = {f.wire for f in self._fields if f.attribute == "password"}
        mapped = self.translator.mapped.paths.items()
        self._paths = {wire: JOINT.join(path.starts) for wire, path in mapped}
        self._noted: set[str] = set()
        """Fields that are known to be not carried."""

    def _table_of(self, fields: Sequence[Field]) -> Table:
        """Return a table of fields; what is looked up reaches the destination by another one."""
        table = self._sink.table(fields)
        looked_up = self.references.attributes
        return replace(table, also_carried=table.also_carried | looked_up) if looked_up else table

    def _checking(self) -> Callable[[Mapping[str, Any]], None]:
        """Return the check of records by as much of their schema as can be understood."""
        validator = RecordValidator(self._stream.schema)
        if not validator.is_whole:
            self._warn_once(
                f"The schema of stream {self._stream.name} is no JSON schema in full, refers to "
                "one outside of it or takes too long: records are checked by what can be "
                "understood of it."
            )
        return validator.check

    def item(self, received: Received, contact: Contact | None = None) -> Planned:
        """Return a record as it is sent.

        Args:
            received: The record.
            contact: What it holds, if that was read already.

        Raises:
            Rejected: If it breaks its schema, or a value is not what its field takes.
            Gone: If it says that its contact is deleted at the source.
        """
        record, policies = received.record, self.translator.policies
        contact = contact or self.contact(record)
        said, given, left_out = self.translated(contact)
        payload, defaults = allowed(said, policies), allowed(given, policies)
        own = {wire: value for wire, value in payload.items() if wire not in defaults}
        digest = self._ledger.digest(judged(payload, policies))
        return Planned(
            payload,
            msgspec.json.encode([self._stream.name, *received.values]).decode(),
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
        """Return the contact of a record; raise as `contact` does."""
        return self.contact(received.record)

    def digest(self, record: Mapping[str, Any]) -> str:
        """Return the hash of a record's payload; raise as `item` does.

        What is looked up counts as the record has it, since nothing is asked for yet.
        """
        contact = self.contact(record)
        told = self.references.told(contact)
        payload, defaults, _ = self.translated(contact)
        return self._merged({**payload, **told}, defaults)

    def _merged(self, payload: Payload, defaults: Payload) -> str:
        """Return the hash of a payload and its defaults, without a default password."""
        if self._passwords:
            defaults = {w: value for w, value in defaults.items() if w not in self._passwords}
        return self._ledger.digest({**payload, **defaults})

    def contact(self, record: Mapping[str, Any]) -> Contact:
        """Return the contact that a record holds.

        Raises:
            Rejected: If the record breaks its schema.
            Gone: If it says that its contact is deleted at the source.
        """
        if told := deletion.told(record, self._names_declared):
            raise deletion.Gone(told)
        if not self._is_ready:
            self._is_ready = True
            self._assert_mapped()
            if self._learns:
                self.get_ready()
        self._check(record)
        contact = self.translator.contact(record)
        self.references.note(record, contact)
        self._note(contact)
        return contact

    def translated(self, contact: Contact) -> Translated:
        """Return a contact in the destination's fields, and the defaults of what it lacks.

        Raises:
            Rejected: If a value is not what its field takes, or what the contact belongs to is not
                found.
            Stopped: If the destination does not tell what it belongs to.
        """
        for setting, wire, match in self.references.fill(contact):
            self._outcomes.note(wire, ALIKE)
            self._matches.add(setting, match.value, match.remote_id, match.name)
        payload = self.translator.payload(contact)
        defaults = {**self._built_in, **self.translator.defaults(contact)}
        defaults = {w: value for w, value in defaults.items() if not payload.get(w)}
        left_out = {wire for wire, _ in self.translator.conversion.dropped_or_truncated}
        if left_out or self.translator.foreign or self.translator.conversion.unknown:
            self._warn()
        if self._replaces:
            payload = {**payload, **defaults}
        payload = self._sink.finish(payload, contact)
        return Translated(payload, defaults, left_out)

    def assert_complete(self, payload: Payload, creating: bool) -> None:  # noqa: FBT001
        """Raise Rejected if a required field has no value, or the contact is far too large."""
        assert_sane(payload)
        try:
            self.translator.required.assert_complete(payload, creating=creating)
        except Rejected:
            if not self.learns_anew():
                raise
            self.translator.required.assert_complete(payload, creating=creating)

    @property
    def coverage(self) -> Coverage:
        """Return which values of contacts reach the destination."""
        return self.translator.coverage

    def get_ready(self) -> None:
        """Ask the API for the account's fields, and check the marks if they may be written."""
        self.learn()
        if self._on_delete == MARK:
            _ = self.marks

    def learn(self) -> None:
        """Ask the API for the account's fields, and translate for them from now on."""
        self._table = self._table_of(self._sink.learned(self._fields))
        self._has_learned = True
        self.translator = Translator(self._table, self._rules)

    def learns_anew(self) -> bool:
        """Translate for other fields, if those that an earlier run was told are others by now."""
        if not self._sink.are_fields_others():
            return False
        self.learn()
        return True

    @functools.cached_property
    def marks(self) -> Payload:
        """Return the fields that say that a contact's record left the source.

        Raises:
            ConfigurationError: If one of them is not what its field takes.
        """
        if not self._has_learned:
            self.learn()
        return marks.payload(self._marks, self._table)

    def _warn_of_marks(self) -> None:
        """Warn of marks that stay when a record comes back."""
        wires = self._marks if self._on_delete == MARK else {}
        for wire in marks.staying(wires, self.translator.policies):
            self._warn_once(
                f"marks names {wire}, whose policy is never: when a record comes back, its contact "
                "keeps the mark there. Take another field, or another policy."
            )

    def _warn(self) -> None:
        """Warn of values that are not sent as the records have them, and count them."""
        for attribute in sorted(self.translator.foreign):
            text = "%s of the records is no id of this destination; its default is taken instead."
            self._warn_once(text % attribute)
        for reason in self.translator.conversion.unknown.values():
            text = "A value is left out that the destination does not have: %s. See value_map."
            self._warn_once(text % reason)
        if self.translator.conversion.dropped_or_truncated:
            self._outcomes.count_unfit(self.translator.conversion.dropped_or_truncated)

    def _note(self, contact: Contact) -> None:
        """Note which fields are not carried, and warn where two fields differ."""
        stream = self._stream
        names = self.not_carried(contact, self._noted)
        if names and len(self._noted) < SHOWN:
            self._noted.update(names)
            spare = (self.shown(name) for name in names if name not in stream.key_properties)
            self._outcomes.leave_fields(spare)
        for attribute, source in self.coverage.before_default(contact):
            text = (
                f"{stream.name}: {self.shown(source)} goes before the default {attribute}. If it "
            )
            self._warn_once(text + "is another system's id, empty it with a stream map.")
        for attribute, taken, left in sorted(contact.conflicts) if contact.conflicts else ():
            taken_one = self.shown(taken)
            text = f"{stream.name}: {taken_one} and {self.shown(left)} both spell {attribute} and "
            self._warn_once(f"{text}differ; {taken_one} is taken, as the vocabulary orders.")

    def not_carried(self, contact: Contact, known: Container[str] = ()) -> list[str]:
        """List the fields of a contact's record whose values do not reach the destination."""
        names = self.coverage.not_carried(contact, known)
        return [name for name in names if not self.references.reads(name)] if names else names

    def _assert_mapped(self) -> None:
        """Raise ConfigurationError if a setting takes from a field that no stream so far has."""
        self._assert_can_match(self.translator.paths)
        for setting, path in self.references.paths.items():
            self._assert_looked_up(setting, path)

    def _assert_looked_up(self, setting: str, path: FieldPath) -> None:
        try:
            self._assert_can_match([path])
        except ConfigurationError:
            msg = f"{setting} names what no record can have. --explain shows the fields."
            raise ConfigurationError(msg) from None

    def _assert_can_match(self, paths: Sequence[FieldPath]) -> None:
        if not paths:
            return
        own = self._stream.schema
        try:  # what the stream itself has need not be looked for in perhaps thousands
            assert_can_match(paths, [own])
        except ConfigurationError:
            schemas = [each["schema"] for each in self._schemas.values()]
            assert_can_match(paths, [own, *schemas])


def why_gone(gone: deletion.Gone, on_delete: str) -> str:
    """Return why a record is skipped whose contact is gone. The field's name is a known one."""
    field = line(gone.told.field)
    if gone.told.sure:
        return f"deleted at the source, says {field}; on_delete is {on_delete}"
    advice = "If it does not, leave the field out with a stream map"
    return f"{field} may say that they are gone at the source. {advice}"


def _rules(stream: str, sink: ApiSink[Any], run: Run, containers: AbstractSet[str]) -> Rules:
    """Return the rules of translation that the settings and the stream give."""
    settings, source = run.settings, run.source_of(stream)
    return Rules(
        settings.field_map,
        settings.defaults,
        settings.value_map,
        Policies(settings.policies, settings.stream_policies, stream),
        settings.on_invalid_value,
        sink.region,
        run.status_names,
        containers,
        is_own=source == sink.client.api,
        is_foreign=source not in {None, sink.client.api},
    )
