"""Walk through records: flat ones, nested ones, and lists with a primary item.

A nested value is known by its path, `MailingAddress.city` for one. Of a list the item marked as
primary comes first; what an item is labelled as (`work`, `mobile`) is part of its path. The items
of a list of own fields are known by the fields' names. An empty object or list holds no value.
"""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts import lists
from target_contacts.codes import whole_number
from target_contacts.contact import COUNTED, plain, spelled
from target_contacts.own_fields import are_fields, field_of
from target_contacts.people import CompanyRecord
from target_contacts.slots import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DEEPEST = 8
"""Names in the longest path that is looked into."""

CSV_VALUE, CSV_LABELS = " - Value", (" - Label", " - Type")
"""How Google's CSV files name the columns of a list's items, and of what these are labelled as."""
CSV_SEPARATOR = " ::: "
"""What stands there between several values of one label."""
CSV_PRIMARY = "* "
"""What stands there before the label of a primary item."""

NUMBERS = frozenset((*KINDS, "fax"))
"""Attributes that are telephone numbers."""

Path = tuple[str, ...]


class Place(NamedTuple):
    """Where a value stands in a record."""

    path: Path
    """Its path, which has numbers for all items of a list but the first."""
    forms: Sequence[Path]
    """What it may be spelled as; the last says most, and none is nothing."""
    number: tuple[int, ...] = ()
    """Its numbers in the lists around it, the one that counts first being 1."""

    def at(self, name: str) -> Place:
        """Return the place of what stands here under a name."""
        forms = [(*form, name) for form in self.forms]
        return Place((*self.path, name), forms, self.number)


class Leaf(NamedTuple):
    """One value of a record."""

    place: Place
    value: Any


def leaves(record: Mapping[str, Any]) -> Iterator[Leaf]:
    """Yield the values of a record, nested ones too."""
    company = CompanyRecord.of(record)
    for name, value in record.items():
        if company:
            yield from _of_company(company, _top(name), value)
        elif isinstance(value, (dict, list)):
            yield from _leaves(_top(name), value)
        elif name.endswith(CSV_VALUE):
            yield from _of_google_csv(record, name)
        else:
            yield Leaf(_top(name), value)


@functools.lru_cache(maxsize=4096)
def _top(name: str) -> Place:
    """Return the place of a property of the record."""
    return Place((name,), ((name,),))


def _of_company(company: CompanyRecord, place: Place, value: Any) -> Iterator[Leaf]:
    """Yield the values of a company's field; the first of its people is the contact."""
    (name,) = place.path
    if name == company.people:
        for number, person in enumerate(company.persons, 1):
            if number == 1:
                yield from _leaves(Place((name,), ((),)), person)
            else:
                yield from _leaves(Place((name, str(number)), ()), person)
    elif name in company.names:
        yield Leaf(Place((name,), (("company_name",),)), value)
    else:
        yield from _leaves(place, value)


def _of_google_csv(record: Mapping[str, Any], name: str) -> Iterator[Leaf]:
    """Yield the values of a column that another one labels."""
    value, start = record[name], name.removesuffix(CSV_VALUE)
    said = (record.get(start + end) for end in CSV_LABELS)
    label = next((each for each in said if isinstance(each, str)), "")
    number = 0 if label.startswith(CSV_PRIMARY) else 1
    kind, words = plain(start).rstrip("0123456789"), [plain(label)]
    apart = lists.apart(words)
    forms: list[Path] = [(name,), (kind, apart or plain(label))]
    if apart and apart not in lists.APART:
        forms = []
    place = Place((name,), forms, (number,))
    if isinstance(value, str) and CSV_SEPARATOR in value:
        yield from _items(place, value.split(CSV_SEPARATOR))
    else:
        yield Leaf(place, value)


def _leaves(place: Place, value: Any) -> Iterator[Leaf]:
    """Yield a value, or the values inside it."""
    if not isinstance(value, (dict, list)) or (value and len(place.path) > DEEPEST):
        yield Leaf(place, value)
    elif isinstance(value, list):
        yield from _items(place, value)
    elif any(spelled(form) == ("status", 0) for form in place.forms):
        yield Leaf(place, value)
    else:
        whole = whole_number(value) if _attribute(place) in NUMBERS else value
        for name, child in whole.items():
            yield from _leaves(place.at(name), child)


def _attribute(place: Place) -> str:
    """Return the attribute that a list or an object spells, or ""."""
    found = (spelled(form) for form in place.forms)
    return next((each[0] for each in found if each), "")


def _items(place: Place, items: Sequence[Any]) -> Iterator[Leaf]:
    """Yield the values of a list's items, the primary one first."""
    if are_fields(place.path[-1], items):
        yield from _own_fields(place, items)
        return
    attribute = _attribute(place)
    counts: Counter[str] = Counter()
    for item in lists.in_order(items):
        words = item.words or _name_as_label(item.value, attribute)
        apart = lists.apart(words) if attribute in NUMBERS or not attribute else ""
        counts[apart] += 1
        below = _below(place, () if item.is_primary else words, apart, counts[apart])
        if isinstance(item.value, dict):
            yield from _of_item(below, item, is_known=bool(attribute))
        else:
            yield from _leaves(below, item.value)


def _name_as_label(value: Any, attribute: str) -> Sequence[str]:
    """Return the name of a number or an e-mail address: it says what the item is."""
    name = value.get("name") if attribute in COUNTED and isinstance(value, dict) else None
    return (plain(name),) if isinstance(name, str) else ()


def _below(place: Place, words: Sequence[str], apart: str, number: int) -> Place:
    """Return the place of an item: its number is part of its path, its labels of its forms."""
    path, forms = place.path, list(place.forms)
    if apart:
        path, forms = (*path, apart), [(*form, apart) for form in forms]
    else:
        forms += [(*form, word) for form in place.forms for word in words]
        if len(words) > 1:
            forms += [(*form, *words) for form in place.forms]
    path = (*path, str(number)) if number > 1 else path
    return Place(path, forms, (*place.number, number))


def _of_item(place: Place, item: lists.Item, *, is_known: bool) -> Iterator[Leaf]:
    """Yield the values of an item; what it says of itself only where no attribute takes it."""
    found = list(_leaves(place, item.held))
    yield from found
    if item.said and not is_known and not any(map(_is_spelled, found)):
        for name in item.said:
            yield Leaf(Place((*place.path, name), ()), item.value[name])


def _is_spelled(leaf: Leaf) -> bool:
    return any(spelled(form) for form in leaf.place.forms)


def _own_fields(place: Place, items: Sequence[Mapping[str, Any]]) -> Iterator[Leaf]:
    """Yield the values of own fields under the names of the fields."""
    counts: Counter[str] = Counter()
    for item in items:
        name, value = field_of(item) or ("", None)
        counts[name] += 1
        path = (*place.path, name, *([str(counts[name])] if counts[name] > 1 else ()))
        yield from _leaves(Place(path, [("fields", name)], (counts[name],)), value)
