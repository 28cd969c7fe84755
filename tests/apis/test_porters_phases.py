"""Statuses become phases of PORTERS."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.porters import OPTION, Porters
from tests.sandbox.porters_tenant import PHASES, Option, Tenant
from tests.support.commands import Workplace, contacts
from tests.support.porters_fields import ANNA, BERT, CARL, asked, held, reasons, refusals, write


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


def test_a_status_that_is_no_phase_costs_nobody_the_contact(workplace: Workplace) -> None:
    """It is left out, counted and named with the phases there are; nothing is guessed."""
    statuses = [
        *("Hot", "Option.P_Hot", "Contact phase", {"id": "1"}, 7),
        *({"display_value": ["Lead"]}, [1]),
    ]
    people = [{"id": n, "name": f"P{n}", "contact_status": s} for n, s in enumerate(statuses)]
    with Porters() as sandbox:
        run = write(workplace, sandbox, *people, BERT)
        names = [*(each["name"] for each in people), "Bert"]
        assert (run.code, held(sandbox, "Contact.P_Name")) == (0, names)
        assert held(sandbox, "Contact.P_Phase") == [None] * len(names)
    assert run.summary["dropped_or_truncated"] == [
        ["contacts", "Contact.P_Phase", "left out, unknown there", len(statuses)]
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
