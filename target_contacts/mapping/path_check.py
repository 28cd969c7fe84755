"""Check by the schemas of the streams whether the paths of `field_map` can match."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from jmespath.functions import Functions
from singer_sdk.exceptions import ConfigurationError

from target_contacts.contact import schema_shapes
from target_contacts.contact.paths import nodes, starts
from target_contacts.contact.schema_shapes import Never, Shape
from target_contacts.contact.vocabulary import ATTRIBUTES
from target_contacts.values.basic import assert_known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from target_contacts.contact.paths import FieldPath, Node

FUNCTIONS = frozenset(Functions().FUNCTION_TABLE)

Whole = list[Shape] | None
"""What a value may be; None: anything."""


def assert_can_match(paths: Iterable[FieldPath], schemas: Sequence[Mapping[str, Any]]) -> None:
    """Raise ConfigurationError if a path of `field_map` can match in no stream."""
    record = _record(schemas)
    for path in paths:
        if path.text in record.properties or path.text in ATTRIBUTES:
            continue
        _assert_known(path, record)
        try:
            _follow(path, record)
        except Never as never:
            msg = f"field_map names {path.text}, which can never match: {never}."
            raise ConfigurationError(msg) from None


def assert_mapped(
    paths: Sequence[FieldPath],
    looked_up: Mapping[str, FieldPath],
    own: Mapping[str, Any],
    messages: Iterable[Mapping[str, Any]],
) -> None:
    """Raise ConfigurationError if a setting takes from a field that no stream so far has."""
    _assert_in_some(paths, own, messages)
    for setting, path in looked_up.items():
        with _naming(setting):
            _assert_in_some([path], own, messages)


@contextlib.contextmanager
def _naming(setting: str) -> Iterator[None]:
    try:
        yield
    except ConfigurationError:
        msg = f"{setting} names what no record can have. --explain shows the fields."
        raise ConfigurationError(msg) from None


def _assert_in_some(
    paths: Sequence[FieldPath], own: Mapping[str, Any], messages: Iterable[Mapping[str, Any]]
) -> None:
    if not paths:
        return
    try:  # what the stream itself has need not be looked for in perhaps thousands
        assert_can_match(paths, [own])
    except ConfigurationError:
        assert_can_match(paths, [own, *(each["schema"] for each in messages)])


def _record(schemas: Sequence[Mapping[str, Any]]) -> Shape:
    fields: dict[str, list[Any]] = {}
    for schema in schemas:
        for name, field in (schema.get("properties") or {}).items():
            # What a field refers to stands elsewhere.
            fields.setdefault(name, []).append({} if "$ref" in str(field) else field)
    properties = {name: {"anyOf": several} for name, several in fields.items()}
    is_open = any(Shape(schema, schema).is_open for schema in schemas)
    whole = {"type": "object", "properties": properties}
    return Shape({**whole, "additionalProperties": True} if is_open else whole, whole)


def _assert_known(path: FieldPath, record: Shape) -> None:
    """Raise ConfigurationError if a text is no path, or starts at a field that no stream has."""
    if not path.is_plain and path.tree is None:
        msg = (
            f"field_map names {path.text}: neither a field nor a JMESPath expression "
            f"(https://jmespath.org); known are: {schema_shapes.listed(record.properties)}."
        )
        raise ConfigurationError(msg)
    starting = [names[0] for names in starts(path.tree)] if path.tree else path.text.split(".")[:1]
    if not record.is_open:
        assert_known("field_map", starting, record.properties)


def _follow(path: FieldPath, record: Shape) -> None:
    if path.tree:
        parts = nodes(path.tree)
        used = {node["value"] for node in parts if node["type"] == "function_expression"}
        for unknown in sorted(used - FUNCTIONS):
            msg = f"JMESPath has no function {unknown}"
            raise Never(msg)
        _reached(path.tree, [record])
        return
    whole: Whole = [record]
    for name in path.text.split("."):
        whole = schema_shapes.named(whole, name)


def _reached(node: Node, whole: Whole) -> Whole:
    """Return what is where an expression leads from a value.

    Raises:
        Never: If nothing can be there.
    """
    follow = _FOLLOWING.get(node["type"], _beside)
    return follow(node, whole)


def _field(node: Node, whole: Whole) -> Whole:
    return schema_shapes.named(whole, node["value"])


def _one_by_one(node: Node, whole: Whole) -> Whole:
    for child in node["children"]:
        whole = _reached(child, whole)
    return whole


def _index(_: Node, whole: Whole) -> Whole:
    return schema_shapes.items(whole)


def _slice(_: Node, whole: Whole) -> Whole:
    schema_shapes.items(whole)
    return whole


def _projection(node: Node, whole: Whole) -> Whole:
    """Follow the part for each item of a list. The result may be anything."""
    left, *of_each = node["children"]
    if left["type"] == "flatten":
        found = schema_shapes.flat(_reached(left["children"][0], whole))
    else:
        found = schema_shapes.items(_reached(left, whole))
    for each in of_each:
        _reached(each, found)
    return None


def _values(node: Node, whole: Whole) -> Whole:
    _reached(node["children"][0], whole)
    return None


def _beside(node: Node, whole: Whole) -> Whole:
    """Follow parts that all start at the same value. The result may be anything."""
    for child in node["children"]:
        _reached(child, whole)
    return None


_FOLLOWING: dict[str, Callable[[Node, Whole], Whole]] = {
    "field": _field,
    "subexpression": _one_by_one,
    "index_expression": _one_by_one,
    "pipe": _one_by_one,
    "index": _index,
    "slice": _slice,
    "projection": _projection,
    "filter_projection": _projection,
    "value_projection": _values,
    "flatten": _values,
    "identity": lambda _, whole: whole,
    "current": lambda _, whole: whole,
    "expref": lambda *_: None,
}
"""What follows each type of expression; `_beside` follows all others."""
