"""What is promised of all conversions, and of genders and flags: one form, and no guessing."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_contacts.values import convert, names
from target_contacts.values.phones import Number, plans
from tests.support.values import ANY_TEXT, FIXED, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

ANY_VALUE = ANY_TEXT | st.integers() | st.floats() | st.booleans() | st.none()

CONVERSIONS: list[Callable[[Any], object]] = [
    convert.email,
    convert.country,
    convert.gender,
    convert.flag,
    convert.date,
    convert.instant,
]


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_any_value_is_converted_or_refused_without_being_quoted(
    convert: Callable[[Any], object],
) -> None:
    """Whatever a value is, the outcome is a value or one and the same sentence."""
    reasons = set()

    @FIXED
    @given(ANY_VALUE)
    def holds(value: object) -> None:
        try:
            assert convert(value) is not None
        except ValueError as error:
            reasons.add(str(error))

    holds()
    assert reasons == {refusal(convert, "neither")}


@pytest.mark.parametrize("value", [{"a": 1}, ["a"], {}, []])
@pytest.mark.parametrize(
    "convert",
    [*CONVERSIONS, lambda value: Number(value, plans(None)).e164],
    ids=lambda each: each.__name__,
)
def test_objects_and_lists_are_no_values(convert: Callable[[Any], object], value: object) -> None:
    """They are refused, never written as the text Python makes of them."""
    assert refusal(convert, value) == "must be a plain value"


@pytest.mark.parametrize("convert", CONVERSIONS)
def test_an_endless_text_is_refused_at_once(convert: Callable[[Any], object]) -> None:
    """Text longer than any such value is neither parsed nor remembered."""
    assert refusal(convert, "a@" + "x" * 10_000_000) == refusal(convert, "neither")


def test_what_the_conversions_need_is_imported_only_when_it_is_needed() -> None:
    """A run without phones, addresses and countries does not wait for their libraries."""
    heavy = "babel dns email_validator phonenumbers pycountry"
    script = (
        "import sys; from target_contacts.values import convert, phones; convert.flag('yes');"
        f"print([name for name in '{heavy}'.split() if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"


@pytest.mark.parametrize(
    ("code", "spellings"),
    [
        ("MALE", "male|MALE|m|M.|man|Mr|Mr.|Mister|\uff2d"),
        ("MALE", "männlich|MÄNNLICH|ma\u0308nnlich|maennlich|Herr|Herrn|Herr Dr.|Mann"),
        ("MALE", "Monsieur|homme|H|masculin|男|男性|1|1.0"),
        ("FEMALE", "female|f|woman|Mrs|Ms.|Miss|Frau|Frau Prof. Dr.|weiblich|w"),
        ("FEMALE", "Madame|Mme|Mlle|femme|féminin|女|女性|2|2.0"),
    ],
)
def test_a_gender_is_known_by_its_usual_spellings(code: str, spellings: str) -> None:
    """Words, letters, forms of address and ISO 5218's codes count, in four languages."""
    assert {convert.gender(spelling) for spelling in spellings.split("|")} == {code}
    assert convert.gender(code) == code


@pytest.mark.parametrize(
    "value",
    [
        *("", "d", "divers", "diverse", "other", "unknown", "n/a", "x", "0", "9", "3", "12", "1.5"),
        *(
            "m/w/d",
            "m/f",
            "H/F",
            "Herr und Frau",
            "Mr & Mrs",
            "男女",
            "その他",
            "様",
            "Dr.",
            "Anna",
        ),
        *(True, False, None, 0, 9),
    ],
)
def test_a_gender_that_is_neither_is_refused(value: object) -> None:
    """The reason says which are taken."""
    assert refusal(convert.gender, value).startswith("must be MALE or FEMALE, or such as m, f, w")


@pytest.mark.parametrize(
    ("meaning", "spellings"),
    [
        (True, "true|True|TRUE|1|1.0|yes|Y|t|on|x|X|\uff58|✓|ja|Ja|wahr|WAHR|oui|VRAI|はい|有|○"),
        (False, "false|False|0|0.0|no|N|f|off|nein|falsch|FAUX|non|いいえ|無|\u00d7"),
    ],
)
def test_a_flag_is_known_by_its_usual_spellings(*, meaning: bool, spellings: str) -> None:
    """Yes and no are understood in four languages."""
    assert {convert.flag(spelling) for spelling in spellings.split("|")} == {meaning}
    assert convert.flag(meaning) is meaning


@pytest.mark.parametrize(
    "value", ["", "maybe", "yes and no", "2", "-1", "10", "01", "0.5", "-", "null", None, 2, 0.5]
)
def test_what_is_neither_yes_nor_no_is_refused(value: object) -> None:
    """A number other than 1 and 0 is no answer."""
    assert refusal(convert.flag, value) == "must be true or false"


SHORT_CUTS = st.text("aZ9 .,-_+@\t\n\x00\x1c\x7f\u00a0é山", max_size=12) | ANY_TEXT
"""Text of which the usual half takes a short cut."""


@FIXED
@given(SHORT_CUTS, SHORT_CUTS)
def test_a_name_in_ascii_is_put_together_as_any_other(first: str, last: str) -> None:
    """A name of usual letters takes a short cut, which each part alone does not."""
    parts = [names.whole(first, None), names.whole(None, last)]
    if (first + last).isascii():
        assert names.whole(first, last) == " ".join(filter(None, parts))


@FIXED
@given(st.from_regex(r"[a-z]{1,5}[.+-]?[a-z\d_]{1,5}@[a-z]{1,3}\.[a-z]{1,4}", fullmatch=True))
def test_a_usual_address_is_converted_as_any_other(address: str) -> None:
    """A usual address takes a short cut, which one with blanks around it does not."""
    assert convert.email(address) == convert.email(f" {address}\n") == address
