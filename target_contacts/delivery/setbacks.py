"""Settle the records on which the destination fails in every try.

They are held until another record is accepted, or the batch is at its end. If the destination fails
on every record, the run stops before that, and none of them is rejected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tap_contacts.transport.errors import GivenUp, OutcomeUnknown, Stopped
from tap_contacts.transport.served import GIVEN_UP_IN_OUTAGE
from target_contacts.errors import OUTCOME_UNKNOWN, WILL_BE_LOOKED_UP, Rejected
from target_contacts.sinks.item import Action

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from tap_contacts.transport.errors import ApiError
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Planned, Received
    from target_contacts.sinks.item import Outcome

NEXT_RUN = "Run again: what may have been created is looked up before anything is sent."

PATIENCE = 10
"""Creates that may go unanswered in a row before a look-up is due."""


class Tries(NamedTuple):
    """How often something is sent to a destination."""

    title: str
    of_a_request: int
    """How often one request is sent at most before it is given up."""
    wait: float
    """Seconds before the first repeat, which double from there."""
    alone_after: int
    """How often a create goes unanswered together with others until it is sent alone."""

    @property
    def most(self) -> int:
        """Return how often a create is sent at most: until it was sent alone, at least."""
        return max(self.of_a_request, self.alone_after + 1)


class Setbacks:
    """The records of one stream that the destination did not answer, or failed on every time."""

    _in_a_row: int
    """Creates in a row that were not answered in this round."""

    def __init__(self, outcomes: Outcomes, tries: Tries) -> None:
        self._outcomes, self._tries = outcomes, tries
        self._seen = 0
        """Records that had been accepted when this was last looked at."""
        self._lost: dict[str, OutcomeUnknown] = {}
        """Why the answers to creates are missing, by key; of those since the last acceptance."""
        self._proven: dict[str, OutcomeUnknown] = {}
        """The same of creates after which others were accepted."""
        self._held: list[tuple[Received, Rejected]] = []
        self._unproven = 0
        """Records rejected since the last acceptance."""
        self._rounds = 0
        """Rounds of sending in a row without an acceptance."""

    @property
    def one_at_a_time(self) -> bool:
        """Say whether only one record is to be sent now, since too many were not answered."""
        return len(self._lost) >= PATIENCE

    @property
    def wait(self) -> float:
        """Return the seconds to wait before what was never answered is looked up."""
        doublings = min(self._rounds, self._tries.of_a_request) - 1
        return self._tries.wait * 2.0**doublings

    @property
    def are_too_many(self) -> bool:
        """Say whether too many creates in a row were not answered to send on."""
        return self._in_a_row >= PATIENCE

    def start_round(self) -> None:
        """Take note that sending begins, or goes on after a look-up."""
        self._in_a_row = 0

    def note(self, outcomes: Iterable[Outcome[Planned]]) -> None:
        """Take note of what was not answered or failed in every try."""
        for outcome in outcomes:
            if isinstance(outcome.error, OutcomeUnknown):
                self._lose(outcome.item.key, outcome.error)
            elif isinstance(outcome.error, GivenUp):
                self._hold(outcome.item, outcome.error)
            else:
                self._in_a_row = 0

    def _lose(self, key: str, error: OutcomeUnknown) -> None:
        """Take note of a create that was not answered; one known to be alone in that is no sign."""
        if key in self._proven:
            self._proven[key] = error
        else:
            self._lost[key] = error
            self._in_a_row += 1

    def _hold(self, item: Planned, error: ApiError) -> None:
        self._held.append((item.received, _rejection(item, error)))

    def look(self) -> None:
        """Reject what is held if a record was accepted since: then it was not the destination."""
        accepted = self._outcomes.accepted
        if accepted != self._seen:
            self._seen, self._rounds, self._unproven = accepted, 0, 0
            self._proven |= self._lost
            self._lost.clear()
            self._reject_held()

    def end_round(self) -> None:
        """Take note that all that could be sent was sent."""
        self._rounds += 1

    def worth_sending(self, items: Sequence[Planned]) -> list[Planned]:
        """Return which of the creates that were looked up in vain are to be sent again.

        Raises:
            Stopped: If too many were not answered for it to be them.
        """
        self.look()
        over = [
            item for item in items if item.action is Action.CREATE and item.lost >= self._tries.most
        ]
        given_up = {item.key for item in over}
        if not self._lost.keys().isdisjoint(given_up):
            held = {received.key for received, _ in self._held}
            self._assert_no_outage(self._lost.keys() & (given_up | held))
        if self._rounds >= max(PATIENCE, self._tries.most):
            self._assert_no_outage(self._lost.keys())
        for item in over:
            self._give_up(item)
        return [item for item in items if item.key not in given_up]

    def _assert_no_outage(self, lost: Collection[str]) -> None:
        """Raise Stopped if too many records fail for it to be them.

        Args:
            lost: Keys of the unanswered creates that count. One that has tries left does not while
                others are given up: it may only have shared their requests.
        """
        if len(lost) + self._unproven >= GIVEN_UP_IN_OUTAGE:
            answered, advice = f"no answer in {self._rounds} tries", NEXT_RUN
            for last in list(self._lost.values())[-1:]:
                answered, advice = f"{answered}; last: {last.answered}", f"{last.advice} {NEXT_RUN}"
            raise Stopped(self._tries.title, "create of a contact", answered, advice.strip())

    def _give_up(self, item: Planned) -> None:
        """Reject a create that others were accepted after; hold any other one."""
        if error := self._proven.get(item.key):
            self._outcomes.reject(item.received, _rejection(item, error))
        else:
            self._hold(item, self._lost[item.key])

    def end(self, unanswered: Collection[str]) -> None:
        """Reject what is held: there is nothing else to try, and the destination is there.

        While other creates may be sent again, their answers show whether it is there.
        """
        self.look()
        if self._lost.keys().isdisjoint(unanswered):
            self._unproven += len(self._held)
            self._reject_held()
        held = {received.key for received, _ in self._held}
        for lost in (self._lost, self._proven):
            for key in lost.keys() - unanswered - held:
                del lost[key]

    def _reject_held(self) -> None:
        held, self._held = self._held, []
        for received, rejection in held:
            self._outcomes.reject(received, rejection)


def _rejection(item: Planned, error: ApiError) -> Rejected:
    if isinstance(error, OutcomeUnknown):
        reason = (
            f"{error} The create was sent {item.lost} times and never answered, and the contact "
            f"was not found after that. {WILL_BE_LOOKED_UP}"
        )
        return Rejected(reason, OUTCOME_UNKNOWN, http_status=error.http_status)
    return Rejected(str(error), error.code or OUTCOME_UNKNOWN, http_status=error.http_status)
