"""What is promised of phone numbers: E.164 where it is sure, nothing made up."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.exceptions import ConfigurationError

from target_contacts.values import phone_plans
from target_contacts.values.phones import Number, check_region, plans
from tests.support.values import ANY_TEXT, FIXED

REGIONS = st.sampled_from([None, "DE", "FR", "GB", "IT", "JP", "US"])
DIALLED = st.text("0123456789+()-./ \uff10\uff11\uff19", max_size=20) | st.from_regex(
    r"\A(\+|00|0|tel:\+)?[1-9][0-9]{3,13}\Z"
)


@pytest.mark.parametrize(
    ("value", "region", "number", "mobile"),
    [
        ("+49 (0)30 123456", None, "+4930123456", False),
        ("0049 30 123456", None, "+4930123456", False),
        ("0049 30 123456", "JP", "+4930123456", False),
        ("(+49) 151 / 1234 5678", None, "+4915112345678", True),
        ("0151/12345678", "DE", "+4915112345678", True),
        ("030-123456-12", "DE", "+493012345612", False),
        ("+49 35023 / 123456", None, "+4935023123456", False),
        (15112345678, "DE", "+4915112345678", True),
        (312345678, "JP", "+81312345678", False),
        ("15112345678.0", "DE", "+4915112345678", True),
        ("06.12.34.56.78", "FR", "+33612345678", True),
        ("+33\u00a0(0)6\u00a012\u00a034\u00a056\u00a078", None, "+33612345678", True),
        ("\uff10\uff19\uff10\uff0d1234\uff0d5678", "JP", "+819012345678", True),
        ("\uff0b81\u300090\u30fc1234\u30fc5678", None, "+819012345678", True),
        ("03(1234)5678", "JP", "+81312345678", False),
        ("011 49 30 123456", "US", "+4930123456", False),
        ("(202) 555-0143", "US", "+12025550143", None),
        (12025550143.0, "US", "+12025550143", None),
        ("+39 06 1234567", None, "+39061234567", False),
        ("tel:+1-202-555-0143", None, "+12025550143", None),
        ("\u202a+49 151 12345678\u202c", None, "+4915112345678", True),
    ],
)
def test_a_number_in_full_becomes_e164(
    value: object, region: str | None, number: str, mobile: object
) -> None:
    """Separators, width, prefixes and the source's number type make no difference."""
    assert Number(value, plans(region)).e164 == number
    assert Number(value, plans(region)).is_mobile is mobile


@pytest.mark.parametrize(
    ("value", "region"),
    [
        ("030 123456", None),  # of which country?
        ("4915112345678", None),
        ("4915112345678", "DE"),  # +49 151 ... or 0491 5112345678?
        ("4711", "DE"),
        ("1234567", "DE"),
        ("110", "DE"),
        ("555-0143", "US"),
        ("(202) 555-0143", "DE"),
        ("3 1234 5678", "JP"),
        ("+1 202 555 0143 ext. 5", None),
        ("+1 202 555 0143 x5", None),
        ("+1 202 555 0143;ext=5", None),
        ("+1 202 555 0143 #5", None),
        ("tel:7042;phone-context=example.com", None),
        ("1-800-FLOWERS", "US"),
        ("12345 Bob", "DE"),
        ("0301234/0301235", "DE"),
        ("0301234567, 0301234568", "DE"),
        ("0301234567\n0301234568", "DE"),
        ("+4930123456+4930123457", None),
        ("030 12345\u00b2", "DE"),
        ("+999 12345678", None),
        ("+49 1", None),
        ("+049 170 1234567", "DE"),  # no calling code begins with 0
        ("+01 (202) 555-0143", "US"),
        ("+49 30 1234567890123456", None),
        ("anna@example.com", "DE"),
        ("n/a", "DE"),
        ("+", "DE"),
        ("", "DE"),
        ("1" * 1000, "DE"),
    ],
)
def test_what_is_not_surely_a_number_in_full_is_left_alone(value: str, region: str | None) -> None:
    """Nothing is made up: not a country, not an area code, and no extension is dropped."""
    assert Number(f" {value} ", plans(region)).e164 == value
    assert Number(value, plans(region)).is_mobile is False


@FIXED
@given(DIALLED | ANY_TEXT, REGIONS)
def test_e164_of_e164_is_the_same(value: str, region: str | None) -> None:
    """A run over what an earlier one wrote changes nothing, whatever the country then."""
    once = Number(value, plans(region)).e164
    assert Number(once, plans(region)).e164 == once
    assert once == value.strip() or Number(once, plans(None)).e164 == once


@FIXED
@given(DIALLED, REGIONS)
def test_a_number_keeps_its_last_digits(value: str, region: str | None) -> None:
    """Only what stands before a number changes."""
    digits = [each for each in Number(value, plans(region)).e164 if each.isdigit()]
    given_ = [str(int(each)) for each in value if each.isdigit()]
    assert [str(int(each)) for each in digits[-4:]] == given_[-4:]


@pytest.mark.parametrize(("setting", "region"), [("DE", "DE"), (" jp ", "JP"), ("us", "US")])
def test_a_known_region_is_taken(setting: str, region: str) -> None:
    """Case and blanks make no difference."""
    assert check_region(setting) == region


@pytest.mark.parametrize("setting", ["UK", "DEU", "Germany", "49", "", "XX", None, 7])
def test_an_unknown_region_is_a_wrong_setting(setting: object) -> None:
    """The message names the setting and shows what it takes."""
    with pytest.raises(ConfigurationError, match=r"^phone_region must be .* such as DE"):
        check_region(setting)


def is_e164(digits: str) -> bool:
    """Say whether the library reads digits as the number that they are, and as a possible one."""
    try:
        number = phonenumbers.parse(digits)
    except phonenumbers.NumberParseException:
        return False
    found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return found == digits and phonenumbers.is_possible_number(number)


CODES = st.sampled_from(sorted(map(str, phone_plans.CALLING_CODES)))


@FIXED
@given(
    code=CODES | CODES.map("0{}".format) | st.text("0123456789", max_size=3),
    national=st.text("0123456789", max_size=16),
)
def test_what_is_plainly_e164_is_so_for_the_library(code: str, national: str) -> None:
    """A number that is taken without its parser is one that the parser would not change."""
    digits = f"+{code}{national}"

    assert not phone_plans.is_plainly_e164(digits) or is_e164(digits)


@pytest.mark.parametrize(
    "digits",
    ["+4915112345678", "+493012345678", "+33612345678", "+12025550123", "+819012345678"],
)
def test_the_numbers_of_most_contacts_need_no_parser(digits: str) -> None:
    """A number in E.164 without anything that a country's plan drops is known by its form."""
    assert phone_plans.is_plainly_e164(digits)
    assert is_e164(digits)


@pytest.mark.parametrize(
    "digits",
    [
        *("", "+", "+4", "+49", "4915112345678", "+49+15112345678", "+49151a2345678"),
        "+4915112345\u0663\u0664\u0665",
        *("+012015550123", "+04915112345678", "+0015112345678"),  # no calling code begins with 0
        "+49015112345678",  # a 0 that is dialled within the country only
        "+390612345678",  # a 0 that belongs to the number: the parser's business
        "+54915112345678",  # Argentina's plan replaces a part
        "+999123456789",  # no country
        "+491511234567890123",  # too long
    ],
)
def test_what_only_the_parser_can_tell_is_left_to_it(digits: str) -> None:
    """Nothing is plainly E.164 that a plan may change, or that is no number."""
    assert not phone_plans.is_plainly_e164(digits)
