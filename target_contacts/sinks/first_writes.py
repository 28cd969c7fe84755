"""Watch the first writes into an account, until it has accepted one.

An account that refuses the first contacts alike would refuse all others, too: a right is missing,
or the API is not as its documents say. Then the run stops after a few requests. What is refused
meanwhile is not booked before it is clear that it was the record.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tap_contacts.transport.errors import ApiError, Stopped
from target_contacts.sinks.refusal import OF_NO_RECORD, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tap_contacts.transport.errors import OutcomeUnknown, Refused
    from target_contacts.errors import Rejected
    from target_contacts.sinks.refusal import Kind, Refusal

MOST = 5
"""Write requests after which refusals that are not alike show that it is the records. Those of
contacts that lack the field that is named do not count: they are about these contacts."""

NOT_ANSWERED = "Nothing else was written. The next run looks whether these contacts are there."

NOBODY_HAS = (
    "%s: the first %d contacts were refused since they lack %s. See field_map and defaults: each "
    "further one without it is sent and refused, too."
)

_LOG = logging.getLogger("contacts.sinks")


class FirstWrites:
    """The writes of a run into an account that has accepted none yet."""

    def __init__(self, title: str, has_accepted: Callable[[], bool]) -> None:
        self._title, self._has_accepted = title, has_accepted
        self._is_over: bool | None = None
        self._requests = 0
        """Write requests that were refused."""
        self._alone: Counter[Kind] = Counter()
        """Contacts that were refused by themselves, though they have the field that is named."""
        self._lacking: Counter[str | None] = Counter()
        """Contacts that were refused for a field that they lack."""
        self._together: set[str] = set()
        """Codes of refusals of several contacts that were not taken apart."""
        self._pending: list[Refusal] = []
        self.more_follow = False
        """Whether what is sent now goes alone, and others follow it."""
        self._pages: defaultdict[int | None, set[str]] = defaultdict(set)
        """Keys of creates that something else than the API answered, by HTTP status."""
        self._unanswered = False
        """Whether a create was not answered, and may have been carried out."""

    @property
    def is_over(self) -> bool:
        """Say whether the account has accepted a write, or refused what differs."""
        if self._is_over is None:
            self._is_over = self._has_accepted()
        return self._is_over

    def accept(self) -> None:
        """Take note that a write was accepted: what was refused before was so for itself."""
        if not self._is_over:
            self.end()

    def end(self) -> None:
        """Book what was refused: nothing more can show that it was not the records."""
        self._is_over = True
        pending, self._pending = self._pending, []
        for refusal in pending:
            refusal.reject()

    def leave_unanswered(self, creates: Sequence[tuple[str, OutcomeUnknown]]) -> None:
        """Take note of the creates of one request that was not answered, by key.

        Raises:
            Stopped: If two that were sent alone got the same page or redirect, which is no
                passing outage. One alone may be about the record.
        """
        self._unanswered = True
        if len(creates) > 1 or self.is_over:
            return
        for key, error in creates:
            alike = self._pages[error.http_status]
            alike |= {key} if error.is_foreign else set()
            if len(alike) >= OF_NO_RECORD:
                raise self._answered_elsewhere(error)

    def _answered_elsewhere(self, error: OutcomeUnknown) -> Stopped:
        """Return the error of an account whose writes are not answered by the API."""
        asked = f"{error.asked}, the first writes into this account"
        advice = f"{error.advice} {NOT_ANSWERED}".strip()
        return Stopped(self._title, asked, error.answered, advice, http_status=error.http_status)

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        """Take note of contacts that were refused, by one request; each is booked in the end.

        Raises:
            Stopped: If the account has refused so many alike that it is not the records.
        """
        watched: list[Refusal] = []
        for refusal in refusals:
            if not refusal.is_answer or self.is_over:
                refusal.reject()
            elif refusal.lacks_field:
                self._note_lacking(refusal)
            else:
                watched.append(refusal)
        if watched:
            self._watch(watched)

    def _note_lacking(self, refusal: Refusal) -> None:
        """Reject a contact that lacks what is demanded: others may have it."""
        _, field = refusal.kind
        self._lacking[field] += 1
        if self._lacking[field] == MOST:
            _LOG.warning(NOBODY_HAS, self._title, MOST, field)
        refusal.reject()

    def _watch(self, refusals: Sequence[Refusal]) -> None:
        self._pending += refusals
        for refusal in refusals:
            kind = refusal.kind
            self._alone[kind] += 1
            if self._alone[kind] + (kind[0] in self._together) >= refusal.needed:
                raise self._stopped(refusal.error, kind)
        self._count()

    def refuse_together(self, error: Rejected | Refused, *, is_last: bool) -> None:
        """Take note of a request for several contacts that was refused as a whole.

        If it `is_last`, they are not taken apart further for now.
        """
        if is_last:
            self._together.add(kind_of(error)[0])
        self._count()

    def _count(self) -> None:
        """Count a request; after `MOST` of them it is clear that not all are refused alike."""
        self._requests += 1
        if self._requests >= MOST:
            self.end()

    def _stopped(self, error: Rejected | Refused, kind: Kind) -> Stopped:
        """Return the error of an account that refuses all contacts; show those that it refused."""
        pending, self._pending = self._pending, []
        for refusal in pending:
            refusal.show()
        code, field = kind
        said = error.answered if isinstance(error, ApiError) else f"code {code}"
        answered = f"several were refused alike, with {said}" + (f" for {field}" if field else "")
        advice = error.advice if isinstance(error, ApiError) else ""
        written = (
            "What was not answered is looked up by the next run; nothing else was written"
            if self._unanswered
            else "Nothing was written"
        )
        advice = (
            f"{advice} {written}. Check the rights of this sign-in, the settings and "
            "the rejects file, which holds the API's own words. Then run again: all records come "
            "again"
        )
        return Stopped(
            self._title,
            "first contacts for this account",
            answered,
            f"{advice.strip()}.",
            code=error.code,
            http_status=error.http_status,
        )
