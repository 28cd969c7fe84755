"""PORTERS in each reading of its pages: both commands work, or end early and say why.

No reading loses or doubles a contact.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tap_contacts.apis.porters import codes
from tap_contacts.transport.session import Answer
from tests.sandbox.porters import CONTACT, FIELD, SCOPES, Porters
from tests.sandbox.porters_codes import Code
from tests.sandbox.porters_readings import own_fields
from tests.sandbox.readings import OTHER, PORTERS
from tests.support.commands import Workplace, contacts
from tests.support.porters_lists import OWNED, Clock, fill
from tests.support.porters_people import WRITE, bins, config, held, sent
from tests.support.porters_reading import CONTACTS, chosen, ids, read, reads, state

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

PEOPLE = [{"id": n, "name": f"P{n}", "email": f"p{n}@example.com"} for n in range(5)]
EVERY = ["", *sorted(PORTERS), "other"]


def readings_of(name: str) -> Collection[str]:
    """Return the readings of which one name stands for."""
    return OTHER["porters"] if name == "other" else {name} - {""}


@pytest.mark.parametrize("reading", EVERY)
def test_the_target_works_in_every_reading(workplace: Workplace, reading: str) -> None:
    """Contacts land once, though the token ends between two runs; changes land, and no more."""
    changed = [{**PEOPLE[0], "department": "IT"}, *PEOPLE[1:]]
    with Porters(readings=readings_of(reading)) as sandbox:
        run = workplace.target(config(sandbox), contacts(*PEOPLE, state=1))
        assert (run.code, bins(run.summary)) == (0, {"created": 5}), run.log
        sandbox.fault(on=f"GET {FIELD}", expire=True)
        again = workplace.target(config(sandbox), contacts(*changed, state=2))
        assert (again.code, bins(again.summary)) == (0, {"updated": 1, "unchanged": 4}), again.log
        assert held(sandbox) == [each["name"] for each in PEOPLE]
        assert [c.get("Contact.P_Division") for c in sandbox.contacts] == ["IT", *[None] * 4]


OF_WRITES = {"root_100", "root_101", "root_103", "rollback", "failed_id_empty"}
"""Readings of what writes are answered."""


@pytest.mark.parametrize("reading", [name for name in EVERY if name not in OF_WRITES])
def test_the_tap_works_in_every_reading(workplace: Workplace, clock: Clock, reading: str) -> None:
    """Each contact comes once with all its fields; then what has changed, and what is deleted."""
    with Porters(readings=readings_of(reading) or OF_WRITES) as company:
        company.now = clock
        everyone = fill(company, 205, clock)
        first = read(workplace, company)
        assert sorted(ids(first)) == everyone
        assert {record["Contact.P_Client.P_Name"] for record in first.records(CONTACTS)} == {
            "Sandbox Client"
        }
        clock.go_on(3600)
        company.change(everyone[3], **{"Contact.P_Name": "Changed"})
        company.remove(everyone[9])
        company.sign_ins.expire()
        second = read(workplace, company, state(first))
        assert sorted(ids(second)) == [everyone[3], everyone[9]]
        assert ids(read(workplace, company, state(second))) == []


# Codes at the root.


def refuse_all(sandbox: Porters, code: int, **more: Any) -> None:
    """Have every write refused as a whole."""
    body = f"<System><Code>{code}</Code></System>"
    sandbox.fault(on=WRITE, times=-1, status=200, body=body, **more)


ADVICE = {
    100: "a field that was asked for may be gone or misspelt",
    101: "not have got the access token, or a proxy takes Content-Type or its charset away",
    103: "a proxy may change Content-Type",
}


@pytest.mark.parametrize(
    ("code", "number"), [(100, 1), (101, 2), (103, 3), (100, 5), (101, 40), (103, 40)]
)
def test_a_request_that_is_refused_is_no_records_fault(
    workplace: Workplace, code: int, number: int
) -> None:
    """Five writes at most, exit code 1, nobody rejected, no STATE; the next run completes."""
    people = [{"id": n, "name": f"P{n}"} for n in range(number)]
    with Porters() as sandbox:
        settings = {**config(sandbox), "match_on": []}
        refuse_all(sandbox, code)
        run = workplace.target(settings, contacts(*people, state=1))
        assert (run.code, run.out, workplace.rejects) == (1, "", [])
        assert f"POST {CONTACT}: code {code} (HTTP 200), and the last" in run.log
        assert (ADVICE[code] in run.log, "Traceback" in run.log) == (True, False)
        assert len(sent(sandbox)) <= 5
        sandbox.faults.clear()
        again = workplace.target(settings, contacts(*people, state=1))
        assert (again.code, bins(again.summary)) == (0, {"created": number})


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        (100, [0]), (101, [39]), (103, [0, 39]), (100, [3, 4, 5, 30]), (101, [0, 1, 2]),
        (103, [*range(9, 30)]),
    ],
)  # fmt: skip
def test_a_contact_that_is_refused_with_its_request_stops_nobody(
    workplace: Workplace, code: int, bad: list[int]
) -> None:
    """Once another was taken it is the contact: it is rejected alone, and the others land."""
    people = [{"id": n, "name": f"{'bad' if n in bad else 'P'}{n}"} for n in range(40)]
    with Porters() as sandbox:
        refuse_all(sandbox, code, holding=">bad")
        run = workplace.target({**config(sandbox), "match_on": []}, contacts(*people, state=1))
        assert run.code == 3, run.log
        good = [p["name"] for p in people if p["id"] not in bad]
        assert {*held(sandbox)} == {*good}
        assert len(held(sandbox)) == len(good)
    rejected = [line for line in workplace.rejects if line["type"] == "RECORD"]
    assert sorted(line["record"]["id"] for line in rejected) == bad
    assert {line["rejection"]["code"] for line in rejected} == {str(code)}


def test_a_request_that_is_refused_later_in_the_run_is_no_records_fault_either(
    workplace: Workplace,
) -> None:
    """What landed before is kept; a dozen writes tell that it is not the contacts."""
    people = [{"id": n, "name": f"P{n}", "note": "x" * 700} for n in range(100)]
    with Porters() as sandbox:
        settings = {**config(sandbox), "match_on": []}
        refuse_all(sandbox, 101, after=1)
        run = workplace.target(settings, contacts(*people, state=1))
        assert (run.code, run.out, workplace.rejects) == (1, "", [])
        landed = len(held(sandbox))
        assert (0 < landed < 30, len(sent(sandbox))) == (True, 13)
        sandbox.faults.clear()
        again = workplace.target(settings, contacts(*people, state=1))
        assert again.code == 0
        assert bins(again.summary) == {"created": 100 - landed, "unchanged": landed}


@pytest.mark.parametrize("code", [100, 101, 103])
def test_an_items_own_code_is_about_the_item(workplace: Workplace, code: int) -> None:
    """One request, one rejection."""
    with Porters() as sandbox:
        sandbox.spoilt = {"bad": Code(code)}
        people = [{"id": n, "name": name} for n, name in enumerate(["A", "bad", "C"])]
        run = workplace.target({**config(sandbox), "match_on": []}, contacts(*people))
        assert (run.code, held(sandbox), len(sent(sandbox))) == (3, ["A", "C"], 1)
    assert [each["code"] for each in workplace.rejections] == [str(code)]


# Reading.


@pytest.mark.parametrize("reading", ["order_refused", "range_refused"])
def test_what_moves_while_it_is_read_by_offsets_comes_once(
    workplace: Workplace, clock: Clock, reading: str
) -> None:
    """Contacts made and deleted between two pages neither hide others nor bring them twice."""
    with Porters(readings=[reading]) as company:
        company.now = clock
        everyone = fill(company, 900, clock)
        gone: list[str] = []

        def move(served: int) -> None:
            if 2 < served < 8:
                gone.extend(everyone[place] for place in (served, 890 - served))
                for each in gone[-2:]:
                    company.remove(each)
                fill(company, served % 3)

        company.on_read = move
        run = read(workplace, company)
        assert run.code == 0, run.log
        living = [each for each in run.records(CONTACTS) if not each["_sdc_deleted_at"]]
        found = [each["Contact.P_Id"] for each in living]
        assert len(found) == len({*found})
        assert {*everyone} - {*gone} <= {*found}
        assert run.log.count("lists are read by offsets") == 1
        assert "field_map" not in run.log


def test_a_field_that_is_gone_is_not_taken_for_an_order(
    company: Porters, workplace: Workplace
) -> None:
    """Code 100 for everything ends the run with what may be at fault; nothing is read half."""
    fill(company, 3)
    path = chosen(workplace, {"porters": company.tap_config()}, (CONTACTS,))
    company.log.clear()
    body = "<System><Code>100</Code></System>"
    company.fault(on=f"GET {CONTACT}", times=-1, status=200, body=body)
    run = workplace.tap({"porters": company.tap_config()}, "--catalog", str(path))
    assert (run.code, run.records(CONTACTS), len(company.log) <= 5) == (1, [], True)
    assert "a field that was asked for may be gone or misspelt (porters.fields" in run.log


def test_only_what_the_catalog_selects_is_asked_for(company: Porters, workplace: Workplace) -> None:
    """Key and time of change always are; a reference is if anything of it is selected."""
    fill(company, 2)
    path = chosen(workplace, {"porters": company.tap_config()}, (CONTACTS,))
    catalog = json.loads(path.read_text())
    wanted = {"Contact.P_Name", "Contact.P_Owner.P_Mail"}
    (stream,) = [each for each in catalog["streams"] if each["tap_stream_id"] == CONTACTS]
    for each in stream["metadata"]:
        if each["breadcrumb"]:
            each["metadata"]["selected"] = each["breadcrumb"][1] in wanted
    path.write_text(json.dumps(catalog))
    company.log.clear()
    run = workplace.tap({"porters": company.tap_config()}, "--catalog", str(path))
    owner = "Contact.P_Owner(User.P_Id,User.P_Name,User.P_Mail)"
    expected = ["Contact.P_Id", "Contact.P_UpdateDate", "Contact.P_Name", owner]
    assert {*reads(company)[0]["field"].split(",Contact.")} == {
        each.removeprefix("Contact.") if place else each for place, each in enumerate(expected)
    }
    assert [record["Contact.P_Name"] for record in run.records(CONTACTS)] == ["N0 M", "N1 M"]


def test_a_contact_that_changes_between_two_requests_for_its_fields_is_read_again(
    workplace: Workplace, clock: Clock
) -> None:
    """No record has some fields of before the change and some of after it; none is left out."""
    first, *_, last = aliases = [*own_fields()]
    with Porters(readings=["own_fields_400", "line_limit"]) as company:
        company.now = clock
        everyone = [company.add(**OWNED, **dict.fromkeys(aliases, "old")) for _ in range(5)]
        clock.go_on(60)

        def change(served: int) -> None:
            if served == 3:  # two tell the last changes; this is the second request for a page
                company.change(everyone[2], **{first: "new", last: "new"})
                company.remove(everyone[4])

        company.on_read = change
        run = read(workplace, company)
        records = {each["Contact.P_Id"]: each for each in run.records(CONTACTS)}
        assert run.code == 0, run.log
        assert [(each[first], each[last]) for each in records.values()][:4] == [
            ("old", "old"),
            ("old", "old"),
            ("new", "new"),
            ("old", "old"),
        ]
        assert records[everyone[4]]["_sdc_deleted_at"]
        assert all(each.keys() >= {*aliases} for each in records.values())
        lines = [len(line.request.raw_path) for line in company.log]
        assert max(lines) < 8000


def test_a_contact_that_changes_all_the_time_ends_the_run(
    workplace: Workplace, clock: Clock
) -> None:
    """A page that is never whole is not written; the next run completes."""
    with Porters(readings=["own_fields_400"]) as company:
        company.now = clock
        (only,) = fill(company, 1)

        def change(_: int) -> None:
            clock.go_on(1)
            company.change(only, **{"Contact.P_Name": "Changed"})

        company.on_read = change
        run = read(workplace, company)
        assert (run.code, run.records(CONTACTS)) == (1, [])
        assert "changes faster than it can be read" in run.log
        company.on_read = None
        assert ids(read(workplace, company)) == [only]


# Settings that are wrong.

WRONG: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "partition": ({"partition": "77"}, SCOPES, "Check porters.partition"),
    "app": ({"app_id": "stranger"}, SCOPES, "Check porters.app_id and porters.app_secret."),
    "secret": ({"app_secret": "wrong"}, SCOPES, "Check porters.app_id and porters.app_secret."),
    "none": ({}, (), "Grant the app access once"),
    "no writing": ({}, tuple({*SCOPES} - {"contact_w"}), "Grant the app access once"),
    "no reading": ({}, tuple({*SCOPES} - {"contact_r"}), "Grant the app access once"),
}


OTHERWISE = ["ended_token_404", "status_200", "contact_root"]


@pytest.mark.parametrize(
    ("wrong", "readings"),
    [*((wrong, []) for wrong in WRONG), ("partition", OTHERWISE), ("none", OTHERWISE)],
)
def test_wrong_settings_are_one_sentence_within_five_requests(
    workplace: Workplace, catalog: Path, wrong: str, readings: list[str]
) -> None:
    """Exit code 1 and what to check, of both commands; nobody is rejected, nothing is written."""
    settings, scopes, advice = WRONG[wrong]
    with Porters(scopes=scopes, readings=readings) as sandbox:
        fill(sandbox, 1)
        run = workplace.target(config(sandbox, **settings), contacts(*PEOPLE))
        assert (run.code, workplace.rejects, len(sandbox.contacts)) == (1, [], 1)
        assert (advice in run.log, "Traceback" in run.log) == (True, False)
        assert len(sandbox.log) <= 5
        sandbox.log.clear()
        if wrong != "no writing":
            account = {**sandbox.tap_config(), **settings}
            tap = workplace.tap({"porters": account}, "--catalog", str(catalog))
            assert (tap.code, advice in tap.log, "Traceback" in tap.log) == (1, True, False)
            assert len(sandbox.log) <= 5


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a catalog of contacts alone, which was made when all was well."""
    with Porters() as company:
        made = Workplace(tmp_path_factory.mktemp("catalog"))
        found: Path = chosen(made, {"porters": company.tap_config()}, (CONTACTS,))
        return found


# Look-ups that are refused.


@pytest.mark.parametrize(("code", "refused"), [(103, 1), (104, 2), (110, 4), (116, 2), (116, 4)])
def test_a_contact_whose_look_up_is_refused_is_not_created(
    workplace: Workplace, code: int, refused: int
) -> None:
    """It may be there: it is rejected, and others land. Nobody is doubled."""
    people = [{**each, "customer_id": f"90{each['id']}"} for each in PEOPLE]
    with Porters() as sandbox:
        for each in people:
            sandbox.database.add("Client", str(each["customer_id"]), P_Name="Other")
        for each in people[:refused]:
            found = f"Contact.P_Client={each['customer_id']}"
            body = f"<System><Code>{code}</Code></System>"
            sandbox.fault(on=f"GET {CONTACT}", holding=found, times=-1, status=400, body=body)
        landed = [each["name"] for each in people[refused:]]
        sandbox_proven = workplace.target(config(sandbox), contacts(PEOPLE[0] | {"id": "proof"}))
        run = workplace.target(config(sandbox), contacts(*people))
        assert (sandbox_proven.code, run.code) == (0, 3), run.log
        assert held(sandbox)[1:] == landed
    assert {each["code"] for each in workplace.rejections} == {str(code)}
    assert all("match_on [] creates them" in each["reason"] for each in workplace.rejections)


@pytest.mark.parametrize("code", [103, 104, 116])
def test_look_ups_that_are_all_refused_end_the_run(workplace: Workplace, code: int) -> None:
    """Into an account that has accepted nothing: one sentence with the code and what to set."""
    with Porters() as sandbox:
        body = f"<System><Code>{code}</Code></System>"
        sandbox.fault(on=f"GET {CONTACT}", times=-1, status=400, body=body)
        run = workplace.target(config(sandbox), contacts(*PEOPLE, state=1))
        assert (run.code, run.out, sent(sandbox)) == (1, "", [])
        assert f"several were refused alike, with code {code} (HTTP 400)" in run.log
        assert "match_on [] creates them without looking" in run.log
        again = workplace.target({**config(sandbox), "match_on": []}, contacts(*PEOPLE))
        assert (again.code, bins(again.summary)) == (0, {"created": 5})


@pytest.mark.parametrize("code", ["101", "103", "105"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_refuses_a_write_as_a_whole_may_be_about_its_form(method: str, code: str) -> None:
    """Of a look-up it is not said: its values are those of one record."""
    request = requests.Request(method, "https://example.com/v1/contact").prepare()
    body = f"<Contact><Code>{code}</Code></Contact>".encode()
    judgement = codes.judge(Answer(request, 200, {}, body))
    assert judgement.of_request is (method == "POST" and code in {"101", "103"})
