"""Write the records of one stream: put them together to batches, and have these delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tap_contacts.plugin.endings import InputError
from target_contacts.contact.deletion import Gone
from target_contacts.delivery import keys
from target_contacts.delivery.replays import SUPERSEDED, is_older
from target_contacts.delivery.unanswered import Unanswered
from target_contacts.delivery.versions import NO_KEY, UNENDED, UNREADABLE
from target_contacts.errors import Rejected
from target_contacts.pipeline.explain import Explainer
from target_contacts.pipeline.stream import Stream
from target_contacts.pipeline.stream_parts import StreamParts
from target_contacts.pipeline.stream_sink import StreamSink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from target_contacts.delivery.planned import Planned, Received
    from target_contacts.singer.lines import Line

MadeT = TypeVar("MadeT")


class ContactSink(StreamSink):
    """Write the contacts of one stream; the same class for all APIs.

    A batch goes one way: the unchanged records are settled, the others are prepared, and these are
    planned, looked up, written and booked.
    """

    is_sample = False

    def setup(self) -> None:
        """Get ready for the stream's records; called once, after its SCHEMA message.

        Raises:
            InputError: If nothing is known of the records.
            ConfigurationError: If a setting names what does not exist.
        """
        super().setup()
        if not self.key_properties and not self.original_schema.get("properties"):
            msg = f"The schema of stream {self.stream_name} has no properties. Check the tap."
            raise InputError(msg)
        self._queue: dict[str, Received] = {}
        self._gone: list[Received] = []
        """Records of the batch that say that they left the source."""
        self._unreadable: InputError | None = None
        """Error of a line of the batch; it is raised when the other records are settled."""
        self._make_parts()
        self._most = self.max_size
        if not self.key_properties:
            text = "Stream %s has no key: a record that changes becomes one more contact."
            self.logger.warning(text, self.stream_name)

    def _make_parts(self) -> None:
        run, outcomes = self._run, self._outcomes
        names = list(self.key_properties)
        stream = Stream(self.stream_name, self.original_schema, names, self.is_sample)
        parts = StreamParts(run, stream, outcomes, self.logger)
        self.api_sink, self._translation, self._intake = parts.sink, parts.translation, parts.intake
        self._explainer: Explainer | None = None
        if run.is_offline:
            self._explainer = Explainer(parts.sink, parts.translation, outcomes)
            run.explainers.append(self._explainer)
        else:
            self._again = parts.again()
            steps = parts.steps(self._again, Unanswered(run.settings.unanswered_wait))
            self._plan, self._leavers, self._delivery = steps.plan, steps.leavers, steps.delivery
        self._watches = not self._explainer and self._leavers.are_wanted
        """Whether it matters which records come."""
        self._versions = run.versions(self.stream_name)
        if not self.key_properties:
            self.miss(NO_KEY)

    @property
    def max_size(self) -> int:
        """Return how many contacts are written together, by default as the sink declares."""
        if self.batch_size_rows is not None:
            return self.batch_size_rows
        return self.api_sink.capabilities.batch_size

    @property
    def current_size(self) -> int:
        """Return the number of contacts waiting to be written."""
        return len(self._queue)

    def receive(self, line: Line, mapped: Mapping[str, Any] | None = None) -> bool:
        """Queue a record; of two with the same key, the later version stays."""
        try:
            received = self._intake.received(line, mapped)
        except Rejected as why:
            self.miss(UNREADABLE)
            self._outcomes.refuse(line.message, why)
            return False
        except Gone as gone:
            self._outcomes.leave_out(gone.why(self._run.settings.on_delete))
            return False
        if self._watches or line.version is not None:
            self._see(line.version, received)
        if earlier := self._queue.pop(received.key, None):
            received = self._later(earlier, received)
        self._queue[received.key] = received
        return len(self._queue) >= self._most

    def _later(self, earlier: Received, received: Received) -> Received:
        """Return the later version of two records with the same key, and skip the other one."""
        if is_older(received, earlier):
            self._outcomes.skip(received, SUPERSEDED)
            return earlier
        self._outcomes.skip(earlier, "a later record has the same key")
        return received

    def _see(self, version: object, received: Received) -> None:
        """Take note of a record, also by the keys that an earlier version knew it by."""
        self._versions.see(version, received.key)
        for values in keys.former(self.key_properties, received.given) if received.given else ():
            self._versions.see(version, self._run.ledger.digest(values))

    def miss(self, reason: str) -> None:
        """Take note of a record that is not received, so that its key is not known."""
        self._versions.miss(reason)

    def activate(self, version: object) -> str:
        """Have something done at the end of the input about the records that a version lacks."""
        if not self._watches:
            return "on_delete is skip" if self._explainer is None else "nothing is sent"
        if (reason := self._versions.activate(version)) or not isinstance(version, int):
            return reason
        former = self._versions.waiting
        self._versions.waiting = version, former[1] if former else self._outcomes.opened()
        return ""

    def depart(self, *, is_whole: bool) -> str:
        """Have something done about the records that left the source; return as `activate` does."""
        if self._versions.waiting is None:
            return ""
        (version, number), self._versions.waiting = self._versions.waiting, None
        reason = self._versions.reason(version) or ("" if is_whole else UNENDED)
        if not reason:
            for planned in self._leavers.absent(self._versions.seen):
                self._delivery.deliver(planned)
        self._outcomes.close(number)
        return reason

    def process_batch(self, context: dict[str, Any]) -> None:
        """Write what waits, or explain it."""
        del context
        waiting, self._queue = self._queue, {}
        self.record_counter_metric.increment(len(waiting))
        if self._explainer:
            self._explainer.explain(waiting.values())
            return
        for changed, is_beyond in self._run.limit.parts(self._plan.changed(waiting)):
            if is_beyond:
                self._run.limit.leave_out(changed, self._outcomes)
            else:
                self._deliver(changed)
        if self._unreadable:
            raise self._unreadable

    def _deliver(self, changed: Iterable[Received]) -> None:
        """Have records written; those whose client is gone once more, as it is looked up now."""
        with self._again.kept() as again:
            self._deliver_once(changed)
        if again:
            self._deliver_once(again)

    def _deliver_once(self, changed: Iterable[Received]) -> None:
        if self._run.guards.is_tripped:
            self._outcomes.hold_back(changed)
            return
        planned = self._plan.planned(self._prepared(changed))
        gone, self._gone = self._gone, []
        self._delivery.deliver([*planned, *self._leavers.told(gone)])

    def _prepared(self, changed: Iterable[Received]) -> list[Planned]:
        """Return records as they are sent, and settle those that are not sent."""
        prepare, references = self._translation.preparation, self._translation.references
        if not references:
            return [item for received in changed if (item := self._tried(received, prepare.item))]
        read = [(each, self._tried(each, prepare.read)) for each in changed]
        contacts = [(received, contact) for received, contact in read if contact]
        references.learn(contact for _, contact in contacts)
        made = (self._tried(one, prepare.item, contact) for one, contact in contacts)
        return [item for item in made if item]

    def _tried(
        self, received: Received, make: Callable[..., MadeT], *given: object
    ) -> MadeT | None:
        """Return what is made of a record; None if it is settled, since it is not sent."""
        try:
            return make(received, *given)
        except Rejected as why:
            if self._translation.fields.learns_anew():
                return self._tried(received, make, *given)
            self._outcomes.reject(received, why)
        except Gone as gone:
            self._leave(received, gone)
        except InputError as error:
            self._outcomes.take_back()
            self._unreadable = error
        return None

    def _leave(self, received: Received, gone: Gone) -> None:
        """Skip a record that says that it left the source, or have something done about it."""
        if gone.told.sure and self._leavers.are_wanted:
            self._gone.append(received)
        else:
            self._outcomes.skip(received, gone.why(self._run.settings.on_delete))

    def settle_due(self) -> None:
        """Settle unanswered creates that can no longer be carried out."""
        if not self._explainer:
            self._delivery.settle_due()

    def settle_last(self) -> None:
        """Settle the other unanswered creates, at the end of the stream."""
        if not self._explainer:
            self._delivery.finish()

    def learn(self) -> None:
        """Ask the API for the account's fields, as is done before the first record."""
        self._translation.get_ready()
