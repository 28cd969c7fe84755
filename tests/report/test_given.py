"""Which settings a report names, and which commands."""

from __future__ import annotations

from typing import Any

import pytest

from target_contacts.report.facts import Rejection
from target_contacts.report.given import given
from target_contacts.report.repairs import TARGET, repairs
from target_contacts.target import TargetContacts
from tests.support.made_reports import facts


def told(**config: Any) -> dict[str, Any]:
    """Return the settings of a config that a report names."""
    TargetContacts.append_builtin_config(TargetContacts.config_jsonschema)
    return dict(given(TargetContacts.config_jsonschema, config))


def test_only_what_differs_from_its_default_is_named() -> None:
    """Also below an account, by dotted names."""
    account = {"page_size": 50, "concurrency": None, "data_center": "eu"}
    found = told(mode="upsert", canary=True, max_tries=9, zoho_voice=account, unknown=1)
    assert found == {"max_tries": 9, "zoho_voice.data_center": "eu"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ledger_url", "postgresql://user:geheim@db/ledger"),
        ("ledger_account", "anna@example.com"),
        ("rejects_dir", "/home/anna"),
        ("defaults", {"owner_id": "anna@example.com"}),
        ("value_map", {"owner": {"Anna": "7"}}),
        ("field_map", {"email": "anna"}),
        ("marks", {"note": "Anna"}),
        ("streams", ["anna"]),
        ("match_on", [["email"]]),
        ("phone_region", "DE"),
        ("guards", {"max_creates": "geheim"}),
        ("stream_maps", {"anna": {"email": "geheim"}}),
    ],
)
def test_a_value_that_may_be_anything_is_not_told(name: str, value: Any) -> None:
    """The setting is named all the same."""
    assert told(**{name: value}) == {name: None}


def test_no_value_of_an_account_is_told_but_numbers_flags_and_words_of_a_list() -> None:
    """No secret, no user, no address."""
    schema = TargetContacts.config_jsonschema["properties"]
    for api in schema["api"]["enum"]:
        of = schema[api]["properties"]
        account = dict.fromkeys(of, "geheim")
        shown = {name: value for name, value in told(**{api: account}).items() if value}
        listed = {f"{api}.{name}" for name, one in of.items() if "enum" in one}
        numbers = {f"{api}.{name}" for name, one in of.items() if "string" not in one["type"]}
        assert shown.keys() <= listed | numbers
        assert not any(of[name.partition(".")[2]].get("secret") for name in shown)


def test_a_setting_of_a_parent_is_named_by_its_path() -> None:
    """What is found by is one of several words, or a field."""
    assert told(parents={"from": "firma", "missing": "default"}) == {
        "parents.from": None,
        "parents.missing": "default",
    }


@pytest.mark.parametrize("name", ["parents", "owners"])
@pytest.mark.parametrize(
    "given", [{}, {"lookup_loosely": False}, {"missing": "reject", "lookup_loosely": False}]
)
def test_a_look_up_that_is_all_by_default_is_named(name: str, given: dict[str, Any]) -> None:
    """That it is there turns it on; what was given by default is no difference."""
    assert told(**{name: given}) == {name: {}}


def test_a_look_up_that_is_not_given_is_not_named() -> None:
    """As Meltano gives it, too."""
    assert told(parents=None) == {}


# Commands.


def commands(**more: Any) -> list[str]:
    """Return the commands that a report names."""
    plain: dict[str, Any] = {"guards": [], "rejections": [], "rejects_file": None, "summary": {}}
    return [each.command for each in repairs(facts(**{**plain, "exit_code": 0, **more}))]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, []),
        ({"exit_code": 1}, ["target-contacts --config target.json --check"]),
        ({"exit_code": 2}, ["target-contacts --config target.json --check"]),
        (
            {"guards": [{"guard": "max_creates", "seen": 9, "limit": 3, "exceeded": True}]},
            ["target-contacts --config target.json --allow max_creates=9 < INPUT"],
        ),
        ({"guards": [{"guard": "max_creates", "seen": 2, "limit": 3, "exceeded": False}]}, []),
        (
            {"rejections": [Rejection("my leads", "ambiguous", "-", 1, [])]},
            [f"{TARGET} --ledger relink --stream 'my leads' --key KEY --remote-id ID"],
        ),
        (
            {"rejections": [Rejection("leads", "not_found", "-", 1, [])]},
            ["target-contacts --config target.json --ledger forget --stream leads --key KEY"],
        ),
        ({"rejections": [Rejection("leads", "E7", "-", 1, [])]}, []),
        (
            {"exit_code": 1, "destination": "front door"},
            ["target-contacts --config target.json --destinations 'front door' --check"],
        ),
        (
            {"rejects_file": "of mine; rm x"},
            [
                "target-contacts --config target.json --rejects summary 'of mine; rm x'",
                "target-contacts --config target.json --rejects show 'of mine; rm x'",
                "target-contacts --config target.json < 'of mine; rm x'",
            ],
        ),
        (
            {"summary": {"doubled": [["leads", "7", "8"]]}},
            ["target-contacts --config target.json --ledger show --remote-id 7"],
        ),
    ],
)
def test_each_thing_that_was_not_done_has_its_command(
    more: dict[str, Any], expected: list[str]
) -> None:
    """What a shell would read otherwise is quoted."""
    assert commands(**more) == expected
