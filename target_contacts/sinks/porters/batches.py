"""Send contacts to PORTERS, new and changed ones together, many in one request."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tap_contacts.apis.porters import wire
from tap_contacts.apis.porters.fields import CONTACTS
from tap_contacts.transport.errors import GivenUp, OutcomeUnknown, Refused, Stopped
from target_contacts.errors import Rejected
from target_contacts.sinks.item import Action, Item, Outcome
from target_contacts.sinks.packing import Pack, Waiting, packs
from target_contacts.sinks.parallel import in_parallel, told_together
from target_contacts.sinks.porters.doubt import Doubt
from target_contacts.sinks.porters.outcomes import settled

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from tap_contacts.apis.porters.client import Porters
    from target_contacts.sinks.context import Context

_Failure: TypeAlias = "OutcomeUnknown | Refused | Rejected | GivenUp"
"""What an answer may be that concerns the contacts of its request only."""

COMPANY = (wire.MAX_ITEMS, 16, 4, 1)
"""Most contacts that go together, by how often one of them is a create that was not answered."""

ALONE_AFTER = len(COMPANY) - 1
"""How often a create goes unanswered until it is sent alone."""


class Packed(NamedTuple):
    """A contact in its wire form."""

    item: Item
    made: bytes

    @property
    def is_new(self) -> bool:
        """Say whether the contact is to be created."""
        return self.item.action is Action.CREATE


class Answered(NamedTuple):
    """The contacts of one request, and its answer."""

    pack: Pack[Packed]
    answer: Sequence[wire.Result] | _Failure | Stopped


class BatchWriter:
    """Write contacts, several requests at once, no two of which hold the same contact.

    `have_fields_changed` says whether contacts were made for fields that are others by now. Those
    that are refused are made anew then, so that nothing is found out one by one.
    """

    def __init__(
        self,
        client: Porters,
        context: Context,
        key: Callable[[Item], dict[str, str]],
        workers: int,
        have_fields_changed: Callable[[], bool],
    ) -> None:
        self._client, self._context, self._key = client, context, key
        self._workers, self._have_fields_changed = workers, have_fields_changed
        self._is_outdated = False
        """Whether that was so for a contact of this batch."""
        self._wire = wire.Writer()
        asked = f"POST {CONTACTS.path}"
        self._doubt = Doubt[Packed](client.title, asked, context.first_writes)
        self._is_taken = False
        """Whether PORTERS took the last request that was answered."""

    def write(self, items: Iterator[Item]) -> Generator[list[Outcome[Item]], None, None]:
        """Yield the outcomes of requests as they come, those together that came together.

        One that fails as a whole is halved until the contact at fault is alone, unless the request
        may be at fault: see `doubt`. Until one is taken again and no parts wait, requests go one
        after the other.

        Raises:
            Stopped: When nothing more can be written; what was in flight is yielded before.
        """
        self._is_outdated = False
        room = wire.MAX_BYTES - wire.EMPTY_SIZE
        packed = packs(map(self._packed, items), lambda each: len(each.made), room, _company)
        waiting = Waiting(packed, self._context.first_writes)
        stopped: list[Stopped] = []
        while not (stopped or self._context.halted()) and waiting.make_ready():
            for several in self._answered(waiting, stopped):
                self._is_taken = not isinstance(several[-1].answer, Exception)
                settle = partial(self._settled, waiting=waiting)
                yield from filter(None, told_together(several, settle, stopped))
        for error in stopped:
            raise error
        if not self._context.halted():
            more_follow = self._context.first_writes.more_follow
            yield from _at_fault_themselves(self._doubt.end(more_follow=more_follow))

    def _answered(
        self, waiting: Waiting[Packed], stopped: Sequence[Stopped]
    ) -> Iterator[list[Answered]]:
        several = iter(lambda: self._next(waiting), None)
        halted = lambda: bool(stopped or self._context.halted())  # noqa: E731
        alone = lambda: waiting.has_parts or not self._is_taken  # noqa: E731
        return in_parallel(self._answer, several, self._workers, halted, alone)

    def _next(self, waiting: Waiting[Packed]) -> Pack[Packed] | None:
        pack = waiting.take()
        if pack and self._doubt.one_by_one and len(pack.items) > 1:
            waiting.put_behind(pack.items[1:])
            return Pack(pack.items[:1])
        return pack

    def _packed(self, item: Item) -> Packed:
        """Put a contact into its wire form; a new one gets its key."""
        key = self._key(item) if item.action is Action.CREATE else {}
        return Packed(item, self._wire.item(item.remote_id or wire.NEW, item.payload | key))

    def _answer(self, pack: Pack[Packed]) -> Answered:
        contacts = pack.items
        if wire.EMPTY_SIZE + len(contacts[0].made) > wire.MAX_BYTES:
            return Answered(pack, _too_large(contacts[0]))
        creating = any(packed.is_new for packed in contacts)
        made = [packed.made for packed in contacts]
        try:
            results = self._client.write(made, repeatable=not creating, once=pack.is_to_be_halved)
        except (OutcomeUnknown, Refused, Stopped) as error:
            return Answered(pack, error)
        return Answered(pack, results)

    def _settled(
        self, answered: Answered, waiting: Waiting[Packed]
    ) -> Iterator[list[Outcome[Item]]]:
        """Yield what became of the contacts of a request; what goes again waits.

        Raises:
            Stopped: After that, if nothing more can be written.
        """
        pack, answer = answered
        if not isinstance(answer, Exception):
            at_fault_themselves = self._doubt.taken()
            yield from settled([packed.item for packed in pack.items], answer)
            yield from _at_fault_themselves(at_fault_themselves)
        elif isinstance(answer, Stopped) and not isinstance(answer, GivenUp):
            raise answer
        elif isinstance(answer, Refused) and self._doubt.is_raised_by(answer):
            self._is_outdated = self._is_outdated or self._have_fields_changed()
            if self._is_outdated:
                yield [Outcome(packed.item, error=answer) for packed in pack.items]
            else:
                self._doubt.refused(pack.items, answer, waiting)
        else:
            at_fault = _at_fault(answer, pack, waiting)
            yield [Outcome(packed.item, error=answer) for packed in at_fault]


def _at_fault_themselves(
    held: Sequence[tuple[Packed, Refused]],
) -> Iterator[list[Outcome[Item]]]:
    if held:
        yield [Outcome(packed.item, error=error) for packed, error in held]


def _company(packed: Packed) -> int:
    """Return how many contacts go in a request with this one: fewer, each time it was lost."""
    return COMPANY[min(packed.item.lost, ALONE_AFTER)]


def _at_fault(
    error: _Failure,
    pack: Pack[Packed],
    waiting: Waiting[Packed],
) -> Sequence[Packed]:
    """Return the contacts that a request's error is for; others go again.

    Updates of an unknown outcome may, by themselves; of contacts that failed together, each half.
    """
    if isinstance(error, OutcomeUnknown):
        waiting.put_back([packed for packed in pack.items if not packed.is_new])
        return [packed for packed in pack.items if packed.is_new]
    return [] if waiting.halve(pack, error) else pack.items


def _too_large(packed: Packed) -> Rejected:
    longest = max(packed.item.payload, key=lambda alias: len(packed.item.payload[alias]))
    reason = (
        f"the contact takes {wire.EMPTY_SIZE + len(packed.made)} bytes and a request at most "
        f"{wire.MAX_BYTES}; its longest field is {longest}"
    )
    return Rejected(reason, "too_large", field=longest)
