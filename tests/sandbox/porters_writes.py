"""Carry out the items of a Contact Write of PORTERS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sandbox.porters_codes import Code, ResultCodeError
from tests.sandbox.porters_readings import code_for_all, undo
from tests.sandbox.porters_wire import parse_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml import etree

    from tests.sandbox.porters_state import Database


def write_items(
    database: Database, items: list[etree._Element], spoilt: Mapping[str, Code]
) -> list[tuple[str, Code]]:
    """Write each item and return the ids and codes; some readings then undo them all.

    `spoilt` has codes for items that hold a text.
    """
    held = database.records["Contact"]
    before = dict(held)
    results = [_write(database, item, spoilt) for item in items]
    codes = {code for _, code in results}
    root = code_for_all(database.readings, codes)
    undone = "rollback" in database.readings and codes != {Code.SUCCESS}
    if root is not None or undone:
        held.clear()
        held.update(before)
    if root is not None:
        raise ResultCodeError(root)
    return undo(results) if undone else results


def _write(
    database: Database, item: etree._Element, spoilt: Mapping[str, Code]
) -> tuple[str, Code]:
    contact_id = item.findtext("Contact.P_Id") or ""
    try:
        _spoil(item, spoilt)
        fields = parse_fields(item, database.kinds["Contact"])
        return database.write(fields), Code.SUCCESS
    except ResultCodeError as refused:
        return contact_id, refused.code


def _spoil(item: etree._Element, spoilt: Mapping[str, Code]) -> None:
    held = "\n".join(map(str, item.itertext()))
    for text, code in spoilt.items():
        if text in held:
            raise ResultCodeError(code)
