"""What is gone at the source is cleared if it came from there; what a record lacks stays."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from tests.sandbox.bas_ip import BasIp
from tests.sandbox.cobai import Cobai
from tests.sandbox.porters import Porters
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts
from tests.support.zoho_people import bins

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.sandbox.server import Sandbox

ANNA: dict[str, Any] = {
    "id": 1,
    "first_name": "Anna",
    "last_name": "Ahrens",
    "mobile": "+4915112345678",
    "email": "anna@example.com",
}
"""A record that each API can hold."""

NAMES = {
    Porters: ("Contact.P_Name",),
    Cobai: ("firstName", "lastName"),
    Valomnia: ("firstName", "lastName"),
    ZohoVoice: ("first_name", "last_name"),
    BasIp: ("name",),
}
"""The fields that hold a name."""

MAILS = {
    Porters: "Contact.P_Mail",
    Cobai: "officeMail",
    Valomnia: "email",
    ZohoVoice: "email",
}


@pytest.fixture(params=list(NAMES), ids=lambda kind: str(kind.api))
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Return a running, empty API, each in turn."""
    with request.param() as running:
        yield running


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as running:
        yield running


def name(sandbox: Sandbox) -> str:
    """Return the whole name of the only contact."""
    (held,) = sandbox.contacts
    return " ".join(held[field] for field in NAMES[type(sandbox)])


def mail(sandbox: Sandbox) -> str:
    """Return the e-mail address of the only contact."""
    (held,) = sandbox.contacts
    return str(held.get(MAILS[type(sandbox)]) or "")


def without(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return a record that lacks some properties."""
    return {name: value for name, value in record.items() if name not in names}


NAMED = ("Lacks", "Gone", "New")
"""First names that tell some people apart."""

# Parts of a name.


def test_a_name_is_left_alone_where_a_record_lacks_a_part_of_it(
    sandbox: Sandbox, workplace: Workplace
) -> None:
    """A first name that the record does not have is not lost, whatever the API makes of names."""
    config = sandbox.target_config()
    workplace.target(config, contacts(ANNA))
    run = workplace.target(config, contacts(without({**ANNA, "last_name": "Meyer"}, "first_name")))
    assert name(sandbox) in {"Anna Ahrens", "Anna Meyer"}
    whole_only = len(NAMES[type(sandbox)]) == 1
    if sandbox.api == "bas_ip":  # a monitor's contact is replaced as a whole
        assert (run.code, workplace.rejections[-1]["field"]) == (3, "name")
    else:
        assert bins(run.summary) == {"updated": 1}
        assert ("left alone" in run.log) == whole_only


# Plain values.


def test_a_value_that_is_gone_is_cleared_or_said(sandbox: Sandbox, workplace: Workplace) -> None:
    """Where an API can clear a field it is cleared; where it cannot, the log names the field."""
    if type(sandbox) not in MAILS:
        pytest.skip("a monitor has no e-mail addresses")
    config = without(sandbox.target_config(), "field_map")
    config |= {"field_map": {"webUserName": "id"}} if sandbox.api == "cobai" else {}
    workplace.target(config, contacts(ANNA))
    run = workplace.target(config, contacts({**ANNA, "email": None}))
    clears = sandbox.api != "porters"
    assert mail(sandbox) == ("" if clears else ANNA["email"])
    assert ("cannot be cleared" in run.log) == (not clears)


MAIL = "anna@example.com"
FEW = {name: value for name, value in ANNA.items() if name != "email"}
LISTED = [{"value": MAIL}]


def test_a_value_that_does_not_fit_clears_nothing(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A field that is left out for its value is no field that is gone."""
    config = {**zoho.target_config(), "on_invalid_value": "drop_field"}
    workplace.target(config, contacts(ANNA))
    run = workplace.target(config, contacts({**ANNA, "email": "no address at all"}))
    assert (run.code, mail(zoho)) == (0, ANNA["email"])


def test_the_ledger_remembers_neither_values_nor_names_of_properties(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Which fields were filled stands there; with what, and from which property, does not."""
    record = {**ANNA, "Anna's secret": {"phone": "+4930123456"}, "company": "Acme"}
    workplace.target(zoho.target_config(), contacts(record))
    stored = (workplace.folder / "target-contacts.db").read_bytes()
    assert b"company" in stored
    assert [word for word in (b"Acme", b"secret", b'first_name"', b"+49") if word in stored] == [
        b'first_name"'
    ]


# Defaults.


def test_a_default_fills_what_is_empty_and_never_goes_over_a_value(
    sandbox: Sandbox, workplace: Workplace
) -> None:
    """A new contact gets it for what its record lacks, one that is there for what is gone.

    Also where an API can clear nothing. A record that lacks its address leaves it as it is.
    """
    if type(sandbox) not in MAILS:
        pytest.skip("a monitor has no e-mail addresses")
    config = sandbox.target_config()
    config["defaults"] |= {"email": "unknown@example.com"}
    config |= {"field_map": {"webUserName": "id"}} if sandbox.api == "cobai" else {}
    lacks, gone, new = (
        {**ANNA, "id": n, "first_name": name, "email": f"a{n}@example.com", "mobile": f"+4930{n}"}
        for n, name in enumerate(NAMED, start=100)
    )
    assert bins(workplace.target(config, contacts(lacks, gone)).summary) == {"created": 2}
    changed = without({**lacks, "phone": "+4930123456"}, "email"), {**gone, "email": None}
    ended = workplace.target(config, [*contacts(*changed), *contacts(without(new, "email"))])
    assert bins(ended.summary) == {"created": 1, "updated": 2}
    told = {json.dumps(held): str(held.get(MAILS[type(sandbox)])) for held in sandbox.contacts}
    mails = {name: mail for text, mail in told.items() for name in NAMED if name in text}
    unknown = "unknown@example.com"
    assert mails == {"Lacks": "a100@example.com", "Gone": unknown, "New": unknown}


def test_a_default_does_not_complete_a_name_that_is_there(
    sandbox: Sandbox, workplace: Workplace
) -> None:
    """A whole name that a record gave is not made anew with a first name that it never had."""
    config = sandbox.target_config()
    config["defaults"] = {**config.get("defaults", {}), "first_name": "Nemo"}
    workplace.target(config, contacts(ANNA))
    bare = without({**ANNA, "phone": "+4930123456"}, "first_name")
    run = workplace.target(config, contacts(bare))
    done = (
        "rejected" if sandbox.api == "bas_ip" else "updated"
    )  # a monitor's is replaced as a whole
    assert (bins(run.summary), name(sandbox)) == ({done: 1}, "Anna Ahrens")


@pytest.mark.parametrize("lacking", [("full_name",), ("full_name", "mobile")])
def test_a_default_goes_over_nothing_that_is_replaced_as_a_whole(
    workplace: Workplace, lacking: tuple[str, ...]
) -> None:
    """What a monitor has of a record is not given up for a default: the record is rejected."""
    told = {"id": 1, "full_name": "Anna Ahrens", "mobile": ANNA["mobile"]}
    with BasIp() as monitor:
        config = {**monitor.target_config(), "defaults": {"full_name": "Nemo", "mobile": "12"}}
        workplace.target(config, contacts(told))
        run = workplace.target(config, contacts({**without(told, *lacking), "note": "x"}))
        assert (run.code, name(monitor)) == (3, "Anna Ahrens")


def test_a_default_fills_what_is_empty_where_nobody_knows_what_filled_it(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A ledger of an earlier version does not tell: nothing is cleared, the default is sent."""
    config = {**zoho.target_config(), "defaults": {"email": "unknown@example.com"}}
    workplace.target(config, contacts({**ANNA, "company": "Acme"}))
    with closing(sqlite3.connect(workplace.folder / "target-contacts.db")) as ledger, ledger:
        ledger.execute("UPDATE contacts SET filled = NULL, payload = NULL, source = NULL")
    record = {**ANNA, "last_name": "Meyer", "email": None, "company": None}
    run = workplace.target(config, contacts(record))
    (held,) = zoho.contacts
    assert bins(run.summary) == {"updated": 1}
    assert (held["email"], held["company"]) == ("unknown@example.com", "Acme")
    assert held["last_name"] == "Meyer"


@pytest.mark.parametrize("lacking", ["customer_id", "first_name", "last_name"])
def test_what_every_update_must_name_is_taken_from_the_contact(
    workplace: Workplace, lacking: str
) -> None:
    """A contact of one customer does not move to the default one because a record lacks it."""
    there = {"customer_id": "31888", "first_name": "Anna", "last_name": "Ahrens"}
    with Valomnia() as valomnia:
        valomnia.add_customer(31888, "C0001", "Globex")
        config = valomnia.target_config()
        workplace.target(config, contacts({**ANNA, **there}))
        changed = without({**ANNA, **there, "phone": "+4930123456"}, lacking)
        run = workplace.target(config, contacts(changed))
        (held,) = valomnia.contacts
    assert bins(run.summary) == {"updated": 1}
    assert (held["customer"]["id"], held["firstName"], held["lastName"], held["phone"]) == (
        31888,
        "Anna",
        "Ahrens",
        "+4930123456",
    )


VALUES = st.sampled_from(["absent", None, "", "one", "two"])
