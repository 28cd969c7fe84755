"""Fast path: read flat records whose field names alone decide, with a plan for each set of names.

Most records are like that, and take a fraction of the time. Records with nested values, with two
spellings of one attribute or with parts of two addresses are not read here.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.contact.field_match import is_told, taker
from target_contacts.contact.flatten import CSV_VALUE
from target_contacts.contact.one_address import BESIDE
from target_contacts.contact.spelling import RANKS, is_container, spelled
from target_contacts.contact.vocabulary import ADDRESS
from target_contacts.contact.words_around import GUESSED
from target_contacts.values.basic import is_empty, meant
from target_contacts.values.links import is_link, may_be_link

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.contact.model import Contact

SHAPES = 1024
"""Sets of fields that are remembered; a stream has one, or a few."""
WIDEST = 1000
"""Fields of the largest set that is remembered, so that all together take little memory."""

REMEMBERED, LONGEST_REMEMBERED = 4096, 64
"""Values, and characters of the longest one, of which it is remembered what takes them: states,
countries and the like are the same in many records."""

NESTED = frozenset((dict, list))
"""Types of values that hold others."""


class Shape(NamedTuple):
    """The plan for flat records with the same fields."""

    sources: Mapping[str, str]
    """Attribute to the field that it takes."""
    told: Sequence[tuple[str, str]]
    """Those of them whose value must be checked, too."""
    left: Sequence[tuple[str, str]]
    """Field that is not taken, and the attribute that it spells or ""."""
    containers: Sequence[tuple[str, str]]
    """Attributes and fields of which null says nothing, since they may hold lists or objects."""
    lone: Sequence[str]
    """Fields that may hold the name of an address elsewhere."""

    def read(self, record: Mapping[str, Any], contact: Contact) -> bool:
        """Read a record into an empty contact; return False if it must be read otherwise."""
        types = set(map(type, record.values()))
        if not NESTED.isdisjoint(types) or not self._is_told(record):
            return False
        contact.attributes = {
            attribute: "" if is_empty(value := record[name]) else value
            for attribute, name in self.sources.items()
        }
        if bool in types:
            contact.attributes.update(_without_value(contact.attributes))
        contact.sources.update(self.sources)
        contact.spare.update([(n, a) for n, a in self.left if not is_empty(record[n])])
        for attribute, name in self.containers:
            if record[name] is None:
                del contact.attributes[attribute], contact.sources[attribute]
        return True

    def _is_told(self, record: Mapping[str, Any]) -> bool:
        """Say whether the values that must be checked are what their names say."""
        if not self.told and not self.lone:
            return True
        takes = all(_takes(attribute, name, record[name]) for attribute, name in self.told)
        return takes and not any(is_link(name, record) for name in self.lone)


@functools.lru_cache(maxsize=SHAPES)
def shape(
    names: tuple[str, ...], foreign: frozenset[str], containers: frozenset[str]
) -> Shape | None:
    """Return the plan for records with these fields; None if values decide between them."""
    found = {name: each for name in names if (each := spelled((name,)))}
    taken = {name: attribute for name, (attribute, _) in found.items() if attribute not in foreign}
    sources = {attribute: name for name, attribute in taken.items()}
    labelled = any(name.endswith(CSV_VALUE) for name in names)
    if len(sources) < len(taken) or labelled or _are_of_two(found) or _may_be_apart(sources.keys()):
        return None
    return Shape(
        sources,
        told=[each for each in sources.items() if is_told(*each)],
        left=[(name, found.get(name, ("",))[0]) for name in names if name not in taken],
        containers=[(a, n) for a, n in sources.items() if n in containers or is_container(n)],
        lone=[] if sources.keys() & BESIDE else list(filter(may_be_link, _streets(sources))),
    )


def _streets(sources: Mapping[str, str]) -> Sequence[str]:
    return [sources["street"]] if "street" in sources else []


def _are_of_two(found: Mapping[str, tuple[str, int]]) -> bool:
    """Say whether there may be parts of two addresses, or of one that is guessed."""
    places = {rank // RANKS for attribute, rank in found.values() if attribute in ADDRESS}
    return len(places) > 1 or bool(places & {GUESSED})


def _may_be_apart(attributes: AbstractSet[str]) -> bool:
    """Say whether a name stands without its other half, so that its value must be checked."""
    return len(attributes & {"first_name", "last_name"}) == 1


def _without_value(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Return as "" the attributes of text that have a boolean instead."""
    return {a: "" for a, v in attributes.items() if type(v) is bool and meant(a, v) is None}


def _takes(attribute: str, name: str, value: Any) -> bool:
    """Say whether an attribute takes a value of a field that spells it."""
    if type(value) is str and len(value) <= LONGEST_REMEMBERED:
        return _takes_text(attribute, name, value)
    return _is_taken(attribute, name, value)


def _is_taken(attribute: str, name: str, value: Any) -> bool:
    found = taker((name,), value)
    return found is not None and found[0] == attribute


_takes_text = functools.lru_cache(maxsize=REMEMBERED)(_is_taken)
