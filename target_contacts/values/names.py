"""Take names apart and put them together, without inventing or losing a word.

The usual name parsers sort titles, suffixes and nicknames out and drop commas, quotes and
brackets, so that what they return cannot be joined again; hence these few rules.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from target_contacts.values import name_suffixes
from target_contacts.values.basic import text
from target_contacts.values.words import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

_PARTICLES = listed(
    "abd abdel abdul af al ap av bat bin bint binte binti d' da dal dalla das de degli dei del "
    "della dello den der des di dos du el het ibn la las le los mac mc ní o' op ó saint sainte san "
    "st ste 't ten ter thor tot ul van vom von zu zum zur "
    "بن ابن بنت أبو ابو أبي ابي أم ام آل عبد בן בת אבו בר דה фон ван де дер ди да ле ибн бин бен "
    "эль ณ"
)
"""Words before a family name that belong to it, in any case."""

_SMALL_PARTICLES = listed("aan abu auf aus ben do im in li lo te uit und ur")
"""The like, which with a capital are names of their own."""

_JOINING = listed("e i y")
"""Words between two family names that belong together."""

_TAILS = listed("الدين الله")
"""Words that are one name with the word before them."""

TITLES = listed(
    "dr prof doktor professor mag ing mr mrs ms miss mister herr herrn frau monsieur madame mme "
    "mademoiselle mlle sir dipl-ing"
)
"""Titles and forms of address before names."""

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
    kana or hangul have the family name first, others last, with its particles. Suffixes, such as
    Jr., PhD or RN, stay behind the last name; titles and what stands in brackets stay with the
    part they stand by. What cannot be split, such as one word, or a family name with a title, is
    returned whole as first name, with "".
    """
    name = text(full)
    comma = _comma(name)
    if comma is not None and not _are_suffixes(name[comma + 1 :], both=_are_both(name[:comma])):
        return _around(name, comma)
    words = _WORD.findall(name)
    end = _end_of_names(words if comma is None else _WORD.findall(name[:comma]))
    if end <= 1:
        return " ".join(words), ""
    if _is_family_first("".join(words[:end])):
        return " ".join(words[1:]), words[0]
    start = _start_of_last(words, end)
    first, last = " ".join(words[:start]), " ".join(words[start:])
    return (first, last) if first else (last, "")


def whole(first: Any, last: Any) -> str:
    """Return "First Last", or "Last First" for names written in kanji, kana or hangul."""
    if isinstance(first, str) and isinstance(last, str) and (first + last).isascii():
        return _plain(f"{first} {last}")
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
    return not name.isascii() and bool(_FAMILY_FIRST.fullmatch(re.sub(r"[\W\d_]+", "", name)))


def _comma(name: str) -> int | None:
    found = _COMMA.search(re.sub(_BRACKETS, lambda each: " " * len(each[0]), name))
    return found.start() if found else None


def _are_both(name: str) -> bool:
    """Say whether a name is a first and a last one, rather than a last one with its particle."""
    words = _WORD.findall(name)
    return _second_name(words) < len(words) and not is_particle(words[0])


def _are_suffixes(behind: str, *, both: bool) -> bool:
    """Say whether only suffixes and titles follow a comma, as in "John Smith, Jr."."""
    apart = [word for word in _WORD.findall(behind) if not _is_aside(word)]
    words = [each for word in apart for each in _COMMA.split(word) if each]
    return name_suffixes.are_all([word for word in words if _bare(word) not in TITLES], both=both)


def _around(name: str, comma: int) -> tuple[str, str]:
    """Return the parts around a comma: suffixes and particles behind the first name move over."""
    last, given, behind = _plain(name[:comma]), name[comma + 1 :], ""
    if not last:
        return _plain(given), ""
    second = _comma(given)
    if second and _are_suffixes(given[second + 1 :], both=True):
        given, behind = given[:second], given[second] + " " + _plain(given[second + 1 :])
    words = _WORD.findall(given)
    end = _end_of_names([last, *words], least=2, asides=False) - 1
    start = _start_of_particles(words, end)
    whole = " ".join((*words[start:end], last, *words[end:]))
    return " ".join(words[:start]), (whole + behind).strip()


def _start_of_particles(words: Sequence[str], end: int) -> int:
    """Return where particles at the end of a first name start: Ludwig van."""
    start = end
    while start > 1 and _is_small(words[start - 1]) and is_particle(words[start - 1]):
        start -= 1
    return start


def _is_small(word: str) -> bool:
    """Say whether a word has no capital; some scripts have none."""
    return word == word.lower()


def _end_of_names(words: Sequence[str], *, least: int = 1, asides: bool = True) -> int:
    """Return how many words there are without suffixes at the end.

    Args:
        words: The words.
        least: How many stay.
        asides: Whether what stands in brackets, and forms of address, count as suffixes.
    """
    end, second = len(words), _second_name(words)
    while end > least:
        length = name_suffixes.length(words, end, both=end - 1 > second)
        if asides and _is_aside(words[end - 1]):
            length = 1
        if not length:
            break
        end -= length
    return end


def _second_name(words: Sequence[str]) -> int:
    """Return where the second word is that is no title; the end, if the first ones are."""
    places = [n for n, word in enumerate(words[:FIRST_WORDS]) if _bare(word) not in TITLES]
    return places[1] if len(places) > 1 else len(words)


FIRST_WORDS = 8
"""Words that are looked at to see whether a name has a first and a last one."""


def _start_of_last(words: list[str], end: int) -> int:
    """Return where the last name starts; 0 if there is none but it and a title."""
    start = end - 1
    while start and (before := _belonging(words, start)):
        start -= before
    titles = all(_bare(word) in TITLES or not _has_letters(word) for word in words[:start])
    return 0 if titles else start


def _belonging(words: list[str], start: int) -> int:
    """Return how many of the words before a last name belong to it.

    A name starts with a given one, such as Van or Al, unless it starts with a small letter.
    """
    last = words[start - 1]
    if last in _JOINING and start - 2 > 0:
        return 2
    if words[start] in _TAILS and start > 1:
        return 1
    return int(is_particle(last) and (last.islower() or start > 1))


def is_particle(word: str) -> bool:
    """Say whether a word before a family name belongs to it."""
    return word in _SMALL_PARTICLES or _bare(word) in _PARTICLES


def _is_aside(word: str) -> bool:
    """Say whether a word is in brackets, has no letters, or is a form of address at the end."""
    is_apart = word.startswith(("(", "\uff08")) or not _has_letters(word)
    return is_apart or name_suffixes.bare(word) in name_suffixes.HONORIFICS


def _has_letters(word: str) -> bool:
    return any(map(str.isalpha, word))


def _bare(word: str) -> str:
    return word.casefold().replace(".", "").strip(",")
