"""Contacts and secrets that must not show, and APIs that quote them."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote_plus
from xml.sax.saxutils import escape

from tests.sandbox.bas_ip import BasIp
from tests.sandbox.cobai import Cobai
from tests.sandbox.messages import Request, Response
from tests.sandbox.porters import CLIENT_ID, OWNER_ID, Porters
from tests.sandbox.server import Sandbox
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ACCESS_TOKEN, ZohoVoice
from tests.support.people import put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sandbox.faults import Fault
    from tests.support.commands import Finished


QUICK = {"timeout_seconds": 0.5, "batch_size_rows": 2}
SECRET = "k4narie/geheim+0&<wort>"
DEFAULT_PASSWORD = "k4narie-kennwort&<0>"
TOKENS = (ACCESS_TOKEN, "1000.k4narie-refresh")
NAME, MAIL, PHONE, FIRST = "Kanarienvögel", "kanarie+a@example.com", "+4917612345678", 'Pi"e&p<'
CONTACT = (NAME, MAIL, PHONE, FIRST, "Kanarienweg", "0176/1234")


def person(number: int) -> dict[str, Any]:
    """Return a contact all of whose values are canaries, different from all others."""
    names = {"first_name": f"{FIRST}{number}", "last_name": f"{NAME}{number}"}
    ways = {"email": f"{number}{MAIL}", "mobile": f"{PHONE}{number}", "phone": f"0176/1234{number}"}
    login = {"user_name": f"{number}{MAIL}", "street": f"Kanarienweg {number}"}
    return {"id": f"{number}{MAIL}", **names, **ways, **login, "name": f"{NAME} {number}"}


def spellings(canary: str) -> set[str]:
    """Return how a value may be written: plain, for addresses, JSON and XML, encoded, hashed."""
    plain = canary.encode()
    digest = hashlib.md5(plain, usedforsecurity=False).hexdigest()
    return {
        *(canary, quote(canary), quote(canary, safe=""), quote_plus(canary)),
        *(json.dumps(canary)[1:-1], json.dumps(canary, ensure_ascii=False)[1:-1]),
        *(html.escape(canary), escape(canary), repr(canary)[1:-1], repr(plain)[2:-1]),
        *(base64.b64encode(plain).decode().rstrip("="), digest, digest.upper()),
    }


def found(canaries: tuple[str, ...], written: bytes) -> list[str]:
    """Return the canaries that stand in what was written, in any spelling."""
    text = written.decode("utf-8", "surrogateescape") + written.decode("latin-1")
    return [each for canary in canaries for each in spellings(canary) if each in text]


class Echoing(Sandbox):
    """A sandbox that quotes everything it is sent in answers of all kinds."""

    at: str = ""
    """Method and start of the path that is answered so."""
    answers: Iterator[Callable[[str], Response | None] | None] = iter(())
    """None stands for the API's own answer."""

    def answer(self, request: Request) -> tuple[Response | None, Fault | None]:
        """Answer in the API's place while there are answers left."""
        if not f"{request.method} {request.path}".startswith(self.at):
            return super().answer(request)
        given = next(self.answers, None)
        if given is None:
            return super().answer(request)
        headers = " ".join(f"{name}: {value}" for name, value in request.headers.items())
        body = request.body.decode("utf-8", "replace")
        sent = " ".join([headers, request.raw_path, body, unquote_plus(f"{request.query} {body}")])
        return given(sent), None


def refusal(status: int) -> Callable[[str], Response]:
    """Answer with an error in the form of all JSON APIs at once, in the words of the request."""

    def answer(sent: str) -> Response:
        told = {"code": sent, "message": sent, "error": sent, "error_description": sent}
        return Response(status, json.dumps({**told, "status": "ERROR"}).encode())

    return answer


def nested(sent: str) -> Response:
    """Answer with an error in an object."""
    error = {"code": sent, "message": sent, "title": sent}
    return Response(400, json.dumps({"error": error}).encode())


def system(sent: str) -> Response:
    """Answer with an error in XML."""
    text = "".join(escape(each) for each in sent if each.isprintable())
    return Response(400, f"<System><Code>8</Code><Message>{text}</Message></System>".encode())


def page(status: int) -> Callable[[str], Response]:
    """Answer with an HTML page."""
    return lambda sent: Response(status, f"<html><body>{html.escape(sent)}</body></html>".encode())


def elsewhere(sent: str) -> Response:
    """Answer with a redirect."""
    return Response(302, sent.encode(), {"Location": f"http://localhost:9/?{quote(sent)[:5000]}"})


def malformed(sent: str) -> Response:
    """Answer with headers that are none."""
    clean = quote(sent, safe=" +&<>@/")[:5000]
    return Response(200, b"", {"Content-Length": clean, "Retry-After": clean, "Set-Cookie": clean})


def cut(_: str) -> None:
    """Close the connection."""


ANSWERS = (
    *(refusal(200), refusal(400), refusal(401), nested, system, page(200), page(403), page(503)),
    *(elsewhere, malformed, cut, refusal(500)),
)


class EchoingBasIp(Echoing, BasIp):
    """A monitor that quotes."""


class EchoingCobai(Echoing, Cobai):
    """A cobai that quotes."""


class EchoingPorters(Echoing, Porters):
    """A PORTERS that quotes."""


class EchoingValomnia(Echoing, Valomnia):
    """A Valomnia that quotes."""


class EchoingZoho(Echoing, ZohoVoice):
    """A Zoho Voice that quotes."""


DESTINATIONS: dict[str, Callable[[], Echoing]] = {
    "bas_ip": lambda: EchoingBasIp(password=SECRET),
    "cobai": lambda: EchoingCobai(secret_access_key=SECRET),
    "porters": lambda: EchoingPorters(app_secret=SECRET),
    "valomnia": lambda: EchoingValomnia(password=SECRET),
    "zoho_voice": lambda: EchoingZoho(client_secret=SECRET, refresh_token=TOKENS[1]),
}
WRITES = {
    "bas_ip": "POST /api/v0/contacts",
    "cobai": "POST /v2/customer",
    "porters": "POST /v1/contact",
    "valomnia": "POST /api/v1.0/contacts",
    "zoho_voice": "POST /rest",
}
"""Method and start of the path by which contacts are created."""


def endless() -> Iterator[Callable[[str], Response | None]]:
    """Return every kind of answer, again and again."""
    return itertools.cycle(ANSWERS)


def config_of(sandbox: Sandbox) -> dict[str, Any]:
    """Return a sandbox's target config, with a password for new contacts that is a canary."""
    config = sandbox.target_config()
    if sandbox.api == "cobai":
        config["defaults"] = {**config["defaults"], "password": DEFAULT_PASSWORD}
    return config


SECRETS = (SECRET, DEFAULT_PASSWORD, *TOKENS)
PERSON = {
    "first_name": FIRST,
    "last_name": NAME,
    "name_reading": NAME,
    "email": MAIL,
    "mobile": PHONE,
    "phone": CONTACT[5],
    "street": CONTACT[4],
    "note": f"{NAME} {MAIL}",
    "gender": "FEMALE",
}
READS = {
    "cobai": "GET /v2/customer",
    "porters": "GET /v1/contact",
    "valomnia": "GET /api/v1.0/contacts",
    "zoho_voice": "GET /rest/json/zv/contacts",
}
"""The same by which they are read."""


def source(api: str) -> Echoing:
    """Return a server that holds a contact of canaries, and at PORTERS such a client and owner."""
    sandbox = DESTINATIONS[api]()
    if isinstance(sandbox, Porters):
        sandbox.add_client(CLIENT_ID, NAME)
        sandbox.add_user(OWNER_ID, FIRST)
    put(sandbox, PERSON | ({"password": DEFAULT_PASSWORD} if api == "cobai" else {}))
    return sandbox


def but_records(run: Finished) -> bytes:
    """Return what a tap wrote, less the records."""
    lines = zip(run.out.splitlines(), run.messages, strict=True)
    kept = [line for line, message in lines if message["type"] != "RECORD"]
    return "\n".join([run.log, *kept]).encode()
