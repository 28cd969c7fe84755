"""Read contacts out of records: flat ones, nested ones, and lists with a primary item.

A nested value is known by its path, `MailingAddress.city` for one. Of a list of e-mails, phones or
addresses the item marked as primary counts, else the first; what an item is labelled as (`work`,
`mobile`) is part of its path. Where several fields of a record are spellings of one attribute, the
first in the vocabulary that holds a value counts.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts import names, values
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

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

DEEPEST = 5
"""Levels of nesting that are looked into."""

PRIMARY = {"primary", "isprimary", "ispreferred", "preferred", "default", "isdefault"}
LABELS = {"type", "label", "kind"}
OF_ITEMS = PRIMARY | LABELS | {"metadata", "formattedtype", "active"}
"""What an item of a list says of itself rather than of the contact."""

APART = {"mobile", "cell", "mobilephone", "cellular", "handy", "portable", "fax", "workfax"}
"""Labels of items that do not stand for the whole list."""

TOLD_BY_VALUE = {"gender", "job_title", "role", "state"}
"""Attributes whose spellings mean other things elsewhere, which the value tells."""

Path = tuple[str, ...]


class Leaf(NamedTuple):
    """One value of a record."""

    paths: Sequence[Path]
    """Where it stands; an item of a list may count under several."""
    value: Any


class Found(NamedTuple):
    """A value that an attribute may take."""

    rank: int
    name: str
    value: Any


@dataclass(frozen=True)
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


def leaves(record: Mapping[str, Any]) -> Iterator[Leaf]:
    """Yield the values of a record, nested ones too."""
    for name, value in record.items():
        if isinstance(value, (dict, list)):
            yield from _leaves([(name,)], value)
        else:
            yield Leaf(((name,),), value)


def _leaves(paths: Sequence[Path], value: Any) -> Iterator[Leaf]:
    """Yield a value, or the values inside it; the same under each of its paths."""
    if not value or not isinstance(value, (dict, list)) or len(paths[0]) > DEEPEST:
        yield Leaf(paths, value)
    elif isinstance(value, list):
        yield from _items(paths, value)
    elif any(spelled(path) == ("status", 0) for path in paths):
        yield Leaf(paths, value)
    else:
        for name, child in value.items():
            yield from _leaves([(*path, name) for path in paths], child)


def _items(paths: Sequence[Path], items: Sequence[Any]) -> Iterator[Leaf]:
    """Yield the values of a list's items, the primary one first."""
    count = 0
    for item in sorted(items, key=_is_secondary):
        label = _label(item)
        below = [(*path, label) for path in paths] if label else []
        if label not in APART:
            count += 1
            nth = [(*path, str(count)) for path in paths]
            below = [*paths, *below] if count == 1 else [*nth, *below]
        if isinstance(item, dict):
            kept = {name: child for name, child in item.items() if plain(name) not in OF_ITEMS}
            yield from _leaves(below, kept or None)
        else:
            yield Leaf(below, item)


def _is_secondary(item: Any) -> bool:
    """Say whether an item is not marked as the primary one."""
    if not isinstance(item, dict):
        return False
    marks = {**item, **(item["metadata"] if isinstance(item.get("metadata"), dict) else {})}
    return not any(value is True for name, value in marks.items() if plain(name) in PRIMARY)


def _label(item: Any) -> str:
    """Return what an item is labelled as, or ""."""
    if not isinstance(item, dict):
        return ""
    found = (value for name, value in item.items() if plain(name) in LABELS)
    return next((plain(value) for value in found if isinstance(value, str)), "")


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
        region: str | None = None,
        needs_mobile: bool = False,
        foreign: Iterable[str] = (),
    ) -> None:
        """Take settings.

        Args:
            field_map: Destination field to record field, or to an attribute if no field has
                that name.
            defaults: Attribute to value, where a record has none.
            region: Country whose plan tells mobiles among numbers without country code.
            needs_mobile: Whether a number that may be a mobile or not fills `mobile` as well.
            foreign: Attributes of records that are another system's, and are not taken.

        Raises:
            ConfigurationError: If `defaults` names what is not an attribute.
        """
        assert_known("defaults", defaults, ATTRIBUTES)
        self._field_map = field_map
        self._defaults = defaults
        self._region = region
        self._needs_mobile = needs_mobile
        self._foreign = frozenset(foreign)

    def read(self, record: Mapping[str, Any]) -> Contact:
        """Return the contact that a record holds."""
        contact = Contact({})
        found = _by_attribute(record, contact.spare)
        self._leave_foreign(found, contact.spare)
        for attribute, several in found.items():
            _choose(contact, attribute, several)
        for attribute, value in self._defaults.items():
            _give(contact, attribute, value, "defaults")
        _complete_names(contact)
        _complete_gender(contact)
        _complete_phones(contact)
        self._complete_mobile(contact)
        for target, path in self._field_map.items():
            value = at(record, path)
            if value is None or isinstance(value, (dict, list)):
                value = contact.attributes.get(path, value)
            contact.fields.update({} if is_empty(value) else {target: value})
        return contact

    def _leave_foreign(self, found: dict[str, list[Found]], spare: dict[str, str]) -> None:
        """Leave out the ids of another system."""
        for attribute in self._foreign & found.keys():
            left = found.pop(attribute)
            spare.update({each.name: attribute for each in left if not is_empty(each.value)})

    def _complete_mobile(self, contact: Contact) -> None:
        """Take a phone for the mobile if there is no other and it is one."""
        phone = contact.attributes.get("phone")
        if is_empty(phone) or isinstance(phone, (dict, list)):
            return
        if not is_empty(contact.attributes.get("mobile")):
            return
        mobile = values.is_mobile(phone, self._region)
        if mobile or (mobile is None and self._needs_mobile):
            _give(contact, "mobile", phone, contact.sources["phone"])
        if mobile:
            del contact.attributes["phone"], contact.sources["phone"]


def _by_attribute(record: Mapping[str, Any], spare: dict[str, str]) -> dict[str, list[Found]]:
    """Return what a record holds for each attribute; note what no attribute takes."""
    found: dict[str, list[Found]] = {}
    for paths, value in leaves(record):
        name = ".".join(paths[0])
        takers = [taker for path in paths if (taker := _taker(path, value))]
        for attribute, rank in takers:
            found.setdefault(attribute, []).append(Found(rank, name, value))
        if not takers and not is_empty(value):
            spare[name] = ""
    for several in found.values():
        several.sort(key=_best_first)
    _tell_names_apart(found)
    _keep_one_address(found, spare)
    return found


_best_first = operator.itemgetter(0, 1)


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
    best = filled[0] if filled else found[0]
    contact.attributes[attribute] = best.value if filled else ""
    contact.sources[attribute] = best.name
    for other in filled:
        if other.name != best.name and other.value != best.value:
            contact.conflicts.add((attribute, best.name, other.name))
            contact.spare[other.name] = attribute


def _give(contact: Contact, attribute: str, value: Any, source: str) -> None:
    """Give an attribute a value if it has none."""
    if is_empty(contact.attributes.get(attribute)) and not is_empty(value):
        contact.attributes[attribute] = value
        contact.sources[attribute] = source


def _complete_names(contact: Contact) -> None:
    """Make a full name of its parts, or the parts of a full name; and the same of readings."""
    first, middle, last, full = _texts(contact, _NAMES)
    if not full and (first or last):
        _give(contact, "full_name", names.whole(_joined(first, middle), last), _source(contact))
    elif full and not first and not last:
        parts = names.split(full)
        for attribute, part in zip(("first_name", "last_name"), parts, strict=True):
            _give(contact, attribute, part, contact.sources["full_name"])
    readings = _texts(contact, ("first_name_reading", "last_name_reading"))
    if any(readings):
        _give(contact, "name_reading", names.reading(*readings), _source(contact, "_reading"))


_NAMES = ("first_name", "middle_name", "last_name", "full_name")


def _texts(contact: Contact, attributes: Iterable[str]) -> list[str]:
    """Return attributes as text; what is none, "" for one, as ""."""
    given = [contact.attributes.get(attribute, "") for attribute in attributes]
    return ["" if isinstance(value, (dict, list)) else str(value).strip() for value in given]


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _source(contact: Contact, kind: str = "") -> str:
    """Name the fields that the parts of a name come from."""
    parts = (f"{part}{kind}" for part in ("first_name", "middle_name", "last_name"))
    return " + ".join(contact.sources[part] for part in parts if part in contact.sources)


def _complete_phones(contact: Contact) -> None:
    """Take a phone at home for the phone if there is no other, else for the second one."""
    if home := contact.attributes.get("home_phone"):
        source = contact.sources["home_phone"]
        _give(contact, "phone", home, source)
        if contact.sources["phone"] != source:
            _give(contact, "phone2", home, source)


def _complete_gender(contact: Contact) -> None:
    """Take the gender from a salutation that tells it."""
    salutation = contact.attributes.pop("salutation", "")
    source = contact.sources.pop("salutation", "")
    if is_empty(salutation):
        return
    try:
        _give(contact, "gender", values.gender(salutation), source)
    except ValueError:
        contact.spare[source] = "salutation"
