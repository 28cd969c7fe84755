"""Compare names that people gave to statuses, phases, options and roles."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def alike(name: str) -> str:
    """Return a name without what tells no two apart: case, Unicode form and blanks."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(unicodedata.normalize("NFKC", folded).split())


def found(given: str, names: Iterable[str]) -> str | None:
    """Return the name that is meant, as it is written there; None if it is none or not clear.

    A name that is written in just this way goes before others that are alike.
    """
    there = list(names)
    if given in there:
        return given
    several = [name for name in there if alike(name) == alike(given)]
    return several[0] if len(several) == 1 else None
