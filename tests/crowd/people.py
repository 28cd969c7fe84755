"""Hundreds of made-up people, and what is told of each: the same ones for each seed."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.crowd import kinds, spellings
from tests.crowd.maker import HAND, A, B, Group, Line, Maker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.crowd.truth import Told

NAMESAKES = (2, 3, 4, 5)
KINDS: dict[str, Callable[[Maker], Group]] = {
    "ordinary": kinds.ordinary,
    **{f"namesakes_{size}": functools.partial(kinds.namesakes, size=size) for size in NAMESAKES},
    "silent_in_a": kinds.silent_in_a,
    "silent_in_b": kinds.silent_in_b,
    "silent_in_both": kinds.silent_in_both,
    "silent_namesakes": kinds.silent_namesakes,
    "silent_once": kinds.silent_once,
    "nothing_common": kinds.nothing_common,
    "family": kinds.family,
    "heirs": kinds.heirs,
    "shared_mailbox": kinds.shared_mailbox,
    "changed_email": kinds.changed_email,
    "changed_number": kinds.changed_number,
    "recycled_number": kinds.recycled_number,
    "swapped_names": kinds.swapped_names,
    "twins": kinds.twins,
    "strangers": kinds.strangers,
    "email_case": spellings.email_case,
    "written_numbers": spellings.written_numbers,
    "wrong_types": spellings.wrong_types,
    "unicode_forms": spellings.unicode_forms,
    "other_letters": spellings.other_letters,
    "split_names": spellings.split_names,
    "east_asian": spellings.east_asian,
}
"""The kinds by name, which come again in this order: 80 people a round."""

TOGETHER = {"heirs", "silent_namesakes"}
"""Kinds of which nobody can be recognised while others of the group are not there."""

BY_HAND = 1_000_000
"""By how much the number of an entry grows when somebody writes it by hand."""

STREAMS = {A: "crm_contacts", B: "shop_contacts"}
MARK = "Musterweg"
"""The street of everybody; the house number is that of the entry, by which it is known again."""


@dataclass(frozen=True)
class Entry:
    """What one source tells of one person."""

    number: int
    source: str
    person: int
    kind: str
    group: int
    told: Told
    written: Mapping[str, Any]
    """Fields that are written otherwise than they are meant; None: not at all."""

    @property
    def key(self) -> Any:
        """Return the key in its stream: numbers in A, texts in B."""
        return self.number if self.source == A else f"shop-{self.number}"

    @property
    def record(self) -> dict[str, Any]:
        """Return the record that its stream sends."""
        fields = {
            "first_name": self.told.first,
            "last_name": self.told.last,
            "email": self.told.email,
            "mobile": self.told.mobile,
            "phone": self.told.phone,
            "street": f"{MARK} {self.number}",
            **self.written,
        }
        return {"id": self.key, **{name: each for name, each in fields.items() if each}}


@dataclass(frozen=True)
class Crowd:
    """All that is told of all people."""

    entries: Sequence[Entry]
    seed: int

    @property
    def people(self) -> int:
        """Return how many people there are."""
        return len({entry.person for entry in self.entries})

    def told_by(self, source: str) -> list[Entry]:
        """Return what a source tells, in an order that does not go by kinds."""
        told = [entry for entry in self.entries if entry.source == source]
        return Maker(self.seed).random.sample(told, len(told))

    def of(self, person: int, *sources: str) -> list[Entry]:
        """Return what these sources tell of a person."""
        return [each for each in self._by_person[person] if each.source in sources]

    @functools.cached_property
    def _by_person(self) -> dict[int, list[Entry]]:
        ordered = sorted(self.entries, key=lambda entry: entry.person)
        groups = itertools.groupby(ordered, key=lambda entry: entry.person)
        return {person: list(entries) for person, entries in groups}


def crowd(people: int = 400, seed: int = 1) -> Crowd:
    """Make so many people, or as many as end a group."""
    maker, entries, groups = Maker(seed), list[Entry](), itertools.count(1)
    persons = itertools.count(1)
    for kind, make in itertools.cycle(KINDS.items()):
        if len({entry.person for entry in entries}) >= people:
            return Crowd(entries, seed)
        group = next(groups)
        for lines in make(maker):
            entries += _entries(lines, kind, group, next(persons), len(entries))
    raise AssertionError


def in_advance(crowd: Crowd) -> Crowd:
    """Return a crowd of which a third of the people are told by hand as well, as first told.

    Of kinds that only all together can be told apart, all are.
    """
    draw = Maker(crowd.seed).random
    people = sorted({entry.person for entry in crowd.entries})
    third = set(draw.sample(people, len(people) // 3))
    first = {entry.person: entry for entry in reversed(crowd.entries)}
    chosen = [each for each in first.values() if each.person in third or each.kind in TOGETHER]
    more = [
        replace(entry, number=entry.number + BY_HAND, source=HAND, written={})
        for entry in chosen
        if entry.source != HAND
    ]
    return Crowd([*crowd.entries, *more], crowd.seed)


def _entries(lines: Sequence[Line], kind: str, group: int, person: int, before: int) -> list[Entry]:
    return [
        Entry(before + place, source, person, kind, group, told, written)
        for place, (source, told, written) in enumerate(lines, start=1)
    ]
