"""Contacts on their way to the destination, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_contacts.apis.errors import NotFound, OutcomeUnknown, Refused, Stopped
from target_contacts.rejects import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_contacts.ledger import Entry
    from target_contacts.mapping import Payload


@dataclass(frozen=True)
class Item:
    """One contact on its way to the destination."""

    key: str
    """Digest of the record's key, as the ledger has it."""
    identity: str
    """Stream and key in plain: the same in every ledger. Personal; it goes nowhere as it is."""
    message: Mapping[str, Any]
    """The RECORD message as received."""
    payload: Payload
    digest: str
    """Hash of the payload."""
    number: int = 0
    """Number of the record, by which STATE knows that it is settled."""
    remote_id: str | None = None
    """Id of the contact to update; None: it is to be created."""
    doubtful: bool = False
    """Whether the contact may be at the destination already, and is to be looked up first."""
    intent: Entry | None = None
    """The open intent of an earlier create that was never answered."""
    lost: int = 0
    """How often its create went unanswered in this run."""


@dataclass(frozen=True)
class Outcome:
    """What became of an item that was sent: its remote id, or why it has none."""

    item: Item
    remote_id: str | None = None
    error: Rejected | Refused | OutcomeUnknown | Stopped | None = None


def why(error: Rejected | Refused | OutcomeUnknown | Stopped) -> Rejected:
    """Say in the rejects file's terms why an API did not take a contact."""
    if isinstance(error, Rejected):
        return error
    reason = f"{error} {error.detail}".strip()
    if isinstance(error, OutcomeUnknown):
        reason += " Look whether the contact is there before it is sent again."
        return Rejected(reason, "outcome_unknown", http_status=error.http_status)
    missing = "not_found" if isinstance(error, NotFound) else "refused"
    return Rejected(reason, error.code or missing, http_status=error.http_status)


def without_empty(payload: Payload) -> Payload:
    """Return a payload without the values that would only clear."""
    return {wire: value for wire, value in payload.items() if value != ""}
