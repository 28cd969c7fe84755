"""Take records in: from Singer record to key and payload, and only where something changed."""

from __future__ import annotations

import decimal
import functools
import importlib.metadata
from typing import TYPE_CHECKING, Any

import msgspec

from target_contacts.contact import ATTRIBUTES, assert_known
from target_contacts.field_names import FieldNames
from target_contacts.items import Item, Received
from target_contacts.ledger import CANONICAL
from target_contacts.rejects import Rejected
from target_contacts.validation import RecordValidator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_contacts.client import ContactSink
    from target_contacts.mapping import Payload
    from target_contacts.messages import Line
    from target_contacts.reader import Contact

VERSION = importlib.metadata.version("singer-contacts")

RECIPE = ("api", "field_map", "defaults", "phone_region", "on_invalid_value")
"""Settings that say how records are translated: when one changes, all are translated anew."""


SHOWN = 4096
"""Names of fields whose shown form is remembered."""

_NOT_PLAIN = (dict, list)
_TEXT = frozenset({str})


def _decoder(names: Sequence[str]) -> msgspec.json.Decoder[Any]:
    """Return what reads these fields of a record and passes over all others."""
    fields = {f"field{number}": name for number, name in enumerate(names)}
    kind = msgspec.defstruct("Key", [(field, Any, None) for field in fields], rename=fields)
    return msgspec.json.Decoder(kind, float_hook=decimal.Decimal)


class Intake:
    """Take in the records of one stream."""

    def __init__(self, sink: ContactSink[Any]) -> None:
        """Take the stream's sink.

        Raises:
            ConfigurationError: If a setting of the mapping names what does not exist.
        """
        self._sink, self._ledger = sink, sink.ledger
        self._keys = sink.key_properties
        validate = sink.config.get("validate_records", True)
        self._check = RecordValidator(sink.original_schema).check if validate else lambda _: None
        self.translator = sink.translator(sink.configured())
        self._is_ready = False
        account = sink.config.get(sink.client.api) or {}
        settings = [*map(sink.config.get, RECIPE), *map(account.get, sink.recipe)]
        self._recipe = self._ledger.digest([VERSION, sink.original_schema, settings])
        self._names = sink.destination.status_names
        self._named = -1
        """Number of statuses that the hash of records was made with."""
        self._keys_of = _decoder([*self._keys, "_sdc_deleted_at"])
        self._noted: set[str] = set()
        """Fields that are known to be not carried."""
        self._not_carried = sink.books.not_carried.setdefault(sink.stream_name, set())
        self.shown = functools.lru_cache(maxsize=SHOWN)(FieldNames(sink.original_schema).shown)
        """Return a field's name as far as it may be shown."""

    def received(self, line: Line, mapped: Mapping[str, Any] | None) -> Received | None:
        """Return a record with its key; where the stream has none, the payload is the key.

        Returns None if the record tells of a deletion.

        Raises:
            Rejected: If the key has no value.
        """
        record = line.record if mapped is None else CANONICAL.encode(mapped)
        *key, deleted = msgspec.structs.astuple(line.decoded(self._keys_of, record))
        if deleted:
            return None
        if len(self._names) != self._named:
            self._named = len(self._names)
            self._hash = self._ledger.hash([self._recipe, self._names])
        source = self._hash.copy()
        source.update(record)
        received = Received("", self._plain(key), source.hexdigest(), 0, line, mapped)
        if not key:
            received.values = [self._ledger.digest(self.payload(self.contact(received.record)))]
        received.key = self._ledger.digest(received.values)
        return received

    def item(self, received: Received) -> Item:
        """Return a record as it is sent.

        Raises:
            Rejected: If it breaks its schema, or a value is not what its field takes.
        """
        payload = self.payload(self.contact(received.record))
        identity = msgspec.json.encode([self._sink.stream_name, *received.values]).decode()
        return Item(received, identity, payload, self._ledger.digest(payload))

    def contact(self, record: Mapping[str, Any]) -> Contact:
        """Return the contact that a record holds.

        Raises:
            Rejected: If the record breaks its schema.
        """
        if not self._is_ready:
            self._get_ready()
        self._check(record)
        contact = self.translator.contact(record)
        self._note(contact)
        return contact

    def payload(self, contact: Contact) -> Payload:
        """Return a contact in the destination's fields.

        Raises:
            Rejected: If a value is not what its field takes.
        """
        payload = self.translator.payload(contact)
        for attribute in sorted(self.translator.foreign):
            text = "%s of the records is no id of this destination; its default is taken instead."
            self._sink.warn_once(text % attribute)
        if self.translator.mended:
            self._sink.books.mend(self._sink.stream_name, self.translator.mended)
        return self._sink.finish(payload, contact.attributes)

    def _plain(self, key: Sequence[Any]) -> list[str]:
        """Return the values of a record's key as text, the same for 1 and "1"."""
        if _TEXT.issuperset(map(type, key)):
            return list(key)
        for name, value in zip(self._keys, key, strict=True):
            if value is None or isinstance(value, _NOT_PLAIN):
                reason = f"the key property {name} has no plain value"
                raise Rejected(reason, "missing_key", field=name)
        return list(map(str, key))

    def _note(self, contact: Contact) -> None:
        """Note what is not carried, and which of two fields is taken."""
        stream = self._sink.stream_name
        names = self.translator.not_carried(contact, self._noted)
        if len(self._noted) < SHOWN:
            self._noted.update(names)
        self._not_carried.update(self.shown(name) for name in names if name not in self._keys)
        for attribute, source in self.translator.before_default(contact):
            text = f"{stream}: {self.shown(source)} goes before the default {attribute}. If it is "
            self._sink.warn_once(text + "another system's id, empty it with a stream map.")
        for attribute, taken, left in sorted(contact.conflicts):
            text = f"{stream}: {taken} and {left} both spell {attribute} and differ; "
            self._sink.warn_once(text + f"{taken} is taken, as the vocabulary orders.")

    def _get_ready(self) -> None:
        """Do what only the first record that is translated needs."""
        self._is_ready = True
        self._assert_mapped()
        if not self._sink.destination.offline:
            self.translator = self._sink.translator(self._sink.learned(self._sink.configured()))

    def _assert_mapped(self) -> None:
        """Raise ConfigurationError if `field_map` takes from a field that no stream so far has."""
        schema = self._sink.original_schema
        paths = (self._sink.config.get("field_map") or {}).values()
        if schema.get("additionalProperties") or not paths:
            return
        schemas = [each["schema"] for each in self._sink.destination.schemas.values()]
        known = {name for each in schemas for name in [*each["properties"], *ATTRIBUTES]}
        named = [path.split(".")[0] for path in paths if path not in known]
        wrong = [name for name in named if name not in known]
        assert_known("field_map", wrong, schema["properties"])
