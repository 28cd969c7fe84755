"""Check records against the schema of their own stream."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NoReturn

import jsonschema_rs

from target_contacts.errors import Rejected
from target_contacts.singer import schema_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}

_BRANCHES = ("anyOf", "oneOf")


def _nothing_else(address: str) -> NoReturn:
    """Read no schema from an address: it may lead anywhere."""
    raise ValueError(address)


def _validators(schema: Mapping[str, Any]) -> Iterator[tuple[Any, bool]]:
    """Yield validators, the strictest first, and whether each checks the whole schema.

    They take the schema as it is, by an older draft, or as far as it can be understood. `format`
    is not checked: only some drafts of the standard demand it.
    """
    options: dict[str, Any] = {"retriever": _nothing_else, "validate_formats": False}
    readings: tuple[tuple[Callable[..., Any], bool], ...] = (
        (jsonschema_rs.validator_for, True),
        (jsonschema_rs.Draft4Validator, True),
        (lambda whole, **more: jsonschema_rs.validator_for(_plain(whole), **more), False),
    )
    for reading, is_whole in readings if schema_steps.is_short(schema) else readings[-1:]:
        with contextlib.suppress(jsonschema_rs.ValidationError, ValueError):
            yield reading(dict(schema), **options), is_whole
    yield jsonschema_rs.validator_for({}), False


def _plain(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return {}
    plain: dict[str, Any] = {}
    types = schema.get("type")
    several = types if isinstance(types, list) else [types]
    if several and all(isinstance(each, str) and each in TYPES for each in several):
        plain["type"] = sorted(set(several))
    if isinstance(schema.get("properties"), dict):
        plain["properties"] = {name: _plain(each) for name, each in schema["properties"].items()}
    if isinstance(schema.get("items"), dict):
        plain["items"] = _plain(schema["items"])
    return plain | _plain_branches(schema)


def _plain_branches(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the alternatives of a schema. Without some rules, several of them may hold."""
    lists = (schema.get(key) for key in _BRANCHES)
    branches = [each for found in lists if isinstance(found, list) for each in found]
    return {"anyOf": [_plain(each) for each in branches]} if branches else {}


class RecordValidator:
    """Check records against the schema of their stream. An error names places, but no values."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._validator, self.is_whole = next(_validators(schema))
        """Whether all that the schema says is checked."""

    def check(self, record: Mapping[str, Any]) -> None:
        """Raise Rejected if the record breaks its schema."""
        if self._validator.is_valid(record):
            return
        error = next(self._validator.iter_errors(record))
        path = [str(part) for part in error.instance_path]
        rule = "/".join(str(part) for part in error.schema_path)
        where = ".".join(path) or "record"
        reason = f"{where} breaks the rule {rule} of the stream's own schema"
        raise Rejected(reason, "schema", field=path[0] if path else None)
