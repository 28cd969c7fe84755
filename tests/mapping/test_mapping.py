"""What becomes of a record's fields: taken, converted, left out or refused, and always said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cobai import Cobai
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import contacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Finished, Workplace

ANNA = {"id": 1, "first_name": "Anna", "mobile": "+4915112345678"}
LONG = "x" * 40


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Run an empty account."""
    with ZohoVoice() as sandbox:
        yield sandbox


@pytest.fixture
def cobai() -> Iterator[Cobai]:
    """Run an account with one customer."""
    with Cobai() as sandbox:
        yield sandbox


@pytest.fixture
def valomnia() -> Iterator[Valomnia]:
    """Run an empty account."""
    with Valomnia() as sandbox:
        yield sandbox


def numbers(zoho: ZohoVoice) -> list[tuple[str, str]]:
    """Return mobile and phone of each contact."""
    return [(held["mobile"], held["phone"]) for held in zoho.contacts]


# Names.


NAMES: list[tuple[dict[str, Any], str, str]] = [
    ({"name": "Anna von der Heide"}, "Anna", "von der Heide"),
    ({"name": "Heide, Anna"}, "Anna", "Heide"),
    ({"氏名": "山田 太郎"}, "太郎", "山田"),
    ({"Vorname": "Anna", "Name": "Heide"}, "Anna", "Heide"),
    ({"names": [{"givenName": "Anna", "familyName": "Heide"}]}, "Anna", "Heide"),
    ({"name": "Anna"}, "Anna", ""),
]


def test_names_are_taken_apart(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A whole name gives first and last name in the order of its language; none is invented."""
    people = [{"mobile": f"+49151123456{n}", **record} for n, (record, _, _) in enumerate(NAMES)]
    write_each(zoho, workplace, people)
    found = {held["mobile"][-1]: (held["first_name"], held["last_name"]) for held in zoho.contacts}
    assert found == {str(n): (first, last) for n, (_, first, last) in enumerate(NAMES)}


def write_each(
    zoho: ZohoVoice, workplace: Workplace, records: list[dict[str, Any]], **settings: Any
) -> Finished:
    """Write each record in a stream of its own, so that it has a schema of its own."""
    streams = [contacts({"id": 1, **each}, stream=f"s{n}") for n, each in enumerate(records)]
    config = {**zoho.target_config(), "match_on": [], "streams": ["*"], **settings}
    run = workplace.target(config, [message for stream in streams for message in stream])
    assert (run.code, len(zoho.contacts)) == (0, len(records)), run.log
    return run


# Phones.


NUMBERS: list[tuple[dict[str, Any], tuple[str, str]]] = [
    ({"phone": "0151 12345678"}, ("+4915112345678", "")),
    ({"phone": "030 123456", "mobile": "0151 12345678"}, ("+4915112345678", "+4930123456")),
    ({"phone": "+1 202 555 0143"}, ("+12025550143", "+12025550143")),
    ({"mobile": "call Anna"}, ("call Anna", "")),
    ({"mobile": "0151 12345678", "mobile3": "+49 151 12345678"}, ("+4915112345678", "")),
    ({"phone": [{"value": "+4930123456", "type": "work"}, {"value": "0151 12345678",
      "type": "mobile"}]}, ("+4915112345678", "+4930123456")),
]  # fmt: skip


def test_numbers_are_sent_as_e164_and_mobiles_as_mobiles(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """The only number fills mobile if it is one or may be one; what is no number stays as it is."""
    people = [{"first_name": f"Anna{n}", **record} for n, (record, _) in enumerate(NUMBERS)]
    write_each(zoho, workplace, people, phone_region="DE")
    found = {held["first_name"]: (held["mobile"], held["phone"]) for held in zoho.contacts}
    assert found == {f"Anna{n}": expected for n, (_, expected) in enumerate(NUMBERS)}


def test_a_landline_is_no_mobile(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Where the only number surely is no mobile, the record lacks one and is rejected for it."""
    run = workplace.target(
        zoho.target_config(), contacts({"id": 1, "first_name": "Anna", "phone": "+49 30 123456"})
    )
    assert (run.code, zoho.writes) == (3, [])
    assert [each["field"] for each in workplace.rejections] == ["mobile"]


def test_a_region_that_is_none_is_refused(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A wrong country is one sentence and exit code 2, before anything is sent."""
    run = workplace.target({**zoho.target_config(), "phone_region": "Germany"}, contacts(ANNA))
    assert (run.code, zoho.log) == (2, [])
    assert "phone_region must be the two-letter code of a country" in run.log


# Which field counts.


def test_of_two_spellings_the_better_one_counts_and_it_is_said_once(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Which of two fields is taken is logged by name, once, and never with a value."""
    people = [{**ANNA, "id": i, "email": f"{i}@example.com", "Mail": "x@example.com"} for i in "12"]
    run = workplace.target(zoho.target_config(), contacts(*people))
    assert {held["email"] for held in zoho.contacts} == {"1@example.com", "2@example.com"}
    assert run.log.count("email and Mail both spell email and differ; email is taken") == 1
    assert run.summary["not_carried"] == {"contacts": ["Mail"]}
    assert "example.com" not in run.log


def test_one_address_is_taken_and_never_parts_of_two(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """The address with most parts counts; what is left of others is said."""
    record = {
        "first_name": "Anna", "last_name": "Heide", "MailingCity": "Berlin", "MailingStreet": "A 1",
        "OtherCity": "Bonn", "OtherPostalCode": "53111",
    }  # fmt: skip
    run = workplace.target(valomnia.target_config(), contacts({"id": 1, **record}))
    (held,) = valomnia.contacts
    assert (held["city"], held["address"], held["postalCode"]) == ("Berlin", "A 1", "")
    assert run.summary["not_carried"] == {"contacts": ["OtherCity", "OtherPostalCode"]}


@pytest.mark.parametrize("empty", [{}, {"street": None, "postal_code": "", "street2": None}])
def test_an_emptier_address_adds_nothing_to_a_fuller_one(
    valomnia: Valomnia, workplace: Workplace, empty: dict[str, Any]
) -> None:
    """Nobody lives in a street of one town and in another town."""
    record = {
        "first_name": "Anna", "last_name": "Heide",
        "MailingAddress": {"street": "A 1", "city": "Bonn"},
        "OtherAddress": {"city": "Berlin", **empty},
    }  # fmt: skip
    workplace.target(valomnia.target_config(), contacts({"id": 1, **record}))
    (held,) = valomnia.contacts
    assert (held["city"], held["address"], held["postalCode"]) == ("Bonn", "A 1", "")


def test_a_lone_number_is_carried_whatever_it_is(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A number at home has no field of its own anywhere: it takes the one for numbers."""
    names = ["home_phone", "private_phone", "phone"]
    people = [{**ANNA, "first_name": name, name: "+49 30 123456"} for name in names]
    run = write_each(zoho, workplace, people)
    assert numbers(zoho) == [(ANNA["mobile"], "+4930123456")] * len(names)
    assert run.summary["not_carried"] == {}


def test_what_only_sounds_like_an_attribute_is_not_taken(
    cobai: Cobai, workplace: Workplace
) -> None:
    """A life cycle is no state, a user's role no role in a shop: they are left and named."""
    record = {
        "id": 1, "first_name": "Anna", "last_name": "Heide", "email": "a@example.com",
        "role": "lead", "state": "active", "Gender": "Unspecified",
    }  # fmt: skip
    config = {**cobai.target_config()}
    config["defaults"] = {**config["defaults"], "gender": "female", "role": "ROLE_SHOP_USER"}
    run = workplace.target(config, contacts(record))
    (held,) = cobai.contacts
    assert (run.code, held["role"], held["gender"]) == (0, "ROLE_SHOP_USER", "FEMALE")
    assert run.summary["not_carried"] == {"contacts": ["Gender", "role", "state"]}


def test_each_record_of_a_stream_tells_what_its_fields_mean(
    cobai: Cobai, workplace: Workplace
) -> None:
    """A title is a position here and a salutation there; what one record has decides no other."""
    titles = ("Head of Sales", "Frau", ["Frau"], "Head of Sales")
    people = [
        {"id": i, "first_name": "Anna", "last_name": "Heide", "email": f"{i}@a.de", "title": title}
        for i, title in enumerate(titles)
    ]
    config = {**cobai.target_config(), "concurrency": 1}
    config["defaults"] = {**config["defaults"], "gender": "MALE"}
    run = workplace.target(config, contacts(*people))
    assert (run.code, [held["gender"] for held in cobai.contacts]) == (
        0,
        ["MALE", "FEMALE", "FEMALE", "MALE"],
    )


def test_names_below_the_schema_are_not_shown(zoho: ZohoVoice, workplace: Workplace) -> None:
    """What the schema does not declare may be a person's: only the field around it is named."""
    run = workplace.target(
        zoho.target_config(), contacts({**ANNA, "friends": {"bert@example.com": "often"}})
    )
    assert run.summary["not_carried"] == {"contacts": ["friends.*"]}
    assert "bert@example.com" not in run.log


# Settings of the mapping.


@pytest.mark.parametrize("path", ["origin.system", "Mail", "email"])
def test_field_map_takes_fields_and_attributes(
    zoho: ZohoVoice, workplace: Workplace, path: str
) -> None:
    """Fields by name, nested ones by path, and else the attribute that any spelling fills."""
    record = {**ANNA, "origin": {"system": "a@example.com"}, "Mail": "a@example.com"}
    config = {**zoho.target_config(), "field_map": {"company": path}}
    assert workplace.target(config, contacts(record)).code == 0
    assert [held["company"] for held in zoho.contacts] == ["a@example.com"]


def test_field_map_from_a_field_that_is_not_there_is_refused(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A wrong name is exit code 2, with the right ones, and nothing is sent."""
    config = {**zoho.target_config(), "field_map": {"company": "employr"}}
    run = workplace.target(config, contacts({**ANNA, "employer": "ACME"}))
    assert (run.code, zoho.writes) == (2, [])
    assert "field_map names employr; known are: employer, first_name, id, mobile" in run.log


# Values that do not fit.


def person(**fields: Any) -> dict[str, Any]:
    """Return a contact for cobai."""
    return {
        "id": 1, "first_name": "Anna", "last_name": "Heide", "email": "anna@example.com", **fields
    }  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "fields", "expected"),
    [
        ("drop_field", {"phone": "0" * 31}, ("officePhone", "", "left out")),
        ("truncate", {"last_name": LONG}, ("lastName", LONG[:35], "cut short")),
    ],
)
def test_a_value_that_does_not_fit_is_dropped_or_truncated_if_asked_and_counted(
    cobai: Cobai,
    workplace: Workplace,
    setting: str,
    fields: dict[str, str],
    expected: tuple[str, str, str],
) -> None:
    """The contact lands without the value or with its beginning; log and summary say which."""
    config = {**cobai.target_config(), "on_invalid_value": setting}
    run = workplace.target(config, contacts(person(**fields)))
    wire, value, done = expected
    assert (run.code, [held[wire] for held in cobai.contacts]) == (0, [value])
    assert run.summary["dropped_or_truncated"] == [["contacts", wire, done, 1]]
    assert f"1 value of contacts for the field {wire} did not fit and was {done}" in run.log
    assert next(iter(fields.values())) not in run.log


@pytest.mark.parametrize(
    ("setting", "fields", "code"),
    [
        ("reject", {"last_name": LONG}, "too_long"),
        ("drop_field", {"customer_id": "no UUID"}, "missing"),
        ("truncate", {"phone": "0" * 31}, "too_long"),
        ("truncate", {"ignore_assortment": "perhaps"}, "invalid"),
    ],
)
def test_what_must_be_whole_or_there_is_rejected(
    cobai: Cobai, workplace: Workplace, setting: str, fields: dict[str, str], code: str
) -> None:
    """By default all that does not fit; a required field is not left out, a number not cut."""
    config = {**cobai.target_config(), "on_invalid_value": setting}
    config["defaults"] = {k: v for k, v in config["defaults"].items() if k not in fields}
    run = workplace.target(config, contacts(person(**fields)))
    assert (run.code, cobai.writes) == (3, [])
    assert [each["code"] for each in workplace.rejections] == [code]
    assert LONG not in workplace.rejections[0]["reason"]


# What is as it was.


def test_only_what_changes_at_the_destination_is_sent(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A change in a field that is not carried sends nothing, and neither does another default."""
    config = zoho.target_config()
    workplace.target(config, contacts({**ANNA, "seen": 1}))
    again = workplace.target(config, contacts({**ANNA, "seen": 2}))
    third = workplace.target(
        {**config, "defaults": {"company": "ACME"}}, contacts({**ANNA, "seen": 2})
    )
    assert (again.summary["unchanged"], again.summary["requests"]) == (1, 0)
    assert (third.summary["unchanged"], zoho.contacts[0]["company"]) == (1, "")


# Explained.


def test_explain_says_where_fields_go_and_does_nothing(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Fields, attributes, conversions, what is left and what is rejected; no request, no file."""
    people = [
        {"id": 1, "Vorname": "Anna", "Handy": "+49 151 12345678", "Stadt": "Bonn"},
        {"id": 2, "Vorname": "Bert", "Handy": None, "Stadt": "Ulm"},
    ]
    run = workplace.target(zoho.target_config(), contacts(*people, state={"at": 2}), "--explain")
    lines = [" ".join(line.split()) for line in run.out.splitlines()]
    assert run.code == 0
    assert "Stream contacts to Zoho Voice: 1 of 2 records would be sent, 1 rejected." in lines
    assert "Handy mobile mobile 1 1" in lines
    assert "Vorname first_name first_name 2" in lines
    assert "Stadt 2" in lines
    assert "mobile missing 1" in lines
    assert "Anna" not in run.out + run.log
    assert (zoho.log, list(workplace.folder.glob("*.db")), workplace.rejects) == ([], [], [])


def test_explain_refuses_what_a_run_would_refuse(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A wrong name in the settings is found before the first run."""
    config = {**zoho.target_config(), "field_map": {"nickname": "id"}}
    run = workplace.target(config, contacts(ANNA), "--explain")
    assert (run.code, run.out) == (2, "")
    assert "field_map names nickname; known are: first_name" in run.log


# Ids of other systems.


def test_ids_of_another_api_are_left_and_the_default_counts(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """A customer of cobai is none of Valomnia's, though a number could be both."""
    record = {"id": 1, "first_name": "Anna", "last_name": "Heide", "customer_uuid": "1"}
    config = valomnia.target_config()
    run = workplace.target(config, contacts(record, stream="cobai_contacts"))
    assert (run.code, len(valomnia.contacts)) == (0, 1)
    assert str(valomnia.contacts[0]["customer"]["id"]) == str(config["defaults"]["customer_id"])
    assert run.summary["not_carried"] == {"cobai_contacts": ["customer_uuid"]}


def test_ids_of_unknown_streams_are_taken_and_named_when_refused(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """Whoever sends a customer_id of its own may mean the destination's."""
    record = {"id": 1, "first_name": "Anna", "last_name": "Heide", "customer_id": "777"}
    run = workplace.target(valomnia.target_config(), contacts(record))
    assert (run.code, valomnia.contacts) == (3, [])
    assert [each["field"] for each in workplace.rejections] == ["customerId"]
