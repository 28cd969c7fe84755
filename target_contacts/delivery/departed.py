"""Settle contacts that were deleted or marked since their records left the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_contacts.sinks.item import Action, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_contacts.delivery.adoption import Adoption
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Planned
    from target_contacts.ledger.ledger import Ledger


class Departed:
    """The contacts of one stream that were deleted or marked."""

    def __init__(self, ledger: Ledger, outcomes: Outcomes, adoption: Adoption) -> None:
        self._ledger, self._outcomes, self._adoption = ledger, outcomes, adoption

    def settle(self, done: Sequence[Planned]) -> None:
        """Book contacts that were deleted, and those that were marked, which the ledger keeps."""
        self.drop([item for item in done if item.action is Action.DELETE])
        marked = (item for item in done if item.action is Action.MARK)
        self._outcomes.written("marked", [Outcome(item, item.remote_id) for item in marked])

    def drop(self, gone: Sequence[Planned]) -> None:
        """Book contacts that are not there any more, and forget them."""
        if not gone:
            return
        self.forget(gone)
        self._outcomes.written("deleted", [Outcome(item, item.remote_id) for item in gone])

    def forget(self, gone: Sequence[Planned]) -> None:
        """Forget contacts that are not there any more, without booking their records."""
        self._ledger.drop(self._outcomes.stream, [item.key for item in gone])
        self._adoption.tell_gone([str(item.remote_id) for item in gone])
