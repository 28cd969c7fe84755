"""The base of all sinks: the order of ledger, write and remembering, written once.

A sink declares its fields and implements `create` and `update`; or `write`, where the API takes
several contacts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from singer_sdk.sinks import BatchSink

from tap_contacts.apis.errors import OutcomeUnknown, Refused, Stopped
from tap_contacts.apis.http import ApiClient
from tap_contacts.apis.plugin import InputError
from target_contacts import values
from target_contacts.contact import line
from target_contacts.deletion import Gone
from target_contacts.delivery import Delivery
from target_contacts.dispatch import in_parallel
from target_contacts.explain import Explainer
from target_contacts.intake import Intake
from target_contacts.items import Item, Outcome, Received, without_empty
from target_contacts.mapping import Field, Payload, Translator
from target_contacts.reconcile import as_text
from target_contacts.rejects import Rejected

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from target_contacts.messages import Line
    from target_contacts.target import TargetContacts

ClientT = TypeVar("ClientT", bound=ApiClient)


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

    def receive(self, line: Line, mapped: Mapping[str, Any] | None = None) -> bool:
        """Take a RECORD message, and its record after the stream maps where there are any.

        Returns whether what waits is to be written now.
        """
        raise NotImplementedError

    def process_batch(self, context: dict[str, Any]) -> None:
        """Settle what was received."""


class PassedOverSink(StreamSink):
    """Pass over a stream that is not written, but learn the statuses it names."""

    def receive(self, line: Line, mapped: Mapping[str, Any] | None = None) -> bool:
        """Count the record as skipped."""
        self.books.skip(self.stream_name, "left out by the setting streams")
        if self.stream_name.endswith(("contact_statuses", "contact_phases")):
            record = mapped or line.message["record"]
            self.destination.status_names[str(record.get("id"))] = str(record.get("display_value"))
        return False


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
    idempotent: ClassVar[bool] = False
    """Whether a create may be repeated without doubling a contact."""
    identity: ClassVar[Sequence[str]] = ()
    """Fields whose values tell a contact from all others as well as this API can."""
    name_parts: ClassVar[tuple[str, str]] = ("", "")
    """Fields of the first and the last name, where a contact has both."""
    can_list: ClassVar[bool] = False
    """Whether `stored` is implemented."""
    can_ask: ClassVar[bool] = False
    """Whether `find` is implemented."""
    recipe: ClassVar[Sequence[str]] = ()
    """Settings of the account that say how records are translated."""
    MAX_SIZE_DEFAULT = 1000

    def setup(self) -> None:
        """Get ready for the stream's records; called once, after its SCHEMA message."""
        super().setup()
        self.client = cast("ClientT", self.destination.client)
        self.ledger = self.destination.ledger
        self.intake = Intake(self)
        self.workers: int = self.config.get("concurrency") or self.concurrency
        offline = self.destination.offline
        self._delivery = Explainer(self) if offline else Delivery(self, self.config)
        self._queue: dict[str, Received] = {}
        self._most = self.max_size
        self._unreadable: InputError | None = None
        """What is wrong with a line of the batch, whose other records are settled first."""
        self._warned: set[str] = set()
        if not self.key_properties:
            text = "Stream %s has no key: a record that changes becomes one more contact."
            self.logger.warning(text, self.stream_name)

    # What the sink of an API adds.

    @property
    def is_foreign(self) -> bool:
        """Say whether the stream comes from another of the APIs, whose ids mean nothing here."""
        others = (api for api in self.destination.apis if api != self.client.api)
        return self.stream_name.startswith(tuple(f"{api}_" for api in others))

    @property
    def region(self) -> str | None:
        """Return the country whose plan phone numbers without country code follow."""
        given = self.config.get("phone_region")
        return values.check_region(given) if given else None

    @property
    def mapping(self) -> Mapping[str, Any]:
        """Return the settings of the mapping."""
        return self.config

    def configured(self) -> Sequence[Field]:
        """Return the table of fields as the settings make it."""
        return self.fields

    def learned(self, fields: Sequence[Field]) -> Sequence[Field]:
        """Return the table of fields as the account has it, asking the API; by default as it is."""
        return fields

    def free_field(self, name: str) -> Field:
        """Return how a field that is not in the table is filled by `field_map`."""
        return Field(name, name)

    def translator(self, fields: Sequence[Field]) -> Translator:
        """Return what translates records by a table of fields."""
        return Translator(self, fields)

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

    def write(self, items: Iterator[Item]) -> Generator[list[Outcome], None, None]:
        """Yield outcomes as they come, from one request an item.

        Raises:
            Stopped: When nothing more can be written; what was in flight is yielded before.
        """
        stopped: list[Stopped] = []
        halted = lambda: bool(stopped or self.destination.halted)  # noqa: E731
        for outcomes in in_parallel(self._write_one, items, self.workers, halted):
            stopped += [o.error for o in outcomes if isinstance(o.error, Stopped)]
            yield [o for o in outcomes if not isinstance(o.error, Stopped)]
        if stopped:
            raise stopped[0]

    def for_create(self, payload: Payload) -> Payload:
        """Return the payload of a create; what is added here is not compared with later ones."""
        return without_empty(payload)

    def find(self, wanted: Mapping[str, str]) -> list[str]:
        """Return the ids of the contacts that hold exactly these values in these fields."""
        raise NotImplementedError

    def stored(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield id and fields of every contact of the account."""
        raise NotImplementedError

    def forget(self) -> None:
        """Drop what `find` remembers: contacts may have come since."""

    def looked_for(self, item: Item) -> dict[str, str]:
        """Return the values by which the contact of a lost create is found again."""
        return {wire: as_text(item.payload.get(wire)) for wire in self.identity}

    # The flow, the same for all.

    @property
    def current_size(self) -> int:
        """Return the number of contacts waiting to be written."""
        return len(self._queue)

    def receive(self, line: Line, mapped: Mapping[str, Any] | None = None) -> bool:
        """Queue a record; a later one with the same key takes its place."""
        try:
            received = self.intake.received(line, mapped)
        except Rejected as why:
            self.destination.reject(self.stream_name, line.message, why)
            return False
        except Gone as gone:
            self.books.skip(self.stream_name, self._why_gone(gone))
            return False
        if earlier := self._queue.pop(received.key, None):
            self.skip(earlier, "a later record has the same key")
        received.number = self.destination.checkpoints.opened()
        self._queue[received.key] = received
        return len(self._queue) >= self._most

    def process_batch(self, context: dict[str, Any]) -> None:
        """Write what waits."""
        del context
        waiting, self._queue = self._queue, {}
        self.record_counter_metric.increment(len(waiting))
        self._delivery.deliver(waiting)
        if self._unreadable:
            raise self._unreadable

    # What becomes of a record: each ends in exactly one of these.

    def settle(self, outcome: str, *several: Received) -> None:
        """Enter records into the books, their outcome being in the ledger."""
        self.books.enter(outcome, len(several))
        for received in several:
            self.destination.checkpoints.settled(received.number)

    def skip(self, received: Received, reason: str) -> None:
        """Leave a record out."""
        self.books.skip(self.stream_name, reason)
        self.destination.checkpoints.settled(received.number)

    def leave_gone(self, received: Received, gone: Gone) -> None:
        """Leave out a record whose contact is deleted at the source, or may be."""
        self.skip(received, self._why_gone(gone))

    def _why_gone(self, gone: Gone) -> str:
        """Say which field says that a contact is deleted; its name is a known one."""
        field = line(gone.told.field)
        if gone.told.sure:
            return f"deleted at the source, says {field}; this target does not delete"
        advice = "If it does not, leave the field out with a stream map"
        return f"{field} may say that they are gone at the source. {advice}"

    def reject(self, received: Received, why: Rejected) -> None:
        """Put a record into the rejects file."""
        self.destination.reject(self.stream_name, received.line.message, why)
        self.destination.checkpoints.settled(received.number)

    def assert_complete(self, payload: Payload, *, creating: bool) -> None:
        """Raise Rejected if a field that the API requires has no value."""
        self.intake.translator.assert_complete(payload, creating=creating)

    def warn_once(self, text: str) -> None:
        """Log a warning that would otherwise come once a contact."""
        if text not in self._warned:
            self._warned.add(text)
            self.logger.warning("%s", text)

    def translated(self, received: Received) -> Item | None:
        """Return a record as it is sent; None if it is rejected."""
        try:
            return self.intake.item(received)
        except Rejected as why:
            self.reject(received, why)
        except Gone as gone:
            self.leave_gone(received, gone)
        except InputError as error:
            self.books.read -= 1
            self._unreadable = error
        return None

    def _write_one(self, item: Item) -> Outcome:
        try:
            if item.remote_id is None:
                return Outcome(item, self.create(item.payload))
            self.update(item.remote_id, item.payload)
        except (Rejected, Refused, OutcomeUnknown, Stopped) as error:
            return Outcome(item, error=error)
        return Outcome(item, item.remote_id)
