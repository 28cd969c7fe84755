"""Find the attribute of the vocabulary that a field spells, by its path in a record.

A path is spelled as it stands, without the objects around it that say nothing, or without what the
value is called in an object of its own. An address is spelled with what it is the address of.
"""

from __future__ import annotations

import functools
import re
from itertools import chain
from typing import TYPE_CHECKING

from target_contacts.contact import words_around as around
from target_contacts.contact.vocabulary import ADDRESS, ATTRIBUTES
from target_contacts.contact.words_around import ADDRESSES, BARE, IDS
from target_contacts.values.words import listed, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

COUNTED = frozenset((*around.LABELLED, "email")) - {"fax"}
"""Attributes whose spellings may be plurals, and may have a number behind them."""

PERSONAL = frozenset(ATTRIBUTES) - listed(
    "status customer_id customer_reference owner_id user_name password role ignore_assortment "
    "image note is_favourite is_spam"
)
"""Attributes that are a person's wherever a person's fields are."""

Spelling = tuple[str, int]
"""Attribute, and a rank: of several the lowest counts."""

STEP = 100
"""From the rank of one spelling to that of the next; more than there are names inside one."""
AT_LAST = 20_000
"""What is added to the rank of what is spelled less well."""
RANKS = 1_000_000
"""More than the rank of any spelling: from one address to the next."""


def _plain_words(words: str) -> list[str]:
    return [plain(word) for word in words.split()]


def _ranked(words: str) -> dict[str, int]:
    return {word: place for place, word in reversed([*enumerate(_plain_words(words))])}


def _spellings() -> Iterator[tuple[str, Spelling]]:
    """Yield plain spellings, each with its attribute and rank; the first counts."""
    for attribute, spellings in ATTRIBUTES.items():
        first = BARE * RANKS if attribute in ADDRESS else 0
        for place, spelling in enumerate(_plain_words(spellings)):
            yield spelling, (attribute, first + place * STEP)
    yield from _labelled()


def _labelled() -> Iterator[tuple[str, Spelling]]:
    """Yield what numbers and e-mails are called with what they are labelled as, on either side."""
    kinds = [(each, labels, around.NUMBERED) for each, labels in around.LABELLED.items()]
    for attribute, labels, names in (
        *kinds,
        ("email", around.EMAIL_LABELS, around.EMAILS),
    ):
        for label, place in _ranked(labels).items():
            for name in _plain_words(names):
                yield name + label, (attribute, AT_LAST // 2 + place)
                yield label + name, (attribute, AT_LAST // 2 + place)


SPELLINGS = dict(reversed(list(_spellings())))
"""Plain spelling to attribute and rank."""

_PARTS = {word: (a, rank % RANKS) for word, (a, rank) in SPELLINGS.items() if a in ADDRESS}
"""Words for parts of an address."""
_WITHIN = _PARTS | {
    word: (attribute, STEP // 2 + place)
    for attribute, words in around.WITHIN.items()
    for word, place in _ranked(words).items()
}
"""The same behind what can be nothing but an address: a `business number` is none of a house."""
_PLACES = sorted(
    (
        (kind, place)
        for place, kinds in enumerate(ADDRESSES)
        for kind in _plain_words(kinds)
        if place != BARE
    ),
    key=lambda each: -len(each[0]),
)
"""What an address is of, the longest first, and its place."""
_KEEPERS = sorted(_plain_words(around.KEEPERS), key=len, reverse=True)
_INSIDE = {
    **{attribute: _ranked(words) for attribute, words in around.INSIDE.items()},
    **dict.fromkeys(around.LABELLED, _ranked(around.INSIDE_NUMBERS)),
}
_INSIDE_ANY = _ranked(around.INSIDE_ANY)
METHODS = listed(around.METHODS)
"""Names of lists whose labels say what their items are."""
WRAPPERS = listed(around.WRAPPERS) | METHODS
"""Names of objects and lists that say nothing of what is in them."""
_FLAT_WRAPPERS = tuple(around.FLAT_WRAPPERS.split())
_PERSONS = tuple(around.PERSONS.split())
_ADDED = re.compile(r"^[A-Za-z]_(?=.)|__c$")
"""What systems put before or behind the names of columns: `C_FirstName`, `Title__c`."""


@functools.lru_cache(maxsize=65536)
def spelled(path: tuple[str, ...]) -> Spelling | None:
    """Return the attribute that a field spells, and the spelling's rank; None if it is none."""
    if not path:
        return None
    for later, (parts, attributes) in enumerate(_forms(path)):
        if len(path) > 1 and not _IDS.isdisjoint(("".join(parts), "".join(parts[:-1]))):
            return None
        found = _told(parts)
        if found and found[0] in attributes:
            return found[0], found[1] + later * AT_LAST
    return None


_ALL = frozenset(ATTRIBUTES)
_IDS = frozenset(IDS)


Form = tuple[tuple[str, ...], "AbstractSet[str]"]
"""What a path may be read as, and the attributes that it may spell then."""


def _forms(path: tuple[str, ...]) -> Iterator[Form]:
    """Yield what a path may be read as, what says most first."""
    parts = tuple(map(plain, path))
    yield parts, _ALL
    while len(parts) > 1 and parts[0] in WRAPPERS:
        parts = parts[1:]
    yield parts, _ALL
    yield from _without_start(parts)
    if _ADDED.search(path[-1]):
        yield (*parts[:-1], plain(_ADDED.sub("", path[-1]))), _ALL


def _without_start(parts: tuple[str, ...]) -> Iterator[Form]:
    """Yield names without what systems put before the names of all columns."""
    for start in filter(parts[0].startswith, _FLAT_WRAPPERS):
        yield (parts[0].removeprefix(start), *parts[1:]), _ALL
    if len(parts) == 1:
        for start in filter(parts[0].startswith, _PERSONS):
            yield (parts[0].removeprefix(start),), PERSONAL


def _told(parts: tuple[str, ...]) -> Spelling | None:
    """Return what names spell together, with or without what the value is called at last."""
    found = _whole("".join(parts))
    around = _whole("".join(parts[:-1])) if len(parts) > 1 else None
    inside = around and _inside(around, parts[-1])
    if found and inside and found[0] == inside[0] and found[0] not in ADDRESS:
        return min(found, inside)
    return found or inside


def _inside(around: Spelling, name: str) -> Spelling | None:
    """Return what a name in an object spells, if that is what the object spells itself."""
    attribute, rank = around
    inside = _INSIDE.get(attribute, _INSIDE_ANY)
    if name in inside:
        return attribute, rank + 1 + inside[name]
    is_same = SPELLINGS.get(name, ("", 0))[0] == attribute
    return (attribute, rank + STEP - 1) if is_same else None


def _whole(name: str) -> Spelling | None:
    """Return what a name spells by itself, with an address, or as one of several."""
    return SPELLINGS.get(name) or _of_address(name) or _kept(name) or _of_several(name)


def _of_address(name: str) -> Spelling | None:
    """Return the part of an address that a name spells with what the address is of."""
    for kind, place in _PLACES:
        if name == kind and "addr" in kind:
            return "street", place * RANKS + AT_LAST // 2
    ends = ((name.removeprefix(k), place, k) for k, place in _PLACES if name.startswith(k))
    starts = ((name.removesuffix(k), place, "") for k, place in _PLACES if name.endswith(k))
    for part, place, kind in chain(ends, starts):
        words = _WITHIN if any(map(kind.__contains__, _SURE)) else _PARTS
        if part in words:
            attribute, rank = words[part]
            return attribute, place * RANKS + rank
    return None


_SURE = ("addr", "adr", "location")
"""What is in words for addresses, and in no others."""


def _kept(name: str) -> Spelling | None:
    """Return the attribute of a person that shops keep with an address."""
    for kind in filter(name.startswith, _KEEPERS):
        attribute, rank = SPELLINGS.get(name.removeprefix(kind), ("", 0))
        if attribute in around.WITH_ADDRESS:
            return attribute, rank + RANKS // 2
    return None


_NUMBER = re.compile(r"[0-9]{1,2}$")
"""What may stand behind such a name; more digits may be a telephone number themselves."""


def _of_several(name: str) -> Spelling | None:
    """Return what a name spells without its plural's end or the number behind it."""
    for one in (name.removesuffix("s"), _NUMBER.sub("", name)):
        attribute, rank = SPELLINGS.get(one, ("", 0))
        if attribute in COUNTED:
            return attribute, rank + 1
    return None


@functools.lru_cache(maxsize=4096)
def is_container(name: str) -> bool:
    """Say whether a field's name is that of a list or an object, so that null says nothing of it.

    `emails` and `MailingAddress` are; `email`, `city` and `address`, which many systems have as one
    line of text, are not.
    """
    word, found = plain(name), spelled((name,))
    if found is None:
        return False
    if found[0] == "street":
        is_bare = word in SPELLINGS or "street" in word
        return word.endswith(("addresses", "addr", "address")[: 1 if is_bare else 3])
    return found[0] in COUNTED and word.endswith("s")
