"""The sandbox of PORTERS answers reads as the vendor's documents say."""

from __future__ import annotations

import pytest
import requests
from lxml import etree

from tests.support.porters_api import FIELDS, Api, listed, read_ids, refused


def test_read_shape(api: Api) -> None:
    """References and options are nested, empty values are empty elements."""
    api.sandbox.add(**FIELDS, **{"Contact.P_Phase": "Option.P_Active"})
    chosen = "Contact.P_Client(Client.P_Id,Client.P_Name),Contact.P_Phase,Contact.P_Mail"
    answer = api.get("contact", field=f"Contact.P_Owner,{chosen}")
    assert [answer.get(name) for name in ("Total", "Count", "Start")] == ["1", "1", "0"]
    item = answer.find("Item")
    assert item is not None
    assert {each.tag: etree.tostring(each).decode() for each in item} == {
        "Contact.P_Owner": "<Contact.P_Owner><User><User.P_Id>1</User.P_Id></User>"
        "</Contact.P_Owner>",
        "Contact.P_Client": "<Contact.P_Client><Client><Client.P_Id>10001</Client.P_Id>"
        "<Client.P_Name>Sandbox Client</Client.P_Name></Client></Contact.P_Client>",
        "Contact.P_Phase": "<Contact.P_Phase><Option.P_Active><Option.P_Id>302</Option.P_Id>"
        "<Option.P_Name>Active</Option.P_Name></Option.P_Active></Contact.P_Phase>",
        "Contact.P_Mail": "<Contact.P_Mail/>",
    }


def test_read_defaults(api: Api) -> None:
    """Without parameters a read gives ten contacts and nothing but their ids."""
    for _ in range(12):
        api.sandbox.add(**FIELDS)
    answer = api.get("contact")
    assert [answer.get(name) for name in ("Total", "Count", "Start")] == ["12", "10", "0"]
    assert {tuple(each.tag for each in item) for item in answer.iterfind("Item")} == {
        ("Contact.P_Id",)
    }


def test_read_pages(api: Api) -> None:
    """`count` and `start` cut a page out of the order asked for."""
    added = [api.sandbox.add(**FIELDS) for _ in range(5)]
    answer = api.get("contact", count="2", start="2", order="Contact.P_Id:asc")
    assert (read_ids(answer), answer.get("Start")) == (added[2:4], "2")
    assert read_ids(api.get("contact")) == added[::-1]


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("Contact.P_Mail=a@example.com", ["A", "B"]),
        ("Contact.P_Mail:full=a@example.com", ["A"]),
        ("Contact.P_Mail:full=A@example.com", []),
        ("Contact.P_Id=20002", ["A"]),
        ("Contact.P_Id:gt=20002", ["B", "C"]),
        ("Contact.P_Id:ge=20003,Contact.P_Id:lt=20004", ["B"]),
        ("Contact.P_Client:eq=10002", ["C"]),
        ("Contact.P_Client:or=10001:10002", ["A", "B", "C"]),
        ("Contact.P_Owner:or=1", ["A", "B", "C"]),
        ("Contact.P_UpdateDate:ge=2026/01/02 03:10:00", ["B", "C"]),
        ("Contact.P_UpdateDate:lt=2026/01/02 03:04:06", ["A"]),
        ("Contact.P_Phase=Option.P_Lead:Option.P_Closed", ["B"]),
    ],
)
def test_conditions(api: Api, condition: str, names: list[str]) -> None:
    """Conditions are ANDed by commas; text matches by part unless `full` is asked for."""
    api.sandbox.add_client("10002", "Other")
    mail, phase = {"Contact.P_Mail": "a@example.com"}, {"Contact.P_Phase": "Option.P_Lead"}
    api.sandbox.add(**FIELDS | mail, **{"Contact.P_Name": "A"})
    api.clock.go_on(minutes=10)
    longer = {"Contact.P_Mail": "aa@example.com"}
    api.sandbox.add(**FIELDS | longer | phase, **{"Contact.P_Name": "B"})
    other = {"Contact.P_Client": "10002"}
    api.sandbox.add(**FIELDS | other, **{"Contact.P_Name": "C"})
    query = {"condition": condition, "order": "Contact.P_Name:asc", "field": "Contact.P_Name"}
    assert read_ids(api.get("contact", **query), "Contact.P_Name") == names


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"count": "0"}, "103"),
        ({"count": "201"}, "103"),
        ({"start": "-1"}, "103"),
        ({"limit": "5"}, "100"),
        ({"field": "Contact.P_Nickname"}, "100"),
        ({"field": ""}, "100"),
        ({"field": "Contact.P_Owner(User.P_StartDate)"}, "100"),
        ({"field": "Contact.P_Name(Client.P_Id)"}, "100"),
        ({"order": "Contact.P_Nickname:asc"}, "100"),
        ({"order": "Contact.P_Deleted:asc"}, "100"),
        ({"order": "Contact.P_Id"}, "103"),
        ({"itemstate": "gone"}, "133"),
        ({"condition": "Contact.P_Name:full=Doe, Jane"}, "100"),
        ({"condition": "Contact.P_Nickname=a"}, "100"),
        ({"condition": "Client.P_Name=a"}, "100"),
        ({"condition": "Contact.P_Name:eq=a"}, "100"),
        ({"condition": "Contact.P_Id:or=1:2"}, "100"),
        ({"condition": "Contact.P_Id:part=1"}, "100"),
        ({"condition": "Contact.P_Id=x"}, "103"),
        ({"condition": "Contact.P_Client:gt=1"}, "100"),
        ({"condition": "Contact.P_Client:eq=1:2"}, "103"),
        ({"condition": "Contact.P_Owner:and=1:2"}, "8"),
        ({"condition": "Contact.P_Phase=Option.P_Other"}, "103"),
        ({"condition": "Contact.P_UpdateDate:ge=2026-01-02"}, "103"),
        ({"condition": "Contact.P_UpdateDate:ge=2026/01/02+03:04:05"}, "103"),
        ({"condition": "Contact.P_Deleted=0"}, "100"),
        ({"itemstate": "all", "condition": "Contact.P_Name=a"}, "100"),
        (
            {"itemstate": "deleted", "condition": "Contact.P_UpdateDate:ge=2025/09/01 00:00:00"},
            "124",
        ),
    ],
)
def test_read_refused(api: Api, query: dict[str, str], code: str) -> None:
    """A read refuses every parameter and every value it does not know."""
    assert refused(api.get("contact", **query)) == ("System", code, "400")


def test_plus_is_no_space(api: Api) -> None:
    """A space in the query is `%20`; a plus sign stands for itself (adverse)."""
    url = f"{api.sandbox.url}/v1/contact?partition=1234&condition=Contact.P_UpdateDate:ge="
    answers = [
        requests.get(f"{url}2026/01/02{space}00:00:00", headers=api.headers, timeout=5)
        for space in ("%20", "+")
    ]
    assert [etree.fromstring(each.content).findtext("Code") for each in answers] == ["0", "103"]


def test_deleted_contacts(api: Api) -> None:
    """Deleted contacts stay readable for 90 days, their update being the deletion."""
    kept, gone = api.sandbox.add(**FIELDS), api.sandbox.add(**FIELDS)
    api.clock.go_on(minutes=10)
    api.sandbox.remove(gone)
    states = {state: read_ids(api.get("contact", itemstate=state)) for state in ("deleted", "all")}
    assert states == {"deleted": [gone], "all": [gone, kept]}
    assert read_ids(api.get("contact")) == [kept]
    query = {"itemstate": "deleted", "field": "Contact.P_Deleted,Contact.P_UpdateDate"}
    item = api.get("contact", **query).find("Item")
    assert item is not None
    assert {each.text for each in item} == {"1", "2026/01/02 03:14:05"}
    api.clock.go_on(days=91)
    api.sign_in()
    assert read_ids(api.get("contact", itemstate="all")) == []


def test_clients(api: Api) -> None:
    """Clients are read like contacts."""
    api.sandbox.add_client("10002", "Other")
    query = {"field": "Client.P_Id,Client.P_Name", "condition": "Client.P_Name:full=Other"}
    item = api.get("client", **query).find("Item")
    assert item is not None
    assert [each.text for each in item] == ["10002", "Other"]
    assert refused(api.get("client", field="Contact.P_Id")) == ("System", "100", "400")


def test_fields_of_clients(api: Api) -> None:
    """Field Read tells those of clients, too, by the number of their resource."""
    fields = listed(api.get("field", resource="5", count="200"))
    assert {"Client.P_Id", "Client.P_Name", "Client.P_UpdateDate"} <= fields.keys()
    assert {field["ResourceType"] for field in fields.values()} == {"5"}
    assert not any(alias.startswith("Contact.") for alias in fields)


def test_links_are_read_under_version_2(tenant: Api) -> None:
    """A read that asks for a field of type Link is refused under version 1."""
    query = {"partition": "1234", "field": "Contact.P_Id,Contact.U_Link"}
    header = {"X_P_ConnectAPI_Version": "2"}
    assert refused(tenant.send("GET", "contact", query)) == ("System", "100", "400")
    assert read_ids(tenant.send("GET", "contact", query, **header)) == []


def test_a_read_can_be_too_long(api: Api) -> None:
    """Path and query may take 15,000 characters (adverse: a refusal has no other sign)."""
    long = ",".join(["Contact.P_Name"] * 1000)
    assert refused(api.get("contact", field=long)) == ("System", "103", "400")


def test_on_read(api: Api) -> None:
    """What a test orders happens before each Contact Read, which sees it."""
    served: list[int] = []

    def add(number: int) -> None:
        served.append(number)
        api.sandbox.add(**FIELDS)

    api.sandbox.on_read = add
    assert len(read_ids(api.get("contact"))) == 1
    assert len(read_ids(api.get("contact"))) == 2
    api.get("client")
    assert served == [0, 1]


def test_partitions(api: Api) -> None:
    """An access token lists its partitions; only a browser has a current one."""
    answer = api.send("GET", "partition", {"request_type": "1"})
    assert [[each.text for each in item] for item in answer.iterfind("Item")] == [
        ["1234", "Sandbox Recruiting", "sandbox"]
    ]
    for query, code in (
        ({"request_type": "0"}, "403"),
        ({}, "101"),
        ({"request_type": "2"}, "103"),
    ):
        assert refused(api.send("GET", "partition", query)) == ("System", code, "400")
    assert refused(api.get("partition", request_type="1")) == ("System", "100", "400")
