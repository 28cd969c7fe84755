"""What values are called at the destination: `value_map`, and names that are nearly there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_contacts.plugin.same_name import alike, found
from target_contacts.contact.model import Contact
from target_contacts.mapping.value_map import ValueMap
from tests.sandbox.cobai import Cobai
from tests.sandbox.porters import Porters
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import contacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Workplace

ANNA = {"id": 1, "first_name": "Anna", "last_name": "Ahrens", "mobile": "+4915112345678"}
PHASE, ALIAS = "Contact.P_Phase", "Contact.P_Phase.P_Alias"


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


def statuses(zoho: ZohoVoice) -> list[str]:
    """Return the statuses held, of those that have one."""
    held = (contact["contact_status"] for contact in zoho.contacts)
    return [status["display_value"] for status in held if status]


def write(workplace: Workplace, zoho: ZohoVoice, *values: Any, **changes: Any) -> dict[str, Any]:
    """Write contacts with these statuses; return the summary."""
    people = [
        {**ANNA, "id": n, "mobile": f"+49151123456{n:02}", "contact_status": value}
        for n, value in enumerate(values)
    ]
    config = {**zoho.target_config(), "concurrency": 1, **changes}
    return workplace.target(config, contacts(*people)).summary


# Names that are nearly there.


@pytest.mark.parametrize(
    ("given_", "there", "expected"),
    [
        ("ACTIVE", ["Active", "In Active"], "Active"),
        ("inactive", ["Active", "In Active"], "In Active"),
        (" in  active ", ["Active", "In Active"], "In Active"),
        ("\uff21\uff23\uff34\uff29\uff36\uff25", ["Active"], "Active"),
        ("Cafe\u0301", ["Caf\u00e9"], "Caf\u00e9"),
        ("STRASSE", ["Straße"], "Straße"),
        ("active", ["Active", "ACTIVE"], None),
        ("ACTIVE", ["Active", "ACTIVE"], "ACTIVE"),
        ("Aktiv", ["Active"], None),
        ("", ["Active"], None),
    ],
)
def test_names_are_compared_without_case_form_and_blanks(
    given_: str, there: list[str], expected: str | None
) -> None:
    """Two names that differ by that alone are told apart by how they are written."""
    assert found(given_, there) == expected


@settings(derandomize=True, deadline=None, database=None)
@given(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=4))
def test_a_name_is_never_taken_for_another(name: str, names: list[str]) -> None:
    """What is found is the name itself, or the only one that is alike."""
    there = found(name, names)
    assert alike(alike(name)) == alike(name)
    assert (there == name) == (name in names)
    if there is not None and there != name:
        assert [each for each in names if alike(each) == alike(name)] == [there]


def test_a_status_is_found_however_it_is_written(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Capitals, full width and blanks make no other status; one that is none is left out."""
    summary = write(workplace, zoho, "ACTIVE", "inactive", "\uff36\uff29\uff30", " vip ", "V.I.P.")
    assert (summary["created"], summary["rejected"]) == (5, 0)
    assert statuses(zoho) == ["Active", "In Active", "VIP", "VIP"]
    assert summary["dropped_or_truncated"] == [
        ["contacts", "contact_status", "left out, unknown there", 1]
    ]


def test_a_status_without_id_and_name_is_none(zoho: ZohoVoice, workplace: Workplace) -> None:
    """It is neither sent nor counted as one that is not there."""
    summary = write(workplace, zoho, {"id": "", "display_value": None}, {"id": None}, {}, "", None)
    assert (summary["created"], "dropped_or_truncated" in summary) == (5, False)


# value_map.


def test_statuses_are_named_by_the_setting(zoho: ZohoVoice, workplace: Workplace) -> None:
    """However they are written in the record, by name, id or both; others stay as they are."""
    names = {"Customer": "VIP", "7": "Active", "Straße": "In Active", "junk": None}
    given_ = ["CUSTOMER", {"id": "7"}, 7, 7.0, "strasse", "Active", {"display_value": "customer"}]
    summary = write(workplace, zoho, *given_, "junk", value_map={"status": names})
    assert (summary["created"], summary["rejected"], "dropped_or_truncated" in summary) == (
        8,
        0,
        False,
    )
    held = {contact["mobile"][-2:]: contact["contact_status"] for contact in zoho.contacts}
    expected = ["VIP", "Active", "Active", "Active", "In Active", "Active", "VIP"]
    assert [held[f"{n:02}"]["display_value"] for n in range(7)] == expected


def test_a_value_that_field_map_takes_is_named_too(zoho: ZohoVoice, workplace: Workplace) -> None:
    """The attribute is that of the destination's field; defaults are the destination's already."""
    config = {
        **zoho.target_config(),
        "field_map": {"contact_status": "stage"},
        "defaults": {"status": "Active"},
        "value_map": {"status": {"won": "VIP", "Active": "In Active"}},
        "concurrency": 1,
    }
    people = [{**ANNA, "stage": "Won"}, {**ANNA, "id": 2, "mobile": "+4915112345679"}]
    assert workplace.target(config, contacts(*people)).code == 0
    assert sorted(statuses(zoho)) == ["Active", "VIP"]


def test_roles_of_other_systems_are_taken_where_the_setting_names_them(
    workplace: Workplace,
) -> None:
    """A role in a record means another system's, unless the user says what it is in the shop."""
    roles = {"manager": "ROLE_SHOP_COSTCENTER_USER", "intern": "ROLE_RESTRICTED_SHOP_USER"}
    people = [
        {**ANNA, "id": n, "first_name": f"P{n}", "email": f"{n}@example.com", "role": role}
        for n, role in enumerate(["Manager", "intern", "lead"])
    ]
    with Cobai() as cobai:
        config = {**cobai.target_config(), "value_map": {"role": roles}}
        config["defaults"] |= {"role": "ROLE_SHOP_USER"}
        run = workplace.target(config, contacts(*people))
        held = {contact["firstName"]: contact["role"] for contact in cobai.contacts}
    assert (run.code, held["P0"], held["P1"]) == (0, *roles.values())
    assert held["P2"] == "ROLE_SHOP_USER"
    assert run.summary["not_carried"] == {"contacts": ["role"]}


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ({"nickname": {}}, "value_map names nickname; known are: first_name"),
        ({"status": "Active"}, "value_map.status must be of type object"),
    ],
)
def test_a_wrong_value_map_is_exit_code_2(
    zoho: ZohoVoice, workplace: Workplace, setting: dict[str, Any], sentence: str
) -> None:
    """In a run, in an explanation and in a check."""
    for options in ((), ("--explain",), ("--check",)):
        config = {**zoho.target_config(), "value_map": setting}
        run = workplace.target(config, contacts(ANNA), *options)
        assert (run.code, zoho.writes) == (2, [])
        assert sentence in run.log


def test_what_the_setting_names_but_is_not_there_is_refused(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A value that the user chose follows `on_invalid_value`."""
    wrong = {"value_map": {"status": {"a": "Nowhere"}}}
    summary = write(workplace, zoho, "a", **wrong)
    assert summary["rejected"] == 1
    assert [(each["code"], each["field"]) for each in workplace.rejections] == [
        ("invalid", "contact_status")
    ]
    assert "which has: Active, In Active, VIP" in workplace.rejections[0]["reason"]
    left = write(workplace, zoho, "a", **wrong, on_invalid_value="drop_field")
    assert (left["created"], left["dropped_or_truncated"]) == (
        1,
        [["contacts", "contact_status", "left out", 1]],
    )


# Phases and owners of PORTERS.


def porters(sandbox: Porters, **changes: Any) -> dict[str, Any]:
    """Return a config that adopts nobody."""
    return {**sandbox.target_config(), "match_on": [], **changes}


def test_between_two_companies_the_alias_of_a_phase_counts(workplace: Workplace) -> None:
    """The name may be another company's; where its alias is not there, the name tells."""
    given_: list[tuple[str | None, str | None]] = [
        ("Warm", "Option.P_Lead"),
        ("Lead", "Option.U_Other"),
        (None, "Option.P_Active"),
    ]
    given_ += [("Warm", "Option.U_Other"), ("Closed", None)]
    people = [
        {"Contact.P_Id": str(n), "Contact.P_Name": f"P{n}", PHASE: name, ALIAS: alias}
        for n, (name, alias) in enumerate(given_)
    ]
    with Porters() as sandbox:
        lines = contacts(*people, stream="porters_contacts", key=("Contact.P_Id",))
        run = workplace.target(porters(sandbox), lines)
        held = {contact["Contact.P_Name"]: contact.get(PHASE) for contact in sandbox.contacts}
    lead, active, closed = (f"Option.P_{name}" for name in ("Lead", "Active", "Closed"))
    assert held == {"P0": lead, "P1": lead, "P2": active, "P3": None, "P4": closed}
    assert (run.code, run.summary["not_carried"]) == (0, {})
    assert run.summary["dropped_or_truncated"] == [
        ["porters_contacts", PHASE, "left out, unknown there", 1]
    ]


def test_what_is_about_a_phase_goes_with_it(workplace: Workplace) -> None:
    """A phase that is left out takes its date along; the contact lands."""
    mapping = {"field_map": {"Contact.P_PhaseDate": "since"}}
    person = {**ANNA, "contact_status": "Nowhere", "since": "2026-01-02T03:04:05Z"}
    with Porters() as sandbox:
        run = workplace.target(porters(sandbox, **mapping), contacts(person))
        (held,) = sandbox.contacts
    assert (run.code, held.get(PHASE), held.get("Contact.P_PhaseDate")) == (0, None, None)
    assert [each[1] for each in run.summary["dropped_or_truncated"]] == [
        PHASE,
        "Contact.P_PhaseDate",
    ]


OTHER = {"id": 2, "first_name": "Bert", "last_name": "Busch", "email": "bert@example.org"}


@pytest.mark.parametrize(
    ("records", "settings_", "owners", "left"),
    [
        ([{"owner_id": 4000001}, {"owner_id": 100}], {}, ["1", "1"], ["owner_id"]),
        ([{"OwnerId": "0055g00000abcde"}, {}], {}, ["1", "1"], ["OwnerId"]),
        ([{"Contact.P_Owner": 100}, {}], {}, ["100", "1"], None),
        ([{"owner_id": 100}, {}], {"stream": "porters_contacts"}, ["100", "1"], None),
        (
            [{"owner_id": 4000001}, {"boss": 100}],
            {"field_map": {"Contact.P_Owner": "boss"}},
            ["1", "100"],
            ["owner_id"],
        ),
        (
            [{"owner_id": 4000001}, {"owner_id": 4000002}],
            {"value_map": {"owner_id": {"4000001": "100"}}},
            ["100", "1"],
            ["owner_id"],
        ),
    ],
)
def test_an_owner_of_another_system_gives_way_to_the_default(
    workplace: Workplace,
    records: list[dict[str, Any]],
    settings_: dict[str, Any],
    owners: list[str],
    left: list[str] | None,
) -> None:
    """Unless the stream, the field's name or a setting says that the id is PORTERS' own."""
    people = [{**person, **more} for person, more in zip((ANNA, OTHER), records, strict=True)]
    stream = settings_.pop("stream", "contacts")
    with Porters() as sandbox:
        config = porters(sandbox, **settings_)
        run = workplace.target(config, contacts(*people, stream=stream))
        held = {each["Contact.P_Name"]: each["Contact.P_Owner"] for each in sandbox.contacts}
    assert (run.code, [held["Anna Ahrens"], held["Bert Busch"]]) == (0, owners)
    assert run.summary["not_carried"] == ({stream: left} if left else {})


def test_without_a_default_the_owner_of_the_record_counts(workplace: Workplace) -> None:
    """Who sets none may have the records' own."""
    with Porters() as sandbox:
        config = porters(sandbox)
        config["defaults"] = {"customer_id": config["defaults"]["customer_id"]}
        run = workplace.target(config, contacts({**ANNA, "owner_id": 100}))
        (held,) = sandbox.contacts
    assert (run.code, held["Contact.P_Owner"]) == (0, "100")


def test_a_customer_of_the_record_goes_before_the_default(workplace: Workplace) -> None:
    """That is how contacts are put to their customers; it is said once."""
    with Porters() as sandbox:
        sandbox.add_client("4711", "Acme")
        run = workplace.target(porters(sandbox), contacts({**ANNA, "customer_id": 4711}))
        (held,) = sandbox.contacts
    assert (run.code, held["Contact.P_Client"]) == (0, "4711")
    assert "customer_id goes before the default" in run.log


def test_a_field_called_as_the_attribute_is_meant(zoho: ZohoVoice, workplace: Workplace) -> None:
    """`status` alone says nothing; where the setting names its values, it does."""
    config = {**zoho.target_config(), "value_map": {"status": {"lead": "Active", "lost": "Nope"}}}
    people = [{**ANNA, "status": "lead"}, {**OTHER, "id": 2, "status": "lost"}]
    run = workplace.target(config, contacts(*people))
    assert (run.code, workplace.rejections[0]["field"]) == (3, "contact_status")
    assert zoho.contacts[0]["contact_status"]["display_value"] == "Active"


# Values of every kind.


@pytest.mark.parametrize(
    ("attribute", "record", "expected"),
    [
        ("gender", {"newsletter": False, "optin": True}, None),
        ("is_favourite", {"is_favourite": True}, "yes"),
        ("status", {"status": False}, "no"),
        ("status", {"contact_status": {"id": True, "display_value": False}}, "no"),
        ("status", {"status": [True, {"a": None}]}, None),
        ("gender", {"gender": 1.0, "other": 2.5}, "one"),
    ],
)
def test_value_map_looks_at_values_of_every_kind(
    attribute: str, record: dict[str, Any], expected: object
) -> None:
    """A boolean, in whatever field, ends no run; it is called `true` or `false`, as in JSON."""
    contact = Contact()
    if attribute in record or "contact_status" in record:
        contact.attributes[attribute] = next(iter(record.values()))
    names = {"true": "yes", "false": "no", "1": "one"}
    ValueMap({attribute: names}, {}, {}).apply(record, contact)
    chosen = contact.attributes[attribute] if attribute in contact.chosen else None
    assert chosen == expected
