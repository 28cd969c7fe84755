"""What the Valomnia sandbox promises, as the vendor's pages do."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.sandbox.valomnia import SECRET, USER, Valomnia
from tests.sandbox.valomnia_contacts import SAMPLE, RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGIN = {"j_username": USER, "j_password": SECRET, "ajax": "true"}
WALTER = {"firstName": "Walter", "lastName": "White", "customerId": "3229"}
FORM = "application/x-www-form-urlencoded"
PNG = b"\x89PNG\r\n\x1a\n"
IMAGES = (b"\xff\xd8\xff\xe0", b"GIF89a", PNG.ljust(2_000_000), b"BM")
NO_IMAGE = (400, "unsupported_file_type", "image format not supported.")
TOO_BIG = (400, "exceeded_file_size", "image size should not exceed 2Mo")
WRONG_LOGIN = [{"data": {**LOGIN, name: text}} for name in LOGIN for text in ("wrong", None)]
WRONG_PAGING = ["max=0", "max=many", "max=", "offset=-1", "offset=", "order=up", "order=ASC"]
WRONG_SORTS = ["sort=customer", "sort=user", "sort=lastupdated", "sort=last_updated", "sort="]
WRONG_FILTERS = ["email=w@example.com", "page=2", "lastUpdated_gte=", "dateCreated_gt=2026-01-02"]
WRONG_TIMES = ["lastUpdated_lt=2026-13-01T00:00:00Z", "dateCreated_lte=2026-01-02T00:00:00.000Z"]
WRONG_TIMES += ["lastUpdated_gte=2026-01-02T00:00:00%2B01:00", "lastUpdated_gte=2026-01-02T00:00Z"]


class Client(requests.Session):
    """Call the contacts of a sandbox, signed in."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.contacts = f"{url}/api/v1.0/contacts"
        self.post(f"{url}/j_spring_security_check", LOGIN)

    def last_names(self, **query: str) -> list[str]:
        """List the last names only."""
        page = self.get(self.contacts, params=query).json()
        return [contact["lastName"] for contact in page["data"]]


@pytest.fixture
def sandbox() -> Iterator[Valomnia]:
    """Serve one sandbox for a test."""
    with Valomnia() as running:
        yield running


@pytest.fixture
def client(sandbox: Valomnia) -> Client:
    """Sign in."""
    return Client(sandbox.url)


def refusal(answer: requests.Response) -> tuple[int, str, str]:
    """Return status, code and text of a refusal."""
    body = answer.json()
    assert list(body) == ["error", "error_description"]
    return answer.status_code, body["error"], body["error_description"]


def of_wrong_type(name: str) -> tuple[int, str, str]:
    """Return the refusal of a parameter's type."""
    text = f"The type of parameter {name} you provided is not valid for this request."
    return 400, "invalid_param_type", text


def test_sign_in(sandbox: Valomnia) -> None:
    """A sign-in leads by 302 to JSON whose token is the value of the session cookie."""
    session = requests.Session()
    answer = session.post(f"{sandbox.url}/j_spring_security_check", LOGIN)
    cookie = f"JSESSIONID={answer.json()['token']}; Path=/; HttpOnly"
    assert answer.history[0].headers["Set-Cookie"] == cookie
    assert (answer.history[0].status_code, answer.json()["success"]) == (302, True)
    assert answer.url == f"{sandbox.url}/login/ajaxSuccess"


@pytest.mark.parametrize("wrong", [*WRONG_LOGIN, {"json": LOGIN}, {"params": LOGIN}])
def test_failed_sign_in(sandbox: Valomnia, wrong: dict[str, Any]) -> None:
    """A sign-in with anything wrong leads to JSON of a failure, and its cookie opens nothing."""
    session = requests.Session()
    answer = session.post(f"{sandbox.url}/j_spring_security_check", **wrong)
    assert answer.url == f"{sandbox.url}/login/authfail?ajax=true"
    assert (answer.json()["success"], len(session.cookies)) == (False, 1)
    assert session.get(f"{sandbox.url}/api/v1.0/contacts").url == f"{sandbox.url}/login/auth"


def test_no_session(sandbox: Valomnia, client: Client) -> None:
    """A call without a live session is led by 302 to a login page in HTML with status 200."""
    sandbox.expire_sign_ins()
    for session in (client, requests.Session()):
        answer = session.post(client.contacts, WALTER)
        assert (answer.history[0].status_code, answer.status_code) == (302, 200)
        assert (answer.url, sandbox.contacts) == (f"{sandbox.url}/login/auth", [])
        assert answer.text.startswith("<!DOCTYPE html>")
    assert client.get(f"{sandbox.url}/login/ajaxSuccess").url == f"{sandbox.url}/login/auth"
    assert Client(sandbox.url).last_names() == []


def test_sample(sandbox: Valomnia, client: Client) -> None:
    """The vendor's sample is shown and listed as its pages show it."""
    sandbox.seed()
    assert client.get(f"{client.contacts}/5").json() == json.loads(SAMPLE) == sandbox.contacts[0]
    paging = {"total": 1, "max": 5, "offset": 0, "previous": None, "next": None}
    listing = {"paging": paging, "data": sandbox.contacts}
    assert client.get(f"{client.contacts}?max=5").json() == listing


def test_create(sandbox: Valomnia, client: Client) -> None:
    """A contact is created with 201 and answered whole, empty where nothing was sent."""
    answer = client.post(client.contacts, {**WALTER, "country": "FR", "city": "Orléans"})
    (contact,) = sandbox.contacts
    assert (answer.status_code, answer.json()) == (201, contact)
    assert list(contact) == list(json.loads(SAMPLE))
    assert (contact["country"], contact["city"], contact["fax"]) == ("FR", "Orléans", "")
    assert (contact["comment"], contact["isDecisionMaker"], contact["photo"]) == ("", False, None)
    assert contact["dateCreated"] == contact["lastUpdated"] == "2026-01-01T00:00:00Z"


def test_create_twice(sandbox: Valomnia, client: Client) -> None:
    """The same contact posted twice is two contacts."""
    keys = [client.post(client.contacts, WALTER).json()["id"] for _ in range(2)]
    assert [contact["id"] for contact in sandbox.contacts] == keys == [6, 7]


def test_update(sandbox: Valomnia, client: Client) -> None:
    """An update keeps what is left out, clears what is sent empty, and moves lastUpdated."""
    key = sandbox.add(**WALTER, email="pat.o'brien+x@example.com", city="ß" * 255)
    sandbox.now = datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone.utc)
    answer = client.post(f"{client.contacts}/{key}", {**WALTER, "email": "", "fax": "1"})
    (contact,) = sandbox.contacts
    assert (answer.status_code, answer.json()) == (200, contact)
    assert (contact["email"], contact["city"], contact["fax"]) == ("", "ß" * 255, "1")
    times = ("2026-01-01T00:00:00Z", "2026-02-03T04:05:06Z")
    assert (contact["dateCreated"], contact["lastUpdated"]) == times


def test_external_id(sandbox: Valomnia, client: Client) -> None:
    """With useExternalId the customer is named by reference, otherwise by id."""
    sandbox.add_customer(31888, "C0001", "Madrigal")
    external = {**WALTER, "customerId": "C0001", "useExternalId": "true"}
    assert client.post(client.contacts, external).json()["customer"]["id"] == 31888
    by_id = {**WALTER, "customerId": "31888", "useExternalId": "false"}
    assert client.post(client.contacts, by_id).json()["customerReference"] == "C0001"


EMAIL = (400, "email_validation_error", "Failed to {} the contact : incorrect Email format")
COUNTRY = (400, "country_error", "Failed to {} the contact : incorrect country code")
UNKNOWN = "The customer with the id {} doesn't exist."
UNSAVED = (400, "save_failed", "Failed to save instance.")
REFUSED: list[tuple[dict[str, Any], tuple[int, str, str]]] = [
    *(({name: None}, (400, "missing_param", f"{name} parameter is missing")) for name in WALTER),
    *(({name: " "}, (400, "missing_param", f"{name} parameter is missing")) for name in WALTER),
    *(({"email": value}, EMAIL) for value in ("walter", "w@localhost", "w w@a.com", ".w@a.com")),
    *(({"country": value}, COUNTRY) for value in ("France", "fr", "FRA", "XX", "UK")),
    ({"address": "ß" * 256}, UNSAVED),
    ({"nickname": "Heisenberg"}, of_wrong_type("nickname")),
    ({"comment": "can only be read"}, of_wrong_type("comment")),
    ({"city": ["sent", "twice"]}, of_wrong_type("city")),
    ({"imageFile": "no file"}, of_wrong_type("imageFile")),
    ({"useExternalId": "1"}, of_wrong_type("useExternalId")),
    ({"customerId": "C0959"}, of_wrong_type("customerId")),
    ({"customerId": "31888"}, (404, "not_found", UNKNOWN.format(31888))),
    ({"customerId": "3229", "useExternalId": "true"}, (404, "not_found", UNKNOWN.format(3229))),
]


@pytest.mark.parametrize(("path", "operation"), [("", "create"), ("/6", "update")])
@pytest.mark.parametrize(("fields", "expected"), REFUSED)
def test_refused_fields(
    sandbox: Valomnia, path: str, operation: str, fields: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    """What the documents refuse is refused in their words and changes nothing."""
    sandbox.add(**WALTER)
    before, client = sandbox.contacts, Client(sandbox.url)
    answer = client.post(client.contacts + path, {**WALTER, **fields})
    assert refusal(answer) == (*expected[:2], expected[2].format(operation))
    assert sandbox.contacts == before


@pytest.mark.parametrize("image", IMAGES)
def test_image(sandbox: Valomnia, client: Client, image: bytes) -> None:
    """A multipart body carries fields and an image of at most 2 MB, shown as an address."""
    answer = client.post(client.contacts, WALTER, files={"imageFile": ("me", image)})
    assert (answer.status_code, answer.json()) == (201, sandbox.contacts[0])
    assert answer.json()["photo"].startswith(f"{sandbox.url}/photoContact/")


def test_refused_image(sandbox: Valomnia, client: Client) -> None:
    """An image of another format, of more than 2 MB or of another name is refused."""
    for image, expected in ((b"%PDF", NO_IMAGE), (PNG.ljust(2_000_001), TOO_BIG)):
        answer = client.post(client.contacts, WALTER, files={"imageFile": ("me.png", image)})
        assert refusal(answer) == expected
    answer = client.post(client.contacts, WALTER, files={"photo": ("me.png", PNG)})
    assert (refusal(answer), sandbox.contacts) == (of_wrong_type("photo"), [])


def test_wrong_body(sandbox: Valomnia, client: Client) -> None:
    """A body that is no form is refused with 415, and a form that cannot be read with 400."""
    for media in ("application/json", "text/plain", ""):
        answer = client.post(client.contacts, b"{}", headers={"Content-Type": media})
        assert (answer.status_code, sandbox.contacts) == (415, [])
    for media, body in ((FORM, b"city=\xe9"), (FORM, b"city=%E9"), ("multipart/form-data", b"")):
        answer = client.post(client.contacts, body, headers={"Content-Type": media})
        assert (refusal(answer), sandbox.contacts) == (UNSAVED, [])


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_wrong_method(sandbox: Valomnia, client: Client, method: str) -> None:
    """A contact is changed by POST only, and no call deletes it."""
    url = f"{client.contacts}/{sandbox.add(**WALTER)}"
    assert client.request(method, url, data={**WALTER, "fax": "1"}).status_code == 405
    assert (len(sandbox.writes), sandbox.contacts[0]["fax"]) == (1, "")


@pytest.mark.parametrize("path", ["v1.0/contacts", "contacts", "v2.1/contacts/", "v2.1/contact"])
def test_version(path: str) -> None:
    """The version configured is served and linked; any other, or another path, is 404."""
    with Valomnia(api_version="v2.1") as sandbox:
        client = Client(sandbox.url)
        assert client.post(f"{sandbox.url}/api/{path}", WALTER).status_code == 404
        assert client.post(f"{sandbox.url}/api/v2.1/contacts", WALTER).status_code == 201
        assert sandbox.contacts[0]["customer"]["href"] == "/api/v2.1/customers/3229"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_wrong_id(client: Client, method: str) -> None:
    """An id that is no number has the wrong type, as has a field in the query; others are 404."""
    answer = client.request(method, f"{client.contacts}/C0959", data=WALTER)
    assert refusal(answer) == of_wrong_type("id")
    answer = client.request(method, f"{client.contacts}/7065", data=WALTER)
    assert refusal(answer) == (404, "not_found", "The contact with the id 7065 doesn't exist.")
    answer = client.request(method, f"{client.contacts}/7065", data=WALTER, params={"fax": "1"})
    assert refusal(answer) == of_wrong_type("fax")


def test_pages(sandbox: Valomnia, client: Client) -> None:
    """A listing is cut into pages of 100 at most, and its links stop at the ends."""
    names = [f"{number:03}" for number in range(150)]
    for name in names:
        sandbox.add(**{**WALTER, "lastName": name})
    query = {"max": "1000", "sort": "lastName"}
    assert client.last_names(**query) == names[:100]
    assert client.last_names(**query, offset="100") == names[100:]
    url, link = f"{client.contacts}?max=1000&offset=", "/api/v1.0/contacts?max=100&offset="
    first, last = (client.get(f"{url}{offset}").json()["paging"] for offset in (0, 100))
    assert list(first.values()) == [150, 100, 0, None, f"{link}100"]
    assert list(last.values()) == [150, 100, 100, f"{link}0", None]


def test_order(sandbox: Valomnia, client: Client) -> None:
    """A listing is sorted as asked, ascending unless told, and newest first unasked."""
    for name in ("B", "C", "A"):
        sandbox.add(**{**WALTER, "lastName": name})
    assert client.last_names() == ["A", "C", "B"]
    assert client.last_names(order="asc") == ["B", "C", "A"]
    assert client.last_names(sort="lastName") == ["A", "B", "C"]
    assert client.last_names(sort="lastName", order="desc") == ["C", "B", "A"]


def test_filters(sandbox: Valomnia, client: Client) -> None:
    """A listing is filtered by names, by the customer's reference and by both times."""
    sandbox.add_customer(31888, "C0001", "Madrigal")
    for day, customer in ((1, 3229), (2, 3229), (3, 31888)):
        sandbox.now = datetime(2026, 1, day, tzinfo=timezone.utc)
        sandbox.add(firstName="W", lastName=str(day), customerId=customer)
    sandbox.now = datetime(2026, 1, 4, tzinfo=timezone.utc)
    sandbox.change(6, fax="1")
    middle = "2026-01-02T00:00:00Z"
    for sign, names in {"gt": ["3"], "gte": ["3", "2"], "lt": ["1"], "lte": ["2", "1"]}.items():
        assert client.last_names(**{f"dateCreated_{sign}": middle}) == names
    assert client.last_names(lastUpdated_gt=middle, sort="lastUpdated") == ["3", "1"]
    assert client.last_names(customerReference="C0001", firstName="w") == ["3"]
    assert client.last_names(lastName="2", customerReference="") == ["2"]


def test_filters_count(sandbox: Valomnia, client: Client) -> None:
    """The total and the links are those of the contacts that pass the filters."""
    for number in range(150):
        sandbox.now = datetime(2026, 1, 1, 0, number // 60, number % 60, tzinfo=timezone.utc)
        sandbox.add(**WALTER)
    query = {"lastUpdated_gte": "2026-01-01T00:00:45Z", "sort": "lastUpdated", "order": "asc"}
    page = client.get(client.contacts, params=query).json()
    assert (page["paging"]["total"], page["paging"]["max"], len(page["data"])) == (105, 100, 100)
    assert page["data"][0]["lastUpdated"] == "2026-01-01T00:00:45Z"
    last = client.get(client.contacts, params={**query, "offset": "100"}).json()
    assert (len(last["data"]), last["paging"]["next"]) == (5, None)


def test_seconds(sandbox: Valomnia, client: Client) -> None:
    """Times are told in whole seconds, but sorted and compared as they are."""
    for fraction in (700_000, 200_000):
        sandbox.now = datetime(2026, 1, 1, 0, 0, 5, fraction, tzinfo=timezone.utc)
        sandbox.add(**{**WALTER, "lastName": str(fraction)})
    told = {contact["lastUpdated"] for contact in client.get(client.contacts).json()["data"]}
    second = "2026-01-01T00:00:05Z"
    assert told == {contact["dateCreated"] for contact in sandbox.contacts} == {second}
    assert client.last_names(sort="lastUpdated") == ["200000", "700000"]
    for sign, count in {"gt": 2, "gte": 2, "lt": 0, "lte": 0}.items():
        assert len(client.last_names(**{f"lastUpdated_{sign}": second})) == count


def test_equals(sandbox: Valomnia, client: Client) -> None:
    """Contacts that are equal in what is sorted by have no order to rely on; ids always have."""
    for name in "ABC":
        sandbox.add(**{**WALTER, "lastName": name})
    orders = {tuple(client.last_names(sort="lastUpdated", order="asc")) for _ in range(4)}
    assert len(orders) == 2
    assert {tuple(client.last_names(sort="id")) for _ in range(4)} == {("A", "B", "C")}


def test_on_list(sandbox: Valomnia, client: Client) -> None:
    """Contacts can be changed just before each listing is answered."""

    def add(served: int) -> None:
        for _ in range(served):
            sandbox.add(**WALTER)

    sandbox.on_list = add
    assert [len(client.last_names()) for _ in range(4)] == [0, 1, 3, 6]


@pytest.mark.parametrize("query", WRONG_PAGING + WRONG_SORTS + WRONG_FILTERS + WRONG_TIMES)
def test_wrong_query(client: Client, query: str) -> None:
    """A parameter of a listing that is not documented or has the wrong type is refused."""
    answer = client.get(f"{client.contacts}?{query}")
    assert refusal(answer) == of_wrong_type(query.partition("=")[0])


def test_state(sandbox: Valomnia) -> None:
    """Contacts can be added, changed and removed without a request, under the same rules."""
    key = sandbox.add(**WALTER)
    with pytest.raises(RefusedError):
        sandbox.change(key, country="France")
    sandbox.remove(key)
    assert (sandbox.contacts, sandbox.log) == ([], [])


def test_configs(sandbox: Valomnia) -> None:
    """The configs sign a tap and a target in, and give contacts the customer that is there."""
    user = {"username": USER, "password": SECRET, "api_version": "v1.0", "api_url": sandbox.url}
    config = {"api": "valomnia", "valomnia": user, "defaults": {"customer_id": "3229"}}
    assert (sandbox.target_config(), sandbox.tap_config()) == (config, user)
