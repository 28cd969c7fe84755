"""Read rows out of files that users keep: JSON lines, or CSV with a head."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any, NoReturn

from tap_contacts.plugin.json_files import Unreadable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

DELIMITERS = ",;\t"

Row = tuple[int, dict[str, Any]]
"""The number of a row's line, or of the line that its last cell ends in; and its values by name."""


def rows(whole: str, needed: Collection[str]) -> Iterator[Row]:
    """Yield the rows of a text: of JSON lines if it begins with a brace, else of CSV.

    Args:
        whole: The text.
        needed: Columns that a CSV must have, in lower case.

    Raises:
        Unreadable: If the text is neither. The message holds nothing of it.
    """
    return _of_json(whole) if whole.lstrip().startswith("{") else _of_csv(whole, needed)


def _of_csv(whole: str, needed: Collection[str]) -> Iterator[Row]:
    lines = whole.splitlines(keepends=True)
    head = lines[0] if lines else ""
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    names: list[str] = []
    for cells in _unless_broken(reader):
        if not names:
            names = _columns(cells, needed)
        elif any(cell.strip() for cell in cells):
            yield reader.line_num, dict(zip(names, cells, strict=False))
    if not names:
        _columns([], needed)


def _columns(cells: list[str], needed: Collection[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    if not {*needed} <= {name.lower() for name in names}:
        msg = f"has no head with the columns {' and '.join(needed)}"
        raise Unreadable(msg)
    return names


def _unless_broken(reader: Any) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error:
        refuse(reader.line_num, "is not CSV")


def _of_json(whole: str) -> Iterator[Row]:
    for number, line in enumerate(whole.splitlines(), 1):
        if line.strip():
            yield number, _json(number, line)


def _json(number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        refuse(number, "is not a JSON object")
    return found


def refuse(number: int, why: str) -> NoReturn:
    """Raise Unreadable for a line."""
    msg = f"cannot be used: line {number} {why}"
    raise Unreadable(msg)
