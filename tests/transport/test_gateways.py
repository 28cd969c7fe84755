"""What stands before an API speaks, too: its words are never taken for the API's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tap_contacts.apis.porters import wire
from tap_contacts.transport.adapter import prepared
from tap_contacts.transport.session import Answer
from tap_contacts.transport.verdict import Verdict
from target_contacts.target import SINKS
from tests.crash.lab import KINDS
from tests.crash.people import person, shapes
from tests.sandbox.bas_ip import CONTACTS_PATH
from tests.support.commands import Workplace, contacts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_contacts.transport.client import ApiClient
    from tests.sandbox.server import Sandbox

CLIENTS: Mapping[str, type[ApiClient]] = {api: kind.client_class for api, kind in SINKS.items()}
STATUSES = (
    *(
        200,
        201,
        202,
        204,
        301,
        302,
        304,
        307,
        400,
        401,
        403,
        404,
        405,
        408,
        409,
        411,
        413,
        415,
        418,
    ),
    *(421, 422, 423, 425, 429, 431, 451, 499, 500, 501, 502, 503, 504, 507, 511, *range(520, 531)),
)
HTML = "<!DOCTYPE html><html><head><title>Error</title></head><body><h1>No</h1></body></html>"

FOREIGN = {
    "an upstream's time-out": {"error": "upstream request timeout"},
    "words for a code": {"error": "Bad Request", "message": "x", "path": "/x", "status": 400},
    "a word like a code": {"error": "not_found"},
    "true for an error": {"error": True},
    "an object for an error": {"error": {"code": 404, "message": "no route", "status": "X"}},
    "errors in a list": {"errors": [{"code": "not_found", "message": "x"}]},
    "a message": {"message": "Endpoint request timed out"},
    "a code and a message": {"code": "upstream_error", "message": "no healthy upstream"},
    "a status in words": {"status": "error", "code": "x1", "message": "no"},
    "a status without code": {"status": "ERROR", "message": "no"},
    "a status as a number": {"status": 404, "title": "Not Found", "type": "about:blank"},
    "no success": {"success": False},
    "an empty object": {},
    "an empty list": [],
    "a list": ["first name is missing"],
    "null": None,
    "a number": 0,
    "a text": "no",
}
PAGES = {
    "nothing": "",
    "blanks": " \r\n",
    "a page": HTML,
    "a page in XML": "<html><body>No</body></html>",
    "words": "upstream connect error or disconnect/reset before headers",
    "a broken element": "<Error><Code>",
    "a document with a type": "<!DOCTYPE x><System><Code>7</Code></System>",
    "an envelope": "<s:Envelope xmlns:s='http://x'><s:Body/></s:Envelope>",
    "a fault": "<am:fault xmlns:am='http://x'><am:code>101503</am:code></am:fault>",
    "JSON cut off": '{"error": "upst',
}
BODIES = {**{name: json.dumps(value) for name, value in FOREIGN.items()}, **PAGES}

PLAIN = {("cobai", "nothing", 404), ("cobai", "nothing", 405)}
PLAIN |= {("cobai", "blanks", 404), ("cobai", "blanks", 405)}
"""Bare statuses that an API is documented to answer with."""

UUID = "fe79e3c0-f685-42d5-92b5-c46f04803c8f"


def porters_body(contact_id: str) -> bytes:
    """Return what is sent to PORTERS."""
    item = wire.Writer().item(contact_id, {"Contact.P_Name": "Anna"})
    return wire.document([item])


REQUESTS: Mapping[str, Mapping[str, tuple[str, str, Any]]] = {
    "zoho_voice": {
        "create": ("POST", "/rest/json/zv/contacts", b""),
        "update": ("PUT", "/rest/json/zv/contacts/1", b""),
        "read": ("GET", "/rest/json/zv/contacts", None),
    },
    "cobai": {
        "create": ("POST", f"/v2/customer/{UUID}/contact", b""),
        "update": ("PUT", f"/v2/customer/{UUID}/contact/{UUID}", b""),
        "read": ("GET", "/v2/customer", None),
    },
    "porters": {
        "create": ("POST", "/v1/contact?partition=1", porters_body("-1")),
        "update": ("POST", "/v1/contact?partition=1", porters_body("7")),
        "read": ("GET", "/v1/contact?partition=1", None),
    },
    "valomnia": {
        "create": ("POST", "/api/v1.0/contacts", b""),
        "update": ("POST", "/api/v1.0/contacts/7", b""),
        "read": ("GET", "/api/v1.0/contacts", None),
    },
    "bas_ip": {"update": ("POST", CONTACTS_PATH, b"{}")},
}
"""Method, path and body of what is asked of each API."""


class Judged(NamedTuple):
    """What a client makes of an answer."""

    verdict: Verdict
    sure: bool


@pytest.fixture(scope="module")
def clients() -> dict[str, ApiClient]:
    """Return a client of each API; nothing is sent.

    That of PORTERS has been answered before. Else it would ask what a company that is not there
    means.
    """
    found: dict[str, ApiClient] = {}
    for api, kind in CLIENTS.items():
        with KINDS[api]() as sandbox:
            found[api] = kind(sandbox.target_config()[api], {})
    judged(found["porters"], "create", 200, ITEM)
    return found


def judged(client: ApiClient, what: str, status: int, body: str) -> Judged:
    """Return what a client makes of an answer to a request."""
    method, path, sent = REQUESTS[client.api][what]
    request = prepared(method, client.origin + path, data=sent)
    judgement = client.judge(Answer(request, status, {}, body.encode()))
    return Judged(judgement.verdict, judgement.sure)


def answers() -> Iterator[tuple[str, int, str]]:
    """Yield all foreign answers: name of the body, status and body."""
    for name, body in BODIES.items():
        for status in STATUSES:
            yield name, status, body


NEITHER_DONE_NOR_REFUSED = {Verdict.UNKNOWN, Verdict.RENEW, Verdict.STOP, Verdict.RETRY}


@pytest.mark.parametrize(
    ("api", "what"), [(api, what) for api, requests in REQUESTS.items() for what in requests]
)
def test_a_foreign_answer_is_neither_success_nor_refusal(
    clients: dict[str, ApiClient], api: str, what: str
) -> None:
    """Whatever is said at whatever status, but for the bare statuses that are documented."""
    wrong = []
    for name, status, body in answers():
        verdict, sure = judged(clients[api], what, status, body)
        bare = api == "cobai" and what == "update" and status in {200, 204} and not body.strip()
        if bare or (api, name, status) in PLAIN:
            continue
        doubles = what == "create" and sure and verdict in {Verdict.RENEW, Verdict.STOP}
        if verdict not in NEITHER_DONE_NOR_REFUSED or doubles:
            wrong.append((name, status, verdict, sure))
    assert wrong == []


@pytest.mark.parametrize("api", REQUESTS)
def test_only_too_many_requests_say_surely_that_nothing_was_done(
    clients: dict[str, ApiClient], api: str
) -> None:
    """A foreign answer lets a request be sent again blindly at one status alone."""
    what = "update" if api == "bas_ip" else "create"
    blindly = {
        status
        for name, status, body in answers()
        if judged(clients[api], what, status, body).verdict is Verdict.RETRY
    }
    assert blindly == {429}


# What is the API's own.

OK = Judged(Verdict.DONE, sure=True)
REFUSED = Judged(Verdict.REJECT, sure=True)
MISSING = Judged(Verdict.MISSING, sure=True)
STOP = Judged(Verdict.STOP, sure=True)
RENEW = Judged(Verdict.RENEW, sure=True)
UNKNOWN = Judged(Verdict.UNKNOWN, sure=True)
UNCLEAR = Judged(Verdict.UNKNOWN, sure=False)
"""What is not in the API's form, so that it may be another's."""
RETRY = Judged(Verdict.RETRY, sure=True)
SIGNED_OUT = Judged(Verdict.RENEW, sure=False)
BARRED = Judged(Verdict.STOP, sure=False)

ZOHO_ERROR = '{"code": "ZV9", "message": "no", "status": "ERROR"}'
ZOHO_CONTACT = '{"code": "200", "status": "SUCCESS", "contacts": {"contact_id": 7}}'
COBAI_ERROR = '<?xml version="1.0"?><BadRequest><message>no</message></BadRequest>'
SYSTEM = "<System><Code>{}</Code></System>"
ITEM = "<Contact><Item><Id>7</Id><Code>0</Code></Item></Contact>"
VALOMNIA_ERROR = '{{"error": "{}", "error_description": "no"}}'
BROKEN = '{"error": "exceeded_file_size","error_description": "should not exceed 2Mo}'

OWN = [
    ("zoho_voice", "create", 200, ZOHO_CONTACT, OK),
    ("zoho_voice", "create", 201, ZOHO_CONTACT, OK),
    ("zoho_voice", "create", 200, ZOHO_CONTACT[:-5], UNCLEAR),
    *(
        ("zoho_voice", "create", status, ZOHO_ERROR, REFUSED)
        for status in (200, 400, 409, 413, 422)
    ),
    *(("zoho_voice", "create", status, ZOHO_ERROR, UNKNOWN) for status in (408, 500, 502, 503)),
    ("zoho_voice", "create", 400, ZOHO_ERROR[:-5], UNCLEAR),
    ("zoho_voice", "create", 401, ZOHO_ERROR, RENEW),
    ("zoho_voice", "create", 401, HTML, SIGNED_OUT),
    ("zoho_voice", "read", 401, "", SIGNED_OUT),
    ("zoho_voice", "create", 403, ZOHO_ERROR, STOP),
    ("zoho_voice", "update", 404, ZOHO_ERROR, MISSING),
    ("zoho_voice", "create", 429, ZOHO_ERROR, RETRY),
    ("zoho_voice", "create", 200, '{"code": "ZVT0052", "status": "ERROR"}', RENEW),
    ("zoho_voice", "create", 400, '{"code": "ZVT010", "status": "ERROR"}', STOP),
    ("zoho_voice", "create", 400, '{"code": "INVALID_OAUTHTOKEN"}', RENEW),
    ("cobai", "create", 400, COBAI_ERROR, REFUSED),
    ("cobai", "create", 400, COBAI_ERROR[:-5], UNCLEAR),
    ("cobai", "create", 400, "", UNCLEAR),
    *(("cobai", "create", status, COBAI_ERROR, REFUSED) for status in (405, 409, 422)),
    *(("cobai", "create", status, COBAI_ERROR, STOP) for status in (401, 403)),
    *(("cobai", "create", status, HTML, BARRED) for status in (401, 403)),
    *(("cobai", "create", 404, body, MISSING) for body in ("", "<Error/>")),
    *(("cobai", "update", 404, body, MISSING) for body in ("", "<Error/>")),
    *(("cobai", "update", status, "", OK) for status in (200, 204)),
    *(("cobai", "create", status, COBAI_ERROR, UNCLEAR) for status in (200, 413, 500, 503, 522)),
    ("porters", "create", 200, ITEM, OK),
    ("porters", "create", 201, ITEM, UNCLEAR),
    ("porters", "create", 200, ITEM[:-5], UNCLEAR),
    *(("porters", "create", status, SYSTEM.format(8), REFUSED) for status in (200, 400, 413, 500)),
    *(("porters", "create", 400, SYSTEM.format(code), UNKNOWN) for code in (302, 1000, 99999)),
    ("porters", "create", 400, SYSTEM.format("x"), UNCLEAR),
    *(("porters", "create", 400, SYSTEM.format(code), RENEW) for code in (401, 402, 404)),
    *(("porters", "create", 200, SYSTEM.format(code), STOP) for code in (5, 403, 406)),
    ("porters", "update", 200, SYSTEM.format(302), REFUSED),
    ("porters", "create", 400, "<Contact><Code>7</Code></Contact>", MISSING),
    ("porters", "create", 200, SYSTEM.format(9), RETRY),
    *(("porters", "create", 400, body, UNCLEAR) for body in ("<System/>", "<Contact/>")),
    ("porters", "create", 404, "<Error><Code>404</Code></Error>", UNCLEAR),
    ("valomnia", "create", 201, '{"id": 7}', OK),
    ("valomnia", "create", 201, '{"id": 7', UNCLEAR),
    ("valomnia", "create", 400, VALOMNIA_ERROR.format("save_failed"), REFUSED),
    ("valomnia", "create", 400, VALOMNIA_ERROR.format("quota_exceeded"), REFUSED),
    ("valomnia", "create", 422, VALOMNIA_ERROR.format("quota_exceeded"), UNKNOWN),
    ("valomnia", "create", 400, BROKEN, REFUSED),
    ("valomnia", "create", 400, '{"error": "save_fai', UNCLEAR),
    ("valomnia", "create", 404, VALOMNIA_ERROR.format("not_found"), MISSING),
    ("valomnia", "create", 500, VALOMNIA_ERROR.format("server_error"), UNKNOWN),
    *(("valomnia", "create", s, '{"error": "no_credentials"}', RENEW) for s in (200, 401, 403)),
    ("valomnia", "create", 401, HTML, SIGNED_OUT),
    *(("valomnia", "create", status, HTML, BARRED) for status in (403, 404, 405, 415)),
    ("bas_ip", "update", 200, '{"result": []}', OK),
    ("bas_ip", "update", 400, '{"error": "Wrong JSON body"}', REFUSED),
    ("bas_ip", "update", 400, '{"error": "Wrong JSON body: no value for `name`"}', REFUSED),
    ("bas_ip", "update", 400, '{"error": "Body: no value for `name`"}', REFUSED),
    ("bas_ip", "update", 400, '{"error": "X: value `name` was of the wrong type"}', REFUSED),
    ("bas_ip", "update", 400, '{"error": {"code": "not_valid", "message": "no"}}', REFUSED),
    ("bas_ip", "update", 400, '{"error": "Identifiers exceeded"}', REFUSED),
    ("bas_ip", "update", 400, '{"error": {"code": "not_valid", "message": "x"}}', REFUSED),
    ("bas_ip", "update", 404, '{"error": {"code": "not_valid", "message": "x"}}', STOP),
    ("bas_ip", "update", 429, '{"error": "Contacts exceeded"}', RETRY),
    ("bas_ip", "update", 401, '{"error": "Log In"}', RENEW),
    ("bas_ip", "update", 401, "", RENEW),
    ("bas_ip", "update", 403, "", BARRED),
    ("bas_ip", "update", 404, HTML, BARRED),
    ("bas_ip", "update", 400, '{"error": {"code": "permission_denied"}}', STOP),
    ("bas_ip", "update", 404, '{"error": "Not Found"}', STOP),
    ("bas_ip", "update", 500, '{"error": {"code": "system_error"}}', UNKNOWN),
]


@pytest.mark.parametrize("line", OWN, ids=lambda line: " ".join(map(str, line[:4]))[:60])
def test_an_answer_in_the_apis_own_form_means_what_it_says(
    clients: dict[str, ApiClient], line: tuple[str, str, int, str, Judged]
) -> None:
    """Refusals, ended sign-ins and what is not there keep their meaning."""
    api, what, status, body, expected = line
    assert judged(clients[api], what, status, body) == expected


# What becomes of the contacts.

PEOPLE = [person(number) for number in range(1, 7)]
UPSTREAM = json.dumps(FOREIGN["an upstream's time-out"])
WORDS = [
    *((status, UPSTREAM) for status in (400, 401, 403, 404, 413, 422, 522)),
    *[(200, "{}"), (201, "{}"), (413, HTML), (403, HTML), (400, HTML), (422, "[]")],
]

BARRING = [(405, HTML)]
"""What is said to the first write of a run, when nothing was served before."""


def numbered(sandbox: Sandbox) -> dict[int, int]:
    """Return how often each contact is held."""
    return {number: len(each) for number, each in shapes(sandbox.contacts).items()}


@pytest.mark.parametrize("api", sorted(KINDS))
def test_the_words_of_a_gateway_lose_and_double_nothing(workplace: Workplace, api: str) -> None:
    """Creates that it answered in the API's place are looked up, and no record is called bad.

    Of updates what is said once, where others were served before, is asked again.
    """
    numbers = range(1, 2 * len(WORDS) + 1)
    turn = sorted(KINDS).index(api)
    with KINDS[api]() as sandbox:
        config = {**sandbox.target_config(), "concurrency": 1, "batch_size_rows": 2}
        for number, (status, body) in zip(numbers[::2], WORDS, strict=True):
            said = {"status": status, "body": body, "commit": (number // 2 + turn) % 2 == 0}
            sandbox.fault(on="POST", holding=f"4915{number:09}", **said)
        run = workplace.target(config, contacts(*map(person, numbers)))
        assert (run.code, run.summary["rejected"]) == (0, 0)
        assert (numbered(sandbox), sandbox.faults[-1].times) == (dict.fromkeys(numbers, 1), 0)
        sandbox.faults.clear()
        for number, (status, body) in zip(numbers[::2], BARRING + WORDS[1:], strict=True):
            sandbox.fault(holding=f"4915{number:09}", status=status, body=body)
        run = workplace.target(config, contacts(*(person(number, 2) for number in numbers)))
        assert (run.code, run.summary["updated"]) == (0, len(numbers))
        assert (numbered(sandbox), sandbox.faults[-1].times) == (dict.fromkeys(numbers, 1), 0)


@pytest.mark.parametrize("api", sorted(KINDS))
def test_a_record_that_is_too_large_for_a_gateway_is_rejected_alone(
    workplace: Workplace, api: str
) -> None:
    """It is found in the rejects with a code, and lands once the gateway lets it through.

    A sign-in that ends meanwhile without a word is renewed: a bare 401 may come from anything, so
    that the create is looked up.
    """
    with KINDS[api]() as sandbox:
        config = {**sandbox.target_config(), "concurrency": 1, "batch_size_rows": 2}
        sandbox.fault(on="POST", holding=f"4915{3:09}", status=413, body=HTML, times=-1)
        ended = sandbox.fault(on="POST", holding=f"4915{5:09}", status=401, expire=True)
        run = workplace.target(config, contacts(*PEOPLE))
        assert (run.code, run.summary["rejected"], numbered(sandbox)) == (
            3,
            1,
            dict.fromkeys((1, 2, 4, 5, 6), 1),
        )
        assert ended.times == 0
        [rejection] = workplace.rejections
        assert rejection["code"] in {"outcome_unknown", "too_large"}
        assert rejection["http_status"] == 413
        sandbox.faults.clear()
        assert workplace.target(config, contacts(*PEOPLE)).code == 0
        assert numbered(sandbox) == dict.fromkeys(range(1, 7), 1)


@pytest.mark.parametrize(("status", "advice"), [(401, "its scope"), (403, "api_url and proxies")])
def test_creates_that_are_all_barred_end_the_run(
    workplace: Workplace, status: int, advice: str
) -> None:
    """Nothing is rejected, the last line says what was answered, and no token is asked for anew."""
    with KINDS["zoho_voice"]() as zoho:
        zoho.fault(on="POST /rest", status=status, body=HTML, times=-1)
        run = workplace.target(zoho.target_config(), contacts(*map(person, range(1, 13))))
        assert (run.code, run.summary["rejected"], zoho.contacts) == (1, 0, [])
        assert f"the first writes into this account: HTTP {status}." in run.log.splitlines()[-1]
        assert advice in run.log.splitlines()[-1]
        assert sum(line.request.method == "POST" for line in zoho.log) == 3
        assert sum(line.request.path.startswith("/oauth") for line in zoho.log) == 1
