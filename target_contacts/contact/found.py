"""What a record holds for an attribute."""

from __future__ import annotations

import operator
from typing import Any, NamedTuple


class Found(NamedTuple):
    """A value that an attribute may take."""

    rank: int
    """Rank of the spelling; the lowest counts."""
    number: tuple[int, ...]
    """Its numbers in the lists around it; of equal ranks the lowest counts."""
    name: str
    """Where it stands in the record: a path, its names joined by dots."""
    value: Any
    top: str
    """The property of the record that it stands in."""
    is_filled: bool
    """Whether it is a value, and none that stands for no value."""


best_first = operator.itemgetter(0, 1, 2)
"""What puts the values of an attribute in order, whatever the order of the record's fields."""
