"""Convert settings that are texts, as from the environment, to the types of the schema."""

from __future__ import annotations

import contextlib
import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from tap_contacts.plugin.value_files import value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,18}(\.[0-9]{0,18})?|\.[0-9]{1,18})([eE][+-]?[0-9]{1,2})?")

_BOOLEANS = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}


def typed(value: Any, schema: Mapping[str, Any], setting: str = "") -> Any:
    """Return a setting, or an object of settings, with texts converted as the schema demands.

    A text that cannot be converted is returned as it is; the check of the schema reports it.

    Args:
        value: What is given; that of a declared setting may name a file that holds it.
        schema: The schema of the setting; empty if it is not declared.
        setting: The name of the setting.

    Raises:
        ConfigurationError: If a file that a setting names cannot be read.
    """
    if isinstance(value, str) and schema:
        value = _converted(value_of(value, setting), _kinds(schema))
    if isinstance(value, float) and value.is_integer() and "integer" in _kinds(schema):
        return int(value)
    if isinstance(value, dict):
        declared = schema.get("properties", {})
        above = f"{setting}." if setting else ""
        return {
            name: typed(child, declared.get(name, {}), above + name)
            for name, child in value.items()
        }
    if isinstance(value, list):
        return [typed(child, schema.get("items", {}), setting) for child in value]
    return value


_FREE = {"stream_maps", "stream_map_config", "faker_config"}
"""Settings of the SDK whose keys are the user's."""


def is_account(name: str, known: Mapping[str, Any]) -> bool:
    """Say whether a setting is an object of declared settings."""
    return bool(known.get("properties")) and name not in _FREE


def without_nulls(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings without those that are null, which count as not given.

    So does an object whose settings are all null, as Meltano gives one that is not set.
    """
    declared = schema.get("properties", {})
    kept = {}
    for name, value in config.items():
        known = declared.get(name)
        if value is None and known is not None:
            continue
        if isinstance(value, dict) and is_account(name, known or {}):
            given = without_nulls(value, known or {})
            if given or not value:
                kept[name] = given
        else:
            kept[name] = value
    return kept


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    given = schema.get("type", [])
    return [given] if isinstance(given, str) else list(given)


def _converted(text: str, kinds: list[str]) -> Any:
    """Return the value of a text; the text itself if the schema allows texts."""
    if "string" in kinds or not kinds:
        return text
    if "null" in kinds and not text.strip():
        return None
    for kind in kinds:
        with contextlib.suppress(ValueError, LookupError):
            return _READERS[kind](text.strip())
    return text


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError
    return int(text)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError
    return int(text) if _INTEGER.fullmatch(text) else float(text)


def _list(text: str) -> Any:
    """Return a JSON list, or the parts between commas."""
    if text.startswith("["):
        return _json(text, list)
    return [part.strip() for part in text.split(",") if part.strip()]


def _json(text: str, kind: type) -> Any:
    found = json.loads(text)
    if not isinstance(found, kind):
        raise ValueError  # noqa: TRY004  # all readers raise it
    return found


_READERS: dict[str, Callable[[str], Any]] = {
    "integer": _integer,
    "number": _number,
    "boolean": lambda text: _BOOLEANS[text.lower()],
    "array": _list,
    "object": partial(_json, kind=dict),
}
"""What converts a text to each type of JSON schema."""
