"""Check the files that `--state` and `--catalog` name."""

from __future__ import annotations

import copy
import io
import json
from typing import IO, TYPE_CHECKING, Any

import click
from singer_sdk.singerlib import Catalog

from tap_contacts.plugin import printable
from tap_contacts.plugin.base import file_of

if TYPE_CHECKING:
    from collections.abc import Mapping

MARKERS = "progress_markers"
"""Key in a bookmark; the SDK keeps there how far an unsorted stream was read."""

STATE_ADVICE = "Give the last line that the target wrote, or leave --state out to read everything"


def catalog(ctx: click.Context, param: click.Parameter, path: str | None) -> IO[str] | None:
    """Return a catalog file as text; raise BadParameter if it is not a catalog."""
    if path is None:
        return None
    found = file_of("catalog", path, ctx, param)
    if not _is_catalog(found):
        msg = f"The catalog file {path} is no catalog. Give what --discover wrote, selected from."
        raise click.BadParameter(msg, ctx, param)
    return io.StringIO(json.dumps(found))


def _is_catalog(found: dict[str, Any]) -> bool:
    """Say whether an object is one that the SDK can read."""
    if not isinstance(found.get("streams"), list):
        return False
    try:
        for stream in Catalog.from_dict(copy.deepcopy(found)).values():
            stream.to_dict()
    except (AttributeError, LookupError, TypeError, ValueError):
        return False
    return True


def state(ctx: click.Context, param: click.Parameter, path: str | None) -> IO[str] | None:
    """Return a state file as text; raise BadParameter if it is not a state."""
    if path is None:
        return None
    try:
        found = file_of("state", path, ctx, param)
    except click.BadParameter as error:
        msg = f"{error.message} {STATE_ADVICE}."
        raise click.BadParameter(msg, ctx, param) from None
    if why := _why_no_state(found):
        msg = printable.text(f"The state file {path} {why}. {STATE_ADVICE}.")
        raise click.BadParameter(msg, ctx, param)
    return io.StringIO(json.dumps(found))


def _why_no_state(found: Mapping[str, Any]) -> str:
    if "type" in found and "value" in found:
        return "is a whole STATE message, of which the value alone is a state"
    bookmarks = found.get("bookmarks", {})
    is_right = isinstance(bookmarks, dict) and all(map(_is_bookmark, bookmarks.values()))
    return "" if is_right else "holds bookmarks that are none"


def _is_bookmark(value: object) -> bool:
    """Say whether a value has the form of a stream's bookmark, as far as the SDK relies on it."""
    if not isinstance(value, dict) or not isinstance(value.get(MARKERS, {}), dict):
        return False
    parts = value.get("partitions", [])
    return isinstance(parts, list) and all(map(_is_bookmark, parts))
