"""What the stand-in for a BAS-IP monitor does in each reading of the vendor's pages."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.sandbox.bas_ip import CONTACTS_PATH, LINK_ID, PASSWORD, BasIp
from tests.sandbox.bas_ip_readings import BULK_PATHS

if TYPE_CHECKING:
    from collections.abc import Iterator

DIGEST = hashlib.md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
SMITH = {"name": "Adolph Smith", "type": "regular", "number": "sip:1111@pbx.example.com"}
MULTI = {**SMITH, "type": "multi", "is_default": True}
OLD, NEW = f"{LINK_ID}1", f"{LINK_ID}9"
NO_NAME = {"error": "Wrong JSON body: no value for `name`"}
LINKED = [*BULK_PATHS]


class Client(requests.Session):
    """A signed-in user of one device."""

    def __init__(self, sandbox: BasIp, digest: str = DIGEST) -> None:
        """Sign in."""
        super().__init__()
        self.sandbox = sandbox
        query = {"username": sandbox.username, "password": digest}
        self.login = self.get(sandbox.url + sandbox.login_path, params=query, timeout=5)
        self.headers["Authorization"] = f"Bearer {self.login.json().get('token')}"

    def call(self, method: str, path: str = "", **settings: Any) -> tuple[int, Any]:
        """Send a request, to the bulk call's path by default, and return status and JSON."""
        url = self.sandbox.url + (path or self.sandbox.contacts_path)
        answer = self.request(method, url, timeout=5, **settings)
        return answer.status_code, answer.json()

    def upsert(self, *items: Any, path: str = "") -> tuple[int, Any]:
        """Send items to create or update."""
        return self.call("POST", path, json={"list_items": items})

    def infos(self, *items: Any) -> list[str]:
        """Send items and return their outcomes, in the order of the request."""
        results = self.upsert(*items)[1]["result"]
        return [each["extended_info"] for each in reversed(results)]


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Sign in at a device with one reading, or several."""
    readings = [request.param] if isinstance(request.param, str) else request.param
    with BasIp(readings=readings) as sandbox, Client(sandbox) as client:
        yield client


def reading(*names: str | tuple[str, ...]) -> pytest.MarkDecorator:
    """Serve each of the readings by itself."""
    return pytest.mark.parametrize("client", names, indirect=True)


@reading(*LINKED)
def test_bulk_path(client: Client) -> None:
    """Items are upserted and deleted under a path of their own, which a user can set."""
    sandbox = client.sandbox
    path = {"bulk_link": "contacts", "bulk_contact_link": "contact"}
    assert {f"/api/v0/{path[name]}/items/link" for name in sandbox.readings} == {
        sandbox.target_config()["bas_ip"]["contacts_path"]
    }
    assert client.infos({**SMITH, "link_id": OLD}) == ["created"]
    assert client.infos({**SMITH, "link_id": OLD}) == ["updated"]
    gone = client.call("DELETE", json={"link_ids": [OLD]})[1]["result"]
    assert ([each["extended_info"] for each in gone], sandbox.contacts) == (["deleted"], [])


@reading(("bulk_link", "delete_bare"))
def test_deletion_at_the_bare_path(client: Client) -> None:
    """The bulk path does not delete."""
    client.infos({**SMITH, "link_id": OLD})
    assert client.call("DELETE", json={"link_ids": [OLD]})[0] == 405
    gone = client.call("DELETE", CONTACTS_PATH, json={"link_ids": [OLD]})[1]["result"]
    assert ([each["extended_info"] for each in gone], client.sandbox.contacts) == (["deleted"], [])


@reading("unknown_refuses_call")
def test_an_unknown_link_id_refuses_the_deletion(client: Client) -> None:
    """Nothing is deleted then."""
    client.infos({**SMITH, "link_id": OLD})
    other = f"{LINK_ID[:-1]}0"
    refused = client.call("DELETE", json={"link_ids": [OLD, other]})
    assert (refused, len(client.sandbox.contacts)) == ((400, {"error": "entity_not_found"}), 1)
    assert client.call("DELETE", json={"link_ids": [OLD]})[0] == 200


@reading(*LINKED)
def test_bare_path_takes_one(client: Client) -> None:
    """Bare /contacts creates one contact, and misses the name in a bulk body."""
    assert client.upsert(SMITH, path=CONTACTS_PATH) == (400, NO_NAME)
    assert client.call("GET", CONTACTS_PATH)[0] == 405
    assert client.sandbox.contacts == []
    assert client.call("POST", CONTACTS_PATH, json={**SMITH, "link_id": OLD})[0] == 200
    assert client.call("POST", CONTACTS_PATH, json={**SMITH, "name": ""})[0] == 400
    assert [each["link_id"] for each in client.sandbox.contacts] == [OLD]
    assert client.call("GET", f"{CONTACTS_PATH}/1")[1]["name"] == SMITH["name"]
    assert [line.request.path for line in client.sandbox.writes] == [CONTACTS_PATH] * 3


@reading("bulk_link")
def test_list(client: Client) -> None:
    """A GET lists in pages from 1, with the link id and without the uid; no filter narrows it."""
    for number in range(12):
        client.sandbox.add(
            **{**SMITH, "name": str(number), "link_id": f"{LINK_ID[:-2]}{number:03}"}
        )
    pages = [client.call("GET", params={"limit": "10", "page_number": n})[1] for n in "123"]
    names = [[each["name"] for each in page["list_items"]] for page in pages]
    assert names == [[str(number) for number in range(11, 1, -1)], ["1", "0"], []]
    row = pages[0]["list_items"][0]
    assert (row["link_id"], "item_uid" in row) == (f"{LINK_ID[:-2]}011", False)
    narrowed = client.call("GET", params={"limit": "50", "link_id": OLD})[1]
    assert len(narrowed["list_items"]) == 12


@reading("bulk_link")
@pytest.mark.parametrize("query", ["limit=11", "limit=100", "limit=0", "page_number=0", "limit="])
def test_wrong_pages(client: Client, query: str) -> None:
    """A limit other than 10, 20, 30 or 50, and a page before the first, are a 400."""
    assert client.call("GET", f"{client.sandbox.contacts_path}?{query}")[0] == 400


@reading("list_404")
def test_no_list(client: Client) -> None:
    """The list is not there at all: 404."""
    assert client.call("GET") == (404, {"error": "Not Found"})
    assert client.call("PUT")[0] == 405


@reading("api_v1")
def test_version(client: Client) -> None:
    """Sign-in and contacts are under v1 only, and the device tells a version other than 1.x."""
    sandbox = client.sandbox
    assert client.infos(SMITH) == ["created"]
    assert (sandbox.contacts_path, sandbox.login_path) == ("/api/v1/contacts", "/api/v1/login")
    assert [client.call("GET", path)[0] for path in ("/api/v0/contacts", "/api/v0/login")] == [
        404
    ] * 2
    assert requests.get(f"{sandbox.url}/api/info", timeout=5).json()["api_version"][:2] == "2."


@reading("info_panel")
def test_information(client: Client) -> None:
    """The device introduces itself with the ten fields of panels, without a sign-in."""
    names = "firmware_version framework_version frontend_version api_version device_name "
    names += "device_type device_serial_number hybrid_enable hybrid_version commit"
    told = requests.get(f"{client.sandbox.url}/api/info", timeout=5).json()
    assert sorted(told) == sorted(names.split())


REFUSED_BY_REGEXES = [
    *(("regular", number) for number in ("0010-01-11-11", "0001-01-09-11", "0001-01-89-11")),
    *(("individual", number) for number in ("010-01-11-11-1", "001-01-19-11-1", "001-01-11-11-0")),
    *(("multi", number) for number in ("0010-01-01", "0001-01-10")),
]
BEYOND_RANGES = [
    *(("regular", number) for number in ("0000-01-11-11", "0001-01-99-11", "0001-01-1-11")),
    *(("individual", number) for number in ("000-01-11-11-1", "001-01-11-11-9")),
    *(("multi", number) for number in ("0001-01-00", "0000-01-01")),
]


@reading("ranges")
def test_ranges(client: Client) -> None:
    """Buildings and devices may end in 0 and floors in 9, up to the ends of the ranges."""
    items = [{**SMITH, "type": kind, "number": number} for kind, number in REFUSED_BY_REGEXES]
    assert client.infos(*items) == ["created"] * len(items)
    items = [{**SMITH, "type": kind, "number": number} for kind, number in BEYOND_RANGES]
    assert client.infos(*items) == ["invalid_entity_data"] * len(items)


@pytest.mark.parametrize(
    ("client", "sip", "info"),
    [
        ("sip_documented", "sip:a_b@pbx.example.com", "created"),
        ("sip_documented", "sip:a@pbx_1.example.com", "created"),
        ("sip_documented", "sip:a@192.0.2.210:5060", "created"),
        ("sip_documented", "sip:a@a1b.example.com", "created"),
        ("sip_documented", "sip:a,b@pbx.example.com", "invalid_entity_data"),
        ("sip_documented", "sip:a@pbx.example.com:5060", "invalid_entity_data"),
        ("sip_documented", "sip:a@192.0.2.256", "invalid_entity_data"),
        ("sip_literal", "sip:a_b@192.0.2.10:5060", "created"),
        ("sip_literal", "sip:a@192.0.2.210", "created"),
        ("sip_literal", "sip:a@192.0.2.210:5060", "invalid_entity_data"),
        ("sip_literal", "sip:a@a1b.example.com", "invalid_entity_data"),
    ],
    indirect=["client"],
)
def test_sip(client: Client, sip: str, info: str) -> None:
    """A SIP number keeps the documented pattern, with or without its likely slips."""
    assert client.infos({**SMITH, "number": sip}) == [info]


@reading("android_room")
def test_android_room(client: Client) -> None:
    """A name has any length but none, and 1000 contacts fit."""
    assert client.infos(*[{**SMITH, "name": "x" * 200}] * 1000) == ["created"] * 1000
    assert client.infos(SMITH) == ["invalid_entity_data"]


def test_full_book() -> None:
    """More new contacts than fit refuse the whole call; updates still go."""
    with BasIp(readings={"full_refuses_call"}, max_contacts=2) as sandbox:
        client = Client(sandbox)
        items = [{**SMITH, "link_id": f"{LINK_ID}{number}"} for number in (1, 2, 3)]
        assert client.upsert(*items) == (400, {"error": "Identifiers exceeded"})
        assert sandbox.contacts == []
        assert client.infos(*items[:2]) == ["created"] * 2
        assert client.infos(*items[:2]) == ["updated"] * 2


@pytest.mark.parametrize(
    ("client", "kind", "infos"),
    [
        ("type_global", "global", ["created", "created", "invalid_entity_data"]),
        ("type_p2p", "p2p", ["created", "invalid_entity_data", "invalid_entity_data"]),
        (["type_global", "ranges"], "global", ["created"] * 3),
    ],
    indirect=["client"],
)
def test_types(client: Client, kind: str, infos: list[str]) -> None:
    """Newer firmware knows one more type of contacts."""
    numbers = (SMITH["number"], "0001", "9000")
    assert client.infos(*({**SMITH, "type": kind, "number": each} for each in numbers)) == infos


@reading("one_default")
def test_one_default(client: Client) -> None:
    """A later default panel takes the place of the one before."""
    client.upsert({**MULTI, "link_id": OLD}, {**MULTI, "link_id": NEW})
    assert [each["is_default"] for each in client.sandbox.contacts] == [False, True]


@pytest.mark.parametrize(("name", "digest"), [("md5_lower", DIGEST), ("md5_upper", DIGEST.upper())])
def test_digest(name: str, digest: str) -> None:
    """A sign-in takes the MD5 in one case only."""
    with BasIp(readings={name}) as sandbox:
        statuses = [Client(sandbox, each).login.status_code for each in (digest, digest.swapcase())]
    assert statuses == [200, 400]


@reading("flags_stay")
def test_flags_stay(client: Client) -> None:
    """An update keeps the flags that it leaves out."""
    client.sandbox.add(**SMITH, link_id=OLD, is_favorite=True)
    client.upsert({**SMITH, "link_id": OLD, "name": "Smith"})
    assert [(each["name"], each["is_favorite"]) for each in client.sandbox.contacts] == [
        ("Smith", True)
    ]


@reading("link_id_ignored")
def test_link_id_ignored(client: Client) -> None:
    """The device answers null as link id, and one contact sent twice is there twice."""
    for _ in range(2):
        result = {"link_id": None, "success": True, "extended_info": "created"}
        assert client.upsert({**SMITH, "link_id": OLD}) == (200, {"result": [result]})
    assert [each["link_id"] for each in client.sandbox.contacts] == [None] * 2


@reading("camdroid_errors")
def test_camdroid_errors(client: Client) -> None:
    """An error is an object with a code, a message and data."""
    wrong = {"code": "not_valid", "message": "Wrong JSON body", "data": None}
    assert client.call("POST", data=b"") == (400, {"error": wrong})
    client.sandbox.expire_sign_ins()
    assert client.upsert(SMITH)[1]["error"]["code"] == "invalid_authentication"
