"""The base of all sinks: the order of ledger, write and remembering, written once.

A sink declares its fields and implements `create` and `update`; or `write`, where the API takes
several contacts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from singer_sdk.sinks import BatchSink

from tap_contacts.plugin.base import InputError
from tap_contacts.transport.client import ApiClient
from tap_contacts.transport.errors import OutcomeUnknown, Refused, Stopped, ends_run
from target_contacts.contact.deletion import Gone
from target_contacts.delivery.delivery import Delivery
from target_contacts.errors import Rejected
from target_contacts.mapping.translator import Field, Payload, Translator
from target_contacts.pipeline.explain import Explainer
from target_contacts.pipeline.intake import Intake
from target_contacts.sinks.item import Item, Outcome, Received, created
from target_contacts.sinks.packing import assert_sane
from target_contacts.sinks.parallel import in_parallel
from target_contacts.values import convert
from target_contacts.values.basic import as_text, line

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.singer.lines import Line
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

    def settle_last(self) -> None:
        """Settle what had to wait for the end of the stream."""


class PassedOverSink(StreamSink):
    """Pass over a stream that is not written, but learn the statuses it names."""

    def setup(self) -> None:
        """Note that the stream is passed over, unless it is read for what it tells."""
        super().setup()
        self._names = self.stream_name.endswith(("contact_statuses", "contact_phases"))
        if not self._names:
            asked = self.config.get("streams") is not None
            self.books.pass_over(self.stream_name, asked=asked)

    def receive(self, line: Line, mapped: Mapping[str, Any] | None = None) -> bool:
        """Count the record as skipped."""
        self.books.skip(self.stream_name, "not among the streams that are written")
        if self._names:
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
    replaces: ClassVar[bool] = False
    """Whether an update replaces the whole contact, so that it needs all its values again."""
    built_in: ClassVar[Mapping[str, Any]] = {}
    """Values of a new contact that the documents give for whoever has none."""
    own: ClassVar[Sequence[str]] = ()
    """Fields of which a new contact must fill one, if they are others than those of `identity`."""
    expected: ClassVar[Sequence[str]] = ()
    """Fields that the API is only thought to demand of a new contact."""
    can_list: ClassVar[bool] = False
    """Whether contacts can be looked up: `stored` is implemented."""
    can_ask: ClassVar[bool] = False
    """Whether they can be asked for one by one: `find` and `alike` are implemented."""
    many: ClassVar[float] = 20
    """Look-ups at once up to which all contacts are not listed for them."""
    asks_by: ClassVar[AbstractSet[str]] = frozenset()
    """Fields by which look-ups are narrowed down, however their values are written."""
    alone_after: ClassVar[int] = 0
    """How often a create goes unanswered together with others until it is sent alone."""
    recipe: ClassVar[Sequence[str]] = ()
    """Settings of the account that say how records are translated."""
    MAX_SIZE_DEFAULT = 1000

    def setup(self) -> None:
        """Get ready for the stream's records; called once, after its SCHEMA message.

        Raises:
            InputError: If nothing is known of the records.
        """
        super().setup()
        if not self.key_properties and not self.original_schema.get("properties"):
            msg = f"The schema of stream {self.stream_name} has no properties. Check the tap."
            raise InputError(msg)
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
    def is_own(self) -> bool:
        """Say whether the stream comes from an account of this very API."""
        return self.stream_name.startswith(f"{self.client.api}_")

    @property
    def region(self) -> str | None:
        """Return the country whose plan phone numbers without country code follow."""
        given = self.config.get("phone_region")
        return convert.check_region(given) if given else None

    @property
    def mapping(self) -> Mapping[str, Any]:
        """Return the settings of the mapping."""
        return self.config

    @property
    def key_wire(self) -> str:
        """Return the field that takes the key of a new contact's record; "" if there is none."""
        return ""

    def configured(self) -> Sequence[Field]:
        """Return the table of fields as the settings make it."""
        return self.fields

    def learned(self, fields: Sequence[Field]) -> Sequence[Field]:
        """Return the table of fields as the account has it, asking the API; by default as it is."""
        return fields

    def remedies(self) -> Mapping[str, Mapping[str, Any]]:
        """Return settings of the account's own that give a field its value, by field."""
        return {}

    def free_field(self, name: str) -> Field:
        """Return how a field that is not in the table is filled by `field_map`."""
        return Field(name, name)

    def translator(self, fields: Sequence[Field]) -> Translator:
        """Return what translates records by a table of fields."""
        return Translator(self, fields)

    def create(self, payload: Payload) -> str:
        """Create a contact and return its id."""
        raise NotImplementedError

    def update(self, remote_id: str, payload: Payload, defaults: Payload) -> None:
        """Update the contact with this id.

        Args:
            remote_id: Its id.
            payload: What is to change; "" clears a field.
            defaults: For fields that are empty, as far as the contact is read anyway.
        """
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
        stopped: list[Any] = []
        halted = lambda: bool(stopped or self.destination.halted)  # noqa: E731
        for outcomes in in_parallel(self._write_one, items, self.workers, halted):
            stopped += [o.error for o in outcomes if ends_run(o.error)]
            yield [o for o in outcomes if not ends_run(o.error)]
        if stopped:
            raise stopped[0]

    def find(self, wanted: Mapping[str, str]) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Return id and fields of contacts that hold these values, and perhaps of others."""
        raise NotImplementedError

    def alike(self, contact: Payload) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Return id and fields of contacts that may be this one, and perhaps of others."""
        raise NotImplementedError

    def stored(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield id and fields of every contact of the account."""
        raise NotImplementedError

    def scope(self, contact: Mapping[str, Any]) -> str | None:
        """Return which part of the account a contact belongs to; None if parts are not listed."""
        del contact
        return None

    def within(self, scope: str, most: int) -> Iterable[tuple[str, Mapping[str, Any]]] | None:
        """Return id and fields of the contacts of a part of the account.

        Args:
            scope: The part.
            most: Requests that this may take; None is returned if it would take more.
        """
        raise NotImplementedError

    def known_by(self, item: Item) -> Payload:
        """Return what a contact is compared by."""
        return created(item)

    @property
    def identities(self) -> Sequence[Sequence[str]]:
        """Return the sets of fields of which `looked_for` returns one."""
        return [self.identity]

    def looked_for(self, item: Item) -> dict[str, str]:
        """Return the values by which the contact of a lost create is found again."""
        sent = created(item)
        return {wire: as_text(sent.get(wire)) for wire in self.identity}

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

    def settle_last(self) -> None:
        """Settle the creates that were never answered and that others did not wait for."""
        self._delivery.finish()

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
        """Raise Rejected if a required field has no value, or the contact is far too large."""
        assert_sane(payload)
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
            self.update(item.remote_id, item.payload, item.fallback)
        except (Rejected, Refused, OutcomeUnknown, Stopped) as error:
            return Outcome(item, error=error)
        return Outcome(item, item.remote_id)
