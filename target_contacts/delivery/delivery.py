"""Deliver items in the order that neither loses nor doubles: look up, announce, write, remember.

What is about to leave is in the ledger before it leaves. An outcome is in the ledger before it is
in the books.
"""

from __future__ import annotations

from collections import deque
from contextlib import closing, contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from tap_contacts.transport.errors import Stopped
from target_contacts.delivery.planned import Planned
from target_contacts.shutdown import Interrupted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_contacts.delivery.admission import Admission
    from target_contacts.delivery.adoption import Adoption
    from target_contacts.delivery.canary import Canary
    from target_contacts.delivery.intents import Intents
    from target_contacts.delivery.missing import Missing
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.policies import UpdatePolicies
    from target_contacts.delivery.refusals import Refusals
    from target_contacts.delivery.setbacks import Setbacks
    from target_contacts.delivery.settlement import Settlement
    from target_contacts.delivery.stream_guards import StreamGuards
    from target_contacts.delivery.unanswered import Unanswered
    from target_contacts.shutdown import Shutdown
    from target_contacts.sinks.base import ApiSink
    from target_contacts.sinks.item import Outcome


class Delivery:
    """Deliver the planned items of one stream."""

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        sink: ApiSink[Any],
        *,
        outcomes: Outcomes,
        adoption: Adoption,
        setbacks: Setbacks,
        unanswered: Unanswered,
        missing: Missing,
        shutdown: Shutdown,
        canary: Canary,
        guards: StreamGuards,
        refusals: Refusals,
        policies: UpdatePolicies,
        admission: Admission,
        intents: Intents,
        settlement: Settlement,
    ) -> None:
        self._sink, self._outcomes, self._shutdown = sink, outcomes, shutdown
        self._adoption, self._setbacks, self._unanswered = adoption, setbacks, unanswered
        self._missing, self._canary, self._guards = missing, canary, guards
        self._refusals, self._policies, self._admission = refusals, policies, admission
        self._intents, self._settlement = intents, settlement

    def deliver(self, planned: Sequence[Planned]) -> None:
        """Settle planned items, remembering each outcome as soon as it is known.

        Raises:
            Stopped: When nothing more can be written; what is settled stays settled.
            Interrupted: When a signal asked for the end before all was written.
        """
        ready = self._resolved(planned, fresh=False)
        with self._withdrawing():
            if due := self._unanswered.take_due():
                ready += self._again(due)
            self._send(ready)

    def settle_due(self) -> None:
        """Settle the creates that are held and cannot be carried out any more."""
        if due := self._unanswered.take_due():
            with self._withdrawing():
                self._send(deque(self._again(due)))

    def finish(self) -> None:
        """Settle the creates that are still held, and look for contacts that were created twice.

        Raises:
            Stopped: When nothing more can be written; what is settled stays settled.
        """
        with self._withdrawing():
            while self._unanswered.keys:
                self._send(self._waited_for())
        self._settlement.name_doubled()

    @contextmanager
    def _withdrawing(self) -> Iterator[None]:
        """Forget the creates that surely did not leave if the run has to end."""
        try:
            yield
        except (Stopped, Interrupted):
            if not self._shutdown.abandoned:
                self._intents.withdraw()
            raise

    def _send(self, ready: deque[Planned]) -> None:
        """Write items; look up those that were never answered, and write them again if need be."""
        while ready:
            unknown = self._write(ready)
            ready += self._settle_missing()
            if self._guards.ends_sending:
                self._hold_back(ready)
            if unknown:
                self._sink.pause(self._setbacks.wait)
                ready += self._again(unknown)
            if not ready and self._unanswered.are_many:
                ready = self._waited_for()
        self._setbacks.end(self._unanswered.keys)

    def _hold_back(self, ready: deque[Planned]) -> None:
        """Leave out what is not to be sent any more, and forget that it was announced."""
        self._intents.withdraw()
        self._outcomes.hold_back(item.received for item in ready)
        ready.clear()

    def _settle_missing(self) -> Sequence[Planned]:
        """Settle updates of contacts that are gone; return those that are to be created anew."""
        anew, refused = self._missing.settle()
        self._refusals.book(refused)
        return self._resolved(anew, fresh=False)

    def _waited_for(self) -> deque[Planned]:
        """Wait until no create that is held can land any more; return those to be sent again."""
        self._sink.pause(self._unanswered.left)
        return deque(self._again(self._unanswered.take_due()))

    def _again(self, unknown: Sequence[Planned]) -> Sequence[Planned]:
        """Look up creates that were never answered; return those that are to be sent again now."""
        return self._setbacks.worth_sending(self._resolved(unknown, fresh=True))

    def _resolved(self, planned: Sequence[Planned], *, fresh: bool) -> deque[Planned]:
        """Look up what is doubtful; return what must be sent now, as it must be."""
        certain = [item for item in planned if not item.doubtful]
        doubtful = [item for item in planned if item.doubtful]
        found = self._adoption.resolve(doubtful, fresh=fresh) if doubtful else ()
        wanted = (item for item in chain(certain, found) if not self._unanswered.hold(item))
        allowed = self._policies.applied(wanted)
        ready = deque(r for item in allowed if (r := self._admission.checked(item)))
        self._guards.remember()
        return ready

    def _write(self, ready: deque[Planned]) -> list[Planned]:
        """Write until all is sent or too much goes unanswered; return what was never answered."""
        unknown: list[Planned] = []
        self._setbacks.start_round()
        most = 1 if self._setbacks.one_at_a_time else len(ready)
        while most > 0 and not self._has_to_wait:
            before = len(ready)
            unknown += self._write_part(ready, min(most, self._canary.room(ready)))
            most -= before - len(ready)
        self._setbacks.end_round()
        return unknown

    def _write_part(self, ready: deque[Planned], most: int) -> list[Planned]:
        unknown, settle = list[Planned](), self._settlement.settle
        # What is under way is answered before the account is free for others, whatever fails here.
        with closing(self._sink.write(self._intending(ready, most))) as writing:
            for outcomes in writing:  # they are of the very items that were given
                unknown += settle(cast("list[Outcome[Planned]]", outcomes))
        self._shutdown.assert_not_asked()
        return unknown

    def _intending(self, ready: deque[Planned], most: int) -> Iterator[Planned]:
        """Take so many items and yield them, once the ledger has it that they are about to leave.

        No two are of one contact: requests may overtake each other. While too many in a row go
        unanswered, the rest stays: a look-up shows whether the destination is there at all.
        """
        changing: set[str] = set()
        at_once = self._sink.capabilities.intents_at_once
        while not self._has_to_wait and (chunk := _apart(ready, min(most, at_once), changing)):
            most -= len(chunk)
            self._intents.announce(chunk)
            while chunk and not self._has_to_wait:
                yield chunk.pop(0)
            ready.extendleft(reversed(chunk))

    @property
    def _has_to_wait(self) -> bool:
        return self._setbacks.are_too_many or self._guards.ends_sending


def _apart(ready: deque[Planned], most: int, changing: set[str]) -> list[Planned]:
    """Take items of contacts that are not being changed, and add these contacts."""
    chunk: list[Planned] = []
    while ready and len(chunk) < most and ready[0].remote_id not in changing:
        chunk.append(ready.popleft())
        if remote_id := chunk[-1].remote_id:
            changing.add(remote_id)
    return chunk
