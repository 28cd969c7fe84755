"""Read the rows of the setting `destinations`: from the setting itself, or from a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin import printable, row_files
from tap_contacts.plugin.json_files import Unreadable, content
from tap_contacts.plugin.value_files import value_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SETTING = "destinations"
NAME, API = "name", "api"


def rows(listed: object) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of the setting, each of which is one destination.

    Raises:
        ConfigurationError: If it is no list of objects, and no file that can be read.
    """
    if isinstance(listed, str):
        listed = value_of(listed, SETTING)
        listed = parsed(listed) if listed.lstrip().startswith("[") else listed
    if isinstance(listed, str):
        yield from _of_file(listed)
        return
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        msg = f"{SETTING} must be a list of objects, or the path of a file."
        raise ConfigurationError(msg)
    yield from listed


def _of_file(path: str) -> Iterator[Mapping[str, Any]]:
    try:
        for _, row in row_files.rows(content(path), (NAME, API)):
            yield _nested(row)
    except Unreadable as error:
        msg = f"{SETTING}: the file {error}."
        raise ConfigurationError(msg) from None


def _nested(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of a file with dots in its names as objects, without cells that are empty."""
    found: dict[str, Any] = {}
    for path, value in row.items():
        above, dot, name = path.partition(".")
        if value == "":
            continue
        if not dot:
            found[path] = value
        elif isinstance(place := found.setdefault(above, {}), dict):
            place[name] = value
        else:
            msg = f"has the columns {printable.name(above)} and {printable.name(path)}: keep one"
            raise Unreadable(msg)
    return found


def parsed(text: str) -> Any:
    """Return what JSON says; None if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
