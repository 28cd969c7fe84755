"""What the target promises about the fields, options and phases of a PORTERS company database."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.porters import CONTACT, FIELD, OPTION, Porters
from tests.sandbox.porters_tenant import Kind, Tenant
from tests.support.commands import Workplace, contacts
from tests.support.porters_fields import (
    ANNA,
    BERT,
    CARL,
    REFUSED,
    asked,
    held,
    reasons,
    refusals,
    write,
)
from tests.support.porters_lists import OWN, TYPED

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
        marks = {"on_delete": "mark", "marks": {"Contact.U_Rank": "left"}}
        marked = write(workplace, sandbox, {**BERT, "id": 9}, **marks)
        assert (marked.code, "every new contact needs Contact.U_Rank" in marked.log) == (3, True)
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
