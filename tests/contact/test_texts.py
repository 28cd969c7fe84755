"""What is promised of text: a value is written as it is meant, and without what would do harm."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from target_contacts.values import cells, convert, other_kinds
from target_contacts.values.basic import NoValue, is_empty, line, text
from target_contacts.values.phones import Number

if TYPE_CHECKING:
    from collections.abc import Callable

FIXED = settings(derandomize=True, deadline=None, database=None)
ANY_TEXT = st.text(st.characters())
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)


# Numbers.


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("4930123456.0"), "4930123456"),
        (Decimal("8001.0"), "8001"),
        (Decimal("12.000"), "12"),
        (Decimal("1E+3"), "1000"),
        (Decimal("8.001E+3"), "8001"),
        (Decimal("-5.0"), "-5"),
        (Decimal("-0.0"), "0"),
        (Decimal("12345678901234567890123456789.0"), "12345678901234567890123456789"),
        (Decimal("1.50"), "1.50"),
        (Decimal("-0.5"), "-0.5"),
        (Decimal("1.5E-7"), "0.00000015"),
        (Decimal("1E+400"), "1E+400"),
        (Decimal("1E-400"), "1E-400"),
        (4930123456.0, "4930123456"),
        (1e22, "1" + "0" * 22),
        (0.1, "0.1"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
        (12, "12"),
        (10**30, "1" + "0" * 30),
    ],
)
def test_a_whole_number_has_no_fraction(value: object, written: str) -> None:
    """However a number came, what is whole is written so, and what is not keeps its value."""
    assert text(value) == written


@FIXED
@given(NUMBERS | st.floats(-1e15, 1e15).map(lambda number: round(number, 9)) | st.integers())
def test_a_number_keeps_its_value(value: Decimal | float) -> None:
    """What is written is the same number, in plain digits."""
    written = text(value)
    assert Decimal(written) == (value if isinstance(value, Decimal) else Decimal(repr(value)))
    assert not set(written) - set("-.0123456789")
    assert "." not in written or written.rpartition(".")[2].strip("0")


@FIXED
@given(st.integers(-(10**30), 10**30), st.integers(1, 5))
def test_a_fraction_of_zeros_makes_no_other_text(value: int, zeros: int) -> None:
    """A whole number as integer, with a fraction or with an exponent is one text."""
    forms = (value, Decimal(f"{value}.{'0' * zeros}"), Decimal(f"{value}{'0' * zeros}E-{zeros}"))
    assert {text(each) for each in forms} == {str(value)}


# Booleans.


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize(
    "convert",
    [text, line, cells.phone, cells.postcode, convert.email, convert.country, convert.gender,
     convert.date, convert.instant],
)  # fmt: skip
def test_a_boolean_is_no_text(convert: Callable[[Any], object], *, value: bool) -> None:
    """Where text is meant it stands for no value, which is not the same as a wrong one."""
    with pytest.raises(NoValue):
        convert(value)


def test_a_boolean_is_a_flag() -> None:
    """Where yes or no is meant, it is what it says."""
    assert (convert.flag(value=True), convert.flag(value=False)) == (True, False)
    assert (convert.flag_text(value=True), convert.flag_text("no")) == ("true", "false")


# Control characters.


@pytest.mark.parametrize(
    ("value", "kept", "on_one_line"),
    [
        ("An\x00na", "Anna", "Anna"),
        ("\x00", "", ""),
        ("a\x1b[0mb\x7f\x80\x9f", "a[0mb", "a[0mb"),
        ("a\ufffeb\uffff", "ab", "ab"),
        ("a\tb", "a\tb", "a b"),
        ("a\r\nb\n", "a\r\nb\n", "a b"),
        ("a \n\n b", "a \n\n b", "a b"),
        ("a\x85b", "a\nb", "a b"),
        ("a\u2028b", "a\u2028b", "a b"),
        (" a  b ", " a  b ", " a  b "),
        ("Zoë \u200f👩🏽\u200d💻", "Zoë \u200f👩🏽\u200d💻", "Zoë \u200f👩🏽\u200d💻"),
        ("\u3000a\xa0b", "\u3000a\xa0b", "\u3000a\xa0b"),
    ],
)
def test_control_characters_are_left_out(value: str, kept: str, on_one_line: str) -> None:
    """Tabs and line breaks stay where text may have several lines, and are spaces elsewhere."""
    assert (text(value), line(value)) == (kept, on_one_line)


@FIXED
@given(ANY_TEXT)
def test_no_text_holds_a_control_character(value: str) -> None:
    """Of any text all else stays, in its order; on one line, no word is lost either."""
    kept = text(value)
    assert {c for c in kept if unicodedata.category(c) in {"Cc", "Cs"}} <= set("\t\n\r")
    assert text(kept) == kept
    seen = "".join(c for c in value if unicodedata.category(c) not in {"Cc", "Cs"})
    assert "".join(c for c in kept if c not in "\t\n\r") == seen.translate({0xFFFE: "", 0xFFFF: ""})
    assert line(value).split() == kept.split()
    assert not set(line(value)) & set("\t\n\r\u2028\u2029")


@pytest.mark.parametrize(
    "value",
    [None, "", " ", "\u3000\xa0", "\x00", "\x00 \x1f", "\u200b", "\ufeff", "\xad\u2060", [], {}],
)
def test_what_cannot_be_seen_is_no_value(value: object) -> None:
    """Blanks, control characters and marks without width are nothing."""
    assert is_empty(value)


@pytest.mark.parametrize("value", [0, "0", False, "\x00a", "-", ".", "🌿", [None], "ー"])
def test_what_can_be_seen_is_a_value(value: object) -> None:
    """However little it is."""
    assert not is_empty(value)


# Cells of spreadsheets.


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("4930123456.0", "4930123456"),
        ("+4930123456.0", "+4930123456"),
        ("4930123456.00", "4930123456"),
        (Decimal("4930123456.0"), "4930123456"),
        ("'+49 151 12345679", "+49 151 12345679"),
        ("\u2019+49 151 12345679", "+49 151 12345679"),
        ('="+49 151 12345679"', "+49 151 12345679"),
        (" '0301234 ", "0301234"),
        ("'(030) 1234", "(030) 1234"),
        ("4.915112345678E+12", "4915112345678"),
        ("4,915112345678E12", "4915112345678"),
        (Decimal("4.915112345678E+12"), "4915112345678"),
        ("030 1234\n030 5678", "030 1234 / 030 5678"),
        ("+49 30\t1234\n", "+49 30 1234"),
        ("030\x001234", "0301234"),
        # What only looks like it.
        ("555.0143", "555.0143"),
        ("555.0000", "555.0000"),
        ("06.12.34.56.78", "06.12.34.56.78"),
        ("030.1234.0", "030.1234.0"),
        ("call Anna", "call Anna"),
        ("O'Neil 030 1", "O'Neil 030 1"),
        ("1-800-FLOWERS", "1-800-FLOWERS"),
        ("12E5 x7", "12E5 x7"),
        ("", ""),
    ],
)
def test_a_number_is_what_the_cell_holds(value: object, number: str) -> None:
    """Neither the mark of text before a number nor the fraction behind it is dialled."""
    assert cells.phone(value) == number


@pytest.mark.parametrize(
    "value",
    [
        *("4.91511E+12", "4,91511E+12", "4.91511e12", "4.91511E12", "+4.9E+13", "'4.91511E+12"),
        *(Decimal("4.91511E+12"), Decimal("4.9E+13"), "1E+10", " 4.91511E+12 "),
    ],
)
def test_a_number_that_lacks_digits_is_none(value: object) -> None:
    """Whose number it was cannot be told: it is refused, and the reason does not quote it."""
    with pytest.raises(ValueError, match=r"^is a rounded number such as ") as refused:
        cells.phone(value)
    assert str(value).strip() == "4.91511E+12" or str(value) not in str(refused.value)
    assert Number(value, {"DE"}).is_mobile is False


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("8001.0", "8001"),
        (Decimal("8001.0"), "8001"),
        (Decimal("1E+3"), "1000"),
        ("'01067", "01067"),
        ('="01067"', "01067"),
        ("SW1A 1AA", "SW1A 1AA"),
        ("'SW1A 1AA", "SW1A 1AA"),
        ("1E5", "1E5"),
        ("〒100-0001", "〒100-0001"),
        ("1010 AB", "1010 AB"),
        ("12345-6789\n", "12345-6789"),
    ],
)
def test_a_postcode_is_what_the_cell_holds(value: object, code: str) -> None:
    """The same holds for postcodes, some of which have letters."""
    assert cells.postcode(value) == code


def test_a_postcode_that_lacks_digits_is_none() -> None:
    """A spreadsheet rounds those of eight digits, too."""
    with pytest.raises(ValueError, match=r"^is a rounded number"):
        cells.postcode("1.31E+06")


@FIXED
@given(st.text("0123456789.'+E ", max_size=12) | ANY_TEXT)
def test_what_a_cell_holds_is_taken_once(value: str) -> None:
    """A second run over what an earlier one wrote changes nothing."""
    once = cells.from_spreadsheet(value)
    assert cells.from_spreadsheet(once) == once
    assert set(once) <= set(value)


# Calling codes and images.


@pytest.mark.parametrize(
    ("value", "in_code", "in_country"),
    [
        (380, True, False),
        ("380", True, False),
        ("250.0", True, False),
        *((each, True, True) for each in ("+49", "0049", "49", 49, Decimal("49.0"), "(+49)")),
        *((each, True, True) for each in ("+1-684", "+380", "'+49", "007", 7, "99999", "1 242")),
        *((each, False, False) for each in ("276", 276, "840", "004")),
        *((each, False, False) for each in ("DE", "Deutschland", "日本", "", "U.S.A.", None)),
    ],
)
def test_a_calling_code_is_no_country(value: object, *, in_code: bool, in_country: bool) -> None:
    """Numbers of ISO 3166 are, but where the field may hold either, not if they are both."""
    assert other_kinds.is_calling_code(value, named_code=True) is in_code
    assert other_kinds.is_calling_code(value, named_code=False) is in_country


@pytest.mark.parametrize(
    ("value", "is_address"),
    [
        *((each, True) for each in ("https://img.example.com/a.png", "//cdn.example/a", "a.png")),
        *(
            (each, True)
            for each in ("/media/a.JPG?v=1", "www.example.com/me", "blob:1", "gs://b/a")
        ),
        *((each, True) for each in ("ftp://x/y", "data.png", "C:\\me.bmp", " https://x.example ")),
        *((each, False) for each in ("data:image/png;base64,iVBORw0KGgo=", "iVBORw0KGgo=")),
        *((each, False) for each in ("/9j/4AAQSkZJRg==", "Qk0=", "broken, base64!", "", 7, None)),
    ],
)
def test_an_address_is_no_image(value: object, *, is_address: bool) -> None:
    """An address or a file's name is told from the image itself, in base64 or as data: URI."""
    assert other_kinds.is_address_of_image(value) is is_address
