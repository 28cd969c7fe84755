"""Look contacts up at the destination before a create that might double one.

That is a create whose answer was lost, now or in an earlier run, and a record that the ledger does
not know. The destination gives contacts that may be the one, with their fields; what they hold
decides (`matching`). One that fits is adopted. If none fits, the contact is created. If several
fit equally well, the record is rejected as ambiguous. A contact that belongs to another record of
the same stream is never adopted.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.listing.offsets import Incomplete
from tap_contacts.transport.errors import GivenUp, Refused, Stopped
from target_contacts.delivery.candidates import Candidates, Contacts, Index, Indexes
from target_contacts.delivery.evidence import FactReader
from target_contacts.delivery.lost_creates import Lost
from target_contacts.delivery.matching import ByEvidence, ByRules, Matcher, assigned
from target_contacts.errors import OUTCOME_UNKNOWN, WILL_BE_LOOKED_UP, Rejected
from target_contacts.ledger.ledger import WRITTEN, Entry
from target_contacts.report.rejects import earlier
from target_contacts.sinks.item import Action, created, without_empty
from target_contacts.sinks.parallel import in_parallel
from target_contacts.values.basic import as_text, assert_known

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Planned
    from target_contacts.delivery.unanswered import Unanswered
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.shutdown import Shutdown
    from target_contacts.sinks.base import ApiSink
    from target_contacts.sinks.item import Outcome


class Reconciler:
    """Settle the doubtful items of one stream."""

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        sink: ApiSink[Any],
        match_on: Sequence[Any] | None,
        *,
        ledger: Ledger,
        outcomes: Outcomes,
        unanswered: Unanswered,
        peers: list[Reconciler],
        shutdown: Shutdown,
        warn_once: Callable[[str], None],
    ) -> None:
        """Take what contacts are looked up with.

        Args:
            sink: Asks the API.
            match_on: The setting of this name.
            ledger: Knows which contacts belong to records.
            outcomes: Books the records that are settled by a look-up.
            unanswered: Holds the creates of the stream that were not answered.
            peers: Those that look up for all streams of the run; this one joins them.
            shutdown: Knows whether the run is to end.
            warn_once: Logs a text that would otherwise come once a contact.

        Raises:
            ConfigurationError: If an attribute has no field at the destination.
        """
        self._sink, self._ledger, self._outcomes = sink, ledger, outcomes
        self._unanswered, self._shutdown, self._warn_once = unanswered, shutdown, warn_once
        self._can = sink.capabilities
        reader = FactReader(sink.fields, sink.region, sink.key_wire)
        self._rules = None if match_on is None else _rules(sink, match_on)
        by_rules = ByRules(reader, self._rules or [])
        self._matcher: Matcher = ByEvidence(reader) if self._rules is None else by_rules
        self._lost = Lost(reader, self._sent, adopts=self._rules != [])
        self._everything = Indexes(self._matcher, self._sent, self._all_contacts)
        self._scopes = Indexes(self._matcher, self._sent, sink.within)
        self._claimed: set[str] = set()
        self.adopts = self._rules != [] and self._can.can_list
        """Whether contacts that were there before may be adopted."""
        self._peers = peers
        peers.append(self)

    def resolve(self, items: Sequence[Planned], *, fresh: bool) -> Iterator[Planned]:
        """Yield the items that must be sent, as creates or updates, and settle the others.

        Args:
            items: Doubtful items.
            fresh: Whether contacts may have come since the last look.
        """
        if fresh:
            self._everything.clear()
            self._scopes.clear()
        found = self._look_up(items)
        failed = {key: e for key, e in found.items() if isinstance(e, (Refused, GivenUp))}
        answered = [item for item in items if item.key not in failed]
        candidates = {item.key: found[item.key] for item in answered}
        decided = assigned(self._wishes(answered, candidates), self._claimed)
        for item in items:
            if why := failed.get(item.key):
                yield from self._without_look_up(item, why)
            else:
                yield from self._decided(item, candidates[item.key], decided[item.key])

    def doubles(self, sent: Sequence[tuple[Planned, str]]) -> Iterator[tuple[str, list[str]]]:
        """Yield the ids of contacts that were sent twice, with those that the first sending made.

        Args:
            sent: Creates that were sent again since they had not been answered, with their ids.
        """
        self._everything.clear()
        self._scopes.clear()
        found = self._look_up([item for item, _ in sent])
        for item, remote_id in sent:
            if isinstance(candidates := found[item.key], (Refused, GivenUp)):
                continue
            made = set(self._lost.made(item, candidates)) - {remote_id} - self._claimed
            if others := sorted(made - self._ledger.owned(list(made))):
                yield remote_id, others

    def tell_others(self, outcomes: Sequence[Outcome[Planned]]) -> None:
        """Let the other streams of this run know contacts that were created since they looked."""
        for other in self._peers:
            if other is not self:
                for outcome in outcomes:
                    other.created(str(outcome.remote_id), outcome.item.payload)

    def created(self, remote_id: str, fields: Mapping[str, Any]) -> None:
        """Know a contact that another stream of this run has created."""
        self._everything.add("", remote_id, fields)
        if (scope := self._sink.scope(fields)) is not None:
            self._scopes.add(scope, remote_id, fields)

    def _all_contacts(self, _: str, __: int) -> Contacts:
        """Yield the contacts of the account, unless a signal asks for the end."""
        for contact in self._sink.stored():
            self._shutdown.assert_not_asked()
            yield contact

    def _sent(self, fields: Mapping[str, Any]) -> list[str]:
        """Return the hashes by which the creates that made a contact may be known."""
        wanted = ({w: as_text(fields.get(w)) for w in wires} for wires in self._sink.identities)
        return [self._ledger.digest(each) for each in wanted]

    def _has_changed(self, item: Planned) -> bool:
        """Say whether a record has another identity than its create that was never answered."""
        intent = item.intent
        return intent is not None and intent.identity not in self._sent(self._sink.known_by(item))

    # What the destination has.

    def _look_up(self, items: Sequence[Planned]) -> dict[str, Any]:
        """Return the candidates of each item by its key, or why the API did not tell them.

        Raises:
            Stopped: If the API cannot be asked any more.
            Interrupted: If a signal asked for the end.
        """
        if items and (index := self._all_listed(items)):
            return {item.key: index.candidates(self._keys(item)) for item in items}
        answers: dict[str, Any] = {}
        ask = functools.partial(self._answer, items)
        for several in in_parallel(ask, items, self._sink.workers, self._shutdown.is_asked):
            answers.update(several)
        self._shutdown.assert_not_asked()
        for error in (answers[item.key] for item in items):
            if isinstance(error, (Stopped, Incomplete)) and not isinstance(error, GivenUp):
                raise error
        return answers

    def _all_listed(self, items: Sequence[Planned]) -> Index | None:
        """Return all contacts, where listing them is the only way or cheaper than asking for each.

        Raises:
            GivenUp: If they cannot be listed, and cannot be asked for either.
        """
        can, rules = self._can, self._rules or ()
        askable = all(not can.asks_by.isdisjoint(rule) for rule in rules)
        is_dear = askable and len(items) <= can.many and not self._everything.knows("")
        if is_dear and not any(map(self._has_changed, items)):
            return None
        try:
            return self._everything.of("", _hashes(items), 0)
        except GivenUp:
            if not (can.can_ask and askable):
                raise
            return None

    def _answer(self, items: Sequence[Planned], item: Planned) -> tuple[str, Any]:
        try:
            return item.key, self._candidates(item, items)
        except (Refused, Stopped, Incomplete) as error:
            return item.key, error

    def _candidates(self, item: Planned, items: Sequence[Planned]) -> Candidates:
        """Return the contacts that may be an item's, from a part of the account if it is listed.

        Listing a part may take as many requests as asking for each of the items.
        """
        index = self._part(item, items)
        if index or not self._can.can_ask:
            return index.candidates(self._keys(item)) if index else {}
        return dict(self._asked(item))

    def _part(self, item: Planned, items: Sequence[Planned]) -> Index | None:
        """Return the listed part of the account that an item's contact belongs to, if any.

        Raises:
            GivenUp: If it cannot be listed, and its contacts cannot be asked for either.
        """
        scope = self._sink.scope(created(item))
        if scope is None:
            return None
        try:
            return self._scopes.of(scope, _hashes(items), len(items))
        except GivenUp:
            if not self._can.can_ask:
                raise
            return None

    def _asked(self, item: Planned) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Ask the API for the contacts that may be an item's."""
        if item.intent:
            made = dict(self._sink.find(self._identity(item)))
            yield from made.items()
            if made or not self.adopts:
                return
        yield from self._alike(item)

    def _alike(self, item: Planned) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Ask the API for the contacts that may be adopted."""
        if self._rules is None:
            yield from self._sink.alike(self._sink.known_by(item))
            return
        sent = created(item)
        for rule in self._rules:
            wanted = {wire: as_text(sent.get(wire)) for wire in rule}
            if all(wanted.values()):
                yield from self._sink.find(wanted)

    def _identity(self, item: Planned) -> Mapping[str, str]:
        """Return the values by which the contact of a lost create is found.

        The setting that names a field for the key may have changed since.
        """
        known = self._sink.known_by(item)
        for wires in self._sink.identities:
            wanted = {wire: as_text(known.get(wire)) for wire in wires}
            if item.intent and item.intent.identity == self._ledger.digest(wanted):
                return wanted
        return self._sink.looked_for(item)

    def _keys(self, item: Planned) -> list[Any]:
        keys = list(self._matcher.keys(self._sink.known_by(item)))
        return keys if item.intent is None else [*keys, item.intent.identity]

    # What follows.

    def _wishes(
        self, items: Sequence[Planned], found: Mapping[str, Candidates]
    ) -> dict[str, list[list[str]]]:
        """Return which contacts each item may be, rule by rule.

        Contacts that no record has go first, then those that only other streams' have: whom two
        sources know, or a ring brings back another way, is one contact of both. A create that was
        never answered made one that no record has; unless another stream has taken it since.
        """
        agreeing = {item.key: self._agreeing(item, found[item.key]) for item in items}
        ids = [each for rules in agreeing.values() for rule in rules for each in rule]
        owned = self._ledger.owned(ids)
        own = self._ledger.owned(ids, self._outcomes.stream)
        nobodys = {
            key: [[each for each in rule if each not in owned] for rule in rules]
            for key, rules in agreeing.items()
        }
        for item in items:
            if not item.intent or (item.is_announced and self.adopts):
                rules = zip(nobodys[item.key], agreeing[item.key], strict=True)
                shared = [
                    free or [each for each in rule if each not in own] for free, rule in rules
                ]
                nobodys[item.key] = [*(nobodys[item.key] if item.intent else ()), *shared]
        return nobodys

    def _agreeing(self, item: Planned, candidates: Candidates) -> list[list[str]]:
        if not candidates:
            return []
        if item.intent:
            return self._lost.agreeing(item, candidates)
        return self._matcher.agreeing(self._sink.known_by(item), candidates)

    def _awaited(self, item: Planned) -> float:
        """Return until when another stream's create of the same person may be carried out."""
        if item.intent or not self.adopts:
            return item.until
        known = self._sink.known_by(item)
        held = [each for peer in self._peers if peer is not self for each in peer.held]
        return max(
            (
                each.until
                for each in held
                if any(self._matcher.agreeing(known, {each.key: created(each)}))
            ),
            default=item.until,
        )

    @property
    def held(self) -> Collection[Planned]:
        """Return the creates of the stream that were not answered and may still be carried out."""
        return self._unanswered.held

    def _decided(
        self, item: Planned, candidates: Candidates, ids: Sequence[str]
    ) -> Iterator[Planned]:
        """Adopt the contact that fits; create one if none does."""
        if len(ids) > 1:
            reason = f"several contacts may be this one: {', '.join(ids)}. Nothing was written"
            self._outcomes.reject(item.received, Rejected(reason, "ambiguous"))
        elif ids:
            self._claimed.update(ids)
            yield from self._adopted(item, ids[0], candidates[ids[0]])
        elif item.intent and (open_ones := self._undecidable(item, candidates)):
            reason = (
                "an earlier create was never answered, the record has changed since, and it "
                f"cannot be told whether it made {', '.join(open_ones)}. Look by hand. If it did "
                "not, pipe this line in again: then it is sent"
            )
            self._outcomes.reject(item.received, Rejected(reason, OUTCOME_UNKNOWN))
        else:
            yield replace(item, doubtful=False, until=self._awaited(item))

    def _undecidable(self, item: Planned, candidates: Candidates) -> list[str]:
        """Return contacts that nobody has and that a lost create may or may not have made.

        There is none where somebody has looked, and piped the rejected record in again.
        """
        if _is_looked_for(item):
            return []
        ids = self._lost.undecidable(item, candidates)
        return sorted(set(ids) - self._ledger.owned(ids) - self._claimed)

    def _adopted(
        self, item: Planned, remote_id: str, fields: Mapping[str, Any]
    ) -> Iterator[Planned]:
        """Settle a create that turns out to be done; what differs from it becomes an update."""
        if self._lost.is_sent(item, fields):
            entry = Entry(
                item.key, WRITTEN, remote_id, item.digest, source=item.source, filled=item.filled
            )
            self._ledger.put(self._outcomes.stream, [entry])
            self._outcomes.settle("created", item.received)
            return
        # What was there before this target came keeps what the record has no value for.
        payload = item.payload if item.intent else without_empty(item.payload)
        yield replace(
            item, doubtful=False, action=Action.UPDATE, remote_id=remote_id, payload=payload
        )

    def _without_look_up(self, item: Planned, error: Refused | GivenUp) -> Iterator[Planned]:
        """Send no create a second time blindly; a first one may go where there are no look-ups."""
        if isinstance(error, GivenUp):
            self._outcomes.reject(item.received, _not_looked_up(error))
        elif item.intent and not _is_looked_for(item):
            reason = (
                "an earlier create was never answered, and the destination cannot be asked for "
                f"the contact ({error}). Look for it by hand. If it is not there, pipe this line "
                "in again: then it is sent"
            )
            self._outcomes.reject(item.received, Rejected(reason, OUTCOME_UNKNOWN))
        else:
            self._warn_once(f"Contacts there before this run cannot be looked up: {error}")
            yield replace(item, doubtful=False)


def _is_looked_for(item: Planned) -> bool:
    """Say whether somebody has looked for the contact of a record, and piped it in again."""
    rejection = earlier(item.received.line.message)
    is_asked = WILL_BE_LOOKED_UP not in str(rejection.get("reason"))
    return rejection.get("code") == OUTCOME_UNKNOWN and is_asked


def _hashes(items: Sequence[Planned]) -> list[str]:
    """Return the hashes by which the lost creates among items are known."""
    return [item.intent.identity for item in items if item.intent and item.intent.identity]


def _not_looked_up(error: GivenUp) -> Rejected:
    """Say why a contact is not sent that nobody can tell to be there or not."""
    reason = f"{error} Whether the contact is there was not to be found out, so it was not sent"
    return Rejected(reason, error.code or OUTCOME_UNKNOWN, http_status=error.http_status)


def _rules(sink: ApiSink[Any], match_on: Sequence[Any]) -> list[list[str]]:
    """Return the rules of `match_on` in the destination's fields; a flat list is one rule.

    Raises:
        ConfigurationError: If they name what the destination does not have.
    """
    flat = [each for each in match_on if isinstance(each, str)]
    if flat and len(flat) < len(match_on):
        msg = "match_on mixes names and lists. Give a list of rules, each a list of attributes."
        raise ConfigurationError(msg)
    if not all(match_on):
        msg = (
            "match_on has an empty rule, which says nothing. Leave it out; [] alone adopts nobody."
        )
        raise ConfigurationError(msg)
    rules = [match_on] if flat else list(match_on)
    fields = {field.attribute: field.wire for field in sink.fields}
    assert_known("match_on", [name for rule in rules for name in rule], fields)
    if rules and not sink.capabilities.can_list:
        msg = f"match_on: contacts of {sink.title} cannot be looked up; leave it out."
        raise ConfigurationError(msg)
    return [[fields[attribute] for attribute in rule] for rule in rules]
