"""Which streams are written by default: those that hold people, whatever they are called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_contacts.tap import STREAMS
from target_contacts.contact.people import holds_people
from target_contacts.target import SINKS
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import contacts
from tests.support.paths import DATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Workplace

ANNA = {"id": 1, "first_name": "Anna", "last_name": "Ahrens", "mobile": "+4915112345678"}
ACME = {"id": 1, "name": "Acme", "phone": "+4930123456"}
TAPS = DATA / "taps.txt"


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


def declared(fields: str) -> dict[str, Any]:
    """Return a schema that declares fields, those in brackets below the one before."""
    properties = {
        name: declared(below) if below else {}
        for name, below in re.findall(r"([^ ()]+)(?:\(([^)]*)\))?", fields)
    }
    return {"type": "object", "properties": properties}


LINES = TAPS.read_text("utf-8").splitlines()


@pytest.mark.parametrize("line", LINES, ids=[line.partition(":")[0] for line in LINES])
def test_the_streams_of_published_taps(line: str) -> None:
    """People are found by what their streams declare; companies, orders and owners are none."""
    head, _, fields = line.partition(": ")
    expected, _, stream = head.split(" ")
    assert holds_people(stream, declared(fields), {}) == (expected == "people")


@pytest.mark.parametrize(
    "stream",
    [
        "people", "persons", "Contact", "users", "prospects", "leads", "members", "subscribers",
        "customers", "clients", "employees", "crm_export", "systemUsers", "sys_user", "sheet1",
        "Kunden", "Mitglieder", "clients_fr", "顧客", "contacts_2026", "company_contacts",
    ],
)  # fmt: skip
def test_who_has_parts_of_a_name_and_can_be_reached_is_a_person(stream: str) -> None:
    """Whatever the stream is called, unless that is another thing."""
    for fields in (
        "id first_name last_name email",
        "Vorname Nachname Telefon",
        "properties(lastname phone)",
    ):
        assert holds_people(stream, declared(fields), {})


@pytest.mark.parametrize(
    "stream",
    [
        "companies", "accounts", "Account", "organizations", "vendors", "suppliers", "deals",
        "orders", "invoices", "charges", "tickets", "stores", "locations", "addresses", "owners",
        "admins", "Firmen", "Lieferanten", "Bestellungen", "取引先", "会社", "segment_members",
        "contact_lists", "candidate_applications", "account_statuses", "crm_companies_v2",
    ],
)  # fmt: skip
def test_what_bears_somebodys_name_is_no_person_for_that(stream: str) -> None:
    """A company, an order or an owner has names, e-mails and numbers, too."""
    for fields in ("id name phone", "id name phone email", "first_name last_name email phone"):
        assert not holds_people(stream, declared(fields), {})


@pytest.mark.parametrize(
    ("stream", "fields", "expected"),
    [
        ("people", "id name phone", True),
        ("members", "id display_name email", True),
        ("people", "id name birthday", False),
        ("people", "id email", False),
        ("sheet1", "id name email", True),
        ("sheet1", "id name phone", False),
        ("sheet1", "id name email taxNumber", False),
        ("sheet1", "id name email line_items", False),
        ("sheet1", "氏名 電話番号", True),
        ("customers", "id name phone email", False),
        ("customers", "id name phone email first_name", True),
        ("contacts", "id", True),
        ("contacts", "id nick ext", True),
        ("account_contacts", "account contact job_title", False),
        ("contact_types", "id name", False),
        ("list_members", "id email_address merge_fields", True),
        ("deals", "id title person(first_name last_name email)", False),
        ("orders", "id email customer(first_name last_name)", False),
        ("user_sessions", "user_name ip", False),
    ],
)
def test_a_name_in_one_word_needs_more(stream: str, fields: str, expected: bool) -> None:  # noqa: FBT001
    """An e-mail, or a stream called after people; what stands in other objects is theirs."""
    assert holds_people(stream, declared(fields), {}) == expected


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"properties": {}}, ("contacts", "Contact", "my_contacts")),
        ({"properties": {}, "additionalProperties": True}, ("contacts", "Contact", "my_contacts")),
        (
            {"properties": {"first_name": {}, "email": {}}, "additionalProperties": True},
            ("contacts", "Contact", "my_contacts", "people", "customers", "things"),
        ),
        (
            {
                "properties": {
                    "name": {"anyOf": [{"type": "object", "properties": {"first": {}}}]},
                    "emails": {"type": "array", "items": {"$ref": "#/$defs/mail"}},
                },
                "$defs": {"mail": {"type": "object", "properties": {"email": {}}}},
            },
            ("contacts", "Contact", "my_contacts", "people", "customers", "things"),
        ),
    ],
)
def test_a_schema_may_tell_little_or_in_many_ways(
    schema: dict[str, Any], expected: tuple[str, ...]
) -> None:
    """A schema without properties leaves it to the name; alternatives and references count."""
    streams = ("contacts", "Contact", "my_contacts", "people", "customers", "things", "companies")
    assert tuple(stream for stream in streams if holds_people(stream, schema, {})) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["properties", "items", "type", "anyOf", "$ref", "#", "name", "email"]),
            below,
            max_size=3,
        )
    ),
    max_leaves=15,
)


@settings(derandomize=True, deadline=None, database=None)
@given(st.text(max_size=20), st.dictionaries(st.text(max_size=8), JSON, max_size=4))
def test_no_schema_is_too_odd(stream: str, properties: dict[str, Any]) -> None:
    """Whatever a schema holds, the answer is yes or no."""
    assert holds_people(stream, {"properties": properties}, {}) in {True, False}


def test_what_field_map_takes_a_name_and_a_number_from_counts(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A stream whose fields nobody could know is one of people if the user says so."""
    people = contacts({"id": 1, "Rufzeichen": "Anna", "Draht": "+49151"}, stream="people")
    config = zoho.target_config()
    assert workplace.target(config, people).summary["skipped"] == 1
    config["field_map"] = {"first_name": "Rufzeichen", "mobile": "Draht"}
    assert workplace.target(config, people).summary["created"] == 1


# What is said.


@pytest.mark.parametrize("stream", ["people", "persons", "Contact", "users", "prospects"])
def test_people_are_written_without_a_setting(
    zoho: ZohoVoice, workplace: Workplace, stream: str
) -> None:
    """Nobody has to name the streams of a tap; what is beside them is not written."""
    run = workplace.target(
        zoho.target_config(), [*contacts(ANNA, stream=stream), *contacts(ACME, stream="companies")]
    )
    assert (run.code, run.summary["created"], run.summary["skipped"]) == (0, 1, 1)
    assert [held["first_name"] for held in zoho.contacts] == ["Anna"]
    assert run.summary["passed_over"] == {"companies": 1}


def test_what_is_passed_over_is_a_warning_that_names_streams_and_setting(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A run that wrote nothing does not end in silence; the counts balance."""
    streams = [contacts(ACME, {**ACME, "id": 2}, stream="companies"), contacts(stream="deals")]
    run = workplace.target(zoho.target_config(), [line for each in streams for line in each])
    warnings = [line for line in run.log.splitlines() if "WARNING" in line]
    assert (run.code, run.summary["read"], run.summary["skipped"]) == (0, 2, 2)
    assert any("companies (2), deals (0)" in line and "streams" in line for line in warnings)
    assert any("Nothing was written: all 2 records were skipped" in line for line in warnings)


def test_who_names_streams_is_not_warned_unless_nothing_is_written(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """What was asked for is no warning; a glob that matches nothing is."""
    both = [*contacts(ANNA, stream="people"), *contacts(ACME, stream="companies")]
    named = workplace.target({**zoho.target_config(), "streams": ["People"]}, both)
    wrong = workplace.target({**zoho.target_config(), "streams": ["persons"]}, both)
    assert (named.summary["created"], "WARNING" in named.log) == (1, False)
    assert (wrong.summary["skipped"], wrong.summary["created"]) == (2, 0)
    assert "the setting streams does not name them: companies (1), people (1)" in wrong.log
    assert "Nothing was written" in wrong.log


def test_sinks_declare_the_streams_that_name_the_statuses_of_their_apis() -> None:
    """Each is a stream of the tap, and its key is the id of a status."""
    declared = {
        f"{api}_{end}" for api, sink in SINKS.items() for end in sink.capabilities.status_streams
    }
    assert declared == {"porters_contact_phases", "zoho_voice_contact_statuses"}
    every = (stream for streams in STREAMS.values() for stream in streams)
    streams: list[Any] = [stream for stream in every if vars(stream)["name"] in declared]
    assert [list(stream.primary_keys) for stream in streams] == [["id"], ["id"]]


def test_streams_that_name_statuses_are_read_for_them_and_not_warned_of(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """They are counted as skipped, as all that is not written."""
    statuses = contacts({"id": "7", "display_value": "VIP"}, stream="x_contact_statuses")
    run = workplace.target(zoho.target_config(), [*statuses, *contacts(ANNA)])
    assert (run.summary["skipped"], "passed_over" in run.summary) == (1, False)


def test_a_stream_that_is_not_written_may_have_no_properties(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """It is passed over like any other; one of contacts with a key is written."""
    deals = {"type": "SCHEMA", "stream": "deals", "schema": {"type": "object"}}
    record = {"type": "RECORD", "stream": "deals", "record": {"id": 1}}
    bare, *anna = contacts(ANNA)
    bare = {**bare, "schema": {"type": ["object", "null"]}}
    run = workplace.target(
        zoho.target_config(), [{**deals, "key_properties": []}, record, bare, *anna]
    )
    assert (run.code, run.summary["created"], run.summary["skipped"]) == (0, 1, 1)


def test_explain_names_what_would_be_passed_over(zoho: ZohoVoice, workplace: Workplace) -> None:
    """On standard output, beside the streams that would be written, or instead."""
    companies = contacts(ACME, stream="companies")
    both = workplace.target(zoho.target_config(), [*contacts(ANNA), *companies], "--explain")
    none = workplace.target(zoho.target_config(), companies, "--explain")
    assert "Stream contacts to Zoho Voice: 1 of 1 records would be sent" in both.out
    for run in (both, none):
        assert "they hold no people: companies (1)." in run.out
    assert "Nothing would be written" in none.out
