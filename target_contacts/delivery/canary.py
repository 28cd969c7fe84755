"""Send the first create, update and mark into an account alone, and read them back.

Much of what an API does with a contact is only inferred. If it loses what it is sent, or what it
held, that shows with one contact, before any other one leaves.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tap_contacts.listing.pages import Incomplete
from tap_contacts.plugin import printable
from tap_contacts.transport.errors import ApiError, Stopped
from target_contacts.delivery.arrival import Arrival, Arrivals
from target_contacts.ledger.entry import WRITTEN
from target_contacts.sinks.item import Action, Outcome, created

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Planned
    from target_contacts.ledger.entry import Entry
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.mapping.field import Payload
    from target_contacts.shutdown import Shutdown
    from target_contacts.sinks.base import ApiSink

MOST_READ = 3
"""How often a contact is read that is not as it was sent: some APIs show a write late."""

OUTCOMES = {Action.CREATE: "created", Action.UPDATE: "updated", Action.MARK: "marked"}
"""The kinds of write that are read back, and what has become of a record then."""

NOT_FOUND = "the contact is not found"

SPOILT = (
    "Nothing more was sent. Look at contact {} there, and at the docs page of this API for the "
    "settings that change how it is written. The next run writes it again and reads it back again. "
    "With canary set to false, runs go on without reading back."
)


class Due:
    """The kinds of write of a run of which the first one is still to be read back.

    `done` returns the names of those that the account has passed. It is asked once at most.
    """

    def __init__(
        self, done: Callable[[], Collection[str]], *, is_on: bool, marks: bool = False
    ) -> None:
        self._done, self._is_on = done, is_on
        self._kinds = [kind for kind in OUTCOMES if marks or kind is not Action.MARK]

    @cached_property
    def kinds(self) -> set[Action]:
        """Return these kinds, from which whoever has settled one takes it."""
        if not self._is_on:
            return set()
        done = self._done()
        return {kind for kind in self._kinds if kind.name.lower() not in done}


class Canary:
    """The first writes of one stream."""

    _is_alone: bool
    """Whether what leaves now goes alone, and is to be read back."""
    _before: Mapping[str, Any]
    """What its contact held before, if it is an update and that could be read."""

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        sink: ApiSink[Any],
        *,
        ledger: Ledger,
        outcomes: Outcomes,
        due: Due,
        shutdown: Shutdown,
        warn_once: Callable[[str], None],
    ) -> None:
        self._sink, self._ledger, self._outcomes = sink, ledger, outcomes
        self._due, self._shutdown, self._warn = due, shutdown, warn_once
        self._arrivals = Arrivals(sink.fields, sink.region)

    def room(self, ready: Sequence[Planned]) -> int:
        """Return how many items may leave now: one that is to be read back leaves alone.

        The contact of such an update is read first.
        """
        self._is_alone = False
        first_writes = self._sink.context.first_writes
        first_writes.more_follow = False
        if before := _until(ready, self._due.kinds):
            return before
        self._is_alone, self._before = True, {}
        first_writes.more_follow = len(ready) > 1
        if ready[0].action is not Action.CREATE:
            self._before = self._held(str(ready[0].remote_id))
        return 1

    def _held(self, remote_id: str) -> Mapping[str, Any]:
        try:
            return self._sink.read_back(remote_id) or {}
        except (ApiError, Incomplete):
            return {}

    def entry(self, outcome: Outcome[Planned]) -> Entry:
        """Return the ledger's entry of what was accepted.

        Until a contact is read back, nobody knows what it holds. If the run ends before, the next
        run updates it.
        """
        item = outcome.item
        if self._is_alone:
            written = item.written(outcome.remote_id)
            return replace(written, status=WRITTEN, payload=None)
        return item.written(outcome.remote_id)

    def look(self, accepted: Iterable[Outcome[Planned]]) -> None:
        """Read back the contact that left alone, if it was accepted.

        Raises:
            Stopped: If the API has not kept what it was sent, or what it held.
        """
        for outcome in accepted if self._is_alone else ():
            self._look_at(outcome.item, str(outcome.remote_id))

    def _look_at(self, item: Planned, remote_id: str) -> None:
        found = self._found(item, remote_id)
        if isinstance(found, str):
            self._due.kinds.discard(item.action)
            self._warn(self._not_told(item, remote_id, found))
        elif found.lost or found.gone or (found.other and item.action is Action.MARK):
            self._outcomes.count(OUTCOMES[item.action], Outcome(item, remote_id))
            raise self._stopped(item, remote_id, found)
        else:
            self._pass(item, found.other)
        self._ledger.put(self._outcomes.stream, [item.written(remote_id)])

    def _pass(self, item: Planned, other: Sequence[str]) -> None:
        """Take note that a contact is as it should be.

        If an earlier write may have damaged it, it proves little. Then the next one is read back.
        """
        if not item.may_be_spoilt:
            self._due.kinds.discard(item.action)
            self._ledger.read_back.add(item.action.name.lower())
        self._warn_of(item, other)

    def _found(self, item: Planned, remote_id: str) -> Arrival | str:
        """Return how a contact arrived, or why nobody can tell.

        It is read again if something was lost, or if it is not found.
        """
        found = self._once(item, remote_id)
        for _ in range(MOST_READ - 1):
            if found != NOT_FOUND and (isinstance(found, str) or not any(found)):
                break
            self._sink.pause(self._sink.context.settings.retry_wait_seconds)
            found = self._once(item, remote_id)
        return found

    def _once(self, item: Planned, remote_id: str) -> Arrival | str:
        try:
            after = self._sink.read_back(remote_id)
        except (ApiError, Incomplete) as error:
            self._shutdown.assert_not_asked()
            return str(error)
        if after is None:
            return NOT_FOUND
        return self._arrivals.compared(_sent(item), self._before, after)

    # Words.

    def _what(self, item: Planned) -> str:
        return f"first {item.action.name.lower()} into this account, read back"

    def _not_told(self, item: Planned, remote_id: str, why: str) -> str:
        return (
            f"{self._sink.title}: {self._what(item)}: whether it arrived as it was sent cannot be "
            f"told ({why.rstrip('.')}). Look at contact {remote_id} there. With canary set to "
            "false this is not asked again."
        )

    def _warn_of(self, item: Planned, names: Sequence[str]) -> None:
        if names:
            text = f"{self._sink.title}: {self._what(item)}: not as it was sent: {_shown(names)}."
            self._warn(f"{text} The run goes on.")

    def _stopped(self, item: Planned, remote_id: str, found: Arrival) -> Stopped:
        parts = [
            f"{what}: {_shown(names)}"
            for what, names in (
                ("did not arrive as it was sent", sorted([*found.lost, *found.other])),
                ("was there before, was not sent and is lost", found.gone),
            )
            if names
        ]
        advice = SPOILT.format(remote_id)
        return Stopped(self._sink.title, self._what(item), "; ".join(parts), advice)


def _until(ready: Sequence[Planned], kinds: AbstractSet[Action]) -> int:
    found = (n for n, item in enumerate(ready) if item.action in kinds)
    return next(found, len(ready)) if kinds else len(ready)


def _sent(item: Planned) -> Payload:
    return created(item) if item.action is Action.CREATE else item.payload


def _shown(names: Iterable[str]) -> str:
    return ", ".join(map(printable.name, names))
