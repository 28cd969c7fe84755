"""Reading from cobai, and signing in."""

from __future__ import annotations

from typing import Any

import pytest

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

STREAM = "cobai_contacts"


def destination(sandbox: Cobai, **settings: Any) -> dict[str, Any]:
    """Return a target config for a sandbox, with other settings of the account."""
    config = sandbox.target_config()
    return {**config, "cobai": {**config["cobai"], **settings}}


# Reading.


def test_the_sample_of_the_documents_comes_through_in_one_form(
    cobai: Cobai, workplace: Workplace
) -> None:
    """Fields keep cobai's names, "" is null, ignoreAssortment is a boolean."""
    cobai.seed()
    run = workplace.tap(source(cobai))
    assert (run.code, run.records(STREAM)) == (
        0,
        [
            {
                "uuid": RICO_UUID,
                "customer_uuid": CUSTOMER_UUID,
                "gender": "MALE",
                "firstName": "Rico",
                "lastName": "Blaa",
                "officePhone": None,
                "officeFax": None,
                "officeMobile": None,
                "officeMail": "rico@blaa.de",
                "webUserName": "rico",
                "role": "ROLE_SHOP_COSTCENTER_USER",
                "ignoreAssortment": False,
            }
        ],
    )
    assert run.records("cobai_customers") == [{"uuid": CUSTOMER_UUID, "is_new": False}]


def test_contacts_of_all_customers_come_in_one_stream_in_order(
    cobai: Cobai, workplace: Workplace
) -> None:
    """However many requests are in flight, no contact is lost, repeated or out of order."""
    customers = [CUSTOMER_UUID, *(cobai.add_customer(new=number % 3 == 0) for number in range(14))]
    expected = [
        (customer, cobai.add(customer_uuid=customer, **member(f"u{place}-{number}")))
        for place, customer in enumerate(customers)
        for number in range(place % 4)
    ]
    run = workplace.tap({**source(cobai), "concurrency": 3})
    assert [(r["customer_uuid"], r["uuid"]) for r in run.records(STREAM)] == expected
    assert run.records("cobai_customers") == [
        {"uuid": customer, "is_new": customer in cobai.new_customers} for customer in customers
    ]


def test_only_the_chosen_customers_are_read(cobai: Cobai, workplace: Workplace) -> None:
    """The setting customers names them, in any case; customer_state keeps the new ones."""
    old, new = cobai.add_customer(), cobai.add_customer(new=True)
    for place, customer in enumerate([CUSTOMER_UUID, old, new]):
        cobai.add(customer_uuid=customer, **member(f"user{place}"))
    named = workplace.tap(source(cobai, customers=[old.upper()]))
    fresh = workplace.tap(source(cobai, customers=[old, new], customer_state="new"))
    assert [record["customer_uuid"] for record in named.records(STREAM)] == [old]
    assert [record["customer_uuid"] for record in fresh.records(STREAM)] == [new]
    assert fresh.records("cobai_customers") == [{"uuid": new, "is_new": True}]


def test_a_list_that_holds_whole_contacts_needs_no_further_request(
    cobai: Cobai, workplace: Workplace
) -> None:
    """What a list tells is taken; a UUID may stand in its link; an unknown field is named."""
    fields = "".join(f"<{name}>{text}</{name}>" for name, text in RICO.items())
    link = f'<a:link xmlns:a="http://www.w3.org/2005/Atom" href="http://x/v1/customer/{NOBODY}'
    item = f'<contact>{fields}{link}/contact/{RICO_UUID}"/><shoeSize>44</shoeSize></contact>'
    body = f"<contactList>{item}</contactList>"
    cobai.fault(on=f"GET {LIST}", status=200, body=body)
    run = workplace.tap(source(cobai))
    (record,) = run.records(STREAM)
    assert (record["uuid"], record["officeMail"]) == (RICO_UUID, "rico@blaa.de")
    assert calls(cobai, "GET").count(LIST) == 1
    assert "shoeSize" in run.log


def test_a_failing_read_is_repeated(cobai: Cobai, workplace: Workplace) -> None:
    """Gateway errors, pages of other servers, half and lacking answers cost a repeat each."""
    cobai.seed()
    cobai.fault(on="GET /v2/customer", status=503)
    cobai.fault(on="GET /v2/customer", status=302, headers={"Location": "/login"})
    cobai.fault(on=f"GET {LIST}", status=200, body=HTML)
    cobai.fault(on=f"GET {LIST}", status=200, body=XHTML)
    cobai.fault(on=f"GET {LIST}", status=404, body=HTML)
    cobai.fault(on=f"GET {LIST}/{RICO_UUID}", cut="half")
    cobai.fault(on=f"GET {LIST}/{RICO_UUID}", cut="before")
    run = workplace.tap(source(cobai))
    assert (run.code, [r["uuid"] for r in run.records(STREAM)]) == (0, [RICO_UUID])


def test_a_contact_that_goes_while_reading_is_left_out(cobai: Cobai, workplace: Workplace) -> None:
    """A contact that a second list no longer has is gone; the others come all the same."""
    cobai.seed()
    uuids = "".join(f"<contact><uuid>{uuid}</uuid></contact>" for uuid in (NOBODY, RICO_UUID))
    cobai.fault(on=f"GET {LIST}", status=200, body=f"<contactIdList>{uuids}</contactIdList>")
    run = workplace.tap(source(cobai))
    assert (run.code, [r["uuid"] for r in run.records(STREAM)]) == (0, [RICO_UUID])


@pytest.mark.parametrize("status", [404, 405])
def test_a_call_that_is_only_inferred_and_not_there_is_named_as_such(
    cobai: Cobai, workplace: Workplace, status: int
) -> None:
    """A listed contact or customer that cannot be read fails the run: no listing has gaps."""
    cobai.seed()
    path = LIST if status == 404 else f"{LIST}/{RICO_UUID}"
    cobai.fault(on=f"GET {path}", times=-1, status=status, body="<Error/>")
    run = workplace.tap(source(cobai))
    assert (run.code, run.records(STREAM)) == (1, [])
    assert f"GET {path}: HTTP {status}" in run.log
    assert "only inferred from the documents" in run.log
    assert "Traceback" not in run.log


def test_a_list_with_an_item_that_names_no_contact_is_not_taken_for_complete(
    cobai: Cobai, workplace: Workplace
) -> None:
    """A link to somewhere else is not followed, and no UUID is made up."""
    cobai.seed()
    other = f'<contact><link href="{cobai.url}/v2/customer/{NOBODY}"/></contact>'
    cobai.fault(on=f"GET {LIST}", status=200, body=f"<contacts>{other}</contacts>")
    run = workplace.tap(source(cobai))
    assert (run.code, run.records(STREAM)) == (1, [])
    assert f"GET {LIST}: lists a contact without UUID" in run.log


# Signing in.


def test_a_wrong_key_is_one_clear_sentence(cobai: Cobai, workplace: Workplace) -> None:
    """Exit code 1, nothing rejected; what to check is said, and no secret at any log level."""
    config = destination(cobai, secret_access_key="wrong-secret")
    run = workplace.target(config, contacts(person(1)), env=DEBUG)
    assert (run.code, cobai.contacts, workplace.rejects) == (1, [], [])
    assert f"cobai: GET {LIST}: HTTP 403. Check access_key_id, secret_access_key" in run.log
    for secret in ("wrong-secret", PASSWORD, "n1@example.com"):
        assert secret not in run.log + run.out
    assert "Traceback" not in run.log


def test_signing_the_query_is_a_setting(cobai: Cobai, workplace: Workplace) -> None:
    """Where a signed query is refused, contacts are read all the same and the switch is named."""
    cobai.seed()
    run = workplace.tap(source(cobai, sign_query=True))
    assert (run.code, len(run.records(STREAM))) == (1, 1)
    assert "switch sign_query or leave out cobai_customers" in run.log


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"access_key_id": "key:id"}, "cobai needs access_key_id"),
        ({"customers": ["Acme"]}, "cobai.customers must hold UUIDs"),
        ({"customers": [NOBODY]}, "cobai has no such customer"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(
    cobai: Cobai, workplace: Workplace, settings: dict[str, Any], sentence: str
) -> None:
    """Exit code 2, one sentence."""
    run = workplace.tap(source(cobai, **settings))
    assert (run.code, "Traceback" in run.log) == (2, False)
    assert sentence in run.log


def test_check_says_which_account_answers(cobai: Cobai, workplace: Workplace) -> None:
    """`--check` counts the customers and writes nothing; without a host it fails."""
    cobai.add_customer()
    run = workplace.target(cobai.target_config(), [], "--check")
    assert run.code == 0
    assert run.out.startswith(f"cobai at {cobai.url} answers; customers: 2\n")
    assert cobai.writes == []
    dead = workplace.target(destination(cobai, api_url="http://127.0.0.1:9"), [], "--check")
    assert (dead.code, "no connection" in dead.log) == (1, True)
