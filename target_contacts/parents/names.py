"""Learn from streams of companies what the company of an id is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.contact.people import EITHER, PARENTS, kinds_of
from target_contacts.contact.spelling import spelled
from target_contacts.values.basic import compared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NAMED_BY = ("company", "full_name")
"""Attributes whose spellings the name of a company may have, the best first."""

AROUND = "properties"
"""Field in which some taps put those of a record."""


class ParentNames:
    """The names of companies by their ids at the source."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def take(self, key: Sequence[str], record: Mapping[str, Any]) -> None:
        """Note the name in a record of a company; an id with two names has none."""
        ids = [compared(record.get(each)) for each in key]
        name = next(_names(record), "")
        if len(ids) == 1 and ids[0] and name:
            same = self._names.setdefault(ids[0], name) == name
            self._names[ids[0]] = name if same else ""

    def name(self, value: str) -> str:
        """Return the name of the company with an id; the value itself if it is none."""
        return self._names.get(value) or value


def are_parents(stream: str) -> bool:
    """Say whether a stream is called as what contacts belong to."""
    kinds = kinds_of(stream)
    return bool(kinds) and kinds[-1] in (PARENTS, EITHER)


def _names(record: Mapping[str, Any]) -> Iterator[str]:
    within = record.get(AROUND)
    for fields in (record, within if isinstance(within, dict) else {}):
        for attribute in NAMED_BY:
            for field, value in fields.items():
                told = spelled((field,))
                if told and told[0] == attribute and (name := compared(value)):
                    yield name
