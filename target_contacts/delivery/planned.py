"""Records as they are received, and as they are planned to be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tap_contacts.transport.errors import GivenUp, NotFound, OutcomeUnknown, Refused, Stopped
from target_contacts.errors import OUTCOME_UNKNOWN, Rejected
from target_contacts.ledger.entry import LEAVING, MARKED, WRITTEN, Entry
from target_contacts.ledger.written_hash import is_same
from target_contacts.sinks.item import Action, Item, created

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_contacts.transport.errors import ApiError
    from target_contacts.singer.lines import Line


class Received(msgspec.Struct, gc=False):
    """One record, not translated yet: if it is as it was, it need not be."""

    key: str
    """Digest of the record's key, as the ledger has it."""
    values: list[str]
    """Values of the key. Personal; they go nowhere as they are."""
    given: list[Any]
    """The same as they came, where the ledger may know the record by these."""
    source: str
    """Hash of the record and of what its translation depends on."""
    number: int
    """Number of the record, by which STATE knows that it is settled."""
    line: Line
    mapped: Mapping[str, Any] | None = None
    """The record after the stream maps, where there are any."""
    is_record: bool = True
    """Whether there is a record. If not, its stream's version said that it left the source."""

    @property
    def record(self) -> Mapping[str, Any]:
        """Return the record as it is to be translated."""
        return self.line.fields if self.mapped is None else self.mapped


class Planned(Item, frozen=True, kw_only=True):
    """An item with what is known of its record, which concerns no sink."""

    received: Received
    digest: str
    merged: str = ""
    """Hash of payload and defaults together, by which earlier versions knew the payload."""
    free: str = ""
    """Hash of what the payload would be without policies, by which the ledger may know it."""
    policies: Mapping[str, str] = {}
    """What may be written into each field that is not simply overwritten."""
    withheld: Mapping[str, Any] = {}
    """What the record says and is never sent; contacts are compared by it all the same."""
    filled: str | None = None
    """Id of the ledger's row for the fields that the record fills."""
    in_doubt: str | None = None
    """The same while nobody knows whether an update was carried out."""
    left_out: frozenset[str] = frozenset()
    """Fields whose values did not fit: what the contact has there stays."""
    cleared: tuple[str, ...] = ()
    """Fields that had a value, which an update empties."""
    doubtful: bool = False
    """Whether the contact may be at the destination already, and is to be looked up first."""
    intent: Entry | None = None
    """The open intent of an earlier create that was never answered."""
    until: float = 0.0
    """When, by the monotonic clock, an unanswered create of it cannot be carried out any more."""
    may_be_spoilt: bool = False
    """Whether nobody knows what an earlier write has made of its contact, going by the ledger."""
    origin: Planned | None = None
    """The record as it was before it became an update of what has changed."""
    known: Entry | None = None
    """What the ledger knew of the contact that is to be changed."""
    refusal: Rejected | None = None
    """Why a create was refused that had gone unanswered before, and may have been carried out."""

    def is_sent(self, payload: str | None) -> bool:
        """Say whether a hash is that of this item's payload."""
        known = self.digest, self.merged, self.free
        return payload is not None and any(is_same(payload, each) for each in known if each)

    @property
    def said(self) -> Mapping[str, Any]:
        """Return what the record says of a new contact, also what is never sent."""
        return {**self.withheld, **created(self)} if self.withheld else created(self)

    @property
    def is_second(self) -> bool:
        """Say whether it is a create that was sent before and never answered."""
        return self.action is Action.CREATE and self.intent is not None

    @property
    def is_announced(self) -> bool:
        """Say whether an open intent announced just this payload."""
        return self.intent is not None and self.is_sent(self.intent.payload)

    def written(self, remote_id: str | None) -> Entry:
        """Return the ledger's entry once the destination has accepted this item."""
        status = MARKED if self.action is Action.MARK else WRITTEN
        return Entry(
            self.key,
            status,
            remote_id,
            self.digest,
            source=self.source,
            filled=self.filled,
            created=self.is_ours,
        )

    @property
    def is_ours(self) -> bool | None:
        """Say whether this target created the contact; None if nobody knows."""
        if self.action is Action.CREATE:
            return True
        return self.known.created if self.known else False

    @property
    def may_be_deleted(self) -> bool:
        """Say whether a deletion of the contact was announced, and perhaps carried out."""
        return self.known is not None and self.known.status == LEAVING

    @property
    def is_back(self) -> bool:
        """Say whether its contact was marked when its record left the source."""
        return self.known is not None and self.known.status == MARKED

    @property
    def key(self) -> str:
        """Return the digest of the record's key, as the ledger has it."""
        return self.received.key

    @property
    def source(self) -> str:
        """Return the hash of the record and of what its translation depends on."""
        return self.received.source


def is_in_doubt(error: Rejected | ApiError) -> bool:
    """Say whether a write that failed may have been carried out."""
    if isinstance(error, OutcomeUnknown) or error.code == OUTCOME_UNKNOWN:
        return True
    return isinstance(error, GivenUp) and not error.code


def why(error: Rejected | Refused | OutcomeUnknown | Stopped) -> Rejected:
    """Say in the rejects file's terms why an API did not take a contact."""
    if isinstance(error, Rejected):
        return error
    reason = f"{error} {error.detail}".strip()
    if isinstance(error, OutcomeUnknown):
        reason += " Look whether the contact is there before it is sent again."
        return Rejected(reason, OUTCOME_UNKNOWN, http_status=error.http_status)
    missing = "not_found" if isinstance(error, NotFound) else "refused"
    return Rejected(reason, error.code or missing, http_status=error.http_status)
