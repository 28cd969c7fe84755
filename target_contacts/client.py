"""The base of all sinks: the order of ledger, write and remembering, written once.

A sink declares its fields and implements `create` and `update`; or `write`, where the API takes
several contacts at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from singer_sdk.sinks import BatchSink

from tap_contacts.apis.errors import NotFound, OutcomeUnknown, Refused, Stopped
from tap_contacts.apis.http import ApiClient
from target_contacts.dispatch import in_parallel
from target_contacts.ledger import INTENT, WRITTEN, Entry, intents
from target_contacts.mapping import Field, Payload, Translator
from target_contacts.messages import Interrupted, RecordValidator
from target_contacts.rejects import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_contacts.target import TargetContacts

INTENTS_AT_ONCE = 100
"""Creates announced in one transaction of the ledger."""

ClientT = TypeVar("ClientT", bound=ApiClient)


@dataclass(frozen=True)
class Item:
    """One contact on its way to the destination."""

    key: str
    """Digest of the record's key, as the ledger has it."""
    identity: str
    """Stream and key in plain: the same in every ledger. Personal; it goes nowhere as it is."""
    message: Mapping[str, Any]
    """The RECORD message as received."""
    payload: Payload
    digest: str
    remote_id: str | None = None
    """Id of the contact to update; None: it is to be created."""


@dataclass(frozen=True)
class Outcome:
    """What became of an item that was sent: its remote id, or why it has none."""

    item: Item
    remote_id: str | None = None
    error: Rejected | Refused | OutcomeUnknown | Stopped | None = None


class StreamSink(BatchSink):
    """A sink that books what it receives."""

    def __init__(
        self,
        target: TargetContacts,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        """Take the stream's SCHEMA message."""
        super().__init__(target, stream_name, schema, key_properties)
        self.destination = target.destination
        self.books = self.destination.books

    def get_validator(self) -> None:
        """Leave out the SDK's validator, which logs the values it refuses."""

    def receive(self, message: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        """Take a RECORD message, and its record after the stream maps."""
        raise NotImplementedError

    def process_batch(self, context: dict[str, Any]) -> None:
        """Settle what was received."""


class PassedOverSink(StreamSink):
    """Pass over a stream that is not written, but learn the statuses it names."""

    def receive(self, message: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        """Count the record as skipped."""
        del message
        self.books.skip(self.stream_name, "left out by the setting streams")
        if self.stream_name.endswith("contact_statuses"):
            self.destination.status_names[str(record.get("id"))] = str(record.get("display_value"))


class ContactSink(StreamSink, Generic[ClientT]):
    """Write the contacts of one stream into one account."""

    client_class: type[ClientT]
    fields: ClassVar[Sequence[Field]]
    keeps_empty: ClassVar[bool] = True
    """Whether "" may be sent to clear a field."""
    free_prefix: ClassVar[str | tuple[str, ...] | None] = None
    """Start of the names of fields that an account may have added."""
    concurrency: ClassVar[int] = 4
    """Requests in flight, if the setting is not given."""
    MAX_SIZE_DEFAULT = 200

    def __init__(
        self,
        target: TargetContacts,
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        """Take the stream's SCHEMA message."""
        super().__init__(target, stream_name, schema, key_properties)
        self.client = cast("ClientT", self.destination.client)
        self.ledger = self.destination.ledger
        validate = self.config.get("validate_records", True)
        self._check = RecordValidator(self.original_schema).check if validate else lambda _: None
        self._translator = Translator(
            self.fields,
            self.config,
            keeps_empty=self.keeps_empty,
            free_prefix=self.free_prefix,
        )
        self.mode = self.config.get("mode", "upsert")
        self._queue: dict[str, Item] = {}
        self._intents: set[str] = set()
        """Keys of creates that were announced and have no outcome yet."""
        if not key_properties:
            text = "Stream %s has no key: a record that changes becomes one more contact."
            self.logger.warning(text, stream_name)

    # What the sink of an API adds.

    def create(self, payload: Payload) -> str:
        """Create a contact and return its id."""
        raise NotImplementedError

    def update(self, remote_id: str, payload: Payload) -> None:
        """Update the contact with this id."""
        raise NotImplementedError

    def finish(self, payload: Payload, attributes: Mapping[str, Any]) -> Payload:
        """Complete a payload with what the table of fields cannot say; may raise Rejected."""
        del attributes
        return payload

    def write(self, items: Iterator[Item]) -> Iterator[list[Outcome]]:
        """Yield outcomes as they come, from one request an item.

        Raises:
            Stopped: When nothing more can be written; what was in flight is yielded before.
        """
        workers = self.config.get("concurrency") or self.concurrency
        stopped: list[Stopped] = []
        halted = lambda: bool(stopped or self.destination.halted)  # noqa: E731
        for outcomes in in_parallel(self._write_one, items, workers, halted):
            stopped += [o.error for o in outcomes if isinstance(o.error, Stopped)]
            yield [o for o in outcomes if not isinstance(o.error, Stopped)]
        if stopped:
            raise stopped[0]

    # The flow, the same for all.

    @property
    def current_size(self) -> int:
        """Return the number of contacts waiting to be written."""
        return len(self._queue)

    def receive(self, message: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        """Queue a record; a later one with the same key takes its place."""
        try:
            item = self._item(message, record)
        except Rejected as why:
            self.reject(message, why)
            return
        if item is None:
            self.books.skip(self.stream_name, "deleted at the source; this target does not delete")
            return
        if self._queue.pop(item.key, None):
            self.books.skip(self.stream_name, "a later record has the same key")
        self._queue[item.key] = item

    def process_batch(self, context: dict[str, Any]) -> None:
        """Write what waits, remembering each outcome as soon as it is known.

        Raises:
            Stopped: When nothing more can be written; what is settled stays settled.
            Interrupted: When a signal asked for the end before all was written.
        """
        del context
        waiting, self._queue = self._queue, {}
        planned = list(self._plan(waiting))
        if self.config.get("dry_run"):
            self._book_plan(planned)
            return
        try:
            for outcomes in self.write(self._intending(planned)):
                self._settle(outcomes)
        except Stopped:
            self._withdraw_intents()
            raise
        if self.destination.halted:
            self._withdraw_intents()
            raise Interrupted

    def reject(self, message: Mapping[str, Any], why: Rejected) -> None:
        """Put a record into the rejects file."""
        self.destination.reject(self.stream_name, message, why)

    def _item(self, message: Mapping[str, Any], record: Mapping[str, Any]) -> Item | None:
        """Translate a record; None if it tells of a deletion."""
        if record.get("_sdc_deleted_at"):
            return None
        self._check(record)
        self._note_not_carried(record)
        contact = self._translator.contact(record)
        payload = self.finish(self._translator.payload(contact), contact.attributes)
        digest = self.ledger.digest(payload)
        key = self._key(record) or [digest]
        identity = "\0".join([self.stream_name, *key])
        return Item(self.ledger.digest(key), identity, message, payload, digest)

    def _key(self, record: Mapping[str, Any]) -> list[str]:
        """Return the values of the record's key as text, the same for 1 and "1"."""
        values = [record.get(name) for name in self.key_properties]
        for name, value in zip(self.key_properties, values, strict=True):
            if value is None:
                reason = f"the key property {name} has no value"
                raise Rejected(reason, "missing_key", field=name)
        return [str(value) for value in values]

    def _note_not_carried(self, record: Mapping[str, Any]) -> None:
        noted = self.books.not_carried.setdefault(self.stream_name, set())
        for name in self._translator.not_carried(tuple(record)):
            if name not in noted and name not in self.key_properties and record[name]:
                noted.add(name)

    def _plan(self, waiting: Mapping[str, Item]) -> Iterator[Item]:
        """Yield the items that must be sent, and settle the others."""
        entries = self.ledger.entries(self.stream_name, list(waiting))
        for key, item in waiting.items():
            planned = self._planned(item, entries.get(key))
            if planned and self._is_complete(planned):
                yield planned

    def _planned(self, item: Item, entry: Entry | None) -> Item | None:
        """Return the item as it must be sent; None if it must not, and is booked."""
        if entry is None:
            return self._planned_create(item)
        if entry.status == INTENT:
            reason = (
                "An earlier create was never answered. Look whether the contact is at the "
                "destination; this target does not send it a second time."
            )
            self.reject(item.message, Rejected(reason, "outcome_unknown"))
            return None
        return self._planned_update(item, entry)

    def _planned_create(self, item: Item) -> Item | None:
        if self.mode == "update_only":
            self.books.skip(self.stream_name, "not there yet, and mode is update_only")
            return None
        return replace(item, payload=without_empty(item.payload))

    def _planned_update(self, item: Item, entry: Entry) -> Item | None:
        if entry.payload == item.digest:
            self.books.enter("unchanged")
            return None
        if self.mode == "create_only":
            self.books.skip(self.stream_name, "there already, and mode is create_only")
            return None
        return replace(item, remote_id=entry.remote_id)

    def _is_complete(self, item: Item) -> bool:
        try:
            self._translator.assert_complete(item.payload, creating=item.remote_id is None)
        except Rejected as why:
            self.reject(item.message, why)
            return False
        return True

    def _intending(self, planned: Sequence[Item]) -> Iterator[Item]:
        """Yield items, the intents of creates being on disk before they are."""
        for start in range(0, len(planned), INTENTS_AT_ONCE):
            chunk = planned[start : start + INTENTS_AT_ONCE]
            creates = [item.key for item in chunk if item.remote_id is None]
            self._intents.update(creates)
            self.ledger.put(self.stream_name, intents(creates))
            yield from chunk

    def _withdraw_intents(self) -> None:
        """Forget the creates that were announced but surely not carried out."""
        self.ledger.drop(self.stream_name, sorted(self._intents))
        self._intents.clear()

    def _book_plan(self, planned: Sequence[Item]) -> None:
        for item in planned:
            self.books.enter("updated" if item.remote_id else "created")

    def _write_one(self, item: Item) -> Outcome:
        try:
            if item.remote_id is None:
                return Outcome(item, self.create(item.payload))
            self.update(item.remote_id, item.payload)
        except (Rejected, Refused, OutcomeUnknown, Stopped) as error:
            return Outcome(item, error=error)
        return Outcome(item, item.remote_id)

    def _settle(self, outcomes: Sequence[Outcome]) -> None:
        """Enter outcomes into the ledger first, then into rejects and books."""
        written = [
            Entry(o.item.key, WRITTEN, o.remote_id, o.item.digest) for o in outcomes if not o.error
        ]
        self.ledger.put(self.stream_name, written)
        refused = [o for o in outcomes if isinstance(o.error, (Rejected, Refused))]
        undone = [o.item.key for o in refused if o.item.remote_id is None]
        self.ledger.drop(self.stream_name, undone)
        self._intents.difference_update(o.item.key for o in outcomes)
        for outcome in outcomes:
            if outcome.error:
                self.reject(outcome.item.message, _why(outcome.error))
            else:
                self.books.enter("updated" if outcome.item.remote_id else "created")


def without_empty(payload: Payload) -> Payload:
    """Return a payload without the values that would only clear."""
    return {wire: value for wire, value in payload.items() if value != ""}


def _why(error: Rejected | Refused | OutcomeUnknown | Stopped) -> Rejected:
    """Say in the rejects file's terms why an API did not take a contact."""
    if isinstance(error, Rejected):
        return error
    reason = f"{error} {error.detail}".strip()
    if isinstance(error, OutcomeUnknown):
        reason += " Look whether the contact is there before it is sent again."
        return Rejected(reason, "outcome_unknown", http_status=error.http_status)
    missing = "not_found" if isinstance(error, NotFound) else "refused"
    return Rejected(reason, error.code or missing, http_status=error.http_status)
