"""Order the items of a list, and read what each is labelled as."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.values import convert
from target_contacts.values.basic import is_empty
from target_contacts.values.words import listed, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FIRST = listed("primary preferred pref default principal current primaryaddress primaryflag")
"""What the item that counts is marked with, `is` before it or not."""
MUST = listed("active enabled valid")
"""Marks whose contrary says that an item is out of use."""
OUT = listed("deleted archived invalid inactive bounced disabled obsolete")
"""Marks that say so themselves."""
ORDERS = listed("rank order position priority preference pref sequence sortorder ordinal index")
"""Names of numbers that put items in order, the lowest first."""
RATED = listed("rank priority preference pref")
"""Those that say which item counts, and not only which place it has."""
LABELS = listed(
    "type label kind category system use usage usagetype contexts features field "
    "phonetype numbertype phonenumbertype emailtype addresstype contacttype linetype"
)
"""What says what an item is."""
METADATA = listed("metadata formattedtype")
"""What else an item of a list says of itself rather than of the contact."""
IS_FIRST = listed("primary preferred pref default")
"""Labels that are marks, and what other marks begin with: `is_primary_mobile_no`."""

SECOND = listed("other others alternate alternative secondary additional second")
"""Labels of what comes after all else, and of which they say no more."""

APART = {
    "mobile": re.compile(".*(mobil|cell|handy|portable|gsm|natel|携帯).*"),
    "fax": re.compile(
        "(work|business|main|office|tele)?fax(only|number|line)?|ファックス|勤務先fax"
    ),
}
"""Labels of items that do not stand for the whole list: what they mean, and how they are put."""
NO_PHONES = re.compile("(?!.*voice).*(fax|pager|ファックス)")
"""Labels of items that are not taken at all."""

FORMS = 4096
"""Sets of names in items, and labels, that are remembered."""


Order = tuple[bool, bool, int, float]

UNORDERED = float("inf")
"""The number of an item that has none."""


class Names(NamedTuple):
    """The names in an item, by what they say."""

    first: Sequence[str]
    must: Sequence[str]
    out: Sequence[str]
    orders: Sequence[str]
    labels: Sequence[str]
    said: Sequence[str]
    """All of what the item says of itself, but for numbers that put items in order."""
    held: Sequence[str]
    """All else."""
    is_rated: bool
    """Whether a number says which item counts."""


class Item(NamedTuple):
    """An item of a list."""

    value: Any
    words: Sequence[str] = ()
    """What it is labelled as, in plain words."""
    is_primary: bool = False
    """Whether it is marked as the one that counts."""
    said: Sequence[str] = ()
    """Names of what it says of itself."""
    order: Order = (False, False, 1, UNORDERED)
    """What puts the items of a list in order, the one that counts first."""
    is_rated: bool = False
    """Whether its number says that it counts before others."""

    @property
    def held(self) -> Mapping[str, Any]:
        """Return what an object holds but for what it says of itself."""
        value: Mapping[str, Any] = self.value
        if not self.said:
            return value
        return {name: each for name, each in value.items() if name not in self.said}


def in_order(values: Sequence[Any]) -> list[Item]:
    """Return the items of a list, the one that counts first.

    First comes what is marked as primary, in whatever words; what is marked as not primary, or as
    another one, comes after what is not marked at all, then what is marked as out of use, last what
    has no value.
    Among equals a number such as `rank` puts them in order.
    """
    items = [_item(value) for value in values]
    if items[1:]:
        items.sort(key=_order)
        first, second = items[:2]
        if first.is_rated and first.order < second.order:
            items[0] = first._replace(is_primary=True)
    return items


def _order(item: Item) -> Order:
    return item.order


def _item(value: Any) -> Item:
    if not isinstance(value, dict):
        return Item(value, order=(is_empty(value), False, 1, UNORDERED))
    names = _names(tuple(value))
    has_value = any(not is_empty(value[name]) for name in names.held if name != "id")
    if not names.said and not names.orders:
        return Item(value, order=(not has_value, False, 1, UNORDERED))
    return _marked(value, names, has_value=has_value)


def _marked(value: Mapping[str, Any], names: Names, *, has_value: bool) -> Item:
    """Return an item that says something of itself."""
    first, is_out = _said(value)
    words = [word for name in names.labels for word in _labels(value[name])]
    is_primary = first is True or not IS_FIRST.isdisjoint(words)
    words += [plain(name) for name in names.first if flag(value[name])]
    is_second = first is False or not SECOND.isdisjoint(words)
    level = 0 if is_primary else 1 + is_second
    number = _number(value, names.orders)
    said = [name for name in names.said if _says(name, value[name], names)]
    has_value = has_value or len(said) < len(names.said)
    is_rated = names.is_rated and number < UNORDERED
    return Item(value, words, is_primary, said, (not has_value, is_out, level, number), is_rated)


def _says(name: str, value: Any, names: Names) -> bool:
    """Say whether a value is what its name lets expect of an item: a mark, or a label."""
    if is_empty(value) or _word(name) in METADATA:
        return True
    return any(_labels(value)) if name in names.labels else flag(value) is not None


def _said(item: Mapping[str, Any]) -> tuple[bool | None, bool]:
    """Return whether an item is marked as primary, and whether as out of use."""
    names = _names(tuple(item))
    flags = [flag(item[name]) for name in names.first]
    first = True if True in flags else False if False in flags else None
    is_out = any(flag(item[name]) is False for name in names.must)
    is_out = is_out or any(flag(item[name]) for name in names.out)
    inner = item.get("metadata")
    if first is None and isinstance(inner, dict):
        flags = [flag(inner[name]) for name in _names(tuple(inner)).first]
        first = True if True in flags else False if False in flags else None
    return first, is_out


@functools.lru_cache(maxsize=FORMS)
def _names(names: tuple[str, ...]) -> Names:
    """Sort the names in an item by what they say of it."""
    words = {name: _word(name) for name in names}
    kinds = [
        [name for name in names if words[name] in kind]
        for kind in (FIRST, MUST, OUT, ORDERS, LABELS)
    ]
    said = {name for kind in (*kinds[:3], kinds[-1]) for name in kind}
    said |= {name for name in names if words[name] in METADATA}
    first, must, out, orders, labels = kinds
    held = [name for name in names if name not in said]
    is_rated = any(words[name] in RATED for name in orders)
    return Names(first, must, out, orders, labels, tuple(said), held, is_rated)


@functools.lru_cache(maxsize=FORMS)
def _word(name: str) -> str:
    """Return a name as a plain word, without `is` before it if it is a mark."""
    word = plain(name)
    bare = word.removeprefix("is")
    if bare != word and bare.startswith(tuple(IS_FIRST)):
        return "primary"
    return bare if bare in FIRST | MUST | OUT else word


def _number(item: Mapping[str, Any], names: Sequence[str]) -> float:
    """Return the number that an item has in its list's order; infinity if it has none."""
    for name in names:
        if isinstance(item[name], (int, float, str)) and not isinstance(item[name], bool):
            try:
                return float(item[name])
            except (ValueError, OverflowError):
                continue
    return UNORDERED


def flag(value: Any) -> bool | None:
    """Return what a value says as yes or no, such as 1 or "true"; None if it says neither."""
    if value is None or isinstance(value, (bool, dict, list)):
        return value if isinstance(value, bool) else None
    try:
        return convert.flag(value)
    except ValueError:
        return None


def _labels(value: Any) -> Iterator[str]:
    """Yield the plain words of a label: one text, several, or those that are said to be so."""
    if isinstance(value, str):
        found = [value]
    elif isinstance(value, (list, dict)):
        said = value.items() if isinstance(value, dict) else ((each, True) for each in value)
        found = [each for each, is_so in said if is_so is True and isinstance(each, str)]
    else:
        found = []
    yield from filter(None, map(_plain, found))


_plain = functools.lru_cache(maxsize=FORMS)(plain)


def apart(words: Sequence[str]) -> str:
    """Return what labels mean if their item does not stand for the whole list, or ""."""
    return next(filter(None, map(_apart, words)), "")


@functools.lru_cache(maxsize=FORMS)
def _apart(word: str) -> str:
    meant = (meaning for meaning, pattern in APART.items() if pattern.fullmatch(word))
    return next(meant, word if NO_PHONES.match(word) else "")
