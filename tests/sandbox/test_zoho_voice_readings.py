"""What the Zoho Voice sandbox does in each reading of the vendor's pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.sandbox.zoho_voice import ACCESS_TOKEN, CONTACTS_PATH, TOKEN_PATH, ZohoVoice

if TYPE_CHECKING:
    from collections.abc import Iterator

ANN: dict[str, Any] = {"first_name": "Ann", "mobile": "+12015550100"}
VIP = {"id": "1000000000031", "display_value": "VIP"}
HEADERS = {"Authorization": f"Zoho-oauthtoken {ACCESS_TOKEN}", "Accept": "application/json"}
EXTRA = (400, "ZVT010")


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[ZohoVoice]:
    """Serve an account in one reading, or in none."""
    name = request.param
    with ZohoVoice(readings={name} if name else ()) as sandbox:
        yield sandbox


def reading(*names: str) -> pytest.MarkDecorator:
    """Serve each of the readings by itself."""
    return pytest.mark.parametrize("sandbox", names, indirect=True)


def call(sandbox: ZohoVoice, method: str, path: str = "", **settings: Any) -> requests.Response:
    """Send a request with the headers of the documents."""
    url = sandbox.url + CONTACTS_PATH + path
    return requests.request(method, url, timeout=5, **{"headers": HEADERS, **settings})


def outcome(sandbox: ZohoVoice, method: str, path: str = "", **settings: Any) -> tuple[int, str]:
    """Send a request and return HTTP status and code of its answer."""
    answer = call(sandbox, method, path, **settings)
    return answer.status_code, answer.json()["code"]


def sent(**fields: Any) -> dict[str, str]:
    """Return a contact as a parameter."""
    return {"contact": json.dumps({**ANN, **fields})}


def names(sandbox: ZohoVoice, **query: str) -> list[str]:
    """Return the last names of a page."""
    page = call(sandbox, "GET", params=query).json()
    return [contact["last_name"] for contact in page["contacts"]]


def fill(sandbox: ZohoVoice, count: int) -> list[str]:
    """Put in contacts and return their last names, oldest first."""
    numbers = [str(number) for number in range(count)]
    for number in numbers:
        sandbox.add(**ANN, last_name=number)
    return numbers


@reading("extra_400")
def test_extra_parameter(sandbox: ZohoVoice) -> None:
    """A parameter too many is refused by itself, whatever call it stands in."""
    assert outcome(sandbox, "GET", "?page=1") == EXTRA
    assert outcome(sandbox, "POST", data={**sent(), "x": "1"}) == EXTRA
    assert outcome(sandbox, "POST", "?x=1", data=sent()) == EXTRA
    assert outcome(sandbox, "POST", params=sent()) == EXTRA
    assert sandbox.contacts == []
    assert outcome(sandbox, "POST", data=sent()) == (200, "200")
    assert outcome(sandbox, "GET", "?from=0&size=50&totalCount=true") == (200, "200")


@reading("contact_query")
def test_contact_in_the_query(sandbox: ZohoVoice) -> None:
    """A contact is taken from the query alone; a form is a parameter too many."""
    assert outcome(sandbox, "POST", data=sent()) == EXTRA
    assert outcome(sandbox, "POST", params=sent()) == (200, "200")
    path = f"/{sandbox.contacts[0]['contact_id']}"
    assert outcome(sandbox, "PUT", path, data=sent()) == EXTRA
    assert outcome(sandbox, "PUT", path, params=sent(last_name="Lee")) == (200, "200")
    assert [each["last_name"] for each in sandbox.contacts] == ["Lee"]


@pytest.mark.parametrize(
    ("sandbox", "held"),
    [(None, ("", "")), ("put_keeps", ("Lee", VIP))],
    indirect=["sandbox"],
)
def test_put(sandbox: ZohoVoice, held: tuple[Any, Any]) -> None:
    """A PUT blanks or keeps what is left out, the status too, which reads do not show."""
    path = f"/{sandbox.add(**ANN, last_name='Lee', contact_status=VIP)}"
    assert "contact_status" not in call(sandbox, "GET", path).json()["contacts"]
    assert outcome(sandbox, "PUT", path, data=sent()) == (200, "200")
    assert tuple(sandbox.contacts[0][key] for key in ("last_name", "contact_status")) == held


@reading("put_keeps")
def test_put_clears_what_is_sent_empty(sandbox: ZohoVoice) -> None:
    """A key sent empty is cleared even where keys left out stay."""
    path = f"/{sandbox.add(**ANN, last_name='Lee', email='a@example.com')}"
    call(sandbox, "PUT", path, data=sent(email=""))
    assert (sandbox.contacts[0]["last_name"], sandbox.contacts[0]["email"]) == ("Lee", "")
    assert outcome(sandbox, "PUT", "/1", data=sent())[1] == "ZVT9002"


@reading("reads_status")
def test_reads_show_the_status(sandbox: ZohoVoice) -> None:
    """Single reads and the list show the status."""
    path = f"/{sandbox.add(**ANN, contact_status=VIP)}"
    assert call(sandbox, "GET", path).json()["contacts"]["contact_status"] == VIP
    assert call(sandbox, "GET").json()["contacts"][0]["contact_status"] == VIP


@pytest.mark.parametrize(
    ("sandbox", "code"),
    [
        ("zvt0052_401", "ZVT0052"),
        ("invalid_token_401", "INVALID_TOKEN"),
        ("unknown_code_401", "ZVT9401"),
    ],
    indirect=["sandbox"],
)
def test_dead_token(sandbox: ZohoVoice, code: str) -> None:
    """A token whose time has run out is a 401, and nothing is carried out."""
    sandbox.expire_sign_ins()
    assert outcome(sandbox, "GET") == (401, code)
    assert outcome(sandbox, "POST", data=sent()) == (401, code)
    assert sandbox.contacts == []


@pytest.mark.parametrize(
    ("sandbox", "refusal"),
    [
        ("no_permission_403", (403, "NO_PERMISSION")),
        ("scope_mismatch_401", (401, "OAUTH_SCOPE_MISMATCH")),
        ("scope_mismatch_403", (403, "OAUTH_SCOPE_MISMATCH")),
        ("unknown_code_403", (403, "ZVT9403")),
    ],
    indirect=["sandbox"],
)
def test_forbidden(sandbox: ZohoVoice, refusal: tuple[int, str]) -> None:
    """Whoever may not write can still read."""
    path = f"/{sandbox.add(**ANN)}"
    for method, where in (("POST", ""), ("PUT", path)):
        assert outcome(sandbox, method, where, data=sent()) == refusal
    assert outcome(sandbox, "DELETE", path) == refusal
    assert (len(sandbox.contacts), outcome(sandbox, "GET")) == (1, (200, "200"))


@reading("newest_first")
def test_newest_first(sandbox: ZohoVoice) -> None:
    """The newest come first, so that a new contact moves all others on."""
    fill(sandbox, 3)
    assert names(sandbox) == ["2", "1", "0"]


@reading("shuffled")
def test_shuffled(sandbox: ZohoVoice) -> None:
    """The order is neither that of creation nor its reverse, and stays."""
    created = fill(sandbox, 30)
    first = names(sandbox, size="50")
    assert first not in (created, created[::-1])
    assert sorted(first, key=int) == created
    assert names(sandbox, size="20") + names(sandbox, size="20", **{"from": "20"}) == first


@pytest.mark.parametrize(
    ("sandbox", "count"), [(None, 10), ("default_size_50", 50)], indirect=["sandbox"]
)
def test_default_size(sandbox: ZohoVoice, count: int) -> None:
    """A list without a size has the default one."""
    fill(sandbox, 51)
    assert len(names(sandbox)) == count


@reading("size_capped")
def test_size_capped(sandbox: ZohoVoice) -> None:
    """A size above 50 is 50, and no error."""
    fill(sandbox, 51)
    assert (len(names(sandbox, size="200")), len(names(sandbox, size="2"))) == (50, 2)


@reading("total_uncounted")
def test_total_uncounted(sandbox: ZohoVoice) -> None:
    """The total is never told."""
    fill(sandbox, 2)
    page = call(sandbox, "GET", "?totalCount=true").json()
    assert (page["meta"]["total"], len(page["contacts"])) == (-1, 2)


@reading("empty_missing", "empty_error")
def test_empty_page(sandbox: ZohoVoice) -> None:
    """The page behind the last has no list; it may even be an error."""
    fill(sandbox, 1)
    page = call(sandbox, "GET", "?from=1").json()
    status = {"empty_missing": "SUCCESS", "empty_error": "ERROR"}
    assert ("contacts" in page, {page["status"]}) == (
        False,
        {status[name] for name in sandbox.readings},
    )
    assert names(sandbox) == ["0"]


def refresh(sandbox: ZohoVoice, **changes: str) -> tuple[int, dict[str, Any]]:
    """Ask for a token and return HTTP status and JSON."""
    grant = {key: value for key, value in sandbox.tap_config().items() if "url" not in key}
    form = {"grant_type": "refresh_token", **grant, **changes}
    answer = requests.post(sandbox.url + TOKEN_PATH, data=form, timeout=5)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("sandbox", "status"), [(None, 200), ("token_errors_400", 400)], indirect=["sandbox"]
)
def test_token_errors(sandbox: ZohoVoice, status: int) -> None:
    """Failures of the token endpoint are an error in the body, at HTTP 200 or 400."""
    assert refresh(sandbox, refresh_token="x") == (status, {"error": "invalid_code"})
    answers = [refresh(sandbox) for _ in range(11)]
    assert [code for code, _ in answers] == [200] * 10 + [status]
    assert answers[-1][1]["error"] == "Access Denied"


@reading("other_centre_client")
def test_client_of_another_centre(sandbox: ZohoVoice) -> None:
    """The accounts server of another data centre does not know the client."""
    assert refresh(sandbox)[1] == {"error": "invalid_client"}


@reading("other_centre_token")
def test_token_of_another_centre(sandbox: ZohoVoice) -> None:
    """The API of another data centre does not know a token, however new it is."""
    token = refresh(sandbox)[1]["access_token"]
    headers = {**HEADERS, "Authorization": f"Zoho-oauthtoken {token}"}
    assert outcome(sandbox, "GET", headers=headers) == (401, "INVALID_TOKEN")


@reading("unknown_404")
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_contact_that_is_not_there_is_a_404(sandbox: ZohoVoice, method: str) -> None:
    """The error's body is the same as at any other status."""
    assert call(sandbox, method, "/58399000000003099").status_code == 404
    assert call(sandbox, method, "/" + sandbox.add(**ANN)).status_code == 200
