"""Read the file that says which value of records stands for which id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin import printable
from tap_contacts.plugin.json_files import Unreadable, content
from tap_contacts.plugin.row_files import refuse, rows
from target_contacts.values.basic import compared

if TYPE_CHECKING:
    from collections.abc import Mapping

VALUE, ID = "value", "id"


def read(setting: str, path: str) -> Mapping[str, set[str]]:
    """Return the ids in a file, by the values for which they stand.

    Raises:
        ConfigurationError: If the file cannot be read, or a row of it cannot be used.
    """
    try:
        found: dict[str, set[str]] = {}
        for number, row in rows(content(path), (VALUE, ID)):
            by_name = {name.lower(): cell for name, cell in row.items()}
            value, remote_id = compared(by_name.get(VALUE)), compared(by_name.get(ID))
            if not (value and remote_id):
                refuse(number, "lacks the value or the id")
            found.setdefault(value, set()).add(remote_id)
    except Unreadable as error:
        msg = printable.text(f"{setting}.file: the file {path} {error}.")
        raise ConfigurationError(msg) from None
    return found
