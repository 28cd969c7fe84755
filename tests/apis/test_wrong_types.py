"""A value of another JSON type than an API documents is refused in words, or left out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.apis.valomnia.client import Valomnia as ValomniaClient
from tap_contacts.apis.valomnia.reading import normal
from tap_contacts.apis.zoho_voice.client import ZohoVoice as ZohoClient
from tap_contacts.apis.zoho_voice.grant import SelfClient
from tap_contacts.apis.zoho_voice.sign_in import RefreshToken
from tap_contacts.transport.errors import ApiError, Retry, Stopped
from target_contacts.sinks.valomnia.parents import Customers
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import CLIENT_ID, CLIENT_SECRET, ZohoVoice
from tests.support.granting import SEND, Reader, means
from tests.support.valomnia_reading import LIST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.server import Sandbox

FALSY: list[Any] = [None, False, "", [], {}]
NO_TEXTS: list[Any] = [True, 7, 1.5, ["x"], [7], {"x": 7}]
WRONG = [*FALSY, *NO_TEXTS, "x y", "3600", "access_token"]
TOKEN = "POST /oauth/v2/token"
ROW: dict[str, Any] = {"id": 5, "customer": {"id": 3229, "name": "ACME", "reference": "C1"}}


def answering(sandbox: Sandbox, on: str, body: object) -> None:
    """Have a sandbox answer so from now on."""
    sandbox.faults.clear()
    sandbox.fault(on=on, status=200, body=json.dumps(body), times=-1)


# Zoho Voice.


@pytest.fixture(scope="module")
def zoho() -> Iterator[ZohoVoice]:
    """Return a running Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("bodies", "answered"),
    [
        (WRONG, "no known token (HTTP 200) (com)"),
        ([{"refresh_token": each} for each in (*FALSY, *NO_TEXTS)], "no known token (HTTP 200)"),
        ([{"error": each} for each in WRONG], "no known token (HTTP 200) (com)"),
        ([{"access_token": each} for each in WRONG], "no refresh token (HTTP 200) (com)"),
    ],
    ids=["whole", "refresh_token", "error", "access_token"],
)
def test_a_grant_takes_no_other_type_for_a_token(
    zoho: ZohoVoice, bodies: list[Any], answered: str
) -> None:
    """It ends with the sentence that no token came."""
    person = Reader({"Client id": CLIENT_ID, "Client secret": CLIENT_SECRET, "Code": "1000.x"})
    for body in bodies:
        answering(zoho, TOKEN, body)
        with pytest.raises(Stopped) as error:
            SelfClient(means(person, ZohoClient), {"com": zoho.url}).settings({})
        assert answered in str(error.value)


def sign_in(zoho: ZohoVoice) -> RefreshToken:
    """Return what signs in with a refresh token."""
    found = ZohoClient(zoho.tap_config(), SEND).sign_in
    assert isinstance(found, RefreshToken)
    return found


@pytest.mark.parametrize(
    "bodies",
    [WRONG, [{"access_token": each} for each in FALSY], [{"error": each} for each in WRONG]],
    ids=["whole", "access_token", "error"],
)
def test_a_sign_in_without_a_token_says_so(zoho: ZohoVoice, bodies: list[Any]) -> None:
    """It may be a passing fault: the sign-in is tried again."""
    for body in bodies:
        answering(zoho, TOKEN, body)
        with pytest.raises(Retry, match=r"no access token \(HTTP 200\)"):
            sign_in(zoho).new_token()


def test_a_token_whose_life_is_no_number_lives_an_hour(zoho: ZohoVoice) -> None:
    """It is given up five minutes before."""
    for life in WRONG:
        answering(zoho, TOKEN, {"access_token": "1000.x", "expires_in": life})
        assert sign_in(zoho).new_token() == ("1000.x", 3300)


# Valomnia.


@pytest.fixture(scope="module")
def valomnia() -> Iterator[Valomnia]:
    """Return a running Valomnia."""
    with Valomnia() as sandbox:
        yield sandbox


def client(valomnia: Valomnia, *rows: Any, **other: Any) -> ValomniaClient:
    """Return a client of a Valomnia that tells these contacts, or other parts of a page."""
    page = {"paging": {"total": len(rows), "max": 100}, "data": rows}
    answering(valomnia, LIST, {**page, **other})
    return ValomniaClient(valomnia.tap_config(), SEND)


NO_PAGES: dict[str, list[dict[str, Any]]] = {
    "paging": [{"paging": each} for each in WRONG],
    "total": [{"paging": {"total": each}} for each in (None, "", "7", 1.5, [7], {"x": 7})],
    "data": [{"data": each} for each in WRONG if each != []],
    "a row": [{"data": [ROW, each]} for each in WRONG],
    "its id": [{"data": [{**ROW, "id": each}]} for each in (*FALSY, True, 1.5, ["x"], [7])],
    "its customer": [{"data": [{**ROW, "customer": each}]} for each in (True, 7, 1.5, "x", ["x"])],
}


@pytest.mark.parametrize("place", NO_PAGES)
def test_a_page_with_a_wrong_type_is_none(valomnia: Valomnia, place: str) -> None:
    """It is refused with a sentence that holds nothing of it."""
    for other in NO_PAGES[place]:
        with pytest.raises(ApiError, match=re.escape(f"Valomnia: {LIST}")) as error:
            client(valomnia, **other).page({})
        assert "C1" not in str(error.value)


def test_what_is_no_object_is_no_page(valomnia: Valomnia) -> None:
    """It is refused alike."""
    for body in WRONG:
        asks = client(valomnia)
        answering(valomnia, LIST, body)
        with pytest.raises(ApiError, match=re.escape(f"Valomnia: {LIST}")):
            asks.page({})


def test_a_row_without_parents_is_read(valomnia: Valomnia) -> None:
    """What is empty is none; the user of a contact is passed on as it is told."""
    for each in FALSY:
        row = {**ROW, "customer": each, "user": each}
        (read,) = map(normal, client(valomnia, row).page({}).rows)
        parents = read["customer"], read["user"], read["customer_id"], read["customer_reference"]
        assert parents == (None,) * 4
    for each in (*NO_TEXTS, "x y"):
        (read,) = map(normal, client(valomnia, {**ROW, "user": each}).page({}).rows)
        assert (read["user"], read["customer_id"]) == (each, "3229")


def test_a_photo_of_a_wrong_type_has_no_other_sizes() -> None:
    """It is passed on as it is told."""
    for each in NO_TEXTS:
        record = normal({**ROW, "photo": each})
        assert (record["photo"], record["small_photo"], record["medium_photo"]) == (
            each,
            None,
            None,
        )


@pytest.mark.parametrize("part", ["id", "name"])
def test_a_customer_of_a_wrong_type_is_not_found(valomnia: Valomnia, part: str) -> None:
    """Others are."""
    other = {"id": 6, "customer": {"id": 1, "name": "Globex"}}
    for each in (*FALSY, True, ["x"], [7], {"x": 7}):
        row = {**ROW, "customer": {"id": 3229, "name": "ACME", part: each}}
        found = Customers(client(valomnia, row, other), "name").all()
        assert found == {"Globex": {"1"}}


def test_a_contact_without_a_customer_shows_none(valomnia: Valomnia) -> None:
    """Nor does it hide those of others."""
    rows = [{"id": n, "customer": each} for n, each in enumerate(FALSY, 1)]
    for key in ("name", "reference"):
        found = Customers(client(valomnia, *rows, {**ROW, "id": 6}), key).all()
        assert found == {ROW["customer"][key]: {"3229"}}
