"""Types of settings that are lists or objects."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from tap_contacts.transport import forms

ANY_OBJECT = th.CustomType({"type": ["object", "null"], "additionalProperties": True})
PATHS = th.CustomType(
    {"type": ["object", "null"], "additionalProperties": {"type": ["string", "null"]}}
)
NAMES = th.CustomType(
    {
        "type": ["object", "null"],
        "additionalProperties": {"type": ["object", "null"], "additionalProperties": True},
    }
)

LIMITS = th.CustomType(
    {
        "type": ["object", "null"],
        "additionalProperties": {"type": ["integer", "string", "null"]},
    }
)

POLICIES = ("overwrite", "fill_empty", "on_create", "keep_null", "never")
"""What may be written into a field."""

POLICY_OF: dict[str, Any] = {
    "type": ["object", "null"],
    "additionalProperties": {"type": ["string", "null"], "enum": [*POLICIES]},
}

_NAME = {"type": "string", "pattern": forms.PLAIN}
_RULE = {"type": "array", "items": _NAME}
RULES = th.CustomType({"type": ["array", "null"], "items": {"anyOf": [_NAME, _RULE]}})


_TEXT: dict[str, Any] = {"type": ["string", "null"]}

_LOOK_UP: dict[str, dict[str, Any]] = {
    "from": {
        **_TEXT,
        "minLength": 1,
        "default": "",  # each setting has its own
        "description": "Contact attribute, field of the record or JMESPath that names the {what}.",
    },
    "lookup": {
        **_TEXT,
        "description": "By what the {what} is looked up at the destination: {ways}. Default: the "
        "first of these that the API knows; if there is a file, the file alone.",
    },
    "file": {
        **_TEXT,
        "description": "CSV file with the columns value and id, or JSON lines of the same. It goes "
        "before the destination.",
    },
    "lookup_loosely": {
        "type": ["boolean", "null"],
        "default": False,
        "description": "Whether a value that nothing has stands for the only one that differs in "
        "spelling: case, width, punctuation, blanks and the legal form in names of companies, case "
        "and width elsewhere. These are listed.",
    },
    "missing": {
        **_TEXT,
        "enum": ["reject", "default"],
        "default": "reject",
        "description": "What becomes of a record whose {what} is not found, or that names none: it "
        "is rejected, or gets the one of defaults.",
    },
}
"""The keys of a setting that says how what contacts belong to is looked up."""


def found_by(what: str, source: str, ways: str) -> th.CustomType:
    """Return the schema of a setting that says how what contacts belong to is looked up.

    Args:
        what: What they belong to.
        source: The attribute that names it by default.
        ways: By what it can be looked up.
    """
    properties = {
        key: {**shape, "description": shape["description"].format(what=what, ways=ways)}
        for key, shape in _LOOK_UP.items()
    }
    properties["from"]["default"] = source
    return th.CustomType(
        {"type": ["object", "null"], "additionalProperties": False, "properties": properties}
    )


DESTINATIONS = th.CustomType(
    {
        "type": ["array", "string", "null"],
        "items": {"type": "object", "additionalProperties": True},
    }
)
