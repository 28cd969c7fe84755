"""Tell what a schema lets values be: what is in them by name, and what is in a list."""

from __future__ import annotations

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
        told = {given} if isinstance(given, str) else set(given or ())
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
    several = [each for key in ("anyOf", "oneOf", "allOf") for each in schema.get(key) or ()]
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
    """Say why nothing has a name."""
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


def paths(whole: Sequence[Shape] | None, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths of what is declared, items of lists under the name of their list."""
    for shape in whole or ():
        if "array" in shape.kinds and "items" in shape.schema:
            yield from paths(shapes(shape.schema["items"], shape.root), above)
        for name, child in shape.properties.items():
            yield (*above, name)
            if len(above) < DEEPEST_PATH:
                yield from paths(shapes(child, shape.root), (*above, name))


DEEPEST_PATH = 4
"""Names above the last one of the longest path that is told."""


def listed(names: Iterable[str]) -> str:
    """Return names for a message, the first of them if they are many."""
    ordered = sorted(names)
    more = len(ordered) - MOST_NAMED
    return ", ".join(ordered[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "") or "nothing"
