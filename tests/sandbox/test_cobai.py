"""The promises of cobai's documents that its sandbox keeps, and the adverse readings it takes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from email.utils import formatdate
from time import time
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
import requests
from lxml import etree

from tests.sandbox.cobai import ACCESS_KEY_ID, CUSTOMER_UUID, RICO_UUID, SECRET_ACCESS_KEY, Cobai

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COB = f"COB {ACCESS_KEY_ID}"
CONTACTS = f"/v2/customer/{CUSTOMER_UUID}/contact"
RICO = f"{CONTACTS}/{RICO_UUID}"
NOBODY = ["00000000-0000-4000-8000-000000000000", RICO_UUID.upper()]
ANNA = (
    {"firstName": "Änna", "gender": "FEMALE", "ignoreAssortment": "true", "lastName": "O'Hara & Co"}
    | {"officeMail": "anna@example.com", "role": "ROLE_SHOP_USER"}
    | {"webPassword": "pässword", "webUserName": "anna@example.com"}
)
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
ATOM = 'xmlns:atom="http://www.w3.org/2005/atom"'
SAMPLE = (
    f"{DECLARATION}<contact {ATOM}><firstName>Rico</firstName><gender>MALE</gender>"
    "<ignoreAssortment>false</ignoreAssortment><lastName>Blaa</lastName><officeFax></officeFax>"
    "<officeMail>rico@blaa.de</officeMail><officeMobile></officeMobile><officePhone></officePhone>"
    '<role>ROLE_SHOP_COSTCENTER_USER</role><atom:link rel="self" href="http://api.cobai.com/v1/'
    'customer/b00de3c0-f685-42d5-92b5-c46f04803c8f/contact/683aacec-1225-4fe5-a71b-cbb0010fe1eb"/>'
    "<uuid>683aacec-1225-4fe5-a71b-cbb0010fe1eb</uuid><webUserName>rico</webUserName></contact>"
)


@pytest.fixture
def sandbox() -> Iterator[Cobai]:
    """Start a sandbox that holds the vendor's sample."""
    with Cobai() as server:
        server.seed()
        yield server


def document(fields: Mapping[str, str]) -> bytes:
    """Write a contact with its fields in the order given."""
    root = etree.Element("contact")
    for name, value in fields.items():
        etree.SubElement(root, name).text = value
    return etree.tostring(root, encoding="UTF-8")


def send(
    sandbox: Cobai,
    call: str,
    body: str | bytes | Mapping[str, str] = b"",
    headers: Mapping[str, str] | None = None,
    signer: tuple[str, str] = (COB, SECRET_ACCESS_KEY),
) -> requests.Response:
    """Send a call such as "GET /v2/customer", signed, and as XML if there is a body."""
    method, target = call.split(" ")
    kind = {} if method == "GET" else {"Content-Type": "application/xml"}
    sent = {"Date": formatdate(usegmt=True), **kind, **(headers or {})}
    lines = [sent.get(name, "") for name in ("Content-MD5", "Content-Type", "Date")]
    text = "\n".join([method, *lines, target.partition("?")[0]])
    digest = hmac.digest(signer[1].encode(), text.encode(), "sha1")
    sent["Authorization"] = f"{signer[0]}:{base64.b64encode(digest).decode()}"
    data = body if isinstance(body, (str, bytes)) else document(body)
    return requests.request(method, sandbox.url + target, data=data, headers=sent, timeout=5)


def refusal(answer: requests.Response) -> tuple[int, str, list[str]]:
    """Return an error answer's status, root and texts."""
    root = etree.fromstring(answer.content)
    return answer.status_code, root.tag, [child.text or "" for child in root]


def uuids(answer: requests.Response) -> list[str]:
    """Return the UUIDs in an answer."""
    return [child.text or "" for child in etree.fromstring(answer.content).iter("uuid")]


def without(name: str) -> dict[str, str]:
    """Return a contact that lacks a field."""
    return {key: value for key, value in ANNA.items() if key != name}


def test_sample(sandbox: Cobai) -> None:
    """A contact is answered exactly as in the vendor's sample, but for the host of its link."""
    answer = send(sandbox, f"GET {RICO}")
    assert answer.text == SAMPLE.replace("http://api.cobai.com", sandbox.url)
    assert answer.headers["Content-Type"] == "application/xml;charset=UTF-8"


def test_create(sandbox: Cobai) -> None:
    """A new contact is answered with 201, its v1 address in Location and all but the password."""
    # Whatever Content-MD5 holds is a line of the string to sign.
    answer = send(sandbox, f"POST {CONTACTS}", ANNA, {"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="})
    path = f"customer/{CUSTOMER_UUID}/contact/{UUID(uuids(answer)[0])}"
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{sandbox.url}/v1/{path}")
    assert answer.content == send(sandbox, f"GET /v2/{path}").content
    blank = {"officeFax": "", "officeMobile": "", "officePhone": ""}
    ids = {"uuid": uuids(answer)[0], "customer_uuid": CUSTOMER_UUID}
    assert sandbox.contacts[1] == {**without("webPassword"), **blank, **ids}
    assert sandbox.passwords[ids["uuid"]] == hashlib.sha256("pässword".encode()).hexdigest()
    assert "webPassword" not in answer.text


TYPES = [(f"application/xml{each}", 201) for each in ("", ";charset=UTF-8", "; charset=utf-8")]
OTHER_TYPES = ["", "text/xml", "application/xml;charset=latin-1", "application/xml;version=1"]


@pytest.mark.parametrize(("kind", "status"), TYPES + [(each, 415) for each in OTHER_TYPES])
def test_content_type(sandbox: Cobai, kind: str, status: int) -> None:
    """A body is taken as application/xml, with UTF-8 as its charset or none, and refused else."""
    answer = send(sandbox, f"POST {CONTACTS}", ANNA, {"Content-Type": kind})
    assert (answer.status_code, len(sandbox.contacts)) == (status, 2 if status == 201 else 1)


def test_wrong_signature(sandbox: Cobai) -> None:
    """A wrong secret, key or scheme is answered with 403 and changes nothing."""
    signers = [(each, SECRET_ACCESS_KEY) for each in ("COB ?", COB.lower(), COB + " ", COB[4:])]
    for signer in [(COB, "?"), *signers]:
        answer = send(sandbox, f"POST {CONTACTS}", ANNA, signer=signer)
        assert refusal(answer) == (403, "Error", ["The signature does not match."])
    assert len(sandbox.contacts) == 1


def test_signature_of_another_request(sandbox: Cobai) -> None:
    """A signature is demanded everywhere and holds for one method and one path."""
    send(sandbox, "GET /v2/customer")
    signed = dict(sandbox.log[0].request.headers)
    tries = [("GET", "/v2/customer", signed), ("GET", CONTACTS, signed), ("GET", "/", {})]
    tries += [("DELETE", "/v2/customer", signed), ("GET", "/v2/customer", {})]
    statuses = [
        requests.request(method, sandbox.url + path, headers=headers, timeout=5).status_code
        for method, path, headers in tries
    ]
    assert statuses == [200, 403, 403, 403, 403]


DATES = [(0, "GMT", "gmt"), (0, "GMT", "+0000"), (0, ",", ""), (-16, "", ""), (16, "", "")]


@pytest.mark.parametrize(("minutes", "old", "new"), [*DATES, (-14, "", ""), (14, "", "")])
def test_date(sandbox: Cobai, minutes: int, old: str, new: str) -> None:
    """A signed Date is refused if written unlike RFC 1123 with GMT or 15 minutes off."""
    date = formatdate(time() + 60 * minutes, usegmt=True).replace(old, new)
    answer = send(sandbox, "GET /v2/customer", headers={"Date": date})
    assert answer.status_code == (403 if (minutes, old, new) in DATES else 200)


def test_customers(sandbox: Cobai) -> None:
    """The customers are listed by UUID with a v1 link, with state=new the self-registered alone."""
    new = sandbox.add_customer(new=True)
    item = f'<uuid>{new}</uuid><atom:link rel="self" href="{sandbox.url}/v1/customer/{new}"/>'
    root = f"<customerIdList {ATOM}><customer>{item}</customer></customerIdList>"
    assert send(sandbox, "GET /v2/customer?state=new").text == DECLARATION + root
    assert uuids(send(sandbox, "GET /v2/customer")) == [CUSTOMER_UUID, new]


def test_contacts(sandbox: Cobai) -> None:
    """The contacts of a customer are listed by UUID alone, oldest first."""
    sandbox.remove(sandbox.add(**ANNA))
    sandbox.add(customer_uuid=sandbox.add_customer(), **ANNA)
    mine = sandbox.add(**{**ANNA, "webUserName": "mine"})
    answer = send(sandbox, f"GET {CONTACTS}")
    assert uuids(answer) == [RICO_UUID, mine]
    assert f'href="{sandbox.url}/v1/customer/{CUSTOMER_UUID}/contact/{mine}"' in answer.text
    assert "webUserName" not in answer.text


def test_replace(sandbox: Cobai) -> None:
    """A PUT is answered with 204 and replaces every field, but keeps a password left out."""
    sandbox.change(RICO_UUID, officePhone="+49 30 1", webPassword="kept")
    answer = send(sandbox, f"PUT {RICO}", without("webPassword"))
    assert (answer.status_code, answer.content) == (204, b"")
    assert [sandbox.contacts[0][name] for name in ("firstName", "officePhone")] == ["Änna", ""]
    assert sandbox.passwords == {RICO_UUID: hashlib.sha256(b"kept").hexdigest()}


def test_user_name_given_up(sandbox: Cobai) -> None:
    """A login name may be kept in a PUT, and one given up may be used again."""
    sandbox.change(RICO_UUID, webUserName="ricardo")
    kept = send(sandbox, f"PUT {RICO}", {**ANNA, "webUserName": "Ricardo"})
    freed = send(sandbox, f"POST {CONTACTS}", {**ANNA, "webUserName": "rico"})
    assert (kept.status_code, freed.status_code) == (204, 201)


@pytest.mark.parametrize("call", [f"POST {CONTACTS}", f"PUT {RICO}"])
def test_user_name_in_use(sandbox: Cobai, call: str) -> None:
    """A login name in use by a contact of any customer is refused, whatever its letters' case."""
    sandbox.add(customer_uuid=sandbox.add_customer(), **ANNA)
    before = sandbox.contacts
    found = refusal(send(sandbox, call, {**ANNA, "webUserName": "Anna@Example.com"}))
    assert found == (400, "BadRequest", ["webUserName: 'Anna@Example.com' is in use"])
    assert sandbox.contacts == before


@pytest.mark.parametrize("name", ANNA)
def test_mandatory_fields(name: str) -> None:
    """Where what is inferred is demanded, a contact that lacks it is neither created nor replaced.

    A password left out of a replacement is kept.
    """
    with Cobai(inferred_fields=True) as sandbox:
        sandbox.seed()
        before = sandbox.contacts
        expected = (400, "BadRequest", [f"{name}: '' is not allowed"])
        assert refusal(send(sandbox, f"POST {CONTACTS}", without(name))) == expected
        assert refusal(send(sandbox, f"PUT {RICO}", {**ANNA, name: ""})) == expected
        assert sandbox.contacts == before
        status = 204 if name == "webPassword" else 400
        assert send(sandbox, f"PUT {RICO}", without(name)).status_code == status


def test_no_field_is_documented_as_mandatory(sandbox: Cobai) -> None:
    """By default a contact without any field is taken: the marks of the documents are lost."""
    assert send(sandbox, f"POST {CONTACTS}", {"lastName": "Ahrens"}).status_code == 201
    assert send(sandbox, f"PUT {RICO}", {"lastName": "Ahrens"}).status_code == 204


LIMITS = {"firstName": 35, "lastName": 35, "officeFax": 30, "officeMobile": 30, "officePhone": 30}
LIMITS |= {"officeMail": 200, "webPassword": 50, "webUserName": 80}
GOOD = [(name, "ä@".ljust(limit, "ä")) for name, limit in LIMITS.items()]
GOOD += [("role", f"ROLE_{each}USER") for each in ("SHOP_", "SHOP_COSTCENTER_", "RESTRICTED_SHOP_")]
BAD = [(name, "ä@".ljust(limit + 1, "ä")) for name, limit in LIMITS.items()]
BAD += [("gender", "DIVERSE"), ("gender", "male"), ("role", "ROLE_ADMIN")]
BAD += [("ignoreAssortment", "1"), ("firstName", " "), ("officeMail", "nobody")]


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_values(sandbox: Cobai, name: str, value: str) -> None:
    """A field of type C(n) holds n characters, and every documented code is taken."""
    fields = dict(sorted({**ANNA, name: value}.items()))
    assert send(sandbox, f"POST {CONTACTS}", fields).status_code == 201


@pytest.mark.parametrize(("name", "value"), BAD)
def test_wrong_values(sandbox: Cobai, name: str, value: str) -> None:
    """A value too long, blank, malformed or not listed is refused with a text that quotes it."""
    answer = send(sandbox, f"POST {CONTACTS}", dict(sorted({**ANNA, name: value}.items())))
    assert refusal(answer) == (400, "BadRequest", [f"{name}: '{value}' is not allowed"])
    assert len(sandbox.contacts) == 1


XML = document(ANNA).decode()
PLAIN, ORDER, SYNTAX = "plain contact", "repeated or not in alphabetical order", "not well-formed"
BODIES = [
    *[("", SYNTAX), (XML[:-3], SYNTAX), (XML.replace("FEMALE", "&#1;"), SYNTAX)],
    *[(XML.replace("contact>", "customer>"), PLAIN), (f"<!DOCTYPE contact>{XML}", PLAIN)],
    (f'<!DOCTYPE contact [<!ENTITY e "x">]>{XML.replace("FEMALE", "&e;")}', PLAIN),
    *[(XML.replace("<contact>", f"<contact{extra}", 1), PLAIN) for extra in (' a="b">', ">text")],
    *[(XML.replace("FEMALE", "<b>MALE</b>"), PLAIN), (XML.replace("<role>", '<role a="">'), PLAIN)],
    (XML.replace("<contact>", '<contact xmlns="http://www.w3.org/2005/atom">'), PLAIN),
    (f'<?xml version="1.0" encoding="UTF-16"?>{XML}'.encode("utf-16"), PLAIN),
    (f'<?xml version="1.0" encoding="ISO-8859-1"?>{XML}'.encode("latin-1"), PLAIN),
    *[(XML.encode("latin-1"), SYNTAX), (document(dict(reversed(ANNA.items()))), ORDER)],
    (XML.replace("<role>", "<role>ROLE_SHOP_USER</role><role>"), ORDER),
    (document({"customer_uuid": "x", **ANNA}), "customer_uuid: 'x' is not allowed"),
    (XML.replace("<webP", "<uuid>x</uuid><webP"), "uuid: 'x' is not allowed"),
]


@pytest.mark.parametrize(("body", "text"), BODIES)
def test_malformed_documents(sandbox: Cobai, body: str | bytes, text: str) -> None:
    """A body that is not one plain contact in UTF-8, known fields once in order, is refused."""
    status, root, texts = refusal(send(sandbox, f"POST {CONTACTS}", body))
    assert (status, root, len(texts), text in texts[0]) == (400, "BadRequest", 1, True)
    assert len(sandbox.contacts) == 1


def test_white_space(sandbox: Cobai) -> None:
    """A document may have a declaration, comments and white space between its elements."""
    body = DECLARATION + "\n" + XML.replace("><", "><!-- -->\n  <")
    assert send(sandbox, f"POST {CONTACTS}", body).status_code == 201


NOWHERE = [f"/v1{RICO[3:]}", f"{CONTACTS}/", "/v2/customer/", f"/v2/customer/{NOBODY[0]}/contact"]
METHODS = [f"DELETE {RICO}", f"POST {RICO}", f"PUT {CONTACTS}", "POST /v2/customer"]
QUERIES = ["state=old", "state=", "page=2", "state=new&page=2", "state=new&state=new"]
CALLS = [(f"{method} {path}", 404) for method in ("GET", "POST") for path in NOWHERE]
CALLS += [*[(call, 405) for call in METHODS], *[(f"GET /v2/customer?{q}", 400) for q in QUERIES]]
CALLS += [(f"{method} /v2/customer/OTHER/contact/{RICO_UUID}", 404) for method in ("GET", "PUT")]
CALLS += [(f"{call} {CONTACTS}/{uuid}", 404) for call in ("GET", "PUT") for uuid in NOBODY]
CALLS += [(f"GET {CONTACTS}?state=new", 400), (f"GET {RICO}?page=2", 400)]


@pytest.mark.parametrize(("call", "status"), CALLS)
def test_unknown_calls(sandbox: Cobai, call: str, status: int) -> None:
    """An unknown address is answered with 404, method with 405 and parameter or state with 400."""
    answer = send(sandbox, call.replace("OTHER", sandbox.add_customer()), ANNA)
    assert refusal(answer)[:2] == (status, "BadRequest" if status == 400 else "Error")
    assert len(sandbox.contacts) == 1


def test_without_inferred_calls() -> None:
    """The calls that no page describes can be missing, and creating still works."""
    with Cobai(inferred_calls=False) as sandbox:
        sandbox.seed()
        expected = {"GET /v2/customer": 200, f"POST {CONTACTS}": 201, f"GET {CONTACTS}": 405}
        expected |= {f"GET {RICO}": 404, f"PUT {RICO}": 404}
        actual = {call: send(sandbox, call, ANNA).status_code for call in expected}
    assert actual == expected
