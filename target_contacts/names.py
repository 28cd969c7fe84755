"""Take names apart and put them together, without inventing or losing a word.

The usual name parsers sort titles, suffixes and nicknames out and drop commas, quotes and
brackets, so that what they return cannot be joined again; hence these few rules.
"""

from __future__ import annotations

import re
from typing import Any

from target_contacts.contact import listed, text

_PARTICLES = listed(
    "af al av bin bint binte binti da dal dalla das de degli dei del della dello den der des di "
    "dos du el het ibn la las le los mac mc ní op ó saint sainte san st ste 't ten ter van vom von "
    "zu zum zur"
)
"""Words before a family name that belong to it, in any case."""

_SMALL_PARTICLES = listed("abu ben do li lo te und")
"""The like, which with a capital are names of their own."""

_JOINING = listed("e y")
"""Words between two family names that belong together."""

_TITLES = listed(
    "dr prof doktor professor mag ing mr mrs ms miss mister herr herrn frau monsieur madame mme "
    "mademoiselle mlle sir dipl-ing"
)
_SUFFIXES = listed(
    "jr sr ii iii iv phd md esq mba llm dds cpa dr prof 様 さん 氏 殿 先生 御中 님 씨"
)

# The escapes are the characters beside them as Japanese and Arabic set them.
_COMMA = re.compile(r"[,\uff0c\u3001\u060c]")
_BRACKETS = r"[(\uff08][^()\uff08\uff09]*[)\uff09]"
_WORD = re.compile(rf"{_BRACKETS}\S*|\S+")
_FAMILY_FIRST = re.compile(
    "[\u1100-\u11ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff]+"
)
"""Kanji, kana and hangul."""


def split(full: Any) -> tuple[str, str]:
    """Return the first and the last name of a whole one.

    "Last, First" is told by its comma, the only character that gets lost. Names written in kanji,
    kana or hangul have the family name first, others last, with its particles. Titles, suffixes
    and what stands in brackets stay with the part they stand by. What cannot be split, such as
    one word, or a family name with a title, is returned whole as first name, with "".
    """
    name = text(full)
    if parts := _at_comma(name):
        return parts
    words = _WORD.findall(name)
    end = _end_of_names(words)
    if end <= 1:
        return " ".join(words), ""
    if _is_family_first("".join(words[:end])):
        return " ".join(words[1:]), words[0]
    start = _start_of_last(words, end)
    first, last = " ".join(words[:start]), " ".join(words[start:])
    return (first, last) if first else (last, "")


def whole(first: Any, last: Any) -> str:
    """Return "First Last", or "Last First" for names written in kanji, kana or hangul."""
    parts = [_plain(first), _plain(last)]
    if _is_family_first("".join(parts)):
        parts.reverse()
    return " ".join(filter(None, parts))


def splits(first: Any, last: Any) -> list[tuple[str, str]]:
    """Return a name's two parts, and how else its whole may have been taken apart.

    Where the first name ends cannot be told of "José García Márquez": one that went through a
    system with a single field for names may come back as another first and last name.
    """
    given = (text(first), text(last))
    parts = [_plain(first), _plain(last)]
    is_family_first = _is_family_first("".join(parts))
    words = " ".join(reversed(parts) if is_family_first else parts).split()
    ends = range(1, len(words)) if len(words) <= MOST_WORDS else ()
    halves = [(" ".join(words[:end]), " ".join(words[end:])) for end in ends]
    others = [half[::-1] for half in halves] if is_family_first else halves
    return list(dict.fromkeys([given, *others]))


MOST_WORDS = 6
"""Words of the longest name that is taken apart in every way."""


def reading(first_reading: Any, last_reading: Any) -> str:
    """Return the reading of a name, family name first."""
    return " ".join(filter(None, (_plain(last_reading), _plain(first_reading))))


def _plain(name: Any) -> str:
    return "" if name is None else " ".join(text(name).split())


def _is_family_first(name: str) -> bool:
    """Say whether all letters of a name are kanji, kana or hangul."""
    return not name.isascii() and bool(_FAMILY_FIRST.fullmatch(re.sub(r"[\W\d_]+", "", name)))


def _at_comma(name: str) -> tuple[str, str] | None:
    """Return the parts around a comma, unless only suffixes follow, as in "John Smith, Jr."."""
    without = re.sub(_BRACKETS, lambda found: " " * len(found[0]), name)
    comma = _COMMA.search(without)
    if not comma or all(_is_suffix(word) for word in _WORD.findall(name, comma.end())):
        return None
    return _plain(name[comma.end() :]), _plain(name[: comma.start()])


def _end_of_names(words: list[str]) -> int:
    """Return how many words there are without suffixes at the end."""
    end = len(words)
    while end > 1 and _is_suffix(words[end - 1]):
        end -= 1
    return end


def _start_of_last(words: list[str], end: int) -> int:
    """Return where the last name starts; 0 if there is none but it and a title."""
    start = end - 1
    while start and (before := _belonging(words, start)):
        start -= before
    titles = all(_bare(word) in _TITLES or not _has_letters(word) for word in words[:start])
    return 0 if titles else start


def _belonging(words: list[str], start: int) -> int:
    """Return how many of the words before a last name belong to it.

    A name starts with a given one, such as Van or Al, unless it starts with a small letter.
    """
    last = words[start - 1]
    if last in _JOINING and start - 2 > 0:
        return 2
    is_particle = last in _SMALL_PARTICLES or _bare(last) in _PARTICLES
    return int(is_particle and (last.islower() or start > 1))


def _is_suffix(word: str) -> bool:
    is_aside = word.startswith(("(", "\uff08")) or not _has_letters(word)
    return is_aside or _bare(word) in _SUFFIXES


def _has_letters(word: str) -> bool:
    return any(map(str.isalpha, word))


def _bare(word: str) -> str:
    return word.casefold().replace(".", "").strip(",")
