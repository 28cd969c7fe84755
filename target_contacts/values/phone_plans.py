"""Read phone numbers with libphonenumber, and only what is surely a number in full."""

from __future__ import annotations

import contextlib
import functools
import re
import unicodedata
from typing import NamedTuple

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneMetadata,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
    format_number,
)

REGIONS = phonenumbers.SUPPORTED_REGIONS
"""Codes of the countries whose numbering plan is known."""

CALLING_CODES = frozenset(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
"""Numbers that are dialled to call a country."""

# The escapes are the characters beside them as Japanese keyboards set them, dashes and tildes.
_DIALLED = re.compile(
    r"[(\uff08\[]?[+\uff0b]?(?:[^\S\r\n]|[\d()\uff08\uff09\[\]\uff3b\uff3d./\uff0e\uff0f"
    r"~\u223c\u301c\uff5e\u2010-\u2015\u2212\u30fc\uff0d\uff70-])+"
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Characters that come with a number copied from a page or a messenger."""
_WITH_CODE = re.compile(r"\+[1-9][0-9]+")
"""No calling code begins with 0."""
_TWO_NUMBERS = re.compile(r"(?:[^\d/\uff0f]*\d){7,}[^\d/\uff0f]*[/\uff0f]\D*0(?:\D*\d){6,}\D*")


def read(found: str, region: str | None) -> str | None:
    """Return as E.164 the number that a text is; None if it is none or something else besides.

    Letters are refused, too: they would be taken for those of a dial.
    """
    given = found[4:] if found[:4].lower() == "tel:" else found
    written = given.strip() if given.isascii() else _INVISIBLE.sub("", given).strip()
    if not _DIALLED.fullmatch(written) or _TWO_NUMBERS.fullmatch(written):
        return None
    digits = re.sub(r"[^\d+]", "", unicodedata.normalize("NFKC", written))
    if is_plainly_e164(digits):
        return digits
    with contextlib.suppress(NumberParseException):
        number = phonenumbers.parse(re.sub("^00", "+", digits), region)
        e164 = format_number(number, PhoneNumberFormat.E164)
        if _is_complete(number, digits, written) and (e164 == digits or _is_stable(e164)):
            return e164
    return None


class _Plan(NamedTuple):
    """What shows that a number of a country is in E.164."""

    lengths: frozenset[int]
    """How many digits may follow the calling code."""
    dropped: re.Pattern[str] | None
    """What is dropped, or replaced, at the start of these digits."""


def is_plainly_e164(digits: str) -> bool:
    """Say whether the library reads these digits as the number that they are, a possible one.

    Its parser takes several times as long. Where this says no, only the parser can tell.
    """
    if not _WITH_CODE.fullmatch(digits):
        return False
    code = next((end for end in range(2, 5) if int(digits[1:end]) in CALLING_CODES), None)
    if code is None:
        return False
    plan, national = _plan(int(digits[1:code])), digits[code:]
    if len(national) not in plan.lengths or national.startswith("0"):
        return False
    return plan.dropped is None or not plan.dropped.match(national)


@functools.lru_cache(maxsize=len(CALLING_CODES))
def _plan(code: int) -> _Plan:
    region = phonenumbers.region_code_for_country_code(code)
    known = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if known is None or known.general_desc is None:
        return _Plan(frozenset(), None)
    described, dropped = known.general_desc, known.national_prefix_for_parsing
    lengths = frozenset(described.possible_length) - {*described.possible_length_local_only}
    return _Plan(lengths, re.compile(dropped) if dropped else None)


def is_mobile(e164: str) -> bool | None:
    """Say whether a number is a mobile's; None where its country's plan leaves it open."""
    kind = phonenumbers.number_type(phonenumbers.parse(e164))
    if kind == PhoneNumberType.FIXED_LINE_OR_MOBILE:
        return None
    return kind == PhoneNumberType.MOBILE


def _is_complete(number: PhoneNumber, digits: str, written: str) -> bool:
    """Say whether a number is possible, and surely not one that lacks its beginning.

    Digits without "+" or the prefix of long-distance calls may be an extension, a local number
    or a foreign one. They count if they are valid, and written as is usual in their country or as
    a spreadsheet leaves them that takes them for a number.
    """
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != ValidationResult.IS_POSSIBLE:
        return False
    if len(digits) > len(phonenumbers.national_significant_number(number)):
        return True
    usual = written.isdecimal() or not _needs_prefix(number)
    return usual and phonenumbers.is_valid_number(number) and not _lacks_plus(number, digits)


def _needs_prefix(number: PhoneNumber) -> bool:
    """Say whether a country's numbers are written with a prefix; North America's 1 seldom is."""
    region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    return phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) not in {None, "1"}


def _lacks_plus(number: PhoneNumber, digits: str) -> bool:
    """Say whether digits are as well an international number without its "+"."""
    starts = digits.startswith(str(number.country_code))
    return starts and phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}"))


def _is_stable(e164: str) -> bool:
    """Say whether E.164 is read as itself; a second leading 0 would be dropped only then."""
    return format_number(phonenumbers.parse(e164), PhoneNumberFormat.E164) == e164


def is_dialled_within(national: str, e164: str) -> bool:
    """Say whether digits are how a number in E.164 is dialled within its own country."""
    try:
        number = phonenumbers.parse(e164)
        region = phonenumbers.region_code_for_number(number)
        significant = phonenumbers.national_significant_number(number)
        usual = national != significant or not _needs_prefix(number)
        return bool(region) and usual and phonenumbers.parse(national, region) == number
    except phonenumbers.NumberParseException:
        return False
