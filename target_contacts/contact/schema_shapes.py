"""Read from a schema what a value may hold: properties by name, and items of lists."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

DEEPEST = 20
"""Levels of references and alternatives that are followed."""

MOST_NAMED = 30
"""Fields that a message names."""


class Never(Exception):
    """A path never matches; the text says why."""


class Shape(NamedTuple):
    """One schema that a value may have, without alternatives and references."""

    schema: Mapping[str, Any]
    root: Mapping[str, Any]
    """The whole schema, to which references refer."""

    @property
    def kinds(self) -> set[str]:
        """Return the types that a value may have."""
        given = self.schema.get("type")
        several = given if isinstance(given, list) else [given]
        told = {kind for kind in several if isinstance(kind, str)}
        implied = {"properties": "object", "items": "array"}
        return told or {kind for key, kind in implied.items() if key in self.schema}

    @property
    def properties(self) -> Mapping[str, Any]:
        """Return what an object declares."""
        declared = self.schema.get("properties")
        return declared if isinstance(declared, dict) else {}

    @property
    def is_open(self) -> bool:
        """Say whether an object may hold what it does not declare."""
        more = self.schema.get("additionalProperties")
        others = more is not None and more is not False
        return others or not self.properties or "patternProperties" in self.schema


def shapes(schema: Any, root: Mapping[str, Any], depth: int = 0) -> list[Shape] | None:
    """Return what a schema lets a value be; None: anything."""
    if not isinstance(schema, dict) or depth > DEEPEST:
        return None
    if "$ref" in schema:
        return shapes(_referred(schema["$ref"], root), root, depth + 1)
    own = Shape(schema, root)
    lists = (schema.get(key) for key in ("anyOf", "oneOf", "allOf"))
    several = [each for found in lists if isinstance(found, list) for each in found]
    if not several:
        return [own] if own.kinds else None
    others = [shapes(each, root, depth + 1) for each in several]
    if own.kinds & {"object", "array"}:
        # What stands beside its own may only say what else must hold.
        return together([[own], *(each for each in others if each)])
    return together(others)


def together(several: Iterable[list[Shape] | None]) -> list[Shape] | None:
    """Return all of several; None if one may be anything."""
    found: list[Shape] = []
    for each in several:
        if each is None:
            return None
        found += each
    return found


def _referred(reference: Any, root: Mapping[str, Any]) -> Any:
    """Return what a reference within a schema refers to; None if it cannot be told."""
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return None
    found: Any = root
    for part in reference[2:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    return found


def named(whole: Sequence[Shape] | None, name: str) -> list[Shape] | None:
    """Return what an object holds under a name; None: anything.

    Raises:
        Never: If nothing can be there.
    """
    if whole is None:
        return None
    objects = [shape for shape in whole if "object" in shape.kinds]
    found = [s for s in objects if name in s.properties]
    if found:
        return together(shapes(shape.properties[name], shape.root) for shape in found)
    if any(shape.is_open for shape in objects):
        return None
    raise Never(_no_name(whole, objects, name))


def _no_name(whole: Sequence[Shape], objects: Sequence[Shape], name: str) -> str:
    if objects:
        there = {each for shape in objects for each in shape.properties}
        return f"there is no {name}, but {listed(there)}"
    if any("array" in shape.kinds for shape in whole):
        return f"{name} is asked of a list; write [0].{name} there, or [?…].{name} | [0]"
    return f"{name} is asked of a plain value"


def items(whole: Sequence[Shape] | None) -> list[Shape] | None:
    """Return what is in a list; None: anything.

    Raises:
        Never: If it is no list.
    """
    if whole is None:
        return None
    lists = [shape for shape in whole if "array" in shape.kinds]
    if not lists:
        is_object = any("object" in shape.kinds for shape in whole)
        msg = f"an item is asked of {'an object' if is_object else 'a plain value'}, not of a list"
        raise Never(msg)
    return together(shapes(shape.schema.get("items"), shape.root) for shape in lists)


def flat(whole: Sequence[Shape] | None) -> list[Shape] | None:
    """Return what is in a list once the lists in it are put together; None: anything."""
    found = items(whole)
    if found is None:
        return None
    inner = [shape for shape in found if "array" in shape.kinds]
    others = [shape for shape in found if "array" not in shape.kinds]
    return together([others, *([items(inner)] if inner else [])])


def paths(whole: Shape) -> Iterator[tuple[str, ...]]:
    """Yield the paths of what an object declares, the short ones first.

    Items of lists stand under the name of their list. Of very many only the first are yielded.
    """
    level: list[tuple[tuple[str, ...], Shape]] = [((), whole)]
    for _ in range(LONGEST_PATH):
        below: list[tuple[tuple[str, ...], Shape]] = []
        for above, shape in islice(level, MOST_OBJECTS):
            for name, child in shape.properties.items():
                yield (*above, name)
                below += (((*above, name), each) for each in _objects(shapes(child, shape.root)))
        level = below


LONGEST_PATH = 5
"""Names in the longest path that is yielded."""
MOST_OBJECTS = 500
"""Objects of one level that are looked into."""


def _objects(whole: Sequence[Shape] | None) -> Iterator[Shape]:
    for shape in whole or ():
        if shape.properties:
            yield shape
        elif "items" in shape.schema:
            inner = shapes(shape.schema["items"], shape.root)
            yield from (each for each in inner or () if each.properties)


def listed(names: Iterable[str]) -> str:
    """Return names for a message, the first of them if they are many."""
    ordered = sorted(names)
    more = len(ordered) - MOST_NAMED
    return ", ".join(ordered[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "") or "nothing"
