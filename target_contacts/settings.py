"""The target's own settings, without those of the APIs' accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk import typing as th

from tap_contacts.transport import forms
from tap_contacts.transport.settings import CONCURRENCY, RATE, SEND_SETTINGS
from tap_contacts.transport.trust import CERTIFICATES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tap_contacts.transport.account_settings import Account
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

_LIMITS = th.CustomType(
    {
        "type": ["object", "null"],
        "additionalProperties": {"type": ["integer", "string", "null"]},
    }
)

POLICIES = ("overwrite", "fill_empty", "on_create", "keep_null", "never")
"""What may be written into a field."""

_POLICIES: dict[str, Any] = {
    "type": ["object", "null"],
    "additionalProperties": {"type": ["string", "null"], "enum": [*POLICIES]},
}

_NAME = {"type": "string", "pattern": forms.PLAIN}
_RULE = {"type": "array", "items": _NAME}
_RULES = th.CustomType({"type": ["array", "null"], "items": {"anyOf": [_NAME, _RULE]}})


def _found_by(what: str, source: str, ways: str) -> th.CustomType:
    """Return the schema of a setting that says how what contacts belong to is looked up."""
    texts: dict[str, Any] = {"type": ["string", "null"]}
    return th.CustomType(
        {
            "type": ["object", "null"],
            "additionalProperties": False,
            "properties": {
                "from": {
                    **texts,
                    "minLength": 1,
                    "default": source,
                    "description": (
                        f"Contact attribute, field of the record or JMESPath that names the {what}."
                    ),
                },
                "lookup": {
                    **texts,
                    "description": (
                        f"By what the {what} is looked up at the destination: {ways}. Default: "
                        "the first of these that the API knows; if there is a file, the file alone."
                    ),
                },
                "file": {
                    **texts,
                    "description": (
                        "CSV file with the columns value and id, or JSON lines of the same. It "
                        "goes before the destination."
                    ),
                },
                "lookup_loosely": {
                    "type": ["boolean", "null"],
                    "default": False,
                    "description": (
                        "Whether a value that nothing has stands for the only one that differs in "
                        "spelling: case, width, punctuation, blanks and the legal form in names of "
                        "companies, case and width elsewhere. These are listed."
                    ),
                },
                "missing": {
                    **texts,
                    "enum": ["reject", "default"],
                    "default": "reject",
                    "description": (
                        f"What becomes of a record whose {what} is not found, or that names none: "
                        "it is rejected, or gets the one of defaults."
                    ),
                },
            },
        }
    )


_DESTINATIONS = th.CustomType(
    {
        "type": ["array", "string", "null"],
        "items": {"type": "object", "additionalProperties": True},
    }
)

COMMON = (
    th.Property(
        "destinations",
        _DESTINATIONS,
        description=(
            "Instead of api: the accounts or devices that one input goes to. A list, or the path "
            "of a file of JSON lines or CSV, of {name, api, <api>: {...}, only: {attribute: value "
            "or list}} and any setting of this page that is to differ. only names the records "
            "that a destination takes. See the page destinations."
        ),
    ),
    th.Property(
        "destinations_at_once",
        th.IntegerType(minimum=1, maximum=64),
        default=8,
        description="How many destinations are written at the same time, each in its own process.",
    ),
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
        "policies",
        th.CustomType(_POLICIES),
        description=(
            'Contact attribute, or "*" for all, to what may be written. overwrite: the record\'s '
            "value, also an empty one. fill_empty: only where the destination has nothing. "
            "on_create: only into a new contact. keep_null: a value, but no empty one. never: "
            "nothing. Default: overwrite."
        ),
    ),
    th.Property(
        "stream_policies",
        th.CustomType({"type": ["object", "null"], "additionalProperties": _POLICIES}),
        description="Stream, as a glob, to policies that go before the ones for all streams.",
    ),
    th.Property(
        "parents",
        _found_by("client or customer", "company", "name, reference or an alias of the account"),
        description=(
            "How the client or customer of a contact is found by what its record has. Not set: the "
            "record has its id, or defaults have."
        ),
    ),
    th.Property(
        "owners",
        _found_by("owner", "owner_email", "email or name"),
        description="The same for the owner of a contact.",
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
        "on_gone",
        th.StringType,
        default="reject",
        allowed_values=["reject", "recreate", "skip"],
        description=(
            "What becomes of a changed record whose contact was removed at the destination. "
            "reject: it is rejected, in every run. recreate: it is created anew. skip: it is "
            "skipped, and the ledger remembers it as gone."
        ),
    ),
    th.Property(
        "on_delete",
        th.StringType,
        default="skip",
        allowed_values=["skip", "mark", "delete"],
        description=(
            "What becomes of a contact whose record left the source: the record says so, or a "
            "complete reading with ACTIVATE_VERSION lacks it. skip: it stays. mark: the fields in "
            "marks are written. delete: it is deleted, if this target created it and the API can "
            "delete."
        ),
    ),
    th.Property(
        "marks",
        _ANY_OBJECT,
        description="Destination field to value, for on_delete: mark.",
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
        "canary",
        th.BooleanType,
        default=True,
        description=(
            "Whether the first create and the first update into an account are sent alone and are "
            "read back before the rest leaves. The run stops if a name, a number or an e-mail "
            "did not arrive, or if an update lost what the contact held."
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
        "report_dir",
        forms.text(),
        description=(
            "Folder for the reports of runs. Each run makes a folder there with its outcomes as a "
            "Singer stream, run.json and run.html. Default: no reports."
        ),
    ),
    th.Property(
        "report_keep",
        th.IntegerType(minimum=1, maximum=10_000),
        default=30,
        description=(
            "How many reports are kept in report_dir; older ones are deleted. Rejects files are "
            "never deleted."
        ),
    ),
    th.Property(
        "max_rejects",
        th.IntegerType(minimum=-1),
        default=0,
        description="How many rejected records still count as success. -1: any number.",
    ),
    th.Property(
        "guards",
        _LIMITS,
        description=(
            "What a run may change at most: max_creates, max_updates, max_deletes, max_cleared "
            "(filled values of one attribute that are emptied) and max_rejected. Each is a number, "
            'or a percentage such as "10%" of the contacts of the stream that the ledger knows, '
            "which counts from 20 contacts on. The first record beyond it ends the run with exit "
            'code 4. Default: max_deletes and max_cleared "25%", the others none.'
        ),
    ),
    th.Property(
        "require_ledger",
        th.BooleanType,
        default=False,
        description=(
            "Whether a ledger that is new or knows nothing of the account is refused, with exit "
            "code 2, before anything is asked or sent."
        ),
    ),
    th.Property(
        "dry_run",
        th.BooleanType,
        default=False,
        description=(
            "Count what would be written, by action and attribute; send no write and pass on no "
            "STATE. See also --plan."
        ),
    ),
    th.Property(
        "concurrency",
        CONCURRENCY,
        description="Requests in flight. 8 by default, 4 for porters and 1 for bas_ip.",
    ),
    RATE,
    th.Property(
        "checkpoint_seconds",
        forms.seconds(),
        default=10,
        description="Longest time between two STATE messages while records arrive.",
    ),
    *SEND_SETTINGS,
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


OPERATIONAL = frozenset(
    (
        "destinations",
        "destinations_at_once",
        "streams",
        "mode",
        "on_gone",
        "on_delete",
        "marks",
        "match_on",
        "canary",
        "ledger_url",
        "ledger_account",
        "lock_wait_seconds",
        "rejects_dir",
        "report_dir",
        "report_keep",
        "max_rejects",
        "guards",
        "require_ledger",
        "dry_run",
        "concurrency",
        "requests_per_minute",
        "checkpoint_seconds",
        "timeout_seconds",
        "max_tries",
        "retry_wait_seconds",
        "allow_http",
        "unanswered_wait_seconds",
    )
)
"""The target's settings that do not change how records are translated.

When another one changes, all records are translated again. `ApiClient.operational` names those of
an account.
"""


_OF_EVERY_ACCOUNT = [setting.name for setting in (RATE, *CERTIFICATES)]


class Lookup(msgspec.Struct, frozen=True):
    """How the id of what contacts belong to is found: the settings `parents` and `owners`."""

    source: str = msgspec.field(name="from")
    missing: str
    lookup_loosely: bool
    lookup: str | None = None
    file: str | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The target's own settings. None means that a setting is not given.

    A default stands in the schema only: the check of a config fills it in.
    """

    api: str
    streams: list[str] | None = None
    field_map: dict[str, str | None] = {}
    value_map: dict[str, dict[str, Any] | None] = {}
    defaults: dict[str, Any] = {}
    policies: dict[str, str | None] = {}
    stream_policies: dict[str, dict[str, str | None] | None] = {}
    parents: Lookup | None = None
    owners: Lookup | None = None
    phone_region: str | None = None
    on_invalid_value: str
    mode: str
    on_gone: str
    on_delete: str
    marks: dict[str, Any] = {}
    match_on: list[str | list[str]] | None = None
    canary: bool
    ledger_url: str
    ledger_account: str | None = None
    lock_wait_seconds: float
    rejects_dir: str
    report_dir: str | None = None
    report_keep: int
    max_rejects: int
    guards: dict[str, int | str | None] = {}
    require_ledger: bool
    dry_run: bool
    concurrency: int | None = None
    checkpoint_seconds: float
    timeout_seconds: float
    max_tries: int
    retry_wait_seconds: float
    unanswered_wait_seconds: float | None = None
    validate_records: bool

    @property
    def unanswered_wait(self) -> float:
        """Return the seconds for which a create that was not answered may be carried out."""
        given = self.unanswered_wait_seconds
        return self.timeout_seconds if given is None else given


def typed(config: Mapping[str, Any]) -> Settings:
    """Return the settings in a config that was checked by the schema."""
    return msgspec.convert({**config}, Settings)


def of_translation(client: type[ApiClient], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that may change how records are translated, by name.

    These are all settings of the target and of the account, except secrets and those declared as
    operational. The SDK's settings are not among them: they act on a record before it is hashed.

    Args:
        client: The client of the API that is written.
        config: The config.
    """
    account, given = client.settings.wrapped.values(), config[client.api]
    return {
        "api": client.api,
        client.api: _values({*_OF_EVERY_ACCOUNT, *client.operational}, account, given),
        **_values(OPERATIONAL, COMMON, config),
    }


_PLANNED = frozenset(("streams", "mode", "on_gone", "on_delete", "marks", "match_on"))
_OF_SDK = ("stream_maps", "stream_map_config", "flattening_enabled", "flattening_max_depth")


def of_plan(client: type[ApiClient], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings by which a run writes one thing or another, by name.

    Those of the account stand below its API, such as `porters.partition`; secrets are not there.
    """
    account = _values(_OF_EVERY_ACCOUNT, client.settings.wrapped.values(), config[client.api])
    return {
        **_values(OPERATIONAL - _PLANNED, COMMON, config),
        **{f"{client.api}.{name}": value for name, value in account.items()},
        **{name: config.get(name) for name in _OF_SDK},
    }


def _values(
    without: Collection[str], declared: Iterable[th.Property[Any]], given: Mapping[str, Any]
) -> dict[str, Any]:
    names = [setting.name for setting in declared if not setting.secret]
    return {name: given.get(name) for name in names if name not in without}


def schema(accounts: Mapping[str, Account]) -> dict[str, Any]:
    """Return the JSON schema of the target's settings.

    Args:
        accounts: What the settings say of each API.
    """
    return th.PropertiesList(
        th.Property(
            "api",
            th.StringType,
            allowed_values=[*accounts],
            description="The API to write to. Required, unless destinations is given.",
        ),
        *(
            th.Property(api, each.settings, description=f"Account of {each.title}.")
            for api, each in accounts.items()
        ),
        *COMMON,
    ).to_dict()
