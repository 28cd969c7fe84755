"""Compare a full name with a first and last name: are they one person's, however written?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from target_contacts.values.names import TITLES, is_particle
from target_contacts.values.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

_UMLAUT = re.compile("(?<=[aou])e")
_WORDS = re.compile(r"[^\W_]+")

FEWEST_LETTERS = 4
"""Letters of a Latin name that is found within a word; shorter ones are in many."""


def is_whole_of(full: str, first: str, last: str) -> bool:
    """Say whether a full name is that of somebody with this first and last name.

    It may have titles, middle names or an initial, another order and other accents. Of first and
    last name one may be "".
    """
    has_first = _holds(full, first) or plain(first)[:1] in _words(full)
    return has_first and _holds(full, last)


def is_part_of(full: str, parts: Iterable[str]) -> bool:
    """Say whether all of a full name, titles apart, is in the parts of another one."""
    whole = " ".join(parts)
    return _words(full) - TITLES <= _words(whole) or _folded(full) in _folded(whole)


def _holds(full: str, part: str) -> bool:
    """Say whether a full name holds a part, or one word of it that is no particle."""
    folded = _folded(part)
    is_long = len(folded) >= FEWEST_LETTERS or not folded.isascii()
    if not folded or (is_long and folded in _folded(full)):
        return True
    return any(not is_particle(word) for word in _words(part) & _words(full))


def _folded(name: str) -> str:
    """Return a name without case, accents, spaces and punctuation; Mueller is Müller."""
    return _UMLAUT.sub("", plain(name))


def _words(name: str) -> set[str]:
    return {_folded(word) for word in _WORDS.findall(name)}
