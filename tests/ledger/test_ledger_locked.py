"""A ledger that another program holds locked: waited for, named, and given up at a signal."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from target_contacts.shutdown import GRACE_SECONDS
from tests.support.commands import Workplace, contacts, singer
from tests.support.ledger_runs import Watched, config, end_input, feed, line_of, started
from tests.support.ledger_stores import SqliteStore, Store, postgres
from tests.support.zoho_people import ANNA, BERT, bins, names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIGNALS = {"sqlite": (signal.SIGTERM, 143), "postgresql+psycopg": (signal.SIGINT, 130)}
"""Signals, which are handled alike, and exit codes, by the kind of database."""

IN_TIME = GRACE_SECONDS - 1
"""Seconds within which a run ends at a signal: a little later it would give everything up."""


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Return an empty database, in turn of each kind, which is waited for as long as by default."""
    if request.param == "sqlite":
        file = SqliteStore(tmp_path / "shared.db")
        file.url = file.url.partition("?")[0]
        yield file
    else:
        with postgres() as made:
            yield made


class Holder:
    """Another program, which holds all of a ledger locked until it is closed."""

    def __init__(self, store: Store) -> None:
        """Take the database; nothing is locked yet."""
        self._engine = sa.create_engine(store.url, connect_args=self._shared(store))
        self._connection: sa.Connection | None = None

    @staticmethod
    def _shared(store: Store) -> dict[str, bool]:
        return {"check_same_thread": False} if store.url.startswith("sqlite") else {}

    def hold(self) -> None:
        """Lock it."""
        self._connection = self._engine.connect()
        if self._engine.dialect.name == "sqlite":
            self._connection.exec_driver_sql("BEGIN EXCLUSIVE")
        else:
            self._connection.execute(sa.text("LOCK TABLE runs, contacts IN ACCESS EXCLUSIVE MODE"))

    def close(self) -> None:
        """Free it."""
        if self._connection:
            self._connection.close()
        self._engine.dispose()


@contextlib.contextmanager
def held(store: Store) -> Iterator[Holder]:
    """Give a holder, and close it."""
    holder = Holder(store)
    try:
        yield holder
    finally:
        holder.close()


def test_a_signal_ends_the_wait_for_an_outcome_to_be_entered(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """The create that landed is looked up by the next run; no STATE says that it is settled."""
    number, code = SIGNALS[store.url.partition(":")[0]]
    workplace.target(config(zoho, store), contacts(ANNA))
    with held(store) as holder, started(workplace, config(zoho, store)) as process:
        zoho.before_write = holder.hold
        feed(process, singer(contacts(BERT, state={"at": 1})))
        assert zoho.arrived.wait(30)
        while len(zoho.contacts) < 2:
            time.sleep(0.01)
        process.send_signal(number)
        out, log = process.communicate(timeout=IN_TIME)
    assert (process.returncode, out, "Traceback" in log) == (code, "", False)
    zoho.before_write = None
    store.end_runs()
    run = workplace.target(config(zoho, store), contacts(BERT, state={"at": 1}))
    assert (run.code, bins(run.summary), names(zoho)) == (0, {"created": 1}, ["Anna", "Bert"])


@pytest.mark.parametrize("when", ["opening", "announcing"])
def test_a_signal_ends_the_wait_for_what_another_program_holds(
    zoho: Watched, workplace: Workplace, store: Store, when: str
) -> None:
    """Wherever a run waits, it ends in time with the signal's code, nothing being sent."""
    workplace.target(config(zoho, store), contacts(ANNA))
    with held(store) as holder, started(workplace, config(zoho, store)) as process:
        feed(process, singer([{"type": "ACTIVATE_VERSION", "stream": "contacts", "version": 1}]))
        line_of(process.stderr, "ACTIVATE_VERSION")  # it listens, to signals too
        if when == "opening":
            holder.hold()
        feed(process, singer(contacts(ANNA, state={"at": 1})))
        if when == "announcing":
            line_of(process.stdout, '{"at"')
            holder.hold()
        feed(process, singer(contacts({**ANNA, "company": "Acme"}, state={"at": 2})))
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.7)
        process.send_signal(signal.SIGTERM)
        out, log = process.communicate(timeout=IN_TIME)
    assert (process.returncode, out, "Traceback" in log) == (143, "", False)
    assert len(zoho.writes) == 1
    store.end_runs()
    run = workplace.target(config(zoho, store), contacts({**ANNA, "company": "Acme"}))
    assert (run.code, bins(run.summary)) == (0, {"updated": 1})


def test_a_run_waits_for_a_short_transaction_of_another_program(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """As soon as it is over, the run goes on."""
    workplace.target(config(zoho, store), contacts(ANNA))
    with held(store) as holder, started(workplace, config(zoho, store)) as process:
        holder.hold()
        feed(process, singer(contacts(ANNA, BERT)))
        end_input(process)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.7)
        holder.close()
        process.communicate(timeout=30)
    assert (process.returncode, names(zoho)) == (0, ["Anna", "Bert"])


def test_a_signal_lets_what_is_in_flight_be_entered_past_others(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """A lock that lasts a moment only does not keep an outcome out, even after the signal."""
    workplace.target(config(zoho, store), contacts(ANNA))
    with held(store) as holder, started(workplace, config(zoho, store)) as process:
        zoho.before_write, zoho.release = holder.hold, None
        feed(process, singer(contacts(BERT, state={"at": 1})))
        while len(zoho.contacts) < 2:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        holder.close()
        process.communicate(timeout=IN_TIME)
    zoho.before_write = None
    run = workplace.target(config(zoho, store), contacts(BERT))
    assert (process.returncode, bins(run.summary)) == (143, {"unchanged": 1})


def test_a_server_whose_lock_lasts_too_long_is_named(zoho: Watched, workplace: Workplace) -> None:
    """PostgreSQL would wait for ever; here the time that its user has set is over."""
    with postgres() as store:
        workplace.target(config(zoho, store), contacts(ANNA))
        with held(store) as holder:
            holder.hold()
            url = f"{store.url}?options=-clock_timeout%3D200ms"
            run = workplace.target(config(zoho, store, ledger_url=url), contacts(BERT))
    assert (run.code, run.out, names(zoho)) == (1, "", ["Anna"])
    assert "another program holds it locked for too long. End that program" in run.log
