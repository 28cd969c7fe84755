"""Take the files that are kept between runs, states and catalogs, as options name them."""

from __future__ import annotations

import io
import json
from typing import IO, TYPE_CHECKING, Any

import click

from tap_contacts.apis.plugin import file_of

if TYPE_CHECKING:
    from collections.abc import Mapping

ADVICE = "Give the last line that the target wrote, or leave --state out to read everything"


def catalog(ctx: click.Context, param: click.Parameter, path: str | None) -> IO[str] | None:
    """Return a catalog file as text; raise BadParameter if it is no JSON object."""
    return None if path is None else io.StringIO(json.dumps(file_of("catalog", path, ctx, param)))


def state(ctx: click.Context, param: click.Parameter, path: str | None) -> IO[str] | None:
    """Return a state file as text; raise BadParameter if it is no state."""
    if path is None:
        return None
    try:
        found = file_of("state", path, ctx, param)
    except click.BadParameter as error:
        msg = f"{error.message} {ADVICE}."
        raise click.BadParameter(msg, ctx, param) from None
    if why := _why_not(found):
        msg = f"The state file {path} {why}. {ADVICE}."
        raise click.BadParameter(msg, ctx, param)
    return io.StringIO(json.dumps(found))


def _why_not(found: Mapping[str, Any]) -> str:
    """Say why an object is no state; "" if it is one."""
    if "type" in found and "value" in found:
        return "is a whole STATE message, of which the value alone is a state"
    bookmarks = found.get("bookmarks", {})
    is_right = isinstance(bookmarks, dict) and all(map(_is_object, bookmarks.values()))
    return "" if is_right else "holds bookmarks that are none"


def _is_object(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("progress_markers", {}), dict)
