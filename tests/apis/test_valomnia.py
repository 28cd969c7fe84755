"""Promises of Valomnia as a destination."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from target_contacts.pipeline.contact_sink import ContactSink
from target_contacts.sinks.valomnia.sink import ValomniaSink
from target_contacts.target import TargetContacts
from tests.support.commands import Workplace, contacts
from tests.support.valomnia_people import ANNA, API, BERT, last_names, settings

if TYPE_CHECKING:
    from tests.sandbox.valomnia import Valomnia

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))

FULL = {
    "firstName": "Zoë 👩🏽‍💻",
    "lastName": "O'Brien-山田 & Søn = 100 % + x",
    "fonction": "Chargée d'affaires",
    "country": "TN",
    "city": "Tunis تونس",
    "postalCode": "01000",
    "address": "12, rue d'été\nBât. «B»",
    "email": "zoe+a&b@example.com",
    "phone": "+216 71 000 000",
    "phone2": "+216 71 000 001",
    "mobile": "+216 20 000 000",
    "fax": "+216 71 000 009",
}
BINS = ("created", "updated", "unchanged", "deleted", "rejected", "skipped")


def bins(summary: dict[str, Any]) -> dict[str, int]:
    """Return the bins of a summary that are not empty."""
    return {name: summary[name] for name in BINS if summary[name]}


def faults(workplace: Workplace) -> set[tuple[str, str | None]]:
    """Return code and field of each rejection."""
    return {(each["code"], each["field"]) for each in workplace.rejections}


def encoded(image: bytes) -> str:
    """Return an image as base64 text."""
    return base64.b64encode(image).decode()


# What arrives.


def test_every_field_arrives_exactly(valomnia: Valomnia, workplace: Workplace) -> None:
    """All that Valomnia can carry arrives, in any script, line breaks included."""
    run = workplace.target(valomnia.target_config(), contacts({"id": 1, **FULL}))
    (held,) = valomnia.contacts
    assert run.code == 0
    assert {name: held[name] for name in FULL} == FULL
    assert held["customer"]["id"] == 3229
    assert run.summary["not_carried"] == {}


def test_other_names_of_the_fields_are_understood(valomnia: Valomnia, workplace: Workplace) -> None:
    """A stream with the usual names lands without a mapping; a country code is put in capitals."""
    record = {"given_name": "Ann", "surname": " Lee ", "title": "CEO", "street": "Main St 1"}
    run = workplace.target(
        valomnia.target_config(),
        contacts({"id": 1, **record, "zip": 1234, "country": "tn", "customer_id": 31888}),
    )
    (held,) = valomnia.contacts
    names = ("firstName", "lastName", "fonction", "address", "postalCode", "country")
    assert run.code == 0
    assert [held[name] for name in names] == ["Ann", "Lee", "CEO", "Main St 1", "1234", "TN"]
    assert held["customerReference"] == "C0001"


def test_unchanged_contacts_are_left_alone(valomnia: Valomnia, workplace: Workplace) -> None:
    """A rerun sends nothing; one changed contact is one write, which keeps what it leaves out."""
    config = valomnia.target_config()
    workplace.target(config, contacts({**ANNA, **FULL}, BERT))
    again = workplace.target(config, contacts({**ANNA, **FULL}, BERT))
    writes = len(valomnia.writes)
    changed = {**ANNA, "firstName": "Zoé", "lastName": "Li", "city": None}
    third = workplace.target(config, contacts(changed, BERT))
    assert (bins(again.summary), again.summary["requests"], writes) == ({"unchanged": 2}, 0, 2)
    assert (bins(third.summary), len(valomnia.writes)) == ({"updated": 1, "unchanged": 1}, 3)
    zoe = next(contact for contact in valomnia.contacts if contact["firstName"] == "Zoé")
    assert (zoe["lastName"], zoe["city"], zoe["email"]) == ("Li", "", "anna@example.com")
    assert (zoe["address"], zoe["fax"]) == (FULL["address"], FULL["fax"])


def test_an_image_travels_with_its_contact(valomnia: Valomnia, workplace: Workplace) -> None:
    """Base64 text and data: URIs become files byte for byte; without value the image stays."""
    images = [encoded(PNG), f"data:image/gif;base64,{encoded(b'GIF89a')}", None]
    for image in images:
        record = {**ANNA, "city": f"Orléans {image and len(image)}", "image": image}
        assert workplace.target(valomnia.target_config(), contacts(record)).code == 0
    first, second, third = (line.request.body for line in valomnia.writes)
    (held,) = valomnia.contacts
    assert (PNG in first, b"GIF89a" in second, b"imageFile" in third) == (True, True, False)
    assert (held["city"], held["photo"][-4:]) == ("Orléans None", ".gif")


def test_customers_can_be_named_by_reference(valomnia: Valomnia, workplace: Workplace) -> None:
    """With use_external_id the customer's own reference is sent, on create and on update."""
    config = {**settings(valomnia, use_external_id=True), "defaults": {"customer_id": "C0959"}}
    workplace.target(config, contacts({**ANNA, "customer_id": "C0001"}, BERT))
    run = workplace.target(config, contacts({**ANNA, "customer_id": "C0959"}, BERT))
    assert (run.code, bins(run.summary)) == (0, {"updated": 1, "unchanged": 1})
    assert {contact["customer"]["id"] for contact in valomnia.contacts} == {3229}


def test_a_parent_of_another_system_gives_way_to_the_default(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """A customer id that cannot be Valomnia's is replaced; one that can is kept; both are said."""
    foreign = {**ANNA, "customer_uuid": "5b0f1c1e-9d4f-4b5a-8f6e-1f2a3b4c5d6e"}
    run = workplace.target(
        valomnia.target_config(), contacts(foreign, {**BERT, "customer_id": 31888})
    )
    held = {contact["lastName"]: contact["customer"]["id"] for contact in valomnia.contacts}
    assert (run.code, held) == (0, {"Ahrens": 3229, "Busch": 31888})
    assert "customer_id of the records is no id of this destination" in run.log
    assert "customer_id goes before the default customer_id" in run.log


def test_nothing_is_said_of_a_default_that_is_needed(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """No word where records have no customer id, or that of the default."""
    same = valomnia.target_config()["defaults"]["customer_id"]
    records = contacts(ANNA, {**BERT, "customer_id": same})
    run = workplace.target(valomnia.target_config(), records)
    assert (run.code, "default" in run.log) == (0, False)


def test_settings_fill_what_records_lack(valomnia: Valomnia, workplace: Workplace) -> None:
    """field_map comes before the built-in names, defaults after them."""
    config = valomnia.target_config()
    config["defaults"] |= {"country": "FR", "last_name": "?"}
    config["field_map"] = {"phone2": "desk.number", "firstName": "nick"}
    record = {"id": 1, "first_name": "Anna", "nick": "Annie", "desk": {"number": "42"}}
    run = workplace.target(config, contacts(record))
    (held,) = valomnia.contacts
    assert run.code == 0
    assert (held["firstName"], held["lastName"], held["phone2"]) == ("Annie", "?", "42")
    assert held["country"] == "FR"


# What is refused before it is sent.


def test_what_cannot_be_right_is_rejected_unsent(valomnia: Valomnia, workplace: Workplace) -> None:
    """Missing and badly formed values are rejected by field, and the good contact lands."""
    bad: list[dict[str, Any]] = [
        {"first_name": " "},
        {"last_name": None},
        {"email": "anna at example.com"},
        {"image": "iVBORw0KGgo, broken"},
        {"image": encoded(b"%PDF-1.7")},
        {"image": encoded(PNG.ljust(2_000_001))},
    ]
    records = [{**ANNA, "id": number, **fields} for number, fields in enumerate(bad)]
    run = workplace.target(valomnia.target_config(), contacts(*records, {**BERT, "id": "good"}))
    assert (run.code, len(valomnia.writes), last_names(valomnia)) == (3, 1, ["Busch"])
    assert [(each["code"], each["field"]) for each in workplace.rejections] == [
        ("invalid", "email"),
        *[("invalid", "imageFile")] * 2,
        ("too_long", "imageFile"),
        ("missing", "firstName"),
        ("missing", "lastName"),
    ]
    reasons = [each["reason"] for each in workplace.rejections]
    assert "2000000 bytes, not 2000001" in reasons[3]


def test_a_country_that_valomnia_cannot_know_costs_no_contact(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """It is left out and counted; one that the settings name is rejected."""
    config = valomnia.target_config()
    run = workplace.target(config, contacts({**ANNA, "country": "Atlantis"}))
    mapped = {**config, "field_map": {"country": "land"}}
    refused = workplace.target(mapped, contacts({**BERT, "id": 2, "land": "Atlantis"}))
    assert (run.code, last_names(valomnia)) == (0, ["Ahrens"])
    assert run.summary["dropped_or_truncated"] == [
        ["contacts", "country", "left out, unknown there", 1]
    ]
    assert (refused.code, faults(workplace)) == (3, {("invalid", "country")})


def test_a_contact_without_customer_is_rejected(valomnia: Valomnia, workplace: Workplace) -> None:
    """Without a customer id and a default for it nothing is sent, and the field is named."""
    config = {**valomnia.target_config(), "defaults": {}}
    run = workplace.target(config, contacts(ANNA, {**BERT, "customer_id": "C0959"}))
    assert (run.code, valomnia.writes) == (3, [])
    assert faults(workplace) == {("missing", "customerId"), ("invalid", "customerId")}


# What the API refuses.


def test_what_the_api_refuses_is_rejected_by_field(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """A customer that is not there and the API's other refusals stand in the rejects file."""
    for code in ("email_validation_error", "country_error"):
        body = json.dumps({"error": code, "error_description": "not as it should be"})
        valomnia.fault(on=f"POST {API}", status=400, body=body)
    records = [
        {**ANNA, "id": 1, "email": "anna@example.org"},
        {**ANNA, "id": 2, "country": "Tunisia"},
        {**ANNA, "id": 3, "customer_id": "777"},
        {**ANNA, "id": 4, "city": "ß" * 256},
    ]
    config = {**valomnia.target_config(), "concurrency": 1}
    run = workplace.target(config, contacts(*records, {**BERT, "id": 5}))
    assert (run.code, last_names(valomnia)) == (3, ["Busch"])
    assert faults(workplace) == {
        ("not_found", "customerId"),
        ("email_validation_error", "email"),
        ("country_error", "country"),
        ("save_failed", None),
    }
    assert {each["http_status"] for each in workplace.rejections} == {400, 404}


def test_codes_are_understood_in_any_form(valomnia: Valomnia, workplace: Workplace) -> None:
    """The documents' broken JSON, an unknown code and a parameter named in words are refusals."""
    answers = [
        '{"error": "exceeded_file_size","error_description": "image size should not exceed 2Mo}',
        '{"error": "quota_exceeded", "error_description": "Anna is one too many"}',
        '{"error": "missing_param", "error_description": "phone2 parameter is missing"}',
    ]
    for body in answers:
        valomnia.fault(on=f"POST {API}", status=400, body=body)
    records = [{**ANNA, "id": number} for number in range(3)]
    run = workplace.target(valomnia.target_config(), contacts(*records))
    assert (run.code, bins(run.summary)) == (3, {"rejected": 3})
    assert faults(workplace) == {
        ("exceeded_file_size", "imageFile"),
        ("quota_exceeded", None),
        ("missing_param", "phone2"),
    }
    assert "one too many" not in run.log


def test_a_contact_gone_from_the_destination_is_rejected(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """An update of a contact that people removed blames no field and makes no second one."""
    config = valomnia.target_config()
    workplace.target(config, contacts(ANNA))
    valomnia.remove(valomnia.contacts[0]["id"])
    run = workplace.target(config, contacts({**ANNA, "city": "Sousse"}))
    assert (run.code, valomnia.contacts, faults(workplace)) == (3, [], {("not_found", None)})


# Lost answers.

LOST: list[dict[str, Any]] = [
    {"cut": "before"},
    {"cut": "after"},
    {"cut": "half"},
    {"status": 503, "body": "<html>Unavailable</html>"},
    {"status": 504, "commit": True},
    {"status": 500, "body": '{"error": "server_error", "error_description": "Oops!"}'},
    {"status": 200, "body": "<html><p>Thank you</p></html>", "commit": True},
    {"status": 200, "body": '{"paging": {"total": 0}, "data": []}', "commit": True},
    {"status": 302, "headers": {"Location": "/contact/show/6"}, "commit": True},
]
"""Answers after which a contact may be there, or not."""


def test_a_create_without_a_usable_answer_is_looked_up_before_it_is_sent_again(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """What was carried out is adopted, what was not is created: none is lost, none doubled.

    The account has accepted a contact before, so that its path is known to be right.
    """
    workplace.target(valomnia.target_config(), contacts({**ANNA, "id": 99, "last_name": "99"}))
    for fault in LOST:
        valomnia.fault(on=f"POST {API}", **fault)
    records = [{**ANNA, "id": number, "last_name": str(number)} for number in range(len(LOST))]
    run = workplace.target(valomnia.target_config(), contacts(*records))
    assert (run.code, bins(run.summary)) == (0, {"created": len(LOST)})
    assert sorted(last_names(valomnia)) == [*map(str, range(len(LOST))), "99"]


def test_lost_creates_that_cannot_be_told_apart_are_never_guessed(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """Two namesakes whose answers were lost are rejected as ambiguous, not written again."""
    valomnia.fault(on=f"POST {API}", cut="after", times=2)
    run = workplace.target(valomnia.target_config(), contacts(ANNA, {**ANNA, "id": 2}))
    assert (run.code, faults(workplace)) == (3, {("ambiguous", None)})
    assert len(valomnia.contacts) == 2


def test_an_update_without_a_usable_answer_is_sent_again(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """An update by id may be repeated, through a gateway error, a stray page and a lost answer."""
    workplace.target(valomnia.target_config(), contacts(ANNA))
    valomnia.fault(on=f"POST {API}", status=503)
    valomnia.fault(on=f"POST {API}", status=200, body="<html>Maintenance</html>")
    valomnia.fault(on=f"POST {API}", cut="after")
    run = workplace.target(valomnia.target_config(), contacts({**ANNA, "city": "Sousse"}))
    assert (run.code, [c["city"] for c in valomnia.contacts]) == (0, ["Sousse"])


# Looking up.


def sink(sandbox: Valomnia, **changed: Any) -> ValomniaSink:
    """Return a sink of its own, without a run around it."""
    target = TargetContacts(config={**settings(sandbox, **changed), "ledger_url": "sqlite://"})
    made = target.add_sink("contacts", {"properties": {"id": {}}}, ["id"])
    assert isinstance(made, ContactSink)
    assert isinstance(made.api_sink, ValomniaSink)
    return made.api_sink


def test_contacts_are_asked_for_by_their_names(valomnia: Valomnia) -> None:
    """All with these names come, over several pages; of one customer where its reference is known.

    Whether the filter heeds case is not documented; here it does not.
    """
    walter = {"firstName": "Walter", "lastName": "White", "customerId": 3229}
    keys = [valomnia.add(**walter, fax=n % 2) for n in range(205)]
    for other in ({"customerId": 31888}, {"firstName": "walter"}, {"lastName": "White Jr."}):
        valomnia.add(**{**walter, **other})
    wanted = {name: str(walter[name]) for name in ValomniaSink.capabilities.identity}
    plain, external = sink(valomnia), sink(valomnia, use_external_id=True)
    found = dict(plain.find(wanted))
    assert [*found] == [str(key) for key in [*keys, keys[-1] + 1, keys[-1] + 2]]
    assert [found[str(key)]["customerId"] for key in (keys[0], keys[-1] + 1)] == ["3229", "31888"]
    assert [*dict(external.find({**wanted, "customerId": "C0001"}))] == [str(keys[-1] + 1)]
    assert [*plain.find({**wanted, "lastName": "Black"})] == []
    listed = [line.request.query for line in valomnia.log if line.request.path == API]
    whole = [query for query in listed if query["max"] != "1"]
    assert len(listed) - len(whole) == 1  # what the total of a filtered list counts
    assert {(q["firstName"], q["max"], q["sort"], q["order"]) for q in whole} == {
        ("Walter", "100", "id", "asc")
    }


@pytest.mark.parametrize("many", [False, True])
def test_a_contact_is_found_wherever_its_name_is_split(
    valomnia: Valomnia, workplace: Workplace, *, many: bool
) -> None:
    """Asked for one by one or listed: a name of three words is the same in both its splits."""
    spanish = {"firstName": "José", "lastName": "García Márquez", "customerId": 3229}
    valomnia.add(**spanish, fonction="Jefe")
    valomnia.add(**{**spanish, "lastName": "García"})
    others = [{**BERT, "id": f"n{n}", "lastName": f"N{n}"} for n in range(25 * many)]
    record = {"id": "m", "firstName": "José García", "lastName": "Márquez"}
    run = workplace.target(valomnia.target_config(), contacts(record, *others))
    assert bins(run.summary) == {"updated": 1, **({"created": 25} if many else {})}
    assert (len(valomnia.contacts), valomnia.contacts[0]["fonction"]) == (2 + 25 * many, "Jefe")


def test_a_broken_page_is_no_proof_that_there_is_nothing(valomnia: Valomnia) -> None:
    """A page without its rows is read again."""
    key = valomnia.add(firstName="Walter", lastName="White", customerId=3229)
    paging = {"total": 7, "max": 100, "offset": 0, "previous": None, "next": None}
    looked_up = sink(valomnia)
    valomnia.fault(on=f"GET {API}", status=200, body=json.dumps({"paging": paging}))
    assert [*dict(looked_up.find({"firstName": "Walter"}))] == [str(key)]
