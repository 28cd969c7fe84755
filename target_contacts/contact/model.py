"""A contact, and the values of a record that it is made of."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from target_contacts.contact.numbers import MOBILES
from target_contacts.values.phones import Number, plans

if TYPE_CHECKING:
    from target_contacts.contact.numbers import Further


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


class Contact(msgspec.Struct):
    """A contact in the vocabulary's terms.

    An attribute that the record has but without value is "": it is to be cleared. One that the
    record does not have is absent: it is to be left alone.
    """

    attributes: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    """Destination fields filled by `field_map`, before all built-in mapping; none is empty."""
    defaults: dict[str, Any] = {}
    """Defaults of attributes that have no value."""
    sources: dict[str, str] = {}
    """Where each attribute comes from: a field of the record, a setting or other attributes."""
    spare: dict[str, str] = {}
    """Fields with a value that no attribute took, and the attribute they spell or ""."""
    conflicts: set[tuple[str, str, str]] = set()
    """Attributes that two fields give different values: attribute, field taken, field left."""
    further: list[Further] = []
    """Numbers beside those that attributes have."""
    chosen: set[str] = set()
    """Attributes whose values `value_map` names."""
    same: list[tuple[str, str]] = []
    """Attributes, and further fields that give them the value that they have."""
    belongs_to: dict[str, str] = {}
    """Values by which the ids of attributes are to be looked up."""
    region: str | None = None
    """Country whose plan its numbers without country code follow."""

    def has(self, attribute: str) -> bool:
        """Say whether an attribute has a value."""
        return bool(self.attributes.get(attribute, "") != "")

    def with_defaults(self) -> dict[str, Any]:
        """Return all attributes, those without value with their default."""
        return {**self.attributes, **self.defaults} if self.defaults else self.attributes

    def number(self, attribute: str, value: Any) -> Number:
        """Return a value of an attribute as a phone number of this contact."""
        followed = plans(self.region, self.with_defaults().get("country"))
        return Number(value, followed, attribute in MOBILES)
