"""What a crash of the machine may take back: outcomes that no STATE has passed, nothing else."""

from __future__ import annotations

import io
import itertools
import shutil
import time
from contextlib import closing, redirect_stdout
from typing import TYPE_CHECKING, Any, cast

import pytest
import sqlalchemy as sa

from target_contacts.ledger.entry import INTENT, WRITTEN, Entry
from target_contacts.ledger.lease import LEASE_SECONDS
from target_contacts.ledger.ledger import Ledger
from target_contacts.target import TargetContacts
from tests.support.commands import FAST, SOON, Workplace, contacts, singer
from tests.support.ledger_stores import Store, postgres
from tests.support.zoho_people import ANNA, BERT, bins, names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.ledger_runs import Watched

DISK, ENTERED, LEAVES, STATE = "on disk", "entered", "a write leaves", "STATE"


class Order:
    """Notes what happens in which order, and of each commit whether it waits for the disk."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.events: list[str] = []
        self._waits = True

    def connected(self, connection: Any, _: object) -> None:
        """Note what is done over a connection to SQLite."""
        self._waits = True
        connection.set_trace_callback(self._noted)

    def _noted(self, statement: str) -> None:
        if statement.startswith("PRAGMA synchronous="):
            self._waits = statement.endswith("FULL")
        elif statement == "COMMIT":
            self.events.append(DISK if self._waits else ENTERED)

    def before(self, event: str) -> set[str]:
        """Return what happened right before each event of a kind."""
        pairs = zip(self.events, self.events[1:], strict=False)
        return {earlier for earlier, later in pairs if later == event}


class _Output(io.TextIOWrapper):
    """Notes when a STATE is passed on."""

    def __init__(self, order: Order) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)
        self._order = order

    def write(self, text: str) -> int:
        """Note it."""
        self._order.events.append(STATE)
        return super().write(text)


@pytest.fixture
def order() -> Iterator[Order]:
    """Return what notes the commits of all ledgers that are opened now."""
    noted = Order()
    sa.event.listen(sa.Engine, "connect", noted.connected)
    yield noted
    sa.event.remove(sa.Engine, "connect", noted.connected)


def entry(key: str, status: str) -> Entry:
    """Return an entry."""
    return Entry(key, status, "1" if status == WRITTEN else None, payload="0" * 32)


def test_an_outcome_waits_for_the_disk_only_when_it_has_to(order: Order, tmp_path: Path) -> None:
    """Entering it costs no wait. What comes later, and what is asked to last, has it on disk."""
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db", "account")
    ledger.lock(0)
    order.events.clear()

    ledger.put("contacts", [entry("a", INTENT)])
    for key in "abcdefgh":  # one of them may hold the proof that is due each second
        ledger.put("contacts", [entry(key, WRITTEN)], synced=False)
    assert order.events[0] == DISK
    assert order.events.count(ENTERED) > 1

    ledger.sync()
    assert order.events[-1] == DISK

    before = len(order.events)
    ledger.sync()
    assert not order.events[before:]

    ledger.put("contacts", [entry("i", WRITTEN)], synced=False)
    ledger.put("contacts", [entry("j", INTENT)])
    ledger.close()
    assert order.events[-2:] == [DISK, DISK]


def test_a_proof_waits_for_the_disk_even_with_an_outcome(order: Order, tmp_path: Path) -> None:
    """The next run reckons from it until when creates of a run that lost its power may land."""
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.db", "account")
    ledger.lock(0)
    ledger.put("contacts", [entry("a", INTENT)])
    order.events.clear()

    time.sleep(LEASE_SECONDS)
    ledger.put("contacts", [entry("a", WRITTEN)], synced=False)
    ledger.lease.prove()
    assert set(order.events) == {DISK}
    ledger.close()


def test_a_server_that_waits_for_its_disk_is_not_asked_to_once_more() -> None:
    """PostgreSQL has each outcome on disk: before STATE nothing is entered."""
    with postgres() as store:
        ledger = Ledger(store.url, "account")
        ledger.lock(0)
        ledger.put("contacts", [entry("a", WRITTEN)], synced=False)
        proven = proven_at(store)
        ledger.sync()
        assert proven_at(store) == proven
        ledger.close()


def proven_at(store: Store) -> object:
    """Return when the run proved its lease last."""
    engine = sa.create_engine(store.url)
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT proven_at FROM runs")).scalar_one()
    engine.dispose()
    return found


def lines(*records: dict[str, Any]) -> str:
    """Return the records with a STATE behind each."""
    head, *several = contacts(*records)
    states = [{"type": "STATE", "value": {"at": n}} for n, _ in enumerate(several)]
    return singer([head, *itertools.chain(*zip(several, states, strict=True))])


def run(zoho: Watched, folder: Path, order: Order, *records: dict[str, Any]) -> None:
    """Run the target in this process, one request at a time."""
    own = {"ledger_url": f"sqlite:///{folder}/ledger.db", "rejects_dir": str(folder)}
    settings = {**FAST, **SOON, **zoho.target_config(), **own, "match_on": [], "concurrency": 1}
    order.events.clear()
    zoho.before_write = lambda: order.events.append(LEAVES)
    with redirect_stdout(cast("Any", _Output(order))):
        target = TargetContacts(config=settings)
        assert target.run(cast("Any", io.BytesIO(lines(*records).encode()))) == 0


def test_what_leaves_and_what_a_state_passes_is_on_disk(
    zoho: Watched, order: Order, tmp_path: Path
) -> None:
    """A create's intent and an update's doubt are there before it leaves, outcomes before STATE."""
    run(zoho, tmp_path, order, ANNA, BERT)
    assert 0 < order.events.count(ENTERED) <= order.events.count(LEAVES) == 2
    assert order.events[order.events.index(LEAVES) - 1] == DISK
    assert order.before(STATE) == {DISK}

    run(zoho, tmp_path, order, {**ANNA, "company": "Acme"}, {**BERT, "company": "Acme"})
    assert order.events[order.events.index(LEAVES) - 1] == DISK
    assert order.before(STATE) == {DISK}

    run(zoho, tmp_path, order, {**ANNA, "company": "Acme"})
    assert {ENTERED, LEAVES}.isdisjoint(order.events)


@pytest.mark.parametrize("first", [{}, {"company": "Acme"}], ids=["create", "update"])
def test_a_crash_of_the_machine_loses_and_doubles_nothing(
    zoho: Watched, workplace: Workplace, first: dict[str, Any]
) -> None:
    """What the disk has when the first write leaves is enough for the next run."""
    settings = {**zoho.target_config(), "match_on": [], "concurrency": 1}
    kept = workplace.folder / "kept"
    ledger = [workplace.folder / f"target-contacts.db{end}" for end in ("", "-wal", "-shm")]

    def keep() -> None:
        zoho.before_write = None
        kept.mkdir()
        for path in ledger:
            shutil.copy(path, kept)

    if first:
        workplace.target(settings, contacts(ANNA, BERT))
    zoho.before_write = keep
    people = {**ANNA, **first}, {**BERT, **first}
    run = workplace.target(settings, contacts(*people))
    assert bins(run.summary) == {"updated" if first else "created": 2}

    for path in ledger:
        path.unlink(missing_ok=True)
        shutil.copy(kept / path.name, path)
    again = workplace.target(settings, contacts(*people))
    assert sum(bins(again.summary).values()) == 2
    assert sorted(names(zoho)) == ["Anna", "Bert"]
    assert workplace.target(settings, contacts(*people)).summary["requests"] == 0


def test_a_file_without_a_log_waits_for_each_outcome(order: Order, tmp_path: Path) -> None:
    """Of what stands in the file itself a crash may take back more than the end."""
    url = f"sqlite:///file:{tmp_path}/ledger.db?vfs=unix-dotfile&uri=true"
    with closing(Ledger(url, "account")) as ledger:
        ledger.lock(0)
        order.events.clear()
        ledger.put("contacts", [entry("a", INTENT)])
        ledger.put("contacts", [entry("a", WRITTEN)], synced=False)
        ledger.sync()
        assert order.events == [DISK, DISK]
