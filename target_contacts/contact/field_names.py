"""Show the names of fields as far as they are declared or known: the rest may be personal.

A name below a field that the schema does not describe may be anything, such as an e-mail address
that an object is keyed by. What the schema declares is shown, whatever it is declared under:
`properties`, `items`, `anyOf`, `oneOf`, `allOf`, a reference. But a table that was turned on its
side has addresses for names of columns: only what looks like a name is shown at all.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_contacts.plugin import printable
from tap_contacts.plugin.printable import HIDDEN
from target_contacts.contact.spelling import spelled

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

LONGEST = 1000
"""Characters of a name that is shown in any part."""
FURTHER = "n"
"""What stands for the number of an item in a list."""
NESTED = frozenset(("object", "array"))
"""Types of what holds others."""

ALTERNATIVES = ("anyOf", "oneOf", "allOf")


class _Below(NamedTuple):
    """What schemas declare, each alternative of them."""

    properties: Mapping[str, list[Any]]
    plain: list[Any]
    is_list: bool


class FieldNames:
    """Show the names of the fields of one stream."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._declared: Mapping[str, Any] = schema.get("properties") or {}
        self._found: dict[tuple[int, ...], _Below] = {}
        """What is declared below schemas, by their identity."""

    def shown(self, name: str) -> str:
        """Return a field's name, `*` for what may not be shown and `n` for numbers of items.

        A part that is not declared is not shown below a field that is, nor is one that does not
        look like a name.
        """
        if len(name) > LONGEST:
            return HIDDEN
        first = _longest(name, self._declared)
        below: list[Any] | None = [self._declared[first]] if first in self._declared else None
        parts, rest = [printable.name(first)], name[len(first) + 1 :]
        while rest and not (parts[-1] == HIDDEN and below is None):
            shown, taken, below = self._next(rest, below)
            if shown != HIDDEN or parts[-1] != HIDDEN:
                parts.append(shown)
            rest = rest[len(taken) + 1 :]
        return ".".join(parts)

    def containers(self) -> frozenset[str]:
        """Return the fields that hold lists or objects only, as far as the schema says."""
        return frozenset(name for name in self._declared if self._holds_others(name))

    def _holds_others(self, name: str) -> bool:
        alternatives = self._alternatives([self._declared[name]], set())
        types = {kind for each in alternatives for kind in _texts(each.get("type"))}
        return bool(types & NESTED) and types <= NESTED | {"null"}

    def _next(self, rest: str, schemas: Sequence[Any] | None) -> tuple[str, str, list[Any] | None]:
        """Return the next part of a name as shown and as it is, and the schemas of what is below.

        An item of a list may stand under what it is labelled as: the schemas stay those of the
        list then.
        """
        found = self._below(schemas or ())
        part = _longest(rest, found.properties)
        if part in found.properties:
            return printable.name(part), part, found.properties[part]
        return _known(part), part, found.plain if found.is_list else None

    def _below(self, schemas: Sequence[Any]) -> _Below:
        key = tuple(map(id, schemas))
        if key not in self._found:
            plain = [each for schema in schemas for each in self._plain(schema)]
            properties: dict[str, list[Any]] = {}
            for each in plain:
                for name, schema in _properties(each).items():
                    properties.setdefault(name, []).append(schema)
            self._found[key] = _Below(properties, plain, any(map(_items, plain)))
        return self._found[key]

    def _plain(self, schema: Any) -> list[Mapping[str, Any]]:
        """Return a schema and those of its items, each alternative of them apart."""
        seen: set[int] = set()
        found = self._alternatives([schema], seen)
        for each in found:  # what is found is looked at, too
            found += self._alternatives(_items(each), seen)
        return found

    def _alternatives(self, schemas: Sequence[Any], seen: set[int]) -> list[Mapping[str, Any]]:
        """Return schemas and each of their alternatives, but for those that were seen."""
        found: list[Mapping[str, Any]] = []
        waiting = deque(schemas)
        while waiting:
            schema = waiting.popleft()
            if isinstance(schema, dict) and id(schema) not in seen:
                seen.add(id(schema))
                found.append(schema)
                waiting += (each for key in ALTERNATIVES for each in _listed(schema.get(key)))
                waiting.append(self._referred(schema.get("$ref")))
        return found

    def _referred(self, reference: Any) -> Any:
        """Return the part of the stream's schema that a reference names, or None."""
        found: Any = self._schema if isinstance(reference, str) else None
        for part in str(reference).removeprefix("#").split("/")[1:]:
            found = found.get(part) if isinstance(found, dict) else None
        return found


def _longest(name: str, declared: Container[str]) -> str:
    """Return the longest start of a name that is declared, else its first part."""
    start = name
    while start not in declared and "." in start:
        start = start.rpartition(".")[0]
    return start


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    declared = schema.get("properties")
    return declared if isinstance(declared, dict) else {}


def _items(schema: Mapping[str, Any]) -> list[Any]:
    return [*_listed(schema.get("items")), *_listed(schema.get("prefixItems"))]


def _texts(value: Any) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if each]


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def _known(part: str) -> str:
    """Return a part of a name that is not declared as it may be shown."""
    if part.isdecimal():
        return FURTHER
    return part if spelled((part,)) else HIDDEN
