"""Runs of the target without process: real ledger, plan, look-up and delivery, a fake sink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from target_contacts.delivery.adoption import Adoption
from target_contacts.delivery.delivery import Delivery
from target_contacts.delivery.filled import FilledFields
from target_contacts.delivery.outcomes import Outcomes
from target_contacts.delivery.plan import Plan, Terms
from target_contacts.delivery.planned import Planned, Received
from target_contacts.delivery.setbacks import Setbacks, Tries
from target_contacts.delivery.unanswered import Unanswered
from target_contacts.ledger.ledger import Entry, Ledger
from target_contacts.report.summary import Books
from target_contacts.shutdown import Shutdown
from target_contacts.singer.checkpoints import Checkpoints
from target_contacts.singer.lines import Line
from tests.support.fake_sink import FakeSink
from tests.support.plain import Clock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from typing_extensions import Self

    from target_contacts.errors import Rejected

Record = dict[str, Any]


class Place:
    """A destination and a ledger, which outlive the runs; a context manager that closes it."""

    def __init__(self, folder: Path, kind: type[FakeSink] = FakeSink) -> None:
        self.clock, self.shutdown = Clock(), Shutdown()
        self.sink = kind(self.clock, self.shutdown)
        self.ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}", "fake")

    def __enter__(self) -> Self:
        """Return it; the ledger is open already."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the ledger."""
        self.ledger.close()

    def run(self, *records: Record, stream: str = "contacts", **settings: Any) -> FakeRun:
        """Return a run that has delivered these records, and has ended."""
        run = FakeRun(self, **settings)
        run.send(*records, stream=stream)
        run.finish()
        return run

    def entry(self, number: int, stream: str = "contacts") -> Entry | None:
        """Return what the ledger knows of the record with this id."""
        key = self.ledger.digest([str(number)])
        return self.ledger.entries(stream, [key]).get(key)


class FakeRun:
    """One run of the target."""

    def __init__(  # noqa: PLR0913  # each is a setting of the target
        self,
        place: Place,
        *,
        mode: str = "upsert",
        match_on: list[Any] | None = None,
        wait: float = 0.0,
        former_until: float = 0.0,
        dry_run: bool = False,
        max_tries: int = 5,
        defaults: Mapping[str, str] | None = None,
    ) -> None:
        self.place, self.sink, self.ledger = place, place.sink, place.ledger
        self.books, self.states, self.rejections = Books(), list[Any](), list["Rejected"]()
        self._checkpoints = Checkpoints(self.states.append)
        self.warnings: list[str] = []
        self._mode, self._match_on, self._wait = mode, match_on, wait
        self._former_until, self._dry_run, self._max_tries = former_until, dry_run, max_tries
        self._defaults = dict(defaults or {})
        self._peers: list[Adoption] = []
        self._streams: dict[str, _Stream] = {}

    def send(self, *records: Record, stream: str = "contacts") -> None:
        """Deliver records as one batch, with a STATE behind each that holds its id."""
        of = self._stream(stream)
        waiting = {}
        for record in records:
            received = of.received(record)
            waiting[received.key] = received
            self._checkpoints.saw({"at": record["id"]})
        planned = of.plan.planned([of.item(r) for r in of.plan.changed(waiting)])
        (of.delivery.preview if self._dry_run else of.delivery.deliver)(planned)
        self._checkpoints.pass_on()

    def settle_due(self) -> None:
        """Settle the creates that are held and cannot be carried out any more."""
        for of in self._streams.values():
            of.delivery.settle_due()

    def finish(self) -> None:
        """Settle what is held, as at the end of the input."""
        for of in self._streams.values():
            of.delivery.finish()
        self._checkpoints.pass_on()

    @property
    def bins(self) -> dict[str, int]:
        """Return how many records are in each bin that is not empty."""
        return {name: count for name, count in self.books.bins.items() if count}

    @property
    def codes(self) -> list[str]:
        """Return the codes of the rejections."""
        return [rejection.code for rejection in self.rejections]

    def _stream(self, name: str) -> _Stream:
        if name not in self._streams:
            self._streams[name] = self._made(name)
        return self._streams[name]

    def _made(self, name: str) -> _Stream:
        place, ledger = self.place, self.ledger
        outcomes = Outcomes(
            name, self.books, self._checkpoints, lambda _, why: self.rejections.append(why)
        )
        can = self.sink.capabilities
        unanswered = Unanswered(self._wait, place.clock)
        adoption = Adoption(
            self.sink,
            self._match_on,
            ledger=ledger,
            outcomes=outcomes,
            unanswered=unanswered,
            peers=self._peers,
            shutdown=place.shutdown,
            warn_once=self.warnings.append,
        )
        delivery = Delivery(
            self.sink,
            ledger=ledger,
            outcomes=outcomes,
            adoption=adoption,
            setbacks=Setbacks(outcomes, Tries("Fake", self._max_tries, 1.0, can.alone_after)),
            unanswered=unanswered,
            shutdown=place.shutdown,
            mode=self._mode,
            assert_complete=lambda _, __: None,
        )
        filled = FilledFields(ledger, self.sink.fields, clears=can.clears_fields)
        terms = Terms(
            self._dry_run, adoption.adopts, can.idempotent, can.replaces, self._former_until, ["id"]
        )
        plan = Plan(ledger, outcomes, filled, unanswered, terms)
        return _Stream(ledger, outcomes, plan, delivery, self._defaults)


class _Stream:
    """The delivery of one stream, and its translation: fields are named as at the destination."""

    def __init__(
        self,
        ledger: Ledger,
        outcomes: Outcomes,
        plan: Plan,
        delivery: Delivery,
        defaults: Record,
    ) -> None:
        self._ledger, self._outcomes, self._defaults = ledger, outcomes, defaults
        self.plan, self.delivery = plan, delivery

    def received(self, record: Record) -> Received:
        """Return a record as the intake of the target does; a key `rejection` is the message's."""
        said = {name: value for name, value in record.items() if name != "rejection"}
        extra = {name: record[name] for name in record.keys() - said.keys()}
        stream, values = self._outcomes.stream, [str(record["id"])]
        whole = msgspec.json.encode({"stream": stream, "record": said, **extra})
        line = Line(stream, msgspec.json.encode(said), whole)
        number = self._outcomes.opened()
        key, source = self._ledger.digest(values), self._ledger.digest(said)
        return Received(key, values, [], source, number, line)

    def item(self, received: Received) -> Planned:
        """Return a record as it is sent."""
        payload = {name: v or "" for name, v in received.record.items() if name != "id"}
        defaults = {name: v for name, v in self._defaults.items() if not payload.get(name)}
        fill = {w: [self._ledger.digest(w)[:8]] for w, v in payload.items() if v}
        return Planned(
            payload,
            f"{self._outcomes.stream} {received.values}",
            defaults,
            received=received,
            digest=self._ledger.digest(payload),
            merged=self._ledger.digest({**payload, **defaults}),
            filled=self._ledger.fill_id(fill),
            properties=tuple(name for name, value in received.record.items() if not value),
        )
