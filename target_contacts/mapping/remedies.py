"""Name the shortest settings that give a destination what records lack."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_contacts.mapping.translator import Translator

YOURS = "…"
"""What stands for a value that the user must know."""


def remedies(
    lacking: Sequence[str],
    translator: Translator,
    identity: Sequence[str],
    special: Mapping[str, Mapping[str, Any]],
) -> Iterator[str]:
    """Yield settings as JSON objects, one a line, and in words where there is a choice."""
    own: dict[str, Any] = {}
    for wire in lacking:
        own |= special.get(wire, {})
    known = {wire: translator.attributes.get(wire, "") for wire in lacking if wire not in special}
    apart = {wire for wire in known if wire in identity} - translator.identifiers
    by_field = {wire: YOURS for wire, attribute in known.items() if wire in apart or not attribute}
    by_default = {known[wire]: YOURS for wire in known if wire not in by_field}
    yield _line({"defaults": by_default, "field_map": by_field, **own})
    if apart:
        yield "Or, for all records the same:"
        yield _line({"defaults": {known[wire]: YOURS for wire in sorted(apart)}})


def _line(settings: Mapping[str, Any]) -> str:
    return json.dumps({k: v for k, v in settings.items() if v}, ensure_ascii=False)
