"""Secrets and contacts stay where they belong: not in logs, STATE, ledger or process list."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote_plus
from xml.sax.saxutils import escape

import pytest
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.cobai.client import Cobai as CobaiClient
from tap_contacts.apis.zoho_voice.client import ZohoVoice as ZohoClient
from target_contacts.target import TargetContacts
from tests.commands import BIN, FAST, Finished, Workplace, contacts, singer
from tests.people import put
from tests.sandbox.bas_ip import BasIp
from tests.sandbox.cobai import Cobai
from tests.sandbox.porters import CLIENT_ID, OWNER_ID, Porters
from tests.sandbox.server import Fault, Request, Response, Sandbox
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ACCESS_TOKEN, ZohoVoice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

QUICK = {"timeout_seconds": 1, "batch_size_rows": 2}
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
    answers: Iterator[Callable[[str], Response | None]] = iter(())

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
SIGN_INS = {
    "bas_ip": "GET /api/v0/login",
    "porters": "POST /v1/token",
    "valomnia": "POST /j_spring",
    "zoho_voice": "POST /oauth",
}
WRITES = {
    "bas_ip": "POST /api/v0/contacts",
    "cobai": "POST /v2/customer",
    "porters": "POST /v1/contact",
    "valomnia": "POST /api/v1.0/contacts",
    "zoho_voice": "POST /rest",
}


def endless() -> Iterator[Callable[[str], Response | None]]:
    """Return every kind of answer, again and again."""
    return itertools.cycle(ANSWERS)


def process_list(pid: int) -> bytes:
    """Return what others see of a process, once it is the command; nothing where there is none."""
    path = Path(f"/proc/{pid}/cmdline")
    seen = b""
    while path.exists() and b"target-contacts" not in seen:
        seen = path.read_bytes()
    return seen


def run_target(workplace: Workplace, config: Mapping[str, Any], lines: str) -> bytes:
    """Run the target at its most talkative, and return all it wrote but for the rejects."""
    path = workplace.folder / "config.json"
    path.write_text(json.dumps({**FAST, **QUICK, **config}), encoding="utf-8")
    with subprocess.Popen(
        [BIN / "target-contacts", "--config", path],
        cwd=workplace.folder,
        env={**os.environ, "LOGLEVEL": "DEBUG"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        seen = process_list(process.pid)
        out, log = process.communicate(lines.encode(), timeout=60)
    assert b"Traceback" not in log
    assert b"Unexpected" not in log
    ledger = b"".join(p.read_bytes() for p in workplace.folder.glob("target-contacts.db*"))
    return seen + out + log + ledger


def config_of(sandbox: Sandbox) -> dict[str, Any]:
    """Return a sandbox's target config, with a password for new contacts that is a canary."""
    config = sandbox.target_config()
    if sandbox.api == "cobai":
        config["defaults"] = {**config["defaults"], "password": DEFAULT_PASSWORD}
    return config


def in_rejects(workplace: Workplace) -> bytes:
    """Return the rejects files, each of which must be its owner's alone."""
    paths = list((workplace.folder / "rejects").glob("*"))
    assert {path.stat().st_mode & 0o777 for path in paths} <= {0o600}
    return b"".join(path.read_bytes() for path in paths)


SECRETS = (SECRET, DEFAULT_PASSWORD, *TOKENS)


@pytest.mark.parametrize("where", ["nowhere", "at writes", "at sign-in", "everywhere"])
@pytest.mark.parametrize("api", DESTINATIONS)
def test_no_secret_and_no_contact_leaves_by_log_state_ledger_or_process_list(
    workplace: Workplace, api: str, where: str
) -> None:
    """Whatever an API quotes back: nothing of it anywhere, and no secret in the rejects either."""
    at = {"at writes": WRITES[api], "at sign-in": SIGN_INS.get(api, "GET"), "everywhere": ""}
    people = [person(number) for number in range(16)] + [{"id": MAIL, "email": NAME}]
    with DESTINATIONS[api]() as sandbox:
        sandbox.at = at.get(where, "")
        if where != "nowhere":
            sandbox.answers = iter(ANSWERS) if where == "at writes" else endless()
        lines = singer(contacts(*people, state={"seen": 1}))
        written = run_target(workplace, config_of(sandbox), lines)
    assert found((*SECRETS, *CONTACT), written) == []
    assert found(SECRETS, in_rejects(workplace)) == []


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


def source(api: str) -> Echoing:
    """Return a server that holds a contact of canaries, and at PORTERS such a client and owner."""
    sandbox = DESTINATIONS[api]()
    if isinstance(sandbox, Porters):
        sandbox.add_client(CLIENT_ID, NAME)
        sandbox.add_user(OWNER_ID, FIRST)
    put(sandbox, PERSON | ({"password": DEFAULT_PASSWORD} if api == "cobai" else {}))
    return sandbox


def read(workplace: Workplace, sandbox: Echoing, *options: str) -> Finished:
    """Run the tap at its most talkative."""
    config = {**FAST, **QUICK, sandbox.api: sandbox.tap_config()}
    return workplace.run("tap-contacts", config, *options, env={"LOGLEVEL": "DEBUG"})


def but_records(run: Finished) -> bytes:
    """Return what a tap wrote, less the records."""
    lines = zip(run.out.splitlines(), run.messages, strict=True)
    kept = [line for line, message in lines if message["type"] != "RECORD"]
    return "\n".join([run.log, *kept]).encode()


@pytest.mark.parametrize("where", ["nowhere", "at reads", "everywhere"])
@pytest.mark.parametrize("api", READS)
def test_no_secret_and_no_contact_leaves_a_tap_but_in_records(
    workplace: Workplace, api: str, where: str
) -> None:
    """What a source holds is in no log, error, SCHEMA or STATE, and its sign-in in no record."""
    with source(api) as sandbox:
        sandbox.at = READS[api] if where == "at reads" else ""
        sandbox.answers = iter(()) if where == "nowhere" else endless()
        run = read(workplace, sandbox)
    assert run.code == (0 if where == "nowhere" else 1)
    assert (MAIL in run.out) == (where == "nowhere")
    assert found((*SECRETS, *CONTACT), but_records(run)) == []
    assert found(SECRETS, run.out.encode()) == []
    assert "Unexpected" not in run.log


@pytest.mark.parametrize("api", READS)
def test_a_catalog_tells_nothing_of_contacts(workplace: Workplace, api: str) -> None:
    """Discovery may ask the API, and writes fields, but neither values nor secrets."""
    with source(api) as sandbox:
        run = read(workplace, sandbox, "--discover")
    assert run.code == 0
    assert found((*SECRETS, *CONTACT), f"{run.log}{run.out}".encode()) == []


@pytest.mark.parametrize(
    ("api", "to"), list(zip(READS, ["porters", "valomnia", "zoho_voice", "bas_ip"], strict=True))
)
def test_what_a_source_holds_stays_out_of_log_state_and_ledger(
    workplace: Workplace, api: str, to: str
) -> None:
    """From each source into another API, which at first quotes what it is sent."""
    with source(api) as sandbox, DESTINATIONS[to]() as destination:
        run = read(workplace, sandbox)
        destination.at = WRITES[to]
        destination.answers = itertools.islice(endless(), 3)
        written = run_target(workplace, config_of(destination), run.out)
    assert b"summary: {" in written
    assert found((*SECRETS, *CONTACT), written) == []
    assert found(SECRETS, in_rejects(workplace)) == []


# Where requests go.


@pytest.mark.parametrize("api", DESTINATIONS)
def test_no_request_follows_a_redirect_to_another_host(workplace: Workplace, api: str) -> None:
    """A second server hears nothing, neither of sign-ins nor of contacts nor of look-ups."""
    with DESTINATIONS[api]() as sandbox, Cobai() as other:
        away = other.url.replace("127.0.0.1", "localhost") + "/taken"
        for status, on in itertools.product((301, 302, 303, 307, 308), ("GET", "POST", "PUT")):
            sandbox.fault(on=on, status=status, headers={"Location": away})
        config = {**config_of(sandbox), "max_tries": 20, "retry_wait_seconds": 0}
        run = workplace.target(config, contacts(*map(person, range(4))))
        sandbox.fault(status=307, headers={"Location": away}, times=-1)
        stopped = workplace.target(config_of(sandbox), contacts(person(5)))
        assert other.log == []
    assert "Traceback" not in run.log + stopped.log
    assert stopped.code == 1


PLAIN = ("http://example.com", "http://127.0.0.1.example.com", "http://localhost.example.com")
TRICKS = ("http://127.0.0.1@example.com", "http://0x7f000001.example.com", "ftp://127.0.0.1")
ACCOUNTS = {
    "cobai": {"access_key_id": "x", "secret_access_key": "y"},
    "porters": {"app_id": "x", "app_secret": "y"},
    "valomnia": {"username": "x", "password": "y"},
    "zoho_voice": {"client_id": "x", "client_secret": "y", "refresh_token": "z"},
}


@pytest.mark.parametrize("url", [*PLAIN, *TRICKS])
@pytest.mark.parametrize("api", ACCOUNTS)
def test_sign_ins_do_not_travel_unencrypted(api: str, url: str) -> None:
    """Plain http beyond loopback is refused before anything is sent."""
    config = {"api": api, api: {**ACCOUNTS[api], "api_url": url}}
    with pytest.raises(ConfigurationError, match=f"{api}.api_url must"):
        TargetContacts(config=config)


def test_neither_do_those_of_the_accounts_server_and_of_sources() -> None:
    """What holds for destinations holds for every address a sign-in is sent to."""
    account = {**ACCOUNTS["zoho_voice"], "accounts_url": PLAIN[0]}
    with pytest.raises(ConfigurationError, match="accounts_url must start with https"):
        ZohoClient(account, {})
    with pytest.raises(ConfigurationError, match="api_url must start with https"):
        CobaiClient({**ACCOUNTS["cobai"], "api_url": PLAIN[0]}, {})


@pytest.mark.parametrize("url", ["http://192.0.2.10", "http://monitor.local:8080"])
def test_a_monitor_that_has_nothing_else_may_be_spoken_to_in_plain(url: str) -> None:
    """Few BAS-IP monitors offer https on their LAN; the password leaves as MD5 only."""
    account = {"username": "x", "password": "y", "api_url": url}
    target = TargetContacts(config={"api": "bas_ip", "bas_ip": account})
    assert target.this_run.client.origin == url


def test_a_password_of_the_settings_is_not_in_the_rejects(workplace: Workplace) -> None:
    """A refusal that quotes the whole request is kept, but for the password in it."""
    with EchoingCobai() as sandbox:
        sandbox.at, sandbox.answers = WRITES["cobai"], iter((system,))
        run: Finished = workplace.target(config_of(sandbox), contacts(person(1)))
    assert (run.code, run.summary["rejected"]) == (3, 1)
    (rejection,) = workplace.rejections
    assert NAME in rejection["reason"]
    assert "<webPassword>***</webPassword>" in rejection["reason"]
    assert found((DEFAULT_PASSWORD,), in_rejects(workplace)) == []
