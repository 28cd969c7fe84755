"""PORTERS (HRBC): records as they are read, flat, each value by the kind of its field.

A reference is its id, and beside it what it shows: `Contact.P_Client`, `Contact.P_Client.P_Name`.
An option is its name on the screens, and beside it its alias: `Contact.P_Phase` and
`Contact.P_Phase.P_Alias`; a name means the same elsewhere, as in another company database.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/115008017407-Field-Type-Data-Type-List
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree
from singer_sdk import typing as th

from tap_contacts.apis.porters.fields import CONTACTS, Kind, Resource
from tap_contacts.transport import xml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lxml.etree import _Element

    from tap_contacts.apis.porters.fields import TenantField

DELETED_AT = "_sdc_deleted_at"

DATE_TIME = re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
"""A time, which is always in UTC."""

_DATE = re.compile(r"[0-9]{4}/[0-9]{2}/[0-9]{2}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,10})?")

REFERENCE = "reference"
"""Instead of a kind: a reference to a client, which Field Read may call a system field."""

_BOTH: dict[Kind | str, str] = {
    Kind.SYSTEM: "P_Id",
    Kind.USER: "P_Owner P_RegisteredBy P_UpdatedBy",
    Kind.DATETIME: "P_RegistrationDate P_UpdateDate P_PhaseDate",
    Kind.DROPDOWN: "P_Phase",
    Kind.MULTI: "P_PhaseMemo P_Memo P_Street",
    Kind.SINGLE: "P_Name P_Country P_Prefecture P_City P_Zipcode",
    Kind.TELEPHONE: "P_Telephone P_Fax",
}
_CONTACT: dict[Kind | str, str] = {
    REFERENCE: "P_Client",
    Kind.SINGLE: "P_Reading P_Division P_Title",
    Kind.MAIL: "P_Mail",
    Kind.TELEPHONE: "P_Mobile P_MobileMail",
}

OPTIONS = {Kind.CHECKBOX, Kind.RADIO, Kind.DROPDOWN}
HOLD_NOTHING = {Kind.REFERENCE, Kind.IMAGE}
"""Kinds of fields that are not read unless asked for: they only show others, or are too large."""

_SHOWN = {
    Kind.USER: ("User", ("P_Name", "P_Mail")),
    REFERENCE: ("Client", ("P_Name",)),
}
"""Kinds of references, the resource that is referred to, and what is read of it beside the id."""


class Column(NamedTuple):
    """A field that is read."""

    alias: str
    kind: Kind | str
    title: str = ""
    """Name on the screens."""

    @property
    def asked(self) -> str:
        """Return the field as a request names it."""
        if self.kind not in _SHOWN:
            return self.alias
        resource, parts = _SHOWN[self.kind]
        return f"{self.alias}({','.join(f'{resource}.{part}' for part in ('P_Id', *parts))})"

    def properties(self) -> Iterator[th.Property[Any]]:
        """Yield what of a record the field fills."""
        is_key = self.alias.endswith(".P_Id")
        kind = _TYPES.get(self.kind, th.StringType)
        yield th.Property(self.alias, kind, required=is_key, description=self.title or None)
        beside = _SHOWN[self.kind][1] if self.kind in _SHOWN else ()
        yield from (th.Property(f"{self.alias}.{part}", th.StringType) for part in beside)
        if self.kind in OPTIONS:
            yield th.Property(f"{self.alias}.P_Alias", kind)

    def values(self, field: _Element) -> Iterator[tuple[str, Any]]:
        """Yield what an element holds, by the names of properties."""
        text = field.text or ""
        options = _options(field) if len(field) else []
        if self.kind in OPTIONS and not options and text.strip():
            options = [(text, text)]
        if options or self.kind in OPTIONS:
            yield self.alias, self._chosen([name for _, name in options])
            yield f"{self.alias}.P_Alias", self._chosen([alias for alias, _ in options])
        elif len(field):
            yield from _referred(self.alias, field)
        else:
            yield self.alias, _READ.get(self.kind, str)(text) if text else None

    def _chosen(self, options: list[str]) -> list[str] | str | None:
        if self.kind is Kind.CHECKBOX:
            return options or None
        return ", ".join(options) or None


def _options(field: _Element) -> list[tuple[str, str]]:
    """Return alias and name of chosen options, with or without a wrapper around them."""
    found = [each for each in xml.children(field) if xml.local(each) != "OptionRoot"]
    for wrapper in xml.children(field, "OptionRoot"):
        found += xml.children(wrapper)
    options = [each for each in found if xml.local(each).startswith("Option.")]
    aliases = [xml.local(each) for each in options]
    names = [xml.child_text(each, "Option.P_Name") for each in options]
    return [(alias, name or alias) for alias, name in zip(aliases, names, strict=True)]


def _referred(alias: str, field: _Element) -> Iterator[tuple[str, Any]]:
    """Yield the id that a reference holds, and beside it whatever is shown of the other record."""
    yield alias, None
    for part in field.iterdescendants(etree.Element):
        _, dot, name = xml.local(part).rpartition(".")
        if not len(part) and (dot or part.text):
            yield (alias if name == "P_Id" else f"{alias}.{name}"), part.text or None


def _number(text: str) -> int | float | str:
    if not _NUMBER.fullmatch(text):
        return text
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)


def rfc3339(text: str) -> str:
    """Return a time as everybody else writes it."""
    return (
        f"{text.replace('/', '-').replace(' ', 'T')}+00:00" if DATE_TIME.fullmatch(text) else text
    )


def timed(moment: datetime) -> str:
    """Return a time as PORTERS writes it: in UTC, with slashes, in whole seconds."""
    moment = moment.astimezone(timezone.utc)
    return f"{moment.year:04}/{moment:%m/%d %H:%M:%S}"


def _date(text: str) -> str:
    return text.replace("/", "-") if _DATE.fullmatch(text) else text


_READ: dict[Kind | str, Callable[[str], Any]] = {
    **dict.fromkeys((Kind.NUMBER, Kind.CURRENCY), _number),
    **dict.fromkeys((Kind.DATE, Kind.AGE), _date),
    Kind.DATETIME: rfc3339,
}
_TYPES: dict[Kind | str, Any] = {
    **dict.fromkeys((Kind.NUMBER, Kind.CURRENCY), th.NumberType),
    **dict.fromkeys((Kind.DATE, Kind.AGE), th.DateType),
    Kind.DATETIME: th.DateTimeType,
    Kind.CHECKBOX: th.ArrayType(th.StringType),
}


def documented(resource: Resource) -> dict[str, Kind | str]:
    """Return the kinds of the fields that the documents name, by alias."""
    tables = (_BOTH, _CONTACT) if resource is CONTACTS else (_BOTH,)
    return {
        f"{resource.name}.{name}": kind
        for table in tables
        for kind, names in table.items()
        for name in names.split()
    }


def columns(
    resource: Resource,
    known: Mapping[str, TenantField] | None,
    wanted: Iterable[str] | None = None,
) -> list[Column]:
    """Return the fields to read: id, last change, and those wanted.

    Args:
        resource: What they are of.
        known: Fields that the company database has; None: only those documented are known.
        wanted: Aliases; by default all that hold something.
    """
    kinds = documented(resource)
    given = {alias: field.kind for alias, field in (known or {}).items()}
    every = kinds if known is None else [a for a in given if _is_read(a, given[a], kinds)]
    needed = [f"{resource.name}.P_Id", f"{resource.name}.P_UpdateDate"]
    names = {alias: field.name for alias, field in (known or {}).items()}
    return [
        Column(alias, kinds.get(alias) or given.get(alias, Kind.MULTI), names.get(alias, ""))
        for alias in dict.fromkeys([*needed, *(every if wanted is None else wanted)])
    ]


def _is_read(alias: str, kind: Kind, documented_kinds: Mapping[str, Any]) -> bool:
    return alias in documented_kinds or kind not in HOLD_NOTHING


def record(by_alias: Mapping[str, Column], item: _Element) -> dict[str, Any]:
    """Return the record that an item holds; what was not asked for comes as it is."""
    found: dict[str, Any] = {}
    for field in item.iterchildren(etree.Element):
        alias = str(field.tag).rpartition("}")[2]
        found.update((by_alias.get(alias) or Column(alias, Kind.MULTI)).values(field))
    return found
