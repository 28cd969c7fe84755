"""Read contacts out of records: flat ones, nested ones, and lists with a primary item.

A nested value is known by its path, `MailingAddress.city` for one. Of a list of e-mails, phones or
addresses the item marked as primary counts, else the first; what an item is labelled as (`work`,
`mobile`) is part of its path. Where several fields of a record are spellings of one attribute, the
first in the vocabulary that holds a value counts.
"""

from __future__ import annotations

import contextlib
import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts import complete, values
from target_contacts.contact import (
    ADDRESS,
    ATTRIBUTES,
    BARE,
    HONORIFICS,
    NO_STATES,
    RANKS,
    UNTOLD,
    assert_known,
    is_empty,
    plain,
    spelled,
)
from target_contacts.leaves import leaves
from target_contacts.slots import KINDS, Number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_contacts.leaves import Path
    from target_contacts.slots import Slots

TOLD_BY_VALUE = {"gender", "job_title", "role", "state"}
"""Attributes whose spellings mean other things elsewhere, which the value tells."""


class Found(NamedTuple):
    """A value that an attribute may take."""

    rank: int
    name: str
    value: Any


@dataclass
class Contact:
    """A contact in the vocabulary's terms.

    An attribute that the record has but without value is "": it is to be cleared. One that the
    record does not have is absent: it is to be left alone.
    """

    attributes: dict[str, Any]
    fields: dict[str, Any] = field(default_factory=dict)
    """Destination fields filled by `field_map`, before all built-in mapping."""
    sources: dict[str, str] = field(default_factory=dict)
    """Where each attribute comes from: a field of the record, a setting or other attributes."""
    spare: dict[str, str] = field(default_factory=dict)
    """Fields with a value that no attribute took, and the attribute they spell or ""."""
    conflicts: set[tuple[str, str, str]] = field(default_factory=set)
    """Attributes that two fields give different values: attribute, field taken, field left."""
    further: list[Number] = field(default_factory=list)
    """Numbers beside those that attributes have."""


def at(record: Mapping[str, Any], path: str) -> Any:
    """Return the value of a field, or of a nested one whose path is written with dots, or None."""
    if path in record:
        return record[path]
    value: Any = record
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


class ContactReader:
    """Read contacts out of records."""

    def __init__(
        self,
        field_map: Mapping[str, str],
        defaults: Mapping[str, Any],
        *,
        slots: Slots,
        foreign: Iterable[str] = (),
    ) -> None:
        """Take settings.

        Args:
            field_map: Destination field to record field, or to an attribute if no field has
                that name.
            defaults: Attribute to value, where a record has none.
            slots: What the destination has for numbers.
            foreign: Attributes of records that are another system's, and are not taken.

        Raises:
            ConfigurationError: If `defaults` names what is not an attribute.
        """
        assert_known("defaults", defaults, ATTRIBUTES)
        self._field_map = field_map
        self._defaults = defaults
        self._slots = slots
        self._foreign = frozenset(foreign)

    def read(self, record: Mapping[str, Any]) -> Contact:
        """Return the contact that a record holds."""
        contact = Contact({})
        found = _by_attribute(record, contact.spare)
        self._leave_foreign(found, contact.spare)
        for attribute, several in found.items():
            _choose(contact, attribute, several)
        complete.names_of(contact)
        complete.gender_of(contact)
        complete.street_of(contact)
        self._slots.fill(contact)
        self._give_defaults(contact)
        for target, path in self._field_map.items():
            value = at(record, path)
            if value is None or isinstance(value, (dict, list)):
                value = contact.attributes.get(path, value)
            contact.fields.update({} if is_empty(value) else {target: value})
        return contact

    def _give_defaults(self, contact: Contact) -> None:
        """Give attributes that have no value their default."""
        for attribute, value in self._defaults.items():
            complete.give(contact, attribute, value, "defaults")
        if not self._defaults.keys().isdisjoint((*complete.NAMES, *complete.READINGS)):
            complete.names_of(contact)

    def _leave_foreign(self, found: dict[str, list[Found]], spare: dict[str, str]) -> None:
        """Leave out the ids of another system."""
        for attribute in self._foreign & found.keys():
            left = found.pop(attribute)
            spare.update({each.name: attribute for each in left if not is_empty(each.value)})


def _by_attribute(record: Mapping[str, Any], spare: dict[str, str]) -> dict[str, list[Found]]:
    """Return what a record holds for each attribute; note what no attribute takes."""
    found: dict[str, list[Found]] = {}
    for paths, value in leaves(record):
        name = ".".join(paths[0])
        if taker := _taker_of(paths, value):
            attribute, rank = taker
            found.setdefault(attribute, []).append(Found(rank, name, value))
        elif not is_empty(value):
            spare[name] = ""
    for several in [each for each in found.values() if len(each) > 1]:
        several.sort(key=_best_first)
    _tell_names_apart(found)
    _keep_one_address(found, spare)
    return found


_best_first = operator.itemgetter(0, 1)


def _taker_of(paths: Sequence[Path], value: Any) -> tuple[str, int] | None:
    """Return the attribute that takes a value under one of its paths; the last one says most."""
    if len(paths) == len(paths[0]) == 1:
        return _taker(paths[0], value)
    takers = [taker for path in paths if (taker := _taker(path, value))]
    if not takers:
        return _further(paths, value) if len(paths[0]) > 1 else None
    attribute = takers[-1][0]
    return attribute, min(rank for each, rank in takers if each == attribute)


def _further(paths: Sequence[Path], value: Any) -> tuple[str, int] | None:
    """Return the attribute that a further number of a list has, whatever its place there."""
    bare = (tuple(part for part in path if not part.isdecimal()) for path in reversed(paths))
    for taker in (_taker(path, value) for path in bare if path not in paths):
        if taker and taker[0] in KINDS:
            return taker[0], taker[1] + RANKS
    return None


def _taker(path: Path, value: Any) -> tuple[str, int] | None:
    """Return the attribute that takes a value, as far as the value tells, and its rank."""
    taker = spelled(path)
    if taker is None:
        return None
    attribute, rank = taker
    if isinstance(value, (dict, list)):
        return taker if attribute == "status" or not value else None
    if attribute not in TOLD_BY_VALUE or is_empty(value):
        return taker
    if attribute == "job_title" and plain(path[-1]) == "title":
        return ("salutation", rank) if plain(str(value)) in HONORIFICS.split() else taker
    return None if _is_of_others(attribute, str(value)) else taker


def _is_of_others(attribute: str, value: str) -> bool:
    """Say whether a value is that of another thing with the same name."""
    if attribute == "state":
        return plain(value) in NO_STATES.split()
    if attribute == "gender":
        return plain(value) in UNTOLD.split()
    return attribute == "role" and not value.startswith("ROLE_")


def _tell_names_apart(found: dict[str, list[Found]]) -> None:
    """Take `name` for the last name beside a first name, and `nom` for the full one without."""
    first, last, full = (found.get(name) for name in ("first_name", "last_name", "full_name"))
    if first and full and not last and _is_called(full, "name") and not _holds(full, first):
        found["last_name"] = found.pop("full_name")
    elif last and not first and not full and _is_called(last, "nom"):
        found["full_name"] = found.pop("last_name")


def _is_called(found: Sequence[Found], name: str) -> bool:
    return len(found) == 1 and plain(found[0].name) == name


def _holds(full: Sequence[Found], first: Sequence[Found]) -> bool:
    """Say whether a name holds a first name, so that it is a full one."""
    return any(str(each.value) in str(full[0].value) for each in first if not is_empty(each.value))


def _keep_one_address(found: dict[str, list[Found]], spare: dict[str, str]) -> None:
    """Keep the address with most parts; what is not said to be of any adds to it."""
    parts = [each for attribute in ADDRESS for each in found.get(attribute, ())]
    if len({each.rank // RANKS for each in parts}) < 2:  # noqa: PLR2004
        return
    filled = [each.rank // RANKS for each in parts if not is_empty(each.value)]
    best = max(set(filled), key=lambda place: (filled.count(place), -place), default=BARE)
    for attribute in ADDRESS:
        of_others = [
            each for each in found.get(attribute, ()) if each.rank // RANKS not in {best, BARE}
        ]
        spare.update({each.name: attribute for each in of_others if not is_empty(each.value)})
        for each in of_others:
            found[attribute].remove(each)
        if not found.get(attribute, True):
            del found[attribute]
        else:
            found.get(attribute, []).sort(key=lambda each: each.rank // RANKS != best)


def _choose(contact: Contact, attribute: str, found: Sequence[Found]) -> None:
    """Give an attribute its best value; note others that differ."""
    filled = [each for each in found if not is_empty(each.value)]
    best = (filled or found)[0]
    contact.attributes[attribute] = best.value if filled else ""
    contact.sources[attribute] = best.name
    for other in filled[1:]:
        if other.name != best.name and not _say_the_same(attribute, best.value, other.value):
            contact.spare[other.name] = attribute
            if attribute in KINDS:
                contact.further.append(Number(attribute, other.name, other.value))
            else:
                contact.conflicts.add((attribute, best.name, other.name))


def _say_the_same(attribute: str, one: Any, other: Any) -> bool:
    """Say whether two values of an attribute differ in form only, such as SE and Sweden."""
    if one == other:
        return True
    if attribute == "full_name":
        return sorted(plain(str(one))) == sorted(plain(str(other)))
    with contextlib.suppress(ValueError):
        return attribute == "country" and values.country(one) == values.country(other)
    return False
