"""A destination in memory: a sink without process and HTTP, which fails as it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from tap_contacts.transport.errors import (
    ApiError,
    GivenUp,
    NotFound,
    OutcomeUnknown,
    Refused,
    Stopped,
)
from target_contacts.mapping.field import Field, Payload
from target_contacts.sinks.base import ApiSink, Context
from target_contacts.sinks.capabilities import Capabilities
from target_contacts.values.basic import as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from target_contacts.shutdown import Shutdown
    from tests.support.plain import Clock

NAMES = ("first_name", "last_name", "email", "mobile", "phone", "company")
LISTED = Capabilities(identity=("first_name", "mobile"), concurrency=1, can_list=True, many=0)
"""The destination lists all its contacts, and cannot be asked for single ones."""


class Fault(NamedTuple):
    """What becomes of a write."""

    error: ApiError
    lands: bool = False
    """Whether it is carried out before it fails."""
    late: bool = False
    """Whether it is carried out during the next pause."""


REFUSED = Fault(Refused("Fake", "write", "refused", code="F1", http_status=400))
LOST = Fault(OutcomeUnknown("Fake", "create", "no answer", http_status=504))
"""The write never arrived, and was not answered."""
LANDED, LATE = LOST._replace(lands=True), LOST._replace(late=True)
FAILING = Fault(GivenUp("Fake", "update", "failed in every try", code="F5", http_status=500))
STOPPED = Fault(Stopped("Fake", "write", "not signed in"))


class FakeSink(ApiSink[Any]):
    """Hold contacts in a dict; ids are the numbers from 1."""

    fields: ClassVar = tuple(Field(name, name) for name in NAMES)
    capabilities = LISTED
    title = "Fake"

    def __init__(self, clock: Clock, shutdown: Shutdown) -> None:
        context = Context({}, {}, shutdown.is_asked, lambda _: set(), repr, lambda _: None)
        super().__init__(None, context)
        self.clock = clock
        self.contacts: dict[str, Payload] = {}
        self.asked: list[str] = []
        """What was asked for: `list`, `find`, `create 1` or `update 1`."""
        self.faults: list[Fault | None] = []
        """What becomes of the next writes, one by one; None lets one pass."""
        self.always: dict[str, Fault] = {}
        """What becomes of every write of a contact with this first name."""
        self.broken: dict[str, ApiError] = {}
        """What `list` or `find` ends in."""
        self.paused = 0.0
        """Seconds that were spent waiting."""
        self._late: list[Payload] = []
        self._last = 0

    def put(self, **fields: str) -> str:
        """Add a contact and return its id."""
        self._last += 1
        remote_id = str(self._last)
        self.contacts[remote_id] = fields
        return remote_id

    def pause(self, seconds: float) -> None:
        """Let time pass, and what is late land."""
        self.paused += seconds
        self.clock.sleep(seconds)
        for payload in self._late:
            self.put(**payload)
        self._late.clear()

    def create(self, payload: Payload) -> str:
        """Add a contact, unless a fault is due."""
        self.asked.append(f"create {payload.get('first_name')}")
        if fault := self._fault(payload):
            if fault.lands:
                self.put(**payload)
            self._late += [payload] * fault.late
            raise fault.error
        return self.put(**payload)

    def update(self, remote_id: str, payload: Payload, defaults: Payload) -> None:
        """Change a contact, unless a fault is due."""
        self.asked.append(f"update {remote_id}")
        if remote_id not in self.contacts:
            raise NotFound("Fake", "update", "no such contact")
        fault = self._fault({**self.contacts[remote_id], **payload})
        if fault is None or fault.lands:
            self.contacts[remote_id] |= payload
        if fault:
            raise fault.error

    def _fault(self, payload: Payload) -> Fault | None:
        due = self.faults.pop(0) if self.faults else None
        return due or self.always.get(payload.get("first_name", ""))

    def stored(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield all contacts."""
        self._ask("list")
        yield from list(self.contacts.items())

    def find(self, wanted: Mapping[str, str]) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Return the contacts with these values."""
        self._ask("find")
        found = [*self.contacts.items()]
        return [(n, c) for n, c in found if all(as_text(c.get(w)) == v for w, v in wanted.items())]

    def alike(self, contact: Payload) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Return the contacts with the same first name."""
        return self.find({"first_name": as_text(contact.get("first_name"))})

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self.broken:
            raise self.broken[what]


class AskedSink(FakeSink):
    """The same where contacts can be asked for one by one, and are listed for more than two."""

    capabilities = Capabilities(
        identity=("first_name", "mobile"), concurrency=1, can_list=True, can_ask=True, many=2,
        asks_by=frozenset(("first_name",)),
    )  # fmt: skip


class IdempotentSink(FakeSink):
    """The same where a create may be repeated, and contacts cannot be looked up."""

    capabilities = Capabilities(concurrency=1, idempotent=True)

    def put(self, **fields: str) -> str:
        """Add a contact or replace it, its first name being its id."""
        self.contacts[fields["first_name"]] = fields
        return fields["first_name"]
