"""What all that handles values of contacts shares: what is empty, values as text."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin.value_files import shown
from target_contacts.values import texts

if TYPE_CHECKING:
    from collections.abc import Iterable

FLAGS = frozenset({"is_favourite", "is_spam", "ignore_assortment"})
"""Attributes that are yes or no; all others are text."""


class NoValue(ValueError):
    """A value stands for none: a boolean where text is meant, as Odoo sends it."""


class OtherThing(ValueError):
    """A value is another thing than its field takes, and costs no contact: it is left out."""


class TooLong(ValueError):
    """A value is longer than its field takes."""


def meant(attribute: str, value: Any) -> Any:
    """Return the value of an attribute; None for a boolean where text is meant."""
    return None if isinstance(value, bool) and attribute not in FLAGS else value


def is_empty(value: object) -> bool:
    """Say whether a source's value stands for no value."""
    if isinstance(value, str):
        return not value or (not "!" <= value[0] <= "~" and texts.is_blank(value))
    return value is None or (isinstance(value, (dict, list)) and not value)


def text(value: Any) -> str:
    """Return a plain value as text, without control characters and needless fractions.

    Raises:
        NoValue: If it is a boolean, which stands for no value where text is meant.
        ValueError: If it is no plain value.
    """
    if isinstance(value, str):
        return value if value.isprintable() else texts.cleaned(value)
    if isinstance(value, bool):
        msg = "must be text"
        raise NoValue(msg)
    if isinstance(value, (float, Decimal)):
        return texts.number(value)
    if isinstance(value, (dict, list)):
        msg = "must be a plain value"
        raise ValueError(msg)  # noqa: TRY004  # conversions raise ValueError throughout
    return str(value)


def line(value: Any) -> str:
    """Return a plain value as text of one line; see `text`."""
    if isinstance(value, str) and value.isprintable():
        return value
    return texts.on_one_line(text(value))


def compared(value: Any) -> str:
    """Return a value as it is compared with others: trimmed, in Unicode's form NFC.

    What is empty, or no plain value, is "".
    """
    try:
        return "" if is_empty(value) else unicodedata.normalize("NFC", text(value)).strip()
    except ValueError:
        return ""


def stripped(value: Any) -> str:
    """Return text of one line without blanks around it: a name of blanks is none."""
    return line(value).strip()


def assert_known(setting: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise a ConfigurationError that lists the right names if one is wrong."""
    wrong = sorted(set(names) - set(known))
    if wrong:
        msg = f"{setting} names {', '.join(map(shown, wrong))}; known are: {', '.join(known)}."
        raise ConfigurationError(msg)


def as_text(value: Any) -> str:
    """Return a value as text; none, and what is no plain value, is ""."""
    return "" if value is None or isinstance(value, (dict, list, bytes)) else str(value)
