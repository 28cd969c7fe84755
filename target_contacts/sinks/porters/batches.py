"""Send contacts to PORTERS, new and changed ones together, many in one request."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tap_contacts.apis.porters import wire
from tap_contacts.apis.porters.fields import CONTACTS
from tap_contacts.transport.errors import GivenUp, OutcomeUnknown, Refused
from target_contacts.errors import Rejected
from target_contacts.sinks.item import Action, Item, Outcome
from target_contacts.sinks.packing import Pack, Waiting, packs
from target_contacts.sinks.parallel import threads
from target_contacts.sinks.porters.doubt import Doubt
from target_contacts.sinks.porters.outcomes import settled

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from concurrent.futures import Executor, Future

    from tap_contacts.apis.porters.client import Porters
    from target_contacts.sinks.base import Context

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


class Sent(NamedTuple):
    """The contacts of one request, and its answer to come."""

    pack: Pack[Packed]
    answer: Future[Sequence[wire.Result]]

    def is_taken(self) -> bool:
        """Say whether PORTERS took every contact, once the request is answered."""
        return not self.answer.exception() and all(r.code == "0" for r in self.answer.result())


class BatchWriter:
    """Write contacts, one request after the other."""

    def __init__(
        self, client: Porters, context: Context, key: Callable[[Item], dict[str, str]]
    ) -> None:
        """Take what is written with.

        Args:
            client: Sends the requests.
            context: What is needed of the run.
            key: Returns the field by which a new contact can be found, with its value; or none.
        """
        self._client, self._context, self._key = client, context, key
        self._wire = wire.Writer()
        self._doubt = Doubt[Packed](client.title, f"POST {CONTACTS.path}")

    def write(self, items: Iterator[Item]) -> Generator[list[Outcome[Item]], None, None]:
        """Yield the outcomes of one request after the other.

        While one is under way, the next is packed and the outcomes of the one before are entered.
        One that fails as a whole is halved until the contact at fault is alone, unless the request
        may be at fault: see `doubt`.

        Raises:
            Stopped: When nothing more can be written; what was in flight is yielded before.
        """
        room = wire.MAX_BYTES - wire.EMPTY_SIZE
        packed = packs(map(self._packed, items), lambda each: len(each.made), room, _company)
        waiting = Waiting(packed, self._context.first_writes)
        with threads(1) as pool:
            sent = self._send_next(pool, waiting)
            while sent:
                waiting.make_ready()
                ahead = self._send_next(pool, waiting) if sent.is_taken() else None
                yield from self._outcomes(sent, waiting)
                sent = ahead or self._send_next(pool, waiting)
        if not self._context.halted():
            more_follow = self._context.first_writes.more_follow
            yield from _at_fault_themselves(self._doubt.end(more_follow=more_follow))

    def _send_next(self, pool: Executor, waiting: Waiting[Packed]) -> Sent | None:
        """Send what waits, if anything does and the run is not to end."""
        pack = None if self._context.halted() else waiting.take()
        if pack and self._doubt.one_by_one and len(pack.items) > 1:
            waiting.put_behind(pack.items[1:])
            pack = Pack(pack.items[:1])
        return Sent(pack, pool.submit(self._answer, pack)) if pack else None

    def _packed(self, item: Item) -> Packed:
        """Put a contact into its wire form; a new one gets its key."""
        key = self._key(item) if item.action is Action.CREATE else {}
        return Packed(item, self._wire.item(item.remote_id or wire.NEW, item.payload | key))

    def _answer(self, pack: Pack[Packed]) -> Sequence[wire.Result]:
        """Send contacts in one request; return the result of each.

        Raises:
            Rejected: If a contact alone is larger than a request may be.
        """
        contacts = pack.items
        if wire.EMPTY_SIZE + len(contacts[0].made) > wire.MAX_BYTES:
            raise _too_large(contacts[0])
        creating = any(packed.is_new for packed in contacts)
        made = [packed.made for packed in contacts]
        return self._client.write(made, repeatable=not creating, once=pack.is_to_be_halved)

    def _outcomes(self, sent: Sent, waiting: Waiting[Packed]) -> Iterator[list[Outcome[Item]]]:
        """Yield what became of contacts once their request is answered; what goes again waits.

        Raises:
            Stopped: After that, if nothing more can be written.
        """
        contacts = sent.pack.items
        try:
            results = sent.answer.result()
        except (OutcomeUnknown, Refused, Rejected, GivenUp) as error:
            if isinstance(error, Refused) and self._doubt.is_raised_by(error):
                self._doubt.refused(contacts, error, waiting)
                return
            at_fault = _at_fault(error, sent.pack, waiting)
            yield [Outcome(packed.item, error=error) for packed in at_fault]
        else:
            at_fault_themselves = self._doubt.taken()
            yield from settled([packed.item for packed in contacts], results)
            yield from _at_fault_themselves(at_fault_themselves)


def _at_fault_themselves(
    held: Sequence[tuple[Packed, Refused]],
) -> Iterator[list[Outcome[Item]]]:
    if held:
        yield [Outcome(packed.item, error=error) for packed, error in held]


def _company(packed: Packed) -> int:
    """Return how many contacts go in a request with this one: fewer, each time it was lost."""
    return COMPANY[min(packed.item.lost, ALONE_AFTER)]


def _at_fault(
    error: OutcomeUnknown | Refused | Rejected | GivenUp,
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
