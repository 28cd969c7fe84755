"""Promises of Zoho Voice's documents, and adverse readings of them, that its sandbox keeps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import requests

from tests.sandbox.zoho_voice import (
    ACCESS_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    CONTACTS_PATH,
    REFRESH_TOKEN,
    THROTTLED,
    TOKEN_PATH,
    ZohoVoice,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ANN: dict[str, Any] = {"first_name": "Ann", "mobile": "+12015550100"}
VIP = {"id": "1000000000031", "display_value": "VIP"}
SENT = {"contact": json.dumps(ANN)}
HEADERS = {"Authorization": f"Zoho-oauthtoken {ACCESS_TOKEN}", "Accept": "application/json"}
UNAUTHORIZED = {"code": "ZVT0052", "message": "Unauthorized access.", "status": "ERROR"}
SUCCESS, BAD_PARAMETER = ("SUCCESS", "200"), ("ERROR", "ZVT9001")
READ_ONLY = ("contact_id", "contact_owner", "created_time", "number")
REFUSED_VALUES: list[tuple[str, Any]] = [
    *(("first_name", ""), ("first_name", None), ("mobile", " "), ("mobile", 12015550100)),
    *(("company", "x" * 256), ("company", ["Acme"]), ("is_favourite", "True"), ("is_spam", True)),
    *(("contact_status", value) for value in ("VIP", {}, {"id": VIP["id"]}, {**VIP, "id": "1"})),
    *((key, "1") for key in (*READ_ONLY, "city", "メール")),
]
REFUSED_TEXTS = [
    *(json.dumps({**ANN, key: value}) for key, value in REFUSED_VALUES),
    *(json.dumps({key: value}) for key, value in ANN.items()),
    *(str(ANN), f"[{json.dumps(ANN)}]", '{"first_name": "Ann", "mobile": "\\ud800"}', ""),
]
REFUSED_WRITES: list[dict[str, Any]] = [
    *({"data": {"contact": text}} for text in REFUSED_TEXTS),
    *({}, {"json": ANN}, {"data": ANN}, {"params": SENT}, {"data": {"data": json.dumps(ANN)}}),
    *({"headers": {**HEADERS, "Accept": each}, "data": SENT} for each in ("*/*", "text/html")),
    *({"params": {"x": "1"}, "data": SENT}, {"data": {**SENT, "x": "1"}}),
    *({"files": {"contact": (None, json.dumps(ANN))}}, {"data": f"contact={json.dumps(ANN)}"}),
]


@pytest.fixture
def sandbox() -> Iterator[ZohoVoice]:
    """Serve an account without contacts."""
    with ZohoVoice() as sandbox:
        yield sandbox


def call(sandbox: ZohoVoice, method: str, path: str = "", **settings: Any) -> Any:
    """Send a request with the headers of the documents and return the JSON of its answer."""
    url = sandbox.url + CONTACTS_PATH + path
    return requests.request(method, url, timeout=5, **{"headers": HEADERS, **settings}).json()


def outcome(sandbox: ZohoVoice, method: str, path: str = "", **settings: Any) -> tuple[str, str]:
    """Send a request and return what its answer says of success."""
    answer = call(sandbox, method, path, **settings)
    return answer["status"], answer["code"]


def write(sandbox: ZohoVoice, method: str, path: str = "", **fields: Any) -> Any:
    """Send a contact as the documents say."""
    return call(sandbox, method, path, data={"contact": json.dumps(fields)})


def refresh(sandbox: ZohoVoice, part: str = "data", **changes: Any) -> Any:
    """Send a refresh-token grant, without what is None, and return the JSON of its answer."""
    grant = {key: value for key, value in sandbox.tap_config().items() if "url" not in key}
    sent: dict[str, Any] = {part: {"grant_type": "refresh_token", **grant, **changes}}
    return requests.post(sandbox.url + TOKEN_PATH, timeout=5, **sent).json()


def test_create_answers_the_single_record(sandbox: ZohoVoice) -> None:
    """A create answers the contact with ids as numbers, too long for a float, and "" for empty."""
    contact = write(sandbox, "POST", **ANN)["contacts"]
    empty = "address company country email is_favourite is_spam last_name mobile1 mobile2 mobile3"
    keys = (*empty.split(), "phone", "phone1", "phone2", "phone3", "state", *ANN, *READ_ONLY)
    own = (58399000000003017, 58399000000003015, 1728037831825, ["+12015550126"])
    assert contact == dict.fromkeys(keys, "") | ANN | dict(zip(READ_ONLY, own, strict=True))
    assert int(float(contact["contact_id"])) != contact["contact_id"]


def test_values_are_kept_as_sent(sandbox: ZohoVoice) -> None:
    """A create takes the keys of the schema and keeps their values as they came."""
    texts = {key: f" {key} +1 & é" for key in ("last_name", "email", "phone3", "address", "state")}
    fields = {**ANN, **texts, "is_favourite": "true", "is_spam": "false", "contact_status": VIP}
    write(sandbox, "POST", **fields)
    assert {key: sandbox.contacts[0][key] for key in fields} == fields


def test_the_same_mobile_twice_makes_two_contacts(sandbox: ZohoVoice) -> None:
    """Nothing stops a second contact with the same mobile (adverse)."""
    ids = [str(write(sandbox, "POST", **ANN)["contacts"]["contact_id"]) for _ in range(2)]
    assert [contact["contact_id"] for contact in sandbox.contacts] == ids


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("settings", REFUSED_WRITES)
def test_other_writes_are_refused(sandbox: ZohoVoice, method: str, settings: Any) -> None:
    """A write accepts JSON and takes a contact of the schema as one form parameter, or nothing."""
    path = f"/{sandbox.add(**ANN)}" if method == "PUT" else ""
    before = sandbox.contacts
    assert outcome(sandbox, method, path, **settings) == BAD_PARAMETER
    assert sandbox.contacts == before


def test_a_refusal_quotes_the_contact(sandbox: ZohoVoice) -> None:
    """A message may repeat what was sent, personal data too (adverse)."""
    assert "+12015550100" in write(sandbox, "POST", mobile="+12015550100")["message"]


def test_a_literal_plus_becomes_a_space(sandbox: ZohoVoice) -> None:
    """A plus sign that is not percent-encoded is a space, as in any form."""
    headers = {**HEADERS, "Content-Type": "application/x-www-form-urlencoded"}
    body = 'contact={"first_name":"Ann","mobile":"+1201"}'
    assert outcome(sandbox, "POST", data=body, headers=headers) == SUCCESS
    assert sandbox.contacts[0]["mobile"] == " 1201"


def test_update_blanks_what_is_left_out(sandbox: ZohoVoice) -> None:
    """An update replaces: keys left out are blanked (adverse)."""
    contact_id = sandbox.add(**ANN, company="Acme", contact_status=VIP)
    before = sandbox.contacts[0]
    answer = write(sandbox, "PUT", f"/{contact_id}", first_name="Eve", mobile="2")
    changed = {"first_name": "Eve", "mobile": "2", "company": "", "contact_status": ""}
    assert sandbox.contacts == [before | changed]
    assert call(sandbox, "GET", f"/{contact_id}") == answer


def test_delete_answers_the_id_as_text(sandbox: ZohoVoice) -> None:
    """A delete takes the contact out and answers its id as a string."""
    contact_id = sandbox.add(**ANN)
    answer = call(sandbox, "DELETE", f"/{contact_id}")
    assert answer == {"code": "200", "contacts": contact_id, "status": "SUCCESS"}
    assert sandbox.contacts == []


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        *((method, "/58399000000003018", "ZVT9002") for method in ("GET", "PUT", "DELETE")),
        *((method, "/58399000000003017?x=1", "ZVT9001") for method in ("GET", "DELETE")),
        *((method, "/58399000000003017", "ZVT9003") for method in ("POST", "PATCH")),
        *(("GET", "/58399000000003017/1", "ZVT9003"), ("DELETE", "", "ZVT9003")),
    ],
)
def test_other_calls_are_refused(sandbox: ZohoVoice, method: str, path: str, code: str) -> None:
    """An unknown id, parameter, URL or method is an error (the codes are invented)."""
    sandbox.add(**ANN)
    data = SENT if method in ("POST", "PUT") else None
    assert outcome(sandbox, method, path, data=data) == ("ERROR", code)
    assert len(sandbox.contacts) == 1


def test_the_list_is_cut_into_pages(sandbox: ZohoVoice) -> None:
    """A list takes a row offset and a size, ten if not said, 50 at most (adverse: oldest first)."""
    ids = [sandbox.add(**ANN) for _ in range(60)]
    pages = {"": ids[:10], "?size=50": ids[:50], "?from=55": ids[55:]}
    for query, expected in pages.items():
        answer = call(sandbox, "GET", query)
        assert [contact["contact_id"] for contact in answer["contacts"]] == expected
        assert answer["meta"] == {"total": -1}
    assert call(sandbox, "GET", "?totalCount=true&from=99")["meta"] == {"total": 60}
    assert [outcome(sandbox, "GET", f"?size={size}") for size in (0, 51)] == [BAD_PARAMETER] * 2


@pytest.mark.parametrize("key", ["from", "size", "totalCount", "offset"])
@pytest.mark.parametrize("value", ["-1", "1.0", "1e1", "+1", "x", "", "True"])
def test_bad_list_parameters_are_refused(sandbox: ZohoVoice, key: str, value: str) -> None:
    """A list takes from, size of 1 to 50, totalCount of true or false, and nothing else."""
    assert outcome(sandbox, "GET", params={key: value}) == BAD_PARAMETER


@pytest.mark.parametrize(("shape", "shown"), [("list", {"contacts": []}), ("missing", {})])
def test_a_page_without_contacts(shape: str, shown: dict[str, Any]) -> None:
    """A page without contacts has an empty list or none (the documents are silent)."""
    with ZohoVoice(empty_shape=shape) as sandbox:
        answer = call(sandbox, "GET")
    assert answer == {"code": "200", "meta": {"total": -1}, **shown, "status": "SUCCESS"}


def test_the_samples_are_served_as_in_the_documents() -> None:
    """The seed is the page's: ids, owners, labels and, if chosen, the translated e-mail key."""
    with ZohoVoice(email_key="メール") as sandbox:
        sandbox.seed()
        rows = call(sandbox, "GET")["contacts"]
        single = call(sandbox, "GET", "/315000153768793")["contacts"]
        statuses = call(sandbox, "GET", "/contact_status")["contact_status"]
    keys = ("contact_id", "first_name", "last_name", "mobile", "phone", "メール")
    assert [[row[key] for key in keys] for row in rows] == [
        ["347000014281004", "Andrej", "8Foller", "+15135493562", "+15135495601", ""],
        ["347000014281005", "Art", "91Venere", "+18562644130", "+18566368749", ""],
        ["315000153768793", "test", "", "+12015550123", "", ""],
    ]
    assert rows[1]["contact_owner"] == {"display_value": "Vignesh", "id": "347000000003015"}
    own = [single[key] for key in READ_ONLY]
    assert own == [315000153768793, 415005010526109, 1728037831825, ["+12015550126"]]
    assert [status["display_value"] for status in statuses] == ["有効", "無効", "VIP"]


def test_statuses_are_the_organisations_own() -> None:
    """Statuses differ by organisation, and reads return them only if so chosen."""
    status = {"id": "7", "display_value": "VIP"}
    with ZohoVoice(statuses={"7": "VIP"}, reads_status=True) as sandbox:
        assert call(sandbox, "GET", "/contact_status")["contact_status"] == [status]
        assert write(sandbox, "POST", **ANN, contact_status=VIP)["code"] == "ZVT9001"
        sandbox.add(**ANN, contact_status=status)
        assert call(sandbox, "GET")["contacts"][0]["contact_status"] == status


def test_contacts_may_change_between_pages(sandbox: ZohoVoice) -> None:
    """An offset counts the rows there are now, so a removal makes the next page skip one."""
    ids = [sandbox.add(**ANN) for _ in range(4)]
    sandbox.on_list = lambda served: sandbox.remove(ids[0]) if served == 1 else None
    pages = [call(sandbox, "GET", f"?from={start}&size=2")["contacts"] for start in (0, 2)]
    assert [row["contact_id"] for page in pages for row in page] == [ids[0], ids[1], ids[3]]


def test_field_rules_hold_at_the_screen_too(sandbox: ZohoVoice) -> None:
    """A contact changed at the screen keeps its other fields and obeys the rules."""
    contact_id = sandbox.add(**ANN, company="Acme", contact_status=VIP)
    before = sandbox.contacts[0]
    sandbox.change(contact_id, email="ann@example.com")
    assert sandbox.contacts == [before | {"email": "ann@example.com"}]
    with pytest.raises(msgspec.ValidationError):
        sandbox.change(contact_id, mobile="")


@pytest.mark.parametrize("status", [200, 401])
@pytest.mark.parametrize("value", [None, f"Bearer {ACCESS_TOKEN}", "Zoho-oauthtoken x"])
def test_sign_in_is_demanded(status: int, value: str | None) -> None:
    """A missing, unknown or differently worded token is refused (HTTP status unknown)."""
    with ZohoVoice(error_status=status) as sandbox:
        answer = call(sandbox, "POST", data=SENT, headers={**HEADERS, "Authorization": value})
        assert (sandbox.log[0].status, answer) == (status, UNAUTHORIZED)
        assert sandbox.contacts == []


@pytest.mark.parametrize("part", ["data", "params"])
def test_a_refresh_token_buys_an_hour(part: str) -> None:
    """A grant in body or URL answers a token good for 3600 seconds."""
    now = [1000.0]
    with ZohoVoice(clock=lambda: now[0]) as sandbox:
        answer = refresh(sandbox, part)
        token = answer.pop("access_token")
        assert [*answer.values()] == [3600, "Bearer", "https://www.zohoapis.com"]
        headers = {**HEADERS, "Authorization": f"Zoho-oauthtoken {token}"}
        now[0] += 3599
        assert outcome(sandbox, "GET", headers=headers) == SUCCESS
        now[0] += 1
        assert call(sandbox, "GET", headers=headers) == UNAUTHORIZED


def test_an_ended_sign_in_is_renewed_by_a_grant(sandbox: ZohoVoice) -> None:
    """A refresh token outlives its access tokens."""
    sandbox.expire_sign_ins()
    assert call(sandbox, "GET") == UNAUTHORIZED
    headers = {**HEADERS, "Authorization": f"Zoho-oauthtoken {refresh(sandbox)['access_token']}"}
    assert outcome(sandbox, "GET", headers=headers) == SUCCESS


@pytest.mark.parametrize("value", [None, "wrong"])
@pytest.mark.parametrize("name", ["client_id", "client_secret", "refresh_token", "grant_type"])
def test_a_bad_grant_is_refused(sandbox: ZohoVoice, name: str, value: Any) -> None:
    """A grant that is wrong anywhere answers an error and no token."""
    errors = {"client_id": "invalid_client", "client_secret": "invalid_client_secret"}
    assert refresh(sandbox, **{name: value}) == {"error": errors.get(name, "invalid_code")}


def exchange(sandbox: ZohoVoice, code: str, **changes: str) -> Any:
    """Send a code of the console, and return the JSON of its answer."""
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    sent = {"grant_type": "authorization_code", **client, "code": code, **changes}
    return requests.post(sandbox.url + TOKEN_PATH, data=sent, timeout=5).json()


def test_a_code_buys_a_refresh_token_once_within_three_minutes() -> None:
    """At its own data centre only; another knows nothing of it."""
    now = [1000.0]
    with ZohoVoice(clock=lambda: now[0]) as sandbox, ZohoVoice() as other:
        code, late = sandbox.codes.issue(), sandbox.codes.issue()
        assert exchange(other, code + "x") == {"error": "invalid_code"}
        bought = exchange(sandbox, code)
        assert bought["refresh_token"] == REFRESH_TOKEN
        assert bought["access_token"].startswith(ACCESS_TOKEN)
        assert exchange(sandbox, code) == {"error": "invalid_code"}
        now[0] += 180
        assert exchange(sandbox, late) == {"error": "invalid_code"}


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("client_id", "invalid_client"),
        ("client_secret", "invalid_client_secret"),
        ("refresh_token", "invalid_code"),
    ],
)
def test_a_code_with_a_wrong_client_buys_nothing(sandbox: ZohoVoice, name: str, error: str) -> None:
    """The errors are those of a refresh."""
    assert exchange(sandbox, sandbox.codes.issue(), **{name: "x"}) == {"error": error}


def test_ten_tokens_in_ten_minutes() -> None:
    """An eleventh token in ten minutes is denied until the window has passed."""
    now = [1000.0]
    with ZohoVoice(clock=lambda: now[0]) as sandbox:
        assert len({refresh(sandbox)["access_token"] for _ in range(10)}) == 10
        now[0] += 599
        assert refresh(sandbox)["error"] == "Access Denied"
        now[0] += 1
        assert "access_token" in refresh(sandbox)


def test_too_many_requests_lock_the_api() -> None:
    """Too many requests a minute lock the API for ten minutes after the last one (adverse)."""
    now, answers = [1000.0], []
    with ZohoVoice(clock=lambda: now[0], lock_after=2) as sandbox:
        for seconds in (0, 0, 0, 599, 599, 600, 0, 0):
            now[0] += seconds
            answers.append(call(sandbox, "GET"))
        assert [line.status for line in sandbox.log] == [200, 200, 400, 400, 400, 200, 200, 400]
    assert answers[-1] == THROTTLED


def test_only_contacts_are_written(sandbox: ZohoVoice) -> None:
    """Reads and grants count as no write; refused writes do."""
    refresh(sandbox)
    call(sandbox, "GET")
    write(sandbox, "POST", first_name="Ann")
    assert [(line.request.method, line.status) for line in sandbox.writes] == [("POST", 200)]
