"""What all that handles contacts shares: the vocabulary, what is empty, values as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from target_contacts.spelling import RANKS, SPELLINGS, WRAPPERS, spelled
from target_contacts.vocabulary import (
    ADDRESS,
    ATTRIBUTES,
    BARE,
    HONORIFICS,
    NO_STATES,
    UNTOLD,
)
from target_contacts.words import listed, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = (
    "ADDRESS", "ATTRIBUTES", "BARE", "HONORIFICS", "NO_STATES", "RANKS", "SPELLINGS", "UNTOLD",
    "WRAPPERS", "assert_known", "is_empty", "listed", "plain", "spelled", "text",
)  # fmt: skip


def is_empty(value: object) -> bool:
    """Say whether a source's value stands for no value."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, (dict, list)) and not value)


def text(value: Any) -> str:
    """Return a plain value as text, or raise ValueError."""
    if isinstance(value, str):
        return value
    if isinstance(value, (dict, list)):
        msg = "must be a plain value"
        raise ValueError(msg)  # noqa: TRY004  # conversions raise ValueError throughout
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def assert_known(setting: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise a ConfigurationError that lists the right names if one is wrong."""
    wrong = sorted(set(names) - set(known))
    if wrong:
        msg = f"{setting} names {', '.join(wrong)}; known are: {', '.join(known)}."
        raise ConfigurationError(msg)
