"""Show the form of values without showing them."""

from __future__ import annotations

import decimal
import unicodedata
from typing import TYPE_CHECKING, Any

from tap_contacts.plugin import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CLASSES = {
    "L": "letters",
    "M": "marks",
    "N": "digits",
    "P": "punctuation",
    "S": "symbols",
    "Z": "blanks",
    "C": "control characters",
}
"""Words for the first letter of Unicode's categories."""

_SHOWN = "@.+-_/"
"""Characters that are named, since they tell addresses and numbers apart."""


def rows(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name of each property, as far as it may be shown, and the form of its value."""
    for name, value in record.items():
        yield printable.name(name), form(value)


def form(value: object) -> str:
    """Return type, length and kinds of characters of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, (int, float, decimal.Decimal)):
        return f"number, {sum(map(str.isdigit, str(value)))} digits"
    if isinstance(value, (dict, list)):
        kind, parts = ("object", "properties") if isinstance(value, dict) else ("list", "items")
        return f"{kind}, {len(value)} {parts}"
    return _of_text(str(value))


def _of_text(text: str) -> str:
    if not text:
        return "text, empty"
    named = [char for char in _SHOWN if char in text]
    found = {_CLASSES[unicodedata.category(char)[0]] for char in text if char not in _SHOWN}
    kinds = [words for words in _CLASSES.values() if words in found]
    return f"text, {len(text)} characters: {', '.join([*kinds, *named])}"
