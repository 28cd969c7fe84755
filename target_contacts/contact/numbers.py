"""Phone numbers of a record, and the attributes that take them."""

from __future__ import annotations

from typing import Any, NamedTuple

MOBILES = ("mobile", "mobile1", "mobile2", "mobile3")
PHONES = ("phone", "phone2", "phone3", "phone1")
"""Attributes for numbers, in the order in which they are filled."""

HOME = "home_phone"
"""Numbers that no destination has a field for; they come last."""

KINDS = {**dict.fromkeys(MOBILES, MOBILES), **dict.fromkeys((*PHONES, HOME), PHONES)}
"""Attribute of a number, and the attributes that may take it."""


class Further(NamedTuple):
    """A number of a record that has no attribute of its own yet."""

    attribute: str
    """The attribute that its field spells."""
    name: str
    """Its field."""
    value: Any
    top: str = ""
    """The property of the record that it stands in, where that holds several."""
