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


def listings(sandbox: ZohoVoice) -> int:
    """Count the pages of contacts that were asked for."""
    return sum(line.request.method == "GET" and line.request.path == API for line in sandbox.log)


# Contacts that were there before.


def test_a_contact_that_was_there_is_adopted_and_updated(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """By default, first name and mobile tell that it is the same contact."""
    there_already(zoho, ANNA, email="old@example.com", company="Acme")
    run = workplace.target(zoho.target_config(), contacts(ANNA, BERT))
    assert bins(run.summary) == {"updated": 1, "created": 1}
    assert {(c["first_name"], c["email"], c["company"]) for c in zoho.contacts} == {
        ("Anna", "anna@example.com", "Acme"),
        ("Bert", "bert@example.com", ""),
    }


def test_a_contact_that_is_adopted_loses_nothing(zoho: ZohoVoice, workplace: Workplace) -> None:
    """What its record has no value for stays, until a later one takes such a value back."""
    there_already(zoho, ANNA, company="Acme")
    bare, filled = {**ANNA, "company": None}, {**ANNA, "company": "Other"}
    held = []
    for record in (bare, bare, filled, bare):
        run = workplace.target(zoho.target_config(), contacts(record))
        held.append((next(iter(bins(run.summary))), zoho.contacts[0]["company"]))
    assert held == [
        ("updated", "Acme"),
        ("unchanged", "Acme"),
        ("updated", "Other"),
        ("updated", ""),
    ]


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


@pytest.mark.parametrize(
    "other",
    [
        {"first_name": "José", "last_name": "Márquez García", "mobile": "+34600123456"},
        {"first_name": "José García", "last_name": "Márquez", "mobile": "+34600123457"},
        {"first_name": "Josefa", "last_name": "García Márquez", "mobile": "+34600123456"},
        {"first_name": "José García María", "last_name": "Huber", "mobile": "+34600123456"},
    ],
)
def test_another_name_or_number_is_another_contact(
    zoho: ZohoVoice, workplace: Workplace, other: dict[str, str]
) -> None:
    """Other words or another order, one digit or a longer name: nothing is adopted."""
    zoho.add(**other)
    record = {"id": 1, "name": "José García Márquez", "mobile": "+34600123456"}
    run = workplace.target(zoho.target_config(), contacts(record))
    assert (bins(run.summary), len(zoho.contacts)) == ({"created": 1}, 2)


def test_match_on_names_what_identifies_a_contact(zoho: ZohoVoice, workplace: Workplace) -> None:
    """With match_on e-mail, a contact with another name and the same e-mail is the same."""
    there_already(zoho, ANNA, first_name="Annika")
    config = {**zoho.target_config(), "match_on": ["email"]}
    run = workplace.target(config, contacts(ANNA))
    assert (bins(run.summary), names(zoho)) == ({"updated": 1}, ["Anna"])


@pytest.mark.parametrize("email", [{}, {"email": None}, {"email": ""}])
def test_who_lacks_what_match_on_compares_is_nobody_there(
    zoho: ZohoVoice, workplace: Workplace, email: dict[str, Any]
) -> None:
    """Two contacts without e-mail do not have the same one: nobody is adopted for having none."""
    zoho.add(first_name="Bert", mobile="+4915166666666")
    record = {**{name: value for name, value in ANNA.items() if name != "email"}, **email}
    run = workplace.target({**zoho.target_config(), "match_on": ["email"]}, contacts(record))
    assert (bins(run.summary), sorted(names(zoho))) == ({"created": 1}, ["Anna", "Bert"])


def test_an_empty_match_on_never_adopts(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Who wants no adoption gets none, and no look-up either."""
    there_already(zoho, ANNA)
    run = workplace.target({**zoho.target_config(), "match_on": []}, contacts(ANNA))
    assert (bins(run.summary), names(zoho), listings(zoho)) == (
        {"created": 1},
        ["Anna", "Anna"],
        0,
    )


def test_an_ambiguous_match_is_never_written(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Several contacts that may be the one: rejected with their ids, nothing is changed."""
    ids = sorted([there_already(zoho, ANNA), there_already(zoho, ANNA)])
    run = workplace.target(zoho.target_config(), contacts(ANNA, BERT))
    assert (run.code, bins(run.summary)) == (3, {"created": 1, "rejected": 1})
    (rejection,) = workplace.rejections
    assert rejection["code"] == "ambiguous"
    assert ", ".join(ids) in rejection["reason"]


def test_a_contact_of_another_record_is_never_adopted(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Two records of a stream that look alike are two contacts, also where one came earlier."""
    twin = {**ANNA, "id": 99}
    workplace.target(zoho.target_config(), contacts(ANNA))
    run = workplace.target(zoho.target_config(), contacts(ANNA, twin, {**twin, "id": 98}))
    assert bins(run.summary) == {"unchanged": 1, "created": 2}
    assert names(zoho) == ["Anna"] * 3


@pytest.mark.parametrize("rows", [1, 1000], ids=["batch by batch", "in one batch"])
@pytest.mark.parametrize(
    ("setting", "done"),
    [
        ({}, {"created": 1, "updated": 1}),
        ({"dry_run": True}, {"created": 1, "updated": 1}),
        ({"mode": "create_only"}, {"created": 1, "skipped": 1}),
    ],
)
def test_two_new_records_that_look_alike_never_get_one_contact(
    zoho: ZohoVoice, workplace: Workplace, setting: dict[str, Any], done: dict[str, int], rows: int
) -> None:
    """One has the contact that is there, the other becomes a new one, whoever else knows it."""
    there_already(zoho, ANNA)
    twin = {**ANNA, "id": 99, "email": "other@example.com"}
    config = {**zoho.target_config(), **setting, "batch_size_rows": rows}
    run = workplace.target(config, contacts(ANNA, twin))
    assert bins(run.summary) == done
    assert len(zoho.contacts) == (1 if "dry_run" in setting else 2)


def test_whom_two_streams_know_is_one_contact(zoho: ZohoVoice, workplace: Workplace) -> None:
    """What the second source knows more is added; neither doubles the contact, nor undoes it."""
    other = {**ANNA, "id": "o1", "company": "Acme"}
    both = [*contacts(ANNA), *contacts(other, stream="other_contacts")]
    runs = [workplace.target(zoho.target_config(), both) for _ in range(2)]
    assert [bins(run.summary) for run in runs] == [{"created": 1, "updated": 1}, {"unchanged": 2}]
    assert [each["company"] for each in zoho.contacts] == ["Acme"]


def test_a_contact_that_nobody_has_is_adopted_first(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Of two alike, the one of another stream's record is left to that."""
    workplace.target(zoho.target_config(), contacts(ANNA))
    there_already(zoho, ANNA, company="Acme")
    run = workplace.target(zoho.target_config(), contacts(ANNA, stream="other_contacts"))
    again = workplace.target(zoho.target_config(), contacts(ANNA, stream="third_contacts"))
    assert (bins(run.summary), len(zoho.contacts)) == ({"updated": 1}, 2)
    assert [line["reason"].partition(":")[0] for line in workplace.rejections] == [
        "several contacts may be this one"
    ]
    assert bins(again.summary) == {"rejected": 1}


def test_a_refused_listing_finds_nobody_new(zoho: ZohoVoice, workplace: Workplace) -> None:
    """An API that refuses to list its contacts has not said that it has none: nothing is doubled.

    That the listing is read as empty would make everybody a new contact.
    """
    there_already(zoho, ANNA)
    zoho.fault(on=f"GET {API}", status=400, body=REFUSAL, times=-1)
    run = workplace.target(zoho.target_config(), contacts(ANNA, state={"at": 1}))
    assert (run.code, run.out, zoho.writes, len(zoho.contacts)) == (1, "", [], 1)
    assert "Traceback" not in run.log


def test_a_refused_update_does_not_forget_its_contact(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """The mended record is an update again, though by itself it would find nobody."""
    config = {**zoho.target_config(), "match_on": []}
    workplace.target(config, contacts(ANNA))
    zoho.fault(on=f"PUT {API}", status=400, body=REFUSAL)
    refused = workplace.target(config, contacts({**ANNA, "company": "A"}))
    mended = workplace.target(config, contacts({**ANNA, "company": "B"}))
    assert (bins(refused.summary), bins(mended.summary)) == ({"rejected": 1}, {"updated": 1})
    assert [each["company"] for each in zoho.contacts] == ["B"]


def test_a_lost_ledger_rebuilds_itself(zoho: ZohoVoice, workplace: Workplace) -> None:
    """After the ledger file is gone, every contact is adopted again and none doubled."""
    workplace.target(zoho.target_config(), contacts(ANNA, BERT, CARL))
    for path in workplace.folder.glob("target-contacts.db*"):
        path.unlink()
    run = workplace.target(zoho.target_config(), contacts(ANNA, BERT, CARL))
    again = workplace.target(zoho.target_config(), contacts(ANNA, BERT, CARL))
    assert (bins(run.summary), bins(again.summary)) == ({"updated": 3}, {"unchanged": 3})
    assert sorted(names(zoho)) == ["Anna", "Bert", "Carl"]


@pytest.mark.parametrize(
    ("match_on", "sentence"),
    [(["shoe_size"], "match_on names shoe_size; known are: first_name"), (["city"], "names city")],
)
def test_match_on_takes_attributes_that_the_destination_has(
    zoho: ZohoVoice, workplace: Workplace, match_on: list[str], sentence: str
) -> None:
    """A wrong name is an error that lists the right ones, before anything is sent."""
    run = workplace.target({**zoho.target_config(), "match_on": match_on}, contacts(ANNA))
    assert (run.code, zoho.writes) == (2, [])
    assert sentence in run.log


def test_the_modes_hold_for_adopted_contacts_too(zoho: ZohoVoice, workplace: Workplace) -> None:
    """update_only updates what is there and skips the rest; create_only the other way round."""
    there_already(zoho, ANNA, email="old@example.com")
    config = zoho.target_config()
    only_new = workplace.target({**config, "mode": "create_only"}, contacts(ANNA, BERT))
    only_old = workplace.target({**config, "mode": "update_only"}, contacts(ANNA, CARL))
    assert bins(only_new.summary) == {"created": 1, "skipped": 1}
    assert bins(only_old.summary) == {"updated": 1, "skipped": 1}
    assert sorted(names(zoho)) == ["Anna", "Bert"]


# Creates whose answer was lost.


def test_many_lost_answers_cost_one_listing(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Zoho Voice cannot be asked for single contacts: all are listed, once for all of them."""
    people = [{**ANNA, "id": n, "mobile": f"+4915{n:08}"} for n in range(12)]
    zoho.fault(on=f"POST {API}", cut="after", times=6, after=3)
    run = workplace.target({**zoho.target_config(), "match_on": []}, contacts(*people))
    assert (run.code, bins(run.summary)) == (0, {"created": 12})
    assert len({c["mobile"] for c in zoho.contacts}) == len(zoho.contacts) == 12
    assert listings(zoho) == 1


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("concurrency", [1, 4])
def test_after_many_lost_answers_the_rest_of_the_batch_is_sent(
    zoho: ZohoVoice, workplace: Workplace, cut: str, concurrency: int
) -> None:
    """More in a row than a run bears are looked up first; those behind them follow, each once."""
    people = [{**ANNA, "id": n, "mobile": f"+4915{n:08}"} for n in range(30)]
    zoho.fault(on=f"POST {API}", cut=cut, times=12)
    config = {**zoho.target_config(), "match_on": [], "concurrency": concurrency}
    run = workplace.target(config, contacts(*people, state={"at": 1}))
    assert (run.code, bins(run.summary), run.messages) == (0, {"created": 30}, [{"at": 1}])
    assert "unsettled" not in run.summary
    assert sorted(each["mobile"] for each in zoho.contacts) == [each["mobile"] for each in people]


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


def test_a_lost_create_that_changed_since_is_adopted_and_updated(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """What identifies it being the same, the rest becomes an update."""
    zoho.fault(on=f"POST {API}", cut="after")
    lost = zoho.fault(on=f"GET {API}", times=-1, status=503)
    workplace.target({**zoho.target_config(), "match_on": []}, contacts(ANNA))
    lost.times = 0
    run = workplace.target(zoho.target_config(), contacts({**ANNA, "company": "Acme"}))
    assert bins(run.summary) == {"updated": 1}
    assert [c["company"] for c in zoho.contacts] == ["Acme"]


@pytest.mark.parametrize("cut", ["before", "after"])
@pytest.mark.parametrize("changed", [{"mobile": "+4900"}, {"first_name": "Anne"}])
def test_a_lost_create_is_found_though_the_record_was_mended_since(
    zoho: ZohoVoice, workplace: Workplace, cut: str, changed: dict[str, str]
) -> None:
    """The hash of what was sent tells: the contact is updated if it is there, else created."""
    zoho.fault(on=f"POST {API}", cut=cut)
    lost = zoho.fault(on=f"GET {API}", times=-1, status=503)
    workplace.target({**zoho.target_config(), "match_on": []}, contacts(ANNA))
    lost.times = 0
    run = workplace.target(zoho.target_config(), contacts({**ANNA, **changed}))
    done = "updated" if cut == "after" else "created"
    assert (bins(run.summary), len(zoho.contacts)) == ({done: 1}, 1)
    assert changed.items() <= zoho.contacts[0].items()


def test_a_lost_create_that_cannot_be_told_is_not_sent_again(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Somebody has the identity that was sent, and nothing else of the record as it is now."""
    zoho.fault(on=f"POST {API}", cut="after")
    lost = zoho.fault(on=f"GET {API}", times=-1, status=503)
    workplace.target({**zoho.target_config(), "match_on": []}, contacts(ANNA))
    lost.times = 0
    other = {"id": 1, "first_name": "Anna", "mobile": "+4900", "email": "new@example.com"}
    run = workplace.target(zoho.target_config(), contacts(other))
    assert (run.code, workplace.rejections[-1]["code"]) == (3, "outcome_unknown")
    assert zoho.contacts[0]["contact_id"] in workplace.rejections[-1]["reason"]
    assert len(zoho.contacts) == 1


def cut_and_not_found(
    zoho: ZohoVoice, workplace: Workplace, record: dict[str, Any], stream: str = "contacts"
) -> None:
    """Run a target whose create never arrives, and whose look-up fails as well."""
    zoho.fault(on=f"POST {API}", cut="before")
    lost = zoho.fault(on=f"GET {API}", times=-1, status=503)
    config = {**zoho.target_config(), "match_on": []}
    workplace.target(config, contacts(record, stream=stream))
    lost.times = 0


def test_a_create_that_never_arrived_takes_no_contact_of_another_stream(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """What it made would be nobody's: a contact that the ledger knows was made by another."""
    workplace.target(zoho.target_config(), contacts(ANNA))
    cut_and_not_found(zoho, workplace, ANNA, "b_contacts")
    config = {**zoho.target_config(), "match_on": []}
    run = workplace.target(config, contacts(ANNA, stream="b_contacts"))
    assert (bins(run.summary), len(zoho.contacts)) == ({"created": 1}, 2)


def test_a_create_that_never_arrived_takes_no_contact_with_its_name_split_elsewhere(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """It made just what was sent: who is split into first and last name otherwise is not it."""
    zoho.add(first_name="José", last_name="García Márquez", mobile="+34600123456")
    record = {"id": 1, "first_name": "José García", "last_name": "Márquez"}
    record["mobile"] = "+34600123456"
    cut_and_not_found(zoho, workplace, record)
    run = workplace.target({**zoho.target_config(), "match_on": []}, contacts(record))
    assert (bins(run.summary), len(zoho.contacts)) == ({"created": 1}, 2)


@pytest.mark.parametrize(
    ("other", "done"),
    [
        ({"last_name": "Busch", "email": "busch@example.com"}, {"created": 1}),
        ({"last_name": "Ahrens", "email": "other@example.com"}, {"rejected": 1}),
    ],
    ids=["somebody else", "perhaps the same"],
)
def test_a_create_that_never_arrived_takes_nobody_with_its_number(
    zoho: ZohoVoice, workplace: Workplace, other: dict[str, str], done: dict[str, int]
) -> None:
    """Who is not just what was sent is left alone; who may be it all the same is named."""
    there = there_already(zoho, ANNA, **other)
    record = {**ANNA, "last_name": "Ahrens"}
    cut_and_not_found(zoho, workplace, record)
    run = workplace.target({**zoho.target_config(), "match_on": []}, contacts(record))
    assert bins(run.summary) == done
    held = next(each for each in zoho.contacts if each["contact_id"] == there)
    assert {name: held[name] for name in other} == other
    if "rejected" in done:
        assert workplace.rejections[-1]["code"] == "outcome_unknown"
        assert there in workplace.rejections[-1]["reason"]


def test_an_update_that_was_never_answered_is_not_forgotten(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """If the source changes back before the next run, the destination does so, too."""
    workplace.target(zoho.target_config(), contacts(ANNA))
    lost = zoho.fault(on=f"PUT {API}", times=-1, cut="after")
    run = workplace.target(zoho.target_config(), contacts({**ANNA, "email": "new@example.com"}))
    assert (run.code, workplace.rejections[-1]["code"]) == (3, "outcome_unknown")
    lost.times = 0
    assert bins(workplace.target(zoho.target_config(), contacts(ANNA)).summary) == {"updated": 1}
    assert [c["email"] for c in zoho.contacts] == ["anna@example.com"]


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


def test_state_never_overtakes_an_unsettled_record_of_another_stream(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """With interleaved streams a state waits for the records of both."""
    first, anna = contacts(ANNA, stream="a_contacts")
    second, bert = contacts(BERT, stream="b_contacts")
    lines = [first, second, anna, message(1), bert, message(2)]
    zoho.fault(on=f"POST {API}", times=-1, status=429)
    run = workplace.target(zoho.target_config(), lines)
    assert (run.code, run.out, zoho.contacts) == (1, "", [])


def test_a_rejected_record_does_not_hold_a_state_back(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A record in the rejects file is settled."""
    run = workplace.target(zoho.target_config(), contacts({"id": 7}, state={"at": 1}))
    assert (run.code, run.messages) == (3, [{"at": 1}])
