"""What `--explain` tells: where fields go, what is missing, and which settings would fix it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.lab import KINDS
from tests.support.cobai_people import NOBODY
from tests.support.commands import contacts
from tests.support.paths import DATA

if TYPE_CHECKING:
    from tests.support.commands import Workplace

HUBSPOT = (DATA / "hubspot.singer").read_text("utf-8")
NOWHERE = "http://127.0.0.1:9"
ACCOUNTS: dict[str, dict[str, Any]] = {
    "bas_ip": {"username": "u", "password": "p", "api_url": NOWHERE},
    "cobai": {"access_key_id": "i", "secret_access_key": "s", "api_url": NOWHERE},
    "porters": {"app_id": "i", "app_secret": "s", "api_url": NOWHERE},
    "valomnia": {"username": "u", "password": "p", "api_url": NOWHERE},
    "zoho_voice": {"access_token": "t", "api_url": NOWHERE},
}


def explained(workplace: Workplace, api: str, lines: Any, **config: Any) -> list[str]:
    """Return the lines of an explanation, their blanks put together; nothing is asked."""
    settings = {"api": api, api: ACCOUNTS[api], **config}
    run = workplace.target(settings, lines, "--explain")
    assert run.code == 0
    return [" ".join(line.split()) for line in run.out.splitlines()]


def settings_in(lines: list[str]) -> list[dict[str, Any]]:
    """Return the settings that can be pasted, one a line."""
    return [json.loads(line) for line in lines if line.startswith("{")]


def test_the_mapping_is_shown_though_every_record_lacks_something(workplace: Workplace) -> None:
    """HubSpot into PORTERS: where all fields go, what is missing, and one line that gives it."""
    lines = explained(workplace, "porters", HUBSPOT)
    assert "Stream contacts to PORTERS: 0 of 8 records would be sent, 8 rejected." in lines
    assert "firstname + lastname full_name Contact.P_Name 6" in lines
    assert "email email Contact.P_Mail 8" in lines
    assert "Contact.P_Client missing 8" in lines
    assert "Contact.P_Owner missing 8" in lines
    assert settings_in(lines) == [{"defaults": {"customer_id": "…", "owner_id": "…"}}]
    fixed = explained(workplace, "porters", HUBSPOT, defaults={"customer_id": 1, "owner_id": 1})
    assert "Stream contacts to PORTERS: 8 of 8 records would be sent, 0 rejected." in fixed
    assert settings_in(fixed) == []


REMEDIES: dict[str, list[dict[str, Any]]] = {
    "bas_ip": [
        {"defaults": {"full_name": "…"}, "bas_ip": {"number_template": "sip:{mobile}@…"}},
    ],
    "cobai": [{"defaults": {"customer_id": "…", "password": "…"}}],
    "porters": [{"defaults": {"customer_id": "…", "owner_id": "…"}}],
    "valomnia": [
        {
            "defaults": {"customer_id": "…"},
            "field_map": {"firstName": "…", "lastName": "…"},
        },
        {"defaults": {"first_name": "…", "last_name": "…"}},
    ],
    "zoho_voice": [
        {"field_map": {"first_name": "…", "mobile": "…"}},
        {"defaults": {"first_name": "…", "mobile": "…"}},
    ],
}


@pytest.mark.parametrize("api", KINDS)
def test_the_shortest_settings_are_told_for_each_api(workplace: Workplace, api: str) -> None:
    """Ids and the like by defaults; what tells contacts apart rather from a field."""
    assert settings_in(explained(workplace, api, HUBSPOT)) == REMEDIES[api]


@pytest.mark.parametrize("api", KINDS)
def test_the_settings_that_are_named_fix_it(workplace: Workplace, api: str) -> None:
    """With values in the place of the dots, every record would be sent."""
    (*_, told) = settings_in(explained(workplace, api, HUBSPOT))
    first = settings_in(explained(workplace, api, HUBSPOT))[0]
    values = {"customer_id": "10001", "owner_id": "1"}
    if api == "cobai":
        values["customer_id"] = "b00de3c0-f685-42d5-92b5-c46f04803c8f"
    given = {**first.get("defaults", {}), **told.get("defaults", {})}
    defaults = {name: values.get(name, "+4915112345678") for name in given}
    account = {**ACCOUNTS[api], **first.get(api, {})}
    if "number_template" in account:
        account["number_template"] = "sip:{mobile}@pbx.example.com"
        defaults["mobile"] = "+4915112345678"
    lines = explained(workplace, api, HUBSPOT, **{api: account, "defaults": defaults})
    assert any("8 of 8 records would be sent, 0 rejected." in line for line in lines)


MADE_OF: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "template": ({"mobile": "+4915112345678"}, {}, "mobile mobile number 1 1"),
    "own spelling": ({"cell_phone": "+4915112345678"}, {}, "cell_phone mobile number 1 1"),
    "two": (
        {"phone": "+49301234567", "user_name": "anna"},
        {"bas_ip": {"number_template": "sip:{phone}.{user_name}@pbx.example.com"}},
        "phone + user_name phone + user_name number 1 1",
    ),
    "default": ({}, {"defaults": {"mobile": "+4915112345678"}}, "defaults mobile number 1 1"),
    "number": (
        {"mobile": "+4915112345678", "phone": "sip:1@pbx.example.com"},
        {"bas_ip": {"number_template": ""}},
        "phone phone number 1",
    ),
    "mapped": ({"n": "sip:1@pbx.example.com"}, {"field_map": {"number": "n"}}, "n (field_map)"),
}
"""Records and settings, and the line that shows where the number of a monitor comes from."""


@pytest.mark.parametrize("case", MADE_OF)
def test_what_a_number_of_bas_ip_is_made_of_is_shown(workplace: Workplace, case: str) -> None:
    """By the field that the record has, however it spells it; the type is the target's."""
    record, given, line = MADE_OF[case]
    template = {"number_template": "sip:{mobile}@pbx.example.com"}
    account = {**ACCOUNTS["bas_ip"], **template, **given.get("bas_ip", {})}
    person = {"id": 1, "first_name": "Anna", "last_name": "Ahrens", **record}
    lines = explained(workplace, "bas_ip", contacts(person), **{**given, "bas_ip": account})
    assert any(each.startswith(line) for each in lines), lines
    assert "(made by the target) type 1" in lines
    assert "+49" not in "".join(lines)


def test_all_that_is_wrong_with_a_record_is_told(workplace: Workplace) -> None:
    """Every value that does not fit and every field that lacks, not the first of them alone."""
    person = {
        "id": 1,
        "first_name": "x" * 36,
        "email": "nobody",
        "phone": "0" * 31,
        "last_name": "A",
    }
    lines = explained(workplace, "cobai", contacts(person, {**person, "id": 2, "email": "a@b.de"}))
    assert "Stream contacts to cobai: 0 of 2 records would be sent, 2 rejected." in lines
    for line in (
        "customer missing 2",
        "firstName too_long 2",
        "officeMail invalid 1",
        "officePhone too_long 2",
    ):
        assert line in lines
    assert "last_name last_name lastName 2" in lines


def test_what_does_not_fit_is_told_by_stream(workplace: Workplace) -> None:
    """Where the settings let it be cut short, with how many values were."""
    person = {"id": 1, "first_name": "Anna", "last_name": "A", "email": "a@example.com"}
    long = {**person, "first_name": "x" * 36}
    lines = [*contacts(long, stream="a_contacts"), *contacts(person, stream="b_contacts")]
    defaults = {"customer_id": NOBODY, "password": "p" * 8}
    told = explained(workplace, "cobai", lines, on_invalid_value="truncate", defaults=defaults)
    assert [line for line in told if "cut short" in line] == ["firstName cut short 1"]


def test_nothing_personal_is_shown(workplace: Workplace) -> None:
    """Neither a value of a record nor one of a setting."""
    config = {"defaults": {"password": "open-sesame", "customer_id": "no UUID"}}
    settings = {"api": "cobai", "cobai": ACCOUNTS["cobai"], **config}
    wrong = workplace.target(settings, HUBSPOT, "--explain")
    assert (wrong.code, "defaults.customer_id must be" in wrong.log) == (2, True)
    del config["defaults"]["customer_id"]
    text = " ".join([*explained(workplace, "cobai", HUBSPOT, **config), wrong.log])
    assert "@example" not in text
    assert "open-sesame" not in text
    assert "no UUID" not in text
