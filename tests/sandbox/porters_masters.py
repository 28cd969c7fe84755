"""Answer Partition, User, Field and Option Read of PORTERS from a company database.

Facts are from hrbcapi.porters.jp/hc/en-us: "Partition Read", "User Read", "Field Read" and "Option
Read". A comment "Silent in the documents; taken: ..." marks an adverse reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from tests.sandbox.porters_codes import Code, ResultCodeError
from tests.sandbox.porters_reads import NUMBER, element, listing, option_id
from tests.sandbox.porters_state import APP_USER, Database, Record
from tests.sandbox.porters_tenant import NUMBERS, OPTIONS, PHASES, REQUIRED, Kind, Option, Tenant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    Query = Mapping[str, str]

RESOURCES = {"27": "Contact", "5": "Client"}
"""Resources that have a field list here, by their numbers (page "Resource List")."""
PHASE_TYPE = {PHASES.alias: "11"}
"""`Option.P_Type` of options that have a purpose: the phases of contacts; all others have 0."""
USER_FIELDS = "User.P_Id,User.P_Type,User.P_Name,User.P_Mail"
SYSTEM = (Kind.ID, Kind.STAMP)


def partitions(database: Database, query: Query) -> etree._Element:
    """Answer Partition Read; only the list of the access token is open to `code_direct`."""
    if _own(query):
        raise ResultCodeError(Code.NO_DATA_RIGHT)
    return listing(database, "Partition", list(database.records["Partition"].values()), query)


def _own(query: Query) -> bool:
    """Say whether `request_type` asks for what is signed in (0), not for all within reach (1)."""
    return _chosen(query, "request_type", ("0", "1")) == "0"


def _chosen(query: Query, parameter: str, values: Iterable[str], default: str = "") -> str:
    """Return the value of a parameter that takes only these."""
    value = query.get(parameter, default)
    if value not in values:
        raise ResultCodeError(Code.BAD_VALUE)
    return value


def users(database: Database, query: Query) -> etree._Element:
    """Answer User Read: the app's own user or all; `user_type` is not offered."""
    everyone = database.records["User"]
    hits = [everyone[APP_USER]] if _own(query) else list(everyone.values())
    return listing(database, "User", hits, query, USER_FIELDS)


def fields(database: Database, query: Query) -> etree._Element:
    """Answer Field Read for contacts, or for clients, to whom nobody has added fields."""
    number = _chosen(query, "resource", RESOURCES)
    active = _chosen(query, "active", ("-1", "0", "1"), "-1")
    tenant = database.tenant
    kinds = tenant.kinds if RESOURCES[number] == "Contact" else database.kinds["Client"]
    hidden = {Kind.FLAG, Kind.LINK} if database.version == "1" else {Kind.FLAG}
    hits = [
        _field(tenant, alias, kind, place) | {"Field.P_ResourceType": number}
        for place, (alias, kind) in enumerate(kinds.items(), 1)
        if kind not in hidden and active in ("-1", str(int(alias not in tenant.unused)))
    ]
    return listing(database, "Field", hits, query)


def _field(tenant: Tenant, alias: str, kind: Kind, place: int) -> Record:
    # Silent in the documents; taken: what PORTERS fills itself counts as required, too.
    required = kind in SYSTEM or alias in (*REQUIRED, *tenant.required)
    largest = tenant.largest.get(alias) if kind in NUMBERS else tenant.max_length(alias, kind)
    field = {
        "Field.P_Id": str(place),
        "Field.P_Name": tenant.names.get(alias, alias.partition("_")[2]),
        "Field.P_Alias": alias if tenant.prefixed else alias.partition(".")[2],
        "Field.P_Type": kind.number,
        "Field.P_Required": str(int(required)),
        "Field.P_Max": "" if largest is None else str(largest),
        "Field.P_Min": str(tenant.least.get(alias, "")),
        "Field.P_DecimalFraction": str(tenant.decimals.get(alias, 2 if kind in NUMBERS else 0)),
        "Field.P_ReferTo": tenant.root(alias) if kind in OPTIONS else "",
    }
    return {name: value for name, value in field.items() if value}


def options(database: Database, query: Query) -> etree._Element:
    """Answer Option Read: no Total, Count or Start, and children nested in `Items`."""
    level = _number(query, "level", -1, -1)
    wanted = _chosen(query, "enabled", ("-1", "0", "1"), "-1")
    shown = _Shown(database, wanted, _number(query, "count", 1, None))
    root = etree.Element("Option")
    element(root, "Code", "0")
    for option, depth in _tops(database, query, level):
        shown.add(root, option, depth)
    return root


def _number(query: Query, parameter: str, least: int, default: int | None) -> int | None:
    if parameter not in query:
        return default
    text = query[parameter]
    if not NUMBER.fullmatch(text.removeprefix("-")) or int(text) < least:
        raise ResultCodeError(Code.BAD_VALUE)
    return int(text)


def _tops(database: Database, query: Query, level: int | None) -> Iterator[tuple[Option, int]]:
    """Yield the options at the top of an answer, and how many levels below them are shown."""
    tops = database.tenant.options
    every = 99
    if "alias" not in query:
        yield from ((top, every) for top in tops)
        return
    asked = database.tenant.option(query["alias"])
    if level is None or level < 0:
        yield asked, every
    elif level == 0:
        within = [each.below for top in tops for each in top.whole() if asked in each.below]
        yield from ((sibling, 0) for sibling in (within[0] if within else tops))
    else:
        yield from ((child, level - 1) for child in asked.below)


class _Shown:
    """Put options into an answer: those of one kind, and so many at most."""

    def __init__(self, database: Database, enabled: str, count: int | None) -> None:
        self._database, self._enabled, self._left = database, enabled, count

    def add(self, parent: etree._Element, option: Option, depth: int) -> None:
        """Append an option and what is below it; below what is left out nothing is shown."""
        if self._left == 0 or self._enabled == str(int(option.unused)):
            return
        self._left = None if self._left is None else self._left - 1
        item = self._item(parent, option)
        below = element(item, "Items")
        for child in option.below if depth else ():
            self.add(below, child, depth - 1)

    def _item(self, parent: etree._Element, option: Option) -> etree._Element:
        tenant = self._database.tenant
        every = [each for top in tenant.options for each in top.whole()]
        above = [each for each in every if option in each.below]
        item = element(parent, "Item")
        element(item, "Option.P_Id", option_id(self._database, option.alias))
        element(item, "Option.P_Name", option.name)
        element(item, "Option.P_Alias", option.alias)
        parent_id = option_id(self._database, above[0].alias) if above else "0"
        element(item, "Option.P_ParentId", parent_id)
        element(item, "Option.P_Type", PHASE_TYPE.get(option.alias, "0"))
        order = above[0].below.index(option) + 1 if above else 1
        element(item, "Option.P_Order", str(order))
        return item
