"""What a record says of an attribute: a value, none, or nothing; and in which of its properties."""

from __future__ import annotations

from typing import Any

import pytest

from target_contacts.contact.field_names import FieldNames
from tests.support.records import origins_of, read

# Nothing said, or no value.


@pytest.mark.parametrize("empty", [None, [], {}])
@pytest.mark.parametrize(
    "name",
    ["emails", "email_addresses", "phones", "phone_numbers", "businessPhones", "addresses",
     "MailingAddress", "billing_address", "home_address", "BillAddr"],
)  # fmt: skip
def test_a_list_or_an_object_without_value_says_nothing(name: str, empty: Any) -> None:
    """Which attributes it held before cannot be told, so none is read as empty."""
    for around in ({}, {"first_name": "Anna"}, {"tags": ["x"]}):
        contact = read({name: empty, **around})
        assert contact.attributes.keys() <= {"first_name", "full_name"}
        assert contact.spare.keys() <= {"tags"}


@pytest.mark.parametrize("empty", [None, "", "  "])
@pytest.mark.parametrize(
    ("name", "attribute"),
    [("email", "email"), ("phone", "phone"), ("city", "city"), ("MailingCity", "city"),
     ("address", "street"), ("street_address", "street"), ("Mobile", "mobile")],
)  # fmt: skip
def test_a_column_without_value_says_so(name: str, attribute: str, empty: Any) -> None:
    """What its name spells is to be cleared."""
    assert read({name: empty}).attributes == {attribute: ""}
    assert read({name: empty, "tags": ["x"]}).attributes == {attribute: ""}


@pytest.mark.parametrize("empty", ["", " "])
def test_text_is_a_column_whatever_its_name(empty: str) -> None:
    """Only null may stand for a list or an object."""
    assert read({"MailingAddress": empty}).attributes == {"street": ""}


@pytest.mark.parametrize("empty", [[], {}])
def test_an_empty_list_or_object_is_none_of_a_column(empty: Any) -> None:
    """It says nothing of the one attribute that its name spells."""
    assert read({"email": empty, "address": empty, "phone": empty}).attributes == {}


def test_parts_without_value_say_so() -> None:
    """What an object names is read as it stands there."""
    contact = read({"MailingAddress": {"city": None, "street": ""}, "phones": [{"value": ""}]})
    assert contact.attributes == {"city": "", "street": "", "phone": ""}


@pytest.mark.parametrize(
    ("schema", "holds"),
    [
        ({"type": ["object", "null"]}, True),
        ({"type": "array"}, True),
        ({"anyOf": [{"type": "object"}, {"type": "null"}]}, True),
        ({"type": ["string", "null"]}, False),
        ({"type": ["object", "string", "null"]}, False),
        ({"type": "null"}, False),
        ({}, False),
    ],
)
def test_the_schema_tells_lists_and_objects_from_columns(
    schema: dict[str, Any], *, holds: bool
) -> None:
    """Where it declares a property as nothing else, null there says nothing of the street."""
    names = FieldNames({"properties": {"address": schema}}).containers()
    assert names == ({"address"} if holds else set())
    for around in ({}, {"tags": ["x"]}):
        contact = read({"address": None, **around}, containers=names)
        assert contact.attributes == ({} if holds else {"street": ""})


# Where it stands.


def test_an_attribute_is_known_by_the_properties_that_it_was_read_from() -> None:
    """Nested values, values of several fields and numbers that found another place alike."""
    record = {
        "FirstName": "Anna", "LastName": "Ahrens", "Salutation": "Ms",
        "MailingAddress": {"street": "Weg", "number": "1", "city": "Bern"}, "house_number": None,
        "phones": [{"value": "+4930123456"}, {"value": "+4930123457"}], "email": "", "plan": "gold",
    }  # fmt: skip
    assert origins_of(read(record), record) == {
        "first_name": {"FirstName"}, "last_name": {"LastName"}, "salutation": {"Salutation"},
        "gender": {"Salutation"}, "full_name": {"FirstName", "LastName"},
        "street": {"MailingAddress"}, "street_number": {"MailingAddress"},
        "city": {"MailingAddress"}, "phone": {"phones"}, "phone2": {"phones"}, "email": {"email"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("Contact.First Name", "Contact.Last Name"),
        ("first + name", "last + name"),
        ("first.name", "last.name"),
        ("first name + ", "last.name + "),
    ],
)
def test_names_of_properties_may_hold_dots_and_signs(first: str, last: str) -> None:
    """They are read against the record, the longest first."""
    record: dict[str, Any] = {first: "Anna", last: "Ahrens", "first": {}, "Contact": {}}
    found = origins_of(read(record), record)
    assert found == {"first_name": {first}, "last_name": {last}, "full_name": {first, last}}


def test_what_no_property_gave_has_no_origin() -> None:
    """A source that is none of the record's, such as a default, has none."""
    contact = read({"first_name": "Anna"})
    contact.attributes["country"], contact.sources["country"] = "DE", "defaults"
    assert origins_of(contact, {"first_name": "Anna"})["country"] == frozenset()
