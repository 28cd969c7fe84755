"""The fields that a company database of PORTERS (HRBC) has in use.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/115012160308-Field-Read
"""

from __future__ import annotations

import enum
import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from tap_contacts.apis.porters import short_list, wire
from tap_contacts.listing.pages import Incomplete
from tap_contacts.transport import xml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

    from tap_contacts.transport.client import ApiClient

FIELD = "/v1/field"


class Resource(NamedTuple):
    """A kind of record."""

    name: str
    """As aliases begin."""
    number: str
    path: str

    @property
    def key(self) -> str:
        """Return the alias of the id."""
        return f"{self.name}.P_Id"

    @property
    def date(self) -> str:
        """Return the alias of the time of the last change."""
        return f"{self.name}.P_UpdateDate"


CONTACTS = Resource("Contact", "27", "/v1/contact")
CLIENTS = Resource("Client", "5", "/v1/client")


class Kind(enum.IntEnum):
    """Types of fields, by their number; one that came later counts as text."""

    SINGLE, MULTI, NUMBER, DATE, CHECKBOX, RADIO, DROPDOWN, AGE, URL, MAIL, SYSTEM = range(1, 12)
    DATETIME, CURRENCY, TELEPHONE, REFERENCE, USER, IMAGE, LINK = 12, 14, 15, 16, 17, 18, 20


TEXTS = {Kind.SINGLE, Kind.MULTI, Kind.URL, Kind.MAIL, Kind.TELEPHONE}

_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,6})?")


class TenantField(NamedTuple):
    """A field of contacts as a company database has it."""

    alias: str
    name: str
    """As on the screens."""
    kind: Kind
    required: bool
    largest: Decimal | None
    """Most characters of a text; of a number the largest."""
    least: Decimal | None
    """Fewest characters of a text; of a number the smallest."""
    decimals: int
    options: str
    """Alias of the option that the choices of an option field stand under."""


def fields_of(client: ApiClient, resource: Resource) -> Mapping[str, TenantField]:
    """Return the fields of a resource that are in use, by alias.

    Raises:
        Stopped: If the app may not know.
        Incomplete: If the list cannot be all there is.
    """
    query = {"resource": resource.number, "active": 1}
    rows = short_list.read(client, FIELD, query, "Field.P_Alias", _rows_of, headers=wire.LINKS_TOO)
    start = f"{resource.name}."
    fields = (_field(row, start) for row in rows)
    found = {each.alias: each for each in fields if wire.is_alias(each.alias, start)}
    if not any(alias.startswith(f"{start}P_") for alias in found):
        msg = f"{client.title}: GET {FIELD}: lists no field that every company has."
        raise Incomplete(msg)
    return found


def _rows_of(root: _Element | None) -> list[dict[str, str]]:
    items = [] if root is None else xml.children(root, "Item")
    referred = [_referred(next(xml.children(item, "Field.P_ReferTo"), None)) for item in items]
    rows = zip(wire.rows_of(root), referred, strict=True)
    return [{**row, "Field.P_ReferTo": alias} for row, alias in rows]


def _referred(field: _Element | None) -> str:
    """Return the alias that a field refers to: the name of an empty element, or plain text."""
    if field is None:
        return ""
    named = [xml.local(each) for each in field.iterdescendants(etree.Element)]
    return next((name for name in named if name != "OptionRoot"), (field.text or "").strip())


def _field(row: Mapping[str, str], start: str) -> TenantField:
    """Return a field; whether aliases come with the resource's name is not documented."""
    alias = row["Field.P_Alias"].strip()
    number, decimals = row.get("Field.P_Type", ""), row.get("Field.P_DecimalFraction", "")
    largest, least = (_limit(row.get(f"Field.P_{name}", "")) for name in ("Max", "Min"))
    if largest is not None and largest <= (least or 0):
        # How PORTERS tells that there is no limit is not documented.
        largest = least = None
    return TenantField(
        alias=alias if alias.startswith(start) else start + alias,
        name=wire.one_line(row.get("Field.P_Name", "")),
        kind=_KINDS.get(number, Kind.MULTI),
        required=row.get("Field.P_Required") == "1",
        largest=largest,
        least=least,
        decimals=int(decimals) if decimals in {"0", "1", "2"} else 2,
        options=row["Field.P_ReferTo"],
    )


_KINDS = {str(int(kind)): kind for kind in Kind}


def _limit(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None
