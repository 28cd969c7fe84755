"""The settings of the target, but for those of the single APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_contacts.transport import client as http
from tap_contacts.transport import forms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_contacts.transport.client import ApiClient

_ANY_OBJECT = th.CustomType({"type": ["object", "null"], "additionalProperties": True})
_PATHS = th.CustomType(
    {"type": ["object", "null"], "additionalProperties": {"type": ["string", "null"]}}
)
_NAMES = th.CustomType(
    {
        "type": ["object", "null"],
        "additionalProperties": {"type": ["object", "null"], "additionalProperties": True},
    }
)

_NAME = {"type": "string", "pattern": forms.PLAIN}
_RULE = {"type": "array", "items": _NAME}
_RULES = th.CustomType({"type": ["array", "null"], "items": {"anyOf": [_NAME, _RULE]}})

COMMON = (
    th.Property(
        "streams",
        th.ArrayType(forms.text()),
        description=(
            "Which streams to write, as globs. Other streams are not written; streams of statuses "
            "still serve to look up names. Default: streams whose schema holds people: a name, "
            "and an e-mail or a number."
        ),
    ),
    th.Property(
        "field_map",
        _PATHS,
        description=(
            "Destination field to where its value comes from: a field of the record, a JMESPath "
            "expression or an attribute. It goes before the built-in vocabulary."
        ),
    ),
    th.Property(
        "value_map",
        _NAMES,
        description=(
            "Contact attribute to a table of values: what the record says, and what the "
            "destination calls it. Case, Unicode form and blanks do not matter."
        ),
    ),
    th.Property(
        "defaults",
        _ANY_OBJECT,
        description="Contact attribute to value, for new contacts and fields that are empty.",
    ),
    th.Property(
        "phone_region",
        th.StringType,
        description=(
            "Country (ISO code of two letters) whose plan phone numbers without a country code "
            "follow. Default: such numbers are left as they are."
        ),
    ),
    th.Property(
        "on_invalid_value",
        th.StringType,
        default="reject",
        allowed_values=["reject", "drop_field", "truncate"],
        description=(
            "What to do with a value that does not fit its field. reject: reject the record. "
            "drop_field: leave the field out. truncate: cut text that is too long, reject the "
            "rest."
        ),
    ),
    th.Property(
        "mode",
        th.StringType,
        default="upsert",
        allowed_values=["upsert", "create_only", "update_only"],
        description="Whether contacts may be created, updated or both.",
    ),
    th.Property(
        "match_on",
        _RULES,
        description=(
            "Rules that find the contact at the destination that is the same person, in order. "
            "Each rule is a list of attributes that must all be equal, such as "
            '[["email"], ["mobile", "last_name"]]. A flat list is one rule. Default: the names '
            "agree and an e-mail address or a number does. []: never."
        ),
    ),
    th.Property(
        "ledger_url",
        forms.text(),
        default="sqlite:///target-contacts.db",
        description="SQLAlchemy URL of the ledger.",
    ),
    th.Property(
        "ledger_account",
        forms.text(),
        description=(
            "Name of the destination in the ledger, where one ledger serves two accounts "
            "behind one address. Default: the address."
        ),
    ),
    th.Property(
        "lock_wait_seconds",
        forms.seconds(),
        default=0,
        description="Longest wait for the end of another run that writes to the same account.",
    ),
    th.Property(
        "rejects_dir",
        forms.text(),
        default="./rejects",
        description="Folder for the files of rejected records.",
    ),
    th.Property(
        "max_rejects",
        th.IntegerType(minimum=-1),
        default=0,
        description="How many rejected records still count as success. -1: any number.",
    ),
    th.Property(
        "dry_run",
        th.BooleanType,
        default=False,
        description="Report what would be written; send no write and pass on no STATE.",
    ),
    th.Property(
        "concurrency",
        http.CONCURRENCY,
        description="Requests in flight, 4 by default; bas_ip and porters take one at a time.",
    ),
    http.RATE,
    th.Property(
        "checkpoint_seconds",
        forms.seconds(),
        default=10,
        description="Longest time between two STATE messages while records arrive.",
    ),
    *http.SETTINGS,
    th.Property(
        "unanswered_wait_seconds",
        th.NumberType(minimum=0, maximum=forms.MOST_SECONDS),
        description=(
            "How long the API may still carry out a create that was not answered. After that "
            "time the contact is looked up, and created again only if it is not there. Other "
            "records go on meanwhile. Default: timeout_seconds."
        ),
    ),
)


def schema(clients: Iterable[type[ApiClient]]) -> dict[str, Any]:
    """Return the JSON schema of the target's settings."""
    kinds = list(clients)
    return th.PropertiesList(
        th.Property(
            "api",
            th.StringType,
            required=True,
            allowed_values=[kind.api for kind in kinds],
            description="The API to write to.",
        ),
        *(
            th.Property(kind.api, kind.settings, description=f"Account of {kind.title}.")
            for kind in kinds
        ),
        *COMMON,
    ).to_dict()
