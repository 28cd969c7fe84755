"""Take records in: from Singer record to key and payload, and only where something changed."""

from __future__ import annotations

import functools
import importlib.metadata
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.exceptions import ConfigurationError

from target_contacts.contact import deletion
from target_contacts.contact.derive import JOINT
from target_contacts.contact.field_names import FieldNames
from target_contacts.delivery import keys
from target_contacts.delivery.filled import FilledFields
from target_contacts.ledger.ledger import CANONICAL, Keys
from target_contacts.mapping.path_check import assert_can_match
from target_contacts.singer.record_schema import RecordValidator
from target_contacts.sinks.item import Item, Received
from target_contacts.values.basic import is_empty

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_contacts.contact.reader import Contact
    from target_contacts.mapping.translator import Payload
    from target_contacts.pipeline.stream_sink import ContactSink
    from target_contacts.singer.lines import Line

VERSION = importlib.metadata.version("singer-contacts")

FORM = 2
"""Raised when this version translates records otherwise than the one before it."""

RECIPE = ("api", "field_map", "value_map", "defaults", "phone_region", "on_invalid_value")
"""Settings that say how records are translated: when one changes, all are translated anew."""


SHOWN = 4096
"""Names of fields whose shown form is remembered."""


def _holds_no_value(value: Any) -> bool:
    """Say whether a property has no value, or may have one less than before."""
    return isinstance(value, (dict, list)) or is_empty(value)


class Intake:
    """Take in the records of one stream."""

    def __init__(self, sink: ContactSink[Any]) -> None:
        """Take the stream's sink.

        Raises:
            ConfigurationError: If a setting of the mapping names what does not exist.
        """
        self._sink, self._ledger = sink, sink.ledger
        self.key_properties = list(sink.key_properties)
        """Names of the key's properties, as the SCHEMA message orders them."""
        self._keys = sorted(self.key_properties)
        self._has_former_keys = self._know_keys()
        validate = sink.config.get("validate_records", True)
        self._names_declared = tuple(sink.original_schema.get("properties") or ())
        self._check = self._checking() if validate else lambda _: None
        self.translator = sink.translator(sink.configured())
        self.translator.assert_defaults()
        self._is_ready = False
        account = sink.config.get(sink.client.api) or {}
        settings = [*map(sink.config.get, RECIPE), *map(account.get, sink.recipe)]
        self._recipe = self._ledger.digest([VERSION, FORM, sink.original_schema, settings])
        self.filled = FilledFields(self._ledger, sink.configured(), clears=sink.keeps_empty)
        self._passwords = {f.wire for f in sink.configured() if f.attribute == "password"}
        mapped = self.translator.mapped.paths.items()
        self._paths = {wire: JOINT.join(path.starts) for wire, path in mapped}
        self._names = sink.destination.status_names
        self._named = -1
        """Number of statuses that the hash of records was made with."""
        self._key_of = keys.KeyReader(self._keys).read
        self._left_out: set[str] = set()
        """Fields of the record just translated whose values did not fit."""
        self._noted: set[str] = set()
        """Fields that are known to be not carried."""
        self.shown = functools.lru_cache(maxsize=SHOWN)(FieldNames(sink.original_schema).shown)
        """Return a field's name as far as it may be shown."""

    def _checking(self) -> Callable[[Mapping[str, Any]], None]:
        """Return what checks records by their schema, as far as that can be understood."""
        validator = RecordValidator(self._sink.original_schema)
        if not validator.is_whole:
            text = (
                "The schema of stream %s is no JSON schema in full, refers to one outside of it or "
                "takes too long: records are checked by what can be understood of it."
            )
            self._sink.logger.warning(text, self._sink.stream_name)
        return validator.check

    def received(self, line: Line, mapped: Mapping[str, Any] | None) -> Received:
        """Return a record with its key; where the stream has none, the payload is the key.

        Raises:
            Rejected: If the key has no value.
            Gone: If the stream has no key, and the record says that its contact is deleted.
        """
        record = line.record if mapped is None else CANONICAL.encode(mapped)
        key = self._key_of(line, record)
        if len(self._names) != self._named:
            self._named = len(self._names)
            self._hash = self._ledger.hash([self._recipe, self._names])
        source = self._hash.copy()
        source.update(record)
        given = list(key) if self._has_former_keys else []
        values = keys.texts(self._keys, key)
        received = Received("", values, given, source.hexdigest(), 0, line, mapped)
        if not key:
            received.values = [self.item(received).merged]
        received.key = self._ledger.digest(received.values)
        return received

    def item(self, received: Received) -> Item:
        """Return a record as it is sent.

        Raises:
            Rejected: If it breaks its schema, or a value is not what its field takes.
            Gone: If it says that its contact is deleted at the source.
        """
        record = received.record
        contact = self.contact(record)
        payload, defaults = self.translated(contact)
        own = {wire: value for wire, value in payload.items() if wire not in defaults}
        digest = self._ledger.digest(payload)
        return Item(
            received,
            msgspec.json.encode([self._sink.stream_name, *received.values]).decode(),
            payload,
            digest,
            defaults,
            self._ledger.digest({**payload, **self._public(defaults)}) if defaults else digest,
            self.filled.id_of(contact, own, self._paths, record),
            properties=tuple(name for name, value in record.items() if _holds_no_value(value)),
            left_out=frozenset(self._left_out),
        )

    def _public(self, defaults: Payload) -> Payload:
        """Return defaults without a password, which was never a part of a payload's hash."""
        return {wire: value for wire, value in defaults.items() if wire not in self._passwords}

    def contact(self, record: Mapping[str, Any]) -> Contact:
        """Return the contact that a record holds.

        Raises:
            Rejected: If the record breaks its schema.
            Gone: If it says that its contact is deleted at the source.
        """
        if told := deletion.told(record, self._names_declared):
            raise deletion.Gone(told)
        if not self._is_ready:
            self._get_ready()
        self._check(record)
        contact = self.translator.contact(record)
        self._note(contact)
        return contact

    def translated(self, contact: Contact) -> tuple[Payload, Payload]:
        """Return a contact in the destination's fields, and the defaults of what it lacks.

        Raises:
            Rejected: If a value is not what its field takes.
        """
        sink = self._sink
        payload = self.translator.payload(contact)
        defaults = {**sink.built_in, **self.translator.defaults(contact)}
        defaults = {w: value for w, value in defaults.items() if not payload.get(w)}
        self._left_out = {wire for wire, _ in self.translator.mended}
        self._warn()
        if sink.replaces:
            payload = {**payload, **defaults}
        return sink.finish(payload, contact.with_defaults()), defaults

    def _warn(self) -> None:
        """Say once what is not sent as the records have it, and count it."""
        for attribute in sorted(self.translator.foreign):
            text = "%s of the records is no id of this destination; its default is taken instead."
            self._sink.warn_once(text % attribute)
        for reason in self.translator.unknown.values():
            text = "A value is left out that the destination does not have: %s. See value_map."
            self._sink.warn_once(text % reason)
        if self.translator.mended:
            self._sink.books.mend(self._sink.stream_name, self.translator.mended)

    def _know_keys(self) -> bool:
        """Remember the stream's key; say whether the ledger may know records by former ones.

        Raises:
            ConfigurationError: If the ledger knows the stream's records by other properties.
        """
        sink, stream = self._sink, self._sink.stream_name
        if sink.destination.offline:
            return False
        known, has_entries = self._ledger.keys_of(stream), self._ledger.has_entries(stream)
        if known and has_entries and sorted(known.properties) != self._keys:
            raise ConfigurationError(keys.other(stream, known.properties, self._keys))
        has_former = known.has_former if known else has_entries
        now = Keys(self._keys, has_former and has_entries)
        if known != now and not sink.config.get("dry_run"):
            self._ledger.know_keys(stream, now)
        return now.has_former

    def _note(self, contact: Contact) -> None:
        """Note what is not carried, and which of two fields is taken."""
        stream = self._sink.stream_name
        names = self.translator.not_carried(contact, self._noted)
        if len(self._noted) < SHOWN:
            self._noted.update(names)
            shown = (self.shown(name) for name in names if name not in self._keys)
            self._sink.books.leave_fields(stream, shown)
        for attribute, source in self.translator.before_default(contact):
            text = f"{stream}: {self.shown(source)} goes before the default {attribute}. If it is "
            self._sink.warn_once(text + "another system's id, empty it with a stream map.")
        for attribute, taken, left in sorted(contact.conflicts):
            taken_one = self.shown(taken)
            text = f"{stream}: {taken_one} and {self.shown(left)} both spell {attribute} and "
            self._sink.warn_once(f"{text}differ; {taken_one} is taken, as the vocabulary orders.")

    def _get_ready(self) -> None:
        """Do what only the first record that is translated needs."""
        self._is_ready = True
        self._assert_mapped()
        if not self._sink.destination.offline:
            self.translator = self._sink.translator(self._sink.learned(self._sink.configured()))

    def _assert_mapped(self) -> None:
        """Raise ConfigurationError if `field_map` takes from a field that no stream so far has."""
        own, paths = self._sink.original_schema, self.translator.paths
        if not paths:
            return
        try:  # what the stream itself has need not be looked for in perhaps thousands
            assert_can_match(paths, [own])
        except ConfigurationError:
            schemas = [each["schema"] for each in self._sink.destination.schemas.values()]
            assert_can_match(paths, [own, *schemas])
