"""What the target promises about contacts in a PORTERS company database."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from tap_contacts.apis.porters import wire
from tests.sandbox.messages import Request, Response, xml_response
from tests.sandbox.porters import CLIENT_ID, OWNER_ID, SCOPES, Porters
from tests.sandbox.porters_tenant import Kind, Tenant
from tests.support.commands import Workplace, contacts
from tests.support.porters_lists import people
from tests.support.porters_people import ANNA, CARL, WRITE, bins, config, held, sent

BERT: dict[str, Any] = {"id": "b", "name": "Bert", "email": "bert@example.com"}
STAMPS = {
    "Contact.P_Id",
    "Contact.P_RegistrationDate",
    "Contact.P_RegisteredBy",
    "Contact.P_UpdateDate",
    "Contact.P_UpdatedBy",
}


def refusals(workplace: Workplace) -> list[tuple[Any, str, str | None]]:
    """Return id, code and field of each rejected record, by id."""
    found = [line for line in workplace.rejects if line["type"] == "RECORD"]
    return sorted(
        (m["record"]["id"], m["rejection"]["code"], m["rejection"]["field"]) for m in found
    )


def system(code: int) -> str:
    """Return the answer by which PORTERS refuses a whole request."""
    return f"<System><Code>{code}</Code></System>"


def answer(*results: tuple[str, int]) -> str:
    """Return the answer to a Contact Write: id and code of each item."""
    items = (f"<Item><Id>{i}</Id><Code>{code}</Code></Item>" for i, code in results)
    return f"<Contact>{''.join(items)}</Contact>"


# What arrives.


def test_a_contact_arrives_with_every_field_that_porters_has(workplace: Workplace) -> None:
    """All fields land exactly, markup and all scripts included, a phase and own fields too."""
    record = {
        "id": 1,
        "full_name": '髙橋 <花子> & "Söhne" 🙂 ]]>',
        "furigana": "タカハシ ハナコ",
        "department": "営業部",
        "job_title": "Leiterin",
        "note": "line one\n  line two\ttab\r\nline three",
        "country": "Japan",
        "state": "東京都",
        "city": "千代田区",
        "street": "丸の内 1-1\n5F",
        "postal_code": "0100001",
        "phone": "03-1234-5678",
        "fax": 312345679,
        "email": "hanako@example.co.jp",
        "mobile": "+81 90 1234 5678",
        "stage": "Option.P_Active",
        "badge": "№ 7",
    }
    own_fields = {"Contact.P_Phase": "stage", "Contact.A_Badge": "badge"}
    own = {"Contact.U_ExternalKey": Kind.SINGLE, "Contact.A_Badge": Kind.SINGLE}
    with Porters(tenant=Tenant(own=own)) as sandbox:
        changes = config(sandbox, external_key_field="Contact.U_ExternalKey")
        run = workplace.target({**changes, "field_map": own_fields}, contacts(record))
        (contact,) = sandbox.contacts
    assert (run.code, run.summary["not_carried"]) == (0, {})
    key = contact.pop("Contact.U_ExternalKey")
    assert contact.pop("Contact.P_PhaseDate")
    assert {alias: value for alias, value in contact.items() if alias not in STAMPS} == {
        "Contact.P_Owner": OWNER_ID,
        "Contact.P_Client": CLIENT_ID,
        "Contact.P_Name": record["full_name"],
        "Contact.P_Reading": "タカハシ ハナコ",
        "Contact.P_Division": "営業部",
        "Contact.P_Title": "Leiterin",
        "Contact.P_Memo": record["note"],
        "Contact.P_Country": "Japan",
        "Contact.P_Prefecture": "東京都",
        "Contact.P_City": "千代田区",
        "Contact.P_Street": "丸の内 1-1\n5F",
        "Contact.P_Zipcode": "0100001",
        "Contact.P_Telephone": "03-1234-5678",
        "Contact.P_Fax": "312345679",
        "Contact.P_Mail": "hanako@example.co.jp",
        "Contact.P_Mobile": "+81 90 1234 5678",
        "Contact.P_Phase": "Option.P_Active",
        "Contact.A_Badge": "№ 7",
    }
    with sqlite3.connect(workplace.folder / "target-contacts.db") as ledger:
        remote_ids = ledger.execute("SELECT remote_id FROM contacts").fetchall()
    assert remote_ids == [(contact["Contact.P_Id"],)]
    assert re.fullmatch("[0-9a-f]{32}", key)


def test_control_characters_are_left_out_and_blank_values_are_none(
    porters: Porters, workplace: Workplace
) -> None:
    """What PORTERS answers with code 8 never leaves, in own fields neither; the rest lands."""
    record = {
        "id": 1,
        "name": "A\x00n\x1bna\x7f",
        "note": "a\x0bb\x85c",
        "city": " ",
        "country": "\x02",
        "mark": "\x01k",
    }
    mapping = {"field_map": {"Contact.U_ExternalKey": "mark"}}
    run = workplace.target({**porters.target_config(), **mapping}, contacts(record))
    assert run.code == 0
    kept = {k: v for k, v in porters.contacts[0].items() if k not in {*STAMPS, "Contact.P_Client"}}
    assert kept == {
        "Contact.P_Owner": OWNER_ID,
        "Contact.P_Name": "Anna",
        "Contact.P_Memo": "ab\nc",
        "Contact.U_ExternalKey": "k",
    }


def test_unchanged_contacts_are_not_sent_and_new_and_changed_ones_share_a_request(
    porters: Porters, workplace: Workplace
) -> None:
    """A rerun sends nothing; then one changed and one new contact make one request of two items.

    What the record does not have, or has without a value, stays as it is in PORTERS.
    """
    settings = porters.target_config()
    workplace.target(settings, contacts({**ANNA, "city": "Bonn", "phone": "1"}, BERT))
    again = workplace.target(settings, contacts({**ANNA, "city": "Bonn", "phone": "1"}, BERT))
    changed = {"id": "a", "name": "Anne", "email": None}
    last = workplace.target(settings, contacts(changed, BERT, CARL))
    assert (bins(again.summary), again.summary["requests"]) == ({"unchanged": 2}, 0)
    assert bins(last.summary) == {"updated": 1, "unchanged": 1, "created": 1}
    assert sent(porters) == [["Anna", "Bert"], ["Anne", "Carl"]]
    anne = porters.contacts[0]
    assert [anne[f"Contact.P_{name}"] for name in ("Name", "Mail", "City", "Telephone")] == [
        "Anne",
        "anna@example.com",
        "Bonn",
        "1",
    ]


def test_a_request_is_filled_to_the_byte(porters: Porters, workplace: Workplace) -> None:
    """A document of exactly 15,000 bytes leaves; a contact that alone needs more is rejected."""
    fixed = {"Contact.P_Client": CLIENT_ID, "Contact.P_Owner": OWNER_ID, "Contact.P_Name": "A"}
    fixed["Contact.P_Memo"] = "x"
    room = 15_001 - len(wire.document([wire.Writer().item("-1", fixed)]))
    fitting = {"id": 2, "name": "A", "note": "あ" * (room // 3) + "x" * (room % 3)}
    larger = {"id": 3, "name": "A", "note": "x" * (room + 1)}
    run = workplace.target(porters.target_config(), contacts(fitting, larger, ANNA, BERT))
    assert len(porters.writes[0].request.body) == 15_000
    assert (run.code, sent(porters)) == (3, [["A"], ["Anna", "Bert"]])
    assert refusals(workplace) == [(3, "too_large", "Contact.P_Memo")]
    assert "15001 bytes and a request at most 15000" in workplace.rejections[0]["reason"]


def test_no_request_has_room_for_the_next_contact(porters: Porters, workplace: Workplace) -> None:
    """Many contacts land in as few requests as their bytes allow."""
    run = workplace.target(porters.target_config(), contacts(*people(200, memo=300)))
    assert run.summary["created"] == len(porters.contacts) == 200
    assert sorted(held(porters)) == sorted(f"P{n}" for n in range(200))
    sizes = [len(line.request.body) for line in porters.writes]
    largest = max(sizes) // max(map(len, sent(porters))) + 10
    assert all(15_000 - largest < size <= 15_000 for size in sorted(sizes)[1:])


def test_equal_keys_of_two_streams_are_two_contacts(porters: Porters, workplace: Workplace) -> None:
    """The key that a contact is given is that of its stream, too, with the ledger and without."""
    settings = config(porters, external_key_field="Contact.U_ExternalKey")
    other = {"id": "a", "name": "Bo Meyer", "email": "bo@example.com"}
    both = [*contacts(ANNA, stream="a_contacts"), *contacts(other, stream="b_contacts")]
    first = workplace.target(settings, both)
    for path in workplace.folder.glob("target-contacts.db*"):
        path.unlink()
    again = workplace.target(settings, both)
    assert (bins(first.summary), bins(again.summary)) == ({"created": 2}, {"updated": 2})
    assert sorted(held(porters)) == ["Anna", "Bo Meyer"]


# Owner and client.


def test_owner_and_client_are_the_records_own_or_the_default(
    porters: Porters, workplace: Workplace
) -> None:
    """A record's own ids count; ids of another system, and none at all, give way to defaults."""
    porters.add_client("10002", "Second")
    porters.add_user("7", "Second owner")
    records = [
        {**ANNA, "customer_id": 10002, "Contact.P_Owner": "7"},
        {**BERT, "customer_id": "a81bc81b-dead-4e5d-abff-90865d1e13b1", "owner_id": "x@y.example"},
        CARL,
    ]
    run = workplace.target(porters.target_config(), contacts(*records))
    assert run.code == 0
    found = [(c["Contact.P_Client"], c["Contact.P_Owner"]) for c in porters.contacts]
    assert found == [("10002", "7"), (CLIENT_ID, OWNER_ID), (CLIENT_ID, OWNER_ID)]


def test_what_cannot_be_right_is_rejected_before_it_is_sent(
    porters: Porters, workplace: Workplace
) -> None:
    """Missing and badly formed values are refused with field and rule; the good contact lands."""
    ids = {"owner_id": OWNER_ID, "customer_id": CLIENT_ID}
    bad = [
        {"id": 2, "name": "B", "owner_id": OWNER_ID},
        {"id": 3, "name": "C", "customer_id": CLIENT_ID},
        {"id": 4, "name": "D", **ids, "owner_id": "٣"},
        {"id": 6, **ids, "email": "a@b@c.example"},
        {"id": 7, **ids, "email": "nobody"},
        {"id": 8, **ids, "stage": "Hot"},
    ]
    mapping = {"Contact.P_Phase": "stage"}
    settings = {**porters.target_config(), "defaults": {}, "field_map": mapping}
    run = workplace.target(settings, contacts({**ANNA, **ids}, *bad))
    assert (run.code, bins(run.summary)) == (3, {"created": 1, "rejected": 6})
    assert refusals(workplace) == [
        (2, "missing", "Contact.P_Client"),
        (3, "missing", "Contact.P_Owner"),
        (4, "invalid", "Contact.P_Owner"),
        (6, "invalid", "Contact.P_Mail"),
        (7, "invalid", "Contact.P_Mail"),
        (8, "invalid", "Contact.P_Phase"),
    ]
    assert sent(porters) == [["Anna"]]
    reasons = " ".join(each["reason"] for each in workplace.rejections)
    assert "exactly one @" in reasons


# What PORTERS refuses.


def test_contacts_that_porters_refuses_are_rejected_alone_with_code_and_field(
    workplace: Workplace,
) -> None:
    """Items fail each on its own, whatever the HTTP status; the others land, none is sent twice.

    Where the app may not read the fields, a length shows only that way.
    """
    records = [
        ANNA,
        {"id": 4, "name": "No client", "customer_id": 99999},
        {"id": 5, "name": "No owner", "Contact.P_Owner": 99999},
        {"id": 6, "name": "L" * 201},
        BERT,
    ]
    with Porters(scopes=[scope for scope in SCOPES if scope != "field_r"]) as porters:
        run = workplace.target(porters.target_config(), contacts(*records))
        assert (run.code, held(porters), len(porters.writes)) == (3, ["Anna", "Bert"], 1)
    assert refusals(workplace) == [
        (4, "7", "Contact.P_Client"),
        (5, "5", "Contact.P_Owner"),
        (6, "104", None),
    ]


class Allergic(Porters):
    """Refuse a whole request for one contact in it, as the documents leave open."""

    def handle(self, request: Request) -> Response:
        """Answer code 8 to whatever holds the poison."""
        if b"POISON" in request.body:
            return xml_response(system(8).encode())
        return super().handle(request)


def test_a_request_refused_as_a_whole_is_halved_until_the_culprit_stands_alone(
    workplace: Workplace,
) -> None:
    """Only the culprits are rejected, and no accepted contact is sent again."""
    records = [*people(20), {"id": 90, "name": "POISON"}, {"id": 91, "name": "Z"}]
    with Allergic() as sandbox:
        run = workplace.target(sandbox.target_config(), contacts(*records))
        assert (run.code, bins(run.summary)) == (3, {"created": 21, "rejected": 1})
        assert sorted(held(sandbox)) == sorted(r["name"] for r in records if r["id"] != 90)
    assert refusals(workplace) == [(90, "8", None)]


def test_a_contact_deleted_in_porters_is_rejected_alone(
    porters: Porters, workplace: Workplace
) -> None:
    """An update of what is gone (302) is refused; a whole request of updates is tried in halves."""
    workplace.target(porters.target_config(), contacts(ANNA, BERT, CARL))
    porters.remove(porters.contacts[0]["Contact.P_Id"])
    porters.fault(on=WRITE, status=200, body=system(302))
    records = [{**each, "city": "Bonn"} for each in (ANNA, BERT, CARL)]
    run = workplace.target(porters.target_config(), contacts(*records))
    assert (run.code, bins(run.summary)) == (3, {"updated": 2, "rejected": 1})
    assert refusals(workplace) == [("a", "302", None)]
    assert [contact["Contact.P_City"] for contact in porters.contacts] == ["Bonn", "Bonn"]


def test_a_refusal_that_concerns_all_stops_the_run_and_rejects_nobody(
    porters: Porters, workplace: Workplace
) -> None:
    """What no record is to blame for is one sentence and exit code 1; the next run completes.

    The answer to one item (500: the database is full) may say so, after others have landed.
    """
    full = answer(("20002", 0), ("-1", 500))
    porters.fault(on=WRITE, status=200, body=system(406))
    porters.fault(on=WRITE, status=200, body=full)
    for code, advice in ((406, "IP address"), (500, "as many records as it may")):
        run = workplace.target(porters.target_config(), contacts(ANNA, BERT, state={"at": 1}))
        assert (run.code, run.out, run.summary["rejected"]) == (1, "", 0)
        assert f"PORTERS: POST /v1/contact: code {code}" in run.log
        assert advice in run.log
        assert "Traceback" not in run.log
    run = workplace.target(porters.target_config(), contacts(ANNA, BERT, state={"at": 1}))
    assert (run.messages, bins(run.summary)) == ([{"at": 1}], {"unchanged": 1, "created": 1})


def test_an_unavailable_porters_is_asked_again_but_not_for_ever(
    porters: Porters, workplace: Workplace
) -> None:
    """Code 9 means not carried out: the run stops after its tries, and the next one lands all."""
    porters.fault(on=WRITE, times=4, status=500, body=system(9))
    stopped = workplace.target({**porters.target_config(), "max_tries": 3}, contacts(ANNA, BERT))
    assert (stopped.code, len(sent(porters))) == (1, 3)
    assert "no success in 3 tries; last: code 9" in stopped.log
    workplace.target(porters.target_config(), contacts(ANNA, BERT))
    assert (len(sent(porters)), held(porters)) == (5, ["Anna", "Bert"])


# Answers that never came, or are none.

UNCLEAR: tuple[dict[str, Any], ...] = (
    {"status": 503},
    {"status": 200, "body": "<html><body>Welcome</body></html>"},
    {"status": 200, "body": "<p>not even XML"},
    {"status": 302, "headers": {"Location": "/login"}},
    {"status": 200, "body": ""},
    {"status": 200, "body": "<Contact/>"},
    {"status": 200, "body": answer(("20002", 0), ("20003", 0))},
    {"status": 200, "body": answer(("", 0))},
    {"status": 200, "body": "<Contact><Item><Id>20002</Id></Item></Contact>"},
    {"status": 200, "body": "<!DOCTYPE Contact [<!ENTITY a '0'>]>" + answer(("20002", 0))},
    {"status": 502, "body": answer(("20002", 0))},
    {"status": 200, "body": system(302)},
    {"status": 500, "body": system(1000)},
    {"status": 200, "body": system(4711)},
    {"status": 200, "body": answer(("", 302))},
    {"status": 200, "body": answer(("-1", 1000))},
    {"cut": "before"},
    {"cut": "after"},
    {"cut": "half"},
)
"""Answers that do not say whether a contact was created."""


def test_a_create_without_a_clear_answer_is_looked_up_before_it_is_sent_again(
    porters: Porters, workplace: Workplace
) -> None:
    """What was carried out is adopted and what was not is created: nobody is lost or doubled."""
    records = people(len(UNCLEAR) + 1, memo=10_000)
    workplace.target(porters.target_config(), contacts(records[-1]))
    for fault in UNCLEAR:
        porters.fault(on=WRITE, **fault)
    run = workplace.target(porters.target_config(), contacts(*records, state={"at": 1}))
    assert (run.code, run.messages) == (0, [{"at": 1}])
    assert bins(run.summary) == {"created": len(UNCLEAR), "unchanged": 1}
    again = workplace.target(porters.target_config(), contacts(*records))
    assert bins(again.summary) == {"unchanged": len(UNCLEAR) + 1}
    assert sorted(held(porters)) == sorted(f"P{n}" for n in range(len(UNCLEAR) + 1))
    assert "Traceback" not in run.log + again.log


def test_updates_of_an_unclear_answer_are_sent_again_by_themselves(
    porters: Porters, workplace: Workplace
) -> None:
    """The update is repeated until an answer is clear, the creates beside it are looked up.

    A cut connection, a gateway's error and an answer for another contact are not clear.
    """
    workplace.target(porters.target_config(), contacts(ANNA))
    for fault in ({"cut": "after"}, {"status": 503}, {"body": answer(("999", 0)), "status": 200}):
        porters.fault(on=WRITE, **fault)
    run = workplace.target(porters.target_config(), contacts({**ANNA, "name": "Anne"}, BERT, CARL))
    assert bins(run.summary) == {"updated": 1, "created": 2}
    assert sent(porters) == [["Anna"], ["Anne", "Bert", "Carl"], ["Anne"], ["Anne"], ["Anne"]]
    assert held(porters) == ["Anne", "Bert", "Carl"]
