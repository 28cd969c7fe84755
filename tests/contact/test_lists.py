"""Which item of a list counts, what it is, and what becomes of all the others."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cobai import Cobai
from tests.sandbox.porters import Porters
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import contacts
from tests.support.records import read, told

if TYPE_CHECKING:
    from tests.support.commands import Workplace

NAMED = {"first_name": "Anna", "last_name": "Ahrens"}
ONE, TWO, MOBILE = "+4930123456", "+4930123457", "+4915112345678"


# Which item counts.

MARKS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"primary": False}, {"primary": True}),
    ({"primary": "false"}, {"primary": "true"}),
    ({"is_primary": 0}, {"is_primary": 1}),
    ({"is_primary": "0"}, {"is_primary": "1"}),
    ({"isPrimary": "no"}, {"isPrimary": "Yes"}),
    ({}, {"primary": "Y"}),
    ({}, {"preferred": True}),
    ({}, {"is_preferred": 1}),
    ({}, {"default": True}),
    ({}, {"isDefault": "TRUE"}),
    ({}, {"is_main": 0, "is_default": 1}),
    ({}, {"principal": "oui"}),
    ({}, {"is_primary_phone": 1}),
    ({}, {"primary_flag": "ja"}),
    ({}, {"pref": True}),
    ({"pref": 2}, {"pref": 1}),
    ({"pref": 100}, {"pref": "1"}),
    ({"rank": 2}, {"rank": 1}),
    ({}, {"rank": 1}),
    ({"order": 1}, {"order": 0}),
    ({"position": "2"}, {"position": "1"}),
    ({"priority": 10}, {"priority": 1}),
    ({"sort_order": 20}, {"sort_order": 10}),
    ({}, {"metadata": {"primary": True}}),
    ({"type": "work"}, {"type": "primary"}),
    ({"type": ["voice"]}, {"type": ["VOICE", "PREF"]}),
    ({"type": "other"}, {"type": "work"}),
    ({"primary": False}, {}),
    ({"is_primary": 0}, {"is_primary": None}),
    ({"active": False}, {"active": True}),
    ({"active": "false", "primary": True}, {"active": "true"}),
    ({"is_valid": 0}, {}),
    ({"deleted": True}, {}),
    ({"archived": 1}, {"archived": 0}),
]


@pytest.mark.parametrize(("first", "second"), MARKS)
@pytest.mark.parametrize("field", ["phones", "phone", "phoneNumbers"])
def test_whatever_marks_an_item_it_counts_before_others(
    field: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    """Of two numbers the marked one is the phone wherever it stands, the other one comes next."""
    items = [{"value": ONE, **first}, {"value": TWO, **second}]
    for ordered in (items, items[::-1]):
        found = told({**NAMED, field: ordered})
        assert (found["phone"], found["phone2"]) == (TWO, ONE)


@pytest.mark.parametrize(("first", "second"), MARKS)
def test_a_marked_e_mail_address_counts_and_the_other_is_listed(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    """A destination has one e-mail address: the marked one goes there."""
    items = [{"value": "one@example.com", **first}, {"value": "two@example.com", **second}]
    contact = read({**NAMED, "emails": items})
    assert contact.attributes["email"] == "two@example.com"
    assert "emails.2.value" in contact.spare


@pytest.mark.parametrize(
    "mark",
    [{}, {"primary": False}, {"primary": None}, {"is_primary": ""}, {"primary": "perhaps"},
     {"rank": None}, {"rank": "first"}, {"primary": {"since": 2020}}],
)  # fmt: skip
def test_where_no_mark_tells_the_first_item_counts(mark: dict[str, Any]) -> None:
    """A mark that all items have alike, or that says nothing, changes nothing."""
    items = [{"value": ONE, **mark}, {"value": TWO, **mark}]
    found = told({**NAMED, "phones": items})
    assert (found["phone"], found["phone2"]) == (ONE, TWO)


def test_an_item_without_a_value_does_not_count() -> None:
    """Systems list all kinds of numbers and addresses, most of them empty, the primary one too."""
    record = {
        "emails": [{"value": "", "primary": True}, {"value": "anna@example.com"}],
        "phones": [{"type": "work", "value": None}, {"type": "work", "value": ONE}],
        "addresses": [{"type": "POBOX", "city": ""}, {"type": "STREET", "city": "Bern"}],
    }
    found = told(record)
    assert (found["email"], found["phone"], found["city"]) == ("anna@example.com", ONE, "Bern")


def test_of_two_numbers_of_one_label_the_primary_one_is_sent(workplace: Workplace) -> None:
    """APIs that hold one telephone number get the one that is marked, or else the first."""
    people = [
        {"id": number, **NAMED, "email": f"{number}@example.com", "phone": [
            {"label": "work", "value": ONE, **first}, {"label": "work", "value": TWO, **second}]}
        for number, (first, second) in enumerate([
            ({"primary": True}, {"primary": False}), ({}, {}), ({}, {"primary": True})])
    ]  # fmt: skip
    with Cobai() as cobai, Porters() as porters:
        workplace.target(cobai.target_config(), contacts(*people))
        workplace.target(porters.target_config(), contacts(*people))
        found = {held["officeMail"][0]: held["officePhone"] for held in cobai.contacts}
        again = {c["Contact.P_Mail"][0]: c["Contact.P_Telephone"] for c in porters.contacts}
    assert found == again == {"0": ONE, "1": ONE, "2": TWO}


def test_the_order_of_a_records_fields_changes_nothing() -> None:
    """Which value is taken follows from names, marks and places in lists alone."""
    record = {
        "phones": [{"type": "work", "value": ONE}, {"type": "home", "value": TWO}],
        "telephone": "+4930123458", "other_phone": "+4930123459", "mail": "a@example.com",
        "emails": ["b@example.com", "c@example.com"], "email2": "d@example.com",
    }  # fmt: skip
    every = [told(dict(order)) for order in itertools.permutations(record.items())]
    assert all(found == every[0] for found in every)


# What an item is.


@pytest.mark.parametrize("key", ["type", "label", "kind", "category", "use", "phone_type", "name"])
@pytest.mark.parametrize(
    ("label", "attribute"),
    [
        ("mobile", "mobile"), ("Cell", "mobile"), ("workMobile", "mobile"), ("work", "phone"),
        ("Office", "phone"), ("VoiceFax", "phone"), ("DDI", "phone"), ("home", "home_phone"),
        ("private", "home_phone"), ("fax", "fax"), ("Work Fax", "fax"), ("FaxOnly", "fax"),
        ("other", "phone"), ("whatever", "phone"),
    ],
)  # fmt: skip
def test_a_label_says_what_a_number_is(key: str, label: str, attribute: str) -> None:
    """Whatever the label is called, and whatever the list."""
    for field in ("phones", "phone_numbers", "telephones", "phone_nos"):
        contact = read({field: [{key: label, "number": ONE}]})
        assert contact.attributes[attribute] == ONE


@pytest.mark.parametrize("label", ["pager", "Home Fax", "privatfax"])
def test_what_is_no_telephone_is_listed(label: str) -> None:
    """Pagers and faxes at home have no field anywhere."""
    contact = read({"phones": [{"type": label, "value": ONE}]})
    assert (contact.attributes, list(contact.spare.values())) == ({}, [""])


def test_a_marked_number_counts_though_its_label_is_another() -> None:
    """The primary number is the phone, even at home; a mobile stays a mobile."""
    home = {"value": ONE, "type": "home", "primary": True}
    found = told({"phones": [{"value": TWO, "type": "work"}, home]})
    assert (found["phone"], found["phone2"]) == (ONE, TWO)
    mobile = {"value": MOBILE, "type": "mobile", "primary": True}
    found = told({"phones": [{"value": TWO, "type": "work"}, mobile]})
    assert (found["phone"], found["mobile"]) == (TWO, MOBILE)


def test_ways_to_reach_somebody_are_told_apart_by_their_labels() -> None:
    """Lists of all kinds of them hold e-mails, numbers and faxes side by side."""
    telecom = [
        {"system": "phone", "value": ONE, "use": "work", "rank": 2},
        {"system": "phone", "value": TWO, "use": "home", "rank": 1},
        {"system": "phone", "value": MOBILE, "use": "mobile"},
        {"system": "email", "value": "anna@example.com"},
        {"system": "fax", "value": "+4930123499", "use": "work"},
        {"system": "url", "value": "https://www.example.com"},
    ]
    contact = read({"telecom": telecom})
    found = contact.attributes
    assert (found["phone"], found["phone2"], found["mobile"]) == (TWO, ONE, MOBILE)
    assert (found["email"], found["fax"]) == ("anna@example.com", "+4930123499")
    assert "telecom.url.value" in contact.spare


# Values of other names.


@pytest.mark.parametrize("field", ["emails", "email", "email_addresses", "emailAddresses"])
@pytest.mark.parametrize(
    "inside", ["value", "email", "address", "addr", "email_address", "emailAddress", "data", "mail"]
)
def test_an_e_mail_address_is_carried_whatever_it_is_called(field: str, inside: str) -> None:
    """In lists and in objects, as it is and one level further in."""
    for value in ([{inside: "a@example.com"}], {inside: "a@example.com"}):
        assert told({field: value})["email"] == "a@example.com"
        assert told({"properties": {field: value}})["email"] == "a@example.com"


@pytest.mark.parametrize("field", ["phones", "phone", "phone_numbers", "telephone"])
@pytest.mark.parametrize(
    "inside",
    ["value", "number", "phone", "phone_number", "phoneNumber", "full_number", "FreeFormNumber",
     "tel", "telephone", "e164", "international_number", "raw_number", "data"],
)  # fmt: skip
def test_a_number_is_carried_whatever_it_is_called(field: str, inside: str) -> None:
    """In lists and in objects, with and without a label."""
    for value in ([{inside: ONE}], {inside: ONE}, [{inside: ONE, "type": "work"}]):
        assert told({field: value})["phone"] == ONE


@pytest.mark.parametrize(
    ("record", "attribute", "value"),
    [
        ({"company": {"id": 5, "name": "Ahrens GmbH"}}, "company", "Ahrens GmbH"),
        ({"company": {"company_name": "Ahrens GmbH"}}, "company", "Ahrens GmbH"),
        ({"organisation": {"name": "Ahrens GmbH"}}, "company", "Ahrens GmbH"),
        ({"department": {"id": 2, "name": "Sales"}}, "department", "Sales"),
        ({"address": {"country": {"name": "Germany", "id": 1}}}, "country", "Germany"),
        ({"country": {"code": "DE"}}, "country", "DE"),
        ({"state": {"name": "Bayern"}}, "state", "Bayern"),
        ({"note": {"body": "x"}}, "note", "x"),
        ({"country_id": [57, "Germany"]}, "country", "Germany"),
        ({"state_id": [3, "Bayern"]}, "state", "Bayern"),
        ({"name": {"first": "Anna", "last": "Ahrens"}}, "last_name", "Ahrens"),
        ({"name": [{"family": "Ahrens", "given": ["Anna", "Maria"]}]}, "middle_name", "Maria"),
        ({"phones": {"work": {"number": ONE}, "home": {"number": TWO}}}, "phone", ONE),
        ({"phones": {"p1": {"number": ONE}, "p2": {"number": TWO, "pref": 1}}}, "phone", TWO),
        ({"emails": {"home": "h@example.com", "work": "w@example.com"}}, "email", "w@example.com"),
    ],
)  # fmt: skip
def test_a_value_is_found_in_the_object_that_holds_it(
    record: dict[str, Any], attribute: str, value: str
) -> None:
    """Codes, names and texts inside, in objects by label or by a key that says nothing."""
    assert told(record)[attribute] == value


@pytest.mark.parametrize(
    ("item", "whole"),
    [
        ({"number": "5996999", "area_code": "877", "country_code": "1"}, "+1 877 5996999"),
        ({"PhoneNumber": "123456", "PhoneAreaCode": 30, "PhoneCountryCode": 49}, "+49 30 123456"),
        ({"number": "30123456", "country_code": "+49"}, "+49 30123456"),
        ({"number": ONE, "country_code": "49"}, ONE),
        ({"number": ONE, "country_code": "DE"}, ONE),
        ({"number": "030 123456", "country_code": "DE"}, "030 123456"),
        ({"value": "030 123456", "canonicalForm": ONE}, ONE),
        ({"raw_number": "030 123456", "sanitized_number": ONE}, ONE),
    ],
)
def test_a_number_in_parts_or_in_several_forms_is_one(item: dict[str, Any], whole: str) -> None:
    """The codes beside a number go before it; of two forms the one with country code counts."""
    for phones in ([item], item):
        found = told({"phone": phones})
        assert found["phone"] == whole
        assert "phone2" not in found


@pytest.mark.parametrize(
    "item",
    [
        {"number": "call Anna", "formatted": "n/a"},
        {"value": "030 123456", "phone_formatted": "030 123457"},
        {"value": "1234", "formatted": "91234"},
    ],
)
def test_numbers_that_differ_are_two(item: dict[str, Any]) -> None:
    """What only ends alike, or holds no digits, is no other form of a number."""
    found = told({"phone": [item]})
    assert [found["phone"], found["phone2"]] == list(item.values())


def test_an_object_is_no_number() -> None:
    """Codes beside it change nothing."""
    contact = read({"phone": {"number": {"x": ONE}, "country_code": "49", "area_code": "30"}})
    assert contact.attributes == {}
    assert contact.spare.keys() == {
        "phone.number.x", "phone.country_code", "phone.area_code"
    }  # fmt: skip


# Fields of one's own.


@pytest.mark.parametrize("name", ["name", "key", "label", "field", "FieldName", "title"])
@pytest.mark.parametrize("value", ["value", "FieldValue", "val", "content"])
@pytest.mark.parametrize("field", ["properties", "custom_fields", "customFieldValues", "fields"])
def test_own_fields_in_a_list_are_known_by_their_names(field: str, name: str, value: str) -> None:
    """One that spells an attribute fills it, all others are listed and are nobody's name."""
    items = [{name: "Mobile", value: MOBILE}, {name: "Plan", value: "gold", "type": "text"}]
    contact = read({**NAMED, field: items})
    assert contact.attributes["mobile"] == MOBILE
    assert contact.attributes["full_name"] == "Anna Ahrens"
    assert list(contact.spare) == [f"{field}.Plan"]


def test_own_fields_do_not_go_before_those_of_the_system() -> None:
    """What an organisation added counts where there is nothing else."""
    own = [{"name": "email", "value": "own@example.com"}, {"name": "city", "value": "Bern"}]
    contact = read({"email": "anna@example.com", "custom_fields": own})
    assert (contact.attributes["email"], contact.attributes["city"]) == ("anna@example.com", "Bern")
    assert list(contact.spare) == ["custom_fields.email"]


@pytest.mark.parametrize(
    "items",
    [
        [{"id": 7, "value": "gold"}],
        [{"field": "1", "value": "gold"}],
        [{"custom_field_definition_id": 3, "value": "gold"}],
        [{"name": "name", "value": ""}, {"name": "Plan", "value": ["gold", "silver"]}],
    ],
)
def test_own_fields_without_a_name_are_listed(items: list[dict[str, Any]]) -> None:
    """A number is no name; a value that is a list is listed as one."""
    contact = read({"email": "anna@example.com", "custom_fields": items})
    assert {name for name in contact.attributes if contact.has(name)} == {"email"}
    assert all(name.startswith("custom_fields.") for name in contact.spare)
    assert contact.spare


def test_the_name_of_an_own_field_is_not_shown(workplace: Workplace) -> None:
    """It may be anything: what is not declared and no attribute is a star in the log."""
    own = [{"name": "Plan of Anna", "value": "gold"}, {"name": "Mobile", "value": MOBILE}]
    with ZohoVoice() as zoho:
        run = workplace.target(zoho.target_config(), contacts({"id": 1, **NAMED, "fields": own}))
        assert [(held["first_name"], held["mobile"]) for held in zoho.contacts] == [
            ("Anna", MOBILE)
        ]
    assert run.summary["not_carried"] == {"contacts": ["fields.*"]}
    assert "Plan" not in run.log


# Companies with their people.

COMPANY = {
    "id": "lead_1", "name": "Ahrens GmbH", "addresses": [{"address_1": "Weg 1", "city": "Bern"}],
    "contacts": [
        {"name": "Anna Ahrens", "title": "CEO", "phones": [{"type": "mobile", "phone": MOBILE}],
         "emails": [{"type": "office", "email": "anna@example.com"}]},
        {"name": "Bert Busch", "emails": [{"type": "office", "email": "bert@example.com"}]},
    ],
}  # fmt: skip


def test_of_a_company_with_its_people_the_first_is_the_contact() -> None:
    """The company's name is where the contact works; the other people are listed."""
    contact = read(COMPANY)
    found = contact.attributes
    assert (found["full_name"], found["company"]) == ("Anna Ahrens", "Ahrens GmbH")
    assert (found["mobile"], found["email"]) == (MOBILE, "anna@example.com")
    assert (found["street"], found["job_title"]) == ("Weg 1", "CEO")
    assert {"contacts.2.name", "contacts.2.emails.email"} <= contact.spare.keys()


@pytest.mark.parametrize(
    "own", [{"first_name": "Cora"}, {"email": "cora@example.com"}, {"phone": ONE}]
)
def test_a_person_with_other_people_stays_the_contact(own: dict[str, Any]) -> None:
    """Who has a name, an e-mail address or a number of their own is who the record is about."""
    contact = read({**COMPANY, **own})
    assert contact.attributes["full_name"] == "Ahrens GmbH" or "Cora" in contact.attributes.values()
    assert "anna@example.com" not in contact.attributes.values()
    assert {"contacts.name", "contacts.2.name"} <= contact.spare.keys()


def test_people_without_names_are_none() -> None:
    """A list of ids, or of counts, says nothing of who they are."""
    for people in ([1, 2], [{"id": 1}], [{"count": 2}], ["Anna"], []):
        contact = read({"name": "Anna Ahrens", "contacts": people})
        assert contact.attributes["full_name"] == "Anna Ahrens"
