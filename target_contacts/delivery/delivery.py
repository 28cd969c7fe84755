"""Deliver items: ledger, look-up, write, remember, in the order that neither loses nor doubles.

Before a create leaves, its intent is on disk; before an update leaves, so is that the payload of
its contact is in doubt. An outcome is in the ledger before it is in the books.
"""

from __future__ import annotations

from collections import deque
from contextlib import closing, contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tap_contacts.transport.errors import OutcomeUnknown, Refused, Stopped
from target_contacts.delivery import keys
from target_contacts.delivery.look_up import Reconciler
from target_contacts.delivery.setbacks import Setbacks
from target_contacts.delivery.unanswered import Unanswered
from target_contacts.errors import Rejected
from target_contacts.ledger.ledger import INTENT, WRITTEN, Entry
from target_contacts.shutdown import Interrupted
from target_contacts.sinks.item import Item, Outcome, created, why

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_contacts.pipeline.stream_sink import ContactSink
    from target_contacts.sinks.item import Received

_FORBIDDEN = {
    ("create_only", False): "there already, and mode is create_only",
    ("update_only", True): "not there yet, and mode is update_only",
}
"""Why an item is skipped, by mode and whether it would be created."""

_REFUSALS = (Rejected, Refused)

INTENTS_AT_ONCE = 100
"""Creates announced in one transaction of the ledger."""


class Delivery:
    """Deliver the items of one sink."""

    def __init__(self, sink: ContactSink[Any], config: Mapping[str, Any]) -> None:
        """Take the sink and the target's settings."""
        self._sink, self._ledger = sink, sink.ledger
        self._stream = sink.stream_name
        self._mode = config.get("mode", "upsert")
        self._dry_run = config.get("dry_run", False)
        self._reconciler = Reconciler(sink, config.get("match_on"))
        self._intents: set[str] = set()
        """Keys of creates that were announced and have no outcome yet."""
        self._setbacks = Setbacks(sink)
        self._filled = sink.intake.filled
        self._unanswered = Unanswered(sink.destination.unanswered_wait)
        self._sent_twice: list[tuple[Item, str]] = []
        """Creates that were sent again since they had not been answered, with the new ids."""
        sink.destination.reconcilers.append(self._reconciler)

    def deliver(self, waiting: Mapping[str, Received]) -> None:
        """Settle records by key, remembering each outcome as soon as it is known.

        Raises:
            Stopped: When nothing more can be written; what is settled stays settled.
            Interrupted: When a signal asked for the end before all was written.
        """
        ready = self._resolved(list(self._plan(waiting)), fresh=False)
        if self._dry_run:
            for item in ready:
                self._sink.settle("updated" if item.remote_id else "created", item.received)
            return
        with self._withdrawing():
            if due := self._unanswered.take_due():
                ready += self._again(due)
            self._send(ready)

    def finish(self) -> None:
        """Settle the creates that are still held, and look for contacts that were created twice.

        Raises:
            Stopped: When nothing more can be written; what is settled stays settled.
        """
        with self._withdrawing():
            while self._unanswered.keys:
                self._send(self._waited_for())
        self._name_doubled()

    @contextmanager
    def _withdrawing(self) -> Iterator[None]:
        """Forget the creates that surely did not leave if the run has to end."""
        try:
            yield
        except (Stopped, Interrupted):
            if not self._sink.destination.abandoned:
                self._withdraw_intents()
            raise

    def _send(self, ready: deque[Item]) -> None:
        """Write items; look up those that were never answered, and write them again if need be."""
        while ready:
            unknown = self._write(ready)
            if unknown:
                self._sink.client.pause(self._setbacks.wait)
                ready += self._again(unknown)
            if not ready and self._unanswered.are_many:
                ready = self._waited_for()
        self._setbacks.end(self._unanswered.keys)

    def _waited_for(self) -> deque[Item]:
        """Wait until no create that is held can land any more; return those to be sent again."""
        self._sink.client.pause(self._unanswered.left)
        return deque(self._again(self._unanswered.take_due()))

    def _again(self, unknown: Sequence[Item]) -> Sequence[Item]:
        """Look up creates that were never answered; return those that are to be sent again now."""
        return self._setbacks.worth_sending(self._resolved(unknown, fresh=True))

    def _resolved(self, planned: Sequence[Item], *, fresh: bool) -> deque[Item]:
        """Look up what is doubtful; return what must be sent now, as it must be."""
        certain = [item for item in planned if not item.doubtful]
        doubtful = [item for item in planned if item.doubtful]
        found = self._reconciler.resolve(doubtful, fresh=fresh) if doubtful else ()
        wanted = (item for item in chain(certain, found) if not self._unanswered.hold(item))
        return deque(r for item in wanted if (r := self._ready(item)))

    def _write(self, ready: deque[Item]) -> list[Item]:
        """Write until all is sent or too much goes unanswered; return what was never answered."""
        unknown: list[Item] = []
        self._setbacks.start_round()
        # What is under way is answered before the account is free for others, whatever fails here.
        with closing(self._sink.write(self._intending(ready))) as writing:
            for outcomes in writing:
                unknown += self._settle(outcomes)
        if self._sink.destination.halted:
            raise Interrupted
        self._setbacks.end_round()
        return unknown

    def _plan(self, waiting: Mapping[str, Received]) -> Iterator[Item]:
        """Yield the items that may have to be sent, and settle the unchanged ones.

        What is as it was is not translated again; what only looks otherwise is noted.
        """
        sources = self._ledger.sources(self._stream, list(waiting))
        changed: list[Received] = []
        unchanged: list[Received] = []
        for key, received in waiting.items():
            (unchanged if sources.get(key) == received.source else changed).append(received)
        self._sink.settle("unchanged", *unchanged)
        entries = self._entries(changed)
        same: list[Entry] = []
        for item in filter(None, map(self._sink.translated, changed)):
            entry = entries.get(item.key)
            if entry and (filled := self._still(item, entry)):
                known = {"payload": item.digest, "source": item.source, "filled": filled}
                same.append(replace(entry, **known))
            else:
                yield self._planned(item, entry)
        self._settle_same(same, waiting)

    def _still(self, item: Item, entry: Entry) -> str | None:
        """Return the id of what an item fills, if the destination has all that it says."""
        if entry.status != WRITTEN or not item.is_sent(entry.payload):
            return None
        return self._filled.unchanged(item, entry.filled)

    def _entries(self, changed: Sequence[Received]) -> Mapping[str, Entry]:
        """Return what the ledger knows of records, also of those it knows by a former key."""
        entries = self._ledger.entries(self._stream, [received.key for received in changed])
        names = self._sink.intake.key_properties
        former = {
            self._ledger.digest(values): received.key
            for received in changed
            if received.given and received.key not in entries
            for values in keys.former(names, received.given)
        }
        found = self._ledger.entries(self._stream, list(former))
        if not found:
            return entries
        if not self._dry_run:
            self._ledger.rename(self._stream, {key: former[key] for key in found})
        known = {former[key]: replace(each, key=former[key]) for key, each in found.items()}
        return {**entries, **known}

    def _settle_same(self, same: Sequence[Entry], waiting: Mapping[str, Received]) -> None:
        """Settle records that changed without changing what is sent, and know them next time."""
        if not self._dry_run:
            self._ledger.put(self._stream, same)
        self._sink.settle("unchanged", *(waiting[entry.key] for entry in same))

    def _planned(self, item: Item, entry: Entry | None) -> Item:
        """Return an item with what the ledger knows of it."""
        if entry is None:
            return replace(item, doubtful=self._reconciler.adopts)
        if entry.status == INTENT:
            return self._announced(replace(item, doubtful=not self._sink.idempotent, intent=entry))
        return self._changing(replace(item, remote_id=entry.remote_id), entry)

    def _announced(self, item: Item) -> Item:
        """Return a create that was never answered with the time until which it may land."""
        if (held := self._unanswered.take(item.key)) is None:
            return replace(item, until=self._sink.destination.former_until)
        self._sink.skip(held.received, "a later record has the same key")
        return replace(item, lost=held.lost, until=held.until)

    def _changing(self, item: Item, entry: Entry) -> Item:
        """Return an update with what it has to clear, and without what it has to leave alone."""
        change = self._filled.change(item, entry.filled)
        for wire in change.kept if not self._sink.replaces else ():
            self._sink.books.note(self._stream, wire, "gone at the source and cannot be cleared")
        for wire in change.incomplete:
            self._sink.books.note(self._stream, wire, "left alone: the record lacks a part of it")
        return replace(item, payload=change.payload, filled=change.filled, in_doubt=change.in_doubt)

    def _ready(self, item: Item) -> Item | None:
        """Return an item as it must be sent; None if it must not, and is booked."""
        creating = item.remote_id is None
        if creating and item.refusal:
            self._refuse([(item, item.refusal)])
            return None
        if forbidden := _FORBIDDEN.get((self._mode, creating)):
            self._sink.skip(item.received, forbidden)
            return None
        ready = replace(item, payload=created(item)) if creating else item
        try:
            self._sink.assert_complete(ready.payload, creating=creating)
        except Rejected as why_not:
            self._sink.reject(item.received, why_not)
            return None
        return ready

    def _intending(self, ready: deque[Item]) -> Iterator[Item]:
        """Take items and yield them, once the ledger has it on disk that they are about to leave.

        While too many in a row go unanswered, the rest stays: a look-up shows whether the
        destination is there at all.
        """
        most = 1 if self._setbacks.one_at_a_time else len(ready)
        while most > 0 and not self._setbacks.are_too_many:
            chunk = [ready.popleft() for _ in range(min(INTENTS_AT_ONCE, most))]
            most -= len(chunk)
            announced = [item for item in chunk if item.remote_id or not self._sink.idempotent]
            self._ledger.put(self._stream, [self._intent(item) for item in announced])
            new = (item for item in announced if item.remote_id is None and item.intent is None)
            self._intents.update(item.key for item in new)
            while chunk and not self._setbacks.are_too_many:
                yield chunk.pop(0)
            ready.extendleft(reversed(chunk))

    def _intent(self, item: Item) -> Entry:
        """Return the entry of an item about to leave; an update's payload is in doubt from then."""
        if item.remote_id is not None:
            return Entry(item.key, WRITTEN, item.remote_id, filled=item.in_doubt or item.filled)
        identity = self._ledger.digest(self._sink.looked_for(item))
        return Entry(item.key, INTENT, payload=item.merged, identity=identity)

    def _withdraw_intents(self) -> None:
        """Forget the creates that were announced but surely not carried out."""
        self._ledger.drop(self._stream, sorted(self._intents))
        self._intents.clear()

    def _settle(self, outcomes: Sequence[Outcome]) -> list[Item]:
        """Enter outcomes into the ledger first, then into rejects and books.

        Returns the creates to be looked up: those that were never answered, and those refused
        after that, perhaps because the contact is there already.
        """
        unknown = [o.item for o in outcomes if isinstance(o.error, OutcomeUnknown)]
        self._setbacks.note(outcomes)
        done = [o for o in outcomes if not o.error]
        written = [
            Entry(
                o.item.key,
                WRITTEN,
                o.remote_id,
                o.item.digest,
                source=o.item.source,
                filled=o.item.filled,
            )
            for o in done
        ]
        self._ledger.put(self._stream, written)
        refused = [(o.item, why(o.error)) for o in outcomes if isinstance(o.error, _REFUSALS)]
        self._refuse([(item, reason) for item, reason in refused if not item.is_second])
        self._intents.difference_update(o.item.key for o in outcomes)
        self._sent_twice += [(o.item, str(o.remote_id)) for o in done if o.item.is_second]
        self._tell_others([o for o in done if not o.item.remote_id])
        self._sink.settle("created", *(o.item.received for o in done if not o.item.remote_id))
        self._sink.settle("updated", *(o.item.received for o in done if o.item.remote_id))
        self._setbacks.look()
        self._sink.destination.checkpoints.pass_on()
        lost = [replace(item, doubtful=True, intent=self._intent(item)) for item in unknown]
        second = [
            replace(item, doubtful=True, refusal=reason)
            for item, reason in refused
            if item.is_second
        ]
        return [*map(self._unanswered.lost, lost), *second]

    def _refuse(self, refused: Sequence[tuple[Item, Rejected]]) -> None:
        """Reject what the destination refused, and forget that it was announced."""
        undone = [item.key for item, _ in refused if item.remote_id is None]
        self._ledger.drop(self._stream, undone)
        for item, reason in refused:
            self._sink.reject(item.received, reason)

    def _name_doubled(self) -> None:
        """Name the contacts that an unanswered create made after all, once it was sent again."""
        sent, self._sent_twice = self._sent_twice, []
        if not sent:
            return
        for remote_id, others in self._reconciler.doubles(sent):
            self._sink.books.double(self._sink.stream_name, remote_id, others)

    def _tell_others(self, outcomes: Sequence[Outcome]) -> None:
        """Let the other streams of this run know contacts that were created since they looked."""
        others = [each for each in self._sink.destination.reconcilers if each != self._reconciler]
        for other in others:
            for outcome in outcomes:
                other.created(str(outcome.remote_id), outcome.item.payload)
