"""A destination filled by the written rule, or by a wrong one: what the judge is tried with."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from tests.crowd.people import MARK
from tests.crowd.places import PLACES, seen, takes
from tests.crowd.truth import Evidence, Same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.crowd.people import Entry

    Rule = Callable[[Evidence, Evidence], bool]


def by_evidence(mine: Evidence, other: Evidence) -> bool:
    """Take a contact for the same one by the written rule."""
    return mine.same(other) is Same.YES


def by_name(mine: Evidence, other: Evidence) -> bool:
    """Take a contact for the same one if the names agree, whatever else is told."""
    return bool(mine.names & other.names)


def by_ways(mine: Evidence, other: Evidence) -> bool:
    """Take a contact for the same one if an e-mail or number agrees, whatever the name."""
    return bool(mine.ways & other.ways)


def never(mine: Evidence, other: Evidence) -> bool:
    """Take no contact for the same one."""
    del mine, other
    return False


class Model:
    """One API's contacts, in its own fields, and a target that goes by a rule."""

    def __init__(self, api: str, rule: Rule = by_evidence) -> None:
        """Start empty."""
        self._api, self._place, self._rule = api, PLACES[api], rule
        self.held: dict[str, dict[str, Any]] = {}
        self.ledger: dict[int, str] = {}
        """By number of the entry, which contact is its own."""
        self._claimed: dict[str, set[str]] = defaultdict(set)
        """By source, the contacts of its entries."""

    def put(self, entries: Iterable[Entry]) -> list[Entry]:
        """Put entries in by hand; return those that are taken."""
        taken = [entry for entry in entries if takes(self._api, entry)]
        for entry in taken:
            self._store(entry, self._new(entry), login=f"hand-{entry.number}")
        return taken

    def send(self, entries: Iterable[Entry]) -> dict[int, str]:
        """Send the entries of one stream; return the numbers of the rejected, and why."""
        self._claimed.clear()
        sent = list(entries)
        for entry in sent:
            if entry.number in self.ledger:
                self._claimed[entry.source].add(self.ledger[entry.number])
        codes = {entry.number: self._send(entry) for entry in sent}
        return {number: code for number, code in codes.items() if code}

    def _send(self, entry: Entry) -> str:
        if entry.number in self.ledger:
            return ""
        matches = self._matches(entry) if self._place.adopts else []
        if len(matches) > 1:
            return "ambiguous"
        key = matches[0] if matches else self._new(entry)
        if not takes(self._api, entry) or self._is_taken(entry, key):
            return "refused"
        self._store(entry, key, login=entry.told.email or "")
        self.ledger[entry.number] = key
        self._claimed[entry.source].add(key)
        return ""

    def _matches(self, entry: Entry) -> list[str]:
        """Return the contacts that agree, in more than the others do."""
        mine, free = entry.told.evidence(self._place.carried), dict[str, frozenset[str]]()
        for key, contact in self.held.items():
            other = seen(self._api, contact).evidence
            if key not in self._claimed[entry.source] and self._rule(mine, other):
                free[key] = mine.ways & other.ways
        return [key for key in free if not any(free[key] < ways for ways in free.values())]

    def _is_taken(self, entry: Entry, key: str) -> bool:
        logins = {other: contact.get("webUserName") for other, contact in self.held.items()}
        return self._place.login and entry.told.email in {
            login for other, login in logins.items() if other != key
        }

    def _new(self, entry: Entry) -> str:
        return str(len(self.held) + 1 if self._place.adopts else entry.number)

    def _store(self, entry: Entry, key: str, login: str) -> None:
        told = entry.told
        text = {name: getattr(told, name) for name in ("first", "last", "whole", "email", "phone")}
        text |= {"mobile": told.mobile, "street": f"{MARK} {entry.number}"}
        fields = {wire: text[name] for name, wire in self._place.fields.items() if text[name]}
        more = {"webUserName": login} if self._place.login else {}
        self.held[key] = {**self.held.get(key, {}), **fields, **more, self._place.key: key}
