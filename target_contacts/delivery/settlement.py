"""Enter what became of items that were sent: into the ledger first, then into the books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from tap_contacts.transport.errors import OutcomeUnknown, Refused
from target_contacts.delivery.planned import is_in_doubt, why
from target_contacts.errors import Rejected
from target_contacts.shutdown import Interrupted
from target_contacts.sinks.item import Action

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_contacts.delivery.adoption import Adoption
    from target_contacts.delivery.canary import Canary
    from target_contacts.delivery.departed import Departed
    from target_contacts.delivery.intents import Intents
    from target_contacts.delivery.missing import Missing
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Planned
    from target_contacts.delivery.refusals import Refusals
    from target_contacts.delivery.setbacks import Setbacks
    from target_contacts.delivery.unanswered import Unanswered
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.sinks.item import Outcome

REFUSALS = (Rejected, Refused)


class Settlement:
    """Enter what became of the items of one stream.

    Args:
        ledger: Remembers what became of records.
        outcomes: Books records.
        intents: Knows which creates were announced.
        adoption: Lets the run's streams know contacts that were created.
        setbacks: Takes note of what is not answered.
        unanswered: Holds creates that were not answered.
        missing: Takes the refused updates and deletions of contacts that may be gone.
        departed: Settles contacts that were deleted or marked.
        canary: Reads the first writes of an account back.
        refusals: Books what the destination refuses.
    """

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        ledger: Ledger,
        outcomes: Outcomes,
        *,
        intents: Intents,
        adoption: Adoption,
        setbacks: Setbacks,
        unanswered: Unanswered,
        missing: Missing,
        departed: Departed,
        canary: Canary,
        refusals: Refusals,
    ) -> None:
        self._ledger, self._outcomes, self._stream = ledger, outcomes, outcomes.stream
        self._intents, self._adoption, self._setbacks = intents, adoption, setbacks
        self._unanswered, self._missing, self._departed = unanswered, missing, departed
        self._canary, self._refusals = canary, refusals
        self._sent_twice: list[tuple[Planned, str]] = []
        """Creates that were sent again since they had not been answered, with the new ids."""

    def settle(self, outcomes: Sequence[Outcome[Planned]]) -> list[Planned]:
        """Enter outcomes into the ledger first, then into rejects and books.

        Returns the creates to be looked up: those that were never answered, and those refused
        after that, perhaps because the contact is there already.

        Raises:
            Interrupted: If a signal asked for the end while the ledger was locked. Neither these
                outcomes nor those of what is under way are entered then: all stays announced.
        """
        try:
            return self._settled(outcomes)
        except Interrupted:
            self._intents.leave()
            raise

    def _settled(self, outcomes: Sequence[Outcome[Planned]]) -> list[Planned]:
        failed = [(o.item, o.error) for o in outcomes if o.error]
        lost_for = [(item, e) for item, e in failed if isinstance(e, OutcomeUnknown)]
        self._setbacks.note(outcomes)
        done = [o for o in outcomes if not o.error]
        kept = [o for o in done if o.item.action is not Action.DELETE]
        self._ledger.put(self._stream, list(map(self._canary.entry, kept)), synced=False)
        self._missing.were_written(str(o.remote_id) for o in kept)
        refused = [
            (item, error)
            for item, error in failed
            if isinstance(error, REFUSALS) and not self._missing.notes(item, error)
        ]
        first = [(item, error) for item, error in refused if not item.is_second]
        self._refusals.drop([item for item, _ in first])
        self._intents.undo([item for item, error in failed if not is_in_doubt(error)])
        self._intents.close(o.item.key for o in outcomes)
        self._canary.look(done)
        self._departed.settle([o.item for o in done if o.item.action.leaves])
        self._sent_twice += [(o.item, str(o.remote_id)) for o in done if o.item.is_second]
        new = [o for o in done if o.item.action is Action.CREATE]
        self._adoption.tell_others(new)
        self._outcomes.written("created", new)
        changed = [o for o in done if o.item.action is Action.UPDATE]
        self._adoption.tell_changed(changed)
        self._outcomes.written("updated", changed)
        self._refusals.book(first, accepted=bool(done), unanswered=lost_for)
        self._setbacks.look()
        self._outcomes.pass_on()
        lost = (replace(i, doubtful=True, intent=self._intents.entry(i)) for i, _ in lost_for)
        second = ((item, error) for item, error in refused if item.is_second)
        return [
            *map(self._unanswered.lost, lost),
            *(replace(item, doubtful=True, refusal=why(error)) for item, error in second),
        ]

    def name_doubled(self) -> None:
        """Name the contacts that an unanswered create made after all, once it was sent again."""
        sent, self._sent_twice = self._sent_twice, []
        if not sent:
            return
        for remote_id, others in self._adoption.doubles(sent):
            self._outcomes.double(remote_id, others)
