"""Book what the destination refused, once it is clear that it refused the records themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from target_contacts.delivery.planned import why
from target_contacts.sinks.item import Action, created
from target_contacts.sinks.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from tap_contacts.transport.errors import OutcomeUnknown, Refused
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Planned
    from target_contacts.errors import Rejected
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.sinks.first_writes import FirstWrites

Several: TypeAlias = "Sequence[tuple[Planned, Rejected | Refused]]"
"""Items with the errors for which they were refused."""

TakesAgain: TypeAlias = "Callable[[Planned, Rejected | Refused], bool]"
"""Takes an item that was refused and is to come once more; says whether it does."""


class Refusals:
    """What the destination refused of one stream.

    `takes_again` takes an item that comes once more, so that it is not booked, and says so.
    """

    def __init__(  # what it takes is all that it works with
        self,
        ledger: Ledger,
        outcomes: Outcomes,
        first_writes: FirstWrites,
        wires: Collection[str],
        takes_again: TakesAgain = lambda *_: False,
    ) -> None:
        self._ledger, self._outcomes, self._first = ledger, outcomes, first_writes
        self._wires, self._takes_again = wires, takes_again

    def drop(self, refused: Sequence[Planned]) -> None:
        """Forget that creates were announced that did not happen."""
        undone = [item.key for item in refused if item.action is Action.CREATE]
        self._ledger.drop(self._outcomes.stream, undone)

    def book(
        self,
        refused: Several,
        *,
        accepted: bool = False,
        unanswered: Sequence[tuple[Planned, OutcomeUnknown]] = (),
    ) -> None:
        """Reject what was refused, unless the account has accepted nothing yet.

        Args:
            refused: What one request was refused for.
            accepted: Whether anything was accepted beside it.
            unanswered: Creates that were not answered, and why.

        Raises:
            Stopped: If the account refuses everything alike.
        """
        if accepted:
            self._first.accept()
        if unanswered:
            self._first.leave_unanswered([(item.key, error) for item, error in unanswered])
        left = [each for each in refused if not self._takes_again(*each)]
        if left:
            self._first.refuse([self._refusal(item, error) for item, error in left])

    def _refusal(self, item: Planned, error: Rejected | Refused) -> Refusal:
        reason, outcomes = why(error), self._outcomes
        return Refusal(
            error,
            created(item),
            lambda: outcomes.reject(item.received, reason),
            lambda: outcomes.show(item.received, reason),
            self._wires,
            item.fallback,
        )
