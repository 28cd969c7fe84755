"""Read contacts out of records: flat ones, nested ones, and lists with a primary item.

A nested value is known by its path, `MailingAddress.city` for one. Of a list of e-mails, phones or
addresses the item marked as primary counts, else the first; what an item is labelled as (`work`,
`mobile`) is part of its path. Where several fields of a record are spellings of one attribute, the
first in the vocabulary that holds a value counts.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from target_contacts.contact import derive, fast_reader, one_address
from target_contacts.contact.field_match import taker_of
from target_contacts.contact.flatten import leaves
from target_contacts.contact.model import Contact, Found, best_first
from target_contacts.contact.numbers import KINDS, Further
from target_contacts.contact.spelling import RANKS, is_container
from target_contacts.contact.vocabulary import ATTRIBUTES
from target_contacts.values import company_names, convert
from target_contacts.values.basic import assert_known, is_empty, meant
from target_contacts.values.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_contacts.contact.paths import MappedFields
    from target_contacts.contact.phone_fields import Slots

NAMES = frozenset((*derive.NAMES, *derive.READINGS))
PARTS = frozenset(("salutation", "street_number", "street2"))
"""Attributes that are parts of others, or tell them."""


class ContactReader:
    """Read contacts out of records."""

    def __init__(
        self,
        mapped: MappedFields,
        defaults: Mapping[str, Any],
        *,
        slots: Slots,
        foreign: Iterable[str] = (),
        containers: Iterable[str] = (),
    ) -> None:
        """Take the settings.

        Args:
            mapped: What `field_map` gives.
            defaults: Attribute to value, where a record has none.
            slots: What the destination has for numbers.
            foreign: Attributes of records that are another system's, and are not taken.
            containers: Fields that hold lists or objects only, as far as the schema says: null
                there says nothing of the one attribute that their name may spell.

        Raises:
            ConfigurationError: If `defaults` names what is not an attribute.
        """
        assert_known("defaults", defaults, ATTRIBUTES)
        self._mapped = mapped
        self._defaults = defaults
        self._filled_defaults = {a: v for a, v in defaults.items() if not is_empty(v)}
        self._names_by_default = not NAMES.isdisjoint(defaults)
        self._slots = slots
        self._foreign = frozenset(foreign)
        self._containers = frozenset(containers)

    def read(self, record: Mapping[str, Any]) -> Contact:
        """Return the contact that a record holds."""
        contact = Contact(region=self._slots.region)
        names = tuple(record)
        known = len(names) <= fast_reader.WIDEST
        shape = fast_reader.shape(names, self._foreign, self._containers) if known else None
        if shape is None or not shape.read(record, contact):
            self._read_any(record, contact)
        derive.names_of(contact)
        if not PARTS.isdisjoint(contact.attributes):
            derive.gender_of(contact)
            _report_lone_number(contact)
            derive.street_of(contact)
        self._slots.fill(contact)
        self._give_defaults(contact)
        for target, value in self._mapped.values(record, contact.attributes):
            contact.fields.update({} if is_empty(value) else {target: value})
        return contact

    def _read_any(self, record: Mapping[str, Any], contact: Contact) -> None:
        """Read a record of any form into an empty contact, value by value."""
        told = {n: v for n, v in record.items() if v is not None or not self._is_container(n)}
        found = _by_attribute(told, contact.spare)
        self._leave_foreign(found, contact.spare)
        for attribute, several in found.items():
            _choose(contact, attribute, several)

    def _is_container(self, name: str) -> bool:
        return name in self._containers or is_container(name)

    def _give_defaults(self, contact: Contact) -> None:
        """Note the defaults of what has no value; it may well have one at the destination."""
        for attribute, value in self._filled_defaults.items():
            if not contact.has(attribute):
                contact.defaults[attribute] = value
        if self._names_by_default and not all(map(contact.has, self._defaults)):
            self._complete_names(contact)

    def _complete_names(self, contact: Contact) -> None:
        """Make whole names of default parts, and parts of a default whole name."""
        whole = Contact(contact.with_defaults(), sources={**contact.sources})
        whole.sources.update(dict.fromkeys(contact.defaults, "defaults"))
        derive.names_of(whole)
        made = whole.attributes.items()
        contact.defaults.update({a: v for a, v in made if v != "" and not contact.has(a)})

    def _leave_foreign(self, found: dict[str, list[Found]], spare: dict[str, str]) -> None:
        for attribute in self._foreign & found.keys():
            left = found.pop(attribute)
            spare.update({each.name: attribute for each in left if each.is_filled})


def _by_attribute(record: Mapping[str, Any], spare: dict[str, str]) -> dict[str, list[Found]]:
    """Return what a record holds for each attribute; note what no attribute takes."""
    found: dict[str, list[Found]] = {}
    for leaf in leaves(record):
        (path, _, number), value = leaf
        name = path[0] if len(path) == 1 else ".".join(path)
        if taker := taker_of(leaf):
            attribute, rank = taker
            value = meant(attribute, value)
            each = Found(rank, number, name, value, path[0], not is_empty(value))
            found.setdefault(attribute, []).append(each)
        elif not is_empty(value):
            spare[name] = ""
    for several in [each for each in found.values() if len(each) > 1]:
        several.sort(key=best_first)
    _tell_names_apart(found)
    one_address.leave_link(found, record, spare)
    one_address.keep_one(found, spare)
    return found


def _tell_names_apart(found: dict[str, list[Found]]) -> None:
    """Take `name` for the last name beside a first name, and `nom` for the full one without."""
    first, last, full = (found.get(name) for name in ("first_name", "last_name", "full_name"))
    if first and full and not last and _is_last(full) and not _holds(full, first):
        found["last_name"] = found.pop("full_name")
    elif last and not first and not full and _is_called(last, "nom"):
        found["full_name"] = found.pop("last_name")


def _is_last(full: Sequence[Found]) -> bool:
    """Say whether a `name` may be a last name: one with a legal form is a company's."""
    return _is_called(full, "name") and not company_names.is_company(str(full[0].value))


def _is_called(found: Sequence[Found], name: str) -> bool:
    return len(found) == 1 and plain(found[0].name) == name


def _holds(full: Sequence[Found], first: Sequence[Found]) -> bool:
    """Say whether a name holds a first name, so that it is a full one."""
    return any(str(each.value) in str(full[0].value) for each in first if each.is_filled)


def _choose(contact: Contact, attribute: str, found: Sequence[Found]) -> None:
    """Give an attribute its best value; note others that differ."""
    filled = [each for each in found if each.is_filled]
    best = (filled or found)[0]
    contact.attributes[attribute] = best.value if filled else ""
    contact.sources[attribute] = best.name
    if attribute == "street2" and len(filled) > 1:
        filled = _join_lines(contact, filled)
    for other in filled[1:]:
        if attribute not in KINDS and _say_the_same(attribute, best.value, other.value):
            contact.same.append((attribute, other.name))
        else:
            _leave(contact, attribute, best, other)


def _report_lone_number(contact: Contact) -> None:
    """Report the number of a house as not carried if its street is not known."""
    if contact.has("street_number") and not contact.has("street"):
        contact.spare[contact.sources["street_number"]] = "street_number"


def _leave(contact: Contact, attribute: str, best: Found, other: Found) -> None:
    """Note a value that is not taken; that of a number may find another place."""
    contact.spare[other.name] = attribute
    if attribute in KINDS:
        contact.further.append(Further(attribute, other.name, other.value, other.top))
    elif other.top != best.top:
        contact.conflicts.add((attribute, best.name, other.name))


def _join_lines(contact: Contact, lines: Sequence[Found]) -> list[Found]:
    """Join the further lines of an address; return the first and those of other addresses."""
    place = lines[0].rank // RANKS
    joined = {str(each.value): each.name for each in lines if each.rank // RANKS == place}
    contact.attributes["street2"] = "\n".join(joined)
    contact.sources["street2"] = derive.JOINT.join(joined.values())
    return [lines[0], *(each for each in lines if each.rank // RANKS != place)]


def _say_the_same(attribute: str, one: Any, other: Any) -> bool:
    """Say whether two values of an attribute differ in form only, such as SE and Sweden."""
    if one == other:
        return True
    if attribute == "full_name":
        return sorted(plain(str(one))) == sorted(plain(str(other)))
    with contextlib.suppress(ValueError):
        return attribute == "country" and convert.country(one) == convert.country(other)
    return False
