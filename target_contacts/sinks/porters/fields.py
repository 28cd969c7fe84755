"""The fields of contacts in PORTERS: as documented, and as one company database has them.

Sources: https://hrbcapi.porters.jp/hc/en-us/articles/20868341330969-Contact-Field-List,
https://hrbcapi.porters.jp/hc/en-us/articles/115008017407-Field-Type-Data-Type-List
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.porters.fields import TEXTS, Kind, TenantField
from tap_contacts.apis.porters.options import PHASES
from tap_contacts.apis.porters.wire import OWN_FIELDS, PHASE
from target_contacts.mapping.choices import one_of
from target_contacts.mapping.field import Field, matching
from target_contacts.values import cells, convert
from target_contacts.values.basic import is_empty, line, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_contacts.apis.porters.tenant import Tenant

PHASE_DATE, PHASE_MEMO = "Contact.P_PhaseDate", "Contact.P_PhaseMemo"
OF_PHASE = (PHASE_DATE, PHASE_MEMO)
PHASE_ALIAS = f"{PHASE}.P_Alias"
"""Field in which contacts that were read hold the alias of their phase."""

OPTION = "Option."
"""How the aliases of options begin."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?")


def _mail(value: Any) -> str:
    """Return an e-mail address; Japanese mobile carriers gave out some that break the standard."""
    found = line(value)
    with contextlib.suppress(ValueError):
        return convert.email(found)
    return _address(found)


def _url(value: Any) -> str:
    found = line(value).strip()
    if re.search(r"\s", found):
        msg = "must be an address of the web, without spaces"
        raise ValueError(msg)
    return found


def _date(value: Any) -> str:
    day = convert.date(value)
    return f"{day.year:04}/{day:%m/%d}"


def _moment(value: Any) -> str:
    moment = convert.instant(value)
    return f"{moment.year:04}/{moment:%m/%d %H:%M:%S}"


def status_name(value: Any, names: Mapping[str, str]) -> str:
    """Return the name of a status, which may come with the id it has at its source.

    Args:
        value: Name or id, or both as Zoho Voice sends them.
        names: Names of the source's statuses by id.
    """
    given = value if isinstance(value, dict) else {"id": value, "display_value": value}
    name = names.get(str(given.get("id"))) or given.get("display_value")
    if is_empty(name):
        msg = "must name a status"
        raise ValueError(msg)
    return line(name)


_address = matching(r"[^@\s<>]+@[^@\s<>]+", "an e-mail address, with exactly one @")
_digits_only = matching("[1-9][0-9]{0,17}", "an id of PORTERS: digits only")
_alias = matching(
    r"Option\.[A-Za-z0-9_]+",
    "the alias of an option, such as Option.P_Name: the app may not read their names",
)


def _id(value: Any) -> str:
    return _digits_only(cells.digits(value))


FIELDS: tuple[Field, ...] = (
    Field("customer_id", "Contact.P_Client", "create", convert=_id, identifier=True),
    Field("owner_id", "Contact.P_Owner", "create", convert=_id, identifier=True, modest=True),
    Field("full_name", "Contact.P_Name", convert=line),
    Field("name_reading", "Contact.P_Reading", convert=line),
    Field("department", "Contact.P_Division", convert=line),
    Field("job_title", "Contact.P_Title", convert=line),
    Field("note", "Contact.P_Memo", convert=text),
    Field("country", "Contact.P_Country", convert=line),
    Field("state", "Contact.P_Prefecture", convert=line),
    Field("city", "Contact.P_City", convert=line),
    Field("street", "Contact.P_Street", convert=text),
    Field("postal_code", "Contact.P_Zipcode", convert=cells.postcode, exact=True),
    Field("phone", "Contact.P_Telephone", convert=cells.phone, exact=True),
    Field("fax", "Contact.P_Fax", convert=cells.phone, exact=True),
    Field("email", "Contact.P_Mail", convert=_mail, exact=True),
    Field("mobile", "Contact.P_Mobile", convert=cells.phone, exact=True),
    Field("status", PHASE, convert=partial(status_name, names={}), nested=True, code=PHASE_ALIAS),
)
"""What the vocabulary fills."""

ONLY_MAPPED = (
    Field(PHASE_DATE, PHASE_DATE, convert=_moment),
    Field(PHASE_MEMO, PHASE_MEMO, convert=text),
    Field("Contact.P_MobileMail", "Contact.P_MobileMail", convert=line, exact=True),
)
"""What only `field_map` fills."""


IDS = {"Contact.P_Client", "Contact.P_Owner"}
"""Fields that hold an id, for which a condition has no suffix `full`."""

NEVER_NAMED = {field.wire for field in ONLY_MAPPED}
"""Fields that nobody misses who has not mapped them."""

KEY_LENGTH = 32
"""Characters of the key that a contact is given."""


def assert_in_use(names: Sequence[str], known: Mapping[str, TenantField]) -> None:
    """Raise ConfigurationError if settings name fields that a company database has not in use."""
    lacking = ", ".join(name for name in names if name not in known)
    own = [
        f"{each.alias} ({each.name})"
        for each in known.values()
        if each.alias.startswith(OWN_FIELDS)
    ]
    if lacking:
        msg = (
            f"field_map or porters.external_key_field names {lacking}: not in use in this company "
            f"database. Its own fields are: {', '.join(own) or 'none'}."
        )
        raise ConfigurationError(msg)


def assert_holds_key(known: TenantField | None) -> None:
    """Raise ConfigurationError if the field for keys cannot take them."""
    if known is None:
        return
    most = known.largest or KEY_LENGTH
    if known.kind not in {Kind.SINGLE, Kind.MULTI} or most < KEY_LENGTH:
        msg = (
            f"porters.external_key_field: {known.alias} must be a text field that takes "
            f"{KEY_LENGTH} characters."
        )
        raise ConfigurationError(msg)


def limited(field: Field, known: TenantField) -> Field:
    """Return a field with the limits that the company database sets it."""
    if known.required and not field.required and field.wire != PHASE_DATE:
        field = replace(field, required="create")
    if known.kind not in TEXTS:
        return field
    if known.least and known.least > 0:
        field = replace(field, convert=partial(_long_enough, field.convert, int(known.least)))
    most = int(known.largest) if known.largest and known.largest > 0 else None
    return replace(field, max_length=most or field.max_length)


def _long_enough(convert: Callable[[Any], str], least: int, value: Any) -> str:
    found = convert(value)
    if found.strip() and len(found) < least:
        msg = f"takes at least {least} characters, not {len(found)}"
        raise ValueError(msg)
    return found


def own(known: TenantField, tenant: Tenant) -> Field:
    """Return how a field of one's own is filled.

    Raises:
        ConfigurationError: If it is of a kind that cannot be filled.
    """
    convert = _converts(known, tenant).get(known.kind)
    if convert is None:
        kind = known.kind.name.lower()
        msg = f"field_map names {known.alias}, which cannot be filled: its type is {kind}."
        raise ConfigurationError(msg)
    is_prose = known.kind in {Kind.SINGLE, Kind.MULTI}
    field = Field(known.alias, known.alias, convert=convert, exact=not is_prose)
    return limited(replace(field, nested=known.kind is Kind.CHECKBOX), known)


def text_field(name: str) -> Field:
    """Return how a field of unknown type is filled: as text."""
    return Field(name, name, convert=text, nested=True)


def required(known: TenantField) -> Field:
    """Return a field that nothing fills and that a new contact must have."""
    return Field(known.alias, known.alias, required="create")


def _converts(known: TenantField, tenant: Tenant) -> Mapping[Kind, Callable[[Any], Any]]:
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
        Kind.MAIL: _mail,
        Kind.DATETIME: _moment,
        **dict.fromkeys((Kind.USER, Kind.LINK), _id),
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
    """Return the alias of an option that is given by alias or name."""
    options = tenant.options(root)
    given = "true" if value is True else line(value).strip()
    return _alias(given) if options is None else options.alias(given)


def _several(tenant: Tenant, root: str, value: Any) -> list[str]:
    """Return the aliases of options that come as a list, or as one text with commas."""
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
        return _one(tenant, root, status_name(value, names))

    return one_of(found)
