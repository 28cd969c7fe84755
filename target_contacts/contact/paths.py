"""Take values out of records by the paths of `field_map`.

A path is the name of a field, whatever characters it holds; an attribute of the vocabulary; names
with dots between them, which lead into objects; or else a JMESPath expression, which leads into
lists, too: https://jmespath.org
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import jmespath
from jmespath.exceptions import JMESPathError
from singer_sdk.exceptions import ConfigurationError

from target_contacts.contact.spelling import spelled

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from jmespath.parser import ParsedResult

Node = dict[str, Any]
"""A part of an expression: its type, value and children."""

_PLAIN = re.compile(r"[^\[\]{}()|&!?*@`'\"<>=,]+")
"""Names with dots between them: all that holds no sign of JMESPath."""

_FAILURES = (JMESPathError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError)
"""What evaluating an expression may raise; the texts hold values."""

_RECKONING = {"comparator", "function_expression"}
"""Types of expressions that look at values."""

_SOURCES = frozenset(
    ("filter_projection", "flatten", "index_expression", "pipe", "projection", "subexpression")
)
"""Types of expressions whose first child alone starts at the record."""

_SEVERAL = {
    *("filter_projection", "flatten", "multi_select_dict", "multi_select_list", "projection"),
    "value_projection",
}
"""Types of expressions that give a list or an object."""

_NOTHING: Node = {"type": "identity", "children": []}

LARGEST_EXPONENT = 30
"""Of numbers that expressions reckon with."""


class Failure(NamedTuple):
    """Why an expression gives no value for a record, in words that hold none of its values."""

    reason: str


def at(record: Mapping[str, Any], path: str) -> Any:
    """Return the value of a field, or of a nested one whose path is written with dots, or None."""
    if path in record:
        return record[path]
    value: Any = record
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


class FieldPath:
    """One path, compiled once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_plain = bool(_PLAIN.fullmatch(text))

    @cached_property
    def expression(self) -> ParsedResult | None:
        """Return the path as an expression; None if it is none, or names alone."""
        try:
            return None if self.is_plain else jmespath.compile(self.text)
        except JMESPathError:
            return None

    @cached_property
    def tree(self) -> Node | None:
        """Return the parts of the expression; None if the path is none."""
        return cast("Node", self.expression.parsed) if self.expression else None

    @cached_property
    def starts(self) -> Sequence[str]:
        """Return where in a record the path starts to read: names with dots between them."""
        return [".".join(names) for names in starts(self.tree)] if self.tree else [self.text]

    @property
    def is_several(self) -> bool:
        """Say whether the path always gives a list or an object."""
        return self.tree is not None and self.tree["type"] in _SEVERAL

    @property
    def fields(self) -> set[str]:
        """Return the fields of a record that the path may start at, by its dots read either way."""
        return {*self.starts, *(start.split(".")[0] for start in self.starts)}

    @cached_property
    def attributes(self) -> set[str]:
        """Return the attributes that it names, itself or as fields of a record are spelled."""
        found = (spelled(tuple(start.split("."))) for start in self.starts)
        return {self.text, *(each[0] for each in found if each)}

    @cached_property
    def _reckons(self) -> bool:
        return any(node["type"] in _RECKONING for node in nodes(self.tree or _NOTHING))

    def value(self, record: Mapping[str, Any], attributes: Mapping[str, Any]) -> Any:
        """Return what is found in a record, or among the attributes read from it; None if nothing.

        An expression that fails on the record gives a `Failure`.
        """
        value = at(record, self.text)
        if value is None or isinstance(value, (dict, list)):
            value = attributes.get(self.text, value)
        if value is None and self.expression and self.text not in record:
            return self._searched(self.expression, record)
        return value

    def reads(self, name: str) -> bool:
        """Say whether a value of a record, by its path with dots, is among what this one reads."""
        return any(name == start or name.startswith(f"{start}.") for start in self.starts)

    def _searched(self, expression: ParsedResult, record: Mapping[str, Any]) -> Any:
        try:
            return expression.search(_reckonable(record) if self._reckons else record)
        except _FAILURES:
            return Failure("cannot be made: its expression in field_map fails on this record")


class MappedFields:
    """What `field_map` gives: destination fields, and the paths of their values."""

    def __init__(self, field_map: Mapping[str, str | None], nested: Collection[str]) -> None:
        given = {wire: path for wire, path in field_map.items() if path is not None}
        self.paths = {wire: FieldPath(path) for wire, path in given.items()}
        self._nested = nested
        for wire, path in self.paths.items():
            if path.is_several and wire not in nested:
                msg = (
                    f"field_map: {path.text} gives a list or an object, and {wire} takes one "
                    "value. Choose one, such as by | [0] behind it."
                )
                raise ConfigurationError(msg)

    def values(
        self, record: Mapping[str, Any], attributes: Mapping[str, Any]
    ) -> Iterator[tuple[str, Any]]:
        """Yield each destination field that gets a value; a list or an object may be none."""
        for wire, path in self.paths.items():
            value = path.value(record, attributes)
            if not isinstance(value, (dict, list)) or wire in self._nested:
                yield wire, value

    def reads(self, filled: Collection[str], name: str) -> bool:
        """Say whether a value of a record, by its path with dots, went into one of these fields."""
        return any(self.paths[wire].reads(name) for wire in filled)


def nodes(node: Node) -> Iterator[Node]:
    """Yield an expression and all its parts."""
    yield node
    for child in node["children"]:
        if isinstance(child, dict):
            yield from nodes(child)


def starts(node: Node) -> Iterator[tuple[str, ...]]:
    """Yield the paths into a record from which an expression reads on."""
    kind, children = node["type"], node["children"]
    parts = [node] if kind == "field" else children if kind == "subexpression" else ()
    if parts and all(part["type"] == "field" for part in parts):
        yield tuple(part["value"] for part in parts)
        return
    below = children[:1] if kind in _SOURCES else () if kind == "expref" else children
    for child in below:
        yield from starts(child)


def _reckonable(value: Any) -> Any:
    """Return a value with the kinds of numbers that JMESPath's functions know."""
    if isinstance(value, dict):
        return {name: _reckonable(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_reckonable(child) for child in value]
    if not isinstance(value, Decimal) or abs(value.adjusted()) > LARGEST_EXPONENT:
        return value
    return int(value) if value == value.to_integral_value() else float(value)
