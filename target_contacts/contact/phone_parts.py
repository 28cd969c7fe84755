"""Put together telephone numbers that a source holds in parts."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from target_contacts.contact.words_around import INSIDE_NUMBERS
from target_contacts.values.basic import is_empty
from target_contacts.values.words import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COUNTRIES = ("countrycode", "callingcode", "dialcode", "countrycallingcode")
AREAS = ("areacode", "citycode")
"""What the codes of a country and of an area are called, `phone` before it or not."""

_NO_DIGITS = re.compile(r"\D+")


def whole_number(held: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an object that holds a number with all of the number in one piece.

    Of a number in several forms that with a country code counts; one without gets the codes of its
    country and its area that stand beside it.
    """
    numbers, countries, areas = _names(tuple(held))
    filled = [name for name in numbers if _is_plain(held[name]) and not is_empty(held[name])]
    if not filled or (len(filled) == 1 and not (countries or areas)):
        return held
    first = filled[0]
    same = [name for name in filled if _are_same(held[name], held[first])]
    full = next((held[name] for name in same if _is_full(held[name])), held[first])
    left = {name: value for name, value in held.items() if name not in same}
    whole = {first: full, **left}
    return whole if _is_full(full) else _with_codes(whole, first, countries, areas)


def _with_codes(
    held: Mapping[str, Any], number: str, countries: Sequence[str], areas: Sequence[str]
) -> Mapping[str, Any]:
    country, area = _code(held, countries), _code(held, areas)
    parts = (country and f"+{country}", area, str(held[number]).strip())
    used = [name for name in (*countries, *areas) if _digits(held[name])]
    left = {name: value for name, value in held.items() if name not in used}
    return {**left, number: " ".join(filter(None, parts))} if used else held


def _is_full(value: Any) -> bool:
    return str(value).lstrip().startswith("+")


SHORTEST = 5
"""Digits of the shortest number that is recognised in another form."""


def _are_same(one: Any, other: Any) -> bool:
    """Say whether two values are one number, with and without the codes before it."""
    shorter, longer = sorted((_number(one), _number(other)), key=len)
    return str(one) == str(other) or (len(shorter) >= SHORTEST and longer.endswith(shorter))


def _is_plain(value: Any) -> bool:
    return not isinstance(value, (dict, list))


def _number(value: Any) -> str:
    return _NO_DIGITS.sub("", str(value)).lstrip("0")


@functools.lru_cache(maxsize=1024)
def _names(names: tuple[str, ...]) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """Return the names of an object's numbers, of its country codes and of its area codes."""
    plains = {_bare(name): name for name in names}
    numbers = map(_bare, INSIDE_NUMBERS.split())
    wanted = (tuple(numbers), COUNTRIES, AREAS)
    first, second, third = ([plains[each] for each in kind if each in plains] for kind in wanted)
    return first, second, third


def _bare(name: str) -> str:
    """Return a plain name without `phone` before it, if it says more."""
    word = plain(name)
    return word.removeprefix("phone") or word


def _code(held: Mapping[str, Any], names: Sequence[str]) -> str:
    return next(filter(None, (_digits(held[name]) for name in names)), "")


def _digits(value: Any) -> str:
    """Return the digits of a code, or "" if it is none, such as DE."""
    found = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    return "" if any(map(str.isalpha, found)) else _NO_DIGITS.sub("", found)
