"""Say which settings are not as their defaults are, without what may be secret or personal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PLAIN = frozenset(("boolean", "integer", "number"))


def given(
    schema: Mapping[str, Any], config: Mapping[str, Any], above: str = ""
) -> Iterator[tuple[str, bool | float | str | None]]:
    """Yield settings by their dotted names, each with its value if that is harmless, or None.

    Harmless are numbers, and one of several words that the schema lists.
    """
    for name, of in schema.get("properties", {}).items():
        value = config.get(name)
        if value is None or value == of.get("default"):
            continue
        if isinstance(value, dict) and not value.keys().isdisjoint(of.get("properties", ())):
            yield from given(of, value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value if _is_harmless(of) else None


def _is_harmless(schema: Mapping[str, Any]) -> bool:
    kinds = {*schema.get("type", ("string",))} - {"null"}
    return not schema.get("secret") and ("enum" in schema or kinds <= _PLAIN)
