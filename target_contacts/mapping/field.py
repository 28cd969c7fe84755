"""How attributes of contacts fill the fields of a destination."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from target_contacts.values.basic import line, text

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence
    from collections.abc import Set as AbstractSet

Payload = dict[str, Any]
"""A contact in the destination's fields; "" clears a field."""


def matching(pattern: str, meaning: str) -> Callable[[Any], str]:
    """Return a conversion that takes only text of a pattern, described by its meaning."""
    compiled = re.compile(pattern)

    def convert(value: Any) -> str:
        found = text(value).strip()
        if compiled.fullmatch(found):
            return found
        msg = f"must be {meaning}"
        raise ValueError(msg)

    return convert


@dataclass(frozen=True)
class Field:
    """How one attribute of the vocabulary fills one field of the destination."""

    attribute: str
    """Of the vocabulary; the same as `wire` where only `field_map` fills the field."""
    wire: str
    """Its name at the destination."""
    required: Literal["always", "create"] | None = None
    """When a contact that is sent must have a value: `create` for new contacts, `always` also where
    an update would empty it."""
    max_length: int | None = None
    """Most characters, where the documents state it."""
    convert: Callable[[Any], Any] = line
    """Return the value to send; raise ValueError with what it must be."""
    identifier: bool = False
    """Whether it is an id at the destination. A value that cannot be one yields to the default."""
    clears: bool = True
    """Whether it can be emptied once it is filled, where the API can clear fields at all."""
    exact: bool = False
    """Whether a part of a value is useless, as of an e-mail address. It is never truncated."""
    nested: bool = False
    """Whether it takes lists and objects of `field_map`, too."""
    modest: bool = False
    """Whether the default goes before a record's id that may be from another system."""
    form: Literal["raw", "e164"] = "raw"
    """How it takes a phone number: as the record has it, or in E.164."""
    code: str = ""
    """Field of the destination's own records that holds the code of the same value."""
    told: bool = True
    """Whether a contact that is read surely shows what it holds there."""
    follows: str = ""
    """Attribute whose policy it has, as it is only sent together with that."""


def without_wires(payload: Payload, wires: Container[str]) -> Payload:
    """Return a payload without some fields."""
    return {wire: value for wire, value in payload.items() if wire not in wires}


def without_empty(payload: Payload) -> Payload:
    """Return a payload without the values that would only clear; it is not to be changed."""
    if "" not in payload.values():
        return payload
    return {wire: value for wire, value in payload.items() if value != ""}


def plain_field(name: str) -> Field:
    """Return how a field that is in no table is filled by `field_map`."""
    return Field(name, name)


@dataclass(frozen=True)
class Table:
    """The fields of one destination, and what holds for all of them."""

    fields: Sequence[Field]
    own: Sequence[str] = ()
    """Fields of which a new contact must fill one."""
    clears_fields: bool = True
    """Whether "" may be sent to clear a field."""
    replaces: bool = False
    """Whether an update replaces the whole contact, so that it needs all its values again."""
    free_prefix: str | tuple[str, ...] | None = None
    """Start of the names of fields that an account may have added."""
    free_field: Callable[[str], Field] = plain_field
    """Return how a field that is not in the table is filled by `field_map`."""
    title: str = ""
    also_carried: AbstractSet[str] = frozenset()
    """Attributes that reach the destination, but not by a field of the table."""
