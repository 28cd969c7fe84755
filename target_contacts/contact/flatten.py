"""Walk through records: flat ones, nested ones, and lists with a primary item.

A nested value is known by its path, `MailingAddress.city` for one. Of a list the item marked as
primary comes first; what an item is labelled as (`work`, `mobile`) is part of its path. The items
of a list of own fields are known by the fields' names. An empty object or list holds no value.
"""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.contact import list_items
from target_contacts.contact.company_records import CompanyRecord
from target_contacts.contact.custom_fields import are_fields, field_of
from target_contacts.contact.numbers import KINDS
from target_contacts.contact.phone_parts import whole_number
from target_contacts.contact.spelling import COUNTED, METHODS, spelled
from target_contacts.values.words import plain

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
ANY_NUMBER = ("phone",)
"""What a number is spelled as with its label, whatever its list is called."""

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
    apart = list_items.apart(words)
    forms: list[Path] = [(name,), (kind, apart or plain(label))]
    if apart and apart not in list_items.APART:
        forms = []
    place = Place((name,), forms, (number,))
    if isinstance(value, str) and CSV_SEPARATOR in value:
        yield from _items(place, value.split(CSV_SEPARATOR))
    else:
        yield Leaf(place, value)


def _leaves(place: Place, value: Any) -> Iterator[Leaf]:
    if not isinstance(value, (dict, list)) or (value and len(place.path) > DEEPEST):
        yield Leaf(place, value)
    elif isinstance(value, list):
        yield from _items(place, value)
    elif any(spelled(form) == ("status", 0) for form in place.forms):
        yield Leaf(place, value)
    else:
        yield from _of_object(place, value, _attribute(place))


def _of_object(place: Place, value: Mapping[str, Any], attribute: str) -> Iterator[Leaf]:
    """Yield the values inside an object; of several e-mails or numbers by label, as of a list."""
    if attribute in COUNTED and all(isinstance(child, dict) for child in value.values()):
        yield from _items(place, [{"label": name, **child} for name, child in value.items()])
        return
    whole = whole_number(value) if attribute in NUMBERS else value
    for name, child in whole.items():
        yield from _leaves(place.at(name), child)


def _attribute(place: Place) -> str:
    """Return the attribute that a list or an object spells, or ""."""
    found = (spelled(form) for form in place.forms)
    return next((each[0] for each in found if each), "")


def _items(place: Place, items: Sequence[Any]) -> Iterator[Leaf]:
    """Yield the values of a list's items, the primary one first."""
    if _is_reference(place, items):
        yield from _of_reference(place, *items)
        return
    if are_fields(place.path[-1], items):
        yield from _own_fields(place, items)
        return
    attribute = _attribute(place)
    told_by_label = _is_method(place.path[-1])
    counts: Counter[str] = Counter()
    for item in list_items.in_order(items):
        words = item.words or _name_as_label(item.value, attribute, told_by_label=told_by_label)
        apart = list_items.apart(words) if attribute in NUMBERS or told_by_label else ""
        group = apart or (words[0] if told_by_label and words else "")
        counts[group] += 1
        said = words[: int(told_by_label)] if item.is_primary else words
        forms = _labelled(place.forms, attribute, said, apart)
        below = _below(place, forms, group, counts[group])
        if isinstance(item.value, dict):
            yield from _of_item(below, item, is_known=bool(attribute))
        else:
            yield Leaf(below, item.value)


@functools.lru_cache(maxsize=1024)
def _is_method(name: str) -> bool:
    """Say whether a list holds ways to reach somebody, which their labels distinguish."""
    return plain(name) in METHODS


def _is_reference(place: Place, items: Sequence[Any]) -> bool:
    """Say whether a list is an id and a name, as Odoo refers to others: `[57, "Germany"]`."""
    kinds = (int, str)
    return place.path[-1].endswith("_id") and tuple(map(type, items)) == kinds


def _of_reference(place: Place, number: int, name: str) -> Iterator[Leaf]:
    """Yield the name that a reference holds, and the id as one of another system."""
    *around, last = place.path
    path = (*around, last.removesuffix("_id"), "name")
    yield Leaf(Place((*place.path, "name"), [path], place.number), name)
    yield Leaf(Place((*place.path, "id"), ()), number)


def _name_as_label(value: Any, attribute: str, *, told_by_label: bool) -> Sequence[str]:
    """Return what an item without label is called, which says what it is."""
    if not isinstance(value, dict) or not (told_by_label or attribute in COUNTED):
        return ()
    name = value.get("source" if told_by_label else "name")
    return (plain(name),) if isinstance(name, str) else ()


def _labelled(
    forms: Sequence[Path], attribute: str, words: Sequence[str], apart: str
) -> Sequence[Path]:
    around = [ANY_NUMBER] if attribute in NUMBERS else forms
    if apart:
        return [(*form, apart) for form in around]
    words = [word for word in words if word not in list_items.SECOND]
    if not words or attribute in NUMBERS - {"phone"}:
        return forms
    labelled = [(*form, word) for form in around for word in words]
    return [*forms, *labelled, *((*form, *words) for form in around if len(words) > 1)]


def _below(place: Place, forms: Sequence[Path], group: str, number: int) -> Place:
    """Return the place of an item; its number, if it is a further one, is part of its path."""
    parts = [group] if group else []
    parts += [str(number)] if number > 1 else []
    return Place((*place.path, *parts), forms, (*place.number, number))


def _of_item(place: Place, item: list_items.Item, *, is_known: bool) -> Iterator[Leaf]:
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
    for field in filter(None, map(field_of, items)):
        counts[field.name] += 1
        number = counts[field.name]
        path = (*place.path, field.name, *([str(number)] if number > 1 else ()))
        yield from _leaves(Place(path, [("fields", field.name)], (number,)), field.value)
        for name, value in field.beside.items():
            yield from _leaves(Place((*path, name), ()), value)
