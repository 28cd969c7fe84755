"""What the target knows of a company database's fields from its last run, and for how long."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.porters import FIELD, Porters
from tests.sandbox.porters_tenant import Kind, Tenant
from tests.support.porters_fields import ANNA, BERT, CARL, asked, held, refusals, write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Finished, Workplace

NAME, TITLE, MAIL = "Contact.P_Name", "Contact.P_Title", "Contact.P_Mail"
ANNE = {**ANNA, "name": "Anne"}


@pytest.fixture
def porters() -> Iterator[Porters]:
    """Return a company database that has all documented fields in use."""
    with Porters() as sandbox:
        yield sandbox


def again(
    workplace: Workplace, porters: Porters, *records: dict[str, Any], **settings: Any
) -> tuple[Finished, int]:
    """Write records after a first run; return the run, and how often it asked for fields."""
    write(workplace, porters, ANNA, match_on=[])
    before = len(asked(porters, FIELD))
    run = write(workplace, porters, *records, match_on=[], **settings)
    return run, len(asked(porters, FIELD)) - before


def becomes(porters: Porters, tenant: Tenant) -> None:
    """Change what the company database has, as people do on the screens."""
    porters.database.tenant = tenant
    porters.database.kinds["Contact"] = tenant.in_use


def ledger(workplace: Workplace, statement: str, *given: object) -> list[Any]:
    """Do something to the ledger between two runs; return its rows."""
    url = workplace.ledger["ledger_url"]
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
        return connection.execute(statement, given).fetchall()


def test_the_next_run_does_not_ask_for_fields(workplace: Workplace, porters: Porters) -> None:
    """What changes is written without."""
    run, times = again(workplace, porters, ANNE, BERT)
    assert (run.code, times) == (0, 0)
    assert held(porters, NAME) == ["Anne", "Bert"]


def test_after_a_day_it_asks(workplace: Workplace, porters: Porters) -> None:
    """And so it does where the clock was ahead then."""
    for seconds in (-86_400, +10_000_000):
        write(workplace, porters, ANNA)
        ledger(workplace, "UPDATE told SET told_at = told_at + ?", seconds)
        before = len(asked(porters, FIELD))
        write(workplace, porters, {**ANNA, "name": f"Anna {abs(seconds)}"})
        assert len(asked(porters, FIELD)) - before == 1


def test_what_another_version_has_kept_does_not_count(
    workplace: Workplace, porters: Porters
) -> None:
    """It is asked for again."""
    for text in ("[[1]]", "no JSON", "{}"):
        write(workplace, porters, {**ANNA, "name": text})
        ledger(workplace, "UPDATE told SET text = ?", text)
    before = len(asked(porters, FIELD))
    run = write(workplace, porters, ANNA)
    assert (run.code, len(asked(porters, FIELD)) - before) == (0, 1)


@pytest.mark.parametrize("action", ["truncate", "drop_field"])
def test_who_cuts_values_asks_in_each_run(
    workplace: Workplace, porters: Porters, action: str
) -> None:
    """A value that a limit of yesterday cuts would be refused by nobody."""
    run, times = again(workplace, porters, ANNE, on_invalid_value=action)
    assert (run.code, times) == (0, 1)


def test_where_a_documented_field_is_not_in_use_each_run_asks(workplace: Workplace) -> None:
    """It may be in use by now, and its values would not be carried."""
    titled = {**ANNE, "title": "Boss"}
    with Porters(tenant=Tenant(unused=[TITLE])) as porters:
        _, times = again(workplace, porters, BERT)
        assert times == 1
        becomes(porters, Tenant())
        run = write(workplace, porters, titled)
        assert (run.code, held(porters, TITLE)[0]) == (0, "Boss")


def test_a_setting_that_names_a_new_field_is_right_at_once(
    workplace: Workplace, porters: Porters
) -> None:
    """The field came after the last run."""
    write(workplace, porters, ANNA)
    becomes(porters, Tenant(own={"Contact.U_Code": Kind.SINGLE}))
    run = write(workplace, porters, {**ANNE, "code": "x"}, field_map={"Contact.U_Code": "code"})
    assert (run.code, held(porters, "Contact.U_Code")) == (0, ["x"])


# What has changed since.


def test_a_field_that_was_removed_is_asked_about_once_and_left_out(
    workplace: Workplace, porters: Porters
) -> None:
    """PORTERS refuses whole requests for it; every contact is written all the same."""
    write(workplace, porters, {**ANNA, "title": "Boss"})
    becomes(porters, Tenant(unused=[TITLE]))
    people = [{"id": n, "name": f"Person {n}", "title": "Boss"} for n in range(300)]
    before = len(asked(porters, FIELD))
    run = write(workplace, porters, {**ANNE, "title": "Chief"}, *people, match_on=[])
    assert (run.code, run.summary["created"], run.summary["updated"]) == (0, 300, 1)
    assert len(asked(porters, FIELD)) - before == 1
    assert len(porters.contacts) == 301
    assert "not in use, so they are not carried: Contact.P_Title" in run.log


def test_a_limit_that_was_raised_is_asked_about(workplace: Workplace) -> None:
    """The value fits by now."""
    with Porters(tenant=Tenant(largest={NAME: 5})) as porters:
        write(workplace, porters, ANNA)
        becomes(porters, Tenant(largest={NAME: 50}))
        run = write(workplace, porters, {**BERT, "name": "Bert the Builder"}, match_on=[])
        assert (run.code, held(porters, NAME)) == (0, ["Anna", "Bert the Builder"])


def test_a_limit_that_was_lowered_is_known_after_the_first_refusal(workplace: Workplace) -> None:
    """The others of the run are written; who is refused hears of the limit."""
    with Porters(tenant=Tenant(largest={NAME: 50})) as porters:
        write(workplace, porters, ANNA)
        becomes(porters, Tenant(largest={NAME: 5}))
        long = {**BERT, "name": "Bert the Builder"}
        write(workplace, porters, long, CARL, match_on=[])
        assert held(porters, NAME) == ["Anna", "Carl"]
    assert refusals(workplace) == [("b", "too_long", NAME)]


def test_a_field_that_is_required_no_more_is_asked_about(workplace: Workplace) -> None:
    """A new contact may do without."""
    with Porters(tenant=Tenant(required=[MAIL])) as porters:
        write(workplace, porters, ANNA)
        becomes(porters, Tenant())
        run = write(workplace, porters, {"id": "b", "name": "Bert"}, match_on=[])
        assert (run.code, held(porters, NAME)) == (0, ["Anna", "Bert"])


def test_a_refusal_for_something_else_asks_once(workplace: Workplace) -> None:
    """The fields are the same, so the record is rejected as ever."""
    with Porters(tenant=Tenant(largest={NAME: 5})) as porters:
        long = [{"id": n, "name": "far too long"} for n in range(3)]
        run, times = again(workplace, porters, *long, BERT)
        assert (run.code, times, held(porters, NAME)) == (3, 1, ["Anna", "Bert"])
        before = len(asked(porters, FIELD))
        write(workplace, porters, CARL, match_on=[])
        assert len(asked(porters, FIELD)) == before
    assert {code for _, code, _ in refusals(workplace)} == {"too_long"}


# Who asks always.


def test_a_check_asks(workplace: Workplace, porters: Porters) -> None:
    """It says what is so now."""
    write(workplace, porters, ANNA)
    before = len(asked(porters, FIELD))
    workplace.run("target-contacts", {**porters.target_config(), **workplace.ledger}, "--check")
    assert len(asked(porters, FIELD)) > before


def test_the_ledger_has_fields_and_nothing_of_a_contact(
    workplace: Workplace, porters: Porters
) -> None:
    """Aliases, limits and names on the screens, which are the company's own words."""
    write(workplace, porters, ANNA)
    ((subject, text),) = ledger(workplace, "SELECT subject, text FROM told")
    assert (subject, MAIL in text) == ("fields", True)
    assert "anna" not in text.lower()
