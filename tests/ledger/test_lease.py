"""A run writes only while it is the last one of its account, whatever became of its lock."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import socket
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from target_contacts.ledger.database import Database
from target_contacts.ledger.entry import WRITTEN, Entry
from target_contacts.ledger.errors import LedgerError
from target_contacts.ledger.last_run import Run
from target_contacts.ledger.lease import LEASE_SECONDS, MARGIN_SECONDS, Lease, now
from target_contacts.ledger.ledger import Ledger
from target_contacts.ledger.lock import LockFile
from target_contacts.shutdown import Interrupted
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts, singer
from tests.support.ledger_runs import API, BUSY, config, end_input, feed, holding, line_of, started
from tests.support.ledger_stores import SqliteStore, Store, postgres
from tests.support.zoho_people import ANNA, BERT, bins, names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sandbox.faults import Fault
    from tests.sandbox.messages import Request, Response
    from tests.support.under_way import UnderWay

WAITS = "The former run did not end by itself"


class Slow(ZohoVoice):
    """A Zoho Voice that takes its time to turn a create away."""

    def __init__(self) -> None:
        """Set up the server."""
        super().__init__()
        self.arrived, self.release = threading.Event(), threading.Event()

    def answer(self, request: Request) -> tuple[Response | None, Fault | None]:
        """Answer a request; one that is sent too early, not before that is released."""
        response, fault = super().answer(request)
        if fault and fault.status == 429 and not fault.headers:
            self.arrived.set()
            self.release.wait(60)
        return response, fault


@pytest.fixture
def zoho() -> Iterator[Slow]:
    """Return a running, empty Zoho Voice."""
    with Slow() as sandbox:
        yield sandbox
        sandbox.release.set()


@pytest.fixture
def file(tmp_path: Path) -> SqliteStore:
    """Return an SQLite file that is not there yet."""
    return SqliteStore(tmp_path / "shared.db")


@pytest.fixture
def database(file: SqliteStore) -> Iterator[Database]:
    """Return an open file."""
    made = Database(file.url, lambda: False)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, file: SqliteStore) -> Iterator[Store]:
    """Return an empty database, in turn of each kind."""
    if request.param == "sqlite":
        yield file
    else:
        with postgres() as made:
            yield made


def execute(store: Store, statement: str) -> list[Any]:
    """Execute a statement beside all runs, and return its rows."""
    engine = sa.create_engine(store.url.replace("timeout=0.1", "timeout=10"))
    with engine.begin() as connection:
        found = connection.execute(sa.text(statement))
        rows = list(found) if found.returns_rows else []
    engine.dispose()
    return rows


def overtake(store: Store) -> None:
    """Do to a run's row what the next run does, as if the lock were no hindrance."""
    execute(store, "UPDATE runs SET number = number + 1")


@contextlib.contextmanager
def writing(zoho: Slow, workplace: Workplace, store: Store, **headers: str) -> Iterator[UnderWay]:
    """Start a run that has announced its creates, of which the first will be turned away."""
    zoho.fault(on=f"POST {API}", status=429, headers=headers)
    with started(workplace, config(zoho, store, concurrency=1, checkpoint_seconds=60)) as process:
        feed(process, singer(contacts(ANNA, BERT, state={"at": 1})))
        end_input(process)
        yield process


@contextlib.contextmanager
def waiting(zoho: Slow, workplace: Workplace, store: Store) -> Iterator[UnderWay]:
    """Start a run that has announced its creates and waits for the answer to the first."""
    with writing(zoho, workplace, store) as process:
        assert zoho.arrived.wait(30)
        yield process


def turned_away(zoho: Slow, first: UnderWay) -> tuple[str, str]:
    """Turn the create away once a proof is needed for another try; return what the run wrote."""
    time.sleep(LEASE_SECONDS)
    zoho.release.set()
    return first.communicate(timeout=30)


def test_a_run_whose_connection_ended_leaves_the_account_to_the_next(
    zoho: Slow, workplace: Workplace
) -> None:
    """PostgreSQL has freed its lock; it sends nothing more, and the next run doubles nothing."""
    with postgres() as store, waiting(zoho, workplace, store) as first:
        store.fail()
        second = workplace.target(config(zoho, store), contacts(ANNA, BERT, state={"at": 2}))
        out, log = turned_away(zoho, first)
    assert (second.code, bins(second.summary)) == (0, {"created": 2})
    assert WAITS in second.log
    assert (first.returncode, out, sorted(names(zoho))) == (1, "", ["Anna", "Bert"])
    assert "prove the lease: the connection to the server was lost" in log or store.lost in log
    assert "Traceback" not in log


def test_a_run_that_is_overtaken_sends_nothing_more(
    zoho: Slow, workplace: Workplace, store: Store
) -> None:
    """It says which run has taken over, enters nothing any more and leaves its intents."""
    with waiting(zoho, workplace, store) as first:
        overtake(store)
        out, log = turned_away(zoho, first)
    assert (first.returncode, out, names(zoho)) == (1, "", [])
    assert "prove the lease: another run has taken over: pid" in log
    assert "Traceback" not in log
    assert len(store.rows()) == 2
    store.end_runs()
    run = workplace.target(config(zoho, store), contacts(ANNA, BERT))
    assert (run.code, bins(run.summary)) == (0, {"created": 2})


def test_an_overtaken_run_that_is_told_to_end_takes_nothing_away(
    zoho: Slow, workplace: Workplace, store: Store
) -> None:
    """Its intents may be those of the next run by now: it withdraws none."""
    with writing(zoho, workplace, store, **{"Retry-After": "60"}) as first:
        line_of(first.stderr, "Trying again in")
        time.sleep(LEASE_SECONDS)
        overtake(store)
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=10)
    assert (names(zoho), len(store.rows())) == ([], 2)


def test_what_an_overtaken_ledger_would_enter_is_refused(store: Store) -> None:
    """Neither entries nor removals get through once the lease is over, which none prolongs."""
    ledger = Ledger(store.url, "a")
    ledger.lock(0)
    ledger.put("contacts", [Entry("k", WRITTEN, "1")])
    overtake(store)
    over = now() + LEASE_SECONDS
    for _ in range(4):
        ledger.put("contacts", [Entry("k", WRITTEN, "1")])
        time.sleep(LEASE_SECONDS / 5)
    time.sleep(max(0.0, over - now()))
    refused = {
        "drop": lambda: ledger.drop("contacts", ["k"]),
        "put": lambda: ledger.put("contacts", [Entry("k", WRITTEN, "2")]),
        "rename": lambda: ledger.rename("contacts", {"k": "l"}),
        "prove": ledger.lease.prove,
    }
    for call in refused.values():
        with pytest.raises(LedgerError, match="another run has taken over"):
            call()
    ledger.close()
    with pytest.raises(LedgerError, match="another run has taken over"):
        ledger.lease.prove()
    assert [row[2:5] for row in store.rows()] == [("k", WRITTEN, "1")]


def test_a_proof_is_free_while_the_last_one_holds(store: Store) -> None:
    """A thousand proofs in a row are one entry; entries prove, too."""
    ledger = Ledger(store.url, "a")
    ledger.lock(0)
    ledger.put("contacts", [Entry("k", WRITTEN, "1")])
    first = execute(store, "SELECT proven_at FROM runs")
    began = time.monotonic()
    for _ in range(1000):
        ledger.lease.prove()
    if time.monotonic() - began < LEASE_SECONDS / 2:
        assert execute(store, "SELECT proven_at FROM runs") == first
    time.sleep(LEASE_SECONDS)
    ledger.lease.prove()
    assert execute(store, "SELECT proven_at FROM runs") > first
    ledger.close()


def test_a_proof_that_holds_asks_no_database(file: SqliteStore) -> None:
    """It is asked for before each request."""
    database = Database(file.url, lambda: False)
    lease = Lease(database, "a")
    lease.prove()
    database.close()
    lease.prove()


def test_a_run_that_has_ended_proves_nothing(store: Store) -> None:
    """What is left of it, such as a thread that waited, cannot send."""
    ledger = Ledger(store.url, "a")
    ledger.lock(0)
    ledger.lease.prove()
    ledger.close()
    with pytest.raises(LedgerError, match="this run has ended"):
        ledger.lease.prove()


def test_a_ledger_tells_how_long_the_former_run_has_been_idle(store: Store) -> None:
    """None before the first run, never less than nothing, and also after a clean end."""

    def idle(change: str) -> float | None:
        if change:
            execute(store, f"UPDATE runs SET proven_at = {change}")  # noqa: S608
        ledger = Ledger(store.url, "a")
        ledger.lock(0)
        ledger.close()
        return ledger.lease.idle_seconds

    assert idle("") is None
    assert 100 <= (idle("proven_at - 100") or 0) <= 160
    assert idle("proven_at + 1000") == 0
    assert idle("NULL") is None


# How a run starts after another.


@pytest.mark.parametrize(
    ("kernel", "mine", "ended", "is_free", "is_over"),
    [
        ("k", "l", True, False, True),
        (None, "", True, False, True),
        ("k", "k", False, True, True),
        ("k", "k", False, False, False),
        ("j", "k", False, True, False),
        ("l", "k", False, True, False),
        ("", "k", False, True, False),
        (None, "k", False, True, False),
        ("", "", False, True, False),
        (None, "", False, True, False),
        (None, "k", None, True, False),
    ],
)
def test_a_former_run_is_over_if_it_said_so_or_this_machine_knows_it(
    kernel: str | None, mine: str, *, ended: bool | None, is_free: bool, is_over: bool
) -> None:
    """A free lock says so only of a run of this machine since its last start."""
    former = Run("host", 1, kernel, 0.0, ended, 0.0)
    assert former.is_over(mine, is_free=is_free) is is_over


def test_a_former_run_that_did_not_end_is_waited_for_as_long_as_it_may_send(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """A second after its last proof it needs another; and a second until that request has left."""
    caplog.set_level("INFO")
    former, lease = Lease(database, "a"), Lease(database, "a")
    assert former.former is None
    former.outwait(lambda: True, is_free=False)
    assert caplog.text == ""
    with pytest.raises(Interrupted):
        lease.outwait(lambda: True, is_free=False)
    mine = f"pid {os.getpid()} on {socket.gethostname()}, since 20"
    assert f"{WAITS} ({mine}" in caplog.text
    assert "Waiting 2 s for what it still sends." in caplog.text


@pytest.mark.parametrize(("ends", "is_free"), [(True, False), (False, True)])
def test_a_former_run_that_is_over_is_not_waited_for(
    database: Database, caplog: pytest.LogCaptureFixture, *, ends: bool, is_free: bool
) -> None:
    """It said so, or it was one of this machine and has left the lock."""
    caplog.set_level("INFO")
    former = Lease(database, "a")
    if ends:
        former.end()
    Lease(database, "a").outwait(lambda: True, is_free=is_free)
    assert caplog.text == ""


@pytest.mark.parametrize(("kernel", "waits"), [("kernel", False), ("'another'", True)])
def test_a_ledger_is_locked_once_the_former_run_cannot_send(
    file: SqliteStore, kernel: str, *, waits: bool
) -> None:
    """One that was killed on this machine has left its lock; of another nobody knows."""
    former = Ledger(file.url, "a")
    former.lock(0)
    former.close()
    execute(file, f"UPDATE runs SET kernel = {kernel}, ended = 0")  # noqa: S608
    ledger = Ledger(file.url, "a", lambda: True)
    with pytest.raises(Interrupted) if waits else contextlib.nullcontext():
        ledger.lock(0)
    ledger.close()


def test_a_run_is_told_by_process_host_and_start_in_utc() -> None:
    """So that somebody can look for it."""
    run = Run("shop-1", 77, "k", 1_767_225_605.9, ended=False, idle=0.0)
    assert str(run) == "pid 77 on shop-1, since 2026-01-01 00:00:05 UTC"


def test_the_wait_for_a_former_run_counts_from_the_lease(database: Database) -> None:
    """From then on that one gets no proof; nothing is waited again."""
    Lease(database, "a")
    lease = Lease(database, "a")
    asked: list[float] = []
    began = now()
    for _ in range(2):
        lease.outwait(lambda: bool(asked.append(now())), is_free=False)  # type: ignore[func-returns-value]
    assert LEASE_SECONDS + MARGIN_SECONDS - 0.2 < asked[-1] - began < 4
    assert now() - began < 4
    assert 5 < len(asked) < 50  # signals are heard, and the processor is left to others


def test_a_lease_is_of_one_account(database: Database) -> None:
    """Another account's run is no former one, and takes nothing over."""
    mine, other = Lease(database, "b"), [Lease(database, name) for name in "ac"]
    assert [each.former for each in other] == [None, None]
    mine.prove()
    for each in other:
        each.end()
        with pytest.raises(LedgerError, match="this run has ended"):
            each.prove()
    mine.prove()
    assert Lease(database, "b").former is not None


def test_nobody_waits_after_a_clean_end(
    zoho: ZohoVoice, workplace: Workplace, store: Store
) -> None:
    """Whatever its exit code: a run that could say that it ended cannot send any more."""
    refused = zoho.fault(on=f"POST {API}", status=400, times=-1, body='{"code": 1}')
    runs = [workplace.target(config(zoho, store), contacts(ANNA))]
    refused.times = 0
    runs += [workplace.target(config(zoho, store), contacts(ANNA, BERT)) for _ in range(2)]
    assert [run.code for run in runs] == [3, 0, 0]
    assert [WAITS in run.log for run in runs] == [False] * 3
    assert [bool(ended) for (ended,) in execute(store, "SELECT ended FROM runs")] == [True]


def test_after_a_kill_on_this_machine_a_file_is_free_at_once(
    zoho: ZohoVoice, workplace: Workplace, file: SqliteStore
) -> None:
    """The kernel frees the lock with the process alone; elsewhere it could have got lost."""
    for kernel, waits in (("kernel", False), ("'another'", True)):
        with holding(workplace, config(zoho, file)) as first:
            first.kill()
            first.wait()
        execute(file, f"UPDATE runs SET kernel = {kernel}")  # noqa: S608
        run = workplace.target(config(zoho, file), contacts(ANNA))
        assert (run.code, WAITS in run.log) == (0, waits)
        execute(file, "DELETE FROM contacts")
        zoho.contacts.clear()


def test_after_a_kill_a_server_is_given_time(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A connection that ended says nothing about its process: what it may send is waited for."""
    with postgres() as store:
        with holding(workplace, config(zoho, store)) as first:
            first.kill()
            first.wait()
        run = workplace.target(config(zoho, store, lock_wait_seconds=10), contacts(ANNA))
    assert (run.code, bins(run.summary)) == (0, {"unchanged": 1})
    assert WAITS in run.log


def test_a_signal_ends_the_wait_for_the_former_run(
    zoho: ZohoVoice, workplace: Workplace, store: Store
) -> None:
    """Told to end, it ends with the signal's code; the next one waits just the same."""
    workplace.target(config(zoho, store), contacts(ANNA))
    execute(store, "UPDATE runs SET ended = (1 = 0), kernel = 'another'")
    with started(workplace, config(zoho, store)) as process:
        feed(process, singer(contacts(ANNA, BERT)))
        line_of(process.stderr, WAITS)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode == 143
    execute(store, "UPDATE runs SET kernel = 'another'")
    with started(workplace, config(zoho, store)) as process:
        feed(process, singer(contacts(ANNA)))
        line_of(process.stderr, WAITS)
    assert names(zoho) == ["Anna"]


# One file by several names.


def test_a_file_is_one_ledger_by_whatever_link(
    zoho: ZohoVoice, workplace: Workplace, file: SqliteStore
) -> None:
    """A symbolic link leads to the same lock; by a hard link nobody gets in, not even to read."""
    folder, at = workplace.folder, {"at": 2}
    with holding(workplace, config(zoho, file)) as first:
        (folder / "soft.db").symlink_to(folder / "shared.db")
        os.link(folder / "shared.db", folder / "hard.db")
        soft, hard = ({"ledger_url": f"sqlite:///{folder}/{name}.db"} for name in ("soft", "hard"))
        linked = workplace.target(config(zoho, file, **soft), contacts(BERT, state=at))
        runs = [
            workplace.target(config(zoho, file, **hard, **more), contacts(BERT, state=at))
            for more in ({}, {"ledger_account": "b"}, {"dry_run": True})
        ]
        first.communicate(timeout=30)
    assert (first.returncode, linked.code, linked.out, names(zoho)) == (0, 1, "", ["Anna"])
    assert f"{BUSY}: pid {first.pid}" in linked.log
    assert [(run.code, run.out, "Traceback" in run.log) for run in runs] == [(1, "", False)] * 3
    assert all("another run has the file open by another name" in run.log for run in runs)
    with contextlib.closing(sqlite3.connect(folder / "shared.db")) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    run = workplace.target(config(zoho, file, **hard), contacts(ANNA, BERT))
    assert bins(run.summary) == {"unchanged": 1, "created": 1}


def test_a_clean_up_of_lock_files_frees_nothing(
    zoho: ZohoVoice, workplace: Workplace, file: SqliteStore
) -> None:
    """No file beside the ledger holds the lock; one of an earlier version is left as it is."""
    (workplace.folder / "precious").write_text("mine")
    workplace.target(config(zoho, file), contacts(ANNA))
    account = str(execute(file, "SELECT account FROM runs")[0][0])
    lock = workplace.folder / f"shared.db.{account[:8]}.lock"
    lock.symlink_to("precious")
    with holding(workplace, config(zoho, file)):
        assert (workplace.folder / "precious").read_text() == "mine"
        for path in workplace.folder.glob("*.lock"):
            path.unlink()
        second = workplace.target(config(zoho, file), contacts(BERT))
    assert (second.code, names(zoho)) == (1, ["Anna"])
    assert BUSY in second.log


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_run_whose_file_is_gone_sends_nothing_more(
    zoho: Slow, workplace: Workplace, file: SqliteStore, how: str
) -> None:
    """The next run has another file, and knows nothing of this one: one of them must stop."""
    with waiting(zoho, workplace, file) as first:
        if how == "replaced":
            (workplace.folder / "copy.db").write_bytes(
                (workplace.folder / "shared.db").read_bytes()
            )
            (workplace.folder / "copy.db").rename(workplace.folder / "shared.db")
        for path in workplace.folder.glob("shared.db-*" if how == "replaced" else "shared.db*"):
            path.unlink()
        second = workplace.target(config(zoho, file), contacts(ANNA, BERT, state={"at": 2}))
        out, log = turned_away(zoho, first)
    assert (second.code, first.returncode, out) == (0, 1, "")
    assert sorted(names(zoho)) == ["Anna", "Bert"]
    assert "the file was removed or replaced while this run wrote" in log
    assert "Traceback" not in log


def test_where_a_file_cannot_be_locked_one_beside_it_is(file: SqliteStore, tmp_path: Path) -> None:
    """Some systems have no such locks; a link in the place of that file is not followed."""
    database = Database(file.url, lambda: False)
    first, second = (LockFile(database, tmp_path / "a.lock") for _ in range(2))
    assert (first.take(), second.take(), first.is_sure) == (True, False, False)
    first.release()
    assert second.take()
    second.release()
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "b.lock").symlink_to("precious")
    with pytest.raises(LedgerError, match="lock: "):
        LockFile(database, tmp_path / "b.lock")
    assert (tmp_path / "precious").read_text() == "mine"
    database.close()


def test_a_ledger_in_a_file_that_cannot_be_locked_is_free_once_it_is_closed(
    file: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS: until then it is one run's, and the other says whose.

    The file that is locked instead has its name from earlier versions, which may run as well.
    """

    def refuse(*_: object) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    first, second = (Ledger(file.url, "a") for _ in range(2))
    first.lock(0)
    with pytest.raises(LedgerError, match=f"{BUSY}: pid {os.getpid()}"):
        second.lock(0)
    names = [path.name for path in tmp_path.glob("*.lock")]
    assert names == [f"shared.db.{first.account[:8]}.lock"]
    first.close()
    second.lock(0)
    second.close()
