"""Read the file that says which value of records stands for which id."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin.json_files import Unreadable, content
from target_contacts.values.basic import compared

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VALUE, ID = "value", "id"
DELIMITERS = ",;\t"


class Row(NamedTuple):
    """A row of the file."""

    number: int
    """Number of its line, or of the line that its last cell ends in."""
    value: Any
    id: Any


def read(setting: str, path: str) -> Mapping[str, set[str]]:
    """Return the ids in a file, by the values for which they stand.

    Args:
        setting: The setting that the file is for.
        path: Path of the file.

    Raises:
        ConfigurationError: If the file cannot be read, or a row of it cannot be used.
    """
    try:
        found: dict[str, set[str]] = {}
        for row in _rows(content(path)):
            value, remote_id = compared(row.value), compared(row.id)
            if not (value and remote_id):
                _refuse(row.number, "lacks the value or the id")
            found.setdefault(value, set()).add(remote_id)
    except Unreadable as error:
        msg = f"{setting}.file: the file {error}."
        raise ConfigurationError(msg) from None
    return found


def _rows(whole: str) -> Iterator[Row]:
    """Yield the rows of a text: of JSON lines if it begins with a brace, else of CSV."""
    return _of_json(whole) if whole.lstrip().startswith("{") else _of_csv(whole)


def _of_csv(whole: str) -> Iterator[Row]:
    lines = whole.splitlines(keepends=True)
    head = lines[0] if lines else ""
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    names: list[str] = []
    for cells in _unless_broken(reader):
        if not names:
            names = _columns(cells)
        elif any(cell.strip() for cell in cells):
            by_name = dict(zip(names, cells, strict=False))
            yield Row(reader.line_num, by_name.get(VALUE), by_name.get(ID))
    if not names:
        _columns([])


def _columns(cells: list[str]) -> list[str]:
    """Return the names of the columns; raise Unreadable if one is missing."""
    names = [cell.strip().lower() for cell in cells]
    if not {VALUE, ID} <= set(names):
        msg = f"has no head with the columns {VALUE} and {ID}"
        raise Unreadable(msg)
    return names


def _unless_broken(reader: Any) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error:
        _refuse(reader.line_num, "is not CSV")


def _of_json(whole: str) -> Iterator[Row]:
    for number, line in enumerate(whole.splitlines(), 1):
        if line.strip():
            found = _json(number, line)
            yield Row(number, found.get(VALUE), found.get(ID))


def _json(number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        _refuse(number, "is not a JSON object")
    return found


def _refuse(number: int, why: str) -> NoReturn:
    msg = f"cannot be used: line {number} {why}"
    raise Unreadable(msg)
