"""The sandbox of PORTERS tells of users, options and fields as the vendor's documents say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.porters import SCOPES, Porters
from tests.support.porters_api import (
    FIELDS,
    NAMED,
    XML,
    Api,
    Clock,
    listed,
    read_ids,
    refused,
    results,
    with_field,
)

if TYPE_CHECKING:
    from lxml import etree


def test_users(api: Api) -> None:
    """Users are all of them or the app's own, and take no condition."""
    api.sandbox.add_user("2", "Owner B")
    asked = {kind: api.get("user", request_type=kind) for kind in ("0", "1")}
    names = {kind: read_ids(answer, "User.P_Name") for kind, answer in asked.items()}
    assert names == {"0": ["Sandbox App"], "1": ["Sandbox Owner", "Sandbox App", "Owner B"]}
    query = {"request_type": "1", "condition": "User.P_Id=1"}
    assert refused(api.get("user", **query)) == ("System", "100", "400")
    assert refused(api.get("user")) == ("System", "101", "400")


def options(answer: etree._Element) -> list[str | None]:
    """Return the aliases of all options of an answer, in their order."""
    assert answer.findtext("Code") == "0"
    return [each.findtext("Option.P_Alias") for each in answer.iter("Item")]


def test_options(api: Api) -> None:
    """Option Read nests the phases in `Items` and has no totals."""
    answer = api.get("option", alias="Option.P_ContactPhase")
    aliases = [each.text for each in answer.iterfind("Item/Items/Item/Option.P_Alias")]
    assert aliases[:3] == ["Option.P_Lead", "Option.P_Active", "Option.P_Closed"]
    assert answer.get("Total") is None
    assert refused(api.get("option", alias="Option.P_Other")) == ("System", "103", "400")


@pytest.mark.parametrize(
    ("query", "aliases"),
    [
        ({}, ["P_ContactPhase", "P_Lead", "P_Active", "P_Closed", "U_InActive", "U_Vip"]),
        ({"alias": "Option.U_Area"}, ["U_Area", "U_East", "U_Tokyo", "U_West", "U_North"]),
        ({"alias": "Option.U_Area", "level": "1"}, ["U_East", "U_West", "U_North"]),
        ({"alias": "Option.U_Area", "level": "2"}, ["U_East", "U_Tokyo", "U_West", "U_North"]),
        ({"alias": "Option.U_East", "level": "0"}, ["U_East", "U_West", "U_North"]),
        ({"alias": "Option.U_Area", "enabled": "1"}, ["U_Area", "U_East", "U_Tokyo", "U_North"]),
        ({"alias": "Option.U_West", "enabled": "0"}, ["U_West"]),
        ({"alias": "Option.U_North", "enabled": "0"}, []),
        ({"alias": "Option.U_Area", "count": "2"}, ["U_Area", "U_East"]),
    ],
)
def test_option_parameters(tenant: Api, query: dict[str, str], aliases: list[str]) -> None:
    """`alias`, `level`, `enabled` and `count` choose options; without them all are given."""
    found = options(tenant.get("option", **query))
    assert found[: len(aliases)] == [f"Option.{alias}" for alias in aliases]
    assert len(found) == (len(aliases) + 5 if not query else len(aliases))


def test_option_shape(tenant: Api) -> None:
    """An option tells id, name, parent, purpose and order; a leaf has empty `Items`."""
    item = tenant.get("option", alias="Option.U_Area").find("Item/Items/Item")
    assert item is not None
    assert {each.tag: each.text for each in item if each.tag != "Items"} == {
        "Option.P_Id": "307",
        "Option.P_Name": "East",
        "Option.P_Alias": "Option.U_East",
        "Option.P_ParentId": "306",
        "Option.P_Type": "0",
        "Option.P_Order": "1",
    }
    assert item.findtext("Items/Item/Items") == ""
    phases = tenant.get("option", alias="Option.P_ContactPhase")
    assert phases.findtext("Item/Option.P_Type") == "11"


@pytest.mark.parametrize(
    ("call", "query", "code"),
    [
        ("option", {"start": "0"}, "100"),
        ("option", {"field": "Option.P_Name"}, "100"),
        ("option", {"level": "-2"}, "103"),
        ("option", {"level": "x"}, "103"),
        ("option", {"enabled": "2"}, "103"),
        ("option", {"count": "0"}, "103"),
        ("field", {"resource": "27", "active": "2"}, "103"),
        ("field", {"resource": "27", "count": "201"}, "103"),
        ("field", {"resource": "27", "start": "-1"}, "103"),
        ("field", {"resource": "27", "field": "Field.P_Name"}, "100"),
        ("field", {"resource": "27", "condition": "Field.P_Id=1"}, "100"),
        ("field", {"resource": "3"}, "103"),
        ("field", {}, "101"),
    ],
)
def test_master_reads_refused(tenant: Api, call: str, query: dict[str, str], code: str) -> None:
    """Field Read and Option Read take their own parameters and no others."""
    assert refused(tenant.get(call, **query)) == ("System", code, "400")


@pytest.mark.parametrize(
    ("scope", "call"), [("field_r", "field"), ("option_r", "option"), ("option_r", "contact")]
)
def test_master_scope_missing(scope: str, call: str) -> None:
    """Reading fields and options takes scopes of their own."""
    with Porters(scopes=[each for each in SCOPES if each != scope]) as sandbox:
        api = Api(sandbox, Clock())
        api.sign_in()
        query = {"resource": "27"} if call == "field" else {}
        assert refused(api.get(call, **query)) == ("System", "403", "400")


def told(field: dict[str, str]) -> tuple[str, ...]:
    """Return type, need, limits, decimals and options of a field."""
    names = ("Type", "Required", "Max", "Min", "DecimalFraction", "ReferTo")
    return tuple(field[name] for name in names)


def test_fields(tenant: Api) -> None:
    """Field Read tells type, need and limits of every field of contacts, and what it refers to."""
    fields = listed(tenant.get("field", resource="27", count="200"))
    assert "Contact.P_Deleted" not in fields
    assert {alias: told(fields[f"Contact.{alias}"]) for alias in TOLD} == TOLD
    assert fields["Contact.P_Title"]["Name"] == "Rank"
    assert {field["ResourceType"] for field in fields.values()} == {"27"}


TOLD = {
    "P_Client": ("11", "1", "", "", "0", ""),
    "P_UpdateDate": ("11", "1", "", "", "0", ""),
    "P_Phase": ("7", "0", "", "", "0", "Option.P_ContactPhase"),
    "P_Name": ("1", "1", "10", "2", "0", ""),
    "P_Memo": ("2", "0", "4000", "", "0", ""),
    "U_Number": ("3", "0", "100", "-5", "1", ""),
    "U_Currency": ("14", "0", "", "", "2", ""),
    "U_Checkbox": ("5", "0", "", "", "0", "Option.U_Area"),
    "U_Datetime": ("12", "0", "", "", "0", ""),
    "U_Time": ("12", "0", "", "", "0", ""),
}
"""What Field Read tells: adverse is that what PORTERS fills itself counts as required, too."""


def test_field_pages(tenant: Api) -> None:
    """Field Read gives ten fields unless asked for more, with totals, and takes an offset."""
    whole = [*listed(tenant.get("field", resource="27", count="200"))]
    first = tenant.get("field", resource="27")
    second = tenant.get("field", resource="27", start="10", count="5")
    assert [first.get(name) for name in ("Total", "Count", "Start")] == [
        str(len(whole)),
        "10",
        "0",
    ]
    assert ([*listed(first)], [*listed(second)]) == (whole[:10], whole[10:15])


@pytest.mark.parametrize(
    ("active", "expected"), [("1", [False, True]), ("0", [True, False]), ("-1", [True, True])]
)
def test_fields_in_use(tenant: Api, active: str, expected: list[bool]) -> None:
    """Fields out of use are still listed, unless only those in use are asked for."""
    fields = listed(tenant.get("field", resource="27", count="200", active=active))
    assert [f"Contact.P_{name}" in fields for name in ("Division", "Name")] == expected


def test_links_need_version_2(tenant: Api) -> None:
    """A field of type Link is shown and taken under version 2 only."""
    query = {"partition": "1234", "resource": "27", "count": "200"}
    for version, shown, code in (("1", False, "100"), ("2", True, "0")):
        header = {"X_P_ConnectAPI_Version": version}
        fields = listed(tenant.send("GET", "field", query, **header))
        assert ("Contact.U_Link" in fields) == shown
        linked = tenant.sandbox.add(**FIELDS, **{"Contact.P_Name": "Anna"})
        item = f"<Contact><Item>{with_field('Contact.U_Link', linked, NAMED)}</Item></Contact>"
        header["Content_Type"] = XML
        answer = tenant.send("POST", "contact", {"partition": "1234"}, item, **header)
        assert [found for _, found in results(answer)] == [code]
