"""What cobai's sandbox does in each reading of the vendor's pages."""

from __future__ import annotations

import base64
import hmac
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests
from lxml import etree

from tests.sandbox.cobai import ACCESS_KEY_ID, CUSTOMER_UUID, RICO_UUID, SECRET_ACCESS_KEY, Cobai
from tests.sandbox.cobai_readings import PAGE_SIZE, TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONTACTS = f"/v2/customer/{CUSTOMER_UUID}/contact"
RICO = f"{CONTACTS}/{RICO_UUID}"
ANNA = (
    {"firstName": "Anna", "gender": "FEMALE", "ignoreAssortment": "true", "lastName": "O'Hara"}
    | {"officeMail": "anna@example.com", "role": "ROLE_SHOP_USER"}
    | {"webPassword": "password", "webUserName": "anna@example.com"}
)
SILENT = {name: text for name, text in ANNA.items() if name != "webPassword"}


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[Cobai]:
    """Start a sandbox in one reading that holds the vendor's sample."""
    with Cobai(readings={request.param}) as server:
        server.seed()
        yield server


def reading(*names: str) -> pytest.MarkDecorator:
    """Serve each of the readings by itself."""
    return pytest.mark.parametrize("sandbox", names, indirect=True)


def document(fields: Mapping[str, str]) -> bytes:
    """Write a contact with its fields in the order given."""
    root = etree.Element("contact")
    for name, value in fields.items():
        etree.SubElement(root, name).text = value
    return etree.tostring(root, encoding="UTF-8")


def send(
    sandbox: Cobai, call: str, fields: Mapping[str, str] | None = None, *, query: bool = False
) -> requests.Response:
    """Send a call such as "GET /v2/customer", signed with its query or without."""
    method, target = call.split(" ")
    kind = {} if fields is None else {"Content-Type": "application/xml"}
    headers = {"Date": formatdate(usegmt=True), **kind}
    signed = target if query else target.partition("?")[0]
    lines = [method, "", headers.get("Content-Type", ""), headers["Date"], signed]
    digest = hmac.digest(SECRET_ACCESS_KEY.encode(), "\n".join(lines).encode(), "sha1")
    headers["Authorization"] = f"COB {ACCESS_KEY_ID}:{base64.b64encode(digest).decode()}"
    data = None if fields is None else document(fields)
    return requests.request(method, sandbox.url + target, data=data, headers=headers, timeout=5)


def uuids(answer: requests.Response) -> list[str]:
    """Return the UUIDs in a list."""
    assert answer.status_code == 200
    return [child.text or "" for child in etree.fromstring(answer.content).iter("uuid")]


def following(answer: requests.Response) -> str:
    """Return path and query of the link to the next page, under the version that was asked."""
    links = etree.fromstring(answer.content).iterfind("{*}link[@rel='next']")
    hrefs = [urlsplit(str(link.get("href"))) for link in links]
    return "".join(f"{href.path}?{href.query}" for href in hrefs).replace("/v1/", "/v2/")


@reading("pages_link")
def test_pages_by_link(sandbox: Cobai) -> None:
    """Both lists come in pages, each with a link to the next, the last without."""
    customers = [CUSTOMER_UUID, *(sandbox.add_customer() for _ in range(2 * PAGE_SIZE))]
    for number in range(PAGE_SIZE):
        sandbox.add(**ANNA | {"webUserName": str(number)})
    contacts = [each["uuid"] for each in sandbox.contacts]
    for path, expected in (("/v2/customer", customers), (CONTACTS, contacts)):
        found, target = [], path
        while target:
            page = send(sandbox, f"GET {target}")
            assert len(uuids(page)) <= PAGE_SIZE
            found += uuids(page)
            target = following(page)
        assert found == expected


@reading("pages_link")
def test_link_keeps_the_filter(sandbox: Cobai) -> None:
    """The link to the next page of new customers asks for new ones, too."""
    new = [sandbox.add_customer(new=True) for _ in range(PAGE_SIZE + 1)]
    page = send(sandbox, "GET /v2/customer?state=new")
    assert uuids(page) + uuids(send(sandbox, f"GET {following(page)}")) == new


@reading("pages_number")
def test_pages_by_number(sandbox: Cobai) -> None:
    """Without a number a list is cut, and says nothing of it; behind the last page it is empty."""
    customers = [CUSTOMER_UUID, *(sandbox.add_customer() for _ in range(PAGE_SIZE))]
    first = send(sandbox, "GET /v2/customer")
    assert (uuids(first), following(first)) == (customers[:PAGE_SIZE], "")
    pages = [uuids(send(sandbox, f"GET /v2/customer?page={number}")) for number in (1, 2, 3)]
    assert pages == [customers[:PAGE_SIZE], customers[PAGE_SIZE:], []]
    assert send(sandbox, "GET /v2/customer?page=x").status_code == 400


@reading("pages_404")
def test_no_page_behind_the_last(sandbox: Cobai) -> None:
    """A page behind the last is not found; the last is."""
    for _ in range(PAGE_SIZE):
        sandbox.add_customer()
    answers = [send(sandbox, f"GET /v2/customer?page={number}").status_code for number in (1, 2, 3)]
    assert answers == [200, 200, 404]


@reading("pages_again")
def test_the_last_page_again(sandbox: Cobai) -> None:
    """A page behind the last is the last one again."""
    for _ in range(PAGE_SIZE):
        sandbox.add_customer()
    pages = [uuids(send(sandbox, f"GET /v2/customer?page={number}")) for number in (1, 2, 3)]
    assert [len(page) for page in pages] == [PAGE_SIZE, 1, 1]
    assert pages[1] == pages[2]


@reading("more_required")
@pytest.mark.parametrize("name", ["gender", "role", "ignoreAssortment"])
def test_more_is_required(sandbox: Cobai, name: str) -> None:
    """Gender, role and assortment are required, as the five are."""
    fields = {each: text for each, text in ANNA.items() if each != name}
    assert send(sandbox, f"POST {CONTACTS}", fields).status_code == 400
    assert send(sandbox, f"POST {CONTACTS}", ANNA).status_code == 201


@pytest.mark.parametrize(
    ("sandbox", "statuses"),
    [("any_order", [201, 201, 201]), ("table_order", [400, 201, 400])],
    indirect=["sandbox"],
)
def test_order_of_elements(sandbox: Cobai, statuses: list[int]) -> None:
    """The elements stand in any order, or in that of the table alone."""
    orders = [sorted(ANNA), sorted(ANNA, key=TABLE.index), sorted(ANNA, reverse=True)]
    documents = [
        {each: ANNA[each] + ("x" * number if each == "webUserName" else "") for each in order}
        for number, order in enumerate(orders)
    ]
    answers = [send(sandbox, f"POST {CONTACTS}", each) for each in documents]
    assert [answer.status_code for answer in answers] == statuses


@reading("cut_values")
def test_overlong_values_are_cut(sandbox: Cobai) -> None:
    """An overlong value is cut in silence."""
    fields = ANNA | {"firstName": "x" * 36, "officePhone": "1" * 31}
    assert send(sandbox, f"POST {CONTACTS}", dict(sorted(fields.items()))).status_code == 201
    held = sandbox.contacts[-1]
    assert (held["firstName"], held["officePhone"]) == ("x" * 35, "1" * 30)


@reading("put_resets_password")
def test_put_resets_the_password(sandbox: Cobai) -> None:
    """A PUT without a password empties it; one with a password sets it."""
    assert send(sandbox, f"PUT {RICO}", SILENT).status_code == 204
    assert RICO_UUID not in sandbox.passwords
    send(sandbox, f"PUT {RICO}", ANNA)
    assert RICO_UUID in sandbox.passwords


@reading("put_needs_password")
def test_put_needs_the_password(sandbox: Cobai) -> None:
    """A PUT without a password is refused and changes nothing."""
    assert send(sandbox, f"PUT {RICO}", SILENT).status_code == 400
    assert sandbox.contacts[0]["firstName"] == "Rico"
    assert send(sandbox, f"PUT {RICO}", ANNA).status_code == 204


@reading("put_merges")
def test_put_merges(sandbox: Cobai) -> None:
    """A PUT keeps what it leaves out, and clears what it sends empty."""
    assert send(sandbox, f"PUT {RICO}", {"lastName": "Doe", "role": ""}).status_code == 204
    names = ("firstName", "lastName", "role", "webUserName")
    assert [sandbox.contacts[0][name] for name in names] == ["Rico", "Doe", "", "rico"]
    assert RICO_UUID in sandbox.passwords


@pytest.mark.parametrize(
    ("sandbox", "status"), [("put_200", 200), ("any_order", 204)], indirect=["sandbox"]
)
def test_answer_of_a_put(sandbox: Cobai, status: int) -> None:
    """A PUT answers with the contact, or at 204 with nothing."""
    answer = send(sandbox, f"PUT {RICO}", ANNA)
    assert (answer.status_code, b"anna@example.com" in answer.content) == (status, status == 200)


@pytest.mark.parametrize(
    ("sandbox", "status"),
    [("no_contact_list_405", 405), ("no_contact_list_404", 404)],
    indirect=["sandbox"],
)
def test_no_contact_list(sandbox: Cobai, status: int) -> None:
    """There is no list of a known customer's contacts; all other calls are there."""
    assert send(sandbox, f"GET {CONTACTS}").status_code == status
    answers = [send(sandbox, f"GET {RICO}"), send(sandbox, f"POST {CONTACTS}", ANNA)]
    assert [answer.status_code for answer in answers] == [200, 201]


@reading("signed_query")
def test_signed_query(sandbox: Cobai) -> None:
    """A signature covers the query, as a user can set; without a query nothing differs."""
    call = "GET /v2/customer?state=new"
    statuses = [send(sandbox, call, query=each).status_code for each in (False, True)]
    assert (statuses, send(sandbox, "GET /v2/customer").status_code) == ([403, 200], 200)
    assert sandbox.tap_config()["sign_query"] is True


@reading("bad_signature_401")
def test_bad_signature(sandbox: Cobai) -> None:
    """A bad signature is a 401."""
    call = "GET /v2/customer?state=new"
    assert send(sandbox, call, query=True).status_code == 401


@reading("user_name_shared")
def test_shared_user_name(sandbox: Cobai) -> None:
    """The same user name twice makes two contacts."""
    answers = [send(sandbox, f"POST {CONTACTS}", ANNA).status_code for _ in range(2)]
    assert (answers, len(sandbox.contacts)) == ([201, 201], 3)


@reading("bad_request_text")
def test_bad_request_text(sandbox: Cobai) -> None:
    """A refusal is plain text; other errors stay documents."""
    answer = send(sandbox, f"POST {CONTACTS}", {**ANNA, "gender": "X"})
    assert (answer.status_code, answer.text) == (400, "gender: 'X' is not allowed")
    assert send(sandbox, f"GET {CONTACTS}/{CUSTOMER_UUID}").text.startswith("<?xml")
