"""Plan what is to be done with records, by what the ledger knows of them.

A record that is unchanged is not translated again. If it changed and what is sent did not, nothing
is sent, and its new hash is noted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from target_contacts.delivery import keys
from target_contacts.delivery.missing import WAS_GONE
from target_contacts.delivery.replays import SUPERSEDED, Replays, is_older
from target_contacts.ledger.entry import GONE, INTENT, WRITTEN
from target_contacts.sinks.item import Action

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_contacts.delivery.filled import FilledFields
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Planned, Received
    from target_contacts.delivery.unanswered import Unanswered
    from target_contacts.ledger.entry import Entry
    from target_contacts.ledger.ledger import Ledger


class Terms(NamedTuple):
    """What a plan depends on, beside the records and the ledger."""

    adopts: bool
    """Whether contacts that were there before may be adopted."""
    idempotent: bool
    """Whether a create may be repeated without doubling a contact."""
    replaces: bool
    """Whether an update replaces the whole contact."""
    former_until: float
    """When, by the monotonic clock, creates of former runs cannot be carried out any more."""
    key_properties: Sequence[str]
    """Names of the key's properties, as the SCHEMA message orders them."""


class Plan:
    """Plan what is to be done with the records of one stream."""

    def __init__(
        self,
        ledger: Ledger,
        outcomes: Outcomes,
        filled: FilledFields,
        unanswered: Unanswered,
        terms: Terms,
    ) -> None:
        self._ledger, self._outcomes, self._filled = ledger, outcomes, filled
        self._unanswered, self._terms = unanswered, terms
        self._stream = outcomes.stream
        self._replays = Replays(ledger, outcomes.stream)
        outcomes.last_accepted = self._replays.accepted

    def changed(self, waiting: Mapping[str, Received]) -> list[Received]:
        """Return the records that are not as they were, and settle all others.

        What is as it was need not be translated again.
        """
        self._replays.begin(waiting)
        sources = self._ledger.sources.of(self._stream, list(waiting))
        changed: list[Received] = []
        unchanged: list[Received] = []
        for key, received in waiting.items():
            (unchanged if sources.get(key) == received.source else changed).append(received)
        self._outcomes.settle_unread(unchanged)
        fresh, stale = self._replays.sort(changed)
        older = {received.key for received in fresh if self._is_before_held(received)}
        for received in (*stale, *(each for each in fresh if each.key in older)):
            self._outcomes.skip(received, SUPERSEDED)
        return [each for each in fresh if each.key not in older] if older else fresh

    def _is_before_held(self, received: Received) -> bool:
        """Say whether a record is older than the one whose create is held unanswered."""
        held = self._unanswered.of(received.key)
        return held is not None and is_older(received, held.received)

    def planned(self, items: Sequence[Planned]) -> list[Planned]:
        """Return the items that may have to be sent, and settle those that only look changed.

        Each has its action: what the ledger knows is to be updated, all else to be created. A
        create that may be one too many is doubtful.
        """
        entries = self._entries([item.received for item in items])
        planned: list[Planned] = []
        same: list[tuple[Planned, Entry]] = []
        for item in items:
            entry = entries.get(item.key)
            if entry and (filled := self._still(item, entry)):
                known = {"payload": item.digest, "source": item.source, "filled": filled}
                same.append((item, replace(entry, **known)))
            elif entry and entry.status == GONE:
                self._outcomes.skip(item.received, WAS_GONE)
            else:
                planned.append(self._planned(item, entry))
        self._settle_same(same)
        return planned

    def _still(self, item: Planned, entry: Entry) -> str | None:
        """Return the id of what an item fills, if the destination has all that it says."""
        if entry.status != WRITTEN or not item.is_sent(entry.payload):
            return None
        return self._filled.unchanged(item, entry.filled)

    def _entries(self, changed: Sequence[Received]) -> Mapping[str, Entry]:
        """Return what the ledger knows of records, also of those it knows by a former key."""
        entries = self._ledger.entries(self._stream, [received.key for received in changed])
        names = self._terms.key_properties
        former = {
            self._ledger.digest(values): received.key
            for received in changed
            if received.given and received.key not in entries
            for values in keys.former(names, received.given)
        }
        found = self._ledger.entries(self._stream, list(former))
        if not found:
            return entries
        self._ledger.rename(self._stream, {key: former[key] for key in found})
        known = {former[key]: replace(each, key=former[key]) for key, each in found.items()}
        return {**entries, **known}

    def _settle_same(self, same: Sequence[tuple[Planned, Entry]]) -> None:
        """Settle records that changed without changing what is sent, and know them next time."""
        self._ledger.put(self._stream, [entry for _, entry in same])
        self._outcomes.settle("unchanged", *(item.received for item, _ in same))

    def _planned(self, item: Planned, entry: Entry | None) -> Planned:
        if held := self._unanswered.take(item.key):
            self._outcomes.skip(held.received, "a later record has the same key")
        if entry is None:
            return replace(item, doubtful=True) if self._terms.adopts else item
        if entry.status == INTENT:
            return self._announced(replace(item, intent=entry), held)
        return self._changing(item, entry)

    def _announced(self, item: Planned, held: Planned | None) -> Planned:
        """Return a create that was never answered with the time until which it may land."""
        until, lost = (held.until, held.lost) if held else (self._terms.former_until, 0)
        return replace(item, doubtful=not self._terms.idempotent, until=until, lost=lost)

    def _changing(self, item: Planned, entry: Entry) -> Planned:
        """Return an update with what it has to clear, and without what it has to leave alone."""
        change = self._filled.change(item, entry.filled)
        stays = [wire for wire in change.kept if wire not in item.policies]
        replaced, kept = (stays, ()) if self._terms.replaces else ((), stays)
        for wire in kept:
            self._outcomes.note(wire, "gone at the source and cannot be cleared")
        for wire in (wire for wire in change.kept if wire in item.policies):
            self._outcomes.leave_alone(wire, item.policies[wire])
        for wire in change.incomplete:
            self._outcomes.note(wire, "left alone: the record lacks a part of it")
        return replace(
            item,
            action=Action.UPDATE,
            origin=item,
            known=entry,
            may_be_spoilt=entry.payload is None,
            remote_id=entry.remote_id,
            payload=change.payload,
            filled=change.filled,
            in_doubt=change.in_doubt,
            cleared=(*change.cleared, *replaced),
        )
