"""What the Valomnia sandbox does in each reading of the vendor's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.sandbox.valomnia import SECRET, USER, Valomnia

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGIN = {"j_username": USER, "j_password": SECRET, "ajax": "true"}
WALTER = {"firstName": "Walter", "lastName": "White", "customerId": "3229"}


class Client(requests.Session):
    """Call the contacts of a sandbox, signed in."""

    def __init__(self, sandbox: Valomnia) -> None:
        """Sign in as the user of the sandbox."""
        super().__init__()
        self.sandbox = sandbox
        self.login = self.post(f"{sandbox.url}/j_spring_security_check", LOGIN, timeout=5)

    def call(self, method: str, path: str = "", version: str = "v1.0", **settings: Any) -> Any:
        """Call the contacts and return the answer, without following redirects."""
        url = f"{self.sandbox.url}/api/{version}/contacts{path}"
        return self.request(method, url, timeout=5, allow_redirects=False, **settings)


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[Client]:
    """Sign in at a sandbox with one reading."""
    with Valomnia(readings={request.param}) as sandbox, Client(sandbox) as client:
        yield client


def reading(name: str) -> pytest.MarkDecorator:
    """Serve a reading."""
    return pytest.mark.parametrize("client", [name], indirect=True)


def refusal(answer: requests.Response) -> tuple[int, str, bool]:
    """Return status and code of a refusal, and whether it names what is wrong."""
    told = answer.json()
    return answer.status_code, told["error"], "parameter" in told["error_description"]


@pytest.mark.parametrize("status", [200, 400, 401, 403, 500])
def test_ended_session(status: int) -> None:
    """A session that is missing or has ended is `no_credentials`, and nothing was carried out."""
    with Valomnia(readings={f"no_credentials_{status}"}) as sandbox:
        client = Client(sandbox)
        assert client.call("POST", data=WALTER).status_code == 201
        sandbox.expire_sign_ins()
        for answer in (client.call("POST", data=WALTER), client.call("GET")):
            assert (answer.status_code, answer.json()["error"]) == (status, "no_credentials")
        assert len(sandbox.contacts) == 1


@reading("deprecated_version")
def test_deprecated_version(client: Client) -> None:
    """The sign-in succeeds with a warning, and so do the calls."""
    told = client.login.json()
    assert (told["success"], told["warning"]["warning_code"]) == (True, "deprecated_version")
    assert set(told["warning"]) == {"warning_code", "warning_description"}
    assert client.call("GET").status_code == 200


@reading("sign_in_json")
def test_sign_in_json(client: Client) -> None:
    """The sign-in answers at once, with a cookie that works; a wrong one says so."""
    assert (client.login.history, client.login.json()["success"]) == ([], True)
    assert client.login.json()["token"] == client.cookies["JSESSIONID"]
    assert client.call("GET").status_code == 200
    wrong = {**LOGIN, "j_password": "wrong"}
    url = f"{client.sandbox.url}/j_spring_security_check"
    answer = requests.post(url, wrong, timeout=5)
    assert (answer.history, answer.json()["success"], "token" in answer.json()) == (
        [],
        False,
        False,
    )


@reading("v2_1")
def test_version(client: Client) -> None:
    """Contacts are under v2.1 only, as a user can set; under v1.0 there is nothing."""
    answers = [client.call("GET", version=version).status_code for version in ("v1.0", "v2.1")]
    assert answers == [404, 200]
    assert client.sandbox.tap_config()["api_version"] == "v2.1"


@reading("sort_id_refused")
def test_sort_by_id(client: Client) -> None:
    """`sort=id` is refused; other sorts are not."""
    assert refusal(client.call("GET", "?sort=id")) == (400, "invalid_param_type", True)
    assert client.call("GET", "?sort=lastUpdated").status_code == 200


@reading("update_blanks")
def test_update_blanks(client: Client) -> None:
    """An update clears what it leaves out but no read-only field; a refused one clears nothing."""
    sandbox = client.sandbox
    sandbox.seed()
    bad = client.call("POST", "/5", data={**WALTER, "country": "XX"})
    assert (bad.status_code, sandbox.contacts[0]["city"]) == (400, "Any town")
    assert client.call("POST", "/5", data={**WALTER, "phone": "1"}).status_code == 200
    names = ("firstName", "phone", "city", "fonction", "photo", "isDecisionMaker")
    assert [sandbox.contacts[0][name] for name in names] == ["Walter", "1", "", "", None, True]


def test_screen_does_not_blank() -> None:
    """People who change a contact at the screen keep the rest."""
    with Valomnia(readings={"update_blanks"}) as sandbox:
        sandbox.seed()
        sandbox.change(5, phone="1")
        assert (sandbox.contacts[0]["city"], sandbox.contacts[0]["phone"]) == ("Any town", "1")


@reading("max_refused")
def test_max_refused(client: Client) -> None:
    """More than the default page may not be asked for."""
    assert refusal(client.call("GET", "?max=101")) == (400, "invalid_param_type", True)
    assert client.call("GET", "?max=100").json()["paging"]["max"] == 100


@reading("max_1000")
def test_max_1000(client: Client) -> None:
    """Up to 1000 contacts are given at once, and the bound is echoed."""
    for _ in range(101):
        client.sandbox.add(**WALTER)
    page = client.call("GET", "?max=5000").json()
    assert (page["paging"]["max"], len(page["data"]), page["paging"]["next"]) == (1000, 101, None)
