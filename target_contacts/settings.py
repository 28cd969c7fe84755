"""The target's own settings, without those of the APIs' accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk import typing as th

from tap_contacts.transport.settings import RATE
from tap_contacts.transport.trust import CERTIFICATES
from target_contacts.declared.contacts import OF_CONTACTS
from target_contacts.declared.runs import OF_RUNS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tap_contacts.transport.account_settings import Account
    from tap_contacts.transport.client import ApiClient

COMMON = (*OF_CONTACTS, *OF_RUNS)
"""The target's own settings."""


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
        "rate_url",
        "rate_account",
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
    rate_url: str | None = None
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
    """Return the JSON schema of the target's settings."""
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
