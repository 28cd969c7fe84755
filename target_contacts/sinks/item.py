"""Contacts on their way to the destination, as a sink gets them, and what becomes of them."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from target_contacts.mapping.field import without_empty

if TYPE_CHECKING:
    from tap_contacts.transport.errors import ApiError
    from target_contacts.errors import Rejected
    from target_contacts.mapping.field import Payload


class Action(enum.Enum):
    """What is to be done with a contact."""

    __hash__ = object.__hash__  # Enum's own is written in Python, and asked for each item

    CREATE = enum.auto()
    UPDATE = enum.auto()
    DELETE = enum.auto()
    """Since its record left the source."""
    MARK = enum.auto()
    """To change only the fields that say that its record left the source."""

    @property
    def leaves(self) -> bool:
        """Say whether the contact's record left the source."""
        return self is Action.DELETE or self is Action.MARK


class Item(msgspec.Struct, frozen=True):
    """One contact on its way to the destination."""

    payload: Payload
    """What the record says; "" clears a field."""
    identity: str
    """Stream and key in plain: the same in every ledger. Personal; it goes nowhere as it is."""
    fallback: Payload = {}
    """Defaults for fields that the record does not have; for a create, and where a contact is
    empty."""
    action: Action = Action.CREATE
    remote_id: str | None = None
    """Id of the contact to change."""
    lost: int = 0
    """How often its create went unanswered in this run."""


ItemT = TypeVar("ItemT", bound=Item)


class Outcome(msgspec.Struct, Generic[ItemT], frozen=True):
    """What became of an item that was sent: its remote id, or why it has none."""

    item: ItemT
    remote_id: str | None = None
    error: Rejected | ApiError | None = None


def created(item: Item) -> Payload:
    """Return what the contact of a create holds; not to be changed."""
    payload, fallback = without_empty(item.payload), item.fallback
    return payload if fallback.keys() <= payload.keys() else {**fallback, **payload}
