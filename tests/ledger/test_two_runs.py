"""One run at a time writes to an account, and a ledger that fails stops the run."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from target_contacts.ledger.errors import LedgerError
from target_contacts.ledger.ledger import Ledger
from target_contacts.shutdown import GRACE_SECONDS
from tests.support.commands import Workplace, contacts, singer
from tests.support.ledger_runs import (
    BUSY,
    Watched,
    config,
    end_input,
    feed,
    holding,
    line_of,
    started,
)
from tests.support.ledger_stores import SqliteStore, Store
from tests.support.zoho_people import ANNA, BERT, bins, names

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.commands import Finished


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


def errors(run: Finished) -> list[str]:
    """Return the errors of a run."""
    return [line for line in run.log.splitlines() if "ERROR" in line]


def test_a_plan_is_made_beside_another_run_and_carried_out_after_it(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """To plan only reads. `--apply` is refused as a run is, and holds once the other has ended."""
    settings, plan = config(zoho, store), str(workplace.folder / "plan.jsonl")
    people = contacts({**ANNA, "company": "Acme"}, BERT, state={"at": 4})
    with holding(workplace, settings) as first:
        writes = len(zoho.writes)
        planned = workplace.target(settings, people, "--plan", plan)
        refused = workplace.target(settings, people, "--apply", plan)
        assert (planned.code, bins(planned.summary)) == (0, {"created": 1, "updated": 1})
        assert (refused.code, refused.out, len(zoho.writes)) == (1, "", writes), refused.log
        assert [f"{BUSY}: pid {first.pid} on" in line for line in errors(refused)] == [True]
        first.communicate(timeout=30)
    done = workplace.target(settings, people, "--apply", plan)
    assert (done.code, done.messages, names(zoho)) == (0, [{"at": 4}], ["Anna", "Bert"]), done.log


def test_a_plan_does_not_hold_if_the_other_run_went_on(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """What it wrote meanwhile is not in the plan: exit code 2, in one sentence."""
    settings, plan = config(zoho, store), str(workplace.folder / "plan.jsonl")
    carl = {"id": 3, "first_name": "Carl", "mobile": "+4915100000001"}
    with holding(workplace, settings) as first:
        assert workplace.target(settings, contacts(BERT), "--plan", plan).code == 0
        feed(first, singer(contacts(carl, state={"at": 3})))
        first.communicate(timeout=30)
    run = workplace.target(settings, contacts(BERT), "--apply", plan)
    assert (run.code, run.out, names(zoho)) == (2, "", ["Anna", "Carl"]), run.log
    (error,) = errors(run)
    assert "the ledger has changed: another run has written since" in error


def test_waiting_ends_when_its_time_is_over(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """It waits aloud, once, and ends with the same sentence as a run that does not wait."""
    waiting = config(zoho, store, lock_wait_seconds=0.6)
    with holding(workplace, config(zoho, store)):
        run = workplace.target(waiting, contacts(BERT))
    assert (BUSY in run.log, run.log.count("Waiting for the end of another run")) == (True, 1)
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
    carl = {"id": 3, "first_name": "Carl", "mobile": "+4915111111111"}
    workplace.target(config(zoho, store), contacts(carl))  # now several go out at once
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
            first.wait(timeout=0.7)
        assert [line for line in zoho.log if line.request.method == "GET"] == []
        zoho.release.set()
        first.communicate(timeout=30)
        store.mend()
        second.communicate(timeout=30)
    assert (first.returncode, second.returncode) == (1, 0)
    assert sorted(names(zoho)) == ["Anna", "Bert", "Carl"]


def test_a_reader_that_hangs_up_ends_the_run_and_loses_nothing(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """When nobody takes the STATE any more: exit code 1, and the rerun completes the rest."""
    people = [{**ANNA, "id": n, "mobile": f"+4915{n:08}"} for n in range(20)]
    with started(workplace, config(zoho, store)) as first:
        first.stdout.close()
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
