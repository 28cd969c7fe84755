"""The sandbox of PORTERS takes writes as the vendor's documents say."""

from __future__ import annotations

import pytest

from tests.sandbox.porters import SCOPES, Porters
from tests.sandbox.porters_tenant import Kind, Tenant
from tests.support.porters_api import FIELDS, NEW, OWNED, Api, Clock, refused, results, with_field


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"X_porters_hrbc_oauth_token": "Bearer x"}, "402"),
        ({"X_Forwarded_For": "192.0.2.1"}, "9"),
        ({"X_P_ConnectAPI_Version": "3"}, "146"),
    ],
)
def test_headers_refused(api: Api, headers: dict[str, str], code: str) -> None:
    """A wrong token, a proxy's trace and an unknown version are refused."""
    answer = api.send("GET", "contact", {"partition": "1234"}, **headers)
    assert refused(answer) == ("System", code, "400")


def test_version_2(api: Api) -> None:
    """Version 2 of the API is accepted."""
    query = {"partition": "1234"}
    assert api.send("GET", "contact", query, X_P_ConnectAPI_Version="2").findtext("Code") == "0"


def test_token_missing(api: Api) -> None:
    """A call without a token lacks a required parameter."""
    api.headers.clear()
    assert refused(api.get("contact")) == ("System", "101", "400")


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("GET", "Contact", "7"), ("GET", "candidate", "7"), ("DELETE", "contact", "7")],
)
def test_unknown_call(api: Api, method: str, path: str, code: str) -> None:
    """There is no delete, and a path in other letters is another path (adverse)."""
    assert refused(api.send(method, path, {"partition": "1234"})) == ("System", code, "400")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "101"),
        ({"partition": "x"}, "103"),
        ({"partition": "99"}, "404"),
        ({"partition": "1234", "field": "Contact.P_Id"}, "100"),
    ],
)
def test_write_takes_only_partition(api: Api, query: dict[str, str], code: str) -> None:
    """`partition` is required for a write and its only parameter."""
    assert refused(api.send("POST", "contact", query)) == ("System", code, "400")


@pytest.mark.parametrize("status", [200, 400])
def test_scope_missing(status: int) -> None:
    """A scope never granted answers 403, with an HTTP status the documents do not settle."""
    granted = [scope for scope in SCOPES if scope not in ("contact_w", "user_r")]
    with Porters(scopes=granted, error_status=status) as sandbox:
        api = Api(sandbox, Clock())
        api.sign_in()
        assert refused(api.post(OWNED)) == ("System", "403", str(status))
        assert refused(api.get("contact")) == ("System", "403", str(status))


def test_write_sample(api: Api) -> None:
    """One request creates a contact under client 10001 and renames contact 20001."""
    api.sandbox.seed()
    name = "<Contact.P_Name>New &amp; name</Contact.P_Name>"
    answer = api.post(
        with_field("Contact.P_Name", "Recruiter B"), f"<Contact.P_Id>20001</Contact.P_Id>{name}"
    )
    assert (answer.tag, results(answer)) == ("Contact", [("20002", "0"), ("20001", "0")])
    assert [(each["Contact.P_Id"], each["Contact.P_Name"]) for each in api.sandbox.contacts] == [
        ("20001", "New & name"),
        ("20002", "Recruiter B"),
    ]


def test_write_answer_has_no_root_code(api: Api) -> None:
    """A write's answer has neither Code nor Total at its root."""
    answer = api.post(OWNED)
    assert ([each.tag for each in answer], answer.get("Total")) == (["Item"], None)


def test_items_fail_alone(api: Api) -> None:
    """Items succeed or fail alone, in order; a failed one has the id that was sent (adverse)."""
    gone = OWNED.replace("-1", "5")
    assert results(api.post(OWNED, gone, OWNED)) == [("20002", "0"), ("5", "7"), ("20003", "0")]


def test_update_keeps_other_fields(api: Api) -> None:
    """An update changes only the fields present, and the date of the update."""
    contact_id = api.sandbox.add(**FIELDS, **{"Contact.P_Memo": "a\nb"})
    api.clock.go_on(minutes=10)
    start = f"<Contact.P_Id>{contact_id}</Contact.P_Id>"
    assert results(api.post(with_field("Contact.P_Zipcode", "0010", start))) == [(contact_id, "0")]
    assert api.sandbox.contacts == [
        FIELDS
        | {
            "Contact.P_Id": contact_id,
            "Contact.P_Memo": "a\nb",
            "Contact.P_Zipcode": "0010",
            "Contact.P_RegistrationDate": "2026/01/02 03:04:05",
            "Contact.P_RegisteredBy": "100",
            "Contact.P_UpdateDate": "2026/01/02 03:14:05",
            "Contact.P_UpdatedBy": "100",
        }
    ]


def test_deleted_contact_is_not_updated(api: Api) -> None:
    """Updating a deleted contact answers 302."""
    contact_id = api.sandbox.add(**FIELDS)
    api.sandbox.remove(contact_id)
    assert results(api.post(f"<Contact.P_Id>{contact_id}</Contact.P_Id>")) == [(contact_id, "302")]


@pytest.mark.parametrize(
    ("item", "code"),
    [
        ("<Contact.P_Name>A</Contact.P_Name>", "101"),
        (NEW, "101"),
        (f"{NEW}<Contact.P_Owner>1</Contact.P_Owner>", "101"),
        (OWNED.replace("-1", "0"), "103"),
        (OWNED.replace("-1", "x"), "103"),
        (OWNED.replace("-1", "999"), "7"),
        (OWNED.replace("10001", "999"), "7"),
        (OWNED.replace("10001", "Client A"), "103"),
        (OWNED.replace(">1<", ">77<"), "5"),
        (OWNED.replace(">1<", "><User><User.P_Id>1</User.P_Id></User><"), "103"),
        (with_field("Contact.P_Nickname", "A"), "100"),
        (with_field("P_Name", "A"), "100"),
        (with_field("Contact.P_UpdateDate", "2026/01/02 03:04:05"), "100"),
        (with_field("Contact.P_RegistrationDate", "2026/01/02 03:04:05"), "100"),
        (with_field("Contact.P_Deleted", "1"), "100"),
        (with_field("Contact.P_Owner", "1"), "100"),
        (with_field("Contact.P_Memo", ""), "103"),
        (with_field("Contact.P_Name", "a\nb"), "103"),
        (with_field("Contact.P_Name", "a&#x85;b"), "8"),
        (with_field("Contact.P_Name", "a" * 201), "104"),
        (with_field("Contact.P_Memo", "a" * 4001), "104"),
        (with_field("Contact.P_Mail", "a.example.com"), "103"),
        (with_field("Contact.P_Mail", "a@b@example.com"), "103"),
        (with_field("Contact.P_PhaseMemo", "a"), "127"),
        (with_field("Contact.P_PhaseDate", "2026/01/02 03:04:05"), "127"),
        (with_field("Contact.P_PhaseDate", "2026-01-02T03:04:05Z"), "103"),
        (with_field("Contact.P_PhaseDate", "2026/02/30 03:04:05"), "103"),
        (with_field("Contact.P_Phase", "Option.P_Lead"), "103"),
        (with_field("Contact.P_Phase", "<Option.P_Other/>"), "103"),
        (with_field("Contact.P_Phase", "<Option.P_ContactPhase/>"), "103"),
        (with_field("Contact.P_Phase", "<Option.P_Lead/><Option.P_Active/>"), "103"),
        (with_field("Contact.P_Phase", "<Option.P_Lead>1</Option.P_Lead>"), "103"),
    ],
)
def test_item_refused(api: Api, item: str, code: str) -> None:
    """An item that breaks a rule of its fields is refused with a code and changes nothing."""
    assert [each for _, each in results(api.post(item))] == [code]
    assert api.sandbox.contacts == []


@pytest.mark.parametrize(
    ("alias", "value"),
    [
        ("Contact.U_ExternalKey", "hubspot:1"),
        ("Contact.P_Name", "a" * 200),
        ("Contact.P_Name", "山田 太郎 <&\"'"),
        ("Contact.P_Street", "1-2-3\nTower"),
        ("Contact.P_Mail", "a+b@example.com"),
        ("Contact.P_MobileMail", "a@example.com"),
    ],
)
def test_field_accepted(api: Api, alias: str, value: str) -> None:
    """Text is kept as it was sent."""
    escaped = value.replace("&", "&amp;").replace("<", "&lt;")
    assert results(api.post(with_field(alias, escaped))) == [("20002", "0")]
    assert api.sandbox.contacts[0][alias] == value


def test_custom_field_and_maximum() -> None:
    """Custom fields and maximum lengths are the tenant's."""
    tenant = Tenant(own={"Contact.U_Code": Kind.SINGLE}, largest={"Contact.U_Code": 3})
    with Porters(tenant=tenant) as sandbox:
        api = Api(sandbox, Clock())
        api.sign_in()
        items = [with_field("Contact.U_Code", value) for value in ("abc", "abcd")]
        unknown = with_field("Contact.U_ExternalKey", "a")
        assert [code for _, code in results(api.post(*items, unknown))] == ["0", "104", "100"]


def test_phase_becomes_the_newest(api: Api) -> None:
    """A phase may not be older than the one before, nor a lesser option of the same date."""
    added = api.sandbox.add(**FIELDS, **{"Contact.P_Phase": "Option.P_Active"})
    start = f"<Contact.P_Id>{added}</Contact.P_Id>"
    lesser = with_field("Contact.P_Phase", "<Option.P_Lead/>", start)
    older = with_field("Contact.P_PhaseDate", "2025/12/31 00:00:00", lesser)
    greater = with_field("Contact.P_Phase", "<Option.P_Closed/>", start)
    codes = [code for _, code in results(api.post(lesser, older, greater))]
    assert codes == ["126", "126", "0"]
    assert api.sandbox.contacts[0]["Contact.P_Phase"] == "Option.P_Closed"


@pytest.mark.parametrize(
    ("content_type", "code"),
    [
        ("", "101"),
        ("application/xml", "101"),
        ("application/xml; charset=Shift_JIS", "103"),
        ("text/xml; charset=UTF-8", "103"),
    ],
)
def test_content_type(api: Api, content_type: str, code: str) -> None:
    """A write names XML and UTF-8, both, in its Content-Type."""
    assert refused(api.post(OWNED, content_type=content_type)) == ("System", code, "400")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "8"),
        ("<Contact><Item>", "8"),
        (f"<Contact><Item>{OWNED}<Contact.P_Name>a\x0b</Contact.P_Name></Item></Contact>", "8"),
        (f"<Contact><Item>{OWNED}<Contact.P_Name>a&#11;</Contact.P_Name></Item></Contact>", "8"),
        ("<Contact/>", "101"),
        (f"<Client><Item>{OWNED}</Item></Client>", "103"),
        (f"<Contact><Entry>{OWNED}</Entry></Contact>", "103"),
        (f"<Contact>text<Item>{OWNED}</Item></Contact>", "103"),
        (f"<!DOCTYPE Contact><Contact><Item>{OWNED}</Item></Contact>", "103"),
        (
            f"<Contact><Item>{OWNED}<Contact.P_Name><![CDATA[a]]></Contact.P_Name></Item></Contact>",
            "103",
        ),
        (f'<?xml version="1.0" encoding="EUC-JP"?><Contact><Item>{OWNED}</Item></Contact>', "103"),
    ],
)
def test_body_refused(api: Api, body: str, code: str) -> None:
    """A body of another form is refused as a whole."""
    assert refused(api.post_body(body)) == ("System", code, "400")
    assert api.sandbox.contacts == []


def test_200_items(api: Api) -> None:
    """A request takes 200 items; one more refuses them all (adverse)."""
    assert refused(api.post(*[NEW] * 201)) == ("System", "102", "400")
    assert len(results(api.post(*[NEW] * 200))) == 200


@pytest.mark.parametrize("letter", ["a", "あ"])
def test_15000_bytes(letter: str) -> None:
    """A request takes 15,000 bytes, not characters; one more answers HTTP 400 (adverse)."""
    with Porters(tenant=Tenant(largest={"Contact.P_Memo": 15_000}), error_status=200) as sandbox:
        api = Api(sandbox, Clock())
        api.sign_in()
        frame = len(f"<Contact><Item>{with_field('Contact.P_Memo', '')}</Item></Contact>")
        room, rest = divmod(15_000 - frame, len(letter.encode()))
        memo = letter * room + "." * rest
        assert results(api.post(with_field("Contact.P_Memo", memo))) == [("20002", "0")]
        over = api.post(with_field("Contact.P_Memo", memo + "."))
        assert refused(over) == ("System", "103", "400")
