"""A destination in memory: a sink without process and HTTP, which fails as it is told."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from tap_contacts.transport.errors import (
    ApiError,
    GivenUp,
    NotFound,
    OutcomeUnknown,
    Refused,
    Stopped,
)
from target_contacts.mapping.field import Field, Payload, without_empty
from target_contacts.settings import schema, typed
from target_contacts.sinks.base import ApiSink
from target_contacts.sinks.capabilities import Capabilities
from target_contacts.sinks.context import Context
from target_contacts.sinks.first_writes import FirstWrites
from target_contacts.values.basic import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from target_contacts.errors import Rejected
    from target_contacts.shutdown import Shutdown
    from tests.support.plain import Clock

DEFAULTS = {
    name: each["default"]
    for name, each in schema({}).get("properties", {}).items()
    if "default" in each
}
DEFAULTS |= {"api": "fake", "retry_wait_seconds": 1.0, "validate_records": True, "canary": False}
"""The target's settings as its schema has them, but that nothing is read back."""
NAMES = (
    *("first_name", "last_name", "email", "mobile", "phone", "phone1", "company", "job_title"),
    *("street", "city", "country"),
)
LISTED = Capabilities(identity=("first_name", "mobile"), concurrency=1, can_list=True)
"""The destination lists all its contacts, and cannot be asked for single ones."""


class Fault(NamedTuple):
    """What becomes of a write."""

    error: ApiError
    lands: Literal["never", "at once", "in the next pause", "before the next create"] = "never"
    """When it is carried out all the same."""


REFUSED = Fault(Refused("Fake", "write", "refused", code="F1", http_status=400))
LOST = Fault(OutcomeUnknown("Fake", "create", "no answer", http_status=504))
"""The write never arrived, and was not answered."""
LANDED, LATE = LOST._replace(lands="at once"), LOST._replace(lands="in the next pause")
OVERTAKEN = LOST._replace(lands="before the next create")
FAILING = Fault(GivenUp("Fake", "update", "failed in every try", code="F5", http_status=500))
STOPPED = Fault(Stopped("Fake", "write", "not signed in"))


class FakeSink(ApiSink[Any]):
    """Hold contacts in a dict; ids are the numbers from 1."""

    fields: ClassVar = tuple(Field(name, name) for name in NAMES)
    capabilities = LISTED
    title = "Fake"

    def __init__(self, clock: Clock, shutdown: Shutdown) -> None:
        proven = FirstWrites(self.title, lambda: True)
        context = Context(
            typed(DEFAULTS), {}, shutdown.is_asked, lambda _: set(), repr, lambda _: None, proven
        )
        super().__init__(SimpleNamespace(api="fake"), context)
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
        self.pauses: list[float] = []
        """Seconds that were waited, one by one."""
        self.watch: Callable[[str], None] = lambda _: None
        """Called with each request before it is carried out."""
        self._one = threading.RLock()
        self._late: list[tuple[str, Payload]] = []
        self._last = 0

    def put(self, **fields: Any) -> str:
        """Add a contact and return its id."""
        with self._one:
            self._last += 1
            self.contacts[str(self._last)] = fields
            return str(self._last)

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        self.pauses.append(seconds)
        self.clock.sleep(seconds)
        self._land("in the next pause")

    def create(self, payload: Payload) -> str:
        """Add a contact, unless a fault is due."""
        self._ask(f"create {payload.get('first_name')}")
        self._land("before the next create")
        fault = self._fault(payload)
        if fault is None:
            return self.put(**payload)
        self._late.append((fault.lands, payload))
        self._land("at once")
        raise fault.error

    def update(self, remote_id: str, payload: Payload, defaults: Payload) -> None:
        """Change a contact, unless a fault is due."""
        self._ask(f"update {remote_id}")
        if remote_id not in self.contacts:
            raise NotFound(self.title, "update", "no such contact", http_status=404)
        held = self.contacts[remote_id]
        if fault := self._fault({**held, **payload}):
            raise fault.error
        self.contacts[remote_id] = {**defaults, **without_empty(held), **payload}

    def delete(self, remote_id: str) -> None:
        """Remove a contact, unless a fault is due."""
        self._ask(f"delete {remote_id}")
        if remote_id not in self.contacts:
            raise NotFound(self.title, "delete", "no such contact", http_status=404)
        fault = self._fault(self.contacts[remote_id])
        if fault is None or fault.lands == "at once":
            del self.contacts[remote_id]
        if fault:
            raise fault.error

    def is_gone(self, remote_id: str, error: Rejected | Refused) -> bool:
        """Say whether a contact is not there any more."""
        if not isinstance(error, NotFound):
            return False
        self._ask(f"is {remote_id} gone")
        return remote_id not in self.contacts

    def _land(self, when: str) -> None:
        """Carry out the creates that land then."""
        with self._one:
            for payload in [payload for lands, payload in self._late if lands == when]:
                self.put(**payload)
            self._late = [each for each in self._late if each[0] != when]

    def _fault(self, payload: Payload) -> Fault | None:
        with self._one:
            due = self.faults.pop(0) if self.faults else None
        return due or self.always.get(payload.get("first_name", ""))

    def read_back(self, remote_id: str) -> Mapping[str, Any] | None:
        """Return a contact, if it is there."""
        self._ask(f"read {remote_id}")
        return dict(self.contacts[remote_id]) if remote_id in self.contacts else None

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
        self.watch(what)
        if what in self.broken:
            raise self.broken[what]


class AskedSink(FakeSink):
    """The same where contacts can be asked for one by one, and are listed for more than two."""

    capabilities = Capabilities(
        identity=("first_name", "mobile"), concurrency=1, can_list=True, can_ask=True,
        most_look_ups=2, asks_by=frozenset(("first_name",)),
    )  # fmt: skip


class ParallelSink(AskedSink):
    """The same with several requests at once."""

    capabilities = replace(AskedSink.capabilities, concurrency=4)


class WholeNameSink(FakeSink):
    """The same with one field for a whole name, and no way to clear a field."""

    fields: ClassVar = tuple(Field(name, name) for name in ("full_name", "email", "phone"))
    capabilities = Capabilities(
        identity=("full_name",), concurrency=1, can_list=True, clears_fields=False
    )


class ShortSink(FakeSink):
    """The same with room for short e-mail addresses only, of which a part is no use."""

    fields: ClassVar = (
        *(each for each in FakeSink.fields if each.wire != "email"),
        Field("email", "email", max_length=20, exact=True),
    )


class DeletingSink(FakeSink):
    """The same where contacts can be deleted."""

    capabilities = replace(LISTED, deletes=True)


class ReplacingSink(FakeSink):
    """The same where an update replaces the whole contact."""

    capabilities = replace(LISTED, replaces=True)


class IdempotentSink(FakeSink):
    """The same where a create may be repeated, and contacts cannot be looked up."""

    capabilities = Capabilities(concurrency=1, idempotent=True)

    def put(self, **fields: Any) -> str:
        """Add a contact or replace it, its first name being its id."""
        remote_id: str = fields["first_name"]
        self.contacts[remote_id] = fields
        return remote_id
