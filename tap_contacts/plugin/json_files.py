"""Read JSON files that users keep: settings, states, catalogs."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from typing import Any

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Unreadable(ValueError):
    """A file cannot be read; the text says why without showing what is in it."""


def object_in(path: str) -> dict[str, Any]:
    """Return the JSON object in a file; a byte order mark is ignored.

    Raises:
        Unreadable: If it holds anything else, or cannot be read.
    """
    text = content(path)
    if not text or text.isspace():
        msg = "is empty"
        raise Unreadable(msg)
    try:
        found = json.loads(text, object_pairs_hook=_without_doubles)
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        msg = _why_no_json(text, error)
        raise Unreadable(msg) from None
    if not isinstance(found, dict):
        msg = "is not a JSON object"
        raise Unreadable(msg)
    return found


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        shown = "".join(each if each.isprintable() else "?" for each in twice[:60])
        msg = f"gives {shown} twice: keep one"
        raise Unreadable(msg)
    return found


def content(path: str) -> str:
    """Return the text in a file.

    Raises:
        Unreadable: If it cannot be read as UTF-8.
    """
    try:
        body = Path(path).read_bytes()
    except (OSError, ValueError) as error:  # a name may hold what none can
        raise why_not(error) from None
    return decoded(body)


def why_not(error: Exception) -> Unreadable:
    """Return why a file cannot be opened."""
    why = getattr(error, "strerror", None) or "there can be no such name"
    return Unreadable(f"cannot be read: {why}")


def decoded(body: bytes) -> str:
    """Return the text of a file; raise Unreadable if it is not UTF-8."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        is_wide = body.startswith(_UTF_16)
        msg = f"is {'UTF-16' if is_wide else 'not UTF-8'}: save it as UTF-8"
        raise Unreadable(msg) from None


def _why_no_json(text: str, error: Exception) -> str:
    """Say why a text is not JSON, and where it ceases to be."""
    lines = [line for line in text.splitlines() if not line.isspace() and line]
    try:
        several = [json.loads(line) for line in lines]
    except (ValueError, RecursionError):
        if not isinstance(error, json.JSONDecodeError):
            return "is not JSON"
        return f"is not JSON: line {error.lineno}, column {error.colno}"
    return f"holds {len(several)} JSON values, one a line: keep the last one alone"
