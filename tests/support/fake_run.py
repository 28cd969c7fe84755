"""Runs of the target without process and HTTP: all its steps are real, the sink is a fake."""

from __future__ import annotations

import functools
import logging
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from target_contacts.contact.deletion import Gone
from target_contacts.delivery.canary import Due
from target_contacts.delivery.gate import Gate
from target_contacts.delivery.guards import Guards
from target_contacts.delivery.limit import Limit
from target_contacts.delivery.unanswered import MOST_HELD, Unanswered
from target_contacts.errors import Rejected
from target_contacts.ledger.ledger import Ledger
from target_contacts.parents.lookups import Lookups
from target_contacts.pipeline.purpose import Purpose
from target_contacts.pipeline.run import Run
from target_contacts.pipeline.stream import Stream
from target_contacts.pipeline.stream_parts import StreamParts
from target_contacts.planning.planned_run import PlannedRun
from target_contacts.planning.planner import Planner
from target_contacts.report.matches import Matches
from target_contacts.report.rejects import Rejects
from target_contacts.settings import typed
from target_contacts.shutdown import Shutdown
from target_contacts.singer.checkpoints import Checkpoints
from target_contacts.singer.lines import Line
from target_contacts.sinks.first_writes import FirstWrites
from target_contacts.sinks.stream_names import StreamNames
from tests.support.fake_sink import DEFAULTS, FakeSink
from tests.support.plain import Clock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from typing_extensions import Self

    from target_contacts.delivery.delivery import Delivery
    from target_contacts.delivery.leavers import Leavers
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.plan import Plan
    from target_contacts.delivery.planned import Planned, Received
    from target_contacts.delivery.versions import Versions
    from target_contacts.ledger.entry import Entry
    from target_contacts.pipeline.intake import Intake
    from target_contacts.pipeline.prepare import Preparation
    from target_contacts.settings import Settings

Record = dict[str, Any]


@functools.cache
def _new_ledger() -> bytes:
    """Return the file of an empty ledger: to make its tables takes longer than most runs."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ledger.db")
        Ledger(f"sqlite:///{path}", "fake").close()
        return path.read_bytes()


class Place:
    """A destination and a ledger, which outlive the runs; a context manager that closes it."""

    def __init__(self, folder: Path, kind: type[FakeSink] = FakeSink) -> None:
        self.clock, self.shutdown = Clock(), Shutdown()
        self.sink = kind(self.clock, self.shutdown)
        path = folder / "ledger.db"
        if not path.exists():
            path.write_bytes(_new_ledger())
        self.ledger = Ledger(f"sqlite:///{path}", "fake")

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


class _Rejections(Rejects):
    """Keep in memory what would be in a rejects file."""

    def __init__(self) -> None:
        super().__init__("", "fake")
        self.reasons: list[Rejected] = []
        self.messages: list[Mapping[str, Any]] = []

    def add(self, schema: Mapping[str, Any], record: Mapping[str, Any], why: Rejected) -> None:
        """Keep a message, and why it was rejected."""
        del schema
        self.reasons.append(why)
        self.messages.append(record)


def _account(
    place: Place, ledger: Ledger, settings: Settings, former_until: float
) -> dict[str, Any]:
    """Return the parts of a run that know the account."""
    client: Any = SimpleNamespace(api="fake", title="Fake", logger=logging.getLogger("fake"))
    policies = [settings.policies, settings.stream_policies]
    kind = type(place.sink)
    return {
        "kind": lambda _client, _context: place.sink,
        "shutdown": place.shutdown,
        "resources": SimpleNamespace(client=client, ledger=ledger, former_until=former_until),
        "compared": SimpleNamespace(of_translation={"policies": policies}),
        "stream_names": StreamNames({}),
        "first_writes": FirstWrites("Fake", place.ledger.accepted.is_any),
        "lookups": Lookups(settings, kind, lambda: client, lambda: ledger, is_offline=False),
    }


class FakeRun(Run):
    """One run of the target, whose account and ledger are those of a place."""

    rejects: _Rejections

    def __init__(  # noqa: PLR0913  # what a run is made of
        self,
        place: Place,
        *,
        wait: float = 0.0,
        former_until: float = 0.0,
        most_held: int = MOST_HELD,
        limit: int | None = None,
        planner: Planner | None = None,
        gate: Gate | None = None,
        allow: Collection[str] = (),
        **config: Any,
    ) -> None:
        given = {**DEFAULTS, "unanswered_wait_seconds": wait, **config}
        settings = typed(msgspec.json.decode(msgspec.json.encode(given)))
        planner = planner or (Planner() if settings.dry_run else None)
        ledger = place.ledger.copied() if planner else place.ledger
        writes, marks = planner is None, settings.on_delete == "mark"
        is_read_back = settings.canary and writes
        self.planner, self.states = planner, list[Any]()
        super().__init__(
            **_account(place, ledger, settings, former_until),
            settings=settings,
            purpose=Purpose.WRITE,
            destination="",
            planned=PlannedRun(planner) if planner else None,
            limit=Limit(limit),
            gate=gate or Gate(),
            guards=Guards(settings.guards, lambda: ledger, enforced=writes, allowed=allow),
            canaries=Due(place.ledger.read_back.kinds, is_on=is_read_back, marks=marks),
            checkpoints=Checkpoints(self.states.append),
            rejects=_Rejections(),
            matches=Matches("", "fake", kept=False),
        )
        self.place, self._most_held = place, most_held
        self.warnings: list[str] = []
        place.sink.context = place.sink.context._replace(
            first_writes=self.first_writes, digest=place.ledger.digest
        )
        self._streams: dict[str, _Steps] = {}
        self._gone: list[Received] = []

    def send(self, *records: Record, stream: str = "contacts", version: int | None = None) -> None:
        """Deliver records as one batch, each with a STATE behind it that holds its id.

        A key `rejection` of a record is one of its message, as in a rejects file. All of them may
        carry a version.
        """
        if stream not in self._streams:
            self._streams[stream] = self._steps(stream, sorted({n for r in records for n in r}))
        steps, waiting = self._streams[stream], {}
        for record in records:
            received = steps.intake.received(_line(stream, record), None)
            waiting[received.key] = received
            steps.versions.see(version, received.key)
            self.checkpoints.saw({"at": record["id"]})
        for changed, is_beyond in self.limit.parts(steps.plan.changed(waiting)):
            if is_beyond:
                self.limit.leave_out(changed, steps.outcomes)
                continue
            self._deliver(steps, changed)
        self.checkpoints.pass_on()

    def _deliver(self, steps: _Steps, changed: Iterable[Received]) -> None:
        if self.guards.is_tripped:
            steps.outcomes.hold_back(changed)
            return
        planned = steps.plan.planned(list(self._items(steps, changed)))
        gone, self._gone = self._gone, []
        steps.delivery.deliver([*planned, *steps.leavers.told(gone)])

    def activate(self, version: int, stream: str = "contacts") -> str:
        """Take an ACTIVATE_VERSION message and a STATE behind it; return why nobody left."""
        if stream not in self._streams:
            self._streams[stream] = self._steps(stream, ["id"])
        steps = self._streams[stream]
        reason = steps.versions.reason(version)
        for planned in () if reason else steps.leavers.absent(steps.versions.seen):
            steps.delivery.deliver(planned)
        self.checkpoints.saw({"activated": version})
        self.checkpoints.pass_on()
        return reason

    def _items(self, steps: _Steps, changed: Iterable[Received]) -> Iterator[Planned]:
        """Yield records as they are sent, and settle those that are not sent."""
        for received in changed:
            if item := self._item(steps, received):
                yield item

    def _item(self, steps: _Steps, received: Received) -> Planned | None:
        """Return a record as it is sent; keep it if it says that it left the source."""
        try:
            return steps.preparation.item(received)
        except Rejected as why:
            steps.outcomes.reject(received, why)
        except Gone:
            self._gone.append(received)
        return None

    def settle_due(self) -> None:
        """Settle the creates that are held and cannot be carried out any more."""
        for steps in self._streams.values():
            steps.delivery.settle_due()

    def finish(self) -> None:
        """Settle what is held, as at the end of the input."""
        for steps in self._streams.values():
            steps.delivery.finish()
        self.first_writes.end()
        self.checkpoints.pass_on()
        self.guards.end(is_complete=True)
        if self.planned:
            self.ledger.close()

    @property
    def bins(self) -> dict[str, int]:
        """Return how many records are in each bin that is not empty."""
        return {name: count for name, count in self.books.bins.items() if count}

    @property
    def rejections(self) -> list[Rejected]:
        """Return why records were rejected."""
        return self.rejects.reasons

    @property
    def kept(self) -> list[Mapping[str, Any]]:
        """Return the messages that were rejected, with what is told of each in a rejects file."""
        return self.rejects.messages

    @property
    def codes(self) -> list[str]:
        """Return the codes of the rejections."""
        return [rejection.code for rejection in self.rejections]

    def _steps(self, name: str, properties: list[str]) -> _Steps:
        """Return the steps of a stream, as the target puts them together."""
        schema: dict[str, Any] = {"properties": {each: {} for each in properties}}
        self.schemas[name] = {"type": "SCHEMA", "stream": name, "schema": schema}
        stream = Stream(name, schema, ["id"])
        outcomes = self.outcomes(name)
        logger: Any = SimpleNamespace(warning=lambda _, text: self.warnings.append(text))
        parts = StreamParts(self, stream, outcomes, logger)
        wait = self.settings.unanswered_wait
        steps = parts.steps(parts.again(), Unanswered(wait, self.place.clock, self._most_held))
        return _Steps(
            parts.intake,
            parts.translation.preparation,
            outcomes,
            steps.plan,
            steps.leavers,
            self.versions(name),
            steps.delivery,
        )


class _Steps(NamedTuple):
    """What the records of one stream go through."""

    intake: Intake
    preparation: Preparation
    outcomes: Outcomes
    plan: Plan
    leavers: Leavers
    versions: Versions
    delivery: Delivery


def _line(stream: str, record: Record) -> Line:
    """Return the RECORD message of a record."""
    said = {name: value for name, value in record.items() if name != "rejection"}
    extra = {name: record[name] for name in record.keys() - said.keys()}
    whole = {"type": "RECORD", "stream": stream, "record": said, **extra}
    return Line(stream, msgspec.json.encode(said), msgspec.json.encode(whole))
