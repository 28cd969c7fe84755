"""Answer Contact Read and Client Read of PORTERS from a company database.

Facts are from hrbcapi.porters.jp/hc/en-us: "Read API Parameters", "Contact Read" and "Client
Read". A comment "Silent in the documents; taken: ..." marks an adverse reading.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from lxml import etree

from tests.sandbox.porters_codes import Code, ResultCodeError
from tests.sandbox.porters_tenant import OPTIONS, TEXTS, Kind
from tests.sandbox.porters_values import ID, check_date, check_datetime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.sandbox.porters_state import Database, Record

    Query = Mapping[str, str]

DEFAULT_COUNT, MAX_COUNT = "10", 200
DELETED_FOR = timedelta(days=90)
FIRST_OPTION_ID = 300
REFERRED = {Kind.USER: "User", Kind.REFERENCE: "Client"}
USER_FIELDS = "User.P_Id,User.P_Type,User.P_Name,User.P_Mail"
"""Default of User Read, and all that a record referring to a user can show of it."""
RANGES = ("eq", "gt", "ge", "le", "lt")
SUFFIXES: dict[Kind, tuple[str, ...]] = {
    # The notes on the documents contradict each other on P_Id:or; taken: it does not exist.
    **dict.fromkeys((Kind.ID, Kind.STAMP, Kind.DATETIME, Kind.DATE, Kind.AGE), RANGES),
    **dict.fromkeys(TEXTS, ("part", "full")),
    **dict.fromkeys((Kind.OPTION, Kind.RADIO, Kind.USER), ("or", "and")),
    Kind.REFERENCE: ("eq", "or"),
}
"""Suffixes a condition may have; the first is the default."""
# Silent in the documents; taken: comparisons fold neither case nor width.
MATCHES: dict[str, Callable[[Any, Any], bool]] = {
    "part": operator.contains,
    "full": operator.eq,
    "or": lambda held, asked: held in asked,
    "and": lambda held, asked: [held] == asked,
    **{name: getattr(operator, name) for name in RANGES},
}
CONDITION = re.compile(r"([\w.]+)(?::(\w+))?=(.+)", re.DOTALL)
SELECTED = re.compile(r"([\w.]+)(?:\(([\w.,]*)\))?")
TOP_LEVEL_COMMA = re.compile(r",(?![^()]*\))")
NUMBER = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True)
class Condition:
    """One `alias:suffix=value` of the `condition` parameter."""

    alias: str
    kind: Kind
    suffix: str
    value: Any

    def holds(self, record: Record) -> bool:
        """Say whether the record meets it; an empty value meets none."""
        held = record.get(self.alias)
        value = int(held) if held and self.kind is Kind.ID else held
        return held is not None and MATCHES[self.suffix](value, self.value)


def records(database: Database, query: Query, name: str) -> etree._Element:
    """Answer Contact Read and Client Read; `keywords`, which they also take, is not offered."""
    kinds, state = database.kinds[name], query.get("itemstate", "existing")
    asked = query["condition"].split(",") if "condition" in query else []
    conditions = [_condition(database, kinds, part) for part in asked]
    held = _held(database, name, state)
    if state != "existing":
        oldest = database.time(DELETED_FOR)
        _check_for_deleted(name, conditions, oldest)
        held = [each for each in held if each[f"{name}.P_UpdateDate"] >= oldest]
    hits = [each for each in held if all(condition.holds(each) for condition in conditions)]
    # Silent in the documents; taken: without `order` the newest come first.
    _sort(kinds, hits, query.get("order", f"{name}.P_Id:desc"))
    return listing(database, name, hits, query, f"{name}.P_Id")


def _held(database: Database, name: str, state: str) -> list[Record]:
    living = [{**each, f"{name}.P_Deleted": "0"} for each in database.records[name].values()]
    gone = database.deleted.values() if name == "Contact" else ()
    deleted = [{**each, f"{name}.P_Deleted": "1"} for each in gone]
    states = {"existing": living, "deleted": deleted, "all": living + deleted}
    if state not in states:
        raise ResultCodeError(Code.BAD_ITEMSTATE)
    return states[state]


def _check_for_deleted(name: str, conditions: Sequence[Condition], oldest: str) -> None:
    """Refuse what reading deleted records does not allow (notice of 2018-04-10)."""
    allowed = {f"{name}.P_Id", f"{name}.P_UpdateDate", f"{name}.P_UpdatedBy"}
    if {condition.alias for condition in conditions} - allowed:
        raise ResultCodeError(Code.BAD_PARAMETER)
    dates = [each.value for each in conditions if each.alias == f"{name}.P_UpdateDate"]
    if any(date < oldest for date in dates):
        raise ResultCodeError(Code.OUT_OF_RANGE)


def _condition(database: Database, kinds: Mapping[str, Kind], text: str) -> Condition:
    """Read one condition; a comma in a value has torn it in two before, and nothing escapes it."""
    match = CONDITION.fullmatch(text)
    kind = kinds.get(match[1]) if match else None
    if match is None or kind not in SUFFIXES:
        raise ResultCodeError(Code.BAD_PARAMETER)
    suffix = match[2] or SUFFIXES[kind][0]
    if suffix not in _suffixes(database, kind):
        raise ResultCodeError(Code.BAD_PARAMETER)
    choices = database.tenant.choices(match[1]) if kind in OPTIONS else []
    return Condition(match[1], kind, suffix, _operand(kind, suffix, match[3], choices))


def _suffixes(database: Database, kind: Kind) -> tuple[str, ...]:
    several = ("or",) if kind is Kind.ID and "several_ids" in database.readings else ()
    return (*SUFFIXES[kind], *several)


def _operand(kind: Kind, suffix: str, value: str, choices: Sequence[str]) -> object:
    if kind in CHECKS:
        CHECKS[kind](value)
    elif kind not in TEXTS:
        known = choices.__contains__ if kind in OPTIONS else ID.fullmatch
        values = value.split(":") if suffix in ("or", "and") else [value]
        if not all(known(each) for each in values):
            raise ResultCodeError(Code.BAD_VALUE)
        return _listed(kind, suffix, values)
    return value


CHECKS = {
    **dict.fromkeys((Kind.STAMP, Kind.DATETIME), check_datetime),
    **dict.fromkeys((Kind.DATE, Kind.AGE), check_date),
}


def _listed(kind: Kind, suffix: str, values: list[str]) -> object:
    if suffix == "and" and len(values) > 1:
        raise ResultCodeError(Code.INTERNAL)
    told = [int(each) for each in values] if kind is Kind.ID else values
    return told if suffix in ("or", "and") else told[0]


def _sort(kinds: Mapping[str, Kind], hits: list[Record], order: str) -> None:
    for part in reversed(order.split(",")):
        alias, _, direction = part.partition(":")
        if kinds.get(alias) not in SUFFIXES:
            raise ResultCodeError(Code.BAD_PARAMETER)
        if direction not in ("asc", "desc"):
            raise ResultCodeError(Code.BAD_VALUE)
        hits.sort(key=partial(_key, alias, kinds[alias]), reverse=direction == "desc")


def _key(alias: str, kind: Kind, record: Record) -> tuple[int, str]:
    """Order ids as numbers: the longer is the greater."""
    value = record.get(alias, "")
    return len(value) if kind in (Kind.ID, *REFERRED) else 0, value


def _selected(database: Database, name: str, text: str) -> tuple[str, list[str]]:
    """Read one alias of the `field` parameter, with the fields of what it refers to."""
    match = SELECTED.fullmatch(text)
    kind = database.kinds[name].get(match[1]) if match else None
    hidden = kind is Kind.LINK and database.version == "1"
    if match is None or kind is None or hidden:
        raise ResultCodeError(Code.BAD_PARAMETER)
    inner = match[2].split(",") if match[2] else []
    referred = {Kind.USER: USER_FIELDS.split(","), Kind.REFERENCE: [*database.kinds["Client"]]}
    if set(inner) - set(referred.get(kind, ())):
        raise ResultCodeError(Code.BAD_PARAMETER)
    return match[1], inner


def listing(
    database: Database, name: str, hits: list[Record], query: Query, default: str = ""
) -> etree._Element:
    """Answer with the page of the hits and the fields asked for."""
    chosen = TOP_LEVEL_COMMA.split(query.get("field", default or ",".join(database.kinds[name])))
    selection = dict(_selected(database, name, text) for text in chosen)
    count, start = query.get("count", DEFAULT_COUNT), query.get("start", "0")
    if not (NUMBER.fullmatch(count) and NUMBER.fullmatch(start) and 1 <= int(count) <= MAX_COUNT):
        raise ResultCodeError(Code.BAD_VALUE)
    page = hits[int(start) : int(start) + int(count)]
    root = etree.Element(name, Total=str(len(hits)), Count=str(len(page)), Start=str(int(start)))
    element(root, "Code", "0")
    for record in page:
        _fill(database, element(root, "Item"), record, selection)
    return root


def _fill(
    database: Database, parent: etree._Element, record: Record, selection: Mapping[str, list[str]]
) -> None:
    """Append the chosen fields in an order of its own, which the documents allow."""
    name = next(iter(selection)).partition(".")[0]
    for alias, kind in database.kinds[name].items():
        if alias in selection:
            shown = element(parent, alias)
            if alias in record:
                _show(database, shown, kind, record[alias], selection[alias])


def _show(
    database: Database, shown: etree._Element, kind: Kind, value: str, inner: list[str]
) -> None:
    if kind in OPTIONS:
        _show_options(database, shown, value.split(","))
    elif kind is Kind.NAMED:
        element(shown, value)
    elif kind in REFERRED:
        _show_referred(database, shown, REFERRED[kind], value, inner)
    else:
        shown.text = value


def _show_options(database: Database, shown: etree._Element, aliases: list[str]) -> None:
    parent = element(shown, "OptionRoot") if "option_root" in database.readings else shown
    for alias in aliases:
        _show_option(database, element(parent, alias), alias)


def _show_option(database: Database, shown: etree._Element, alias: str) -> None:
    # Silent in the documents; taken: of an option that was taken away the alias is left.
    if database.tenant.has(alias):
        element(shown, "Option.P_Id", option_id(database, alias))
        element(shown, "Option.P_Name", database.tenant.option(alias).name)


def _show_referred(
    database: Database, shown: etree._Element, name: str, value: str, inner: list[str]
) -> None:
    # Silent in the documents; taken: a reference to what was deleted is empty.
    if value not in database.records[name]:
        return
    if not inner and "reference_plain" in database.readings:
        shown.text = value
    else:
        chosen: dict[str, list[str]] = {alias: [] for alias in inner or [f"{name}.P_Id"]}
        _fill(database, element(shown, name), database.records[name][value], chosen)


def option_id(database: Database, alias: str) -> str:
    """Return the id of an option."""
    return str(FIRST_OPTION_ID + database.tenant.order(alias))


def element(parent: etree._Element, tag: str, text: str = "") -> etree._Element:
    """Append an element; without text it is an empty one."""
    appended = etree.SubElement(parent, tag)
    appended.text = text or None
    return appended
