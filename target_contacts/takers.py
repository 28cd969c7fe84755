"""Tell which attribute of the vocabulary takes a value, by its name and where need be by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts import others
from target_contacts.contact import (
    HONORIFICS,
    NO_STATES,
    RANKS,
    UNTOLD,
    is_empty,
    plain,
    spelled,
)
from target_contacts.slots import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_contacts.leaves import Path

TOLD_BY_VALUE = {"country", "gender", "image", "job_title", "role", "state"}
"""Attributes whose spellings mean other things elsewhere, which the value tells."""


def taker_of(paths: Sequence[Path], value: Any) -> tuple[str, int] | None:
    """Return the attribute that takes a value under one of its paths; the last one says most."""
    if len(paths) == len(paths[0]) == 1:
        return taker(paths[0], value)
    takers = [found for path in paths if (found := taker(path, value))]
    if not takers:
        return _further(paths, value) if len(paths[0]) > 1 else None
    attribute = takers[-1][0]
    return attribute, min(rank for each, rank in takers if each == attribute)


def _further(paths: Sequence[Path], value: Any) -> tuple[str, int] | None:
    """Return the attribute that a further number of a list has, whatever its place there."""
    bare = (tuple(part for part in path if not part.isdecimal()) for path in reversed(paths))
    for found in (taker(path, value) for path in bare if path not in paths):
        if found and found[0] in KINDS:
            return found[0], found[1] + RANKS
    return None


def taker(path: Path, value: Any) -> tuple[str, int] | None:
    """Return the attribute that takes a value, as far as the value tells, and its rank."""
    found = spelled(path)
    if found is None:
        return None
    attribute, rank = found
    if isinstance(value, (dict, list)):
        return found if attribute == "status" or not value else None
    if attribute not in TOLD_BY_VALUE or is_empty(value) or isinstance(value, bool):
        return found
    if attribute == "job_title" and plain(path[-1]) == "title":
        return ("salutation", rank) if plain(str(value)) in HONORIFICS else found
    is_other = others.is_other(attribute, plain(path[-1]), value)
    return None if is_other or _is_of_others(attribute, str(value)) else found


def _is_of_others(attribute: str, value: str) -> bool:
    """Say whether a value is that of another thing with the same name."""
    if attribute == "state":
        return plain(value) in NO_STATES
    if attribute == "gender":
        return plain(value) in UNTOLD
    return attribute == "role" and not value.startswith("ROLE_")
