"""What is gone at the source is cleared if it came from there; what a record lacks stays."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
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
"""A record that each of the five can hold."""

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
    """Return a running, empty API, in turn each of the five."""
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


def test_a_part_that_is_there_without_value_is_gone(workplace: Workplace) -> None:
    """A first name of null is no longer part of the whole one."""
    with Porters() as porters:
        workplace.target(porters.target_config(), contacts(ANNA))
        workplace.target(porters.target_config(), contacts({**ANNA, "first_name": None}))
        assert name(porters) == "Ahrens"


# Lists and objects.


@pytest.mark.parametrize("taken_off", [[{"value": "+4930123456"}], [], None])
def test_a_number_taken_off_a_list_is_cleared(
    zoho: ZohoVoice, workplace: Workplace, taken_off: Any
) -> None:
    """What came from the list and is no longer in it goes; the rest stays."""
    numbers = [{"value": "+4930123456"}, {"value": "+4930123457"}]
    workplace.target(zoho.target_config(), contacts({**ANNA, "phones": numbers}))
    workplace.target(zoho.target_config(), contacts({**ANNA, "phones": taken_off}))
    (held,) = zoho.contacts
    left = [held[field] for field in ("phone", "phone1", "phone2", "phone3") if held[field]]
    assert left == ["+4930123456"] * bool(taken_off)
    assert held["mobile"] == ANNA["mobile"]


@pytest.mark.parametrize("gone", [None, {}, {"street": None, "city": None, "country": None}])
def test_an_address_that_is_gone_is_cleared_in_all_its_parts(
    workplace: Workplace, gone: Any
) -> None:
    """An object without value takes everything with it that came from it."""
    address = {"street": "Hauptstr. 1", "city": "Bonn", "postalCode": "53111", "country": "DE"}
    with Valomnia() as valomnia:
        config = valomnia.target_config()
        workplace.target(config, contacts({**ANNA, "MailingAddress": address}))
        (before,) = valomnia.contacts
        workplace.target(config, contacts({**ANNA, "MailingAddress": gone}))
        (after,) = valomnia.contacts
    parts = ("address", "city", "country")
    assert [before[part] for part in parts] == ["Hauptstr. 1", "Bonn", "DE"]
    assert [after[part] for part in parts] == ["", "", ""]


def test_an_address_that_a_record_lacks_stays(workplace: Workplace) -> None:
    """A record without the property says nothing about it."""
    with Valomnia() as valomnia:
        config = valomnia.target_config()
        workplace.target(config, contacts({**ANNA, "MailingAddress": {"city": "Bonn"}}))
        workplace.target(config, contacts({**ANNA, "phone": "+4930123456"}))
        (held,) = valomnia.contacts
    assert (held["city"], held["phone"]) == ("Bonn", "+4930123456")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"emails": [{"value": "anna@example.com"}]}, {"email": None}),
        ({"phones": [{"value": "+4930123456"}]}, {"phone": None, "mobile": None}),
        ({"MailingAddress": {"city": "Bonn"}}, {"city": None}),
        ({"city": "Bonn"}, {"town": None}),
        ({"full_name": "Anna Ahrens"}, {"first_name": None}),
    ],
)
def test_another_property_without_value_clears_nothing(
    workplace: Workplace, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """What came from a property that the record now lacks stays, whatever else is empty."""
    names = {} if "full_name" in before else {"first_name": "Anna", "last_name": "Ahrens"}
    bare = {"id": 1, **names}
    with Valomnia() as valomnia:
        config = valomnia.target_config()
        workplace.target(config, contacts({**bare, "job_title": "Boss", **before}))
        (held,) = valomnia.contacts
        run = workplace.target(config, contacts({**bare, "job_title": "Chief", **after}))
        (now,) = valomnia.contacts
    assert bins(run.summary) == {"updated": 1}
    fields = ("firstName", "email", "phone", "mobile", "city")
    assert {name: now[name] for name in fields} == {name: held[name] for name in fields}


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


def test_nothing_is_cleared_that_this_target_did_not_fill(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """What somebody typed in at the destination stays, though the source has the property empty."""
    workplace.target(zoho.target_config(), contacts({**ANNA, "company": None}))
    (held,) = zoho.contacts
    zoho.change(held["contact_id"], company="Typed in")
    workplace.target(
        zoho.target_config(), contacts({**ANNA, "company": "", "phone": "+4930123456"})
    )
    (held,) = zoho.contacts
    assert (held["company"], held["phone"]) == ("Typed in", "+4930123456")


MAIL = "anna@example.com"
FEW = {name: value for name, value in ANNA.items() if name != "email"}
LISTED = [{"value": MAIL}]


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ([{"emails": LISTED}, {}, {"emails": []}], ""),
        ([{"emails": LISTED}, {}, {"emails": None}], ""),
        ([{"email": MAIL}, {}, {"email": None}], ""),
        ([{"emails": LISTED}, {"email": MAIL}, {"email": None}], ""),
        ([{"emails": LISTED}, {"email": MAIL}, {"emails": []}], MAIL),
        ([{"emails": LISTED}, {"emails": LISTED, "company": "Acme"}, {"company": "Acme"}], MAIL),
        ([{"email": MAIL}, {"email": False}], ""),
        ([{"email": MAIL}, {"E-Mail": None}], MAIL),
    ],
)
def test_a_value_is_gone_with_the_property_it_came_from_last(
    zoho: ZohoVoice, workplace: Workplace, steps: list[dict[str, Any]], left: str
) -> None:
    """Whatever lay between, and though what is sent looks like what was sent before."""
    for step in steps:
        workplace.target(zoho.target_config(), contacts({**FEW, **step}))
    again = workplace.target(zoho.target_config(), contacts({**FEW, **steps[-1]}))
    assert (mail(zoho), bins(again.summary)) == (left, {"unchanged": 1})


def test_a_name_stays_whole_as_long_as_a_part_of_it_is_lacking(workplace: Workplace) -> None:
    """In whatever other properties the record changes, and however often."""
    less = without(ANNA, "first_name")
    with Porters() as porters:
        for extra in ({"first_name": "Anna"}, {}, {"seen": 1}, {"phone": "+4930123456"}):
            workplace.target(porters.target_config(), contacts({**less, **extra}))
        (held,) = porters.contacts
        assert (held["Contact.P_Name"], held["Contact.P_Telephone"]) == (
            "Anna Ahrens", "+4930123456",
        )  # fmt: skip


def test_what_cannot_be_cleared_is_not_sent_again_and_again(workplace: Workplace) -> None:
    """A record that changes in other properties only is unchanged."""
    with Porters() as porters:
        for number, emails in enumerate((LISTED, [], [])):
            record = {**FEW, "emails": emails, "updated_at": f"2026-11-0{number + 1}"}
            run = workplace.target(porters.target_config(), contacts(record))
        assert (mail(porters), bins(run.summary)) == (MAIL, {"unchanged": 1})


def test_a_value_that_does_not_fit_clears_nothing(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A field that is left out for its value is no field that is gone."""
    config = {**zoho.target_config(), "on_invalid_value": "drop_field"}
    workplace.target(config, contacts(ANNA))
    run = workplace.target(config, contacts({**ANNA, "email": "no address at all"}))
    assert (run.code, mail(zoho)) == (0, ANNA["email"])


def test_a_cleared_value_is_cleared_once(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Afterwards the record is unchanged, and what others type in then stays."""
    config = zoho.target_config()
    workplace.target(config, contacts({**ANNA, "company": "Acme"}))
    workplace.target(config, contacts({**ANNA, "company": None}))
    again = workplace.target(config, contacts({**ANNA, "company": None}))
    (held,) = zoho.contacts
    zoho.change(held["contact_id"], company="Typed in")
    workplace.target(config, contacts({**ANNA, "company": None, "phone": "+4930123456"}))
    assert (bins(again.summary), zoho.contacts[0]["company"]) == ({"unchanged": 1}, "Typed in")


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


def test_a_default_never_goes_over_a_value(sandbox: Sandbox, workplace: Workplace) -> None:
    """A record that lacks its e-mail address leaves that at the destination as it is."""
    if type(sandbox) not in MAILS:
        pytest.skip("a monitor has no e-mail addresses")
    config = sandbox.target_config()
    config["defaults"] |= {"email": "unknown@example.com"}
    config |= {"field_map": {"webUserName": "id"}} if sandbox.api == "cobai" else {}
    workplace.target(config, contacts(ANNA))
    bare = without({**ANNA, "phone": "+4930123456"}, "email")
    run = workplace.target(config, contacts(bare))
    assert (bins(run.summary), mail(sandbox)) == ({"updated": 1}, ANNA["email"])


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


def test_a_default_fills_a_new_contact(sandbox: Sandbox, workplace: Workplace) -> None:
    """A contact that is created gets the default for what its record does not have."""
    if type(sandbox) not in MAILS:
        pytest.skip("a monitor has no e-mail addresses")
    config = sandbox.target_config()
    config["defaults"] |= {"email": "unknown@example.com"}
    config |= {"field_map": {"webUserName": "id"}} if sandbox.api == "cobai" else {}
    run = workplace.target(config, contacts(without(ANNA, "email")))
    assert (bins(run.summary), mail(sandbox)) == ({"created": 1}, "unknown@example.com")


def test_a_default_fills_what_becomes_empty(sandbox: Sandbox, workplace: Workplace) -> None:
    """What is gone at the source gives way to the default, also where an API can clear nothing."""
    if type(sandbox) not in MAILS:
        pytest.skip("a monitor has no e-mail addresses")
    config = sandbox.target_config()
    config["defaults"] |= {"email": "unknown@example.com"}
    config |= {"field_map": {"webUserName": "id"}} if sandbox.api == "cobai" else {}
    workplace.target(config, contacts(ANNA))
    workplace.target(config, contacts({**ANNA, "email": None}))
    assert mail(sandbox) == "unknown@example.com"


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


def test_a_constant_takes_the_place_of_what_came_from_a_property(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """It comes from no property, so that none of it can be lacking."""
    config = zoho.target_config()
    old = {**config, "field_map": {"company": "org"}}
    new = {**config, "field_map": {"company": "'Acme'"}}
    workplace.target(old, contacts({**ANNA, "org": "Globex"}))
    run = workplace.target(new, contacts(ANNA))
    assert (bins(run.summary), zoho.contacts[0]["company"]) == ({"updated": 1}, "Acme")


def test_what_only_a_default_filled_stays(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A record that has the property without value, now as before, changes nothing of it."""
    config = {**zoho.target_config(), "defaults": {"mobile": "+4915100000000"}}
    workplace.target(config, contacts({**ANNA, "mobile": None}))
    run = workplace.target(config, contacts({**ANNA, "mobile": None, "last_name": "Meyer"}))
    (held,) = zoho.contacts
    assert bins(run.summary) == {"updated": 1}
    assert (held["mobile"], held["last_name"]) == ("+4915100000000", "Meyer")


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


def test_a_lost_update_is_not_forgotten_when_a_value_was_to_be_cleared(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """The next run clears it, though the first may have done so."""
    config = zoho.target_config()
    workplace.target(config, contacts({**ANNA, "company": "Acme"}))
    lost = zoho.fault(on="PUT", times=-1, status=503)
    workplace.target(config, contacts({**ANNA, "company": None}))
    lost.times = 0
    run = workplace.target(config, contacts({**ANNA, "company": None}))
    assert (bins(run.summary), zoho.contacts[0]["company"]) == ({"updated": 1}, "")


VALUES = st.sampled_from(["absent", None, "", "one", "two"])


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=4))
def test_any_history_of_two_fields_ends_as_the_source_says(
    workplace: Workplace, steps: list[tuple[Any, Any]]
) -> None:
    """The last value said counts: text fills, an empty one clears, an absent one is nothing."""
    for path in workplace.folder.glob("target-contacts.db*"):
        path.unlink()
    expected = {"city": "", "fonction": ""}
    with Valomnia() as valomnia:
        for city, title in steps:
            said = {"city": city, "job_title": title}
            record = {**ANNA, **{name: v for name, v in said.items() if v != "absent"}}
            assert workplace.target(valomnia.target_config(), contacts(record)).code == 0
            told = (("city", city), ("fonction", title))
            expected |= {wire: value or "" for wire, value in told if value != "absent"}
        (held,) = valomnia.contacts
    assert {wire: held[wire] for wire in expected} == expected
