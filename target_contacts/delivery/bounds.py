"""The limits of guards, as settings and `--allow` give them."""

from __future__ import annotations

import difflib
import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tap_contacts.plugin import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

Given: TypeAlias = "int | str"
"""A limit: a number, or a percentage as text."""

GUARDS = ("max_creates", "max_updates", "max_deletes", "max_cleared", "max_rejected")

DEFAULTS: Mapping[str, Given] = {"max_deletes": "25%", "max_cleared": "25%"}
"""Limits of guards that are not given; the others have none."""

FEWEST = 20
"""Contacts of a stream from which on a percentage of them is a limit."""

_NUMBER = re.compile(r"[0-9]{1,15}")
_SHARE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?%")


class Bound(NamedTuple):
    """The limit of a guard."""

    value: Decimal
    is_share: bool
    """Whether it is a percentage of the contacts of a stream."""

    def counts(self, contacts: int) -> bool:
        """Say whether it is a limit for a stream with so many contacts."""
        return not self.is_share or contacts >= FEWEST

    def of(self, contacts: int) -> int:
        """Return the limit for a stream with so many contacts, rounded down."""
        return int(self.value * contacts / 100 if self.is_share else self.value)


def bounds_of(given: Mapping[str, Given | None]) -> dict[str, Bound]:
    """Return the limits of all guards that have one; raise ValueError with a sentence if wrong."""
    named = {name: value for name, value in given.items() if value is not None}
    return {name: bound(name, value) for name, value in {**DEFAULTS, **named}.items()}


def bound(name: str, value: Given) -> Bound:
    """Return the limit of a guard; raise ValueError with a sentence if it is none."""
    if name not in GUARDS:
        near = difflib.get_close_matches(name, GUARDS, 1, 0.7)
        known = f"did you mean {near[0]}?" if near else f"known are {', '.join(GUARDS)}"
        msg = f"{printable.name(name)}: no such guard; {known}"
        raise ValueError(msg)
    text = str(value).strip()
    if _NUMBER.fullmatch(text):
        return Bound(Decimal(text), is_share=False)
    if share := _SHARE.fullmatch(text):
        return Bound(Decimal(share[1]), is_share=True)
    msg = f"{name} must be a number from 0 on, or a percentage such as 10%"
    raise ValueError(msg)


def allowed(texts: tuple[str, ...]) -> dict[str, Given]:
    """Return the limits that options such as `max_cleared=5000` give.

    Raises:
        ValueError: If one is wrong; the sentence says why.
    """
    given: dict[str, Given] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign:
            msg = "give it as GUARD=N, such as max_cleared=5000"
            raise ValueError(msg)
        bound(name.strip(), value)
        given[name.strip()] = value
    return given
