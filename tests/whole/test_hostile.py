"""What is promised whatever an API answers and whatever is piped in."""

from __future__ import annotations

import gc
import gzip
import io
import itertools
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, cast

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from singer_sdk.exceptions import RecordsWithoutSchemaException

from tap_contacts.listing.pages import Incomplete
from tap_contacts.plugin.endings import InputError
from tap_contacts.tap import TapContacts
from tap_contacts.transport.errors import ApiError
from tap_contacts.transport.session import MOST_VALUES, Answer
from target_contacts.contact.vocabulary import ATTRIBUTES
from target_contacts.target import TargetContacts
from tests.sandbox.bas_ip import BasIp
from tests.sandbox.cobai import Cobai
from tests.sandbox.faults import Fault
from tests.sandbox.messages import Request, Response
from tests.sandbox.porters import Porters
from tests.sandbox.server import Sandbox
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ACCESS_TOKEN, ZohoVoice
from tests.support.commands import BIN, FAST, SOON, Finished, Workplace, contacts, singer

SPOKEN = (ApiError, InputError, Incomplete, RecordsWithoutSchemaException)
"""Errors that end a run with a sentence; every other one would be a fault of ours."""

MEGABYTE = bytes(1024 * 1024)
MOST_MEMORY = 150
"""Megabytes that a hostile answer may cost beyond what a harmless one does."""

WATCH = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr)
sys.exit(code)
"""
"""Runs a command and tells the most memory it took, in megabytes."""

ANNA = {"id": 1, "name": "Anna Ahrens", "first_name": "Anna", "last_name": "Ahrens"}
ANNA |= {"mobile": "+4915112345678", "email": "anna@example.com", "webUserName": "anna"}
KINDS: tuple[type[Sandbox], ...] = (BasIp, Cobai, Porters, Valomnia, ZohoVoice)
EVERY_CASE = "EVERY_CASE" in os.environ
"""Whether each case is tried, as `make crash` does; else some, since each takes a run or two."""
STEP = 1 if EVERY_CASE else 8
"""Of hostile headers with a status, each API meets every eighth."""
READ_STEP = 1 if EVERY_CASE else 3
"""Of wrong values in answers that a tap reads, every third is tried."""
EXAMPLES = 40 if EVERY_CASE else 8
"""Streams of any records that are tried with each API."""


@pytest.fixture(autouse=True, scope="module")
def garbage_kept() -> Iterator[None]:
    """Collect no garbage meanwhile: in the depth of a nested answer no finalizer could run."""
    gc.disable()
    yield
    gc.enable()


# Hostile XML and compressed bombs.


class Bombed(Sandbox):
    """A sandbox that does as it is asked, but answers with bombs until there are no more."""

    at: str = ""
    """Method and start of the path that is answered so."""
    spared: int = 0
    """How many of these requests are answered as they should be before the bombs."""
    bombs: Iterator[Response] = iter(())

    def answer(self, request: Request) -> tuple[Response | None, Fault | None]:
        """Answer with the next bomb in the API's place."""
        answered = super().answer(request)
        if not f"{request.method} {request.path}".startswith(self.at):
            return answered
        self.spared -= 1
        bomb = next(self.bombs, None) if self.spared < 0 else None
        return answered if bomb is None else (bomb, None)


class BombedCobai(Bombed, Cobai):
    """A hostile cobai."""


class BombedPorters(Bombed, Porters):
    """A hostile PORTERS."""


def inflating(megabytes: int) -> bytes:
    """Return gzip data that inflates to so much; it is a thousandth of that itself."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + block * (megabytes - 1)


def laughs(use: str) -> str:
    """Return a document whose entity would be a billion times a word, used in one way."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "ha">{entities}]>{use}'


def documents(url: str) -> dict[str, bytes]:
    """Return hostile documents; some would have an address be read."""
    entity = '<!DOCTYPE a [<!ENTITY e SYSTEM "{}">]><a>&e;</a>'
    quadratic = f'<!DOCTYPE a [<!ENTITY e "{"x" * 100_000}">]><a>{"&e;" * 100_000}</a>'
    texts = {
        "a billion laughs": laughs("<a>&e9;</a>"),
        "laughs in an attribute": laughs('<a b="&e9;"/>'),
        "quadratic": quadratic,
        "file": entity.format("file:///etc/passwd"),
        "address": entity.format(f"{url}/stolen"),
        "external DTD": f'<!DOCTYPE a SYSTEM "{url}/stolen.dtd"><a/>',
        "parameter": f'<!DOCTYPE a [<!ENTITY % e SYSTEM "{url}/stolen"> %e;]><a/>',
        "deep": "<a>" * 100_000 + "</a>" * 100_000,
        "long": f"<a>{'x' * 40_000_000}</a>",
        "wide": f"<a>{'<b/>' * 3_500_000}</a>",
        "attributes": "<a>" + '<b c="" d=""/>' * 1_000_000 + "</a>",
        "style sheet": f'<?xml-stylesheet href="{url}/stolen"?><a/>',
        "include": f'<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="{url}/x"/></a>',
        "cut": "<customerIdList><customer>",
    }
    head = '<?xml version="1.0" encoding="UTF-16"?>'
    utf16 = {"UTF-16": (head + laughs("<a>&e9;</a>").partition("?>")[2]).encode("utf-16")}
    broken = {"no UTF-8": b"<a>\xff\xfe\xc3</a>", "nothing": b"", "NUL": bytes(1000)}
    return {name: text.encode() for name, text in texts.items()} | utf16 | broken


def bombs(url: str) -> list[Response]:
    """Return hostile answers: documents, and bodies that inflate, in redirects, too."""
    plain = [Response(200, body) for body in documents(url).values()]
    once, twice = {"Content-Encoding": "gzip"}, {"Content-Encoding": "gzip, gzip"}
    packed = inflating(4000)
    away = {"Location": f"{url}/stolen", **once}
    return [
        *plain,
        Response(200, packed, once),
        Response(200, gzip.compress(packed), twice),
        Response(302, packed, away),
        Response(500, packed, once),
        Response(200, b"no gzip at all", once),
    ]


def watched(
    workplace: Workplace, command: str, config: Mapping[str, Any], lines: str = ""
) -> tuple[Finished, int]:
    """Run a command and return what it wrote, and the most memory it took in megabytes."""
    path = workplace.folder / f"{command}.json"
    path.write_text(json.dumps({**FAST, "retry_wait_seconds": 0, **config}), encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", WATCH, BIN / command, "--config", path],
        cwd=workplace.folder,
        input=lines,
        capture_output=True,
        check=False,
        timeout=100,
        text=True,
    )
    peak = int(ended.stderr.rsplit("peak ", 1)[1])
    return Finished(ended.returncode, ended.stdout, ended.stderr), peak


def stolen(sandbox: Sandbox) -> list[str]:
    """Return the paths asked for that only a hostile document names."""
    return [line.request.path for line in sandbox.log if "stolen" in line.request.path]


def test_hostile_documents_are_refused_while_reading(workplace: Workplace) -> None:
    """Each is passed over like no answer, nothing it names is read, and memory stays flat."""
    with BombedCobai() as sandbox:
        sandbox.seed()
        config = {"cobai": sandbox.tap_config(), "max_tries": 50}
        quiet, normal = watched(workplace, "tap-contacts", config)
        asked = len(sandbox.log)
        sandbox.at, sandbox.bombs = "GET /v2/customer", iter(ordered := bombs(sandbox.url))
        sandbox.spared = 1
        run, peak = watched(workplace, "tap-contacts", config)
        assert (run.code, run.records("cobai_contacts")) == (0, quiet.records("cobai_contacts"))
        assert (len(sandbox.log) - asked, stolen(sandbox)) == (len(ordered) + asked, [])
    assert peak < normal + MOST_MEMORY
    assert "Traceback" not in run.log
    assert "root:" not in run.log + run.out


LARGE = ("inflating", "long")
"""Documents that are not read to their end. They may come from the API: it is asked again."""


@pytest.mark.parametrize("opening", ["[", "{"])
@pytest.mark.parametrize("beyond", [0, 1])
def test_an_answer_of_more_values_than_are_read_is_none(opening: str, beyond: int) -> None:
    """Each takes far more memory than its bytes; they are counted before it is parsed."""
    value, end = ("0", "]") if opening == "[" else ('"":0', "}")
    body = f"{opening}{','.join([value] * (MOST_VALUES + beyond))}{end}"
    answer = Answer(requests.Request("GET", "https://h").prepare(), 200, {}, body.encode())
    assert (answer.json is None) == bool(beyond)


@pytest.mark.parametrize("name", ["a billion laughs", *LARGE])
def test_an_api_that_stays_hostile_ends_the_run_with_a_sentence(name: str) -> None:
    """It says what to check."""
    body = documents("")[name] if name != "inflating" else inflating(4000)
    headers = {"Content-Encoding": "gzip"} if name == "inflating" else {}
    larger = "no success in 5 tries; last: the answer is larger than any that makes sense"
    other = "HTTP 200. The answer is not what this API sends; check api_url and proxies."
    said = f"cobai: GET /v2/customer: {larger if name in LARGE else other}"
    with BombedCobai() as sandbox:
        sandbox.bombs = iter([Response(200, body, headers)] * 5)
        config = {"cobai": sandbox.tap_config(), "retry_wait_seconds": 0}
        with pytest.raises(ApiError, match=re.escape(said)):
            TapContacts(config=config).sync_all()


def test_a_command_whose_api_stays_hostile_ends_with_exit_code_1(workplace: Workplace) -> None:
    """It says its sentence and shows nothing of its insides."""
    with BombedCobai() as sandbox:
        sandbox.bombs = iter([Response(200, documents("")["a billion laughs"])] * 5)
        run = workplace.tap({"cobai": sandbox.tap_config()})
    assert (run.code, "Traceback" in run.log) == (1, False)
    assert "The answer is not what this API sends; check api_url and proxies." in run.log


def test_hostile_answers_to_creates_double_nothing(workplace: Workplace) -> None:
    """A create that was carried out and answered with a bomb is looked up, not sent again."""
    with BombedPorters() as sandbox:
        ordered = bombs(sandbox.url)
        people = [{**ANNA, "id": n, "name": f"Anna {n}"} for n in range(len(ordered))]
        config = {**sandbox.target_config(), "batch_size_rows": 1, "max_tries": 50}
        first = singer(contacts({**ANNA, "id": -1, "name": "The first"}))
        _, normal = watched(workplace, "target-contacts", config, first)
        sandbox.at, sandbox.bombs = "POST /v1/contact", iter(ordered)
        run, peak = watched(workplace, "target-contacts", config, singer(contacts(*people)))
        assert (run.code, run.summary["created"]) == (0, len(people))
        assert (len(sandbox.contacts), stolen(sandbox)) == (len(people) + 1, [])
    assert peak < normal + MOST_MEMORY
    assert "Traceback" not in run.log


@pytest.mark.parametrize("at", ["GET /v1/oauth", "POST /v1/token", "GET /v1/contact"])
def test_hostile_answers_to_sign_ins_and_first_look_ups_end_the_run(
    at: str, tmp_path: Path
) -> None:
    """None is taken for a token or an empty list: nothing is written."""
    with BombedPorters() as sandbox:
        sandbox.at, sandbox.bombs = at, iter(bombs(sandbox.url))
        raised, _ = delivered({**stays(sandbox, tmp_path), "max_tries": 50})
        assert isinstance(raised, ApiError)
        assert (sandbox.contacts, stolen(sandbox)) == ([], [])


def test_hostile_answers_to_look_ups_are_none(tmp_path: Path) -> None:
    """A path that was answered before is asked again, as often as any."""
    with BombedPorters() as sandbox:
        sandbox.spared = 1
        sandbox.at, sandbox.bombs = "GET /v1/contact", iter(bombs(sandbox.url))
        raised, bins = delivered({**stays(sandbox, tmp_path), "max_tries": 50})
        assert (raised, bins) == (None, {"created": 1})
        assert (next(sandbox.bombs, None), len(sandbox.contacts), stolen(sandbox)) == (None, 1, [])


def delivered(config: Mapping[str, Any]) -> tuple[BaseException | None, dict[str, int]]:
    """Send Anna from this process; return what ended the run, and the bins that hold records."""
    target = TargetContacts(config={"retry_wait_seconds": 0, **config})
    raised: BaseException | None = None
    try:
        target.run(cast("IO[str]", io.BytesIO(singer(contacts(ANNA)).encode())))
    except SPOKEN as error:
        raised = error
    return raised, {name: count for name, count in target.this_run.books.bins.items() if count}


# Hostile JSON.

PLACEHOLDER = "\N{REPLACEMENT CHARACTER}"
MARK = json.dumps(PLACEHOLDER)
WRONG = ("null", "true", "7", '"x y\\n"', "[]", "[7]", '{"x": 7}', "1e30", "9" * 40)
"""What stands, in turn, in every place of an answer."""

NO_ANSWERS = (
    *("", "null", "7", '"x"', "[]", "{}", "NaN", '{"a": 1e400}', '{"a": "\\ud800"}', '{"a": 1'),
    *("[" * 50_000, "[" * 900 + "]" * 900, "9" * 5000, "[" + "[]," * 4_000_000 + "[]]"),
)
"""What stands in the place of a whole answer."""

ONE = {
    "contact_id": "347000014281004",
    "contact_owner": {"id": "347000000003015", "display_value": "Vignesh"},
    "first_name": "Anna",
    "last_name": "Ahrens",
    "mobile": "+4915112345678",
    "email": "anna@example.com",
    "is_favourite": "false",
    "contact_status": {"id": "1", "display_value": "Active"},
}
SUCCESS = {"code": "200", "status": "SUCCESS"}
TOKEN = {"access_token": "1000.x", "expires_in": 3600, "token_type": "Bearer"}
STATUSES = {**SUCCESS, "contact_status": [{"id": "1", "display_value": "Active"}]}
FILTERED = {"error": {"title": "INTERNAL", "error_type": "OPERATIONAL_VALIDATION_ERROR"}}
ZOHO, LIST = "/rest/json/zv/contacts", "/api/v1.0/contacts"
MARIE = {
    "id": 5,
    "customerReference": "C0959",
    "customer": {"id": 3229, "reference": "C0959"},
    "firstName": "Anna",
    "lastName": "Ahrens",
    "organization": "entity1",
}
PAGE = {"paging": {"total": 1, "max": 100, "offset": 0}, "data": [MARIE]}
REFUSAL = {"error": "save_failed", "error_description": "Failed to save instance."}
LINK_ID = "91c615e3-1040-4815-8ecb-039a18b756b0"
RESULT = {"result": [{"link_id": LINK_ID, "success": True, "extended_info": "created"}]}

OTHER = {**ONE, "first_name": "Marie"}
MARIES_NAMES = {"firstName": "Marie", "lastName": "Schrader"}

READS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "page": (f"GET {ZOHO}", {**SUCCESS, "meta": {"total": 1}, "contacts": [ONE]}),
    "details": (f"GET {ZOHO}/5", {**SUCCESS, "contacts": ONE}),
    "statuses": (f"GET {ZOHO}/contact_status", STATUSES),
    "token": ("POST /oauth/v2/token", TOKEN),
    "refused token": ("POST /oauth/v2/token", {"error": "invalid_code"}),
    "refusal": (f"GET {ZOHO}", {"code": "ZV1", "message": "no", "status": "ERROR"}),
    "filtered": (f"GET {ZOHO}", FILTERED),
}
"""Answers of Zoho Voice that a tap reads, and to what."""

WRITES: dict[str, tuple[type[Sandbox], str, Mapping[str, Any]]] = {
    "zoho_voice create": (ZohoVoice, f"POST {ZOHO}", {**SUCCESS, "contacts": ONE}),
    "zoho_voice look-up": (ZohoVoice, f"GET {ZOHO}", {**SUCCESS, "contacts": [OTHER]}),
    "valomnia create": (Valomnia, f"POST {LIST}", MARIE),
    "valomnia look-up": (Valomnia, f"GET {LIST}", {**PAGE, "data": [{**MARIE, **MARIES_NAMES}]}),
    "valomnia refusal": (Valomnia, f"POST {LIST}", REFUSAL),
    "valomnia sign-in": (Valomnia, "POST /j_spring", {"success": True, "token": "x"}),
    "bas_ip upsert": (BasIp, "POST /api/v0/contacts", RESULT),
    "bas_ip refusal": (BasIp, "POST /api/v0/contacts", {"error": {"code": "c", "message": "m"}}),
    "bas_ip sign-in": (BasIp, "GET /api/v0/login", {"token": "x"}),
}
"""Answers that a target reads, and to what."""


def replaced(value: Any) -> Iterator[Any]:
    """Yield a JSON value with a placeholder in the place of one part after the other."""
    yield PLACEHOLDER
    if isinstance(value, list):
        yield from ([part] for part in replaced(value[0]))
    for name in value if isinstance(value, Mapping) else ():
        yield {each: value[each] for each in value if each != name}
        yield from ({**value, name: part} for part in replaced(value[name]))


def altered(sample: Mapping[str, Any], values: Iterable[str] = WRONG) -> list[str]:
    """Return an answer with wrong values in every place, and what is no such answer at all."""
    texts = [json.dumps(shape) for shape in replaced(sample)]
    wrong = [text.replace(MARK, each) for text in texts for each in values]
    return list(dict.fromkeys([*NO_ANSWERS, *wrong]))


def sampled(sample: Mapping[str, Any], number: int) -> list[str]:
    """Return an answer with one wrong value in every place, another for each number."""
    places = [text for text in map(json.dumps, replaced(sample)) if MARK in text]
    values = itertools.islice(itertools.cycle(WRONG), number, None)
    wrong = [text.replace(MARK, value) for text, value in zip(places, values, strict=False)]
    return list(dict.fromkeys(["7", NO_ANSWERS[number % len(NO_ANSWERS)], *wrong]))


def unspoken(error: BaseException) -> str:
    """Name an error and its place."""
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else ""
    return f"{type(error).__name__} {error} {where}"


def read(config: Mapping[str, Any]) -> str:
    """Run a tap in this process; return "" or the error that is none of those to be said."""
    tap = TapContacts(config=dict(config))
    try:
        tap.sync_all()
    except SPOKEN:
        return ""
    except Exception as error:  # noqa: BLE001  # what may come is the question
        return unspoken(error)
    return ""


@pytest.mark.parametrize("answer", READS)
def test_whatever_zoho_answers_is_read_or_refused_in_words(
    answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong type in any place of any answer ends in records or in one clear sentence."""
    on, sample = READS[answer]
    quick = {"retry_wait_seconds": 0, "max_tries": 1}
    with ZohoVoice() as sandbox:
        sandbox.add(first_name="Anna", mobile="+4915112345678")
        signed_in = {"access_token": ACCESS_TOKEN, "api_url": sandbox.url}
        account = sandbox.tap_config() if "token" in answer else signed_in
        config = {"zoho_voice": {**account, "contact_details": answer == "details"}, **quick}
        found = []
        start = list(READS).index(answer) % READ_STEP  # so that all together meet all that is none
        for body in altered(sample)[start::READ_STEP]:
            sandbox.faults = [Fault(on=on, status=200, body=body, times=-1)]
            if failure := read(config):
                found.append((body[:200], failure))
            capsys.readouterr()
    assert found == []


def write(config: Mapping[str, Any], lines: bytes) -> tuple[TargetContacts, str]:
    """Run a target in this process; return it, and the error that is none of those to be said."""
    quick: dict[str, Any] = {"retry_wait_seconds": 0, "max_tries": 2}
    quick |= {"timeout_seconds": 1, "unanswered_wait_seconds": 0.05}
    target = TargetContacts(config={**quick, **config})
    try:
        target.run(cast("IO[str]", io.BytesIO(lines)))
    except SPOKEN:
        return target, ""
    except Exception as error:  # noqa: BLE001
        return target, unspoken(error)
    return target, "" if is_balanced(target) else f"unbalanced: {target.this_run.books.bins}"


def is_balanced(target: TargetContacts) -> bool:
    """Say whether every record read is in exactly one bin."""
    books = target.this_run.books
    return books.read == sum(books.bins.values())


def stays(sandbox: Sandbox, folder: Path) -> dict[str, Any]:
    """Return a target config with ledger and rejects in a folder."""
    config = sandbox.target_config()
    if isinstance(sandbox, ZohoVoice):
        account = {"access_token": ACCESS_TOKEN, "api_url": sandbox.url}
        config = {**config, sandbox.api: account}
    return {**config, "ledger_url": f"sqlite:///{folder}/ledger.db", "rejects_dir": str(folder)}


@pytest.mark.parametrize("answer", WRITES)
def test_whatever_a_destination_answers_nothing_is_lost_or_doubled(answer: str) -> None:
    """A wrong type in any place of an answer is no crash, and a rerun leaves one contact."""
    kind, on, sample = WRITES[answer]
    lines = singer(contacts(ANNA)).encode()
    found = []
    number = list(WRITES).index(answer)
    bodies = altered(sample, WRONG[::2]) if EVERY_CASE else sampled(sample, number)
    for body in bodies:
        with kind() as sandbox, tempfile.TemporaryDirectory() as folder:
            sandbox.fault(on=on, status=200, body=body, times=1, commit=True)
            config = stays(sandbox, Path(folder))
            _, failure = write(config, lines)
            _, again = write(config, lines)
            if failure or again or len(sandbox.contacts) != 1:
                found.append((body[:200], failure, again, len(sandbox.contacts)))
    assert found == []


HEADERS = (
    {"Retry-After": "\N{SUPERSCRIPT TWO}"},
    {"Retry-After": "Fri, 31 Dec 9999 23:59:59 -2300"},
    {"Retry-After": "Mon, 99999999999999999999 Jan 2024 00:00:00 GMT"},
    {"Retry-After": "-5"},
    {"Location": "http://["},
    {"Location": "\xff\xfe"},
    {"Content-Length": "many"},
    {"Content-Length": "5, 6"},
    {"Transfer-Encoding": "chunked"},
    {"Content-Encoding": "gzip"},
    {"Set-Cookie": "\xff; expires=never; domain=..; path"},
    {"X" * 70_000: "x"},
    {"X": "x" * 70_000},
)


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_headers_are_no_more_than_a_failed_try(kind: type[Sandbox]) -> None:
    """Headers that no standard allows neither crash the run nor lose or double a contact."""
    lines = singer(contacts(ANNA)).encode()
    found = []
    answers = [(status, headers) for status in (200, 302, 503) for headers in HEADERS]
    start = KINDS.index(kind) % STEP  # so that each API meets others, and all together meet all
    for status, headers in answers[start::STEP]:
        with kind() as sandbox, tempfile.TemporaryDirectory() as folder:
            config = stays(sandbox, Path(folder))
            sandbox.fault(status=status, headers=headers, body="<a>")
            sandbox.fault(on="POST", after=1, status=status, headers=headers, commit=True)
            _, failure = write(config, lines)
            sandbox.faults.clear()
            _, again = write(config, lines)
            if failure or again or len(sandbox.contacts) != 1:
                found.append((status, str(headers)[:80], failure, again, len(sandbox.contacts)))
    assert found == []


# Hostile Singer messages.

SCHEMA = contacts(ANNA)[0]
NUMBERS = itertools.count(2)
"""Of the people in the lines."""
DEEP_100, DEEP_900 = "[" * 100 + "]" * 100, "[" * 900 + "]" * 900


def record(fields: str) -> str:
    """Return a RECORD line whose record is this JSON."""
    return f'{{"type": "RECORD", "stream": "contacts", "record": {fields}}}'


def named(fields: str, key: str = "") -> str:
    """Return the line of a record of somebody else each time, with these fields more."""
    number = next(NUMBERS)
    who = f'"first_name": "Bert {number}", "mobile": "+49151{number:07}"'
    return record(f'{{"id": {key or number}, {who}, {fields}}}')


def schema(keys: str, properties: str = '"id": {}') -> str:
    """Return the SCHEMA line of a stream of its own, and a record after it."""
    head = f'"schema": {{"properties": {{{properties}}}}}, "key_properties": {keys}'
    lines = f'{{"type": "SCHEMA", "stream": "contacts", {head}}}\n' + named('"a": 1')
    return lines.replace('"contacts"', f'"contacts_{next(NUMBERS)}"')


CREATED = {
    "float as key": named('"a": 1', key="1.5"),
    "flag as key": named('"a": 1', key="true"),
    "huge key": named('"a": 1', key="1e400"),
    "huge value": named('"company": 1e400'),
    "long number": named('"company": ' + "9" * 30),
    "NUL": named('"company": "a\\u0000b"', key='"\\u0000"'),
    "nested": named('"x": ' + "[" * 90 + "]" * 90),
    "twice the same name": named('"company": "a", "company": "b"'),
    "empty name": named('"": "x"'),
    "other parts": named('"a": 1')[:-1] + ', "time_extracted": [], "version": "x"}',
    "BOM": "\ufeff" + named('"a": 1'),
    "CRLF": "\r\n" + named('"a": 1') + "\r",
    "empty lines": "\n \n\n" + named('"a": 1') + "\n\n",
    "schema without keys": schema("null"),
    "list as status": named('"contact_status": [1]'),
    "recursive schema": schema('["id"]', '"id": {"$ref": "#/properties/id"}'),
    "schema of null": schema('["id"]', '"id": null'),
    "schema of an odd type": schema('["id"]', '"id": {"type": [[]]}'),
    "broken pattern": schema('["id"]', '"id": {"pattern": "("}'),
    "schema from a file": schema('["id"]', '"id": {"$ref": "file:///etc/passwd"}'),
    "schema of true": schema('["id"]', '"id": true'),
}
"""Lines that are odd, but hold a contact."""

REJECTED = {
    "empty record": record("{}"),
    "no key": record('{"first_name": "Bert", "mobile": "1"}'),
    "null as key": named('"a": 1', key="null"),
    "list of lists as mobile": record('{"id": -1, "first_name": "Bert", "mobile": [[1]]}'),
    "object as name": record('{"id": -2, "first_name": {"a": [{}]}, "mobile": "1"}'),
    "10 MB": named('"company": "' + "x" * 10_000_000 + '"'),
    "a rejection that is none": record("{}")[:-1] + ', "rejection": {"attempts": 1e400}}',
    "key that no record has": schema('["nope"]'),
    "lone surrogate": named('"company": "\\ud800"'),
    "lone surrogate as name": named('"\\udfff": 1'),
    "NaN": named('"company": NaN'),
    "5,000 digits": named('"company": ' + "9" * 5000),
    "infinity": named('"company": [{"a": -Infinity}]'),
    "NaN as key": named('"a": 1', key="NaN"),
    "Latin-1": named('"company": "M\udcfcller"'),
    "half of UTF-8": named('"company": "M\udcc3"'),
    "exponent": named('"company": 1e' + "9" * 30),
    "costly pattern": schema('["id"]', '"first_name": {"pattern": "^(B|Be|e|r)*\\\\1x$"}'),
    "deep record": named('"x": ' + DEEP_100),
    "deeper record": named('"x": ' + DEEP_900),
}
"""Lines of records that cannot be written."""

UNREADABLE = {
    "no object": "[]",
    "type as list": '{"type": []}',
    "type as object": '{"type": {"a": 1}, "stream": "contacts"}',
    "nothing": "{}",
    "record as list": record("[]"),
    "record as null": record("null"),
    "record as text": record('"Bert"'),
    "stream as number": '{"type": "RECORD", "stream": 7, "record": {}}',
    "stream as list": '{"type": "RECORD", "stream": [], "record": {}}',
    "stream as null": '{"type": "SCHEMA", "stream": null, "schema": {"properties": {}}}',
    "stream without name": '{"type": "SCHEMA", "stream": "", "schema": {"properties": {}}}',
    "stream of two lines": '{"type": "SCHEMA", "stream": "a\\nb", "schema": {"properties": {}}}',
    "long stream": json.dumps({**SCHEMA, "stream": "x" * 256}),
    "bottomless record": named('"x": ' + "[" * 100_000),
    "deep state": f'{{"type": "STATE", "value": {DEEP_900}}}',
    "deep schema": schema('["id"]', f'"id": {{"x": {DEEP_900}}}'),
    "state without value": '{"type": "STATE"}',
    "state in Latin-1": '{"type": "STATE", "value": {"at": "M\udcfcnchen"}}',
    "text as keys": schema('"id"'),
    "number as keys": schema("7"),
    "odd keys": schema("[7, null, []]"),
}
"""Lines that are no Singer messages."""


def receive(lines: str) -> tuple[TargetContacts, list[str], BaseException | None]:
    """Send Anna and then lines; return the target, the names held and what was raised."""
    with ZohoVoice() as sandbox, tempfile.TemporaryDirectory() as folder:
        in_memory = {"ledger_url": "sqlite://", "concurrency": 1, "max_rejects": -1}
        config = {**FAST, **SOON, **stays(sandbox, Path(folder)), **in_memory}
        target = TargetContacts(config=config)
        text = singer(contacts(ANNA)) + lines
        raised: BaseException | None = None
        try:
            target.run(cast("IO[str]", io.BytesIO(text.encode(errors="surrogateescape"))))
        except SPOKEN as error:
            raised = error
        return target, [contact["first_name"] for contact in sandbox.contacts], raised


def cases(lines: Mapping[str, str], names: Collection[str]) -> list[str]:
    """Return the cases whose line speaks of any of these people."""
    return [case for case, line in lines.items() if any(f'"{name}"' in line for name in names)]


def test_an_odd_line_that_holds_a_contact_is_written() -> None:
    """Odd keys, values and line ends are no reason to refuse what the destination can take."""
    target, (anna, *names), raised = receive("\n".join(CREATED.values()))
    assert (anna, cases(CREATED, names), raised) == ("Anna", list(CREATED), None)
    assert target.this_run.books.bins == {"created": 1 + len(CREATED)}


def test_a_record_that_cannot_be_written_is_rejected_alone() -> None:
    """It ends in the rejects, and what comes before and after it is written."""
    after = named('"a": 1').replace("Bert", "Carl")
    target, (anna, *names), raised = receive("\n".join([*REJECTED.values(), after]))
    assert (anna, cases(REJECTED, names), len(names), raised) == ("Anna", [], 1, None)
    assert target.this_run.books.bins == {"created": 2, "rejected": len(REJECTED)}


@pytest.mark.parametrize("case", UNREADABLE)
def test_a_line_that_is_no_message_ends_the_run_in_words(case: str) -> None:
    """One sentence that quotes nothing of the line, after what came before is written."""
    target, names, raised = receive(UNREADABLE[case])
    assert names == ["Anna"]
    assert isinstance(raised, InputError)
    assert "Bert" not in str(raised)
    assert is_balanced(target)


def test_a_schema_never_makes_the_target_call_an_address() -> None:
    """A reference in a SCHEMA message is not followed: it could lead into a private network."""
    with Cobai() as lure:
        line = schema('["id"]', f'"id": {{"$ref": "{lure.url}/stolen"}}')
        _, names, raised = receive(line)
        assert (len(names), lure.log, raised) == (2, [], None)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("\n".join(CREATED.values()).rstrip("\n"), 0),
        ("\n".join(line for line in REJECTED.values() if line.isprintable()), 3),
        (UNREADABLE["record as list"], 1),
        ('\x00\x01\x02 {"type"', 1),
    ],
)
def test_the_command_ends_with_its_exit_code_and_without_traceback(
    workplace: Workplace, line: str, code: int
) -> None:
    """0, 1 and 3 as documented, whatever is piped in, and nothing before it is lost."""
    with ZohoVoice() as sandbox:
        run = workplace.target(sandbox.target_config(), singer(contacts(ANNA)) + line)
        assert run.code == code
        assert "Anna" in {contact["first_name"] for contact in sandbox.contacts}
    assert "Traceback" not in run.log
    assert "Unexpected" not in run.log


def test_what_json_cannot_hold_is_replaced_in_the_rejects_and_ends_nothing(
    workplace: Workplace,
) -> None:
    """Python writes NaN and half characters: their record is rejected, and kept but for that."""
    odd = {"company": math.nan, "note": "half \ud83d", "state": {"\udfff": [math.inf, "DE"]}}
    number = named('"company": ' + "9" * 5000, key="5")
    with ZohoVoice() as sandbox:
        lines = [singer(contacts({**ANNA, "id": 4, **odd})), number, singer(contacts(ANNA))]
        run = workplace.target(sandbox.target_config(), "\n".join(lines))
        assert (run.code, len(sandbox.contacts)) == (3, 1)
    left, of_number = (m["record"] for m in workplace.rejects if m["type"] == "RECORD")
    replaced = {"company": None, "note": "half \ufffd", "state": {"\ufffd": [None, "DE"]}}
    assert left == {**ANNA, "id": 4, **replaced}
    assert of_number["company"] == "9" * 5000
    assert {each["code"] for each in workplace.rejections} == {"unreadable"}


def test_what_json_cannot_hold_is_rejected_before_any_stream_map(workplace: Workplace) -> None:
    """No map makes a contact of what is left of a record."""
    with ZohoVoice() as sandbox:
        config = {**sandbox.target_config(), "stream_maps": {"contacts": {"company": "'A'"}}}
        run = workplace.target(config, singer(contacts({**ANNA, "company": math.nan})))
        assert (run.code, sandbox.contacts) == (3, [])
    assert {each["code"] for each in workplace.rejections} == {"unreadable"}


def test_thousands_of_tiny_bad_records_are_all_in_the_rejects_file(workplace: Workplace) -> None:
    """However many are rejected, each is counted and kept, and the good one among them lands."""
    tiny = [{"id": str(number)} for number in range(3000)]
    with ZohoVoice() as sandbox:
        run = workplace.target(sandbox.target_config(), contacts(*tiny[:1500], ANNA, *tiny[1500:]))
        assert (run.code, len(sandbox.contacts)) == (3, 1)
    kept = [line["record"] for line in workplace.rejects if line["type"] == "RECORD"]
    assert (run.summary["rejected"], kept) == (3000, tiny)


def test_the_rejects_file_is_complete_and_empties_once_the_cause_is_mended(
    workplace: Workplace,
) -> None:
    """Of 20 records 7 are bad: just these come back, again and again, until they can land."""
    people = [{**ANNA, "id": n, "first_name": f"N{n}", "mobile": f"+49{n}"} for n in range(20)]
    bad = [{**each, "first_name": ""} for each in people[::3]]
    mixed = [bad[n // 3] if n % 3 == 0 else each for n, each in enumerate(people)]

    def piped_back(config: Mapping[str, Any]) -> tuple[int, int, int]:
        text = max((workplace.folder / "rejects").iterdir()).read_text(encoding="utf-8")
        run = workplace.target(config, text)
        return run.code, run.summary["created"], run.summary["rejected"]

    with ZohoVoice() as sandbox:
        config = sandbox.target_config()
        workplace.target(config, contacts(*mixed))
        assert [m["record"] for m in workplace.rejects if m["type"] == "RECORD"] == bad
        assert piped_back(config) == (3, 0, 7)
        assert {each["attempts"] for each in workplace.rejections} == {2}
        assert piped_back({**config, "defaults": {"first_name": "?"}}) == (0, 7, 0)
        assert len(sandbox.contacts) == 20


# Any record at all.

FIELDS = st.sampled_from([*ATTRIBUTES, "id", "name", "number", "_sdc_deleted_at"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
RECORDS = st.dictionaries(FIELDS | st.text(), VALUES, max_size=12)
USUAL = st.fixed_dictionaries({name: st.text(min_size=1) for name in ANNA if name != "id"})
STREAMS = st.lists(RECORDS | USUAL | st.builds(lambda a, b: a | b, USUAL, RECORDS), max_size=10)


@pytest.mark.parametrize("kind", KINDS)
def test_any_record_is_settled_and_the_books_balance(kind: type[Sandbox]) -> None:
    """Whatever JSON a record is, it is written or rejected, and nothing but that happens."""
    with kind() as sandbox, tempfile.TemporaryDirectory() as folder:
        config = {**stays(sandbox, Path(folder)), "ledger_url": "sqlite://"}

        @settings(derandomize=True, max_examples=EXAMPLES, deadline=None, database=None)
        @given(people=STREAMS)
        def holds(people: list[dict[str, Any]]) -> None:
            keyed = [{"id": number, **person} for number, person in enumerate(people)]
            target, failure = write(config, singer(contacts(*keyed)).encode())
            assert (failure, target.this_run.books.read) == ("", len(people))
            assert is_balanced(target)

        holds()
