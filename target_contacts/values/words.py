"""Compare names as people read them: without case, accents, spaces and punctuation."""

from __future__ import annotations

import re
import unicodedata

_PUNCTUATION = re.compile(r"[\W_]+")
_ACCENTS = re.compile("[\u0300-\u036f]")


def plain(name: str) -> str:
    """Return a name without case, accents, spaces and punctuation; full width is half width."""
    if not name.isascii():
        folded = unicodedata.normalize("NFKC", name).casefold().replace("〒", "postalcode")
        name = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", folded)))
    return _PUNCTUATION.sub("", name).casefold()


def listed(words: str) -> frozenset[str]:
    """Return words that are listed with spaces between them."""
    return frozenset(words.split())
