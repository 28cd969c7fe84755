"""Walk through records: flat ones, nested ones, and lists with a primary item.

A nested value is known by its path, `MailingAddress.city` for one. Of a list the item marked as
primary comes first; what an item is labelled as (`work`, `mobile`) is part of its path.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.contact import plain, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DEEPEST = 5
"""Levels of nesting that are looked into."""

PRIMARY = {"primary", "isprimary", "ispreferred", "preferred", "default", "isdefault"}
LABELS = {"type", "label", "kind"}
OF_ITEMS = PRIMARY | LABELS | {"metadata", "formattedtype", "active"}
"""What an item of a list says of itself rather than of the contact."""

APART = {
    "mobile": re.compile(".*(mobil|cell|handy|portable|gsm|natel|携帯).*"),
    "fax": re.compile("(work|business|main|office|tele)?fax|ファックス|勤務先fax"),
}
"""Labels of items that do not stand for the whole list: what they mean, and how they are put."""
NO_PHONES = re.compile(".*(fax|pager|ファックス)")
"""Labels of items that are not taken at all."""

CSV_VALUE, CSV_LABELS = " - Value", (" - Label", " - Type")
"""How Google's CSV files name the columns of a list's items, and of what these are labelled as."""
CSV_SEPARATOR = " ::: "
"""What stands there between several values of one label."""

Path = tuple[str, ...]


class Leaf(NamedTuple):
    """One value of a record."""

    paths: Sequence[Path]
    """Where it stands; an item of a list may count under several."""
    value: Any


def leaves(record: Mapping[str, Any]) -> Iterator[Leaf]:
    """Yield the values of a record, nested ones too."""
    for name, value in record.items():
        if isinstance(value, (dict, list)):
            yield from _leaves([(name,)], value)
        elif name.endswith(CSV_VALUE):
            yield from _of_google_csv(record, name)
        else:
            yield Leaf(((name,),), value)


def _of_google_csv(record: Mapping[str, Any], name: str) -> Iterator[Leaf]:
    """Yield the values of a column that another one labels."""
    value, start = record[name], name.removesuffix(CSV_VALUE)
    labels = (record.get(start + end) for end in CSV_LABELS)
    label = next((plain(each) for each in labels if isinstance(each, str)), "")
    kind, apart = plain(start).rstrip("0123456789"), _apart(label)
    paths: list[Path] = [(name,), (kind, apart or label)]
    if apart and apart not in APART:
        paths = [(name, apart)]
    if isinstance(value, str) and CSV_SEPARATOR in value:
        yield from _items(paths, value.split(CSV_SEPARATOR))
    else:
        yield Leaf(paths, value)


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
    counts: Counter[str] = Counter()
    for item in sorted(items, key=_is_secondary):
        label = _label(item)
        apart = _apart(label)
        counts[apart] += 1
        below = _below(paths, label, apart, counts[apart])
        if isinstance(item, dict):
            yield from _leaves(below, _kept(item) or None)
        else:
            yield Leaf(below, item)


def _below(paths: Sequence[Path], label: str, apart: str, number: int) -> list[Path]:
    """Return the paths of an item: the place in its list first, what it is labelled as last."""
    places = [(*path, apart) for path in paths] if apart else list(paths)
    labelled = places if apart else [(*path, label) for path in paths if label]
    return [*([(*path, str(number)) for path in places] if number > 1 else places), *labelled]


def _apart(label: str) -> str:
    """Return what a label means if its items do not stand for the whole list, or ""."""
    meant = (meaning for meaning, pattern in APART.items() if pattern.fullmatch(label))
    return next(meant, label if NO_PHONES.match(label) else "")


def _kept(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an item holds but for what it says of itself.

    Of a phone number that Google holds in two forms, that with country code counts.
    """
    kept = {name: child for name, child in item.items() if plain(name) not in OF_ITEMS}
    full = kept.pop("canonicalForm", None)
    if full and not str(kept.get("value")).startswith("+"):
        kept["value"] = full
    return kept


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
