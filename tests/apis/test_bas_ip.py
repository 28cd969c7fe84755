"""What the target promises about the phone book of a BAS-IP monitor."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import uuid
from typing import Any

import pytest

from tests.sandbox.bas_ip import BasIp
from tests.sandbox.messages import Request, Response, json_response
from tests.support.bas_ip_people import ANNA, BERT, CARL, UPSERT, bins, config, held
from tests.support.commands import BIN, FAST, Workplace, contacts, singer

NO_FLAGS = {"is_favorite": False, "is_default": False, "auto_answer": False, "in_black_list": False}


def sent(sandbox: BasIp) -> list[list[str]]:
    """Return the names in each request that reached the API's rules."""
    bodies = [json.loads(line.request.body) for line in sandbox.writes]
    return [[item["name"] for item in body["list_items"]] for body in bodies]


def records(workplace: Workplace) -> list[dict[str, Any]]:
    """Return the RECORD messages of the newest rejects file."""
    return [line for line in workplace.rejects if line["type"] == "RECORD"]


def refusals(workplace: Workplace) -> list[tuple[Any, Any, Any]]:
    """Return the record's id, code and field of each rejection, by id."""
    found = records(workplace)
    codes = [(m["record"]["id"], m["rejection"]["code"], m["rejection"]["field"]) for m in found]
    return sorted(codes)


# What arrives.


def test_a_contact_arrives_with_every_field_the_phone_book_has(
    monitor: BasIp, workplace: Workplace
) -> None:
    """Name, number, type and all flags land exactly, under a link_id of the record's own."""
    record = {
        "id": "a-1",
        "first_name": "Zoë",
        "last_name": "Nguyễn 阮 😀",
        "mobile": "+49 (151) 12-34/5",
        "isFavorite": "yes",
        "kind": "multi",
        "answers": 1,
        "panel": True,
        "shut_out": "false",
    }
    mapped = {"type": "kind", "auto_answer": "answers", "is_default": "panel"}
    mapped["in_black_list"] = "shut_out"
    run = workplace.target({**config(monitor), "field_map": mapped}, contacts(record))
    [contact] = monitor.contacts
    assert uuid.UUID(contact.pop("link_id")).version == 5
    assert contact == {
        "item_uid": 1,
        "name": "Zoë Nguyễn 阮 😀",
        "type": "multi",
        "number": "sip:+4915112345@pbx.example.com",
        "is_favorite": True,
        "is_default": True,
        "auto_answer": True,
        "in_black_list": False,
    }
    assert (run.code, bins(run.summary), run.summary["not_carried"]) == (0, {"created": 1}, {})


def test_a_number_that_is_one_needs_no_template(monitor: BasIp, workplace: Workplace) -> None:
    """Without a template the number is that of field_map, mobile or phone; its form is the type.

    A plain phone number is refused, and the setting to use is named.
    """
    numbers = {"number": "intern"}
    records = [
        {"id": 1, "name": "Mapped", "intern": "0001-01-01", "mobile": "0001-01-11-11"},
        {"id": 2, "name": "Mobile", "mobile": "0001-01-11-11", "phone": "001-01-11-11-1"},
        {"id": 3, "name": "Phone", "mobile": "+4915112345", "phone": " 001-01-11-11-1 "},
        {"id": 4, "name": "SIP", "mobile": {"work": 1}, "phone": "sip:100@192.0.2.10:5060"},
        {**ANNA, "id": 5},
    ]
    settings = {**config(monitor, number_template=None), "field_map": numbers}
    run = workplace.target(settings, contacts(*records))
    found = [(each["name"], each["number"], each["type"]) for each in monitor.contacts]
    assert sorted(found) == [
        ("Mapped", "0001-01-01", "multi"),
        ("Mobile", "0001-01-11-11", "regular"),
        ("Phone", "001-01-11-11-1", "individual"),
        ("SIP", "sip:100@192.0.2.10:5060", "regular"),
    ]
    assert (run.code, refusals(workplace)) == (3, [(5, "missing", "number")])
    assert "Set bas_ip.number_template" in workplace.rejections[0]["reason"]


def test_defaults_fill_what_records_lack_and_the_rest_is_named(
    monitor: BasIp, workplace: Workplace
) -> None:
    """Defaults count only where a record has no value; fields without a place are named once."""
    settings = config(monitor, number_template="sip:{phone}.{company}@pbx.example.com")
    settings["defaults"] = {"company": "Acme-Inc.", "is_favourite": True}
    bare = {"id": 1, "name": "Anna", "phone": 100, "email": "anna@example.com"}
    full = {"id": 2, "name": "Bert", "phone": 101, "company": "B-B", "favorite": "no", "email": ""}
    run = workplace.target(settings, contacts(bare, full))
    assert [(each["number"], each["is_favorite"]) for each in monitor.contacts] == [
        ("sip:100.Acme-Inc.@pbx.example.com", True),
        ("sip:101.B-B@pbx.example.com", False),
    ]
    assert run.summary["not_carried"] == {"contacts": ["email"]}
    assert "anna@example.com" not in run.log


def test_only_what_changed_is_sent(monitor: BasIp, workplace: Workplace) -> None:
    """Run 2 sends nothing; one changed contact is one write, which puts left-out flags back."""
    workplace.target(config(monitor), contacts({**ANNA, "is_favorite": True}, BERT, CARL))
    again = workplace.target(
        config(monitor), contacts({**ANNA, "id": "1", "is_favorite": 1}, BERT, CARL)
    )
    assert (bins(again.summary), again.summary["requests"]) == ({"unchanged": 3}, 0)
    untouched = monitor.contacts[1:]
    changed = {**ANNA, "mobile": "+49 160 1"}
    run = workplace.target(config(monitor), contacts(changed, BERT, CARL))
    assert (bins(run.summary), sent(monitor)[2:]) == ({"updated": 1, "unchanged": 2}, [["Anna"]])
    anna, *others = monitor.contacts
    assert {"number": "sip:+491601@pbx.example.com", **NO_FLAGS}.items() <= anna.items()
    assert (others, anna["item_uid"]) == (untouched, 1)


def test_many_contacts_go_in_few_requests(workplace: Workplace) -> None:
    """10,001 contacts take a sign-in, a look at the device and three requests, and land in order.

    The first goes alone: its answer shows whether the device keeps link_id.
    """
    records = [{"id": n, "name": f"No {n}", "mobile": n} for n in range(10_001)]
    with BasIp(max_contacts=10_001) as monitor:
        settings = {**config(monitor), "checkpoint_seconds": 3600}
        run = workplace.target(settings, contacts(*records, state={"done": 10_001}))
    assert [len(names) for names in sent(monitor)] == [1, 9_999, 1]
    assert held(monitor) == [f"No {n}" for n in range(10_001)]
    assert (run.summary["requests"], run.messages) == (5, [{"done": 10_001}])


# Records that are refused.


def test_bad_records_are_refused_before_they_are_sent(monitor: BasIp, workplace: Workplace) -> None:
    """What lacks, is too long or badly formed is never sent; the good ones of the run land."""
    long = {"id": 11, "name": "ü" * 31, "mobile": "110"}
    fits = {"id": 12, "name": "ü" * 30, "mobile": "112"}
    bad: list[dict[str, Any]] = [
        {"id": 1, "name": "  ", "mobile": "100"},
        {"id": 2, "name": "No number"},
        {"id": 3, "name": "Empty number", "mobile": "()"},
        {"id": 4, "name": "Bad number", "mobile": "1", "n": "001-01-11-11"},
        {"id": 5, "name": "No type", "mobile": "1", "n": "0001"},
        {"id": 6, "name": "Bad port", "mobile": "1", "n": "sip:1@pbx.example.com:"},
        {"id": 7, "name": "Type of another", "mobile": "1", "n": "0001-01-01", "t": "regular"},
        {"id": 8, "name": "No such type", "mobile": "1", "t": "door"},
        {"id": 9, "name": "Both flags", "mobile": "1", "a": True, "b": "1"},
        {"id": 10, "name": "No flag", "mobile": "1", "a": "perhaps"},
    ]
    mapped = {"number": "n", "type": "t", "auto_answer": "a", "in_black_list": "b"}
    settings = {**config(monitor, max_name_length=30), "field_map": mapped}
    run = workplace.target(settings, contacts(*bad, long, fits))
    assert refusals(workplace) == [
        (1, "missing", "name"),
        (2, "missing", "number"),
        (3, "missing", "number"),
        (4, "invalid", "number"),
        (5, "invalid", "number"),
        (6, "invalid", "number"),
        (7, "invalid", "type"),
        (8, "invalid", "type"),
        (9, "invalid", "in_black_list"),
        (10, "invalid", "auto_answer"),
        (11, "too_long", "name"),
    ]
    reasons = " ".join(each["reason"] for each in workplace.rejections)
    assert "name takes 30 characters, not 31" in reasons
    assert (run.code, sent(monitor)) == (3, [["ü" * 30]])
    assert not any(record["name"] in run.log for record in bad[1:])


def test_success_is_what_the_device_says_of_each_contact(workplace: Workplace) -> None:
    """Of an HTTP 200 that took some contacts, the others are refused with the device's word."""
    with BasIp(max_contacts=2) as monitor:
        run = workplace.target(config(monitor), contacts(ANNA, BERT, CARL))
    [rejection] = workplace.rejections
    assert (run.code, bins(run.summary)) == (3, {"created": 2, "rejected": 1})
    assert (rejection["code"], rejection["http_status"]) == ("invalid_entity_data", 200)
    assert records(workplace)[0]["record"] == CARL


class Strict(BasIp):
    """A monitor that takes no full stop in a name and refuses the whole request for it."""

    def handle(self, request: Request) -> Response:
        """Refuse what the field `name` of a contact breaks."""
        items = json.loads(request.body)["list_items"] if self.is_write(request) else []
        if any("." in item["name"] for item in items):
            text = "Wrong JSON body: value `name` was of the wrong type"
            return json_response({"error": text}, 400)
        return super().handle(request)


def test_one_bad_contact_does_not_hold_up_the_request_it_is_in(workplace: Workplace) -> None:
    """A refused request is halved down to the contact at fault; the others land once each."""
    people: list[dict[str, Any]] = [{"id": n, "name": f"No {n}", "mobile": n} for n in range(20)]
    people[7]["name"] = "No. 7"
    with Strict() as monitor:
        run = workplace.target(config(monitor), contacts(*people))
    [rejection] = workplace.rejections
    assert (rejection["code"], rejection["field"]) == ("wrong_json_body", "name")
    assert sorted(held(monitor)) == sorted(p["name"] for p in people if p["id"] != 7)
    taken = [line for line in monitor.writes if line.status == 200]
    items = [item for line in taken for item in json.loads(line.request.body)["list_items"]]
    assert (len(items), len({item["link_id"] for item in items})) == (19, 19)
    assert (run.code, bins(run.summary)) == (3, {"created": 19, "rejected": 1})


# Answers that are lost or make no sense.


def test_an_upsert_is_repeated_until_it_is_answered_and_doubles_nothing(
    monitor: BasIp, workplace: Workplace
) -> None:
    """After a 503, a page with 200 and cut connections a contact is there once, and created."""
    monitor.fault(on=UPSERT, status=503, commit=True)
    monitor.fault(on=UPSERT, status=200, body="<html>Please wait</html>", commit=True)
    monitor.fault(on=UPSERT, cut="after")
    monitor.fault(on=UPSERT, cut="half")
    run = workplace.target(config(monitor), contacts(ANNA))
    assert (run.code, bins(run.summary), held(monitor)) == (0, {"created": 1}, ["Anna"])
    assert len(monitor.writes) == 5


@pytest.mark.parametrize(
    ("status", "body", "most"),
    [
        (302, '{"result": []}', 2),
        (200, '{"result": "ok"}', 2),
        (200, '{"error": true}', 2),
        (500, '{"error": {"code": "system_error"}}', 25),
        (200, "[]", 2),
    ],
)
def test_an_answer_that_makes_no_sense_is_no_success(
    monitor: BasIp, workplace: Workplace, status: int, body: str, most: int
) -> None:
    """A run that gets only such answers fails and passes on no STATE; the next makes it good."""
    people = [{**ANNA, "id": number} for number in range(5)]
    lost = monitor.fault(on=UPSERT, times=-1, status=status, body=body)
    run = workplace.target(config(monitor), contacts(*people, state={"at": 2}))
    assert (run.code, run.out, bins(run.summary), held(monitor)) == (1, "", {}, [])
    told = "create of a contact: no answer in" if status >= 500 else "the first writes into this"
    assert (told in run.log, f"HTTP {status}" in run.log) == (True, True)
    assert len(monitor.writes) + sum(not line.executed for line in monitor.log) <= most
    lost.times = 0
    again = workplace.target(config(monitor), contacts(*people, state={"at": 2}))
    assert (bins(again.summary), again.messages) == ({"created": 5}, [{"at": 2}])


def test_a_contact_the_answer_leaves_out_is_not_called_written(
    monitor: BasIp, workplace: Workplace
) -> None:
    """It is refused as of unknown outcome, not sent again in this run, and harmless in the next."""
    monitor.fault(on=UPSERT, status=200, body='{"result": [null]}', commit=True)
    run = workplace.target(config(monitor), contacts(ANNA))
    assert (run.code, refusals(workplace)) == (3, [(1, "outcome_unknown", None)])
    assert len(monitor.writes) == 1
    again = workplace.target(config(monitor), contacts(ANNA))
    assert (again.code, bins(again.summary), held(monitor)) == (0, {"created": 1}, ["Anna"])


class Deadly(BasIp):
    """A monitor that takes contacts but kills the sender before it can know."""

    victim: int | None = None

    def handle(self, request: Request) -> Response:
        """Carry out, then kill."""
        answer = super().handle(request)
        if self.is_write(request) and self.victim:
            os.kill(self.victim, signal.SIGKILL)
            self.victim = None
        return answer


def test_a_run_killed_before_the_answer_is_made_good_by_the_next(workplace: Workplace) -> None:
    """What was under way is sent again, under the same link_id: there once, and not refused."""
    path = workplace.folder / "config.json"
    with Deadly() as monitor:
        path.write_text(json.dumps({**FAST, **config(monitor)}))
        command = [str(BIN / "target-contacts"), "--config", str(path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=workplace.folder) as process:
            monitor.victim = process.pid
            process.communicate(singer(contacts(ANNA, BERT)).encode())
        assert (process.returncode, held(monitor)) == (-signal.SIGKILL, ["Anna"])
        run = workplace.target(config(monitor), contacts(ANNA, BERT))
    assert (run.code, bins(run.summary), held(monitor)) == (0, {"created": 2}, ["Anna", "Bert"])
