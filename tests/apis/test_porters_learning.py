"""What the target asks a company database, how often, and what it does where it may not."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tap_contacts.apis.porters import client as api
from tests.sandbox.porters import FIELD, OPTION, SCOPES, Porters
from tests.sandbox.porters_tenant import Kind, Tenant
from tests.support.commands import Workplace, contacts
from tests.support.porters_fields import (
    ANNA,
    BERT,
    CARL,
    REFUSED,
    asked,
    held,
    reasons,
    refusals,
    write,
)
from tests.support.porters_lists import OWN, TYPED


def without(*scopes: str) -> list[str]:
    """Return what an app is granted that lacks these scopes."""
    return [scope for scope in SCOPES if scope not in scopes]


# What the app may not read.


def test_without_field_r_the_documented_table_is_used(workplace: Workplace) -> None:
    """One warning says what follows and what to grant; own fields are text, statuses are named."""
    tenant = Tenant(largest={"Contact.P_Name": 4})
    mapping = {"field_map": {"Contact.U_ExternalKey": "mark"}}
    records = [{**ANNA, "mark": 7, "contact_status": "VIP"}, {"id": 2, "name": "Berta"}]
    with Porters(tenant=tenant, scopes=without("field_r")) as sandbox:
        run = write(workplace, sandbox, *records, **mapping)
        assert held(sandbox, "Contact.U_ExternalKey") == ["7"]
        assert held(sandbox, "Contact.P_Phase") == ["Option.U_Vip"]
        assert len(asked(sandbox, FIELD)) == 1
    assert refusals(workplace) == [(2, "104", None)]
    sentence = "is not known before it is sent: grant the app field_r, too."
    assert run.log.count(sentence) == 1
    assert "PORTERS: code 403" in run.log


def test_without_option_r_options_are_given_by_alias(workplace: Workplace) -> None:
    """One warning says so; a name that was mapped is rejected with what it must be."""
    mapping = {"field_map": {OWN[Kind.CHECKBOX]: "areas"}, "match_on": []}
    # Reading contacts takes option_r as well, so that nothing can be looked up.
    records = [
        {**ANNA, "contact_status": "Option.P_Lead", "areas": "Option.U_Tokyo,Option.U_1"},
        {**BERT, "contact_status": "Lead"},
        {**CARL, "areas": ["Tokyo"]},
    ]
    with Porters(tenant=TYPED, scopes=without("option_r")) as sandbox:
        run = write(workplace, sandbox, *records, **mapping)
        assert held(sandbox, OWN[Kind.CHECKBOX]) == ["Option.U_1,Option.U_Tokyo", None]
        assert held(sandbox, "Contact.P_Phase") == ["Option.P_Lead", None]
        assert len(asked(sandbox, OPTION)) == 2
    assert refusals(workplace) == [("c", "invalid", OWN[Kind.CHECKBOX])]
    assert run.log.count("Options can be given by their aliases only: grant the app option_r") == 1
    assert "must be the alias of an option" in reasons(workplace)
    assert "Contact.P_Phase must be the alias of an option" in run.log


# How often is asked, and what else may come as an answer.


def test_each_thing_is_asked_for_once_a_run_and_not_at_all_in_a_rerun(workplace: Workplace) -> None:
    """Streams and the runs of a day share what was learned; without a change nothing is asked."""
    records = [{"id": n, "name": f"P{n}", "contact_status": "Lead"} for n in range(50)]
    both = [*contacts(*records), *contacts(*records, stream="more_contacts")]
    with Porters() as sandbox:
        config = {**sandbox.target_config(), "match_on": [], "batch_size_rows": 10}
        workplace.target(config, both)
        assert (len(asked(sandbox, FIELD)), len(asked(sandbox, OPTION))) == (1, 1)
        again = workplace.target(config, both)
        assert (again.summary["unchanged"], again.summary["requests"]) == (100, 0)
        changed = workplace.target(config, contacts({**records[0], "contact_status": None}))
        assert changed.summary["updated"] == 1
        assert (len(asked(sandbox, FIELD)), len(asked(sandbox, OPTION))) == (1, 1)


def test_threads_share_what_was_learned() -> None:
    """Eight threads that ask at once cause one Field Read and one Option Read."""
    with Porters(latency=0.05) as sandbox:
        client = api.Porters(sandbox.target_config()["porters"], {})
        with ThreadPoolExecutor(8) as pool:
            known = list(pool.map(lambda _: client.tenant.fields(), range(8)))
            found = list(pool.map(client.tenant.options, ["Option.P_ContactPhase"] * 8))
        assert (len(asked(sandbox, FIELD)), len(asked(sandbox, OPTION))) == (1, 1)
    assert all(each is known[0] for each in known)
    assert all(each is found[0] for each in found)


FAULTS: tuple[dict[str, Any], ...] = (
    {"status": 503},
    {"status": 200, "body": "<html><body>Welcome</body></html>"},
    {"status": 200, "body": "<System><Code>9</Code></System>"},
    {"cut": "before"},
    {"cut": "half"},
    {"expire": True},
)
"""Answers after which the same read is sent again."""


@pytest.mark.parametrize("path", [FIELD, OPTION])
def test_reads_of_fields_and_options_are_repeated_like_all_reads(
    workplace: Workplace, path: str
) -> None:
    """Trouble on the way is no reason to go on without limits, or to reject anybody."""
    with Porters(tenant=Tenant(largest={"Contact.P_Name": 4})) as sandbox:
        for fault in FAULTS:
            sandbox.fault(on=f"GET {path}", **fault)
        records = [{**ANNA, "contact_status": "Lead"}, {"id": 2, "name": "Berta"}]
        run = write(workplace, sandbox, *records, max_tries=9)
        assert (run.code, held(sandbox, "Contact.P_Phase")) == (3, ["Option.P_Lead"])
    assert refusals(workplace) == [(2, "too_long", "Contact.P_Name")]


@pytest.mark.parametrize(
    ("path", "fault", "sentence"),
    [
        (FIELD, {"status": 503}, "GET /v1/field: no success in 5 tries"),
        (OPTION, {"status": 503}, "GET /v1/option: no success in 5 tries"),
        (FIELD, {"status": 400, "body": "<System><Code>404</Code></System>"}, "code 404"),
        (FIELD, {"status": 200, "body": "<System><Code>103</Code></System>"}, "code 103"),
        (OPTION, {"status": 200, "body": "<System><Code>103</Code></System>"}, "code 103"),
        (FIELD, {"status": 200, "body": '<Field Total="0"><Code>0</Code></Field>'}, "no field"),
        (FIELD, {"status": 200, "body": '<Field Total="3"><Code>0</Code></Field>'}, "gave 0"),
    ],
)
def test_a_read_that_fails_for_good_stops_the_run_and_rejects_nobody(
    workplace: Workplace, path: str, fault: dict[str, Any], sentence: str
) -> None:
    """One sentence, exit code 1, nothing written; the next run completes."""
    record = {**ANNA, "contact_status": "Lead"}
    with Porters() as sandbox:
        sandbox.fault(on=f"GET {path}", times=-1, **fault)
        run = write(workplace, sandbox, record)
        assert (run.code, run.summary["rejected"], sandbox.writes) == (1, 0, [])
        assert sentence in run.log
        assert "Traceback" not in run.log
        sandbox.faults.clear()
        assert write(workplace, sandbox, record).summary["created"] == 1


ODD_FIELDS = """<Field Total="5" Count="5" Start="0"><Code>0</Code>
<Item><Field.P_Alias>Contact.P_Name</Field.P_Alias><Field.P_Max>many</Field.P_Max>
<Field.P_Min>-3</Field.P_Min><Field.P_Required/></Item>
<Item><Field.P_Alias>Contact.U_ &lt;x&gt;</Field.P_Alias>
<Field.P_Required>1</Field.P_Required></Item>
<Item><Field.P_Alias> Contact.U_Odd </Field.P_Alias><Field.P_Type>99</Field.P_Type></Item>
<Item><Field.P_Alias>Contact.U_Count</Field.P_Alias><Field.P_Type>3</Field.P_Type>
<Field.P_Max>0</Field.P_Max><Field.P_Min>0</Field.P_Min></Item>
<Item><Field.P_Alias>Contact.P_Phase</Field.P_Alias>
<Field.P_ReferTo><OptionRoot><Option.U_Stage/></OptionRoot></Field.P_ReferTo></Item></Field>"""
ODD_OPTIONS = """<Option><Code>0</Code>
<Item><Option.P_Alias>Option.P_Lead</Option.P_Alias><Option.P_Name> Lead </Option.P_Name></Item>
<Item><Option.P_Alias>Option.&lt;x&gt;</Option.P_Alias><Option.P_Name>Evil</Option.P_Name></Item>
<Item><Option.P_Alias>Option.P_Lead</Option.P_Alias><Option.P_Name>Lead</Option.P_Name></Item>
<Item><Option.P_Name>Nameless</Option.P_Name></Item></Option>"""


def test_odd_answers_are_read_as_far_as_they_make_sense(workplace: Workplace) -> None:
    """What is no limit is none, a type of tomorrow is text, and no name becomes markup."""
    own = {"Contact.U_Odd": Kind.SINGLE, "Contact.U_Count": Kind.NUMBER}
    mapping = {"field_map": {"Contact.U_Odd": "odd", "Contact.U_Count": "id"}, "match_on": []}
    tenant = Tenant(own=own)
    with Porters(tenant=tenant) as sandbox:
        sandbox.fault(on=f"GET {FIELD}", status=200, body=ODD_FIELDS)
        sandbox.fault(on=f"GET {OPTION}", status=200, body=ODD_OPTIONS)
        records = [
            {"id": 1, "name": "A", "odd": "<b>", "contact_status": "lead"},
            {"id": 2, "name": "B", "contact_status": "Evil"},
            {"id": 3, "name": "C", "contact_status": "Nameless"},
        ]
        run = write(workplace, sandbox, *records, **mapping)
        assert (run.code, held(sandbox, "Contact.U_Odd")) == (0, ["<b>", None, None])
        assert held(sandbox, "Contact.U_Count") == ["1.00", "2.00", "3.00"]
        assert [query["alias"] for query in asked(sandbox, OPTION)] == ["Option.U_Stage"]
        assert held(sandbox, "Contact.P_Phase") == ["Option.P_Lead", None, None]
    assert run.summary["dropped_or_truncated"] == [
        ["contacts", "Contact.P_Phase", "left out, unknown there", 2]
    ]


def test_what_was_learned_holds_for_a_dry_run_too(workplace: Workplace) -> None:
    """The plan rejects what would be rejected, and writes nothing."""
    with Porters(tenant=Tenant(largest={"Contact.P_Name": 4})) as sandbox:
        run = write(workplace, sandbox, ANNA, {"id": 2, "name": "Berta"}, dry_run=True)
        assert (run.summary["created"], run.summary["rejected"]) == (1, 1)
        assert sandbox.writes == []


def test_neither_values_nor_secrets_are_logged_where_fields_are_learned(
    workplace: Workplace,
) -> None:
    """At DEBUG, with every kind of refusal, no value of a record is written."""
    given = {f"own_{kind.name}": f"secret-{kind.name}" for kind in REFUSED}
    records = [{"id": n, "name": "Anna", key: v} for n, (key, v) in enumerate(given.items())]
    mapping = {OWN[kind]: f"own_{kind.name}" for kind in REFUSED}
    with Porters(tenant=TYPED) as sandbox:
        config = {**sandbox.target_config(), "field_map": mapping}
        run = workplace.target(config, contacts(*records), env={"LOGLEVEL": "DEBUG"})
    assert run.summary["rejected"] == len(records) - 2
    assert "secret-" not in run.log
    assert "secret-" not in json.dumps(workplace.rejections)
