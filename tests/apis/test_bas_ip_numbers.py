"""Numbers of a BAS-IP monitor: whole or refused, and never those of somebody else."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigurationError

from target_contacts.contact.model import Contact
from target_contacts.errors import Rejected
from target_contacts.sinks.bas_ip.number import NumberTemplate, checked_type

TEMPLATE = "sip:{mobile}@pbx.example.com"


def made(value: Any, *, template: str = TEMPLATE, region: str | None = None, **more: Any) -> str:
    """Return the number of a contact with this mobile, less the end of the template."""
    contact = Contact(attributes={"mobile": value, **more}, region=region)
    return NumberTemplate(template).number(contact).partition("@")[0].removeprefix("sip:")


def refused(value: Any, **more: Any) -> Rejected:
    """Return why a contact with this mobile has no number."""
    with pytest.raises(Rejected) as caught:
        made(value, **more)
    return caught.value


SAME = [
    ("+49 151 12345678", "+4915112345678"),
    ("+49 (0)151 12345678", "+4915112345678"),
    ("0049/151-12345678", "+4915112345678"),
    ("+49 151 1234", "+491511234"),
    ("030/1234567", "0301234567"),
    ("(030) 123 45 67", "0301234567"),
    ("415.555.2671", "4155552671"),
    ("\uff10\uff13\u22121234\u22125678", "0312345678"),
    ("'0301234567", "0301234567"),
    (100, "100"),
    (100.0, "100"),
]
KEPT = [
    "user_101",
    "user101",
    "user-101",
    "user.101",
    "USER101",
    "anna",
    "12-3",
    "1.2",
    "-100",
    "101_",
    "+1",
]


@pytest.mark.parametrize(("value", "number"), SAME)
def test_only_what_divides_digits_is_left_out_of_a_phone_number(value: Any, number: str) -> None:
    """Blanks, brackets, dots, slashes and hyphens; E.164 where it can be told."""
    assert made(value) == number


@pytest.mark.parametrize("value", KEPT)
def test_a_user_keeps_every_character(value: str) -> None:
    """What a SIP user may hold is sent as it is."""
    assert made(value) == value


TWO = [
    "+49 151 1234567 / +49 151 7654321",
    "+49 151 1234567, +49 151 7654321",
    "0151 1234567; 0151 7654321",
    "0301234567/0307654321",
    "0301234567 / 7654321",
    "0301234567/7654321",
    "101/102",
    "1234/5678",
    "030/123/4567",
    "0301234567 7654321",
    "0151 12345678 0151 87654321",
    "0301234567\n0307654321",
    "100 or 101",
]
EXTENSIONS = ["+49 30 1234 x12", "+49301234x12", "x12", "1234 ext. 5", "1234ext.", "0301234567#5"]
EXTENSIONS += ["Ext 12", "+49 30 1234567 EXT 12", "030-1234567-x12"]
NO_NUMBERS = ["false", "TRUE", "null", "NaN", "none", "4.9E+12", "4,9E+12", Decimal("4.9E+12"), 1.5]
NO_NUMBERS += [Decimal("1E+300"), Decimal("1E-300"), Decimal("Infinity")]
WRONG = ["a,b", "a b", "a@b", "sip:1", "Zoë", "12 34", "a\tb", "B&B", "a/b", "*21"]
WRONG += ["-0301234567", "0301234567-", "+49 151 1234 +1"]


@pytest.mark.parametrize("value", [*TWO, *EXTENSIONS, *NO_NUMBERS, *WRONG])
def test_what_is_not_one_number_is_refused_by_the_name_of_its_attribute(value: Any) -> None:
    """The reason says which attribute is at fault, and does not show the value."""
    why = refused(value)
    assert (why.code, why.field) == ("invalid", "number")
    assert why.reason.startswith("number needs a value of mobile, which ")
    assert str(value) not in why.reason


@pytest.mark.parametrize("value", ["", None, "()", "-", ".", "+", " / ", {"work": 1}, []])
def test_an_empty_part_is_no_number(value: Any) -> None:
    """A template is not filled with nothing, nor with signs alone."""
    why = refused(value)
    assert (why.code, why.field) == ("missing", "number")
    assert "needs a value of mobile" in why.reason


@pytest.mark.parametrize(
    ("company", "sentence"),
    [
        ("B&B", "company, which holds other characters than digits, letters from A to Z"),
        ("Acme Inc", "company, which holds other characters than"),
        ("false", "company, which is a number or a flag"),
        ("4.9E+12", "company, which is a number or a flag"),
    ],
)
def test_other_attributes_are_refused_alike(company: str, sentence: str) -> None:
    """Not only telephones: any attribute may be a part of a number."""
    why = refused("100", template="sip:{mobile}.{company}@pbx.example.com", company=company)
    assert sentence in why.reason


def test_no_two_values_make_one_number() -> None:
    """Whatever can be told apart stays apart, unless it is the same number written otherwise."""
    values = [*KEPT, *TWO, *EXTENSIONS, *NO_NUMBERS, *WRONG, "101102", "12345678", "12", "123"]
    numbers = []
    for value in values:
        with suppress(Rejected):
            numbers.append(made(value))
    assert len(numbers) == len(set(numbers)) == len(KEPT) + 4


def test_parts_are_told_apart_in_the_whole() -> None:
    """1 and 23 make another number than 12 and 3; a part must not hold what ends it."""
    whole = "sip:{mobile}.{phone}@pbx.example.com"
    assert made("1", template=whole, phone="23") == "1.23"
    assert "without '.', which ends it" in refused("1.2", template=whole, phone="3").reason
    assert made("1", template=whole, phone="2.3") == "1.2.3"


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("sip:{mobile}{phone}@pbx.example.com", "a character between two placeholders"),
        ("sip:{mobile}", "must make SIP addresses such as sip:user@host"),
        ("sip:{mobile},{phone}@pbx.example.com", "must make SIP addresses"),
        ("sip:{mobile} @pbx", "must make SIP addresses"),
        ("sip:@pbx.example.com", "must make SIP addresses"),
        ("sip:{cell}@pbx", "names cell"),
    ],
)
def test_a_template_that_makes_no_number_is_a_wrong_setting(template: str, sentence: str) -> None:
    """It is told before any record comes."""
    with pytest.raises(ConfigurationError, match=sentence):
        NumberTemplate(template)


@pytest.mark.parametrize("template", ["{mobile}", "0001-{mobile}-11-11", "{mobile}-01-11-11"])
def test_inner_numbers_may_be_made_of_parts(template: str) -> None:
    """Digits fill the places of an inner number."""
    value = {"{mobile}": "0001-01-11-11"}.get(
        template, "01" if template.startswith("0") else "0001"
    )
    assert checked_type(made(value, template=template), None) == "regular"


FITTING = [
    ("0001-01-11-11", None, "regular"),
    ("0010-01-09-11", None, "regular"),
    ("0001-01-99-11", None, "regular"),
    ("0001-01-10", None, "multi"),
    ("010-01-19-11-0", None, "individual"),
    ("001-01-11-11-9", "individual", "individual"),
    ("0001", "global", "global"),
    ("9000", "global", "global"),
    ("0001-01-01", "p2p", "p2p"),
    ("sip:a_b@pbx.example.com", None, "regular"),
    ("sip:a_b@pbx.example.com", "p2p", "p2p"),
    ("sip:100@192.0.2.210:5060", "global", "global"),
    ("sip:100@pbx_1.a1b.example.com", "multi", "multi"),
]
UNFITTING = [
    ("0001", None, "number"),
    ("00001", "global", "number"),
    ("001-01-11-11", None, "number"),
    ("0001-01-11-11-1", None, "number"),
    ("0001-01-1-11", None, "number"),
    ("0001-01-01", "regular", "type"),
    ("0001-01-11-11", "global", "type"),
    ("sip:a,b@pbx.example.com", None, "number"),
    ("sip:a b@pbx.example.com", None, "number"),
    ("sip:@pbx.example.com", None, "number"),
    ("sip:100@", None, "number"),
    ("sip:100@pbx@pbx", None, "number"),
    ("sip:100@pbx sip:101@pbx", None, "number"),
    ("sip:100@pbx;ext=1", None, "number"),
    ("false", None, "number"),
    ("4.9E+12", None, "number"),
    ("4900000000000", None, "number"),
    ("\u0660\u0660\u0660\u0661-01-11-11", None, "number"),
]


@pytest.mark.parametrize(("number", "wanted", "kind"), FITTING)
def test_the_device_decides_on_numbers(number: str, wanted: str | None, kind: str) -> None:
    """The vendor's regexes and ranges contradict each other: only digits are counted."""
    assert checked_type(number, wanted) == kind


@pytest.mark.parametrize(("number", "wanted", "field"), UNFITTING)
def test_numbers_of_no_form_are_refused(number: str, wanted: str | None, field: str) -> None:
    """What no reading of the vendor's pages allows is not sent."""
    with pytest.raises(Rejected) as caught:
        checked_type(number, wanted)
    assert (caught.value.code, caught.value.field) == ("invalid", field)


def test_a_short_number_is_a_panels_only_if_its_type_says_so() -> None:
    """Four digits may as well be the extension of a telephone."""
    numbers = NumberTemplate("")
    contact = Contact(attributes={"mobile": "1234"})
    assert numbers.number(contact, "global") == "1234"
    with pytest.raises(Rejected, match=r"Set bas_ip\.number_template"):
        numbers.number(contact)
