"""The sandbox of PORTERS keeps the promises of the vendor's documents."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest
import requests
from lxml import etree

from tests.sandbox.porters import APP_ID, APP_SECRET, SCOPES, Porters
from tests.sandbox.porters_codes import ResultCodeError
from tests.sandbox.porters_tenant import OWN_KINDS, PHASES, Kind, Option, Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator

XML = "application/xml; charset=UTF-8"
NEW = "<Contact.P_Id>-1</Contact.P_Id>"
OWNED = f"{NEW}<Contact.P_Owner>1</Contact.P_Owner><Contact.P_Client>10001</Contact.P_Client>"
FIELDS = {"Contact.P_Owner": "1", "Contact.P_Client": "10001"}
SIGN_IN = {"app_id": APP_ID, "secret": APP_SECRET, "grant_type": "oauth_code"}


@dataclass
class Clock:
    """A clock that stands still until it is told to go on."""

    time: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time

    def go_on(self, **by: float) -> None:
        """Let time pass."""
        self.time += timedelta(**by)


@dataclass
class Api:
    """A client that does only what a test says."""

    sandbox: Porters
    clock: Clock
    headers: dict[str, str] = field(default_factory=dict)

    def oauth(self, **query: str) -> etree._Element:
        """Ask for a code."""
        query = {"app_id": APP_ID, "response_type": "code_direct"} | query
        answer = requests.get(f"{self.sandbox.url}/v1/oauth", params=query, timeout=5)
        return etree.fromstring(answer.content)

    def token(self, **form: str) -> etree._Element:
        """Ask for tokens."""
        answer = requests.post(f"{self.sandbox.url}/v1/token", data=SIGN_IN | form, timeout=5)
        return etree.fromstring(answer.content)

    def sign_in(self) -> str:
        """Sign in and return the refresh token."""
        tokens = self.token(code=self.oauth().findtext("Code") or "")
        self.headers["X-porters-hrbc-oauth-token"] = tokens.findtext("AccessToken") or ""
        return tokens.findtext("RefreshToken") or ""

    def get(self, path: str, **query: str) -> etree._Element:
        """Read; the answer's HTTP status is put into its root as `status`."""
        return self.send("GET", path, {"partition": "1234"} | query)

    def send(
        self, method: str, path: str, query: dict[str, str], body: str = "", **headers: str
    ) -> etree._Element:
        """Send any request."""
        url = f"{self.sandbox.url}/v1/{path}?{urlencode(query, quote_via=quote)}"
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        answer = requests.request(method, url, data=body.encode(), headers=sent, timeout=5)
        root = etree.fromstring(answer.content)
        root.set("status", str(answer.status_code))
        return root

    def post(self, *items: str, content_type: str = XML, **query: str) -> etree._Element:
        """Write items, given as the XML of their fields."""
        body = "".join(f"<Item>{item}</Item>" for item in items)
        return self.post_body(f"<Contact>{body}</Contact>", content_type, **query)

    def post_body(self, body: str, content_type: str = XML, **query: str) -> etree._Element:
        """Write any body."""
        query = {"partition": "1234"} | query
        return self.send("POST", "contact", query, body, Content_Type=content_type)


def results(root: etree._Element) -> list[tuple[str | None, str | None]]:
    """Return id and code of every item of a write's answer."""
    assert root.get("status") == "200"
    return [(item.findtext("Id"), item.findtext("Code")) for item in root.iterfind("Item")]


def refused(root: etree._Element) -> tuple[str, str | None, str | None]:
    """Return root element, code and HTTP status of a refusal."""
    return root.tag, root.findtext("Code"), root.get("status")


def read_ids(root: etree._Element, alias: str = "Contact.P_Id") -> list[str | None]:
    """Return the ids of a read's items."""
    assert root.findtext("Code") == "0"
    return [item.findtext(alias) for item in root.iterfind("Item")]


@pytest.fixture
def sandbox() -> Iterator[Porters]:
    """Serve one company database."""
    with Porters() as served:
        yield served


@pytest.fixture
def api(sandbox: Porters) -> Api:
    """Return a client that is signed in to it."""
    clock = sandbox.now = Clock()
    client = Api(sandbox, clock)
    client.sign_in()
    return client


def with_field(alias: str, value: str, start: str = OWNED) -> str:
    """Return the XML of a contact with one field more."""
    return f"{start}<{alias}>{value}</{alias}>"


def test_code_and_tokens(api: Api) -> None:
    """A code buys tokens, whose lifetimes are in milliseconds."""
    given = api.oauth()
    tokens = api.token(code=given.findtext("Code") or "")
    assert [each.tag for each in given] == ["Code", "Error", "Message"]
    assert {each.tag: each.text for each in tokens if each.tag[-5:] != "Token"} == {
        "AccessTokenExpiresIn": "1800000",
        "RefreshTokenExpiresIn": "7200000",
        "Error": "0",
        "Message": "Success",
    }


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"scope": "contact_w"}, "102"),
        ({"app_id": "other"}, "104"),
        ({"secret": APP_SECRET}, "105"),
        ({"response_type": "code"}, "110"),
        ({"client_id": APP_ID}, "115"),
    ],
)
def test_code_refused(api: Api, query: dict[str, str], error: str) -> None:
    """Under `code_direct` neither scope nor secret is sent, and errors have their own numbers."""
    answer = api.oauth(**query)
    assert [each.tag for each in answer] == ["Error", "Message"]
    assert answer.findtext("Error") == error


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"app_id": "other"}, "104"),
        ({"secret": "other"}, "105"),
        ({"grant_type": "authorization_code"}, "112"),
        ({"refresh_token": "x"}, "115"),
        ({"code": "other"}, "103"),
        ({"code": "other", "grant_type": "refresh_token"}, "107"),
    ],
)
def test_tokens_refused(api: Api, form: dict[str, str], error: str) -> None:
    """Every field of the token call is checked, and nothing beyond them is taken."""
    form = {"code": api.oauth().findtext("Code") or ""} | form
    assert api.token(**form).findtext("Error") == error


def test_token_call_is_a_form(api: Api) -> None:
    """The token call takes its fields from a form body, not from the query."""
    code = api.oauth().findtext("Code") or ""
    assert api.send("POST", "token", SIGN_IN | {"code": code}).findtext("Error") == "104"
    assert api.send("GET", "token", SIGN_IN | {"code": code}).findtext("Error") == "115"


def test_code_is_for_one_use(api: Api) -> None:
    """A code can be exchanged once."""
    code = api.oauth().findtext("Code") or ""
    assert [api.token(code=code).findtext("Error") for _ in range(2)] == ["0", "103"]


def test_code_lives_30_seconds(api: Api) -> None:
    """A code is dead after 30 seconds."""
    code = api.oauth().findtext("Code") or ""
    api.clock.go_on(seconds=30)
    assert api.token(code=code).findtext("Error") == "103"


def test_access_token_lives_30_minutes(api: Api) -> None:
    """An access token answers 401 after 30 minutes."""
    api.clock.go_on(minutes=29, seconds=59)
    assert api.get("contact").findtext("Code") == "0"
    api.clock.go_on(seconds=1)
    assert refused(api.get("contact")) == ("System", "401", "400")


def test_refresh_rotates(api: Api) -> None:
    """A refresh ends the refresh token it used and the access token before it (adverse)."""
    refresh = api.sign_in()
    errors = [api.token(grant_type="refresh_token", code=refresh).findtext("Error") for _ in "12"]
    assert errors == ["0", "107"]
    assert refused(api.get("contact")) == ("System", "402", "400")


def test_refresh_token_lives_two_hours(api: Api) -> None:
    """An old refresh token answers 401 in the numbering of the authentication."""
    refresh = api.sign_in()
    api.clock.go_on(hours=2)
    assert api.token(grant_type="refresh_token", code=refresh).findtext("Error") == "401"


def test_sign_in_ends_earlier_ones(api: Api) -> None:
    """A new sign-in of the same app ends its earlier tokens (adverse)."""
    api.token(code=api.oauth().findtext("Code") or "")
    assert refused(api.get("contact")) == ("System", "402", "400")


def test_expire_sign_ins(api: Api) -> None:
    """Expired sign-ins need a new code."""
    refresh = api.sign_in()
    api.sandbox.expire_sign_ins()
    assert refused(api.get("contact")) == ("System", "401", "400")
    assert api.token(grant_type="refresh_token", code=refresh).findtext("Error") == "401"
    api.sign_in()
    assert api.get("contact").findtext("Code") == "0"


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


AREAS = Option(
    "Option.U_Area",
    "Area",
    (
        Option("Option.U_East", "East", (Option("Option.U_Tokyo", "Tokyo"),)),
        Option("Option.U_West", "West", unused=True),
        Option("Option.U_North", "North"),
    ),
)
TENANT = Tenant(
    own={f"Contact.U_{kind.name.title()}": kind for kind in OWN_KINDS},
    unused=["Contact.P_Division", "Contact.U_Multi"],
    required=["Contact.P_Name"],
    largest={"Contact.P_Name": 10, "Contact.U_Number": 100},
    least={"Contact.P_Name": 2, "Contact.U_Number": -5},
    decimals={"Contact.U_Number": 1},
    options=[PHASES, AREAS],
    refers={f"Contact.U_{name}": AREAS.alias for name in ("Checkbox", "Radio", "Option")},
    names={"Contact.P_Title": "Rank"},
)
NAMED = with_field("Contact.P_Name", "Anna")


@pytest.fixture
def tenant() -> Iterator[Api]:
    """Return a client that is signed in to a company database with fields of its own."""
    with Porters(tenant=TENANT) as served:
        clock = served.now = Clock()
        client = Api(served, clock)
        client.sign_in()
        yield client


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


def listed(answer: etree._Element) -> dict[str, dict[str, str]]:
    """Return what Field Read tells of each field, by alias."""
    rows = [{each.tag: each for each in item} for item in answer.iterfind("Item")]
    return {
        row["Field.P_Alias"].text or "": {
            tag.removeprefix("Field.P_"): "".join(child.tag for child in each) or each.text or ""
            for tag, each in row.items()
        }
        for row in rows
    }


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


def test_aliases_without_their_resource() -> None:
    """Whether Field Read writes aliases with `Contact.` is not documented: it may not."""
    with Porters(tenant=Tenant(prefixed=False)) as sandbox:
        api = Api(sandbox, Clock())
        api.sign_in()
        assert {"P_Id", "P_Name", "U_ExternalKey"} <= set(
            listed(api.get("field", resource="27", count="200"))
        )


def test_a_field_out_of_use_refuses_the_whole_request(tenant: Api) -> None:
    """One item with a field out of use lets none of the request land (adverse)."""
    gone = with_field("Contact.P_Division", "A", NAMED)
    assert refused(tenant.post(NAMED, gone)) == ("System", "100", "400")
    assert tenant.sandbox.contacts == []
    assert refused(tenant.get("contact", field="Contact.P_Division")) == ("System", "100", "400")


@pytest.mark.parametrize(
    ("alias", "value", "code"),
    [
        ("P_Title", "", "103"),
        ("P_Name", "A", "104"),
        ("P_Name", "a" * 11, "104"),
        ("U_Number", "100.1", "105"),
        ("U_Number", "-5.1", "105"),
        ("U_Number", "1,000", "103"),
        ("U_Number", "1e3", "103"),
        ("U_Date", "2026-01-02", "103"),
        ("U_Date", "2026/01/02 03:04:05", "103"),
        ("U_Age", "2026/02/30", "103"),
        ("U_Datetime", "2026/01/02", "103"),
        ("U_Datetime", "2026-01-02T03:04:05Z", "103"),
        ("U_Time", "2026/01/02 03:04:05", "103"),
        ("U_Url", "a b", "103"),
        ("U_Mail", "a", "103"),
        ("U_User", "77", "5"),
        ("U_User", "Anna", "103"),
        ("U_Display", "a", "100"),
        ("U_Image", "a", "103"),
        ("U_Option", "East", "103"),
        ("U_Option", "<Option.U_East/>", "103"),
        ("U_Option", "<Option.U_West/>", "103"),
        ("U_Option", "<Option.P_Lead/>", "103"),
        ("U_Radio", "<Option.U_Tokyo/><Option.U_North/>", "103"),
        ("U_Checkbox", "<Option.U_Tokyo/><Option.U_Tokyo/>", "103"),
    ],
)
def test_value_refused(tenant: Api, alias: str, value: str, code: str) -> None:
    """Each type of field has its rules; an option must be a leaf in use."""
    start = OWNED if alias == "P_Name" else NAMED
    assert [c for _, c in results(tenant.post(with_field(f"Contact.{alias}", value, start)))] == [
        code
    ]
    assert tenant.sandbox.contacts == []


@pytest.mark.parametrize(
    ("alias", "value", "kept"),
    [
        ("U_Number", "-4.99", "-4.9"),
        ("U_Currency", "1234567.899", "1234567.89"),
        ("U_Date", "2026/01/02", "2026/01/02"),
        ("U_Datetime", "2026/01/02 03:04:05", "2026/01/02 03:04:05"),
        ("U_Time", "1970/01/02 02:00:00", "1970/01/02 02:00:00"),
        ("U_Option", "<Option.U_North/>", "Option.U_North"),
        ("U_Checkbox", "<Option.U_North/><Option.U_Tokyo/>", "Option.U_North,Option.U_Tokyo"),
        ("U_User", "1", "1"),
        ("U_Url", "https://example.com/a", "https://example.com/a"),
    ],
)
def test_value_accepted(tenant: Api, alias: str, value: str, kept: str) -> None:
    """Values are kept as they came, but for decimals beyond those of a number, which are cut."""
    answer = tenant.post(with_field(f"Contact.{alias}", value, NAMED))
    assert results(answer) == [("20002", "0")]
    assert tenant.sandbox.contacts[0][f"Contact.{alias}"] == kept


def test_chosen_options_are_read_as_they_are_nested(tenant: Api) -> None:
    """Several options of a checkbox stand side by side in a read."""
    both = "<Option.U_North/><Option.U_Tokyo/>"
    tenant.post(with_field("Contact.U_Checkbox", both, NAMED))
    item = tenant.get("contact", field="Contact.U_Checkbox").find("Item")
    assert item is not None
    assert [each.tag for each in item[0]] == ["Option.U_North", "Option.U_Tokyo"]


def test_required_by_the_tenant(tenant: Api) -> None:
    """What a tenant requires is required of a new contact (adverse), not of an update."""
    assert [code for _, code in results(tenant.post(OWNED, NAMED))] == ["101", "0"]
    start = "<Contact.P_Id>20002</Contact.P_Id>"
    assert results(tenant.post(with_field("Contact.P_City", "Bonn", start))) == [("20002", "0")]


def test_seed(api: Api) -> None:
    """The seed is contact 20001 under client 10001, as on the vendor's page."""
    api.sandbox.seed()
    held = [(each["Contact.P_Id"], each["Contact.P_Client"]) for each in api.sandbox.contacts]
    assert held == [("20001", "10001")]


def test_add_and_change_obey_the_rules(api: Api) -> None:
    """Contacts put in without HTTP obey the rules of their fields."""
    added = api.sandbox.add(**FIELDS)
    api.sandbox.change(added, **{"Contact.P_Name": "A"})
    assert api.sandbox.contacts[0]["Contact.P_Name"] == "A"
    with pytest.raises(ResultCodeError, match="101"):
        api.sandbox.add()
    with pytest.raises(ResultCodeError, match="103"):
        api.sandbox.change(added, **{"Contact.P_Mail": "a"})


def test_contacts_are_copies(api: Api) -> None:
    """What a test does to `contacts` does not reach the state."""
    api.sandbox.add(**FIELDS)
    api.sandbox.contacts[0].clear()
    assert api.sandbox.contacts[0]["Contact.P_Owner"] == "1"


def test_writes(api: Api) -> None:
    """Of all requests only Contact Write counts as a write."""
    api.get("contact")
    api.post(OWNED)
    assert [line.request.path for line in api.sandbox.writes] == ["/v1/contact"]


def test_target_config(sandbox: Porters) -> None:
    """The config for the target names the server, its owner and its client; a tap needs less."""
    assert sandbox.target_config() == {
        "api": "porters",
        "porters": {
            "app_id": APP_ID,
            "app_secret": APP_SECRET,
            "partition": "1234",
            "api_url": sandbox.url,
        },
        "defaults": {"customer_id": "10001", "owner_id": "1"},
    }
    assert sandbox.tap_config() == sandbox.target_config()["porters"]
