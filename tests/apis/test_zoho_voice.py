"""Promises of Zoho Voice as a source and as a destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts

if TYPE_CHECKING:
    from collections.abc import Iterator

API = "/rest/json/zv/contacts"
STREAM = "zoho_voice_contacts"


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


def source(sandbox: ZohoVoice, **settings: Any) -> dict[str, Any]:
    """Return a tap config for a sandbox."""
    return {"zoho_voice": {**(sandbox.tap_config() or {}), **settings}}


def fill(sandbox: ZohoVoice, count: int) -> list[str]:
    """Put in so many contacts and return their ids."""
    return [
        str(sandbox.add(first_name=f"N{number}", mobile=f"+49151{number:07}"))
        for number in range(count)
    ]


# Reading.


@pytest.mark.parametrize("email_key", ["email", "メール"])
def test_the_samples_of_the_documents_come_through_in_one_form(
    workplace: Workplace, email_key: str
) -> None:
    """Ids are strings, "" is null, flags are booleans, the owner is flat, メール is email."""
    with ZohoVoice(email_key=email_key) as zoho:
        zoho.seed()
        run = workplace.tap(source(zoho))
    first = run.records(STREAM)[0]
    assert run.code == 0
    assert first == {
        "contact_id": "347000014281004",
        "first_name": "Andrej",
        "last_name": "8Foller",
        "email": None,
        "mobile": "+15135493562",
        "mobile1": None,
        "mobile2": None,
        "mobile3": None,
        "phone": "+15135495601",
        "phone1": None,
        "phone2": None,
        "phone3": None,
        "company": None,
        "address": None,
        "state": None,
        "country": None,
        "is_favourite": False,
        "is_spam": False,
        "contact_owner_id": "347000000003015",
        "contact_owner_name": "Vignesh",
    }


def test_statuses_come_before_the_contacts_that_name_them(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A target that reads in order knows the statuses when the first contact comes."""
    fill(zoho, 1)
    run = workplace.tap(source(zoho))
    assert [s["display_value"] for s in run.records("zoho_voice_contact_statuses")] == [
        "Active",
        "In Active",
        "VIP",
    ]
    order = [m["stream"] for m in run.messages if m["type"] == "RECORD"]
    assert order == ["zoho_voice_contact_statuses"] * 3 + [STREAM]


def test_details_are_read_when_asked_for(zoho: ZohoVoice, workplace: Workplace) -> None:
    """contact_details adds created_time and number; ids above 2^53 stay exact."""
    (identity,) = fill(zoho, 1)
    (record,) = workplace.tap(source(zoho, contact_details=True)).records(STREAM)
    assert (record["contact_id"], type(record["created_time"])) == (identity, int)
    assert int(identity) > 2**53
    assert isinstance(record["number"], list)


@pytest.mark.parametrize("count", [0, 1, 49, 50, 51, 99, 100, 148, 149])
def test_every_contact_is_read_exactly_once_whatever_their_number(
    zoho: ZohoVoice, workplace: Workplace, count: int
) -> None:
    """Page borders neither lose nor repeat a contact."""
    expected = fill(zoho, count)
    assert [r["contact_id"] for r in workplace.tap(source(zoho)).records(STREAM)] == expected


@pytest.mark.parametrize("shape", ["list", "missing"])
def test_an_empty_account_is_no_error(workplace: Workplace, shape: str) -> None:
    """Whichever way the API says that there is nothing, there is nothing."""
    with ZohoVoice(empty_shape=shape) as zoho:
        run = workplace.tap(source(zoho))
    assert (run.code, run.records(STREAM)) == (0, [])


def test_contacts_deleted_while_reading_make_no_other_contact_be_skipped(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Rows that move up between two pages are found by the seam and read after all."""
    expected = fill(zoho, 180)

    def delete(served: int) -> None:
        if served in {1, 2}:
            for identity in expected[(served - 1) * 7 : served * 7]:
                zoho.remove(identity)

    zoho.on_list = delete
    read = [r["contact_id"] for r in workplace.tap(source(zoho)).records(STREAM)]
    assert read == expected


def test_a_failing_page_is_asked_for_again(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A gateway error, an HTML page, half an answer and a cut connection cost a repeat each."""
    expected = fill(zoho, 60)
    zoho.fault(on=f"GET {API}", status=503)
    zoho.fault(on=f"GET {API}", status=200, body="<html>Log in</html>")
    zoho.fault(on=f"GET {API}", cut="half")
    zoho.fault(on=f"GET {API}", cut="before")
    run = workplace.tap(source(zoho))
    assert [record["contact_id"] for record in run.records(STREAM)] == expected


def test_a_listing_that_stays_incomplete_fails_and_says_so(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A total that the pages do not reach is never taken for complete."""
    row = '{"contact_id": "1", "first_name": "x", "mobile": "1"}'
    body = f'{{"code": "200", "status": "SUCCESS", "meta": {{"total": 9}}, "contacts": [{row}]}}'
    zoho.fault(on=f"GET {API}", after=1, times=-1, status=200, body=body)
    run = workplace.tap(source(zoho))
    assert run.code == 1
    assert "counts 9 rows, gave 1" in run.log


def test_a_field_the_schema_does_not_know_is_named(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Nothing of a record is dropped without a word."""
    row = '{"contact_id": "1", "first_name": "x", "shoe_size": "44"}'
    body = f'{{"code": "200", "status": "SUCCESS", "meta": {{"total": 1}}, "contacts": [{row}]}}'
    zoho.fault(on=f"GET {API}", after=1, times=-1, status=200, body=body)
    assert "shoe_size" in workplace.tap(source(zoho)).log


# Signing in.


def test_an_expired_token_is_renewed_once(zoho: ZohoVoice, workplace: Workplace) -> None:
    """A token that ends in mid-listing costs one new token and no contact."""
    expected = fill(zoho, 120)
    zoho.fault(on=f"GET {API}", after=2, expire=True)
    run = workplace.tap(source(zoho))
    assert [record["contact_id"] for record in run.records(STREAM)] == expected
    assert [line.request.path for line in zoho.log].count("/oauth/v2/token") == 2


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"client_secret": "wrong-secret"}, "invalid_client"),
        ({"refresh_token": "wrong-secret"}, "invalid_code"),
        (
            {
                "client_id": "",
                "client_secret": "",
                "refresh_token": "",
                "access_token": "wrong-secret",
            },
            "ZVT0052",
        ),
        ({"accounts_url": "http://127.0.0.1:9"}, "no connection"),
    ],
)
def test_a_sign_in_that_fails_is_one_clear_sentence(
    zoho: ZohoVoice, workplace: Workplace, settings: dict[str, str], sentence: str
) -> None:
    """Exit code 1; the message names the request and what to check, and shows no secret."""
    run = workplace.tap(source(zoho, **settings))
    assert run.code == 1
    assert sentence in run.log
    assert "wrong-secret" not in run.log
    assert "Traceback" not in run.log


def test_check_says_which_account_answers(zoho: ZohoVoice, workplace: Workplace) -> None:
    """`--check` signs in and reads the statuses, and writes nothing."""
    run = workplace.target(zoho.target_config(), [], "--check")
    assert (run.code, zoho.writes) == (0, [])
    assert run.out.startswith(
        f"Zoho Voice at {zoho.url} answers; contact statuses: Active, In Active, VIP\n"
    )


# Writing.

FULL = {
    "first_name": "Zoë",
    "last_name": "O'Brien-山田 👩🏽‍💻",
    "email": "zoe+a&b=c@example.com",
    "mobile": "+4915112345678",
    "mobile1": "+4915112345671",
    "mobile2": "+4915112345672",
    "mobile3": "+4915112345673",
    "phone": "+493012345670",
    "phone1": "+493012345671",
    "phone2": "+493012345672",
    "phone3": "+493012345673",
    "company": 'Müller & "Söhne" <GmbH>',
    "address": "Straße 1\n10115 Berlin",
    "state": "Île-de-France",
    "country": "DE",
    "is_favourite": True,
    "is_spam": False,
}


def test_every_field_arrives_exactly(zoho: ZohoVoice, workplace: Workplace) -> None:
    """All that Zoho Voice can carry arrives, in any script, and + stays +."""
    run = workplace.target(zoho.target_config(), contacts({"id": 1, **FULL}))
    held = {name: zoho.contacts[0][name] for name in FULL}
    assert run.code == 0
    assert held == {**FULL, "is_favourite": "true", "is_spam": "false"}


def test_what_the_api_requires_is_demanded_before_sending(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A contact without first_name or mobile is rejected by field, without a request."""
    run = workplace.target(
        zoho.target_config(), contacts({"id": 1, "first_name": "A"}, {"id": 2, "mobile": "1"})
    )
    assert (run.code, zoho.writes) == (3, [])
    assert [each["field"] for each in workplace.rejections] == ["mobile", "first_name"]


def test_a_create_whose_answer_was_lost_is_found_and_not_sent_again(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """It is looked up in the same run, adopted, and counted as created, once."""
    zoho.fault(on=f"POST {API}", cut="after")
    run = workplace.target(zoho.target_config(), contacts({"id": 1, **FULL}))
    assert (run.code, run.summary["created"]) == (0, 1)
    assert (len(zoho.contacts), len(zoho.writes)) == (1, 1)


def test_an_update_whose_answer_was_lost_is_sent_again(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """An update by id may be repeated."""
    workplace.target(zoho.target_config(), contacts({"id": 1, **FULL}))
    zoho.fault(on=f"PUT {API}", cut="after")
    run = workplace.target(zoho.target_config(), contacts({"id": 1, **FULL, "company": "New"}))
    assert (run.code, [c["company"] for c in zoho.contacts]) == (0, ["New"])


def test_a_lock_is_waited_for_as_long_as_the_api_asks(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A throttled create was not carried out and is sent again, once."""
    body = '{"error": {"title": "URL_ROLLING_THROTTLES_LIMIT_EXCEEDED"}}'
    zoho.fault(on=f"POST {API}", status=400, body=body, headers={"Retry-After": "0"})
    run = workplace.target(zoho.target_config(), contacts({"id": 1, **FULL}))
    assert (run.code, len(zoho.contacts)) == (0, 1)
    assert "Zoho locks a URL for 10 minutes" in run.log


def test_a_sign_in_that_asks_for_a_long_wait_stops_the_run(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """`Retry-After` counts at the accounts server, too: longer than a run waits, it says so."""
    zoho.fault(on="POST /oauth", status=429, times=-1, headers={"Retry-After": "1000"})
    anna = {"id": 1, "first_name": "Anna", "mobile": "+4915112345678"}
    run = workplace.target(zoho.target_config(), contacts(anna))
    assert (run.code, zoho.contacts, len(zoho.log)) == (1, [], 1)
    assert "asks to wait 1000 s; a run waits no longer than 900 s" in run.log


def test_a_sign_in_that_asks_for_a_wait_slows_the_run_down(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """What shares the account's rate does not send meanwhile either."""
    zoho.fault(on="POST /oauth", status=429, headers={"Retry-After": "0"})
    anna = {"id": 1, "first_name": "Anna", "mobile": "+4915112345678"}
    run = workplace.target(zoho.target_config(), contacts(anna))
    assert (run.code, len(zoho.contacts)) == (0, 1)
    assert "Zoho Voice throttles: for now this run sends at most" in run.log
