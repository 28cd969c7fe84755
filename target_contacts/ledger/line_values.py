"""Say whether values that were read from a line are what the columns of a table take."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from target_contacts.ledger.entry import STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import sqlalchemy as sa

_BITS = 63
"""Of a whole number, but for its sign."""


def fit(table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Say whether a row has what each column needs; the account is not in it."""
    columns = (column for column in table.c if column.name != "account")
    return all(_fits(column, row.get(column.name)) for column in columns)


def _fits(column: sa.Column[Any], value: Any) -> bool:
    if value is None:
        return bool(column.nullable)
    if column.name == "status":
        return isinstance(value, str) and value in STATUSES
    return _KINDS[column.type.python_type](value)


def _is_time(value: Any) -> bool:
    try:
        return bool(datetime.datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return False


_KINDS: dict[type, Callable[[Any], bool]] = {
    str: lambda value: isinstance(value, str),
    bool: lambda value: isinstance(value, bool),
    int: lambda value: type(value) is int and value.bit_length() <= _BITS,
    float: lambda value: type(value) is float,
    datetime.datetime: _is_time,
}
"""What a line has for the type of each column."""
