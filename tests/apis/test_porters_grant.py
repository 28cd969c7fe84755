"""An administrator grants an app of PORTERS access, and learns which scopes are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.porters.client import Porters as Client
from tap_contacts.apis.porters.grant import READS, SCOPES, AppGrant
from tap_contacts.transport.errors import Stopped
from tests.sandbox.porters import APP_ID, APP_SECRET, PARTITION, REDIRECT_URL, Porters
from tests.support.granting import SEND, Reader, means

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

APP = {"app_id": APP_ID, "app_secret": APP_SECRET}


@pytest.fixture(params=[(), ("contact_root", "status_200")], ids=["documented", "other"])
def company(request: pytest.FixtureRequest) -> Iterator[Porters]:
    """Return a company database that has granted nothing."""
    with Porters(scopes=(), readings=request.param) as sandbox:
        yield sandbox


def address(who: Reader) -> str:
    """Return the address that a person was told to open."""
    return next(word for word in who.told.split() if "/v1/oauth?" in word)


def administrator(company: Porters, **answers: str | Callable[[Reader], str]) -> Reader:
    """Return a person who opens the address and accepts."""
    usual: dict[str, str | Callable[[Reader], str]] = {
        "App ID": APP_ID,
        "Secret": APP_SECRET,
        "Redirect URL": REDIRECT_URL,
        "Address": lambda who: company.accept(address(who)),
    }
    return Reader({**answers, **usual, **answers})


def won(company: Porters, who: Reader, **given: str) -> dict[str, Any]:
    """Return the settings that a person gets."""
    return AppGrant(means(who, Client)).settings({"api_url": company.url, **given})


def lines(company: Porters) -> tuple[list[str], str]:
    """Return what is told of the scopes, and the error, if there is one."""
    client = Client({"api_url": company.url, **APP}, SEND)
    told: list[str] = []
    error = ""
    try:
        told.extend(AppGrant(means(Reader({}), Client)).proof(client))
    except Stopped as stopped:
        error = str(stopped)
    return told, error


def test_after_the_grant_the_app_signs_in_by_itself(company: Porters) -> None:
    """The code of the page is not used: the app gets another, without scope and without secret."""
    who = administrator(company)
    assert won(company, who) == APP
    assert set(company.scopes) == set(SCOPES)
    codes = [line.request.query for line in company.log if line.request.path == "/v1/oauth"]
    assert codes == [{"app_id": APP_ID, "response_type": "code_direct"}]
    assert who.asked == [
        *("App ID", "Secret (hidden)", "Redirect URL as registered, or nothing (optional)"),
        "Address at which the browser ended, or nothing (hidden) (optional)",
    ]


def test_the_address_has_what_the_page_of_the_grant_takes(company: Porters) -> None:
    """Parameters have PORTERS' names, and scopes stand between commas."""
    who = administrator(company)
    won(company, who)
    sent = parse_qs(urlsplit(address(who)).query)
    assert sent == {
        "app_id": [APP_ID],
        "redirect_url": [REDIRECT_URL],
        "response_type": ["code"],
        "scope": [",".join(SCOPES)],
        "state": ["sign-in"],
    }
    assert APP_SECRET not in who.told


def test_who_granted_before_just_goes_on(company: Porters) -> None:
    """Neither the redirect URL nor the address at the end must be given."""
    company.scopes = SCOPES
    who = administrator(company, Redirect="", Address="")
    assert won(company, who, **APP) == APP
    assert "redirect_url" not in address(who)


def test_without_a_grant_one_sentence_says_how_to_give_it(company: Porters) -> None:
    """PORTERS says so only at the first read."""
    with pytest.raises(Stopped, match="Grant the app access once"):
        won(company, administrator(company, Address=""))


@pytest.mark.parametrize(
    ("ended", "told"),
    [
        (f"{REDIRECT_URL}?error=-1&state=sign-in", "error -1. Somebody pressed cancel"),
        (f"{REDIRECT_URL}?state=sign-in&error=100", "error 100. Grant the app"),
        (f"{REDIRECT_URL}?error=116", "error 116. Grant the app"),
    ],
)
def test_an_error_at_the_end_of_the_grant_is_told(company: Porters, ended: str, told: str) -> None:
    """Nothing more is asked then."""
    with pytest.raises(Stopped, match=told):
        won(company, administrator(company, Address=ended))
    assert company.log == []


@pytest.mark.parametrize(
    "ended", [f"{REDIRECT_URL}?error=0&code=x", "http://[", "done", "x?error=12345678901"]
)
def test_whatever_else_is_pasted_does_not_matter(company: Porters, ended: str) -> None:
    """What counts is whether the app can sign in."""
    company.scopes = SCOPES
    assert won(company, administrator(company, Address=ended)) == APP


@pytest.mark.parametrize(
    ("wrong", "error"), [({"App ID": "other"}, "104"), ({"Secret": "other"}, "105")]
)
def test_a_wrong_app_is_told_after_at_most_two_requests(
    company: Porters, wrong: dict[str, str], error: str
) -> None:
    """With PORTERS' own number and what to check, and without the secret."""
    company.scopes = SCOPES
    with pytest.raises(Stopped) as caught:
        won(company, administrator(company, **wrong, Address=""))
    assert f"error {error}" in str(caught.value)
    assert "Check porters.app_id and porters.app_secret" in str(caught.value)
    assert len(company.log) <= 2


def test_of_several_companies_one_is_chosen(company: Porters) -> None:
    """By its number; a number of none is refused."""
    company.scopes = SCOPES
    company.database.add("Partition", "77", P_Name="Second", P_CompanyId="second")
    who = administrator(company, Address="", Number=PARTITION)
    assert won(company, who) == {**APP, "partition": PARTITION}
    assert "77: Second" in who.told
    assert won(company, administrator(company, Address=""), partition="77") == APP
    with pytest.raises(ConfigurationError, match="must be one of"):
        won(company, administrator(company, Address="", Number="78"))


def test_each_scope_has_a_harmless_read(company: Porters) -> None:
    """All of them but the right to write, which no read tells, are checked; nothing is written."""
    company.scopes = SCOPES
    told, error = lines(company)
    assert {read.scope for read in READS} == {*SCOPES} - {"partition_r", "contact_w"}
    assert told[1:-1] == [f"scope {read.scope}: granted" for read in READS]
    assert told[-1] == "scope contact_w: only the first write can tell"
    assert error == ""
    assert company.writes == []


@pytest.mark.parametrize(
    ("missing", "unclear"),
    [
        (["field_r"], []),
        (["contact_r"], []),
        (["client_r"], ["contact_r"]),
        (["option_r"], ["client_r", "contact_r"]),
        (["field_r", "user_r"], ["client_r", "contact_r"]),
    ],
)
def test_missing_scopes_are_named(
    company: Porters, missing: Collection[str], unclear: Collection[str]
) -> None:
    """Each that was not granted; of one that needs another, that it cannot be told."""
    company.scopes = {*SCOPES} - {*missing}
    told, error = lines(company)
    assert f"not granted: {', '.join(missing)}." in error
    assert "response_type=remove" in error
    assert [line.split()[1][:-1] for line in told if line.endswith(": not granted")] == missing
    assert [line.split()[1][:-1] for line in told if "cannot be told without" in line] == unclear


def test_a_scope_whose_read_is_refused_otherwise_is_not_called_missing(company: Porters) -> None:
    """The code says that the request, not the grant, is at fault."""
    company.scopes = SCOPES
    body = "<System><Code>100</Code></System>"
    company.fault(on="GET /v1/user", status=400, body=body)
    told, error = lines(company)
    assert "scope user_r: cannot be told: /v1/user answered code 100" in told
    assert error == ""
