"""Read flat records whose fields' names say it all, which most records' do, in a fraction of time.

What the names alone tell is worked out once for all records with the same fields. Records with
nested values, with two spellings of one attribute or parts of two addresses are not read here.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.contact import ADDRESS, RANKS, is_empty, meant, spelled
from target_contacts.leaves import CSV_VALUE
from target_contacts.takers import TOLD_BY_VALUE, taker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.reader import Contact

SHAPES = 1024
"""Sets of fields that are remembered; a stream has one, or a few."""
WIDEST = 1000
"""Fields of the largest set that is remembered, so that all together take little memory."""

NESTED = frozenset((dict, list))
"""Types of values that hold others."""


class Shape(NamedTuple):
    """What the names of a flat record's fields tell."""

    sources: Mapping[str, str]
    """Attribute to the field that it takes."""
    told: Sequence[tuple[str, str]]
    """Of these the ones whose value must tell as well."""
    left: Sequence[tuple[str, str]]
    """Field that is not taken, and the attribute that it spells or ""."""

    def read(self, record: Mapping[str, Any], contact: Contact) -> bool:
        """Read a record into an empty contact; return False if it must be read otherwise."""
        told = (_takes(attribute, name, record[name]) for attribute, name in self.told)
        types = set(map(type, record.values()))
        if not NESTED.isdisjoint(types) or not all(told):
            return False
        contact.attributes = {
            attribute: "" if is_empty(value := record[name]) else value
            for attribute, name in self.sources.items()
        }
        if bool in types:
            contact.attributes.update(_without_value(contact.attributes))
        for name, attribute in self.left:
            if not is_empty(record[name]):
                contact.spare[name] = attribute
        contact.sources.update(self.sources)
        return True


@functools.lru_cache(maxsize=SHAPES)
def shape(names: tuple[str, ...], foreign: frozenset[str]) -> Shape | None:
    """Return what the names of a record's fields tell; None if values decide between them.

    Args:
        names: The fields in their order.
        foreign: Attributes that are not taken.
    """
    found = {name: each for name in names if (each := spelled((name,)))}
    taken = {name: attribute for name, (attribute, _) in found.items() if attribute not in foreign}
    places = {rank // RANKS for attribute, rank in found.values() if attribute in ADDRESS}
    sources = {attribute: name for name, attribute in taken.items()}
    labelled = any(name.endswith(CSV_VALUE) for name in names)
    if len(sources) < len(taken) or len(places) > 1 or labelled or _may_be_apart(sources.keys()):
        return None
    told = [each for each in sources.items() if each[0] in TOLD_BY_VALUE]
    left = [(name, found.get(name, ("",))[0]) for name in names if name not in taken]
    return Shape(sources, told, left)


def _may_be_apart(attributes: AbstractSet[str]) -> bool:
    """Say whether a name stands without its other half, so that values tell which it is."""
    return len(attributes & {"first_name", "last_name"}) == 1


def _without_value(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Return as "" the attributes of text that have a boolean instead."""
    return {a: "" for a, v in attributes.items() if type(v) is bool and meant(a, v) is None}


def _takes(attribute: str, name: str, value: Any) -> bool:
    """Say whether an attribute takes a value of a field that spells it."""
    found = taker((name,), value)
    return found is not None and found[0] == attribute
