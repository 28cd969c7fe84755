"""Keep one address of a record, and never parts of two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.contact.spelling import RANKS
from target_contacts.contact.vocabulary import ADDRESS
from target_contacts.contact.words_around import BARE, GUESSED, MARKED, NEUTRAL, VAGUE
from target_contacts.values.links import is_link, may_be_link
from target_contacts.values.words import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_contacts.contact.model import Found

BESIDE = ("street_number", "street2", "city", "postal_code")
"""What shows that a street beside it is one."""
PLACED = ("street", "postal_code")
"""What nobody can guess: a guessed address with one of them is one."""


def leave_link(
    found: dict[str, list[Found]], record: Mapping[str, Any], spare: dict[str, str]
) -> None:
    """Leave out what is the name of an address elsewhere, if it is all that there is of one."""
    if any(each.is_filled for attribute in BESIDE for each in found.get(attribute, ())):
        return
    streets = [each for each in found.get("street", ()) if each.is_filled]
    if len(streets) == 1 and may_be_link(streets[0].name) and is_link(streets[0].name, record):
        spare[streets[0].name] = ""
        del found["street"]


def keep_one(found: dict[str, list[Found]], spare: dict[str, str]) -> None:
    """Keep the address with most parts; what is not said to be of any adds to it."""
    parts = [(a, each) for a in ADDRESS for each in found.get(a, ())]
    places = {_place(each) for _, each in parts}
    if len(places) == 1 and GUESSED not in places:
        return
    kept = _kept([(a, each) for a, each in parts if each.is_filled])
    for attribute in found.keys() & ADDRESS.keys():
        of_it = [each for each in found[attribute] if _is_of(each, kept)]
        left = (each for each in found[attribute] if each.is_filled and each not in of_it)
        spare.update((each.name, attribute) for each in left)
        found[attribute] = sorted(of_it, key=lambda each: kept.index(_place(each)))
        if not of_it:
            del found[attribute]


def _place(each: Found) -> int:
    return each.rank // RANKS


def _is_of(each: Found, kept: Sequence[int]) -> bool:
    """Say whether a part belongs to an address; a vague word to one that is not said to be any."""
    is_vague = kept[0] != BARE and plain(each.name.rpartition(".")[2]) in VAGUE
    return _place(each) in kept and not (is_vague and _place(each) == BARE)


def _kept(filled: Sequence[tuple[str, Found]]) -> list[int]:
    """Return which address counts and what adds to it.

    It is the one that is marked as such, else the one with most parts; one that is not said to be
    any adds to it.
    """
    held: dict[int, set[str]] = {BARE: set()}
    for attribute, each in filled:
        held.setdefault(_place(each), set()).add(attribute)
    if held.get(GUESSED, set()).isdisjoint(PLACED):
        held.pop(GUESSED, None)
    best = MARKED if MARKED in held else max(held, key=lambda place: (_parts(held, place), -place))
    return [best, BARE]


def _parts(held: Mapping[int, set[str]], place: int) -> int:
    added = held[BARE] if place in NEUTRAL and held[place].isdisjoint(held[BARE]) else ()
    return len(held[place]) + len(added)
