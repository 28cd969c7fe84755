"""How what was sent of a contact is compared with what is read back."""

from __future__ import annotations

from typing import Any

import pytest

from target_contacts.delivery.arrival import Arrival, Arrivals
from target_contacts.mapping.field import Field

FIELDS = [Field(name, name) for name in ("first_name", "email", "mobile", "fax", "company", "vip")]
ARRIVALS = Arrivals(FIELDS, "DE")
FINE = Arrival([], [], [])


@pytest.mark.parametrize(
    ("wire", "sent", "told"),
    [
        ("company", "Acme", " ACME "),
        ("company", 7, "7"),
        ("vip", False, ""),
        ("vip", "", "false"),
        ("vip", "", None),
        ("vip", False, None),
        ("vip", True, "true"),
        ("email", "A@example.com", "a@EXAMPLE.com"),
        ("mobile", "+4915112345678", "0151 12345678"),
        ("mobile", "015112345678", "+49 151 12345678"),
        ("mobile", "+4915112345678", "4915112345678"),
        ("mobile", "+4915112345678", "004915112345678"),
        ("mobile", "12", "12"),
        ("fax", "+49301234567", "030/1234567"),
    ],
)
def test_what_is_only_written_otherwise_has_arrived(wire: str, sent: Any, told: Any) -> None:
    """Case, blanks, how a number is dialled, how a flag is told that is not set."""
    assert ARRIVALS.compared({wire: sent}, {}, {wire: told}) == FINE
    assert ARRIVALS.compared({}, {wire: sent}, {wire: told}) == FINE


@pytest.mark.parametrize(
    ("wire", "sent", "told"),
    [
        ("company", "Acme", "Acm"),
        ("company", "Acme", ""),
        ("vip", True, ""),
        ("vip", True, "false"),
        ("vip", "false", "true"),
        ("email", "a@example.com", None),
        ("mobile", "+4915112345678", "+4915112345679"),
        ("mobile", "+4915112345678", "5678"),
        ("mobile", "12", "13"),
        ("mobile", "+4915112345678", "+115112345678"),
        ("fax", "+49301234567", "false"),
    ],
)
def test_what_differs_did_not_arrive(wire: str, sent: Any, told: Any) -> None:
    """A name, number or address is lost; anything else is told; what was there before is gone."""
    is_essential = wire not in {"company", "vip"}
    differs = Arrival([wire], [], []) if is_essential else Arrival([], [], [wire])
    assert ARRIVALS.compared({wire: sent}, {}, {wire: told}) == differs
    if sent != "false":
        assert ARRIVALS.compared({}, {wire: sent}, {wire: told}) == Arrival([], [wire], [])


@pytest.mark.parametrize(
    ("national", "whole", "is_same"),
    [
        ("01234567", "+991234567", True),
        ("0123456789", "+99123456789", True),
        ("01234567", "991234567", True),
        ("0123456", "+99123456", False),
        ("1234567", "+991234567", False),
        ("01234567", "+991234568", False),
        ("01234567", "+1234567", True),
    ],
)
def test_a_national_number_of_an_unknown_country_is_told_by_its_digits(
    national: str, whole: str, *, is_same: bool
) -> None:
    """Seven of them, after the zero that dials out of a town; whichever side has it."""
    arrivals = Arrivals(FIELDS, None)
    for one, other in ((national, whole), (whole, national)):
        found = arrivals.compared({"fax": one}, {}, {"fax": other})
        assert (found == FINE) is is_same


def test_what_is_not_told_is_compared_if_it_is_essential() -> None:
    """Of other fields nobody knows whether they arrived; what was held before must be there."""
    assert ARRIVALS.compared({"company": "Acme", "vip": True}, {}, {}) == FINE
    assert ARRIVALS.compared({"email": "a@example.com"}, {}, {}) == Arrival(["email"], [], [])
    assert ARRIVALS.compared({"email": ""}, {}, {}) == FINE
    assert ARRIVALS.compared({}, {"company": "Acme"}, {}) == Arrival([], ["company"], [])


def test_what_was_to_be_cleared_and_is_there_is_told() -> None:
    """Nothing is lost by it, not even of an essential field."""
    assert ARRIVALS.compared({"email": ""}, {}, {"email": "x"}) == Arrival([], [], ["email"])
    assert ARRIVALS.compared({"email": ""}, {"email": "x"}, {"email": ""}) == FINE


@pytest.mark.parametrize("value", [["a"], {"a": 1}])
def test_what_is_no_plain_value_is_not_compared(value: Any) -> None:
    """It is only asked whether what was there before still holds anything."""
    assert ARRIVALS.compared({"company": value}, {}, {"company": "other"}) == FINE
    assert ARRIVALS.compared({}, {"company": value}, {"company": ["other"]}) == FINE
    assert ARRIVALS.compared({}, {"company": value}, {"company": []}) == Arrival(
        [], ["company"], []
    )


def test_a_field_of_no_known_meaning_may_change_but_not_go() -> None:
    """Such as a time stamp, or a count."""
    assert ARRIVALS.compared({}, {"changed": "1", "none": ""}, {"changed": "2"}) == FINE
    assert ARRIVALS.compared({}, {"changed": "1"}, {"changed": ""}) == Arrival([], ["changed"], [])
    assert ARRIVALS.compared({}, {"changed": "1"}, {}) == Arrival([], ["changed"], [])


def test_names_come_in_order() -> None:
    """Whatever was sent first."""
    sent = {"mobile": "+4915112345678", "email": "a@example.com", "vip": True, "company": "Acme"}
    after = dict.fromkeys(sent, "x") | {"fax": "", "first_name": ""}
    before = {"first_name": "Anna", "fax": "+49301234567"}
    assert ARRIVALS.compared(sent, before, after) == Arrival(
        ["email", "mobile"], ["fax", "first_name"], ["company", "vip"]
    )


NAMES = Arrivals([Field(name, name) for name in ("last_name", "company", "mobile", "phone")], "DE")


@pytest.mark.parametrize(
    ("wire", "sent", "told"),
    [
        ("last_name", "O'Brien", "O\u2019Brien"),
        ("last_name", "O\u2018Brien", "O'Brien"),
        ("last_name", "D\u00b4Angelo", "D'Angelo"),
        ("last_name", "Hawai\u02bci", "Hawai'i"),
        ("last_name", "M\u00fcller-Meier", "M\u00fcller\u2010Meier"),
        ("last_name", "M\u00fcller\u2013Meier", "M\u00fcller-Meier"),
        ("last_name", "M\u00fcller\u2212Meier", "M\u00fcller-Meier"),
        ("last_name", "Sato\u301cTaro", "Sato\uff5eTaro"),
        ("last_name", "Sato~Taro", "Sato\u301cTaro"),
        ("last_name", "Ann\u200ba", "Anna"),
        ("last_name", "\u201eHans\u201c", '"Hans"'),
        ("mobile", "+5215512345678", "+525512345678"),
        ("mobile", "+525512345678", "+5215512345678"),
        ("phone", "+5491123456789", "+541123456789"),
        ("mobile", "005491123456789", "+541123456789"),
    ],
)
def test_what_is_set_in_other_characters_is_warned_of(wire: str, sent: str, told: str) -> None:
    """It is nobody else, so that the run goes on; the field is named."""
    assert NAMES.compared({wire: sent}, {}, {wire: told}) == Arrival([], [], [wire])
    assert NAMES.compared({}, {wire: sent}, {wire: told}) == Arrival([], [], [wire])


@pytest.mark.parametrize(
    ("wire", "sent", "told"),
    [
        ("last_name", "O'Brien", "OBrien"),
        ("last_name", "O'Brien", "O Brien"),
        ("last_name", "O'Brien", "O&#39;Brien"),
        ("last_name", "O'Brien", "O?Brien"),
        ("last_name", "M\u00fcller-Meier", "M\u00fcllerMeier"),
        ("last_name", "M\u00fcller-Meier", "M\u00fcller Meier"),
        ("last_name", "M\u00fcller", "Muller"),
        ("last_name", "Sato\u301cTaro", "Sato?Taro"),
        ("last_name", "Sato\u30fcTaro", "Sato-Taro"),
        ("last_name", "Sato\u301cTaro", "SatoTaro"),
        ("last_name", "-", ""),
        ("mobile", "+5215512345678", "+525512345679"),
        ("mobile", "+5215512345678", "+5255123456"),
        ("mobile", "+5491123456789", "+541123456780"),
        ("mobile", "+5491123456789", "+5511123456789"),
        ("mobile", "+5215512345678", "+5495512345678"),
        ("mobile", "+4915112345678", "+495112345678"),
    ],
)
def test_what_lost_a_character_is_lost(wire: str, sent: str, told: str) -> None:
    """A mark left out, another letter, another number: that is what reading back is for."""
    assert NAMES.compared({wire: sent}, {}, {wire: told}) == Arrival([wire], [], [])
    assert NAMES.compared({}, {wire: sent}, {wire: told}) == Arrival([], [wire], [])
