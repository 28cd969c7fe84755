"""A code of Zoho's API console becomes a refresh token at the data centre that knows it."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.apis.zoho_voice.client import ZohoVoice as Client
from tap_contacts.apis.zoho_voice.grant import SelfClient
from tap_contacts.apis.zoho_voice.wire import ACCOUNTS_HOSTS
from tap_contacts.transport.errors import Stopped
from tests.sandbox.zoho_voice import (
    CLIENT_ID,
    CLIENT_SECRET,
    REFRESH_TOKEN,
    TOO_MANY_TOKENS,
    ZohoVoice,
)
from tests.support.granting import Reader, means

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Centers = dict[str, ZohoVoice]
TOKEN_CALL = "POST /oauth"


class Clock:
    """A clock in seconds."""

    def __init__(self) -> None:
        """Stand still."""
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return the clock of all data centres."""
    return Clock()


@pytest.fixture(params=[(), ("token_errors_400",)], ids=["documented", "errors at 400"])
def centers(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Centers]:
    """Return three data centres that know the client, and each its own codes."""
    with ExitStack() as stack:
        made = {at: ZohoVoice(clock=clock, readings=request.param) for at in ("com", "eu", "in")}
        yield {at: stack.enter_context(center) for at, center in made.items()}


def reader(code: str, secret: str = CLIENT_SECRET, client_id: str = CLIENT_ID) -> Reader:
    """Return a person with a code."""
    return Reader({"Client id": client_id, "Client secret": secret, "Code": code})


def won(
    centers: Mapping[str, ZohoVoice], who: Reader, given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the settings that a person gets at these data centres."""
    urls = {at: center.url for at, center in centers.items()}
    return SelfClient(means(who, Client), urls).settings(given or {})


def refused(
    centers: Mapping[str, ZohoVoice], who: Reader, given: Mapping[str, Any] | None = None
) -> str:
    """Return the sentence that a person gets instead."""
    with pytest.raises(Stopped) as caught:
        won(centers, who, given)
    return str(caught.value)


def asked(centers: Mapping[str, ZohoVoice]) -> dict[str, int]:
    """Return how often each data centre was asked for tokens."""
    return {at: len(center.log) for at, center in centers.items()}


def test_every_data_centre_is_known() -> None:
    """Nine accounts servers, each asked at most once."""
    assert len(ACCOUNTS_HOSTS) == 9


def test_the_centre_that_knows_the_code_is_found(centers: Centers) -> None:
    """The others are asked before it, and none after it."""
    found = won(centers, reader(centers["eu"].codes.issue()))
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    assert found == {**client, "refresh_token": REFRESH_TOKEN, "data_center": "eu"}
    assert asked(centers) == {"com": 1, "eu": 1, "in": 0}


def test_the_centre_of_the_settings_is_asked_first(centers: Centers) -> None:
    """Whether a wrong try uses a code up is not documented."""
    found = won(centers, reader(centers["in"].codes.issue()), {"data_center": "in"})
    assert found["data_center"] == "in"
    assert asked(centers) == {"com": 0, "eu": 0, "in": 1}


def test_a_centre_that_does_not_know_the_client_is_passed() -> None:
    """So says the other reading of a wrong centre."""
    with ZohoVoice(readings=["other_centre_client"]) as com, ZohoVoice() as eu:
        assert won({"com": com, "eu": eu}, reader(eu.codes.issue()))["data_center"] == "eu"


def test_only_the_accounts_server_of_the_settings_is_asked(centers: Centers) -> None:
    """It may be none of Zoho's; then nothing is said of the data centre."""
    who = reader(centers["eu"].codes.issue())
    found = won({}, who, {"accounts_url": centers["eu"].url})
    assert found["refresh_token"] == REFRESH_TOKEN
    assert "data_center" not in found


def test_what_the_settings_have_is_not_asked_for(centers: Centers) -> None:
    """Only the code is always new; it is as secret as the rest."""
    who = reader(centers["com"].codes.issue())
    won(centers, who, {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})
    assert who.asked == ["Code (hidden)"]
    who = reader(centers["com"].codes.issue())
    won(centers, who)
    assert who.asked == ["Client id", "Client secret (hidden)", "Code (hidden)"]


def test_it_is_told_where_to_click(centers: Centers) -> None:
    """The console, the kind of client, the scopes, and how long a code lives."""
    who = reader(centers["com"].codes.issue())
    won(centers, who)
    scopes = [f"zohovoice.contacts.{right}" for right in ("READ", "CREATE", "UPDATE")]
    wanted = ("https://api-console.zoho.com", "Self Client", "three minutes", ",".join(scopes))
    assert [each for each in wanted if each not in who.told] == []


@pytest.mark.parametrize(
    ("wrong", "answered", "advice"),
    [
        ({"code": "1000.no"}, "invalid_code (com, eu, in)", "create a new one"),
        ({"secret": "no"}, "invalid_client_secret (com, eu, in)", "Check client_secret"),
        ({"client_id": "no"}, "invalid_client (com, eu, in)", "Check client_id"),
    ],
)
def test_what_is_wrong_is_named_after_one_request_to_each_centre(
    centers: Centers, wrong: dict[str, str], answered: str, advice: str
) -> None:
    """In one sentence with what was answered where, and what to do."""
    told = refused(centers, reader(**{"code": centers["eu"].codes.issue(), **wrong}))
    assert answered in told
    assert advice in told
    assert set(asked(centers).values()) == {1}


def test_no_data_centre_is_advised_where_the_settings_name_the_server(centers: Centers) -> None:
    """Beside `accounts_url` a data centre would not be asked."""
    told = refused({}, reader("1000.no"), {"accounts_url": centers["eu"].url})
    assert "invalid_code (accounts_url)" in told
    assert "data_center" not in told


def test_a_code_works_once_and_three_minutes(centers: Centers, clock: Clock) -> None:
    """A second use and a late one are told in the same words."""
    code = centers["com"].codes.issue()
    won(centers, reader(code))
    assert "works once" in refused(centers, reader(code))
    late = centers["com"].codes.issue()
    clock.now += 180
    assert "about three minutes" in refused(centers, reader(late))


def test_the_refusal_that_tells_most_is_the_one_that_is_explained() -> None:
    """A client that is known somewhere is not the one to be checked."""
    with ZohoVoice(readings=["other_centre_client"]) as com, ZohoVoice() as eu:
        told = refused({"com": com, "eu": eu}, reader("1000.no"))
    assert "invalid_client (com); invalid_code (eu)" in told
    assert "create a new one" in told
    assert "client_id" not in told


@pytest.mark.parametrize("busy", ["com", "eu"])
def test_too_many_requests_end_it_at_once(centers: Centers, busy: str) -> None:
    """Each further one would prolong it."""
    centers[busy].fault(on=TOKEN_CALL, status=200, body=json.dumps(TOO_MANY_TOKENS))
    told = refused(centers, reader("1000.any"))
    assert f"Access Denied ({busy})" in told
    assert "half an hour" in told
    assert asked(centers) == {"com": 1, "eu": int(busy == "eu"), "in": 0}


def test_without_network_nothing_more_is_tried(centers: Centers) -> None:
    """Eight more time-outs would outlive the code."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    urls = {at: center.url for at, center in centers.items()}
    urls["com"] = f"http://127.0.0.1:{port}"
    with pytest.raises(Stopped, match="Check the network"):
        SelfClient(means(reader("1000.any"), Client), urls).settings({})
    assert asked(centers) == {"com": 0, "eu": 0, "in": 0}


@pytest.mark.parametrize(
    "fault", [{"cut": "before"}, {"status": 403, "body": "<html>no</html>"}], ids=["cut", "page"]
)
def test_a_later_centre_that_does_not_answer_hides_no_other(
    centers: Centers, fault: dict[str, Any]
) -> None:
    """A firewall may let only some of them through."""
    centers["eu"].fault(on=TOKEN_CALL, **fault)
    assert won(centers, reader(centers["in"].codes.issue()))["data_center"] == "in"


@pytest.mark.parametrize(
    ("body", "answered"),
    [
        ("<html>Sign in to the proxy</html>", "no known token (HTTP 200)"),
        ("[]", "no known token (HTTP 200)"),
        ('{"refresh_token": {}}', "no known token (HTTP 200)"),
        ('{"access_token": "1000.x"}', "no refresh token (HTTP 200)"),
        (json.dumps({"error": f"invalid_{CLIENT_SECRET}"}), "no known token (HTTP 200)"),
    ],
)
def test_an_answer_of_another_kind_ends_it_and_is_not_quoted(
    centers: Centers, body: str, answered: str
) -> None:
    """It may come from a proxy, and hold what was sent."""
    centers["com"].fault(on=TOKEN_CALL, status=200, body=body)
    told = refused(centers, reader("1000.any"))
    assert answered in told
    assert CLIENT_SECRET not in told
    assert asked(centers) == {"com": 1, "eu": 0, "in": 0}
