"""Read lists of the fields that an organisation added: each item has a name and a value."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from target_contacts.contact import is_empty, listed, plain
from target_contacts.vocabulary import OWN_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAMES = (
    "name", "fieldname", "customfieldname", "key", "label", "title", "displayname", "field",
    "attribute", "slug", "code", "id", "fieldid", "customfieldid", "customfielddefinitionid",
)  # fmt: skip
"""What a field's name is called, and what it is known by where it has none; the first counts."""
CONTENTS = ("value", "fieldvalue", "values", "val", "content", "text", "data")
"""What its value is called."""
ENDS = ("fields", "attributes", "fieldvalues")
"""How such lists are called, whatever stands before."""

_OWN_FIELDS = listed(OWN_FIELDS)


def are_fields(name: str, items: Sequence[Any]) -> bool:
    """Say whether a list, by its name and by its items, is one of own fields."""
    word = plain(name)
    is_said = word in _OWN_FIELDS or word.endswith(ENDS)
    return is_said and all(isinstance(item, dict) and field_of(item) for item in items)


def field_of(item: Mapping[str, Any]) -> tuple[str, Any] | None:
    """Return the name and the value of a field; None if an item is none."""
    names, content = _names(tuple(item))
    name = next((str(item[each]) for each in names if _is_name(item[each])), None)
    return None if name is None or content is None else (name, item[content])


@functools.lru_cache(maxsize=1024)
def _names(names: tuple[str, ...]) -> tuple[Sequence[str], str | None]:
    """Return which names of an item stand for the field's name, and which one for its value."""
    plains = {plain(name): name for name in names}
    content = next((plains[each] for each in CONTENTS if each in plains), None)
    return [plains[each] for each in NAMES if each in plains], content


def _is_name(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool) and not is_empty(value)
