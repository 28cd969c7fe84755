"""Decide which contact of the destination a record is.

By default evidence decides. A contact is the same person if the names agree and an e-mail address
or a number agrees, or if neither side has any of these to compare. Where both sides have some and
none agrees, it is somebody else, whatever the name. Rules of `match_on` are taken at their word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from target_contacts.delivery.evidence import Facts, cover, share_number
from target_contacts.values.basic import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.delivery.evidence import FactReader

K = TypeVar("K")


class Matcher(Protocol):
    """Rules in order, each of which may find the contact that a record is."""

    @property
    def wires(self) -> AbstractSet[str]:
        """Return the fields that the rules compare."""

    def keys(self, contact: Mapping[str, Any]) -> Iterable[Hashable]:
        """Return keys of which two contacts share one if any rule may find them to be the same."""

    def agreeing(
        self, contact: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]
    ) -> list[list[str]]:
        """Return, rule by rule, the ids of those others that are the same contact."""


def _same_key(one: Facts, other: Facts) -> bool:
    return one.key == other.key != ""


def _same_login(one: Facts, other: Facts) -> bool:
    return one.name == other.name != "" and one.login == other.login != ""


def _same_email(one: Facts, other: Facts) -> bool:
    return _alike(one, other) and not one.emails.isdisjoint(other.emails)


def _same_number(one: Facts, other: Facts) -> bool:
    if share_number(one.numbers, other.numbers):
        return _alike(one, other)
    # An extension is shared by many: it says something only if all else agrees.
    shared = not one.numbers.isdisjoint(other.numbers)
    return shared and _alike(one, other) and not _differ(one, other)


def _same_name(one: Facts, other: Facts) -> bool:
    return _same_words(one, other) and not one.reachable and not other.reachable


def _may_share_keys(one: Facts, other: Facts) -> bool:
    """Say whether another contact has no key and no login name, or the same ones."""
    return other.key in {"", one.key} and other.login in {"", one.login}


def _alike(one: Facts, other: Facts) -> bool:
    """Say whether names agree.

    Where first and last name changed places, or nobody has a name, nothing may differ.
    """
    if _same_words(one, other):
        return True
    return one.turned == other.turned and not _differ(one, other)


def _same_words(one: Facts, other: Facts) -> bool:
    """Say whether both have the same name; signs alone, such as `-`, are none."""
    return one.name == other.name and any(map(str.isalnum, one.name))


def share_evidence(one: Facts, other: Facts) -> bool:
    """Say whether an e-mail address or a number is the same, whatever the names."""
    return not one.emails.isdisjoint(other.emails) or share_number(one.numbers, other.numbers)


def _differ(one: Facts, other: Facts) -> bool:
    """Say whether an e-mail address differs, or each side has a number that the other lacks."""
    emails = one.emails and other.emails and one.emails.isdisjoint(other.emails)
    covers = cover(one.numbers, other.numbers) or cover(other.numbers, one.numbers)
    return bool(emails) or not covers


EVIDENCE: Sequence[Callable[[Facts, Facts], bool]] = (
    _same_key,
    _same_login,
    _same_email,
    _same_number,
    _same_name,
)
"""The default rules in order; few destinations have a field for keys, or login names."""


class ByEvidence:
    """Compare contacts of one parent by names, e-mail addresses and numbers."""

    def __init__(self, reader: FactReader) -> None:
        self._reader = reader
        self.wires = reader.wires

    def keys(self, contact: Mapping[str, Any]) -> Iterable[Hashable]:
        """Return the contact's name, and that with its parts exchanged."""
        parent, (name, turned) = self._reader.parent(contact), self._reader.name(contact)
        key = as_text(contact.get(self._reader.key))
        found: set[Hashable] = {("name", parent, name), ("turned", parent, turned)}
        return found | {("key", key)} if key else found

    def agreeing(
        self, contact: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]
    ) -> list[list[str]]:
        """Return, rule by rule, the ids of those others that are the same contact."""
        mine = self._reader.facts(contact)
        same = self._of_one_parent(mine, others)
        return [[each for each, facts in same.items() if rule(mine, facts)] for rule in EVIDENCE]

    def by_name(
        self, contact: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]
    ) -> list[str]:
        """Return the ids of those others that have the same name, and nothing that differs.

        A contact with an e-mail address or a number is none of them, and has none of them.
        """
        mine = self._reader.facts(contact)
        same = self._of_one_parent(mine, others).items()
        return [
            each for each, facts in same if _same_name(mine, facts) and _may_share_keys(mine, facts)
        ]

    def _of_one_parent(
        self, mine: Facts, others: Mapping[str, Mapping[str, Any]]
    ) -> dict[str, Facts]:
        theirs = {each: self._reader.facts(fields) for each, fields in others.items()}
        return {each: facts for each, facts in theirs.items() if facts.parent == mine.parent}


class ByRules:
    """Compare contacts by the rules of `match_on`, each a list of fields that must all agree."""

    def __init__(self, reader: FactReader, rules: Sequence[Sequence[str]]) -> None:
        self._reader, self._rules = reader, rules
        self.wires = frozenset(wire for rule in rules for wire in rule)

    def keys(self, contact: Mapping[str, Any]) -> Iterable[Hashable]:
        """Return the contact's values under each rule that it has all values for."""
        return [key for key in self._keys(contact) if key]

    def agreeing(
        self, contact: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]]
    ) -> list[list[str]]:
        """Return, rule by rule, the ids of those others that are the same contact."""
        theirs = {each: self._keys(fields) for each, fields in others.items()}
        mine = enumerate(self._keys(contact))
        return [
            [each for each, keys in theirs.items() if key and keys[n] == key] for n, key in mine
        ]

    def _keys(self, contact: Mapping[str, Any]) -> list[Hashable]:
        """Return the values under each rule; None where one is missing: it never matches."""
        found = ([self._reader.normal(wire, contact) for wire in rule] for rule in self._rules)
        return [(n, *several) if all(several) else None for n, several in enumerate(found)]


def assigned(
    wishes: Mapping[K, Sequence[Sequence[str]]], taken: AbstractSet[str]
) -> dict[K, list[str]]:
    """Give each record its contact, no contact to two of them.

    A better rule goes first for all records. So a shared number does not take the contact that
    belongs to another record by its e-mail address. Where one rule finds several contacts, later
    rules decide, and what other records have taken is left out.
    """
    found: dict[K, list[str]] = {}
    gone = set(taken)
    several = {record: wish for record, wish in wishes.items() if any(wish)}
    rules = max(map(len, several.values()), default=0)
    while _assign_single(several, rules, found, gone):
        several = {record: wish for record, wish in several.items() if record not in found}
    left = {record: sorted(_narrowed(wish, gone)) for record, wish in several.items()}
    return {record: found.get(record) or left.get(record, []) for record in wishes}


def _assign_single(
    open_ones: Mapping[K, Sequence[Sequence[str]]],
    rules: int,
    found: dict[K, list[str]],
    gone: set[str],
) -> bool:
    """Give a contact to each record that only one is left for; say whether there was any."""
    before = len(found)
    for rank in range(1, rules + 1):
        for record, wish in open_ones.items():
            left = () if record in found else _narrowed(wish[:rank], gone)
            if len(left) == 1:
                found[record] = list(left)
                gone.update(left)
    return len(found) > before


def _narrowed(wish: Sequence[Sequence[str]], gone: AbstractSet[str]) -> AbstractSet[str]:
    """Return the contacts that the first rule finds, fewer if later ones tell them apart."""
    left: set[str] = set()
    for several in wish:
        free = set(several) - gone
        left = (left & free or left) if left else free
    return left
