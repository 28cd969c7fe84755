"""Read lists of the fields that an organisation added: each item has a name and a value."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.values.basic import is_empty
from target_contacts.values.words import listed, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAMES = (
    "name", "fieldname", "customfieldname", "key", "label", "title", "displayname", "field",
    "attribute", "slug", "code", "id", "fieldid", "customfieldid", "customfielddefinitionid",
)  # fmt: skip
"""What a field's name is called, and what it is known by where it has none; the first counts."""
CONTENTS = ("value", "fieldvalue", "values", "val", "content", "text", "data")
"""What its value is called."""
KINDS = ("type", "kind", "fieldtype", "datatype", "metadata")
"""What says what kind of field it is, and where it comes from."""
ENDS = ("fields", "attributes", "fieldvalues")
"""How such lists are called, whatever stands before."""

OWN_FIELDS = listed(
    "properties fields mergefields mergevars customattributes attributes custom customfields "
    "customfield customfieldvalues fieldvalues userfields contactfields personfields formfields "
    "additionalfields extrafields datafields metafields metadata userdefined"
)
"""Lists whose items are fields that an organisation added: each with a name and a value."""


def are_fields(name: str, items: Sequence[Any]) -> bool:
    """Say whether a list, by its name and by its items, is one of own fields."""
    return _is_said(name) and all(isinstance(item, dict) and field_of(item) for item in items)


@functools.lru_cache(maxsize=1024)
def _is_said(name: str) -> bool:
    word = plain(name)
    return word in OWN_FIELDS or word.endswith(ENDS)


class OwnField(NamedTuple):
    """A field that is an item of a list."""

    name: str
    value: Any
    beside: Mapping[str, Any]
    """What else the item holds, but for what identifies the field."""


def field_of(item: Mapping[str, Any]) -> OwnField | None:
    """Return an item as a field; None if it is none."""
    names, content, beside = _names(tuple(item))
    name = next((str(item[each]) for each in names if _is_name(item[each])), None)
    if name is None or content is None:
        return None
    return OwnField(name, item[content], {each: item[each] for each in beside})


@functools.lru_cache(maxsize=1024)
def _names(names: tuple[str, ...]) -> tuple[Sequence[str], str | None, Sequence[str]]:
    """Return names that stand for the field's name, the one for its value, and all others."""
    plains = {plain(name): name for name in names}
    content = next((plains[each] for each in CONTENTS if each in plains), None)
    beside = [name for name in names if plain(name) not in (*NAMES, *KINDS) and name != content]
    return [plains[each] for each in NAMES if each in plains], content, beside


def _is_name(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool) and not is_empty(value)
