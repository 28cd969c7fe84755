"""What `--check` tells of Valomnia, by reading only."""

from __future__ import annotations

from typing import Any

import pytest

from tap_contacts.apis.valomnia.client import Valomnia as Client
from tap_contacts.apis.valomnia.facts import UNTOLD
from tests.sandbox.valomnia import Valomnia
from tests.support.commands import FAST, Workplace
from tests.support.facts import line_of, told
from tests.support.valomnia_lists import fill
from tests.support.valomnia_people import API

ENDED, SIZE, LARGER = "A session that has ended", "A page holds", "A page of more than"
IDS, TIMES, NAMES = "in the order of their ids", "by the time of", "by their names"
TOTAL = "The total of a filtered list"
EXPECTED = [
    ("", ENDED, "holds: "),
    *((f"no_credentials_{n}", ENDED, f"no_credentials, HTTP {n}") for n in (200, 401, 500)),
    ("", "Contacts are under v1.0 alone", "holds: "),
    ("deprecated_version", "call the version deprecated", "set valomnia.api_version"),
    ("", SIZE, "holds: "),
    ("max_30", SIZE, "(it holds 30; pages follow that)"),
    ("max_1000", LARGER, "(asked for 1000, the API gives up to 1000)"),
    ("max_refused", LARGER, "differs: "),
    ("", IDS, "holds: "),
    ("sort_id_refused", IDS, "they are read in other orders"),
    ("", TIMES, "holds: "),
    ("", NAMES, "holds: "),
    ("", TOTAL, "holds: "),
    ("total_of_all", TOTAL, "lists go on until a page is empty"),
]


def lines_of(sandbox: Valomnia) -> list[str]:
    """Return what is told of a tenant with five contacts."""
    fill(sandbox, 5)
    return told(Client(sandbox.tap_config(), {**FAST}), sandbox)


@pytest.mark.parametrize(("reading", "what", "expected"), EXPECTED)
def test_each_assumption_is_told_as_the_tenant_has_it(
    reading: str, what: str, expected: str
) -> None:
    """In a few reads; nobody signs in again, and the session is still good."""
    with Valomnia(readings={reading} - {""}) as sandbox:
        assert expected in line_of(lines_of(sandbox), what)
        assert len(sandbox.log) <= 8
        assert {line.request.path for line in sandbox.log} == {API, "/api/v2.1/contacts"}


def test_what_no_read_tells_says_what_does() -> None:
    """Also in a tenant without contacts, where nothing harms."""
    with Valomnia() as sandbox:
        lines = told(Client(sandbox.tap_config(), {**FAST}), sandbox)
    assert [line for line in lines if "differs" in line] == []
    assert all(line_of(lines, f"cannot be told: {what} (") for what in UNTOLD)


def test_another_version_that_answers_is_named(valomnia: Valomnia) -> None:
    """Nothing is changed by it; the setting decides."""
    page = '{"paging": {"total": 0, "max": 1}, "data": []}'
    valomnia.fault(on="GET /api/v2.1/contacts", times=-1, status=200, body=page)
    line = line_of(lines_of(valomnia), "alone")
    assert line.startswith("differs: Contacts are under v1.0 alone (v2.1 answers, too;")


NOT_TAKEN = {"status": 400, "body": '{"error": "invalid_param_type", "error_description": "no"}'}
OTHERS = '{"paging": {"total": 1, "max": 100}, "data": [{"id": 1, "firstName": "X"}]}'
HARMS: list[tuple[dict[str, Any], str]] = [
    ({"holding": "lastUpdated_gte=2026", **NOT_TAKEN}, "select the replication method FULL_TABLE"),
    ({"holding": "firstName=", "status": 200, "body": OTHERS}, "it would be doubled"),
    ({"holding": "firstName=", **NOT_TAKEN}, "new contacts would be rejected"),
]


@pytest.mark.parametrize(("fault", "sentence"), HARMS)
def test_what_would_harm_is_said_with_exit_code_1(
    valomnia: Valomnia, workplace: Workplace, fault: dict[str, Any], sentence: str
) -> None:
    """By both commands; nothing is written."""
    fill(valomnia, 5)
    valomnia.fault(on=f"GET {API}", times=-1, **fault)
    runs = [
        workplace.target(valomnia.target_config(), [], "--check"),
        workplace.tap({"valomnia": valomnia.tap_config()}, "--check"),
    ]
    for run in runs:
        assert (run.code, valomnia.writes) == (1, [])
        [harm] = [line for line in run.out.splitlines() if "differs and would harm: " in line]
        assert sentence in harm


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 403, "body": "<html>"},
        {"status": 500, "body": ""},
        {"status": 500, "body": '{"error": "server_error", "error_description": "no"}'},
        {"cut": "before"},
    ],
)
def test_a_tenant_that_fails_on_one_probe_is_no_traceback(
    valomnia: Valomnia, workplace: Workplace, fault: dict[str, Any]
) -> None:
    """What was not told is said to be so, and the rest is still told."""
    fill(valomnia, 5)
    valomnia.fault(on=f"GET {API}", holding="sort=id", times=-1, **fault)
    run = workplace.target(valomnia.target_config(), [], "--check")
    lines = run.out.splitlines()
    assert (run.code, "Traceback" in run.log) == (0, False)
    assert line_of(lines, IDS).startswith("cannot be told: ")
    assert line_of(lines, NAMES).startswith("holds: ")
