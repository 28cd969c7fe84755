"""Settle updates and deletions of contacts that are not there at the destination any more.

A refusal as not found need not be about the contact. It may be about its customer, or about the
call. So the destination is asked first whether the contact is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tap_contacts.transport.errors import GivenUp, Refused
from target_contacts.ledger.entry import GONE, Entry
from target_contacts.sinks.item import Action

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_contacts.transport.errors import ApiError
    from target_contacts.delivery.departed import Departed
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Planned
    from target_contacts.errors import Rejected
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.sinks.base import ApiSink

IS_GONE = "removed at the destination, and on_gone is skip"
"""Why a record is skipped whose contact turns out to be removed."""

WAS_GONE = "removed at the destination, as the ledger remembers"
"""Why it is skipped from then on."""


class Missing:
    """The refused updates and deletions of one stream whose contacts may be gone."""

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        sink: ApiSink[Any],
        ledger: Ledger,
        outcomes: Outcomes,
        departed: Departed,
        on_gone: str,
        *,
        adopts: bool,
    ) -> None:
        self._sink, self._ledger, self._outcomes = sink, ledger, outcomes
        self._departed, self._on_gone, self._adopts = departed, on_gone, adopts
        self._noted: list[tuple[Planned, Rejected | Refused]] = []
        self._there: set[str] = set()
        """Ids of contacts that were written in this run. A list may be older than they are."""

    def were_written(self, ids: Iterable[str]) -> None:
        """Take note of contacts that surely are there."""
        if self._on_gone != "reject":
            self._there.update(ids)

    def notes(self, item: Planned, error: Rejected | Refused) -> bool:
        """Say whether a refusal is to be looked into, and keep it until then."""
        if error.http_status is None or not self._is_wanted(item):
            return False
        self._noted.append((item, error))
        return True

    def is_known_gone(self, item: Planned, error: ApiError | None) -> bool:
        """Say whether a contact that could not be read is gone, if anything follows from that."""
        if not isinstance(error, Refused) or error.http_status is None:
            return False
        return self._is_wanted(item) and self._is_gone(item, error)

    def _is_wanted(self, item: Planned) -> bool:
        if item.action.leaves or item.may_be_deleted:
            return True
        wanted = self._on_gone != "reject" and item.action is Action.UPDATE
        return wanted and item.remote_id not in self._there

    def settle(self) -> tuple[list[Planned], list[tuple[Planned, Rejected | Refused]]]:
        """Ask for the contacts; settle those that stay gone.

        Returns:
            What is to be created anew, and what was refused for another reason.

        Raises:
            Stopped: If the destination cannot be asked any more.
        """
        noted, self._noted = self._noted, []
        anew: list[Planned] = []
        refused: list[tuple[Planned, Rejected | Refused]] = []
        for item, error in noted:
            if not self._is_gone(item, error):
                refused.append((item, error))
            elif item.action.leaves:
                self._departed.drop([item])
            elif self._on_gone == "recreate" or item.may_be_deleted:
                anew.append(self._anew(item))
            else:
                self._skip(item)
        return anew, refused

    def _is_gone(self, item: Planned, error: Rejected | Refused) -> bool:
        """Say whether a contact is surely gone; it is not if the destination does not tell."""
        try:
            return self._sink.is_gone(str(item.remote_id), error)
        except (Refused, GivenUp):
            return False

    def _anew(self, item: Planned) -> Planned:
        """Return a create with all that the record says, looked up before as any other."""
        if item.may_be_deleted:
            self._departed.forget([item])
        whole = item.origin or item
        return replace(whole, action=Action.CREATE, remote_id=None, doubtful=self._adopts)

    def _skip(self, item: Planned) -> None:
        gone = Entry(item.key, GONE, item.remote_id, created=item.is_ours)
        self._ledger.put(self._outcomes.stream, [gone])
        self._outcomes.skip(item.received, IS_GONE)
