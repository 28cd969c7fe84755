"""Writing to cobai."""

from __future__ import annotations

import hashlib
from typing import Any

from target_contacts.ledger.entry import WRITTEN, Entry
from target_contacts.pipeline.contact_sink import ContactSink
from target_contacts.sinks.cobai.sink import CobaiSink
from target_contacts.target import TargetContacts
from tests.sandbox.cobai import CUSTOMER_UUID, PASSWORD, RICO, RICO_UUID, Cobai
from tests.support.cobai_people import (
    DEBUG,
    HTML,
    LIST,
    NOBODY,
    XHTML,
    calls,
    member,
    person,
    source,
)
from tests.support.commands import Workplace, contacts


def refusals(workplace: Workplace) -> list[tuple[Any, Any, Any]]:
    """Return the record's id, code and field of each rejection, by id."""
    lines = [line for line in workplace.rejects if line["type"] == "RECORD"]
    found = [(m["record"]["id"], m["rejection"]["code"], m["rejection"]["field"]) for m in lines]
    return sorted(found)


FULL = {
    "first_name": "Zoë\x0b",
    "last_name": "O'Brien-山田 👩🏽‍💻 <&>",
    "email": " zoe+a&b=c@example.com ",
    "work_phone": "+49 30 12345",
    "fax": "+49 30 12346",
    "mobile": 4915112345678,
    "login": "zoë",
    "password": "pass<wörd>",
    "sex": "f",
    "role": "ROLE_SHOP_COSTCENTER_USER",
    "ignore_assortment": "yes",
    "city": "Berlin",
}


def test_every_field_arrives_exactly(cobai: Cobai, workplace: Workplace) -> None:
    """All that cobai can carry arrives, in any script; what it cannot is named."""
    other = cobai.add_customer()
    config = {**cobai.target_config(), "field_map": {}}
    run = workplace.target(config, contacts({"id": 1, "customer_uuid": other.upper(), **FULL}))
    (held,) = cobai.contacts
    uuid = held.pop("uuid")
    assert held == {
        "customer_uuid": other,
        "firstName": "Zoë",
        "lastName": "O'Brien-山田 👩🏽‍💻 <&>",
        "officeMail": "zoe+a&b=c@example.com",
        "officePhone": "+49 30 12345",
        "officeFax": "+49 30 12346",
        "officeMobile": "4915112345678",
        "webUserName": "zoë",
        "gender": "FEMALE",
        "role": "ROLE_SHOP_COSTCENTER_USER",
        "ignoreAssortment": "true",
    }
    assert cobai.passwords[uuid] == hashlib.sha256("pass<wörd>".encode()).hexdigest()
    assert (run.code, run.summary["not_carried"]) == (0, {"contacts": ["city"]})


def test_what_the_tap_reads_the_target_writes(cobai: Cobai, workplace: Workplace) -> None:
    """Contacts move from one cobai to another without any mapping."""
    cobai.seed()
    read = workplace.tap(source(cobai)).out
    with Cobai() as other:
        run = workplace.target({**other.target_config(), "field_map": {}}, read)
        (held,) = other.contacts
    assert (run.code, {name: held[name] for name in RICO}) == (0, RICO)


def test_only_what_has_changed_is_written_and_the_rest_is_kept(
    cobai: Cobai, workplace: Workplace
) -> None:
    """A rerun writes nothing; a change is one PUT, after which cobai's own changes still stand.

    A new default password makes nobody look changed and resets nobody's password.
    """
    config = cobai.target_config()
    people = [person(1), person(2, phone="030", fax="031"), person(3)]
    workplace.target(config, contacts(*people))
    mine = next(c["uuid"] for c in cobai.contacts if c["firstName"] == "First 2")
    cobai.change(mine, officeMobile="0171", webPassword="changed")
    config["defaults"]["password"] = "another"
    rerun = workplace.target(config, contacts(*people))
    assert (rerun.code, rerun.summary["unchanged"], len(cobai.writes)) == (0, 3, 3)

    people[1] = person(2, phone="040", fax="")
    run = workplace.target(config, contacts(*people))
    held = next(c for c in cobai.contacts if c["uuid"] == mine)
    numbers = [held[name] for name in ("officePhone", "officeFax", "officeMobile")]
    assert (run.code, run.summary["updated"], calls(cobai, "PUT")) == (0, 1, [f"{LIST}/{mine}"])
    assert numbers == ["040", "", "0171"]
    assert cobai.passwords[mine] == hashlib.sha256(b"changed").hexdigest()


def test_a_password_of_the_record_itself_is_written(cobai: Cobai, workplace: Workplace) -> None:
    """It is changed when the record's changes, be it to the default, and not when it is empty."""
    for first, second in (("first", "first"), (PASSWORD, "")):
        people = [person(1, password=first), person(2, password=second)]
        assert workplace.target(cobai.target_config(), contacts(*people)).code == 0
    uuids = {contact["firstName"]: contact["uuid"] for contact in cobai.contacts}
    held = [cobai.passwords[uuids[name]] for name in ("First 1", "First 2")]
    assert held == [hashlib.sha256(word.encode()).hexdigest() for word in (PASSWORD, "first")]


def test_what_cobai_would_refuse_is_refused_before_sending(
    cobai: Cobai, workplace: Workplace
) -> None:
    """Each bad record is rejected by field, with the limit; the good ones land."""
    bad = [
        person(3, first_name="x" * 36),
        person(4, email="nobody"),
        person(5, email="a@" + "b" * 60 + ("." + "b" * 60) * 3),
        person(6, phone="0" * 31),
        person(9, ignore_assortment="perhaps"),
        person(10, password="p" * 51),
        person(11, password="tab\x01"),
    ]
    good = [person(12, first_name="ö" * 35, phone="0" * 30), person(13)]
    run = workplace.target(cobai.target_config(), contacts(*bad, *good))
    assert (run.code, len(cobai.contacts), len(cobai.writes)) == (3, 2, 2)
    assert refusals(workplace) == [
        (3, "too_long", "firstName"),
        (4, "invalid", "officeMail"),
        (5, "too_long", "officeMail"),
        (6, "too_long", "officePhone"),
        (9, "invalid", "ignoreAssortment"),
        (10, "too_long", "webPassword"),
        (11, "invalid", "webPassword"),
    ]
    reasons = " ".join(rejection["reason"] for rejection in workplace.rejections)
    assert "firstName takes 35 characters, not 36" in reasons
    assert "nobody" not in run.log


MINIMAL = {"customer_id": CUSTOMER_UUID, "password": PASSWORD}
"""Defaults that contacts with names and an e-mail need."""


def minimal(sandbox: Cobai, **defaults: Any) -> dict[str, Any]:
    """Return a config with the shortest settings, and these defaults beside them."""
    account = {"api": "cobai", "cobai": sandbox.tap_config()}
    return {**account, "defaults": {**MINIMAL, **defaults}}


def test_customer_and_password_are_all_that_must_be_set(cobai: Cobai, workplace: Workplace) -> None:
    """Role and assortment are an ordinary user's; gender and user name are not made up."""
    config = minimal(cobai)
    run = workplace.target(config, contacts(person(1), person(2, gender=None)))
    assert (run.code, run.summary["created"]) == (0, 2)
    assert {c["role"] for c in cobai.contacts} == {"ROLE_SHOP_USER"}
    assert {c["ignoreAssortment"] for c in cobai.contacts} == {"false"}
    assert {(c["gender"], c["webUserName"]) for c in cobai.contacts} == {("", "")}
    assert set(cobai.passwords.values()) == {hashlib.sha256(PASSWORD.encode()).hexdigest()}
    sent = [line.request.body for line in cobai.writes]
    assert not any(b"<gender" in body or b"<webUserName" in body for body in sent)
    again = workplace.target(config, contacts(person(1), person(2, gender=None)))
    assert (again.summary["unchanged"], again.summary["requests"]) == (2, 0)


def test_only_without_customer_a_record_is_rejected_before_it_is_sent(
    cobai: Cobai, workplace: Workplace
) -> None:
    """What may be mandatory is left to cobai; the customer stands in the address of the call."""
    config = {**minimal(cobai), "defaults": {}}
    run = workplace.target(config, contacts(person(1), person(2, customer_id=CUSTOMER_UUID)))
    assert (run.code, len(cobai.writes)) == (3, 1)
    assert refusals(workplace) == [(1, "missing", "customer")]
    assert "for all records by defaults" in workplace.rejections[0]["reason"]


def test_what_cobai_demands_after_all_is_its_own_answer(workplace: Workplace) -> None:
    """A refusal names the fields in cobai's words, in the rejects; who has them all lands."""
    lacking = [person(1), person(2, last_name=" ", gender="f", login="two"), person(3, login="3")]
    with Cobai(inferred_fields=True) as cobai:
        run = workplace.target(minimal(cobai), contacts(person(4, sex="f", login="4"), *lacking))
        assert (run.code, [c["webUserName"] for c in cobai.contacts]) == (3, ["4"])
    assert refusals(workplace) == [(n, "BadRequest", None) for n in (1, 2, 3)]
    reasons = {each["reason"].rpartition("(HTTP 400).")[2] for each in workplace.rejections}
    assert any("webUserName: '' is not allowed" in reason for reason in reasons)


def test_what_no_list_of_cobai_has_is_left_out(cobai: Cobai, workplace: Workplace) -> None:
    """A role or a gender that cobai does not know costs nobody the contact; defaults fill in."""
    people = [person(1, gender="divers"), person(2, role="ROLE_ADMIN"), person(3, role="role_shop")]
    people.append(person(4, role="ROLE_shop_costcenter_USER"))
    run = workplace.target(minimal(cobai), contacts(*people))
    assert (run.code, run.summary["created"]) == (0, 4)
    held = {c["firstName"]: c["role"] for c in cobai.contacts}
    assert held.pop("First 4") == "ROLE_SHOP_COSTCENTER_USER"
    assert set(held.values()) == {"ROLE_SHOP_USER"}
    assert run.summary["dropped_or_truncated"] == [
        ["contacts", "gender", "left out, unknown there", 1],
        ["contacts", "role", "left out, unknown there", 1],
    ]
    assert "role must be one of ROLE_SHOP_USER, " in run.log
    for chosen in ({"role": "ROLE_ADMIN"}, {"gender": "divers"}):
        refused = workplace.target(minimal(cobai, **chosen), contacts(person(9)))
        assert (refused.code, refusals(workplace)) == (3, [(9, "invalid", *chosen)])


def test_a_lost_create_without_user_name_is_found_by_name_and_e_mail(
    cobai: Cobai, workplace: Workplace
) -> None:
    """Without a user name, nobody is created twice or lost when an answer does not come."""
    cobai.fault(on="POST", cut="after")
    cobai.fault(on="POST", cut="before")
    config = {**minimal(cobai), "concurrency": 1}
    run = workplace.target(config, contacts(*map(person, range(4))))
    assert (run.code, run.summary["created"]) == (0, 4)
    assert sorted(c["firstName"] for c in cobai.contacts) == [f"First {n}" for n in range(4)]


def test_a_customer_that_is_none_is_named_as_the_fault(cobai: Cobai, workplace: Workplace) -> None:
    """An id of another system gives way to the default; without one, or unknown, it is refused."""
    config = cobai.target_config()
    foreign = [person(1, customer_id="347000014281004"), person(2, customer_id=NOBODY)]
    run = workplace.target(config, contacts(*foreign))
    assert (run.code, [c["customer_uuid"] for c in cobai.contacts]) == (3, [CUSTOMER_UUID])
    assert refusals(workplace) == [(2, "not_found", "customer")]
    assert "cobai has no customer with this UUID" in workplace.rejections[0]["reason"]

    del config["defaults"]["customer_id"]
    run = workplace.target(config, contacts(person(3), person(4, customer_id="347000014281004")))
    assert (run.code, len(cobai.contacts)) == (3, 1)
    assert refusals(workplace) == [(3, "missing", "customer"), (4, "invalid", "customer")]


def test_a_contact_never_moves_to_another_customer(cobai: Cobai, workplace: Workplace) -> None:
    """A changed customer is rejected by name, and the contact stays as it is."""
    workplace.target(cobai.target_config(), contacts(person(1)))
    before = cobai.contacts
    moved = person(1, last_name="New", customer_id=cobai.add_customer())
    run = workplace.target(cobai.target_config(), contacts(moved))
    assert (run.code, refusals(workplace)) == (3, [(1, "parent_changed", "customer")])
    assert cobai.contacts == before


def test_a_refusal_by_cobai_is_quoted_in_the_rejects_file_only(
    cobai: Cobai, workplace: Workplace
) -> None:
    """All words of a BadRequest document reach the rejects file; no log shows them."""
    cobai.add(customer_uuid=cobai.add_customer(), **member("n1@example.com"))
    run = workplace.target(cobai.target_config(), contacts(person(1), person(2)), env=DEBUG)
    assert (run.code, len(cobai.contacts)) == (3, 2)
    assert refusals(workplace) == [(1, "BadRequest", None)]
    assert "webUserName: 'n1@example.com' is in use" in workplace.rejections[0]["reason"]
    assert "n1@example.com" not in run.log


def spoil_creates(sandbox: Cobai) -> None:
    """Spoil the answers to the first seven creates, of which the first two are carried out."""
    sandbox.fault(on="POST", cut="after")
    sandbox.fault(on="POST", status=201, body=HTML, commit=True)
    sandbox.fault(on="POST", cut="before")
    sandbox.fault(on="POST", status=503)
    sandbox.fault(on="POST", status=200, body=HTML)
    sandbox.fault(on="POST", status=302, headers={"Location": f"{LIST}/{NOBODY}"})
    sandbox.fault(on="POST", status=400, body=HTML)


def test_a_create_with_an_unknown_outcome_is_looked_up(cobai: Cobai, workplace: Workplace) -> None:
    """Whatever spoils the answer, every contact is there once in the end, and none twice.

    A throttled create needs no look-up: it was surely not carried out.
    """
    spoil_creates(cobai)
    cobai.fault(on="POST", status=429, headers={"Retry-After": "0"})
    people = [person(number) for number in range(1, 9)]
    run = workplace.target({**cobai.target_config(), "concurrency": 1}, contacts(*people))
    assert (run.code, run.summary["created"]) == (0, 8)
    assert sorted(c["webUserName"] for c in cobai.contacts) == [p["email"] for p in people]
    assert len(calls(cobai, "POST")) == 8 + 5 + 1


def test_a_create_that_cannot_be_looked_up_is_never_sent_again(workplace: Workplace) -> None:
    """Without a list of contacts the record is rejected as unknown, in this run and the next."""
    people = contacts(*(person(number) for number in range(1, 9)))
    with Cobai(inferred_calls=False) as cobai:
        spoil_creates(cobai)
        config = {**cobai.target_config(), "concurrency": 1, "match_on": []}
        run = workplace.target(config, people)
        expected = [(n, "outcome_unknown", None) for n in range(1, 8)]
        assert (run.code, run.summary["created"], refusals(workplace)) == (3, 1, expected)
        again = workplace.target(config, people)
    assert (again.code, again.summary["unchanged"], refusals(workplace)) == (3, 1, expected)
    assert (len(calls(cobai, "POST")), len(cobai.contacts)) == (8, 3)


def test_a_contact_that_was_there_before_is_adopted(cobai: Cobai, workplace: Workplace) -> None:
    """Name and user name tell who it is; it is changed, keeps its password, none is added."""
    there = {"firstName": "First 1", "lastName": "Last 1", "officeMail": "other@example.com"}
    uuid = cobai.add(**member("n1@example.com", **there, officeFax="031", webPassword="own"))
    run = workplace.target(cobai.target_config(), contacts(person(1)))
    (held,) = cobai.contacts
    assert (run.code, run.summary["updated"], run.summary["created"]) == (0, 1, 0)
    assert (held["uuid"], held["officeMail"], held["officeFax"]) == (uuid, "n1@example.com", "031")
    assert cobai.passwords[uuid] == hashlib.sha256(b"own").hexdigest()


def test_whoever_has_the_user_name_of_another_is_not_overwritten(
    cobai: Cobai, workplace: Workplace
) -> None:
    """A user name alone is no evidence: cobai refuses the second one, and the first stays."""
    cobai.add(**member("n1@example.com", firstName="Rico"))
    run = workplace.target(cobai.target_config(), contacts(person(1)))
    (held,) = cobai.contacts
    assert (run.code, run.summary["rejected"], held["firstName"]) == (3, 1, "Rico")


def test_location_alone_tells_a_created_contact_and_an_update_may_be_repeated(
    cobai: Cobai, workplace: Workplace
) -> None:
    """A 201 is a success though its document is unreadable; the next change reaches the contact.

    Of the answers to a change, 200 is taken like 204, a page of another server is not.
    """
    location = f"http://api.cobai.com/v1/customer/{CUSTOMER_UUID}/contact/{RICO_UUID}"
    cobai.fault(on="POST", status=201, body="<contact", headers={"Location": location})
    first = workplace.target(cobai.target_config(), contacts(person(1)))
    cobai.seed()
    cobai.fault(on="GET", status=503)
    cobai.fault(on="PUT", cut="after")
    cobai.fault(on="PUT", status=200, body=XHTML)
    cobai.fault(on="PUT", status=200, commit=True)
    run = workplace.target(cobai.target_config(), contacts(person(1, phone="030")))
    assert (first.code, run.code, run.summary["updated"]) == (0, 0, 1)
    assert [(c["uuid"], c["officePhone"]) for c in cobai.contacts] == [(RICO_UUID, "030")]
    assert (len(calls(cobai, "POST")), len(calls(cobai, "PUT"))) == (1, 3)


def test_an_update_that_cobai_cannot_do_says_that_the_call_is_inferred(
    workplace: Workplace,
) -> None:
    """Creating works without the calls that no page describes; a change is rejected, with why."""
    with Cobai(inferred_calls=False) as cobai:
        config = {**cobai.target_config(), "match_on": []}
        first = workplace.target(config, contacts(person(1)))
        run = workplace.target(config, contacts(person(1, phone="030")))
    assert (first.code, run.code, refusals(workplace)) == (0, 3, [(1, "not_found", None)])
    assert "only inferred from the documents" in workplace.rejections[0]["reason"]


def test_a_customers_contacts_are_looked_up_without_those_of_the_stream(
    cobai: Cobai, workplace: Workplace
) -> None:
    """Each customer is listed by itself, all with their fields; what the stream has is left out."""
    other = cobai.add_customer()
    ann, bob = cobai.add(**member("ann")), cobai.add(**member("bob"))
    eve = cobai.add(customer_uuid=other, **member("eve"))
    config = {**cobai.target_config(), "ledger_url": f"sqlite:///{workplace.folder}/ledger.db"}
    target = TargetContacts(config=config)
    of_stream = target.add_sink("contacts", {"properties": {"id": {}}}, ["id"])
    assert isinstance(of_stream, ContactSink)
    sink = of_stream.api_sink
    assert isinstance(sink, CobaiSink)
    target.this_run.ledger.put("contacts", [Entry("k", WRITTEN, f"{CUSTOMER_UUID}/{bob}")])
    assert CobaiSink.capabilities.identity == ("customer", "webUserName")
    ours, theirs = dict(sink.within(CUSTOMER_UUID, 1)), dict(sink.within(other, 1))
    assert ([*ours], [*theirs]) == ([f"{CUSTOMER_UUID}/{ann}"], [f"{other}/{eve}"])
    assert ours[f"{CUSTOMER_UUID}/{ann}"]["webUserName"] == "ann"
    assert dict(sink.stored()) == {**ours, **theirs}
    assert sink.scope({"customer": other}) == other
    target.this_run.close()


def test_a_default_password_that_cobai_cannot_take_is_refused(
    cobai: Cobai, workplace: Workplace
) -> None:
    """It would fail every create: exit code 2, and it is not shown."""
    config = cobai.target_config()
    config["defaults"]["password"] = "p" * 51
    run = workplace.target(config, contacts(person(1)))
    assert (run.code, cobai.log, "ppp" in run.log) == (2, [], False)
    assert "defaults.password takes 50 characters" in run.log
