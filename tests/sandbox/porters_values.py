"""Check the values of a Contact Write of PORTERS, each by the type of its field.

Facts are from hrbcapi.porters.jp/hc/en-us: "Field Type & Data Type List" and "Write API - XML
Format". A comment "Silent in the documents; taken: ..." marks an adverse reading.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING

from tests.sandbox.porters_codes import Code, ResultCodeError
from tests.sandbox.porters_tenant import MOST_DECIMALS, NUMBERS, OPTIONS, TEXTS, Kind, Tenant

if TYPE_CHECKING:
    from collections.abc import Callable

# C0 and C1 controls without tab, LF and CR, and the two non-characters XML 1.0 forbids.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
DATE, DATETIME = "%Y/%m/%d", "%Y/%m/%d %H:%M:%S"
SHAPES = {
    DATE: re.compile(r"\d{4}/\d\d/\d\d", re.ASCII),
    DATETIME: re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", re.ASCII),
}
ID = re.compile(r"[1-9]\d{0,17}", re.ASCII)
NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?", re.ASCII)


def refuse_if(wrong: object, code: Code = Code.BAD_VALUE) -> None:
    """Refuse the value if something is wrong with it."""
    if wrong:
        raise ResultCodeError(code)


def check_moment(value: str, form: str) -> None:
    """Refuse anything but a date, or a date and time, in the one form that the page prints."""
    refuse_if(not SHAPES[form].fullmatch(value))
    try:
        datetime.strptime(value, form).replace(tzinfo=timezone.utc)
    except ValueError as error:
        raise ResultCodeError(Code.BAD_VALUE) from error


def check_datetime(value: str) -> None:
    """Refuse anything but `yyyy/mm/dd HH:MM:SS`."""
    check_moment(value, DATETIME)


def check_date(value: str) -> None:
    """Refuse anything but `yyyy/mm/dd`."""
    check_moment(value, DATE)


def check_time(value: str) -> None:
    """Refuse anything but a time on one of the first two days of 1970 (notice of 2026-08-04)."""
    check_datetime(value)
    refuse_if(value[:10] not in ("1970/01/01", "1970/01/02"))


def check_mail(value: str) -> None:
    """Refuse an address without exactly one `@`."""
    # Silent in the documents; taken: an address is checked at all.
    refuse_if(value.count("@") != 1)


def check_id(value: str) -> None:
    """Refuse what is no id."""
    refuse_if(not ID.fullmatch(value))


def check_url(value: str) -> None:
    """Refuse an address with a space in it."""
    # Silent in the documents; taken: an address is checked at all.
    refuse_if(re.search(r"\s", value))


CHECKS: dict[Kind, Callable[[str], None]] = {
    Kind.DATE: check_date,
    Kind.AGE: check_date,
    Kind.DATETIME: check_datetime,
    Kind.TIME: check_time,
    Kind.MAIL: check_mail,
    Kind.URL: check_url,
    Kind.LINK: check_id,
    # Files are not offered here.
    Kind.IMAGE: refuse_if,
}


def checked(tenant: Tenant, alias: str, value: str) -> str:
    """Return a value as it is kept, or refuse it."""
    kind = tenant.kinds[alias]
    _check_text(kind, value)
    if kind in CHECKS:
        CHECKS[kind](value)
    if kind in TEXTS:
        _check_length(tenant, alias, value)
    if kind in OPTIONS:
        _check_options(tenant, alias, value)
    return _number(tenant, alias, value) if kind in NUMBERS else value


def _check_text(kind: Kind, value: str) -> None:
    """Refuse empty text, control characters, and line breaks where only one line may stand."""
    refuse_if(CONTROL.search(value), Code.INTERNAL)
    # Silent in the documents; taken: an empty element clears nothing, it is a bad value.
    # Silent in the documents; taken: a line break in any field but MultilineText is a bad value.
    refuse_if(not value.strip() or (kind is not Kind.MULTI and re.search(r"[\r\n]", value)))


def _check_length(tenant: Tenant, alias: str, value: str) -> None:
    # Silent in the documents; taken: what is too long or too short is refused, not cut.
    refuse_if(len(value) > (tenant.max_length(alias, tenant.kinds[alias]) or 0), Code.BAD_LENGTH)
    refuse_if(len(value) < tenant.least.get(alias, 0), Code.BAD_LENGTH)


def _check_options(tenant: Tenant, alias: str, value: str) -> None:
    """Refuse what is no leaf option of the field, several where one is to be chosen, and twice."""
    chosen, choices = value.split(","), tenant.choices(alias)
    refuse_if(any(each not in choices for each in chosen))
    # Silent in the documents; taken: an option chosen twice is a bad value.
    refuse_if(len(chosen) != len(set(chosen)))
    refuse_if(len(chosen) > 1 and tenant.kinds[alias] is not Kind.CHECKBOX)


def _number(tenant: Tenant, alias: str, value: str) -> str:
    """Return a number as it is kept: decimals beyond those of its field are cut off."""
    refuse_if(not NUMBER.fullmatch(value))
    number, limits = Decimal(value), (tenant.least.get(alias), tenant.largest.get(alias))
    refuse_if(limits[0] is not None and number < limits[0], Code.BAD_RANGE)
    refuse_if(limits[1] is not None and number > limits[1], Code.BAD_RANGE)
    places = Decimal(1).scaleb(-tenant.decimals.get(alias, MOST_DECIMALS))
    return str(number.quantize(places, rounding=ROUND_DOWN))
