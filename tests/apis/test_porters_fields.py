"""What the target promises about the fields, options and phases of a PORTERS company database."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.apis.porters import client as api
from tests.sandbox.porters import CONTACT, FIELD, OPTION, SCOPES, Porters
from tests.sandbox.porters_tenant import PHASES, Kind, Option, Tenant
from tests.support.commands import Finished, Workplace, contacts
from tests.support.porters_lists import OWN, TYPED

if TYPE_CHECKING:
    from collections.abc import Mapping

ANNA: dict[str, Any] = {"id": "a", "name": "Anna", "email": "anna@example.com"}
BERT: dict[str, Any] = {"id": "b", "name": "Bert", "email": "bert@example.com"}
CARL: dict[str, Any] = {"id": "c", "name": "Carl", "email": "carl@example.com"}


def write(
    workplace: Workplace, sandbox: Porters, *records: Mapping[str, Any], **settings: Any
) -> Finished:
    """Write records with further settings."""
    return workplace.target({**sandbox.target_config(), **settings}, contacts(*records))


def asked(sandbox: Porters, path: str) -> list[dict[str, str]]:
    """Return the queries of the reads at a path."""
    return [dict(line.request.query) for line in sandbox.log if line.request.path == path]


def held(sandbox: Porters, alias: str) -> list[str | None]:
    """Return the values that contacts hold in a field, oldest first."""
    return [contact.get(alias) for contact in sandbox.contacts]


def refusals(workplace: Workplace) -> list[tuple[Any, str, str | None]]:
    """Return id, code and field of each rejected record, by id."""
    found = [line for line in workplace.rejects if line["type"] == "RECORD"]
    return sorted(
        (m["record"]["id"], m["rejection"]["code"], m["rejection"]["field"]) for m in found
    )


def reasons(workplace: Workplace) -> str:
    """Return why records were rejected."""
    return "\n".join(each["reason"] for each in workplace.rejections)


def without(*scopes: str) -> list[str]:
    """Return what an app is granted that lacks these scopes."""
    return [scope for scope in SCOPES if scope not in scopes]


# Limits that the company database sets.


def test_limits_of_the_company_database_hold_before_anything_is_sent(workplace: Workplace) -> None:
    """Too long, too short and missing are rejected with field and limit; the others land."""
    tenant = Tenant(
        largest={"Contact.P_Name": 5, "Contact.P_Title": 3},
        least={"Contact.P_Name": 2, "Contact.P_City": 2},
        required=["Contact.P_Mail"],
    )
    records = [
        {**ANNA, "title": "部長長"},
        {**BERT, "city": "\x02"},
        {"id": 1, "name": "Bertha", "email": "b@example.com"},
        {"id": 2, "name": "C", "email": "c@example.com"},
        {"id": 3, "name": "Dora", "email": "d@example.com", "title": "部長長長"},
        {"id": 4, "name": "Emil"},
    ]
    with Porters(tenant=tenant) as sandbox:
        run = write(workplace, sandbox, *records)
        assert (run.code, held(sandbox, "Contact.P_Name")) == (3, ["Anna", "Bert"])
        assert [line.request.body.count(b"<Item>") for line in sandbox.writes] == [2]
    assert refusals(workplace) == [
        (1, "too_long", "Contact.P_Name"),
        (2, "invalid", "Contact.P_Name"),
        (3, "too_long", "Contact.P_Title"),
        (4, "missing", "Contact.P_Mail"),
    ]
    for reason in ("takes 5 characters, not 6", "at least 2 characters, not 1", "is required"):
        assert reason in reasons(workplace)


def test_what_a_new_contact_needs_an_update_does_not(workplace: Workplace) -> None:
    """A field that became required does not keep a change from landing."""
    with Porters() as sandbox:
        write(workplace, sandbox, {"id": "a", "name": "Anna"})
        sandbox.database.tenant = Tenant(required=["Contact.P_Mail"])
        run = write(workplace, sandbox, {"id": "a", "name": "Anne"}, {"id": 2, "name": "Bert"})
        assert (run.summary["updated"], held(sandbox, "Contact.P_Name")) == (1, ["Anne"])
    assert refusals(workplace) == [(2, "missing", "Contact.P_Mail")]


def test_a_field_out_of_use_is_left_out_and_said_once(workplace: Workplace) -> None:
    """It is named in one warning and in the summary, and every contact lands without it."""
    streams = [
        message
        for name in ("contacts", "more_contacts")
        for message in contacts({**ANNA, "title": "Boss", "department": "Sales"}, stream=name)
    ]
    with Porters(tenant=Tenant(unused=["Contact.P_Title", "Contact.P_MobileMail"])) as sandbox:
        run = workplace.target({**sandbox.target_config(), "match_on": []}, streams)
        assert (run.code, held(sandbox, "Contact.P_Division")) == (0, ["Sales", "Sales"])
        assert len(asked(sandbox, FIELD)) == 1
    sentence = "PORTERS has these fields not in use, so they are not carried: Contact.P_Title."
    assert run.log.count(sentence) == 1
    assert run.summary["not_carried"] == {"contacts": ["title"], "more_contacts": ["title"]}


@pytest.mark.parametrize("number", [1, 25])
def test_contacts_are_looked_up_without_a_field_that_is_out_of_use(
    workplace: Workplace, number: int
) -> None:
    """A lost answer doubles nobody, though one of the fields that tell contacts apart is gone."""
    records = [{"id": n, "name": f"P{n}", "email": f"p{n}@example.com"} for n in range(number)]
    with Porters(tenant=Tenant(unused=["Contact.P_Mail", "Contact.P_City"])) as sandbox:
        sandbox.fault(on=f"POST {CONTACT}", cut="after")
        run = write(workplace, sandbox, *records)
        assert (run.code, run.summary["created"]) == (0, number)
        assert len(sandbox.contacts) == number
        assert len(sandbox.writes) == 1


def test_a_required_field_that_nothing_fills_is_said(workplace: Workplace) -> None:
    """Its name is in a warning; new contacts are rejected for it, and changes land."""
    own = {"Contact.U_Rank": Kind.SINGLE}
    with Porters(tenant=Tenant(own=own)) as sandbox:
        write(workplace, sandbox, ANNA)
        sandbox.database.tenant = Tenant(
            own=own, required=["Contact.U_Rank"], names={"Contact.U_Rank": "Rank\n of all"}
        )
        run = write(workplace, sandbox, {**ANNA, "name": "Anne"}, BERT)
        assert (run.code, held(sandbox, "Contact.P_Name")) == (3, ["Anne"])
        mapped = {"field_map": {"Contact.U_Rank": "rank"}}
        again = write(workplace, sandbox, {**BERT, "rank": "1"}, **mapped)
        assert (again.code, held(sandbox, "Contact.U_Rank")) == (0, [None, "1"])
    assert "every new contact needs Contact.U_Rank (Rank of all), and field_map does" in run.log
    assert "every new contact" not in again.log


def test_what_is_filled_without_a_record_needs_no_value_in_it(workplace: Workplace) -> None:
    """The field for keys, and the date that PORTERS gives a phase, may be required."""
    key = "Contact.U_ExternalKey"
    with Porters(tenant=Tenant(required=[key])) as sandbox:
        config = sandbox.target_config()
        config["porters"]["external_key_field"] = key
        run = workplace.target(config, contacts(ANNA))
        assert (run.code, len(sandbox.contacts)) == (0, 1)
    assert "every new contact" not in run.log
    with Porters() as sandbox:
        body = "<Field.P_Alias>{}</Field.P_Alias><Field.P_Required>1</Field.P_Required>"
        items = "".join(f"<Item>{body.format(alias)}</Item>" for alias in FILLED)
        listing = f'<Field Total="{len(FILLED)}"><Code>0</Code>{items}</Field>'
        sandbox.fault(on=f"GET {FIELD}", status=200, body=listing)
        assert write(workplace, sandbox, BERT).summary["created"] == 1


FILLED = ("Contact.P_Id", "Contact.P_UpdateDate", "Contact.P_PhaseDate", "Contact.P_Name")


# Fields of one's own.

GIVEN: dict[Kind, list[tuple[Any, str]]] = {
    Kind.SINGLE: [("A\x02b", "Ab"), (12345, "12345"), (1234.0, "1234"), (" a\r\nb", "a b")],
    Kind.MULTI: [("a\nb", "a\nb"), (1.5, "1.5")],
    Kind.NUMBER: [(5, "5.0"), (5.0, "5.0"), ("-4.90", "-4.9"), ("1e2", "100.0"), (-0.0, "0.0")],
    Kind.CURRENCY: [("+12.34", "12.34")],
    Kind.DATE: [("2026-01-02", "2026/01/02"), ("2026/1/2", "2026/01/02")],
    Kind.AGE: [("1985-12-31T00:00:00Z", "1985/12/31")],
    Kind.DATETIME: [
        ("2026-01-02T03:04:05+09:00", "2026/01/01 18:04:05"),
        ("2026-01-02T03:04:05.678Z", "2026/01/02 03:04:05"),
        ("2026/01/02 03:04:05", "2026/01/02 03:04:05"),
    ],
    Kind.TIME: [("1970-01-01T09:30:00Z", "1970/01/01 09:30:00")],
    Kind.CHECKBOX: [
        (["Tokyo", "north, FAR", None], "Option.U_North,Option.U_Tokyo"),
        ("Tokyo, Option.U_1,", "Option.U_1,Option.U_Tokyo"),
        ("North, far", "Option.U_North"),
        (["Tokyo", "tokyo"], "Option.U_Tokyo"),
    ],
    Kind.RADIO: [("TOKYO", "Option.U_Tokyo")],
    Kind.OPTION: [(" Tokyo ", "Option.U_Tokyo"), ("Option.U_2", "Option.U_2")],
    Kind.URL: [("https://example.com/é", "https://example.com/é"), ("example.com", "example.com")],
    Kind.MAIL: [("a..b.@docomo.example", "a..b.@docomo.example")],
    Kind.TELEPHONE: [
        ("03-1234", "03-1234"),
        (312, "312"),
        ("12\n34", "12 / 34"),
        ("'0312", "0312"),
    ],
    Kind.USER: [(1, "1"), (1.0, "1"), ("1.0", "1")],
}
"""Values of records, and what PORTERS then holds."""

REFUSED: dict[Kind, list[tuple[Any, str]]] = {
    Kind.SINGLE: [("123456", "takes 5 characters")],
    Kind.NUMBER: [
        ("1,000", "a number"),
        (True, "a number"),
        ("NaN", "a number"),
        ("٣", "a number"),
        ("1e400", "a number"),
        (1000.1, "1000 or less"),
        (-5.1, "-5 or more"),
        ("0.25", "takes 1 decimals, not 2"),
    ],
    Kind.DATE: [("03/04/2020", "a date"), ("2026-02-30", "a date")],
    Kind.DATETIME: [("tomorrow", "a time"), ("0001-01-01T00:00:00+23:00", "a time")],
    Kind.CHECKBOX: [
        ("Tokyo, South", "known are: Tokyo, North, far, Twin, Twin"),
        ([[]], "name an option"),
        ([{"a": 1}], "plain"),
        (",", "known are"),
    ],
    Kind.RADIO: [("Twin", "Option.U_1, Option.U_2"), ("West", "known are"), ("Area", "no others")],
    Kind.OPTION: [("Option.U_East", "no others stand under"), ("Lead", "known are: Tokyo")],
    Kind.URL: [("a b", "without spaces")],
    Kind.MAIL: [("a@b@c", "exactly one @"), ("a", "exactly one @")],
    Kind.TELEPHONE: [("4.91511E+12", "a rounded number")],
    Kind.USER: [("anna@example.com", "digits only")],
}
"""Values that are rejected before they are sent, and what the reason says."""


def test_fields_of_ones_own_are_filled_by_their_types(workplace: Workplace) -> None:
    """Numbers, dates, moments in UTC, options by name or alias, and the rest land as they must."""
    cases = [(kind, given, kept) for kind, all_ in GIVEN.items() for given, kept in all_]
    records = [
        {"id": n, "name": f"P{n}", f"own_{kind.name}": given}
        for n, (kind, given, _) in enumerate(cases)
    ]
    mapping = {OWN[kind]: f"own_{kind.name}" for kind in GIVEN}
    with Porters(tenant=TYPED) as sandbox:
        run = write(workplace, sandbox, *records, field_map=mapping, match_on=[])
        assert refusals(workplace) == []
        assert run.code == 0
        found = {contact["Contact.P_Name"]: contact for contact in sandbox.contacts}
        assert len(asked(sandbox, OPTION)) == 1
    assert [(kind, found[f"P{n}"][OWN[kind]]) for n, (kind, _, _) in enumerate(cases)] == [
        (kind, kept) for kind, _, kept in cases
    ]


def test_links_are_filled_by_ids(workplace: Workplace) -> None:
    """A field of type Link takes the id of a contact; what is no id is rejected."""
    mapping = {"field_map": {OWN[Kind.LINK]: "boss"}}
    with Porters(tenant=TYPED) as sandbox:
        boss = sandbox.add(**{"Contact.P_Owner": "1", "Contact.P_Client": "10001"})
        run = write(workplace, sandbox, {**ANNA, "boss": boss}, {**BERT, "boss": "Ann"}, **mapping)
        assert (run.code, held(sandbox, OWN[Kind.LINK])) == (3, [None, boss])
    assert refusals(workplace) == [("b", "invalid", OWN[Kind.LINK])]


def test_what_a_field_of_ones_own_cannot_take_is_rejected_alone(workplace: Workplace) -> None:
    """The reason names field and rule, for options the known ones; nothing of it is sent."""
    cases = [(kind, given, why) for kind, all_ in REFUSED.items() for given, why in all_]
    records = [
        {"id": n, "name": f"P{n}", f"own_{kind.name}": given}
        for n, (kind, given, _) in enumerate(cases)
    ]
    mapping = {OWN[kind]: f"own_{kind.name}" for kind in REFUSED}
    with Porters(tenant=TYPED) as sandbox:
        run = write(workplace, sandbox, *records, ANNA, field_map=mapping, match_on=[])
        assert (run.code, held(sandbox, "Contact.P_Name")) == (3, ["Anna"])
    rejected = [line for line in workplace.rejects if line["type"] == "RECORD"]
    found = {line["record"]["id"]: line["rejection"] for line in rejected}
    assert [
        (found[n]["field"], why in found[n]["reason"]) for n, (_, _, why) in enumerate(cases)
    ] == [(OWN[kind], True) for kind, _, _ in cases]


def test_only_prose_is_cut_short(workplace: Workplace) -> None:
    """With `on_invalid_value` truncate, text is cut to its limit, an address is rejected."""
    own = {"Contact.U_Text": Kind.SINGLE, "Contact.U_Page": Kind.URL}
    tenant = Tenant(own=own, largest=dict.fromkeys([*own, "Contact.P_Mail"], 9))
    mapping = {"Contact.U_Text": "text", "Contact.U_Page": "page"}
    records = [{"id": 1, "name": "A", "text": "too long a text"}, {"id": 2, "page": "example.com"}]
    records.append({"id": 3, "email": "anna@example.com"})
    with Porters(tenant=tenant) as sandbox:
        settings = {"field_map": mapping, "on_invalid_value": "truncate"}
        run = write(workplace, sandbox, *records, **settings)
        assert (run.code, held(sandbox, "Contact.U_Text")) == (3, ["too long "])
    assert refusals(workplace) == [
        (2, "too_long", "Contact.U_Page"),
        (3, "too_long", "Contact.P_Mail"),
    ]


def test_a_code_that_may_speak_of_several_fields_names_none(workplace: Workplace) -> None:
    """An owner who is not there is named, but not where another field holds a user as well."""
    mapping = {"field_map": {OWN[Kind.USER]: "boss"}}
    owner = {"Contact.P_Owner": 99}
    records = [{**ANNA, **owner}, {**BERT, "boss": 99}, {**CARL, **owner, "boss": 1}]
    with Porters(tenant=TYPED) as sandbox:
        write(workplace, sandbox, *records, **mapping)
        assert sandbox.contacts == []
    assert refusals(workplace) == [
        ("a", "5", "Contact.P_Owner"),
        ("b", "5", None),
        ("c", "5", None),
    ]


def test_options_chosen_in_another_order_are_no_change(workplace: Workplace) -> None:
    """What a source lists in whatever order is not written again."""
    mapping = {"field_map": {OWN[Kind.CHECKBOX]: "areas"}}
    with Porters(tenant=TYPED) as sandbox:
        write(workplace, sandbox, {**ANNA, "areas": ["Tokyo", "North, far"]}, **mapping)
        run = write(workplace, sandbox, {**ANNA, "areas": ["North, far", "Tokyo"]}, **mapping)
        assert (run.summary["unchanged"], len(sandbox.writes)) == (1, 1)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"field_map": {"Contact.U_Gone": "x"}},
            "names Contact.U_Gone: not in use in this company database. Its own fields are: ",
        ),
        ({"field_map": {"Contact.P_City": "x"}}, "names Contact.P_City: not in use"),
        ({"field_map": {OWN[Kind.MULTI]: "x"}}, f"names {OWN[Kind.MULTI]}: not in use"),
        ({"field_map": {OWN[Kind.DISPLAY]: "x"}}, "cannot be filled: its type is reference"),
        ({"field_map": {OWN[Kind.IMAGE]: "x"}}, "cannot be filled: its type is image"),
        ({"key": "Contact.U_Gone"}, "porters.external_key_field names Contact.U_Gone: not in use"),
        ({"key": OWN[Kind.NUMBER]}, "must be a text field that takes 32 characters"),
        ({"key": OWN[Kind.SINGLE]}, "must be a text field that takes 32 characters"),
        ({"match_on": ["status"]}, "match_on names what is about a phase"),
    ],
)
def test_settings_that_the_company_database_cannot_follow_are_said(
    workplace: Workplace, settings: dict[str, Any], sentence: str
) -> None:
    """Exit code 2 and one sentence, before anything is written."""
    tenant = Tenant(
        own=TYPED.own,
        unused=["Contact.P_City", OWN[Kind.MULTI]],
        largest=TYPED.largest,
        names=TYPED.names,
    )
    with Porters(tenant=tenant) as sandbox:
        config = {**sandbox.target_config(), **settings}
        if key := config.pop("key", None):
            config["porters"]["external_key_field"] = key
        run = workplace.target(config, contacts({**ANNA, "x": "1"}))
        assert (run.code, sandbox.writes) == (2, [])
    assert sentence in run.log
    assert "Traceback" not in run.log
    if "Its own fields are" in sentence:
        assert f"{OWN[Kind.URL]} (Home page)" in run.log
        assert OWN[Kind.MULTI] not in run.log


def test_aliases_may_come_without_their_resource(workplace: Workplace) -> None:
    """Whether Field Read says `Contact.P_Name` or `P_Name`, the limits hold."""
    own = {"Contact.U_Rank": Kind.NUMBER}
    tenant = Tenant(own=own, prefixed=False, largest={"Contact.P_Name": 4})
    with Porters(tenant=tenant) as sandbox:
        mapping = {"field_map": {"Contact.U_Rank": "rank"}}
        run = write(workplace, sandbox, {**ANNA, "rank": 1}, {"id": 2, "name": "Berta"}, **mapping)
        assert (run.code, held(sandbox, "Contact.U_Rank")) == (3, ["1.00"])
    assert refusals(workplace) == [(2, "too_long", "Contact.P_Name")]


def test_more_fields_than_a_page_holds_are_all_known(workplace: Workplace) -> None:
    """A field of the second page is filled by its type."""
    own = {f"Contact.U_{n}": Kind.DATE for n in range(250)}
    with Porters(tenant=Tenant(own=own)) as sandbox:
        mapping = {"field_map": {"Contact.U_249": "day"}}
        run = write(workplace, sandbox, {**ANNA, "day": "2026-01-02"}, **mapping)
        assert (run.code, held(sandbox, "Contact.U_249")) == (0, ["2026/01/02"])
        assert [query["start"] for query in asked(sandbox, FIELD)] == ["0", "200"]


# Statuses and phases.


def test_a_status_becomes_the_phase_of_that_name(workplace: Workplace) -> None:
    """By name in any case, alias, name and id as Zoho Voice sends them, or a named bare id."""
    statuses = contacts({"id": "77", "display_value": "VIP"}, stream="zoho_voice_contact_statuses")
    given = [
        "Lead",
        "in active",
        "Option.P_Active",
        {"id": "9", "display_value": "Closed"},
        {"id": "77"},
        77,
    ]
    records = [{"id": n, "name": f"P{n}", "contact_status": s} for n, s in enumerate(given)]
    with Porters() as sandbox:
        config = {**sandbox.target_config(), "match_on": []}
        run = workplace.target(config, [*statuses, *contacts(*records)])
        assert (run.code, run.summary["not_carried"]) == (0, {})
        assert held(sandbox, "Contact.P_Phase") == [
            "Option.P_Lead",
            "Option.U_InActive",
            "Option.P_Active",
            "Option.P_Closed",
            "Option.U_Vip",
            "Option.U_Vip",
        ]
        assert asked(sandbox, OPTION) == [
            {"partition": "1234", "alias": "Option.P_ContactPhase", "enabled": "1"}
        ]


@pytest.mark.parametrize(
    "status",
    ["Hot", "Option.P_Hot", "Contact phase", {"id": "1"}, 7, {"display_value": ["Lead"]}, [1]],
)
def test_a_status_that_is_no_phase_costs_nobody_the_contact(
    workplace: Workplace, status: object
) -> None:
    """It is left out, counted and named with the phases there are; nothing is guessed."""
    with Porters() as sandbox:
        run = write(workplace, sandbox, {**ANNA, "contact_status": status}, BERT)
        assert (run.code, held(sandbox, "Contact.P_Name")) == (0, ["Anna", "Bert"])
        assert held(sandbox, "Contact.P_Phase") == [None, None]
    assert run.summary["dropped_or_truncated"] == [
        ["contacts", "Contact.P_Phase", "left out, unknown there", 1]
    ]
    assert "Contact.P_Phase must " in run.log


@pytest.mark.parametrize(
    "settings",
    [
        {"field_map": {"Contact.P_Phase": "stage"}},
        {"value_map": {"status": {"warm": "Hot"}}},
        {"defaults": {"status": "Hot"}},
    ],
)
def test_a_phase_that_a_setting_names_is_refused_if_it_is_none(
    workplace: Workplace, settings: dict[str, Any]
) -> None:
    """What the user chose follows `on_invalid_value`: the record is rejected, or the field left."""
    record = {**ANNA, "stage": "Hot"} | (
        {"contact_status": "warm"} if "value_map" in settings else {}
    )
    for on_invalid, expected in (("reject", []), ("drop_field", ["Anna"])):
        with Porters() as sandbox:
            config = {**sandbox.target_config(), "on_invalid_value": on_invalid}
            given = {**config.get("defaults", {}), **settings.get("defaults", {})}
            run = workplace.target({**config, **settings, "defaults": given}, contacts(record))
            assert (run.code, held(sandbox, "Contact.P_Name")) == (0 if expected else 3, expected)
    assert refusals(workplace) == [("a", "invalid", "Contact.P_Phase")]


def test_the_phases_there_are_stand_in_the_reason(workplace: Workplace) -> None:
    """Whoever mends the record need not look them up; of many the first forty are named."""
    many = tuple(Option(f"Option.U_{n}", f"Phase {n}") for n in range(60))
    for below, named in ((PHASES.below, "Lead, Active, Closed, In Active, VIP"), (many, "20 more")):
        with Porters(tenant=Tenant(options=[Option(PHASES.alias, "", below)])) as sandbox:
            mapping = {"field_map": {"Contact.P_Phase": "contact_status"}}
            write(workplace, sandbox, {**ANNA, "contact_status": "Hot"}, **mapping)
        assert named in reasons(workplace)


def test_a_status_without_phases_in_use_is_not_carried(workplace: Workplace) -> None:
    """Where the company database has no phase field in use, its absence is said; contacts land."""
    with Porters(tenant=Tenant(unused=["Contact.P_Phase"])) as sandbox:
        run = write(workplace, sandbox, {**ANNA, "contact_status": "Hot"})
        assert (run.code, run.summary["not_carried"]) == (0, {"contacts": ["contact_status"]})
        assert asked(sandbox, OPTION) == []
    assert "Contact.P_Phase" in run.log


def test_a_phase_that_would_not_be_the_newest_is_refused_clearly(workplace: Workplace) -> None:
    """The rejection has PORTERS' code, the field and the rule; other changes land."""
    with Porters() as sandbox:
        write(workplace, sandbox, {**ANNA, "contact_status": "Lead"}, BERT)
        contact_id = sandbox.contacts[0]["Contact.P_Id"]
        later = {"Contact.P_Phase": "Option.P_Closed", "Contact.P_PhaseDate": "2999/01/01 00:00:00"}
        sandbox.change(contact_id, **later)
        run = write(
            workplace, sandbox, {**ANNA, "contact_status": "Active"}, {**BERT, "city": "Bonn"}
        )
        assert (run.code, held(sandbox, "Contact.P_City")) == (3, [None, "Bonn"])
        assert sandbox.contacts[0]["Contact.P_Phase"] == "Option.P_Closed"
    assert refusals(workplace) == [("a", "126", "Contact.P_Phase")]
    assert "a later date, or a greater one of the same date" in reasons(workplace)


def test_date_and_memo_come_with_a_phase_only(workplace: Workplace) -> None:
    """They fill the phase's history where there is a phase; without one they are rejected."""
    mapping = {"Contact.P_PhaseDate": "since", "Contact.P_PhaseMemo": "why"}
    about = {"since": "2026-01-02T03:04:05+09:00", "why": "Called"}
    records = [{**ANNA, **about, "contact_status": "Lead"}, {**BERT, **about}, CARL]
    with Porters() as sandbox:
        run = write(workplace, sandbox, *records, field_map=mapping)
        assert (run.code, held(sandbox, "Contact.P_Name")) == (3, ["Anna", "Carl"])
        assert held(sandbox, "Contact.P_PhaseDate") == ["2026/01/01 18:04:05", None]
        assert held(sandbox, "Contact.P_PhaseMemo") == ["Called", None]
    assert refusals(workplace) == [("b", "missing", "Contact.P_Phase")]


# What the app may not read.


def test_without_field_r_the_documented_table_is_used(workplace: Workplace) -> None:
    """One warning says what follows and what to grant; own fields are text, statuses are named."""
    tenant = Tenant(largest={"Contact.P_Name": 4})
    mapping = {"field_map": {"Contact.U_ExternalKey": "mark"}}
    records = [{**ANNA, "mark": 7, "contact_status": "VIP"}, {"id": 2, "name": "Berta"}]
    with Porters(tenant=tenant, scopes=without("field_r")) as sandbox:
        run = write(workplace, sandbox, *records, **mapping)
        assert held(sandbox, "Contact.U_ExternalKey") == ["7"]
        assert held(sandbox, "Contact.P_Phase") == ["Option.U_Vip"]
        assert len(asked(sandbox, FIELD)) == 1
    assert refusals(workplace) == [(2, "104", None)]
    sentence = "is not known before it is sent: grant the app field_r, too."
    assert run.log.count(sentence) == 1
    assert "PORTERS: code 403" in run.log


def test_without_option_r_options_are_given_by_alias(workplace: Workplace) -> None:
    """One warning says so; a name that was mapped is rejected with what it must be."""
    mapping = {"field_map": {OWN[Kind.CHECKBOX]: "areas"}, "match_on": []}
    # Reading contacts takes option_r as well, so that nothing can be looked up.
    records = [
        {**ANNA, "contact_status": "Option.P_Lead", "areas": "Option.U_Tokyo,Option.U_1"},
        {**BERT, "contact_status": "Lead"},
        {**CARL, "areas": ["Tokyo"]},
    ]
    with Porters(tenant=TYPED, scopes=without("option_r")) as sandbox:
        run = write(workplace, sandbox, *records, **mapping)
        assert held(sandbox, OWN[Kind.CHECKBOX]) == ["Option.U_1,Option.U_Tokyo", None]
        assert held(sandbox, "Contact.P_Phase") == ["Option.P_Lead", None]
        assert len(asked(sandbox, OPTION)) == 2
    assert refusals(workplace) == [("c", "invalid", OWN[Kind.CHECKBOX])]
    assert run.log.count("Options can be given by their aliases only: grant the app option_r") == 1
    assert "must be the alias of an option" in reasons(workplace)
    assert "Contact.P_Phase must be the alias of an option" in run.log


# How often is asked, and what else may come as an answer.


def test_each_thing_is_asked_for_once_a_run_and_not_at_all_in_a_rerun(workplace: Workplace) -> None:
    """Streams share what was learned; where nothing changed, nothing is asked."""
    records = [{"id": n, "name": f"P{n}", "contact_status": "Lead"} for n in range(50)]
    both = [*contacts(*records), *contacts(*records, stream="more_contacts")]
    with Porters() as sandbox:
        config = {**sandbox.target_config(), "match_on": [], "batch_size_rows": 10}
        workplace.target(config, both)
        assert (len(asked(sandbox, FIELD)), len(asked(sandbox, OPTION))) == (1, 1)
        again = workplace.target(config, both)
        assert (again.summary["unchanged"], again.summary["requests"]) == (100, 0)
        changed = workplace.target(config, contacts({**records[0], "contact_status": None}))
        assert changed.summary["updated"] == 1
        assert (len(asked(sandbox, FIELD)), len(asked(sandbox, OPTION))) == (2, 1)


def test_threads_share_what_was_learned() -> None:
    """Eight threads that ask at once cause one Field Read and one Option Read."""
    with Porters(latency=0.05) as sandbox:
        client = api.Porters(sandbox.target_config()["porters"], {})
        with ThreadPoolExecutor(8) as pool:
            known = list(pool.map(lambda _: client.tenant.fields(), range(8)))
            found = list(pool.map(client.tenant.options, ["Option.P_ContactPhase"] * 8))
        assert (len(asked(sandbox, FIELD)), len(asked(sandbox, OPTION))) == (1, 1)
    assert all(each is known[0] for each in known)
    assert all(each is found[0] for each in found)


FAULTS: tuple[dict[str, Any], ...] = (
    {"status": 503},
    {"status": 200, "body": "<html><body>Welcome</body></html>"},
    {"status": 200, "body": "<System><Code>9</Code></System>"},
    {"cut": "before"},
    {"cut": "half"},
    {"expire": True},
)
"""Answers after which the same read is sent again."""


@pytest.mark.parametrize("path", [FIELD, OPTION])
def test_reads_of_fields_and_options_are_repeated_like_all_reads(
    workplace: Workplace, path: str
) -> None:
    """Trouble on the way is no reason to go on without limits, or to reject anybody."""
    with Porters(tenant=Tenant(largest={"Contact.P_Name": 4})) as sandbox:
        for fault in FAULTS:
            sandbox.fault(on=f"GET {path}", **fault)
        records = [{**ANNA, "contact_status": "Lead"}, {"id": 2, "name": "Berta"}]
        run = write(workplace, sandbox, *records, max_tries=9)
        assert (run.code, held(sandbox, "Contact.P_Phase")) == (3, ["Option.P_Lead"])
    assert refusals(workplace) == [(2, "too_long", "Contact.P_Name")]


@pytest.mark.parametrize(
    ("path", "fault", "sentence"),
    [
        (FIELD, {"status": 503}, "GET /v1/field: no success in 5 tries"),
        (OPTION, {"status": 503}, "GET /v1/option: no success in 5 tries"),
        (FIELD, {"status": 400, "body": "<System><Code>404</Code></System>"}, "code 404"),
        (FIELD, {"status": 200, "body": "<System><Code>103</Code></System>"}, "code 103"),
        (OPTION, {"status": 200, "body": "<System><Code>103</Code></System>"}, "code 103"),
        (FIELD, {"status": 200, "body": '<Field Total="0"><Code>0</Code></Field>'}, "no field"),
        (FIELD, {"status": 200, "body": '<Field Total="3"><Code>0</Code></Field>'}, "gave 0"),
    ],
)
def test_a_read_that_fails_for_good_stops_the_run_and_rejects_nobody(
    workplace: Workplace, path: str, fault: dict[str, Any], sentence: str
) -> None:
    """One sentence, exit code 1, nothing written; the next run completes."""
    record = {**ANNA, "contact_status": "Lead"}
    with Porters() as sandbox:
        sandbox.fault(on=f"GET {path}", times=-1, **fault)
        run = write(workplace, sandbox, record)
        assert (run.code, run.summary["rejected"], sandbox.writes) == (1, 0, [])
        assert sentence in run.log
        assert "Traceback" not in run.log
        sandbox.faults.clear()
        assert write(workplace, sandbox, record).summary["created"] == 1


ODD_FIELDS = """<Field Total="5" Count="5" Start="0"><Code>0</Code>
<Item><Field.P_Alias>Contact.P_Name</Field.P_Alias><Field.P_Max>many</Field.P_Max>
<Field.P_Min>-3</Field.P_Min><Field.P_Required/></Item>
<Item><Field.P_Alias>Contact.U_ &lt;x&gt;</Field.P_Alias>
<Field.P_Required>1</Field.P_Required></Item>
<Item><Field.P_Alias> Contact.U_Odd </Field.P_Alias><Field.P_Type>99</Field.P_Type></Item>
<Item><Field.P_Alias>Contact.U_Count</Field.P_Alias><Field.P_Type>3</Field.P_Type>
<Field.P_Max>0</Field.P_Max><Field.P_Min>0</Field.P_Min></Item>
<Item><Field.P_Alias>Contact.P_Phase</Field.P_Alias>
<Field.P_ReferTo><OptionRoot><Option.U_Stage/></OptionRoot></Field.P_ReferTo></Item></Field>"""
ODD_OPTIONS = """<Option><Code>0</Code>
<Item><Option.P_Alias>Option.P_Lead</Option.P_Alias><Option.P_Name> Lead </Option.P_Name></Item>
<Item><Option.P_Alias>Option.&lt;x&gt;</Option.P_Alias><Option.P_Name>Evil</Option.P_Name></Item>
<Item><Option.P_Alias>Option.P_Lead</Option.P_Alias><Option.P_Name>Lead</Option.P_Name></Item>
<Item><Option.P_Name>Nameless</Option.P_Name></Item></Option>"""


def test_odd_answers_are_read_as_far_as_they_make_sense(workplace: Workplace) -> None:
    """What is no limit is none, a type of tomorrow is text, and no name becomes markup."""
    own = {"Contact.U_Odd": Kind.SINGLE, "Contact.U_Count": Kind.NUMBER}
    mapping = {"field_map": {"Contact.U_Odd": "odd", "Contact.U_Count": "id"}, "match_on": []}
    tenant = Tenant(own=own)
    with Porters(tenant=tenant) as sandbox:
        sandbox.fault(on=f"GET {FIELD}", status=200, body=ODD_FIELDS)
        sandbox.fault(on=f"GET {OPTION}", status=200, body=ODD_OPTIONS)
        records = [
            {"id": 1, "name": "A", "odd": "<b>", "contact_status": "lead"},
            {"id": 2, "name": "B", "contact_status": "Evil"},
            {"id": 3, "name": "C", "contact_status": "Nameless"},
        ]
        run = write(workplace, sandbox, *records, **mapping)
        assert (run.code, held(sandbox, "Contact.U_Odd")) == (0, ["<b>", None, None])
        assert held(sandbox, "Contact.U_Count") == ["1.00", "2.00", "3.00"]
        assert [query["alias"] for query in asked(sandbox, OPTION)] == ["Option.U_Stage"]
        assert held(sandbox, "Contact.P_Phase") == ["Option.P_Lead", None, None]
    assert run.summary["dropped_or_truncated"] == [
        ["contacts", "Contact.P_Phase", "left out, unknown there", 2]
    ]


def test_what_was_learned_holds_for_a_dry_run_too(workplace: Workplace) -> None:
    """The plan rejects what would be rejected, and writes nothing."""
    with Porters(tenant=Tenant(largest={"Contact.P_Name": 4})) as sandbox:
        run = write(workplace, sandbox, ANNA, {"id": 2, "name": "Berta"}, dry_run=True)
        assert (run.summary["created"], run.summary["rejected"]) == (1, 1)
        assert sandbox.writes == []


def test_neither_values_nor_secrets_are_logged_where_fields_are_learned(
    workplace: Workplace,
) -> None:
    """At DEBUG, with every kind of refusal, no value of a record is written."""
    given = {f"own_{kind.name}": f"secret-{kind.name}" for kind in REFUSED}
    records = [{"id": n, "name": "Anna", key: v} for n, (key, v) in enumerate(given.items())]
    mapping = {OWN[kind]: f"own_{kind.name}" for kind in REFUSED}
    with Porters(tenant=TYPED) as sandbox:
        config = {**sandbox.target_config(), "field_map": mapping}
        run = workplace.target(config, contacts(*records), env={"LOGLEVEL": "DEBUG"})
    assert run.summary["rejected"] == len(records) - 2
    assert "secret-" not in run.log
    assert "secret-" not in json.dumps(workplace.rejections)
