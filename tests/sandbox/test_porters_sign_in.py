"""The sandbox of PORTERS signs in as the vendor's documents say."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.sandbox.porters import APP_ID, APP_SECRET, REDIRECT_URL, SCOPES, Porters
from tests.support.porters_api import SIGN_IN, Api, refused


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


GRANT = {
    "app_id": APP_ID,
    "redirect_url": REDIRECT_URL,
    "response_type": "code",
    "scope": ",".join(SCOPES),
    "state": "s",
}


def accepted(company: Porters, **changes: str | None) -> dict[str, list[str]]:
    """Return what the browser is told after the page of a grant."""
    query = {name: of for name, of in {**GRANT, **changes}.items() if of is not None}
    ended = urlsplit(company.accept(f"{company.url}/v1/oauth?{urlencode(query)}"))
    assert ended.geturl().startswith(REDIRECT_URL)
    return parse_qs(ended.query)


def test_an_administrator_grants_the_scopes_of_the_address() -> None:
    """The state comes back unchanged, with a code."""
    company = Porters(scopes=())
    told = accepted(company, scope="partition_r,contact_r")
    assert told.keys() == {"response_type", "code", "state"}
    assert told["state"] == ["s"]
    assert set(company.scopes) == {"partition_r", "contact_r"}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_url": "https://app.example.com/other"}, "100"),
        ({"redirect_url": None}, "101"),
        ({"scope": "contact"}, "102"),
        ({"scope": None}, "102"),
        ({"app_id": "other"}, "104"),
        ({"response_type": "code_direct"}, "110"),
    ],
)
def test_a_grant_refused(changes: dict[str, str | None], error: str) -> None:
    """The browser is told in the numbering of the sign-in; nothing is granted."""
    company = Porters(scopes=())
    assert accepted(company, **changes) == {"error": [error]}
    assert set(company.scopes) == set()
