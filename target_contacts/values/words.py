"""Compare names as people read them: without case, accents, spaces and punctuation."""

from __future__ import annotations

import functools
import re
import unicodedata

_PUNCTUATION = re.compile(r"[\W_]+")
_ACCENTS = re.compile("[\u0300-\u036f]")

REMEMBERED, LONGEST_REMEMBERED = 4096, 64
"""Names that are remembered, and characters of the longest one: a stream has the same fields, and
often the same words in them, in many records."""


def plain(name: str) -> str:
    """Return a name without case, accents, spaces and punctuation; full width is half width."""
    return _plain(name) if len(name) > LONGEST_REMEMBERED else _remembered(name)


def _plain(name: str) -> str:
    if not name.isascii():
        folded = unicodedata.normalize("NFKC", name).casefold().replace("〒", "postalcode")
        name = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", folded)))
    return _PUNCTUATION.sub("", name).casefold()


_remembered = functools.lru_cache(maxsize=REMEMBERED)(_plain)


def listed(words: str) -> frozenset[str]:
    """Return words that are listed with spaces between them."""
    return frozenset(words.split())
