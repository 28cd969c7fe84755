"""PORTERS (HRBC): the fields and options that a company database has, each read once a run.

Sources: https://hrbcapi.porters.jp/hc/en-us/articles/115012160308-Field-Read,
https://hrbcapi.porters.jp/hc/en-us/articles/115012160328-Option-Read
"""

from __future__ import annotations

import enum
import re
import threading
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from tap_contacts.apis.porters import wire
from tap_contacts.listing.offsets import Incomplete
from tap_contacts.plugin.same_name import alike
from tap_contacts.transport import xml
from tap_contacts.transport.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lxml.etree import _Element

    from tap_contacts.apis.porters.asking import Asks

FIELD, OPTION = "/v1/field", "/v1/option"
PHASES = "Option.P_ContactPhase"
"""What the phases of contacts stand under, unless a company database says otherwise."""


class Resource(NamedTuple):
    """A kind of record."""

    name: str
    """As aliases begin."""
    number: str
    path: str


CONTACTS = Resource("Contact", "27", "/v1/contact")
CLIENTS = Resource("Client", "5", "/v1/client")

LINKS_TOO = {"X-P-ConnectAPI-Version": "2"}
"""Header without which fields of type Link are neither shown nor taken."""

MAY_NOT = {"6", "400", "403", "601"}
"""Codes that say that the app may not read this."""

MOST_NAMED = 40
"""Options that a message names at most."""


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


class Choice(NamedTuple):
    """An option that may be chosen."""

    alias: str
    name: str


@dataclass(frozen=True)
class Options:
    """What may be chosen in a field."""

    choices: tuple[Choice, ...]
    groups: frozenset[str]
    """Names and aliases of options that others stand under."""

    def alias(self, given: str) -> str:
        """Return the alias of an option given by its alias, or by its name on the screens.

        Raises:
            ValueError: If there is none, or several; the message says what it must be.
        """
        found = self._named(given)
        if len(found) == 1:
            return found[0].alias
        if found:
            aliases = ", ".join(choice.alias for choice in found)
            msg = f"must be an alias: several options have this name: {aliases}"
        elif one_line(given) in self.groups:
            msg = f"must be an option that no others stand under: {self.known()}"
        else:
            msg = f"must be an option in use; known are: {self.known()}"
        raise ValueError(msg)

    def _named(self, given: str) -> list[Choice]:
        """Find options by alias, by name, and by a name alike; the first of these that does."""
        name = one_line(given)
        return (
            [choice for choice in self.choices if choice.alias == name]
            or [choice for choice in self.choices if choice.name == name]
            or [choice for choice in self.choices if alike(choice.name) == alike(name)]
        )

    def known(self) -> str:
        """Name the choices, the first of them if they are many."""
        names = [choice.name or choice.alias for choice in self.choices[:MOST_NAMED]]
        more = len(self.choices) - MOST_NAMED
        return ", ".join(names) + (f" and {more} more" if more > 0 else "") or "none"


class Tenant:
    """What a company database has; safe to share between threads, each thing asked for once."""

    def __init__(self, client: Asks) -> None:
        """Take what speaks to it."""
        self._client = client
        self._lock = threading.RLock()
        self._fields: tuple[Mapping[str, TenantField] | None] | None = None
        self._options: dict[str, Options | None] = {}
        self._said: set[str] = set()

    def fields(self) -> Mapping[str, TenantField] | None:
        """Return the fields of contacts that are in use, by alias; None if the app may not know."""
        with self._lock:
            if self._fields is None:
                self._fields = (self._read_fields(),)
            return self._fields[0]

    def options(self, alias: str) -> Options | None:
        """Return the options in use under one; None if the app may not know."""
        with self._lock:
            if alias not in self._options:
                self._options[alias] = self._read_options(alias)
            return self._options[alias]

    def _read_fields(self) -> Mapping[str, TenantField] | None:
        try:
            return fields_of(self._client, CONTACTS)
        except Stopped as error:
            follows = "What is required and how long it may be is not known before it is sent"
            self._pass_over(error, follows, "field_r")
            return None

    def _read_options(self, alias: str) -> Options | None:
        query = {"partition": self._client.partition, "alias": alias, "enabled": 1}
        try:
            answer = self._client.call("GET", OPTION, params=query)
        except Stopped as error:
            self._pass_over(error, "Options can be given by their aliases only", "option_r")
            return None
        return _options(answer.xml, alias)

    def _pass_over(self, error: Stopped, follows: str, scope: str) -> None:
        """Go on without what the app may not read, and say so; raise any other error."""
        if error.code not in MAY_NOT:
            raise error
        told = f"{self._client.title}: {error.answered}"
        self.warn_once(f"{told}. {follows}: grant the app {scope}, too.")

    def warn_once(self, text: str) -> None:
        """Log a warning, once a run."""
        with self._lock:
            if text not in self._said:
                self._said.add(text)
                self._client.logger.warning("%s", text)


def fields_of(client: Asks, resource: Resource) -> Mapping[str, TenantField]:
    """Return the fields of a resource that are in use, by alias.

    Raises:
        Stopped: If the app may not know.
        Incomplete: If the list cannot be all there is.
    """
    query = {"partition": client.partition, "resource": resource.number, "active": 1}
    rows = client.listed(FIELD, query, "Field.P_Alias", _rows_of, headers=LINKS_TOO)
    start = f"{resource.name}."
    fields = (_field(row, start) for row in rows)
    found = {each.alias: each for each in fields if wire.is_alias(each.alias, start)}
    if not any(alias.startswith(f"{start}P_") for alias in found):
        msg = f"{client.title}: GET {FIELD}: lists no field that every company has."
        raise Incomplete(msg)
    return found


def choices_of(client: Asks, alias: str) -> Sequence[Choice]:
    """Return what stands under an option and may or could once be chosen."""
    query = {"partition": client.partition, "alias": alias}
    return _options(client.call("GET", OPTION, params=query).xml, alias).choices


def _rows_of(root: _Element | None) -> list[dict[str, str]]:
    """Return the fields of a page, with the alias that each refers to."""
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
        name=one_line(row.get("Field.P_Name", "")),
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


def _options(root: _Element | None, alias: str) -> Options:
    """Return what may be chosen below one option, wherever that stands in the answer."""
    every = [] if root is None else _items(root)
    asked = [each for each in every if xml.child_text(each, "Option.P_Alias") == alias]
    below = _items(asked[0]) if asked else every
    choices = [_choice(item) for item in below if not _items(item)]
    groups = [_choice(item) for item in (*asked, *below) if _items(item)]
    named = dict.fromkeys(each for each in choices if wire.is_alias(each.alias, "Option."))
    return Options(tuple(named), frozenset(text for group in groups for text in group))


def _items(element: _Element) -> list[_Element]:
    """Return the items at any depth below an element."""
    return [each for each in element.iterdescendants(etree.Element) if xml.local(each) == "Item"]


def _choice(item: _Element) -> Choice:
    alias, name = (xml.child_text(item, f"Option.P_{part}") or "" for part in ("Alias", "Name"))
    return Choice(alias.strip(), one_line(name))


def one_line(text: str) -> str:
    """Return a text without control characters, line breaks and doubled spaces."""
    return " ".join(xml.clean(text).split())
