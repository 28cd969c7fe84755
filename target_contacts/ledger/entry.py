"""What the ledger knows of one record, and how values are written to be hashed."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

INTENT, WRITTEN, GONE = "intent", "written", "gone"
"""A create is about to leave, or was never answered; the destination accepted the payload; somebody
removed the contact there, and it is not to be sent again."""

LEAVING, MARKED = "leaving", "marked"
"""A deletion is about to leave, or was never answered; the contact was marked since its record left
the source. The entry of a contact that was deleted is removed."""

STATUSES = frozenset((INTENT, WRITTEN, GONE, LEAVING, MARKED))

CANONICAL = msgspec.json.Encoder(order="sorted", decimal_format="number")


class Entry(msgspec.Struct, frozen=True):
    """What the ledger knows of one source record."""

    key: str
    status: str
    remote_id: str | None = None
    payload: str | None = None
    """Hash of what was last accepted, or of what an open intent is about to send."""
    identity: str | None = None
    """Hash of the values by which the contact of an open intent can be looked up."""
    source: str | None = None
    """Hash of the record that the payload came from; without a payload, of the last one that was
    accepted, or may have been."""
    filled: str | None = None
    """Id of the row that says which fields this target filled; None in ledgers without it."""
    created: bool | None = None
    """Whether this target created the contact, or found it there; None in ledgers without it."""


class Keys(msgspec.Struct, frozen=True):
    """By what the records of a stream are known."""

    properties: list[str]
    has_former: bool
    """Whether entries of an earlier version may stand under keys as they were written."""


class Guarded(NamedTuple):
    """A record that a guard counted."""

    guard: str
    stream: str
    attribute: str
    """The attribute that is emptied; "" if the guard counts none."""
    key: str
    is_held: bool = False
    """Whether it was held back when the guard ended a run; if not, it was let through."""


class Known(NamedTuple):
    """An id, of what contacts belong to, that was found."""

    remote_id: str
    name: str | None = None
    """Hash of what the destination calls it; None if an earlier version entered it."""


Fill = dict[str, list[str]]
"""Field of the destination to the hashes of the record's properties that its value came from."""
