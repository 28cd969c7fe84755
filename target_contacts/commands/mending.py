"""Say by which settings or commands each kind of rejection is mended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.errors import OUTCOME_UNKNOWN
from target_contacts.mapping.remedies import YOURS
from target_contacts.parents.settings import ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FIELD, ATTRIBUTE, STREAM = "{field}", "{attribute}", "{stream}"
LOOKUP = "{lookup}"
"""Stand in the table for what a rejection is about; the last for `parents` or `owners`."""

_LOOKUPS = {attribute: setting for setting, attribute in ATTRIBUTES.items()}
"""Attribute to the setting by which its id is looked up."""


class Mend(NamedTuple):
    """What can be done about rejections of one code."""

    words: str
    settings: Sequence[dict[str, Any]] = ()
    commands: Sequence[str] = ()


_KEY = f"--stream {STREAM} --key {YOURS}"
_RELINK = f"--ledger relink {_KEY} --remote-id {YOURS}"
_OTHER_FIELD = {"field_map": {FIELD: YOURS}}
_FILE = {LOOKUP: {"file": YOURS}}
_SOURCE = "Mend it at the source."

MENDS = {
    "missing": Mend(
        "A required field has no value.",
        [{"defaults": {ATTRIBUTE: YOURS}}, _OTHER_FIELD],
    ),
    "missing_key": Mend(f"The key has no value. {_SOURCE}"),
    "invalid": Mend(
        "A value does not fit its field.",
        [
            {"value_map": {ATTRIBUTE: {YOURS: YOURS}}},
            _OTHER_FIELD,
            {"on_invalid_value": "drop_field"},
        ],
    ),
    "too_long": Mend(
        "A text is too long for its field.", [_OTHER_FIELD, {"on_invalid_value": "truncate"}]
    ),
    "schema": Mend(
        "A record breaks the schema that its tap declares. Mend the tap.",
        [{"validate_records": False}],
    ),
    "stream_map": Mend("An expression of stream_maps fails. Mend the expression."),
    "unreadable": Mend(f"The record holds what JSON cannot. {_SOURCE}"),
    "too_deep": Mend(f"The record nests too deep. {_SOURCE}"),
    "too_large": Mend(
        "The request would be too large. Shorten the field.", [{"field_map": {FIELD: YOURS}}]
    ),
    "ambiguous": Mend(
        "Several contacts may be this one; the reason in the file names their ids. Name the right "
        "one, then pipe the file in again. If there are many, the destination has people twice: "
        "remove one of each there, or set match_on.",
        commands=[_RELINK],
    ),
    "unknown_parent": Mend(
        "Nothing at the destination has that value. Create it there, or name its id.",
        [_FILE, {LOOKUP: {"missing": "default"}, "defaults": {ATTRIBUTE: YOURS}}],
    ),
    "ambiguous_parent": Mend("Several at the destination have that value.", [_FILE]),
    "parent_changed": Mend(
        "The contact belongs to another one there. To have it created anew, remove it there, "
        "forget it, and pipe the file in again.",
        commands=[f"--ledger forget {_KEY}"],
    ),
    "not_found": Mend(
        "The contact, or what it belongs to, is not there. If somebody removed the contact, let "
        "it be created again, or forget it and pipe the file in again.",
        [{"on_gone": "recreate"}],
        [f"--ledger forget {_KEY}"],
    ),
    OUTCOME_UNKNOWN: Mend(
        "Nobody knows what the API did. Pipe the file in again: a create is looked up first. If "
        "you have found the contact by hand, name it.",
        commands=[_RELINK],
    ),
    "full": Mend("The destination has no room for more contacts. Remove some there."),
    "second_default": Mend("Another contact has what only one can have. Give it to one."),
    "no_link_id": Mend("The contact there lacks our id. Change it there by hand."),
    "refused": Mend("The API gave no code. The reason in the file has its own words."),
}
"""What can be done, by code."""

_OF_API = Mend(
    "A code of the API. The reason in the file has its own words.",
    [_OTHER_FIELD, {"value_map": {ATTRIBUTE: {YOURS: YOURS}}}],
)


def lines(stream: str, code: str, field: str, attribute: str) -> Iterator[str]:
    """Yield what can be done about one kind of rejection.

    `field` is the field of the destination at fault, `attribute` what fills it; "" if not known.
    """
    mend = MENDS.get(code, _OF_API)
    yield f"{stream} {code} {field}".strip() + f": {mend.words}"
    lookup = _LOOKUPS.get(attribute, "")
    known = {FIELD: field, ATTRIBUTE: attribute, STREAM: stream, LOOKUP: lookup}
    for settings in mend.settings:
        if made := _filled(settings, lambda text: known.get(text, text)):
            yield f"  {json.dumps(made, ensure_ascii=False)}"
    for command in mend.commands:
        yield f"  {command.replace(STREAM, stream)}"


def _filled(settings: Any, name: Callable[[str], str]) -> Any:
    """Return settings with the names put in; nothing if one of them is not known."""
    if isinstance(settings, str):
        return name(settings)
    if not isinstance(settings, dict):
        return settings
    made = {name(key): _filled(value, name) for key, value in settings.items()}
    return made if "" not in {*made} and all(value != {} for value in made.values()) else {}
