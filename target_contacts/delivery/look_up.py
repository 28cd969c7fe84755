"""Look contacts up at the destination: those that may be the contacts of items.

The destination lists all contacts, or a part of them, or is asked for each item. What costs the
fewest requests is done. No request holds what is never sent: where only that would tell contacts
apart, all are listed.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeAlias

from tap_contacts.listing.pages import Incomplete
from tap_contacts.transport.errors import GivenUp, Refused, Stopped, ends_run
from target_contacts.delivery.candidates import Candidates, Contacts, Index, Indexes
from target_contacts.mapping.field import without_wires
from target_contacts.sinks.item import created
from target_contacts.sinks.parallel import in_parallel
from target_contacts.values.basic import as_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_contacts.delivery.comparison import Comparison
    from target_contacts.delivery.planned import Planned
    from target_contacts.shutdown import Shutdown
    from target_contacts.sinks.base import ApiSink

Found: TypeAlias = "Candidates | Refused | GivenUp"
"""Contacts that may be an item's, or why the API did not tell them."""


class LookUp:
    """Look contacts up for one stream.

    Args:
        sink: Asks the API.
        comparison: Knows by what contacts are compared.
        shutdown: Knows whether the run is to end.
        unsent: What records say of the contacts that this run created or adopted and what was never
            sent, by id. Contacts are compared as if they held it.
    """

    def __init__(
        self,
        sink: ApiSink[Any],
        comparison: Comparison,
        shutdown: Shutdown,
        unsent: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._sink, self._comparison, self._shutdown = sink, comparison, shutdown
        self._unsent = unsent
        self._can = sink.capabilities
        how = comparison.matcher, comparison.hashes
        self._everything = Indexes(*how, self._all_contacts)
        self._scopes = Indexes(*how, self._within)
        self._is_answered = False
        """Whether the API has answered a look-up; until then they go one by one."""

    def forget(self) -> None:
        """Forget what was listed: contacts may have come since."""
        self._everything.clear()
        self._scopes.clear()

    def add(self, remote_id: str, fields: Mapping[str, Any]) -> None:
        """Add a contact that was created since the last look."""
        fields = {**self._unsent.get(remote_id, {}), **fields}
        self._everything.add("", remote_id, fields)
        if (scope := self._sink.scope(fields)) is not None:
            self._scopes.add(scope, remote_id, fields)

    def change(self, remote_id: str, payload: Mapping[str, Any]) -> None:
        """Know what was written into a contact that may have been listed before.

        It may have moved to another part of the account, which may have been listed, too.
        """
        held = self._everything.held(remote_id) or self._scopes.held(remote_id)
        if held is None:
            return
        fields = {**held, **payload}
        self._scopes.change(remote_id, fields)
        self.add(remote_id, fields)

    def candidates(self, items: Sequence[Planned]) -> dict[str, Found]:
        """Return what is found for each item, by its key.

        Raises:
            Stopped: If the API cannot be asked any more.
            Interrupted: If a signal asked for the end.
        """
        if index := self._all_listed(items):
            if index.is_empty:
                return {item.key: {} for item in items}
            return {item.key: index.candidates(self._comparison.keys(item)) for item in items}
        answers: dict[str, Any] = {}
        ended: list[Exception] = []
        ask = functools.partial(self._answer, items)
        halted = lambda: bool(ended) or self._shutdown.is_asked()  # noqa: E731
        alone = lambda: not self._is_answered  # noqa: E731
        for several in in_parallel(ask, items, self._sink.workers, halted, alone):
            answers.update(several)
            found = [answer for _, answer in several]
            self._is_answered |= not all(isinstance(each, Exception) for each in found)
            ended += [each for each in found if isinstance(each, Incomplete) or ends_run(each)]
        self._shutdown.assert_not_asked()
        if ended:
            raise ended.pop()
        return answers

    # All contacts.

    def _all_listed(self, items: Sequence[Planned]) -> Index | None:
        """Return all contacts, where listing them is the only way or cheaper than asking for each.

        Raises:
            GivenUp: If they cannot be listed, and cannot be asked for either.
        """
        can, askable = self._can, self._is_askable(items)
        goes_without = askable and can.goes_without_list(len(items))
        is_dear = goes_without and not self._everything.knows("")
        if is_dear and not any(map(self._comparison.has_changed, items)):
            return None
        try:
            return self._everything.of("", _hashes(items), len(items))
        except GivenUp:
            if not (can.can_ask and askable):
                raise
            return None

    def _is_askable(self, items: Sequence[Planned]) -> bool:
        """Say whether each rule leaves something to ask by that may be sent."""
        withheld = {wire for item in items for wire in item.withheld}
        asks_by, rules = self._can.asks_by, self._comparison.rules
        if rules is None:
            return asks_by.isdisjoint(withheld)
        return all(not (asks_by - withheld).isdisjoint(rule) for rule in rules)

    def _all_contacts(self, _: str, __: int) -> Contacts:
        """Yield the contacts of the account, unless a signal asks for the end."""
        for contact in self._whole(self._sink.stored()):
            self._shutdown.assert_not_asked()
            yield contact

    def _within(self, scope: str, most: int) -> Contacts | None:
        """Return the contacts of a part of the account, if that takes few enough requests."""
        found = self._sink.within(scope, most)
        return self._whole(found) if found is not None and self._unsent else found

    def _whole(self, contacts: Contacts) -> Contacts:
        """Yield contacts with what their records say and was never sent, where they lack it."""
        if not self._unsent:
            yield from contacts
            return
        for remote_id, fields in contacts:
            held = {wire: value for wire, value in fields.items() if value}
            yield remote_id, {**fields, **self._unsent.get(remote_id, {}), **held}

    # Contacts of one item.

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
            return index.candidates(self._comparison.keys(item)) if index else {}
        return dict(self._whole(self._asked(item)))

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
        if item.intent:
            made = dict(self._sink.find(self._comparison.identity(item, item.intent)))
            yield from made.items()
            if made:
                return
        yield from self._alike(item)

    def _alike(self, item: Planned) -> Iterator[tuple[str, Mapping[str, Any]]]:
        if self._comparison.rules is None:
            yield from self._sink.alike(self._sink.known_by(item))
            return
        said = item.said
        for rule in self._comparison.rules:
            wanted = {wire: as_text(said.get(wire)) for wire in rule}
            if all(wanted.values()):
                yield from self._sink.find(without_wires(wanted, item.withheld))


def _hashes(items: Sequence[Planned]) -> list[str]:
    return [item.intent.identity for item in items if item.intent and item.intent.identity]
