"""Nothing lost, nothing doubled: look-ups, adoption and the order of STATE, on Zoho Voice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts
from tests.support.zoho_people import ANNA, BERT, bins, names

if TYPE_CHECKING:
    from collections.abc import Iterator

API = "/rest/json/zv/contacts"
REFUSAL = '{"code": "ZVT9001", "message": "no", "status": "ERROR"}'
CARL = {"id": 3, "first_name": "Carl", "mobile": "+4915155555555", "email": "carl@example.com"}


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


def there_already(sandbox: ZohoVoice, record: dict[str, Any], **changed: str) -> str:
    """Put a contact into the destination by hand and return its id."""
    fields = {name: value for name, value in record.items() if name != "id"}
    return str(sandbox.add(**{**fields, **changed}))


# Contacts that were there before.


@pytest.mark.parametrize(
    ("first_name", "last_name", "mobile"),
    [
        ("José", "García Márquez", "+34 600 123 456"),
        ("José García", "Márquez", "0034 600-123-456"),
        ("José García", "Márquez", "+34600123456"),
    ],
)
def test_a_contact_is_the_same_however_it_is_written(
    zoho: ZohoVoice, workplace: Workplace, first_name: str, last_name: str, mobile: str
) -> None:
    """Neither blanks in its number nor where its name is split make another contact of it."""
    zoho.add(first_name=first_name, last_name=last_name, mobile=mobile, company="Acme")
    record = {"id": 1, "name": "José García Márquez", "mobile": "+34600123456"}
    config = {**zoho.target_config(), "phone_region": "ES"}
    run = workplace.target(config, contacts(record))
    assert bins(run.summary) == {"updated": 1}
    assert [(c["mobile"], c["company"]) for c in zoho.contacts] == [("+34600123456", "Acme")]


def test_a_refused_listing_finds_nobody_new(zoho: ZohoVoice, workplace: Workplace) -> None:
    """An API that refuses to list its contacts has not said that it has none: nothing is doubled.

    That the listing is read as empty would make everybody a new contact.
    """
    there_already(zoho, ANNA)
    zoho.fault(on=f"GET {API}", status=400, body=REFUSAL, times=-1)
    run = workplace.target(zoho.target_config(), contacts(ANNA, state={"at": 1}))
    assert (run.code, run.out, zoho.writes, len(zoho.contacts)) == (1, "", [], 1)
    assert "Traceback" not in run.log


def test_a_lost_ledger_rebuilds_itself(zoho: ZohoVoice, workplace: Workplace) -> None:
    """After the ledger file is gone, every contact is adopted again and none doubled."""
    workplace.target(zoho.target_config(), contacts(ANNA, BERT, CARL))
    for path in workplace.folder.glob("target-contacts.db*"):
        path.unlink()
    run = workplace.target(zoho.target_config(), contacts(ANNA, BERT, CARL))
    again = workplace.target(zoho.target_config(), contacts(ANNA, BERT, CARL))
    assert (bins(run.summary), bins(again.summary)) == ({"updated": 3}, {"unchanged": 3})
    assert sorted(names(zoho)) == ["Anna", "Bert", "Carl"]


# Creates whose answer was lost.


def test_a_create_lost_in_an_earlier_run_is_adopted_in_the_next(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """If the look-up fails as well, the intent stays on disk, and the next run looks first."""
    zoho.fault(on=f"POST {API}", cut="after")
    lost = zoho.fault(on=f"GET {API}", times=-1, status=503)
    config = {**zoho.target_config(), "match_on": []}
    run = workplace.target(config, contacts(ANNA, state={"at": 1}))
    assert (run.code, run.out) == (1, "")
    lost.times = 0
    again = workplace.target(config, contacts(ANNA, state={"at": 1}))
    assert (again.code, bins(again.summary)) == (0, {"created": 1})
    assert (len(zoho.contacts), len(zoho.writes)) == (1, 1)


# STATE.


def message(state: int) -> dict[str, Any]:
    """Return a STATE message."""
    return {"type": "STATE", "value": {"at": state}}


def test_states_of_what_landed_are_passed_on_in_mid_batch(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A failure in a batch keeps the states of the records of the same batch before it."""
    schema, *records = contacts(ANNA, BERT, CARL)
    lines = [schema, *(part for n in range(3) for part in (records[n], message(n)))]
    zoho.fault(on=f"POST {API}", after=2, times=-1, status=429)
    config = {**zoho.target_config(), "concurrency": 1, "checkpoint_seconds": 3600}
    run = workplace.target(config, lines)
    assert (run.code, run.messages[-1], names(zoho)) == (1, {"at": 1}, ["Anna", "Bert"])


def test_a_rejected_record_does_not_hold_a_state_back(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A record in the rejects file is settled."""
    run = workplace.target(zoho.target_config(), contacts({"id": 7}, state={"at": 1}))
    assert (run.code, run.messages) == (3, [{"at": 1}])
