"""Say which settings are not as their defaults are, without what may be secret or personal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_PLAIN = frozenset(("boolean", "integer", "number"))


def given(
    schema: Mapping[str, Any], config: Mapping[str, Any], above: str = ""
) -> Iterator[tuple[str, bool | float | str | dict[str, bool] | None]]:
    """Yield settings by their dotted names, each with its value if that is harmless, or None.

    Harmless are numbers, and one of several words that the schema lists. An object of settings
    that are all as by default is `{}`: that it is given may turn something on.
    """
    for name, of in schema.get("properties", {}).items():
        value = config.get(name)
        if value is None or value == of.get("default"):
            continue
        if isinstance(value, dict) and not (value and value.keys().isdisjoint(_declared(of))):
            yield from [*given(of, value, f"{above}{name}.")] or [(f"{above}{name}", {})]
        else:
            yield f"{above}{name}", value if _is_harmless(of) else None


def _declared(schema: Mapping[str, Any]) -> Iterable[str]:
    declared: Iterable[str] = schema.get("properties", ())
    return declared


def _is_harmless(schema: Mapping[str, Any]) -> bool:
    kinds = {*schema.get("type", ("string",))} - {"null"}
    return not schema.get("secret") and ("enum" in schema or kinds <= _PLAIN)
