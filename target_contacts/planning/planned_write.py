"""One write that a run would send, as a plan tells it."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import msgspec

NEW = "new:"
"""Start of the id of a contact that does not exist before the plan is carried out."""


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """What becomes of one field."""

    old: Any = msgspec.UNSET
    """What it holds; unset if that cannot be read, or if the contact is new."""
    new: Any = msgspec.UNSET
    """What it is to hold, "" to be empty; unset if the contact is deleted."""


class PlannedWrite(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a plan. It holds personal data."""

    stream: str
    key: list[str]
    ledger_key: str
    """The same as the ledger has it."""
    action: str
    remote_id: str | None
    """Id of the contact; of one that is yet to be created, what this plan calls it."""
    fields: dict[str, Value]
    """What changes, by the destination's fields."""
    gone: bool = False
    """Whether the contact is not there any more."""
    changed_there: list[str] | None = None
    """Fields that somebody else changed since this target wrote them; None if nobody can tell."""
    is_known: bool = False
    """Whether the ledger knows what this target wrote last."""
    is_told: bool = False
    """Whether the API tells what the contact holds."""
    record: str
    """Hash of what the record says."""
    sent: str
    """Hash of all that is sent."""
    policies: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    """What may be written into each field that is not simply overwritten; unset if all are."""

    @property
    def place(self) -> tuple[str, str]:
        """Return whose write it is: the stream, and the record's key as the ledger has it."""
        return self.stream, self.ledger_key

    def brief(self) -> Brief:
        """Return what has to be the same when the plan is carried out."""
        text = msgspec.json.encode(self, order="sorted")
        return Brief(
            self.place,
            self.action,
            self.remote_id,
            self.record,
            self.sent,
            hashlib.blake2b(text, digest_size=16).hexdigest(),
            gone=self.gone,
        )


class Brief(NamedTuple):
    """What of a planned write has to be the same when the plan is carried out."""

    place: tuple[str, str]
    action: str
    remote_id: str | None
    record: str
    sent: str
    whole: str
    """Hash of all that the line says."""
    gone: bool
