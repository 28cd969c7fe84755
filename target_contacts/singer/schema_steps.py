"""Find out whether a schema checks a record in few steps.

References can make a short schema long. Forty definitions that each refer twice to the next one
take 2^40 steps for a single value, and nothing can interrupt the check. So the steps are counted
before any record is checked.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MOST_STEPS = 100_000
"""Most steps for one value, beside one step for each part of the schema."""

AGAIN = 3
"""How often the rules beside an `unevaluated` are looked at."""

_SAME = ("allOf", "anyOf", "oneOf", "prefixItems", "not", "if", "then", "else")
_NAMED = ("dependentSchemas", "dependencies", "patternProperties")
_BELOW = ("items", "contains", "additionalItems", "additionalProperties", "propertyNames")
_UNEVALUATED = ("unevaluatedProperties", "unevaluatedItems")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")

_LONG = (b"$ref", b"unevaluated", b"$dynamicRef", b"$recursiveRef")
"""Keys of schemas that may take more steps than they have parts."""


class _Rule(NamedTuple):
    """A part of a schema that another part applies."""

    schema: Mapping[str, Any]
    place: str
    """The property that it is for; "" if it may be for the value itself or any one in it."""


class _Unknown(Exception):
    """A reference leads to an unknown part."""


def is_short(schema: Mapping[str, Any]) -> bool:
    """Say whether the check of any value takes about as many steps as the schema has parts."""
    text = msgspec.json.encode(schema)
    if not any(key in text for key in _LONG):
        return True
    try:
        return _Steps(schema).are_few()
    except (_Unknown, RecursionError):
        return False


class _Steps:
    """Count the steps of one schema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._root = schema
        self._rules: dict[int, list[_Rule]] = {}
        self._order: list[int] = []
        """The parts by identity, each after those that it applies, but for loops."""
        self._number: dict[int, int] = {}
        self._loop_of: dict[int, int] = {}
        self._times: dict[int, int] = {}

    def are_few(self) -> bool:
        self._visit(self._root)
        return not any(map(self._branches, self._order)) and self._count()

    def _count(self) -> bool:
        steps: dict[int, int] = {}
        for part in self._order:
            further = (steps.get(id(rule.schema), 0) for rule in self._rules[part])
            steps[part] = 1 + self._times[part] * sum(further)
        return max(steps.values()) <= MOST_STEPS + len(steps)

    def _branches(self, part: int) -> bool:
        """Say whether a part comes back to itself by two ways for one and the same value."""
        places = Counter(
            rule.place
            for rule in self._rules[part]
            if self._loop_of[id(rule.schema)] == self._loop_of[part]
        )
        anywhere = places.pop("", 0)
        is_loop = bool(anywhere or places)
        ways = (anywhere + max(places.values(), default=0)) * self._times[part]
        return is_loop and ways > 1

    def _visit(self, root: Mapping[str, Any]) -> None:
        """Find the loops of a schema, by Tarjan's algorithm, without a call for each part."""
        low: dict[int, int] = {}
        path: list[int] = []
        waiting: list[tuple[int, Iterator[_Rule]]] = [self._enter(root, low, path)]
        while waiting:
            part, rules = waiting[-1]
            rule = next(rules, None)
            if rule is None:
                self._leave(part, low, path)
                waiting.pop()
                above = waiting[-1][0] if waiting else part
                low[above] = min(low[above], low[part])
            elif (further := id(rule.schema)) not in self._number:
                waiting.append(self._enter(rule.schema, low, path))
            else:
                is_above = further not in self._loop_of
                low[part] = min(low[part], self._number[further] if is_above else low[part])

    def _enter(
        self, schema: Mapping[str, Any], low: dict[int, int], path: list[int]
    ) -> tuple[int, Iterator[_Rule]]:
        part = id(schema)
        self._number[part] = low[part] = len(self._number)
        path.append(part)
        self._times[part] = AGAIN if any(key in schema for key in _UNEVALUATED) else 1
        self._rules[part] = list(self._rules_of(schema))
        return part, iter(self._rules[part])

    def _leave(self, part: int, low: Mapping[int, int], path: list[int]) -> None:
        self._order.append(part)
        if low[part] == self._number[part]:
            while part not in self._loop_of:
                self._loop_of[path.pop()] = part

    def _rules_of(self, schema: Mapping[str, Any]) -> Iterator[_Rule]:
        for name, each in _object(schema.get("properties")).items():
            yield from _rules([each], name or " ")
        for key in (*_SAME, *_BELOW, *_UNEVALUATED):
            value = schema.get(key)
            yield from _rules(value if isinstance(value, list) else [value], "")
        for key in _NAMED:
            yield from _rules(_object(schema.get(key)).values(), "")
        references = [schema[key] for key in _REFERENCES if key in schema]
        yield from _rules(map(self._referred, references), "")

    def _referred(self, reference: Any) -> Any:
        start, *parts = str(reference).split("/")
        if start != "#":
            raise _Unknown
        found: Any = self._root
        for part in parts:
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            found = _child(found, name)
        return found


def _child(of: Any, name: str) -> Any:
    if isinstance(of, list) and name.isdecimal() and int(name) < len(of):
        return of[int(name)]
    if isinstance(of, dict) and name in of:
        return of[name]
    raise _Unknown


def _rules(schemas: Iterable[Any], place: str) -> Iterator[_Rule]:
    return (_Rule(each, place) for each in schemas if isinstance(each, dict))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
