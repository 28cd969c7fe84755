"""Which settings have all records translated anew when they change: all but those named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from singer_sdk import typing as th

from tap_contacts.apis.bas_ip.client import BasIp
from target_contacts.settings import OPERATIONAL, of_translation
from target_contacts.target import SINKS
from tests.sandbox.bas_ip import BasIp as Monitor
from tests.support.commands import FAST, contacts
from tests.support.product import APIS, about, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Workplace

OF_SDK = (
    "batch_size_rows",
    "faker_config",
    "flattening_",
    "stream_map_config",
    "stream_maps",
    "validate_records",
)
"""The SDK's own: they say which records there are and what is in them, before these are hashed."""

ANNA = {"id": "1", "first_name": "Anna", "last_name": "Amsel", "mobile": "0151 12345678"}
BERT = {"id": "2", "first_name": "Bert", "last_name": "Bussard", "mobile": "+49 151 12345679"}


def put(config: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return settings with one of them changed; a dotted one is an account's."""
    api, _, name = path.rpartition(".")
    return {**config, **({api: {**config[api], name: value}} if api else {name: value})}


# By declaration.

OF_EVERY_ACCOUNT = ("requests_per_minute", "ca_file", "cert_fingerprint")
KINDS = {api: sink.client_class for api, sink in SINKS.items()}
EXCEPTED = {
    *OPERATIONAL,
    *(f"{api}.{name}" for api, kind in KINDS.items() for name in kind.operational),
    *(f"{api}.{name}" for api in KINDS for name in OF_EVERY_ACCOUNT),
}


def test_each_setting_counts_or_is_named_as_one_that_does_not() -> None:
    """Of all settings of `--about`, only secrets, operational ones and the SDK's do not count."""
    known = settings(about("target-contacts")["settings"])
    assert known.keys() >= EXCEPTED
    for name in known.keys() - {"api", *APIS}:
        if name.startswith(OF_SDK):
            continue
        above = name.rpartition(".")[0]
        api = above if above in KINDS else "porters"
        config: dict[str, Any] = {api: {}, above: {}}
        changed = of_translation(KINDS[api], put(config, name, "changed"))
        counts = changed != of_translation(KINDS[api], config)
        assert counts != (name in EXCEPTED or "secret" in known[name]), name


def test_a_new_setting_counts_unless_somebody_says_otherwise() -> None:
    """Nobody has to remember anything when an account gets another setting."""

    class Later(BasIp):
        settings: ClassVar = th.ObjectType(
            th.Property("suffix", th.StringType),
            th.Property("token", th.StringType, secret=True),
            th.Property("proxy", th.StringType),
        )
        operational: ClassVar[Any] = ("proxy",)

    given = {"suffix": "a", "token": "b", "proxy": "c"}
    assert of_translation(Later, {"bas_ip": given})["bas_ip"] == {"suffix": "a"}


def test_another_apis_account_does_not_count() -> None:
    """One config may serve several targets; only the account that is written counts."""
    config = {"bas_ip": {"number_template": "{mobile}"}}
    more = {**config, "valomnia": {"use_external_id": True}, "mistyped": 1}
    assert of_translation(BasIp, more) == of_translation(BasIp, config)


# By what becomes of records.


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    """Return a running monitor."""
    with Monitor() as sandbox:
        yield sandbox


def config(monitor: Monitor) -> dict[str, Any]:
    """Return settings that write both people."""
    return {**FAST, **monitor.target_config()}


def sources(workplace: Workplace) -> dict[str, str]:
    """Return the hash of each record in the ledger, by key."""
    with closing(sqlite3.connect(workplace.folder / "target-contacts.db")) as ledger:
        return dict(ledger.execute("SELECT key, source FROM contacts").fetchall())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("requests_per_minute", 6000),
        ("bas_ip.requests_per_minute", 6000),
        ("timeout_seconds", 30),
        ("max_tries", 3),
        ("concurrency", 2),
        ("checkpoint_seconds", 3),
        ("max_rejects", -1),
        ("rejects_dir", "elsewhere"),
        ("report_dir", "reports"),
        ("batch_size_rows", 1),
        ("bas_ip.password", "another"),
    ],
)
def test_what_does_not_count_has_no_record_translated_anew(
    workplace: Workplace, monitor: Monitor, name: str, value: object
) -> None:
    """After a secret or a rate was changed, a night takes no longer than any other."""
    lines = contacts(ANNA, BERT)
    assert workplace.target(config(monitor), lines).summary["created"] == 2
    before = sources(workplace)
    if name.endswith("password"):
        monitor.password = str(value)
    run = workplace.target(put(config(monitor), name, value), lines)
    assert (run.summary["unchanged"], sources(workplace)) == (2, before)


@pytest.mark.parametrize(
    ("name", "value", "updated"),
    [
        ("bas_ip.number_template", "sip:{mobile}@other.example.com", 2),
        ("phone_region", "DE", 1),
        ("field_map", {"name": "join(' ', [last_name, first_name])"}, 2),
        ("defaults", {"is_favourite": True}, 2),
        ("defaults", {"city": "Ulm"}, 0),
        ("value_map", {"gender": {"Frau": "female"}}, 0),
        ("on_invalid_value", "truncate", 0),
        ("policies", {"*": "overwrite"}, 0),
        ("stream_policies", {"con*": {"email": "overwrite"}}, 0),
    ],
)
def test_what_counts_has_every_record_translated_anew(
    workplace: Workplace, monitor: Monitor, name: str, value: object, updated: int
) -> None:
    """All are translated, but only those contacts are written that have become others by it."""
    lines = contacts(ANNA, BERT)
    assert workplace.target(config(monitor), lines).summary["created"] == 2
    before = sources(workplace)
    run = workplace.target(put(config(monitor), name, value), lines)
    assert (run.summary["updated"], run.summary["unchanged"]) == (updated, 2 - updated)
    after = sources(workplace)
    assert {key for key in before if before[key] != after[key]} == set(before)


def test_a_ledger_of_an_older_version_has_records_translated_once_and_none_written(
    workplace: Workplace, monitor: Monitor
) -> None:
    """Its hashes of records are others; that of what was accepted shows that nothing changed."""
    lines = contacts(ANNA, BERT)
    workplace.target(config(monitor), lines)
    now, written = sources(workplace), len(monitor.writes)
    with closing(sqlite3.connect(workplace.folder / "target-contacts.db")) as ledger:
        ledger.execute("UPDATE contacts SET source = 'of another version'")
        ledger.commit()
    assert workplace.target(config(monitor), lines).summary["unchanged"] == 2
    assert (sources(workplace), len(monitor.writes)) == (now, written)
