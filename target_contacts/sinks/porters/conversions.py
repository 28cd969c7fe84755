"""How values become those of PORTERS' fields, by the type that a field has.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/115008017407-Field-Type-Data-Type-List
"""

from __future__ import annotations

import contextlib
import re
from decimal import Decimal
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from tap_contacts.apis.porters.fields import Kind, TenantField
from tap_contacts.apis.porters.options import PHASES
from target_contacts.mapping.choices import one_of, status_name
from target_contacts.mapping.field import matching
from target_contacts.values import cells, convert
from target_contacts.values.basic import is_empty, line, stripped, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_contacts.apis.porters.tenant import Tenant

OPTION = "Option."
"""How the aliases of options begin."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?")


def mail(value: Any) -> str:
    """Return an e-mail address; Japanese mobile carriers gave out some that break the standard."""
    found = line(value)
    try:
        return convert.email(found)
    except ValueError:
        return _address(found)


def _url(value: Any) -> str:
    found = stripped(value)
    if re.search(r"\s", found):
        msg = "must be an address of the web, without spaces"
        raise ValueError(msg)
    return found


def _date(value: Any) -> str:
    day = convert.date(value)
    return f"{day.year:04}/{day:%m/%d}"


def moment(value: Any) -> str:
    """Return a moment in UTC as PORTERS writes it."""
    found = convert.instant(value)
    return f"{found.year:04}/{found:%m/%d %H:%M:%S}"


_address = matching(r"[^@\s<>]+@[^@\s<>]+", "an e-mail address, with exactly one @")
_digits_only = matching("[1-9][0-9]{0,17}", "an id of PORTERS: digits only")
_alias = matching(
    r"Option\.[A-Za-z0-9_]+",
    "the alias of an option, such as Option.P_Name: the app may not read their names",
)


def own_id(value: Any) -> str:
    """Return an id of PORTERS; few records have one of their own, so that ids are remembered."""
    return _known_id(value) if isinstance(value, str) else _own_id(value)


def _own_id(value: Any) -> str:
    return _digits_only(cells.digits(value))


_known_id = lru_cache(maxsize=convert.CACHED)(_own_id)


def status(value: Any, names: Mapping[str, str]) -> str:
    """Return the name of a status; see `status_name`."""
    name = status_name(value, names)
    if is_empty(name):
        msg = "must name a status"
        raise ValueError(msg)
    return line(name)


def long_enough(convert: Callable[[Any], str], least: int, value: Any) -> str:
    """Return a converted text of at least so many characters, or a blank one."""
    found = convert(value)
    if found.strip() and len(found) < least:
        msg = f"takes at least {least} characters, not {len(found)}"
        raise ValueError(msg)
    return found


def by_kind(known: TenantField, tenant: Tenant) -> Mapping[Kind, Callable[[Any], Any]]:
    """Return the conversions of a field, of which its type names one."""
    number, one = partial(_number, known), partial(_one, tenant, known.options)
    return {
        Kind.SINGLE: line,
        Kind.TELEPHONE: cells.phone,
        Kind.MULTI: text,
        **dict.fromkeys((Kind.NUMBER, Kind.CURRENCY), number),
        **dict.fromkeys((Kind.DATE, Kind.AGE), _date),
        Kind.CHECKBOX: partial(_several, tenant, known.options),
        **dict.fromkeys((Kind.RADIO, Kind.DROPDOWN), lambda value: [one(value)]),
        Kind.URL: _url,
        Kind.MAIL: mail,
        Kind.DATETIME: moment,
        **dict.fromkeys((Kind.USER, Kind.LINK), own_id),
    }


def _number(known: TenantField, value: Any) -> str:
    """Return a number as plain digits; PORTERS would cut off decimals beyond those it keeps."""
    given = "true" if value is True else text(value).strip()
    if not _NUMBER.fullmatch(given):
        msg = "must be a number such as 1234.5"
        raise ValueError(msg)
    number = Decimal(given)
    if known.least is not None and number < known.least:
        msg = f"must be {known.least} or more"
        raise ValueError(msg)
    if known.largest is not None and number > known.largest:
        msg = f"must be {known.largest} or less"
        raise ValueError(msg)
    return _digits(number, known.decimals)


def _digits(number: Decimal, most: int) -> str:
    whole, _, decimals = f"{number:f}".partition(".")
    decimals = decimals.rstrip("0")
    if len(decimals) > most:
        msg = f"takes {most} decimals, not {len(decimals)}"
        raise ValueError(msg)
    plain = f"{whole}.{decimals}" if decimals else whole
    return "0" if plain in {"-0", "+0"} else plain


def _one(tenant: Tenant, root: str, value: Any) -> str:
    options = tenant.options(root)
    given = "true" if value is True else stripped(value)
    return _alias(given) if options is None else options.alias(given)


def _several(tenant: Tenant, root: str, value: Any) -> list[str]:
    given = [each for each in value if not is_empty(each)] if isinstance(value, list) else [value]
    chosen = {alias for each in given for alias in _split(tenant, root, each)}
    if not chosen:
        msg = "must name an option"
        raise ValueError(msg)
    return sorted(chosen)


def _split(tenant: Tenant, root: str, value: Any) -> list[str]:
    """Return the options that one text names; a name may have a comma of its own."""
    try:
        return [_one(tenant, root, value)]
    except ValueError:
        first, *others = [part for part in line(value).split(",") if part.strip()] or [""]
        if not others:
            raise
        return [_one(tenant, root, part) for part in (first, *others)]


def phase(
    known: TenantField | None, tenant: Tenant, names: Mapping[str, str]
) -> Callable[[Any], str]:
    """Return what finds a phase by the name or the alias of a status."""
    root = known.options if known and known.options else PHASES

    def found(value: Any) -> str:
        if isinstance(value, dict) and str(value.get("id")).startswith(OPTION):
            with contextlib.suppress(ValueError):
                return _one(tenant, root, value["id"])
        return _one(tenant, root, status(value, names))

    return one_of(found)
