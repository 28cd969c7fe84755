"""Compare the names of statuses, phases, options and roles, which people write."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def alike(name: str) -> str:
    """Return a name without its case, Unicode form and blanks, which do not count."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(unicodedata.normalize("NFKC", folded).split())


def found(given: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that is meant; None if it is none of them, or if several fit.

    A name that is spelled exactly so goes before others that only fit.
    """
    there = list(names)
    if given in there:
        return given
    several = [name for name in there if alike(name) == alike(given)]
    return several[0] if len(several) == 1 else None
