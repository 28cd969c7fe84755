"""Recognise people at a destination by what nobody else has, and know who told what of whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tests.crowd.places import PLACES, Seen, takes
from tests.crowd.truth import Evidence, Same

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.crowd.people import Crowd, Entry


class Register:
    """The people of a crowd, as they can be told apart at one API."""

    def __init__(self, crowd: Crowd, api: str) -> None:
        """Take the crowd and the API's name."""
        self._api, self._place, self._crowd = api, PLACES[api], crowd
        self._by_number = {entry.number: entry for entry in crowd.entries}
        self._persons: dict[str, set[int]] = defaultdict(set)
        self._by_login: dict[str | None, list[Entry]] = defaultdict(list)
        self._evidence: dict[int, Evidence] = {}
        for entry in crowd.entries:
            evidence = entry.told.evidence(self._place.carried)
            self._evidence[entry.number] = evidence
            self._by_login[entry.told.email].append(entry)
            for clue in evidence.ways | evidence.names:
                self._persons[clue].add(entry.person)

    def entry(self, number: int) -> Entry:
        """Return an entry by its number."""
        return self._by_number[number]

    def evidence(self, entry: Entry) -> Evidence:
        """Return what there is to go by in an entry, as far as the API carries it."""
        return self._evidence[entry.number]

    def who(self, contact: Seen) -> set[int]:
        """Return the people of whom a contact carries something that nobody else has.

        The mark counts, and ways to reach one; the name only where there is neither.
        """
        own = [self._persons[way] for way in contact.evidence.ways]
        found = {person for persons in own if len(persons) == 1 for person in persons}
        if contact.mark in self._by_number:
            found.add(self._by_number[contact.mark].person)
        return found or self._by_name(contact)

    def _by_name(self, contact: Seen) -> set[int]:
        named = {p for name in contact.evidence.names for p in self._persons[name]}
        return named if len(named) == 1 else set()

    def may_be_refused(self, entry: Entry) -> bool:
        """Say whether the API demands what the entry lacks, or has its login name already."""
        return not takes(self._api, entry) or (self._place.login and self._is_login_shared(entry))

    def _is_login_shared(self, entry: Entry) -> bool:
        """Say whether another contact may have the login name by right."""
        return any(
            other.source == entry.source
            or other.person != entry.person
            or self.evidence(other).same(self.evidence(entry)) is not Same.YES
            for other in self._by_login[entry.told.email]
            if other is not entry
        )

    def most(self, entries: Sequence[Entry], least: Same = Same.YES) -> int:
        """Return how many contacts one person may have of whom all this is told.

        Args:
            entries: What is told of one person.
            least: How surely two tellings must be of one person to share a contact.
        """
        if not self._place.adopts:
            return len(entries)
        groups: list[list[Entry]] = []
        for entry in entries:
            near = [group for group in groups if self._belongs(entry, group, least)]
            apart = [group for group in groups if group not in near]
            groups = [*apart, [entry, *(each for group in near for each in group)]]
        return sum(max(Counter(entry.source for entry in group).values()) for group in groups)

    def _belongs(self, entry: Entry, group: Iterable[Entry], least: Same) -> bool:
        mine = self.evidence(entry)
        return any(self.evidence(each).same(mine) >= least for each in group)
