"""The ledger promises the same in SQLite and in PostgreSQL; Zoho Voice stands for all."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from target_contacts.ledger.entry import INTENT, WRITTEN, Entry
from target_contacts.ledger.errors import LedgerError
from target_contacts.ledger.ledger import LARGEST_IN_MEMORY, MANY, Ledger
from target_contacts.shutdown import GRACE_SECONDS
from tests.support.commands import Workplace, contacts, singer
from tests.support.ledger_runs import (
    API,
    BUSY,
    Watched,
    config,
    end_input,
    feed,
    holding,
    line_of,
    started,
)
from tests.support.ledger_stores import SqliteStore, Store, postgres
from tests.support.zoho_people import ANNA, BERT, bins, names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def zoho() -> Iterator[Watched]:
    """Return a running, empty Zoho Voice."""
    with Watched() as sandbox:
        yield sandbox


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Return an empty database, in turn of each kind."""
    if request.param == "sqlite":
        yield SqliteStore(tmp_path / "shared.db")
    else:
        with postgres() as made:
            yield made


# What is remembered.


def test_an_unchanged_rerun_sends_nothing(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """What landed is remembered, also where a key's type changed from number to text."""
    workplace.target(config(zoho, store), contacts(ANNA, BERT))
    again = workplace.target(config(zoho, store), contacts({**ANNA, "id": "1"}, BERT))
    changed = workplace.target(config(zoho, store), contacts(ANNA, {**BERT, "company": "Acme"}))
    assert (bins(again.summary), again.summary["requests"]) == ({"unchanged": 2}, 0)
    assert bins(changed.summary) == {"unchanged": 1, "updated": 1}
    assert sorted(names(zoho)) == ["Anna", "Bert"]


def test_keys_that_only_look_alike_are_two_records(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """1 and 01, a key in two streams, and a key with its values exchanged stay apart."""
    twins = [
        *contacts(ANNA, {**ANNA, "id": "01"}),
        *contacts(ANNA, stream="b_contacts"),
        *contacts(
            {**ANNA, "n": "a"}, {**ANNA, "id": "a", "n": 1}, key=("id", "n"), stream="c_contacts"
        ),
    ]
    run = workplace.target(config(zoho, store), twins)
    assert bins(run.summary) == {"created": 5}
    assert len(zoho.contacts) == 5


def test_a_create_without_answer_is_adopted_by_the_next_run(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """Its intent is in the ledger, so the next run looks it up instead of sending it again."""
    zoho.fault(on=f"POST {API}", cut="after")
    lost = zoho.fault(on=f"GET {API}", times=-1, status=503)
    run = workplace.target(config(zoho, store), contacts(ANNA, state={"at": 1}))
    assert (run.code, run.out, [INTENT in row for row in store.rows()]) == (1, "", [True])
    lost.times = 0
    again = workplace.target(config(zoho, store), contacts(ANNA, state={"at": 1}))
    assert (again.code, bins(again.summary), again.messages) == (0, {"created": 1}, [{"at": 1}])
    assert (len(zoho.contacts), len(zoho.writes)) == (1, 1)


def test_runs_in_two_folders_share_a_ledger(
    zoho: Watched, workplace: Workplace, store: Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What one machine wrote, the other does not write again."""
    workplace.target(config(zoho, store), contacts(ANNA))
    elsewhere = Workplace(tmp_path_factory.mktemp("elsewhere"))
    run = elsewhere.target(config(zoho, store), contacts(ANNA, BERT))
    assert bins(run.summary) == {"unchanged": 1, "created": 1}


def test_two_accounts_in_one_ledger_do_not_mix(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """The same record is written to each account, and remembered for each."""
    with Watched() as second:
        for account in (zoho, second):
            first = workplace.target(config(account, store), contacts(ANNA))
            again = workplace.target(config(account, store), contacts(ANNA))
            assert (bins(first.summary), bins(again.summary)) == ({"created": 1}, {"unchanged": 1})
        assert names(zoho) == names(second) == ["Anna"]


def test_ledger_account_names_the_account(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """Another name behind one address is another account; one name behind two is the same."""
    for name, expected in (("a", {"created": 1}), ("b", {"created": 1}), ("a", {"unchanged": 1})):
        run = workplace.target(config(zoho, store, ledger_account=name), contacts(ANNA))
        assert bins(run.summary) == expected
    with Watched() as moved:
        run = workplace.target(config(moved, store, ledger_account="a"), contacts(ANNA))
    assert bins(run.summary) == {"unchanged": 1}


def test_a_ledger_holds_hashes_and_ids_only(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """No value of a record is in it, not even of a key that is an e-mail address."""
    workplace.target(config(zoho, store), contacts(ANNA, BERT, key=("email",)))
    text = str(store.rows())
    values = [
        str(each[name]) for each in (ANNA, BERT) for name in ("email", "mobile", "first_name")
    ]
    assert text.count(WRITTEN) == 2
    assert [value for value in values if value in text] == []


def test_entries_are_replaced_dropped_and_found_by_id(store: Store) -> None:
    """A ledger gives back what was put last, for its own account and stream only."""
    mine, other = Ledger(store.url, "a"), Ledger(store.url, "b")
    many = [Entry(mine.digest(n), WRITTEN, str(n), "p" * 32) for n in range(1200)]
    mine.put("contacts", many)
    mine.put("contacts", [Entry(many[0].key, INTENT, identity="i" * 32)])
    mine.drop("contacts", [many[1].key, many[1].key])
    other.drop("contacts", [many[2].key])
    found = mine.entries("contacts", [entry.key for entry in many])
    assert (len(found), found[many[0].key].identity) == (1199, "i" * 32)
    assert mine.entries("leads", [many[2].key]) == other.entries("contacts", [many[2].key]) == {}
    assert mine.owned([str(n) for n in range(1300)]) == {str(n) for n in range(2, 1200)}
    assert other.owned(["2"]) == set()
    mine.close()
    other.close()


@pytest.mark.parametrize("asked", [3, 1200], ids=["a few", "many"])
def test_the_hash_of_a_record_is_known_until_it_changes(store: Store, asked: int) -> None:
    """However many are asked for at once: none of another stream, of an intent or outdated."""
    ledger = Ledger(store.url, "a")
    keys = [ledger.digest(number) for number in range(1200)]
    ledger.put("contacts", [Entry(key, WRITTEN, "1", source="s" * 32) for key in keys])
    ledger.put("leads", [Entry("k", WRITTEN, "1", source="s" * 32)])
    known = ledger.sources("contacts", keys[:asked])
    assert [known.get(key) for key in keys[:asked]] == ["s" * 32] * asked
    ledger.put("contacts", [Entry(keys[0], WRITTEN, "1", source="t" * 32)])
    ledger.put("contacts", [Entry(keys[1], INTENT, source="s" * 32)])
    ledger.drop("contacts", [keys[2]])
    found = ledger.sources("contacts", [*keys[:asked], "k"])
    # What was read whole does not know what has come since; asked afresh, it does.
    assert found.get(keys[0]) == (None if asked >= MANY else "t" * 32)
    assert [found.get(key) for key in (*keys[1:3], "k")] == [None, None, None]
    assert [found.get(key) for key in keys[3:asked]] == ["s" * 32] * (asked - 3)
    ledger.close()


def test_a_ledger_of_any_size_takes_little_memory(tmp_path: Path) -> None:
    """A stream beyond a size is not read whole, however many of its records are asked for."""
    url = f"sqlite:///{tmp_path / 'large.db'}"
    ledger = Ledger(url, "a")
    ledger.put("contacts", [Entry("first", WRITTEN, "1", source="s" * 32)])
    with closing(sqlite3.connect(tmp_path / "large.db")) as file, file:
        file.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO contacts (account, stream, key, status, source, changed_at)"
            " SELECT ?, 'contacts', 'k' || i, ?, 's' || i, 0 FROM n",
            (LARGEST_IN_MEMORY, ledger.account, WRITTEN),
        )
    tracemalloc.start()
    found = ledger.sources("contacts", [f"k{number}" for number in range(1, MANY + 1)])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    ledger.close()
    assert found == {f"k{number}": f"s{number}" for number in range(1, MANY + 1)}
    assert most < 5 * 2**20


def test_a_new_database_may_be_opened_by_many_at_once(store: Store) -> None:
    """The first runs of several accounts set it up together without an error."""
    gate = threading.Barrier(8)

    def opened(number: int) -> bool:
        gate.wait()
        ledger = Ledger(store.url.replace("timeout=0.1", "timeout=10"), str(number))
        ledger.put("contacts", [Entry("k", WRITTEN, "1")])
        ledger.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(opened, range(8)))
    assert len(store.rows()) == 8


# Two runs at once.


def test_a_second_run_says_who_holds_the_ledger(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """It names host, process and start, writes nothing, passes on no STATE; the first goes on."""
    with holding(workplace, config(zoho, store)) as first:
        second = workplace.target(config(zoho, store), contacts(ANNA, BERT, state={"at": 2}))
        feed(first, singer(contacts(BERT, state={"at": 3})))
        out, _ = first.communicate(timeout=30)
    assert (second.code, second.out, second.summary["requests"]) == (1, "", 0)
    assert f"{BUSY}: pid {first.pid} on {socket.gethostname()}, since 20" in second.log
    assert "Traceback" not in second.log
    assert (first.returncode, json.loads(out), names(zoho)) == (0, {"at": 3}, ["Anna", "Bert"])


def test_a_second_run_waits_when_told(zoho: Watched, workplace: Workplace, store: Store) -> None:
    """With lock_wait_seconds it starts when the first has ended, and doubles nothing."""
    waiting = config(zoho, store, lock_wait_seconds=60)
    with holding(workplace, config(zoho, store)) as first, started(workplace, waiting) as second:
        feed(second, singer(contacts(ANNA, BERT)))
        assert f"pid {first.pid} on" in line_of(second.stderr, "Waiting for the end of another run")
        first.communicate(timeout=30)
        _, log = second.communicate(timeout=30)
    assert (first.returncode, second.returncode, names(zoho)) == (0, 0, ["Anna", "Bert"])
    assert '"created": 1, "updated": 0, "unchanged": 1' in log


def test_waiting_ends_when_its_time_is_over(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """A run that is never let in ends with the same sentence as one that does not wait."""
    waiting = config(zoho, store, lock_wait_seconds=0.3)
    with holding(workplace, config(zoho, store)):
        run = workplace.target(waiting, contacts(BERT))
    assert BUSY in run.log
    assert (run.code, names(zoho)) == (1, ["Anna"])


def test_waiting_ends_at_a_signal(zoho: Watched, workplace: Workplace, store: Store) -> None:
    """SIGTERM ends a run that waits for another as it ends one that writes: before its grace ends.

    Whoever does not look at the signal is ended by force after that.
    """
    waiting = config(zoho, store, lock_wait_seconds=600)
    with holding(workplace, config(zoho, store)), started(workplace, waiting) as second:
        feed(second, singer(contacts(BERT, state={"at": 2})))
        line_of(second.stderr, "Waiting")
        second.send_signal(signal.SIGTERM)
        out, log = second.communicate(timeout=GRACE_SECONDS - 2)
    assert (second.returncode, out, names(zoho)) == (143, "", ["Anna"])
    assert "Traceback" not in log


def test_a_disk_that_knows_no_locks_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some network disks have none: one sentence that names the ledger."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "a")
    monkeypatch.setattr(fcntl, "fcntl", refuse)
    with pytest.raises(LedgerError, match=r"Ledger .*ledger\.db: lock: "):
        ledger.lock(0)
    ledger.close()


def test_a_killed_run_leaves_no_lock(zoho: Watched, workplace: Workplace, store: Store) -> None:
    """After kill -9 the next run goes on at once, and doubles nothing."""
    with holding(workplace, config(zoho, store)) as first:
        first.kill()
        first.wait()
        # A server notices the end of a connection of its own accord, only not in no time.
        settings = config(zoho, store, lock_wait_seconds=10)
        run = workplace.target(settings, contacts(ANNA, BERT))
    assert (run.code, bins(run.summary)) == (0, {"unchanged": 1, "created": 1})


def test_other_accounts_and_dry_runs_are_not_kept_waiting(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """Only a run that writes to the same account has to wait."""
    with holding(workplace, config(zoho, store)):
        dry = workplace.target(config(zoho, store, dry_run=True), contacts(ANNA, BERT))
        other = workplace.target(config(zoho, store, ledger_account="b"), contacts(BERT))
    assert (dry.code, bins(dry.summary)) == (0, {"unchanged": 1, "created": 1})
    assert (other.code, bins(other.summary)) == (0, {"created": 1})


# A ledger that fails.


def test_an_outcome_that_cannot_be_entered_is_looked_up_by_the_next_run(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """If the ledger fails while a create is under way: named error, no STATE, and no doubles."""
    zoho.before_write = store.fail
    run = workplace.target(config(zoho, store), contacts(ANNA, state={"at": 1}))
    assert (run.code, run.out, names(zoho)) == (1, "", ["Anna"])
    assert store.lost in run.log
    assert "Traceback" not in run.log
    zoho.before_write = None
    store.mend()
    again = workplace.target(config(zoho, store), contacts(ANNA, state={"at": 1}))
    assert (again.code, bins(again.summary), len(zoho.writes)) == (0, {"created": 1}, 1)


def test_a_ledger_that_fails_between_two_records_stops_the_run(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """Nothing is sent that could not be remembered; what landed before stays remembered."""
    with holding(workplace, config(zoho, store)) as first:
        store.fail()
        feed(first, singer(contacts(BERT, state={"at": 2})))
        out, log = first.communicate(timeout=30)
    store.mend()
    assert (first.returncode, out, names(zoho)) == (1, "", ["Anna"])
    assert store.lost in log
    run = workplace.target(config(zoho, store), contacts(ANNA, BERT))
    assert bins(run.summary) == {"unchanged": 1, "created": 1}


def test_the_lock_is_kept_until_what_is_under_way_has_ended(
    zoho: Watched, workplace: Workplace, tmp_path: Path
) -> None:
    """If the ledger fails while creates are under way, no other run looks before they are done."""
    store = SqliteStore(tmp_path / "shared.db")
    zoho.before_write, zoho.release = store.fail, threading.Event()
    at_once = config(zoho, store, checkpoint_seconds=60)
    patient = store.url.replace("timeout=0.1", "timeout=60")
    waiting = config(zoho, store, lock_wait_seconds=60, ledger_url=patient)
    with started(workplace, at_once) as first, started(workplace, waiting) as second:
        feed(first, singer(contacts(ANNA, BERT)))
        end_input(first)
        assert zoho.arrived.wait(30)
        feed(second, singer(contacts(ANNA, BERT)))
        line_of(second.stderr, "Waiting for the end of another run")
        zoho.before_write = None
        with pytest.raises(subprocess.TimeoutExpired):
            first.wait(timeout=1.5)
        assert [line for line in zoho.log if line.request.method == "GET"] == []
        zoho.release.set()
        first.communicate(timeout=30)
        store.mend()
        second.communicate(timeout=30)
    assert (first.returncode, second.returncode) == (1, 0)
    assert sorted(names(zoho)) == ["Anna", "Bert"]


def test_a_reader_that_hangs_up_ends_the_run_and_loses_nothing(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """When nobody takes the STATE any more: exit code 1, and the rerun completes the rest."""
    people = [{**ANNA, "id": n, "mobile": f"+4915{n:08}"} for n in range(20)]
    with started(workplace, config(zoho, store)) as first:
        assert first.stdout
        first.stdout.close()
        first.stdout = None
        lines = contacts(*people)
        states = [{"type": "STATE", "value": {"at": n}} for n in range(20)]
        text = singer(
            [lines[0], *(x for pair in zip(lines[1:], states, strict=True) for x in pair)]
        )
        with contextlib.suppress(BrokenPipeError):
            feed(first, text)
        _, log = first.communicate(timeout=30)
    assert first.returncode == 1
    assert "Traceback" not in log
    run = workplace.target(config(zoho, store), contacts(*people))
    assert (run.code, len(zoho.contacts)) == (0, 20)
    assert len({contact["mobile"] for contact in zoho.contacts}) == 20
