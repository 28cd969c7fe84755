"""A ledger of each form there has been is brought up to date with all that it knows.

`tests/data/ledgers` has one of each form as SQL: `0-01.sql` and on are those without a number, in
their order, `1.sql` and on those of each number. Each holds the same entries, as far as its tables
have room for them.
"""

from __future__ import annotations

import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from singer_sdk.exceptions import ConfigurationError

from target_contacts.ledger.entry import INTENT, WRITTEN, Entry
from target_contacts.ledger.ledger import Ledger
from target_contacts.ledger.tables import METADATA
from target_contacts.ledger.upgrade import FORM, NUMBER
from tests.support.commands import contacts
from tests.support.ledger_forms import ACCOUNT, FORMS
from tests.support.ledger_runs import config
from tests.support.zoho_people import ANNA

if TYPE_CHECKING:
    from tests.support.commands import Workplace
    from tests.support.ledger_runs import Watched
    from tests.support.ledger_stores import Store

POSTGRES = ((r"DATETIME", "TIMESTAMP WITH TIME ZONE"), ("DOUBLE", "DOUBLE PRECISION"))
"""Types of SQLite, and what they are called in PostgreSQL."""

IN_ALL = ("key", "status", "remote_id", "payload")
"""What an entry told in the first form."""


def restored(store: Store, form: str) -> Store:
    """Return a database that holds a ledger of a form."""
    text = FORMS[form]
    engine = sa.create_engine(store.url)
    if engine.dialect.name == "postgresql":
        text = text.replace(" WITHOUT ROWID", "")
        for of_sqlite, its in POSTGRES:
            text = re.sub(of_sqlite, its, text)
    with engine.begin() as connection:
        for statement in filter(str.strip, text.split(";\n")):
            connection.exec_driver_sql(statement)
    engine.dispose()
    return store


def rows(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of a database by table."""
    engine = sa.create_engine(store.url)
    found = {}
    with engine.connect() as connection:
        for name in sorted(sa.inspect(connection).get_table_names()):
            every = connection.execute(sa.text(f"SELECT * FROM {name}"))  # noqa: S608
            found[name] = [dict(row) for row in every.mappings()]
    engine.dispose()
    return found


def renumber(store: Store, number: int) -> None:
    """Give a ledger another number."""
    engine = sa.create_engine(store.url)
    with engine.begin() as connection:
        connection.execute(sa.update(FORM).values(number=number))
    engine.dispose()


def columns(store: Store) -> dict[str, set[str]]:
    """Return the names of the columns of each table of a database."""
    engine = sa.create_engine(store.url)
    with engine.connect() as connection:
        told = sa.inspect(connection)
        found = {t: {c["name"] for c in told.get_columns(t)} for t in told.get_table_names()}
    engine.dispose()
    return found


@pytest.mark.parametrize("form", FORMS)
def test_a_ledger_of_each_form_keeps_all_it_knows_and_takes_new_entries(
    store: Store, form: str
) -> None:
    """Entries read as they were, open creates included; a second opening changes nothing.

    It has all columns and the number of today, and what is entered then is found.
    """
    before = rows(restored(store, form))
    with closing(Ledger(store.url, ACCOUNT)) as ledger:
        one, two, three = (ledger.digest([key]) for key in ("1", "2", "3"))
        found = ledger.entries("contacts", [one, two, three])
        other = ledger.entries("leads", [one])
    after = rows(store)
    told = {key: (e.status, e.remote_id) for key, e in found.items()}
    assert told == {one: (WRITTEN, "1001"), two: (WRITTEN, "1002"), three: (INTENT, None)}
    assert other[one].remote_id == "1001"
    for table, had in before.items():
        kept = [
            {name: row[name] for name in old} for old, row in zip(had, after[table], strict=True)
        ]
        assert kept == had or table == FORM.name
    with closing(Ledger(store.url, ACCOUNT)) as ledger:
        assert rows(store) == after
        ledger.lock(0)
        new = Entry(ledger.digest(["4"]), WRITTEN, "1004", "p", "i", "s", None, created=True)
        ledger.put("contacts", [new])
        ledger.read_back.add("update")
        assert ledger.entries("contacts", [new.key]) == {new.key: new}
        assert ledger.known_ids.of("a", ["b"]) == {}
        assert (ledger.stream_versions.begun("leads"), ledger.accepted.is_any()) == (None, True)
    wanted = {table.name: set(table.columns.keys()) for table in (*METADATA.sorted_tables, FORM)}
    assert columns(store) == wanted
    assert rows(store)[FORM.name] == [{"number": NUMBER}]


def test_many_runs_may_open_an_earlier_ledger_at_once(store: Store) -> None:
    """One brings it up to date, the others wait for it; no account is refused."""
    restored(store, "0-01")

    def opened(number: int) -> int:
        with closing(Ledger(store.url.replace("timeout=0.1", "timeout=30"), f"{number}")) as ledger:
            return ledger.contacts("contacts")

    with ThreadPoolExecutor(8) as pool:
        assert [*pool.map(opened, range(8))] == [0] * 8
    assert rows(store)[FORM.name] == [{"number": NUMBER}]


def test_a_change_of_the_tables_has_a_number_of_its_own(store: Store) -> None:
    """The kept ledger of today's number has the tables that a new one gets.

    If this fails, add a step to `STEPS`, then run `python -m tests.support.ledger_forms`.
    """
    with closing(Ledger(store.url, ACCOUNT)):
        pass
    with closing(sqlite3.connect(":memory:")) as kept:
        kept.executescript(FORMS[str(NUMBER)])
        names = [name for (name,) in kept.execute("SELECT name FROM sqlite_master WHERE sql > ''")]
        listed = {t: kept.execute(f"PRAGMA table_info({t})").fetchall() for t in names}
    assert columns(store) == {t: {row[1] for row in of} for t, of in listed.items() if of}


def test_there_is_a_ledger_of_each_number() -> None:
    """No released form goes untested."""
    assert [form for form in FORMS if "-" not in form] == [str(n) for n in range(1, NUMBER + 1)]


@pytest.mark.parametrize("number", [NUMBER + 1, NUMBER + 30])
def test_a_ledger_of_a_later_version_is_refused_and_left_alone(store: Store, number: int) -> None:
    """One sentence says what to do; not a row is changed."""
    restored(store, str(NUMBER))
    renumber(store, number)
    before = rows(store)
    with pytest.raises(ConfigurationError, match=rf"has form {number}, .*Install the version"):
        Ledger(store.url, ACCOUNT)
    assert rows(store) == before


def test_the_command_says_so_before_it_asks_anything(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """Exit code 2, one line, no request; the same for `--check`."""
    workplace.target(config(zoho, store), contacts(ANNA))
    renumber(store, NUMBER + 1)
    asked = len(zoho.log)
    for options in ((), ("--check",)):
        run = workplace.target(config(zoho, store), contacts(ANNA), *options)
        assert run.code == 2
        assert f"the ledger has form {NUMBER + 1}, and this version" in run.log
    assert len(zoho.log) == asked
