"""Say what is wrong with settings, without showing their values."""

from __future__ import annotations

import difflib
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from jsonschema import Draft7Validator

from tap_contacts.plugin.typed import is_account
from tap_contacts.transport.forms import IN_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import ValidationError

_CONTROL = re.compile(r"[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]")

_SURROGATE = re.compile(r"[\ud800-\udfff]")

_RECORDED = {("value_map",), ("stream_map_config",)}
"""Settings whose keys are values of records, or the user's own."""

LONGEST_SETTING_NAME = 60
"""Most characters of a setting's name in a message."""

ALIKE = 0.8
"""How alike a misspelt name and the one that is meant are at least, as `difflib` measures.

Below it are settings of the other command and of other targets: `streams` is 0.78 of `stream_maps`.
"""

SettingPath = tuple[object, ...]

_DEMANDS = {
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "exclusiveMaximum": "must be less than {}",
    "minLength": "must not be empty",
    "maxLength": "must have at most {} characters",
    "enum": "must be one of {}",
    "type": "must be of type {}",
}
"""What the rules of a JSON schema demand, in words."""


def wrong(config: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each setting that is not as the schema demands."""
    if found := [f"{_setting_path(path)} {why}." for path, why in _unwritable(config)]:
        return found
    refused = [each.sentence for each in unknown(config, schema) if each.is_refused]
    errors = Draft7Validator(schema).iter_errors(config)
    return refused + [_in_words(error) for error in errors if not _is_of_names(error)]


class Unknown(NamedTuple):
    """A setting that the schema does not know."""

    name: str
    advice: str
    is_refused: bool
    """Whether it must not be there. Others may be those of other programs."""

    @property
    def sentence(self) -> str:
        """Return what is wrong with it."""
        return f"Unknown setting {self.name}; {self.advice}"


def unknown(
    config: Mapping[str, Any], schema: Mapping[str, Any], above: str = ""
) -> Iterator[Unknown]:
    """Yield each setting that the schema does not know; one that resembles a known is refused."""
    declared = schema.get("properties", {})
    for name, value in config.items():
        known = declared.get(name)
        if known is None and "properties" in schema:
            yield _unknown(name, schema, above)
        elif isinstance(value, dict) and is_account(name, known or {}):
            yield from unknown(value, known, f"{above}{name}.")


def _unknown(name: str, schema: Mapping[str, Any], above: str) -> Unknown:
    declared, shown = schema["properties"], above + _one_line(name)
    near = difflib.get_close_matches(name[:LONGEST_SETTING_NAME].lower(), declared, 1, ALIKE)
    if near:
        return Unknown(shown, f"did you mean {above}{near[0]}?", is_refused=True)
    if schema.get("additionalProperties") is False:
        return Unknown(shown, f"known are {', '.join(declared)}.", is_refused=True)
    return Unknown(shown, "see --about for all.", is_refused=False)


def _is_of_names(error: ValidationError) -> bool:
    return bool(error.validator == "additionalProperties" and error.validator_value is False)


def _unwritable(value: object, path: SettingPath = ()) -> Iterator[tuple[SettingPath, str]]:
    """Yield where a setting holds what no file or request can, and why."""
    refused = _SURROGATE if path[:1] in _RECORDED else _CONTROL
    for name in filter(refused.search, value if isinstance(value, dict) else ()):
        yield (*path, name), "has a line break or another control character in its name"
    for name, child in _children(value):
        yield from _unwritable(child, (*path, name))
    if isinstance(value, float) and not math.isfinite(value):
        yield path, "must be a finite number"
    if isinstance(value, str) and _SURROGATE.search(value):
        yield path, "holds half a character, which no encoding can write"


def _children(value: object) -> Iterable[tuple[object, object]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _in_words(error: ValidationError) -> str:
    """Say what a setting must be, without showing what it is."""
    where, rule = _setting_path(error.absolute_path), str(error.validator)
    asked: Any = error.validator_value
    if rule == "required":
        return f"{where} lacks the setting {error.message.split(' ', maxsplit=1)[0]}."
    if rule == "pattern":
        return f"{where} {IN_WORDS.get(str(asked), f'must match {asked}')}."
    if rule in {"anyOf", "oneOf"} and (near := [e for e in error.context if e.validator != "type"]):
        return _in_words(near[0])
    if rule in {"anyOf", "oneOf"}:
        kinds = [kind for each in asked for kind in _joined(each.get("type", "")).split(", ")]
        rule, asked = "type", list(dict.fromkeys(filter(None, kinds)))
    return f"{where} {_DEMANDS.get(rule, f'must satisfy {rule} {{}}').format(_joined(asked))}."


def _setting_path(parts: Any) -> str:
    return ".".join(_one_line(str(part)) for part in parts) or "The config"


def _one_line(name: str) -> str:
    plain = "".join(each if each.isprintable() else "?" for each in name)
    return plain if len(plain) <= LONGEST_SETTING_NAME else f"{plain[:LONGEST_SETTING_NAME]}…"


def _joined(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
