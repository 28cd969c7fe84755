"""Look contacts up at the destination before a create that might double one.

A create whose answer was lost, now or in an earlier run, and a record that the ledger does not
know: found once, the contact is adopted; found never, it is created; found several times, the
record is rejected as ambiguous. A contact that belongs to another record of the same stream is
never adopted.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec.structs import replace
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.errors import GivenUp, Refused, Stopped
from tap_contacts.apis.seams import Incomplete
from target_contacts import names
from target_contacts.contact import assert_known
from target_contacts.dispatch import in_parallel
from target_contacts.items import without_empty
from target_contacts.ledger import WRITTEN, Entry
from target_contacts.messages import Interrupted
from target_contacts.rejects import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_contacts.client import ContactSink
    from target_contacts.items import Item

Wanted = dict[str, str]
"""Values by destination field that tell a contact from all others."""

Found: TypeAlias = "list[str] | Refused | GivenUp"
"""Ids of the contacts found, or why the API could not be asked."""

Index = dict[tuple[str, ...], list[str]]
"""Ids of contacts by their values in some fields."""

MANY = 20
"""Look-ups for which listing all contacts once is better than asking for each."""


class Reconciler:
    """Settle the doubtful items of one sink."""

    def __init__(self, sink: ContactSink[Any], match_on: Sequence[str] | None) -> None:
        """Take the sink and the setting `match_on`.

        Raises:
            ConfigurationError: If an attribute has no field at the destination.
        """
        self._sink = sink
        self._indexes: dict[tuple[str, ...], Index] = {}
        self._claimed: set[str] = set()
        self._parents = {field.wire for field in sink.fields if field.identifier}
        self._match_on = None if match_on is None else _wires(sink, match_on)
        self.adopts = self._match_on != () and (sink.can_list or sink.can_ask)
        """Whether contacts that were there before may be adopted."""

    def resolve(self, items: Sequence[Item], *, fresh: bool) -> Iterator[Item]:
        """Yield the items that must be sent, as creates or updates, and settle the others.

        Args:
            items: Doubtful items.
            fresh: Whether contacts may have come since the last look.
        """
        if fresh:
            self._indexes.clear()
            self._sink.forget()
        ways = {item.key: self.ways(item) for item in items}
        known = [item for item in items if self._is_same(item, ways[item.key][0])]
        self._fill_indexes([ways[item.key] for item in known])
        for item, found in self._looked_up(known, ways):
            yield from self._decided(item, found)

    def ways(self, item: Item) -> list[Wanted]:
        """Return what a contact is looked up by, and the same with its name taken apart otherwise.

        A create that was never answered is looked for as it was sent only.
        """
        wanted, (first, last) = self.wanted(item), self._sink.name_parts
        if item.intent or first not in wanted:
            return [wanted]
        given = (as_text(item.payload.get(wire)) for wire in (first, last))
        others = names.splits(*given)[1:]
        return [wanted, *({**wanted, first: one, last: other} for one, other in others)]

    def wanted(self, item: Item) -> Wanted:
        """Return what a contact is looked up by: its identity, or what `match_on` names."""
        if self._match_on is None or item.intent:
            return self._sink.looked_for(item)
        return {wire: as_text(item.payload.get(wire)) for wire in self._match_on}

    def _is_same(self, item: Item, wanted: Wanted) -> bool:
        """Reject an item that can no longer be looked up by what its open intent was for."""
        if item.intent is None or item.intent.identity == self._sink.ledger.digest(wanted):
            return True
        reason = (
            f"an earlier create was never answered, and {', '.join(wanted)} changed since. "
            "Look for the contact by hand; it is not sent a second time"
        )
        self._sink.reject(item.received, Rejected(reason, "outcome_unknown"))
        return False

    def _looked_up(
        self, items: Sequence[Item], ways: Mapping[str, Sequence[Wanted]]
    ) -> Iterator[tuple[Item, Found]]:
        """Yield what was found for each item, in their order; raise Stopped if one cannot be."""
        asked = [(item.key, ways[item.key]) for item in items]
        known = [each for each in asked if self._is_known(each[1])]
        unknown = [each for each in asked if not self._is_known(each[1])]
        answers = dict(map(self._answer, known))
        for answered in in_parallel(self._answer, unknown, self._sink.workers, self._is_halted):
            answers.update(answered)
        self._assert_not_halted()
        # What is of one record alone comes last: if the run ends here, it may not be that.
        for item in sorted(items, key=lambda item: isinstance(answers[item.key], GivenUp)):
            found = answers[item.key]
            if isinstance(found, (Stopped, Incomplete)) and not isinstance(found, GivenUp):
                raise found
            yield item, found

    def _answer(
        self, asked: tuple[str, Sequence[Wanted]]
    ) -> tuple[str, Found | Stopped | Incomplete]:
        key, ways = asked
        try:
            return key, next(filter(None, map(self._find, ways)), [])
        except (Refused, Stopped, Incomplete) as error:
            return key, error

    def _find(self, wanted: Wanted) -> list[str]:
        if not any(value for wire, value in wanted.items() if wire not in self._parents):
            return []
        index = self._indexes.get(tuple(wanted))
        return self._sink.find(wanted) if index is None else index.get(tuple(wanted.values()), [])

    def _is_known(self, ways: Sequence[Wanted]) -> bool:
        """Say whether a list that has been read already tells."""
        return all(tuple(wanted) in self._indexes for wanted in ways)

    def _fill_indexes(self, several: Sequence[Sequence[Wanted]]) -> None:
        """List all contacts, once, where that is the only way or cheaper than asking for each."""
        sink = self._sink
        missing = {tuple(wanted) for ways in several for wanted in ways} - set(self._indexes)
        if not missing or not sink.can_list or (sink.can_ask and len(several) <= MANY):
            return
        for wires in missing:
            self._indexes[wires] = defaultdict(list)
        for remote_id, values in sink.stored():
            self._assert_not_halted()
            for wires in missing:
                known_by = tuple(as_text(values.get(wire)) for wire in wires)
                self._indexes[wires][known_by].append(remote_id)

    def _is_halted(self) -> bool:
        return bool(self._sink.destination.halted)

    def _assert_not_halted(self) -> None:
        """Raise Interrupted if a signal asked for the end: a look-up may be abandoned."""
        if self._is_halted():
            raise Interrupted

    def _decided(self, item: Item, found: Found) -> Iterator[Item]:
        if isinstance(found, GivenUp):
            self._sink.reject(item.received, _not_looked_up(found))
            return
        if isinstance(found, Refused):
            yield from self._without_look_up(item, found)
            return
        free = self._free(item, found)
        if len(free) > 1:
            reason = f"several contacts may be this one: {', '.join(free)}. Nothing was written"
            self._sink.reject(item.received, Rejected(reason, "ambiguous"))
        elif free:
            self._claimed.update(free)
            yield from self._adopted(item, free[0])
        else:
            yield replace(item, doubtful=False)

    def _free(self, item: Item, found: Sequence[str]) -> list[str]:
        """Return the contacts that no record has, else those that only other streams' have.

        Whom two sources know, or a ring brings back another way, is one contact of both. A create
        that was never answered made one that no record has.
        """
        ledger, others = self._sink.ledger, set(found) - self._claimed
        free = others - ledger.owned(found)
        if not free and not item.intent:
            free = others - ledger.owned(found, self._sink.stream_name)
        return sorted(free)

    def _adopted(self, item: Item, remote_id: str) -> Iterator[Item]:
        """Settle a create that turns out to be done; what differs from it becomes an update."""
        if item.intent and item.intent.payload == item.digest:
            entry = Entry(item.key, WRITTEN, remote_id, item.digest, source=item.source)
            self._sink.ledger.put(self._sink.stream_name, [entry])
            self._sink.settle("created", item.received)
            return
        # What was there before this target came keeps what the record has no value for.
        payload = item.payload if item.intent else without_empty(item.payload)
        yield replace(item, doubtful=False, remote_id=remote_id, payload=payload)

    def _without_look_up(self, item: Item, error: Refused) -> Iterator[Item]:
        """Never send a create a second time blindly; a first one may go."""
        if item.intent:
            reason = (
                "an earlier create was never answered, and the destination cannot be asked for "
                f"the contact ({error}). Look for it by hand; it is not sent a second time"
            )
            self._sink.reject(item.received, Rejected(reason, "outcome_unknown"))
        else:
            self._sink.warn_once(f"Contacts there before this run cannot be looked up: {error}")
            yield replace(item, doubtful=False)


def _not_looked_up(error: GivenUp) -> Rejected:
    """Say why a contact is not sent that nobody can tell to be there or not."""
    reason = f"{error} Whether the contact is there was not to be found out, so it was not sent"
    return Rejected(reason, error.code or "outcome_unknown", http_status=error.http_status)


def as_text(value: Any) -> str:
    """Return a value as it is compared: none is the same as empty."""
    return "" if value is None else str(value)


def _wires(sink: ContactSink[Any], match_on: Sequence[str]) -> tuple[str, ...]:
    fields = {field.attribute: field.wire for field in sink.fields}
    assert_known("match_on", match_on, fields)
    if match_on and not (sink.can_list or sink.can_ask):
        msg = f"match_on: contacts of {sink.client.title} cannot be looked up; leave it out."
        raise ConfigurationError(msg)
    return tuple(fields[attribute] for attribute in match_on)
