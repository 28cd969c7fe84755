"""Promises of the stand-in for a BAS-IP monitor, each read off the vendor's pages."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.sandbox.bas_ip import CONTACTS_PATH, LINK_ID, LOGIN_PATH, PASSWORD, BasIp

if TYPE_CHECKING:
    from collections.abc import Iterator

DIGEST = hashlib.md5(PASSWORD.encode(), usedforsecurity=False).hexdigest()
SMITH = {"name": "Adolph Smith", "type": "regular", "number": "sip:1111@pbx.example.com"}
FLAGS = {"is_favorite": False, "is_default": False, "auto_answer": False, "in_black_list": False}
OLD, NEW, OTHER = f"{LINK_ID}1", f"{LINK_ID}5", "00000000-0000-4000-8000-00000000000a"
INVALID_DATA = (False, "invalid_entity_data")
WRONG, MISSED = "Wrong login or password", "Required parameters missed"
LOG_IN = (401, {"error": "Log In"})


@pytest.fixture
def sandbox() -> Iterator[BasIp]:
    """Serve one device."""
    with BasIp(max_contacts=6) as sandbox:
        yield sandbox


def sign_in(sandbox: BasIp, **query: str) -> requests.Response:
    """Ask for a token."""
    wanted = {"username": sandbox.username, "password": DIGEST, **query}
    return requests.get(sandbox.url + sandbox.login_path, params=wanted, timeout=5)


class Client(requests.Session):
    """A signed-in user of one device."""

    def __init__(self, sandbox: BasIp) -> None:
        super().__init__()
        self.url = sandbox.url + sandbox.contacts_path
        self.headers["Authorization"] = f"Bearer {sign_in(sandbox).json()['token']}"

    def upsert(self, *items: Any) -> requests.Response:
        """Send items to create or update."""
        return self.post(self.url, json={"list_items": items})

    def outcomes(self, *items: Any) -> list[tuple[str | None, bool, str]]:
        """Send items and return the results in the order of the answer."""
        return [tuple(each.values()) for each in self.upsert(*items).json()["result"]]

    def forget(self, *link_ids: Any) -> requests.Response:
        """Send link ids to delete."""
        return self.delete(self.url, json={"link_ids": link_ids})


@pytest.fixture
def client(sandbox: BasIp) -> Iterator[Client]:
    """Sign in at the device."""
    with Client(sandbox) as client:
        yield client


def brief(response: requests.Response) -> tuple[int, Any]:
    """Return status and JSON of an answer."""
    return response.status_code, response.json()


@pytest.mark.parametrize("digest", [DIGEST, DIGEST.upper()])
def test_login(sandbox: BasIp, digest: str) -> None:
    """A login takes the MD5 of the password in hex of either case and gives an admin's token."""
    status, answer = brief(sign_in(sandbox, password=digest))
    assert status == 200
    assert answer == {"token": answer["token"], "account_type": "admin"}


@pytest.mark.parametrize("name", ["username", "password"])
@pytest.mark.parametrize(("value", "error"), [("", MISSED), (PASSWORD, WRONG), ("root", WRONG)])
def test_failed_login(sandbox: BasIp, name: str, value: str, error: str) -> None:
    """A login is a 400 if a parameter lacks, the user is another or the password is no MD5."""
    assert brief(sign_in(sandbox, **{name: value})) == (400, {"error": error})


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer None", "Bearer x", "Basic x"])
def test_not_signed_in(sandbox: BasIp, header: str) -> None:
    """A call without a live bearer token is a 401."""
    headers = {"Authorization": header} if header else {}
    answer = requests.post(sandbox.url + CONTACTS_PATH, headers=headers, timeout=5)
    assert brief(answer) == LOG_IN


def test_expired_token(sandbox: BasIp, client: Client) -> None:
    """A token whose time has run out is a 401 on every call of contacts."""
    sandbox.expire_sign_ins()
    answers = [client.upsert(SMITH), client.forget(OLD), client.get(f"{client.url}/1")]
    assert [brief(each) for each in answers] == [LOG_IN] * 3


def test_one_token_an_account(sandbox: BasIp, client: Client) -> None:
    """A new login ends the older token (adverse), a failed one does not."""
    sign_in(sandbox, password="0" * 32)
    assert client.upsert(SMITH).status_code == 200
    sign_in(sandbox)
    assert client.upsert(SMITH).status_code == 401


@pytest.mark.parametrize(
    ("fields", "success", "info"),
    [({}, True, "created"), ({"number": "1111"}, False, "invalid_entity_data")],
)
def test_samples_of_one(client: Client, fields: Any, info: str, *, success: bool) -> None:
    """A new link id is created, or fails inside a 200, as in the first sample and the last."""
    result = {"link_id": NEW, "success": success, "extended_info": info}
    answer = client.upsert({**SMITH, "link_id": NEW, **fields})
    assert brief(answer) == (200, {"result": [result]})


@pytest.mark.parametrize(("seeded", "info"), [(False, "created"), (True, "updated")])
def test_samples_of_four(sandbox: BasIp, client: Client, info: str, *, seeded: bool) -> None:
    """Four link ids are created when new and updated when held, as in the samples."""
    if seeded:
        sandbox.seed()
    ids = [f"{LINK_ID}{last}" for last in (1, 2, 3, 4)]
    items = [{**SMITH, "link_id": each} for each in reversed(ids)]
    results = [{"link_id": each, "success": True, "extended_info": info} for each in ids]
    assert brief(client.upsert(*items)) == (200, {"result": results})


def test_update_replaces(sandbox: BasIp, client: Client) -> None:
    """An update keeps the identifier and resets the flags that it leaves out (adverse)."""
    uid = sandbox.add(**SMITH, link_id=OLD, is_favorite=True)
    client.upsert({**SMITH, "name": "Smith", "link_id": OLD})
    held = {**SMITH, **FLAGS, "name": "Smith", "link_id": OLD, "item_uid": uid}
    assert sandbox.contacts == [held]


@pytest.mark.parametrize("item", [SMITH, {**SMITH, "link_id": None}])
def test_without_link_id(sandbox: BasIp, client: Client, item: dict[str, Any]) -> None:
    """An item without a link id, or with null, creates a contact anew each time (adverse)."""
    assert client.outcomes(item, item) == [(None, True, "created")] * 2
    assert client.outcomes(item) == [(None, True, "created")]
    assert [each["item_uid"] for each in sandbox.contacts] == [1, 2, 3]


def test_link_id_twice(sandbox: BasIp, client: Client) -> None:
    """Of two items with one link id only the first, answered last, is carried out (adverse)."""
    first, second = ({**SMITH, "link_id": OLD, "name": name} for name in ("First", "Second"))
    assert client.outcomes(first, second) == [(OLD, *INVALID_DATA), (OLD, True, "created")]
    assert [each["name"] for each in sandbox.contacts] == ["First"]


def test_unknown_properties(sandbox: BasIp, client: Client) -> None:
    """Unknown properties and query parameters are ignored in silence."""
    body = {"list_items": [{**SMITH, "is_favourite": True, "item_uid": 9}], "dry_run": True}
    assert client.post(f"{client.url}?dry_run=1", json=body).status_code == 200
    assert sandbox.contacts == [{"item_uid": 1, "link_id": None, **SMITH, **FLAGS}]


def test_full_device(sandbox: BasIp, client: Client) -> None:
    """A full device refuses new contacts item by item but still updates those it holds."""
    sandbox.seed()
    assert [each["link_id"][-2:] for each in sandbox.contacts] == ["b1", "b2", "b3", "b4", "b5"]
    sandbox.add(**SMITH)
    items = [{**SMITH, "link_id": link_id} for link_id in (OLD, OTHER)]
    assert client.outcomes(*items) == [(OTHER, *INVALID_DATA), (OLD, True, "updated")]


SIP = [
    "sip:+4917012345@192.0.2.10:5060",
    "sip:user_1@b.example",
    "sip:a.b-c@pbx.example.com:5061",
    "sip:1@b.example",
]
VALID = [
    *({"name": name} for name in ("x", "é" * 30)),
    *({"number": number} for number in ["0001-01-11-11", *SIP]),
    *({"type": "multi", "number": number, "is_default": True} for number in ["0001-01-01", *SIP]),
    *({"type": "individual", "number": number} for number in ["001-01-11-11-1", *SIP]),
    *({name: True, "is_favorite": True} for name in ("auto_answer", "in_black_list")),
    *({"link_id": link_id} for link_id in (OTHER, OTHER.upper())),
]
NOT_INNER = ["", "0000-01-11-11", "0001-01-19-11", "0001-01-01", "0001-01-11-11\n", "1111"]
NOT_SIP = ["sips:1@pbx.example.com", "SIP:1@pbx.example.com", "sip:@pbx.example.com", "sip:1111"]
NOT_SIP += [
    "sip:1 1@pbx.example.com",
    "sip:1,1@b.example",
    "sip:1@localhost",
    "sip:1@192.0.2.256",
    "sip:1@b.example:",
]
INVALID = [
    *({"name": name} for name in ("", "  ", "x" * 31)),
    *({"type": kind} for kind in ("", "p2p", "Regular")),
    *({"number": number} for number in NOT_INNER + NOT_SIP),
    *({"type": "multi", "number": number} for number in ("0001-01-11-11", "0001-01-10")),
    {"type": "individual", "number": "001-01-11-11-0"},
    {"auto_answer": True, "in_black_list": True},
    {"type": "regular", "is_default": True},
    *({"link_id": link_id} for link_id in ("", OLD[:-1], f"{{{OLD}}}")),
]


@pytest.mark.parametrize("fields", VALID)
def test_valid_item(sandbox: BasIp, client: Client, fields: dict[str, Any]) -> None:
    """An item at the edge of a rule is created with the values sent."""
    item = {"link_id": None, **SMITH, **FLAGS, **fields}
    assert client.outcomes(item) == [(item["link_id"], True, "created")]
    assert sandbox.contacts == [{"item_uid": 1, **item}]


@pytest.mark.parametrize("fields", INVALID)
def test_invalid_item(sandbox: BasIp, client: Client, fields: dict[str, Any]) -> None:
    """An item beyond a rule is invalid entity data and changes nothing, past HTTP too."""
    item = {**SMITH, "link_id": OLD, **fields}
    assert client.outcomes(item) == [(item["link_id"], *INVALID_DATA)]
    with pytest.raises(ValueError, match="name"):
        sandbox.add(**item)
    assert sandbox.contacts == []


NO_VALUE = "Wrong JSON body: no value for `{}`"
WRONG_TYPE = "Wrong JSON body: value `{}` was of the wrong type"
FLAWS: list[tuple[str, Any, str]] = [
    *((name, value, WRONG_TYPE) for name in SMITH for value in (None, 1, True, ["x"])),
    *((name, value, WRONG_TYPE) for name in FLAGS for value in (None, 1, "true")),
    *(("link_id", value, WRONG_TYPE) for value in (1, False)),
    *((name, ..., NO_VALUE) for name in SMITH),
]


@pytest.mark.parametrize(("name", "value", "error"), FLAWS)
def test_flawed_item(sandbox: BasIp, client: Client, name: str, value: Any, error: str) -> None:
    """A field that is missing or of the wrong type fails the whole call and is named."""
    item = {key: each for key, each in {**SMITH, name: value}.items() if each is not ...}
    assert brief(client.upsert(SMITH, item)) == (400, {"error": error.format(name)})
    assert sandbox.contacts == []


@pytest.mark.parametrize(("method", "name"), [("POST", "list_items"), ("DELETE", "link_ids")])
@pytest.mark.parametrize("value", [None, {}, "x", 1, [None], [1], [[]], ...])
def test_flawed_list(client: Client, method: str, name: str, value: Any) -> None:
    """A list that is missing, is none or holds something else than it should is named."""
    error = (NO_VALUE if value is ... else WRONG_TYPE).format(name)
    body = {"unknown": 1} if value is ... else {name: value}
    assert brief(client.request(method, client.url, json=body)) == (400, {"error": error})


BODIES = [b"", b"[]", b"null", b"{", b"\xef\xbb\xbf{}", b'{"list_items":[NaN]}', b"[" * 9999]
UNREADABLE = ['{"list_items":["ü"]}'.encode("latin-1"), b'{"list_items":["\\ud800"]}']


@pytest.mark.parametrize("body", BODIES + UNREADABLE)
def test_wrong_json(client: Client, body: bytes) -> None:
    """A body that is no JSON object in UTF-8 is a 400."""
    answer = client.post(client.url, data=body, headers={"Content-Type": "application/json"})
    assert brief(answer) == (400, {"error": "Wrong JSON body"})


@pytest.mark.parametrize("charset", ["", ";charset=utf-8", "; charset=UTF-8"])
@pytest.mark.parametrize("kind", ["", "text/json", "application/x-www-form-urlencoded"])
def test_content_type(client: Client, kind: str, charset: str) -> None:
    """A body has to be declared as JSON, in UTF-8 if in any charset (adverse)."""
    body = json.dumps({"list_items": [SMITH]}).encode()
    kinds = ["application/json" + charset, kind + charset, "application/json;charset=latin-1"]
    answers = [client.post(client.url, data=body, headers={"Content-Type": each}) for each in kinds]
    assert [each.status_code for each in answers] == [200, 400, 400]


@pytest.mark.parametrize(("count", "status"), [(0, 400), (1, 200), (10_000, 200), (10_001, 400)])
def test_number_of_items(client: Client, count: int, status: int) -> None:
    """A request holds 1 to 10,000 items."""
    assert client.upsert(*[SMITH] * count).status_code == status
    assert client.forget(*[OLD] * count).status_code == status


def test_delete(sandbox: BasIp, client: Client) -> None:
    """A deletion by link ids tells what was deleted, what was not there and what is no link id."""
    sandbox.add(**SMITH)
    sandbox.add(**SMITH, link_id=OLD)
    results = [tuple(each.values()) for each in client.forget("x", OTHER, OLD).json()["result"]]
    absent = (OTHER, False, "entity_not_found")
    assert results == [(OLD, True, "deleted"), absent, ("x", *INVALID_DATA)]
    assert [each["link_id"] for each in sandbox.contacts] == [None]
    assert client.outcomes({**SMITH, "link_id": OLD}) == [(OLD, True, "created")]
    assert [each["item_uid"] for each in sandbox.contacts] == [1, 3]


def test_one_contact(sandbox: BasIp, client: Client) -> None:
    """One contact is shown by its identifier, which itself stays unseen like the link id."""
    uid = sandbox.add(**SMITH, link_id=OLD, is_favorite=True)
    shown = {**SMITH, **FLAGS, "is_favorite": True}
    assert brief(client.get(f"{client.url}/{uid}")) == (200, shown)


@pytest.mark.parametrize("uid", ["", "0", "-1", "01", "1.0", "x", OLD, "6", "1/", "9" * 5000])
def test_no_such_contact(sandbox: BasIp, client: Client, uid: str) -> None:
    """An identifier that is unknown or no integer from 1 is a 404 with an error (adverse)."""
    sandbox.seed()
    assert brief(client.get(f"{client.url}/{uid}")) == (404, {"error": "Not Found"})


def test_device_information(sandbox: BasIp) -> None:
    """The device introduces itself without a sign-in."""
    status, answer = brief(requests.get(f"{sandbox.url}/api/info", timeout=5))
    names = {"device_model", "device_serial_number", "firmware_version", "api_version"}
    assert (status, set(answer)) == (200, names)


VERBS = {CONTACTS_PATH: "POST, DELETE", f"{CONTACTS_PATH}/1": "GET", LOGIN_PATH: "GET"}


@pytest.mark.parametrize(("path", "allowed"), [*VERBS.items(), ("/api/info", "GET")])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_verbs(client: Client, sandbox: BasIp, method: str, path: str, allowed: str) -> None:
    """Every path serves its own verbs alone, and none lists contacts."""
    answer = client.request(method, sandbox.url + path, json={"list_items": [SMITH]})
    refused = (answer.status_code, answer.headers.get("Allow")) == (405, allowed)
    assert refused == (method not in allowed)


@pytest.mark.parametrize("path", ["/", "/api/v1/contacts", "/v0/contacts", "/api/v0/contacts2"])
def test_wrong_path(client: Client, sandbox: BasIp, path: str) -> None:
    """A path that no page names is a 404."""
    assert brief(client.post(sandbox.url + path)) == (404, {"error": "Not Found"})


def test_settings() -> None:
    """The config of a target holds every setting, and paths that no page prints follow it."""
    with BasIp(contacts_path="/c", login_path="/l", username="u") as sandbox:
        assert Client(sandbox).upsert(SMITH).status_code == 200
        settings = {"username": "u", "password": PASSWORD, "api_url": sandbox.url}
        paths = {"contacts_path": "/c", "login_path": "/l"}
        own = {**settings, **paths, "number_template": "sip:{mobile}@pbx.example.com"}
        assert sandbox.target_config() == {"api": "bas_ip", "bas_ip": own, "defaults": {}}


def test_writes(sandbox: BasIp, client: Client) -> None:
    """Upserts and deletions count as writes, reading and signing in do not."""
    client.upsert(SMITH)
    client.get(f"{client.url}/1")
    client.forget(OLD)
    assert [line.request.method for line in sandbox.writes] == ["POST", "DELETE"]


def test_state_without_http(sandbox: BasIp) -> None:
    """Contacts can be put in, changed and removed past HTTP, and are handed out as copies."""
    uid = sandbox.add(**SMITH, link_id=OLD)
    sandbox.change(uid, name="Smith", link_id=NEW)
    sandbox.contacts[0]["name"] = "Nobody"
    held = {**SMITH, **FLAGS, "name": "Smith", "link_id": NEW, "item_uid": uid}
    assert sandbox.contacts == [held]
    with pytest.raises(ValueError, match=NEW):
        sandbox.add(**SMITH, link_id=NEW)
    assert sandbox.add(**SMITH, link_id=OLD) == 2
    sandbox.remove(uid)
    assert [each["item_uid"] for each in sandbox.contacts] == [2]
