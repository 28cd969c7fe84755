"""Decide whether the contact of a doubtful item is there already.

Doubtful is a create whose answer was lost, now or in an earlier run, and a record that the ledger
does not know. One contact that fits is adopted. If none fits, the contact is created. If several
fit equally well, the record is rejected as ambiguous. A contact that belongs to another record of
the same stream is never adopted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tap_contacts.transport.errors import GivenUp, Refused
from target_contacts.delivery import unlooked
from target_contacts.delivery.claims import wishes
from target_contacts.delivery.comparison import Comparison
from target_contacts.delivery.look_up import LookUp
from target_contacts.delivery.matching import assigned
from target_contacts.delivery.unlooked import Unlooked
from target_contacts.errors import OUTCOME_UNKNOWN, Rejected
from target_contacts.mapping.field import without_empty
from target_contacts.sinks.item import Action, Outcome
from target_contacts.values.basic import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from target_contacts.delivery.candidates import Candidates
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.peers import Peers
    from target_contacts.delivery.planned import Planned
    from target_contacts.delivery.unanswered import Unanswered
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.shutdown import Shutdown
    from target_contacts.sinks.base import ApiSink


class Adoption:
    """Settle the doubtful items of one stream.

    Raises:
        ConfigurationError: If an attribute of `match_on` has no field at the destination.
    """

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        sink: ApiSink[Any],
        match_on: Sequence[Any] | None,
        *,
        ledger: Ledger,
        outcomes: Outcomes,
        unanswered: Unanswered,
        peers: Peers,
        shutdown: Shutdown,
        warn_once: Callable[[str], None],
    ) -> None:
        self._sink, self._ledger, self._outcomes = sink, ledger, outcomes
        self._unanswered, self._unlooked = unanswered, Unlooked(sink, outcomes, warn_once)
        self._comparison = Comparison(sink, match_on, ledger)
        self._lost, self.adopts = self._comparison.lost, self._comparison.adopts
        self._look_up = LookUp(sink, self._comparison, shutdown, peers.unsent)
        self._claimed: set[str] = set()
        """Ids of the contacts that were adopted in this run, or deleted."""
        self._peers = peers
        peers.join(self)

    def resolve(self, items: Sequence[Planned], *, fresh: bool) -> Iterator[Planned]:
        """Yield the items that must be sent, as creates or updates, and settle the others.

        If `fresh`, contacts may have come since the last look.
        """
        if fresh:
            self._look_up.forget()
        found = self._look_up.candidates(items)
        failed, there = unlooked.apart(found)
        several = [item for item in items if item.key in there] if there else []
        wished = wishes(self._comparison, self._ledger, self._outcomes.stream, several, there)
        decided = assigned(wished, self._claimed)
        barred = self._barred(items, failed) if failed else set()
        for item in items:
            answer = found[item.key]
            if not isinstance(answer, (Refused, GivenUp)):
                yield from self._decided(item, answer, decided.get(item.key, ()))
            elif item.key not in barred:
                yield from self._unlooked.sent(item, answer)

    def _barred(
        self, items: Sequence[Planned], failed: Mapping[str, Refused | GivenUp]
    ) -> set[str]:
        """Reject the items that may not be looked up; return their keys."""
        known = [(item, why) for item in items if (why := failed.get(item.key))]
        refused = [(item, why) for item, why in known if isinstance(why, Refused)]
        barred = [(item, why) for item, why in refused if unlooked.is_barred(item, why)]
        self._unlooked.reject(barred, answered=len(items) - len(failed))
        return {item.key for item, _ in barred}

    def doubles(self, sent: Sequence[tuple[Planned, str]]) -> Iterator[tuple[str, list[str]]]:
        """Yield ids of contacts that were sent twice, with those that the first sending made."""
        self._look_up.forget()
        found = self._look_up.candidates([item for item, _ in sent])
        for item, remote_id in sent:
            if isinstance(candidates := found[item.key], (Refused, GivenUp)):
                continue
            made = set(self._lost.made(item, candidates)) - {remote_id} - self._claimed
            if others := sorted(made - self._ledger.remote_ids.owned(list(made))):
                yield remote_id, others

    # Other streams of the run.

    def tell_others(self, outcomes: Sequence[Outcome[Planned]]) -> None:
        """Let the other streams of this run know contacts that were created since they looked."""
        for outcome in outcomes:
            remote_id, item = str(outcome.remote_id), outcome.item
            self._peers.tell_there(remote_id)
            if item.withheld:
                self._peers.unsent[remote_id] = item.withheld
            self._peers.tell(self, remote_id, item.payload)

    def tell_changed(self, outcomes: Sequence[Outcome[Planned]]) -> None:
        """Let the other streams of this run know what contacts hold that they may have listed."""
        for outcome in outcomes:
            self._peers.tell_changed(self, str(outcome.remote_id), outcome.item.payload)

    def know_changed(self, remote_id: str, payload: Mapping[str, Any]) -> None:
        """Know what another stream of this run has written into a contact."""
        self._look_up.change(remote_id, payload)

    def tell_gone(self, remote_ids: Sequence[str]) -> None:
        """Let all streams know contacts that were deleted since they looked."""
        self._peers.tell_gone(remote_ids)

    def know(self, remote_id: str, fields: Mapping[str, Any]) -> None:
        """Add a contact that another stream of this run has created."""
        self._look_up.add(remote_id, fields)

    def know_gone(self, remote_ids: Sequence[str]) -> None:
        """Know that contacts are not there any more, so that they are never adopted."""
        self._claimed.update(remote_ids)

    def know_there(self, remote_id: str) -> None:
        """Know that a contact is there that may have come since all were asked for."""
        self._sink.know_there(remote_id)

    @property
    def held(self) -> Collection[Planned]:
        """Return the creates of the stream that were not answered and may still be carried out."""
        return self._unanswered.held

    def _awaited(self, item: Planned) -> float:
        """Return until when another stream's create of the same person may be carried out."""
        held = self._peers.held_by_others(self)
        if item.intent or not held:
            return item.until
        same = (e.until for e in held if any(self._comparison.agreeing(item, {e.key: e.said})))
        return max(same, default=item.until)

    # What follows from a look-up.

    def _decided(
        self, item: Planned, candidates: Candidates, ids: Sequence[str]
    ) -> Iterator[Planned]:
        """Adopt the contact that fits; create one if none does."""
        if len(ids) > 1:
            reason = f"several contacts may be this one: {', '.join(ids)}. Nothing was written"
            self._outcomes.reject(item.received, Rejected(reason, "ambiguous"))
        elif ids:
            (remote_id,) = ids
            self._claimed.add(remote_id)
            yield from self._adopted(item, remote_id, candidates[remote_id])
        elif item.intent and (open_ones := self._undecidable(item, candidates)):
            reason = (
                "an earlier create was never answered, the record has changed since, and it "
                f"cannot be told whether it made {', '.join(open_ones)}. Look by hand. If it did "
                "not, pipe this line in again: then it is sent"
            )
            self._outcomes.reject(item.received, Rejected(reason, OUTCOME_UNKNOWN))
        else:
            until = self._awaited(item)
            yield item if until == item.until else replace(item, until=until)

    def _undecidable(self, item: Planned, candidates: Candidates) -> list[str]:
        """Return contacts that nobody has and that a lost create may or may not have made.

        There is none where somebody has looked, and piped the rejected record in again.
        """
        if unlooked.is_looked_for(item):
            return []
        ids = self._lost.undecidable(item, candidates)
        return sorted(set(ids) - self._ledger.remote_ids.owned(ids) - self._claimed)

    def _adopted(
        self, item: Planned, remote_id: str, fields: Mapping[str, Any]
    ) -> Iterator[Planned]:
        """Settle a create that turns out to be done; what differs from it becomes an update."""
        self._peers.tell_there(remote_id)
        if item.withheld:
            self._peers.unsent[remote_id] = item.withheld
            self._peers.tell(self, remote_id, {w: value for w, value in fields.items() if value})
        if self._lost.is_sent(item, fields):
            self._ledger.put(self._outcomes.stream, [item.written(remote_id)])
            self._outcomes.written("created", [Outcome(item, remote_id)])
            return
        # What was there before this target came keeps what the record has no value for.
        payload = item.payload if item.intent else without_empty(item.payload)
        yield replace(
            item,
            action=Action.UPDATE,
            remote_id=remote_id,
            payload=payload,
            cleared=tuple(w for w, v in payload.items() if v == "" and as_text(fields.get(w))),
        )
