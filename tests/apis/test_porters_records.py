"""What records of PORTERS look like, which streams there are, and where they can go."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.sandbox.porters import CLIENT_ID, CONTACT, OWNER_ID, SCOPES, Porters
from tests.sandbox.porters_tenant import OWN_KINDS, PHASES, Kind, Option, Tenant
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.porters_lists import OWNED, Clock, fill
from tests.support.porters_reading import CLIENTS, CONTACTS, chosen, ids, read, reads, state

if TYPE_CHECKING:
    from tests.support.commands import Workplace

AREA = Option("Option.U_Area", "Area", (Option("Option.U_N", "North"), Option("Option.U_S", "So")))
RICH = Tenant(
    own={f"Contact.U_{kind.name.title()}": kind for kind in OWN_KINDS},
    refers=dict.fromkeys(("Contact.U_Checkbox", "Contact.U_Radio"), AREA.alias),
    options=(PHASES, AREA),
    names={"Contact.P_Title": "Rank"},
)


# Records.


def test_references_and_options_are_flat(workplace: Workplace) -> None:
    """Each field comes as its kind has it, with names beside ids and aliases beside names."""
    values = {
        **OWNED,
        "Contact.P_Name": "Anna Berg",
        "Contact.P_Zipcode": "0123",
        "Contact.P_Phase": "Option.P_Active",
        "Contact.U_Checkbox": "Option.U_N,Option.U_S",
        "Contact.U_Radio": "Option.U_S",
        "Contact.U_Number": "12.50",
        "Contact.U_Currency": "1200",
        "Contact.U_Date": "2026/01/02",
        "Contact.U_Datetime": "2026/01/02 03:04:05",
        "Contact.U_User": OWNER_ID,
    }
    with Porters(tenant=RICH) as company:
        company.database.version = "2"
        other = company.add(**OWNED)
        company.add(**values, **{"Contact.U_Link": other})
        run = read(workplace, company)
    record = run.records(CONTACTS)[1]
    expected = {
        "Contact.P_Client": CLIENT_ID,
        "Contact.P_Client.P_Name": "Sandbox Client",
        "Contact.P_Owner": OWNER_ID,
        "Contact.P_Owner.P_Name": "Sandbox Owner",
        "Contact.P_Owner.P_Mail": None,
        "Contact.P_Phase": "Active",
        "Contact.P_Phase.P_Alias": "Option.P_Active",
        "Contact.P_Zipcode": "0123",
        "Contact.P_Mail": None,
        "Contact.U_Checkbox": ["North", "So"],
        "Contact.U_Checkbox.P_Alias": ["Option.U_N", "Option.U_S"],
        "Contact.U_Radio": "So",
        "Contact.U_Radio.P_Alias": "Option.U_S",
        "Contact.U_Number": 12.5,
        "Contact.U_Currency": 1200,
        "Contact.U_Date": "2026-01-02",
        "Contact.U_Datetime": "2026-01-02T03:04:05+00:00",
        "Contact.U_User": OWNER_ID,
        "Contact.U_Link": other,
        "_sdc_deleted_at": None,
    }
    assert {name: record.get(name, "lacks") for name in expected} == expected
    assert not {"Contact.U_Image", "Contact.U_Display", "Contact.P_Deleted"} & record.keys()


def test_what_comes_in_other_shapes_is_read(company: Porters, workplace: Workplace) -> None:
    """Ids plain or nested, options wrapped, a field nobody asked for: all is read or named."""
    config = {"porters": company.tap_config()}
    path = chosen(workplace, config, (CONTACTS,))
    option = "<Option.U_X><Option.P_Id>3</Option.P_Id><Option.P_Name>X</Option.P_Name></Option.U_X>"
    item = (
        "<Contact.P_Id>1</Contact.P_Id><Contact.P_Client>10001</Contact.P_Client>"
        "<Contact.P_Owner><User.P_Id>7</User.P_Id></Contact.P_Owner>"
        "<Contact.P_UpdatedBy><User/></Contact.P_UpdatedBy>"
        f"<Contact.P_Phase><OptionRoot>{option}</OptionRoot></Contact.P_Phase>"
        "<Contact.P_UpdateDate>2026/01/02 03:04:05</Contact.P_UpdateDate>"
        "<Contact.U_New>a</Contact.U_New>"
    )
    page = '<Contact Total="1" Count="1" Start="0"><Code>0</Code>'
    body = f"{page}<Item>{item}</Item></Contact>"
    company.fault(on=f"GET {CONTACT}", times=3, status=200, body=body)
    run = workplace.tap(config, "--catalog", str(path))
    record = run.records(CONTACTS)[0]
    assert (record["Contact.P_Client"], record["Contact.P_Phase"]) == ("10001", "X")
    assert (record["Contact.P_Owner"], record["Contact.P_UpdatedBy"]) == ("7", None)
    assert record["Contact.P_Phase.P_Alias"] == "Option.U_X"
    assert run.log.count("Contact.U_New") == 1


def test_the_short_way_writes_what_the_sdk_would(
    company: Porters, clock: Clock, workplace: Workplace
) -> None:
    """Record by record through the SDK, the same records and the same bookmark come."""
    everyone = fill(company, 250, clock)
    company.remove(everyone[7])
    short = read(workplace, company)
    long = read(workplace, company, stream_maps={CONTACTS: {}})
    assert short.records(CONTACTS) == long.records(CONTACTS)
    assert (len(ids(short)), state(short)) == (250, state(long))


def test_the_schema_is_that_of_the_company_database(workplace: Workplace) -> None:
    """Discovery lists the fields in use, with their names on the screens, and no others."""
    tenant = Tenant(
        own={"Contact.U_Shoe": Kind.NUMBER},
        unused=["Contact.P_Fax"],
        names={"Contact.U_Shoe": "靴"},
    )
    with Porters(tenant=tenant) as company:
        found = workplace.tap({"porters": company.tap_config()}, "--discover")
    streams = {stream["stream"]: stream for stream in json.loads(found.out)["streams"]}
    fields = streams[CONTACTS]["schema"]["properties"]
    assert fields["Contact.U_Shoe"] == {"type": ["number", "null"], "description": "靴"}
    assert "Contact.P_Fax" not in fields
    assert "Client.P_Fax" in streams[CLIENTS]["schema"]["properties"]
    assert streams[CONTACTS]["key_properties"] == ["Contact.P_Id"]
    assert streams[CONTACTS]["replication_key"] == "Contact.P_UpdateDate"


def test_fields_can_be_chosen(company: Porters, workplace: Workplace) -> None:
    """Only the fields given, and those that every record needs, are asked for."""
    fill(company, 1)
    run = read(workplace, company, account={"fields": ["Contact.P_Name"]})
    assert list(run.records(CONTACTS)[0]) == [
        "Contact.P_Id",
        "Contact.P_UpdateDate",
        "Contact.P_Name",
        "_sdc_deleted_at",
    ]
    assert reads(company)[0]["field"] == "Contact.P_Id,Contact.P_UpdateDate,Contact.P_Name"


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("Contact.U_Gone", "porters.fields names Contact.U_Gone: not in use"),
        ("Client.P_Name", "porters.fields must name aliases such as Contact.P_Name."),
        ("Contact.P_Name,x", "porters.fields must name aliases such as Contact.P_Name."),
    ],
)
def test_fields_that_are_none_are_named(
    company: Porters, workplace: Workplace, field: str, sentence: str
) -> None:
    """A wrong alias is a wrong setting: exit code 2, and no contact is asked for."""
    account = {**company.tap_config(), "fields": [field]}
    run = workplace.tap({"porters": account})
    assert (run.code, sentence in run.log) == (2, True)
    assert not reads(company)


def test_what_every_run_asks_is_within_the_documents(
    company: Porters, workplace: Workplace
) -> None:
    """Each read says how many rows, which fields and what order, and goes on by id."""
    fill(company, 201)
    read(workplace, company)
    first, second, deleted = reads(company)
    assert all(query["order"] == "Contact.P_Id:asc" for query in (first, second, deleted))
    assert all(query["count"] == "200" and "start" not in query for query in reads(company))
    assert second["condition"].startswith("Contact.P_Id:gt=")
    assert (first.get("condition"), deleted["itemstate"]) == (None, "deleted")


# Other streams, and scopes.


def test_clients_partitions_and_phases_are_streams(company: Porters, workplace: Workplace) -> None:
    """Parent data: clients with ids, company databases, and phases as aliases with names."""
    company.add_client("10002", "Other Client")
    run = read(workplace, company, None, CLIENTS, "porters_partitions", "porters_contact_phases")
    clients = {r["Client.P_Id"]: r["Client.P_Name"] for r in run.records(CLIENTS)}
    assert clients == {CLIENT_ID: "Sandbox Client", "10002": "Other Client"}
    assert [r["Partition.P_Name"] for r in run.records("porters_partitions")] == [
        "Sandbox Recruiting"
    ]
    assert run.records("porters_contact_phases")[:2] == [
        {"id": "Option.P_Lead", "display_value": "Lead"},
        {"id": "Option.P_Active", "display_value": "Active"},
    ]
    assert not reads(company)


@pytest.mark.parametrize(
    ("lacking", "stream"),
    [
        ("contact_r", CONTACTS),
        ("user_r", CLIENTS),
        ("option_r", "porters_contact_phases"),
        ("partition_r", "porters_partitions"),
        ("field_r", CONTACTS),
    ],
)
def test_a_missing_scope_is_named_with_its_stream(
    workplace: Workplace, lacking: str, stream: str
) -> None:
    """The run ends with exit code 1 and says which stream needs which scopes."""
    with Porters() as company:
        path = chosen(workplace, {"porters": company.tap_config()}, (stream,))
        company.scopes = tuple(scope for scope in SCOPES if scope != lacking)
        run = workplace.tap({"porters": company.tap_config()}, "--catalog", str(path))
    sentence = next(
        line for line in run.log.splitlines() if f"stream {stream}, which needs" in line
    )
    assert (run.code, lacking in sentence.split("code 403")[0]) == (1, True)


def test_streams_that_are_not_selected_are_not_asked_for(workplace: Workplace) -> None:
    """An app that may only list company databases can."""
    with Porters() as company:
        path = chosen(workplace, {"porters": company.tap_config()}, ("porters_partitions",))
        company.scopes = ("partition_r",)
        run = workplace.tap({"porters": company.tap_config()}, "--catalog", str(path))
    assert (run.code, len(run.records("porters_partitions"))) == (0, 1)


def test_given_fields_need_no_list_of_fields(workplace: Workplace) -> None:
    """Without field_r, fields that are given are read, those of one's own as text."""
    with Porters(scopes=[scope for scope in SCOPES if scope != "field_r"]) as company:
        fill(company, 1)
        account = {"fields": ["Contact.P_Name", "Contact.U_ExternalKey"]}
        run = read(workplace, company, account=account)
    assert [record["Contact.P_Name"] for record in run.records(CONTACTS)] == ["N0 M"]


# Into other APIs.


def test_contacts_go_into_zoho_voice(workplace: Workplace) -> None:
    """Name, number, mail, address and status arrive without any setting."""
    with Porters() as company, ZohoVoice(reads_status=True) as zoho:
        company.add(
            **OWNED,
            **{
                "Contact.P_Name": "Anna Berg",
                "Contact.P_Mobile": "+491511234567",
                "Contact.P_Mail": "anna@example.com",
                "Contact.P_Street": "Weg 1",
                "Contact.P_Phase": "Option.P_Active",
            },
        )
        found = read(workplace, company)
        run = workplace.target({"streams": [CONTACTS], **zoho.target_config()}, found.out)
        held = zoho.contacts[0]
    assert (run.code, run.summary["created"]) == (0, 1)
    assert (held["first_name"], held["last_name"]) == ("Anna", "Berg")
    assert (held["mobile"], held["email"]) == ("+491511234567", "anna@example.com")
    assert (held["address"], held["contact_status"]["display_value"]) == ("Weg 1", "Active")


def test_contacts_go_into_another_company_database(workplace: Workplace) -> None:
    """Every field of the vocabulary arrives as it was, the phase by its name."""
    fields = {
        "Contact.P_Name": "山田 太郎",
        "Contact.P_Reading": "ヤマダ タロウ",
        "Contact.P_Division": "営業",
        "Contact.P_Title": "部長",
        "Contact.P_Memo": "a\nb",
        "Contact.P_Country": "日本",
        "Contact.P_Prefecture": "東京都",
        "Contact.P_City": "港区",
        "Contact.P_Street": "1-2",
        "Contact.P_Zipcode": "001-0000",
        "Contact.P_Telephone": "03-1234-5678",
        "Contact.P_Fax": "03-1234-5679",
        "Contact.P_Mail": "taro@example.com",
        "Contact.P_Mobile": "090-1234-5678",
    }
    own = Option("Option.P_ContactPhase", "Phase", (Option("Option.U_9", "Active"),))
    there = Tenant(options=(own,))
    with Porters() as company, Porters(tenant=there, partition="77") as other:
        company.add(**OWNED, **fields, **{"Contact.P_Phase": "Option.P_Active"})
        found = read(workplace, company)
        first = workplace.target(other.target_config(), found.out)
        again = workplace.target(other.target_config(), found.out)
        held = other.contacts[0]
    assert (first.code, first.summary["created"]) == (0, 1)
    assert (again.code, again.summary["unchanged"]) == (0, 1)
    assert {name: held.get(name) for name in fields} == fields
    assert held["Contact.P_Phase"] == "Option.U_9"


def test_fields_of_ones_own_are_mapped_by_their_aliases(workplace: Workplace) -> None:
    """A name with dots can be taken from in field_map like any other."""
    with Porters() as company, Porters(partition="77") as other:
        company.add(**OWNED, **{"Contact.P_Name": "Anna", "Contact.U_ExternalKey": "k1"})
        found = read(workplace, company)
        maps = {"Contact.U_ExternalKey": "Contact.U_ExternalKey"}
        run = workplace.target({**other.target_config(), "field_map": maps}, found.out)
        held = other.contacts[0]
    assert (run.code, held["Contact.U_ExternalKey"]) == (0, "k1")


def test_ids_of_another_company_database_give_way_to_defaults(workplace: Workplace) -> None:
    """An unknown client is refused; emptied by a stream map, the default is taken instead."""
    with Porters() as company, Porters(partition="77") as other:
        company.add_client("555", "Elsewhere")
        company.add(**{**OWNED, "Contact.P_Client": "555", "Contact.P_Name": "Anna Berg"})
        found = read(workplace, company)
        refused = workplace.target(other.target_config(), found.out)
        maps = {CONTACTS: {"Contact.P_Client": "None", "Contact.P_Owner": "None"}}
        taken = workplace.target({**other.target_config(), "stream_maps": maps}, found.out)
        held = other.contacts
    assert (refused.code, refused.summary["rejected"]) == (3, 1)
    assert (taken.code, [contact["Contact.P_Client"] for contact in held]) == (0, [CLIENT_ID])
