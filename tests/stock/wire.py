"""Say what a contact is on the wire of PORTERS and of Zoho Voice, for whoever is compared.

It needs nothing but the standard library: others' programs run in environments of their own.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Record = dict[str, Any]

CONNECTIONS = 8
MOST_BYTES, MOST_ITEMS = 15_000, 200
PORTERS_PATH, ZOHO_PATH = "/v1/contact?partition=1234", "/rest/json/zv/contacts"
HEAD, TAIL = b"<?xml version='1.0' encoding='UTF-8'?><Contact>", b"</Contact>"
OWN = {"Contact.P_Owner": "1", "Contact.P_Client": "10001"}
"""What a new contact needs besides its record."""


class Job(NamedTuple):
    """What a program is to do."""

    api: str
    url: str
    token: str
    lines: str
    """File with the Singer messages to write."""
    folder: str
    """Where the program may keep what it needs."""
    sends: bool = True
    """False: only note what was read, as if it had been sent."""


class Call(NamedTuple):
    """A request, and the keys of the records that it sends."""

    method: str
    path: str
    body: bytes
    keys: tuple[str, ...]


class RefusedError(Exception):
    """The API did not take what was sent."""


def porters_fields(record: Record) -> dict[str, str]:
    """Return the fields of a contact of PORTERS."""
    return {
        "Contact.P_Name": f"{record['first_name']} {record['last_name']}",
        "Contact.P_Country": record["country"],
        "Contact.P_Prefecture": record["state"],
        "Contact.P_Street": record["street"],
        "Contact.P_Telephone": record["phone"],
        "Contact.P_Mail": record["email"],
        "Contact.P_Mobile": record["mobile"],
    }


def zoho_fields(record: Record) -> dict[str, str]:
    """Return the fields of a contact of Zoho Voice."""
    alike = ("first_name", "last_name", "email", "mobile", "phone", "company", "state", "country")
    flags = {name: str(record[name]).lower() for name in ("is_favourite", "is_spam")}
    return {**{name: record[name] for name in alike}, "address": record["street"], **flags}


def calls(api: str, records: Iterable[tuple[Record, str]]) -> Iterator[Call]:
    """Yield the requests that write records; each comes with the id of its contact, if it has one.

    PORTERS takes as many contacts in one as fit, Zoho Voice one.
    """
    yield from (_porters if api == "porters" else _zoho_voice)(records)


def _zoho_voice(records: Iterable[tuple[Record, str]]) -> Iterator[Call]:
    for record, contact_id in records:
        body = urlencode({"contact": json.dumps(zoho_fields(record))}).encode()
        method, path = ("PUT", f"{ZOHO_PATH}/{contact_id}") if contact_id else ("POST", ZOHO_PATH)
        yield Call(method, path, body, (record["id"],))


def _porters(records: Iterable[tuple[Record, str]]) -> Iterator[Call]:
    items: list[bytes] = []
    keys: list[str] = []
    size = len(HEAD) + len(TAIL)
    for record, contact_id in records:
        item = _item(record, contact_id)
        if size + len(item) > MOST_BYTES or len(items) == MOST_ITEMS:
            yield _post(items, keys)
            items, keys, size = [], [], len(HEAD) + len(TAIL)
        items.append(item)
        keys.append(record["id"])
        size += len(item)
    if items:
        yield _post(items, keys)


def _post(items: list[bytes], keys: list[str]) -> Call:
    return Call("POST", PORTERS_PATH, HEAD + b"".join(items) + TAIL, tuple(keys))


def _item(record: Record, contact_id: str) -> bytes:
    fields = {**({} if contact_id else OWN), **porters_fields(record)}
    named = {"Contact.P_Id": contact_id or "-1", **fields}
    parts = (f"<{name}>{escape(value)}</{name}>" for name, value in named.items())
    return f"<Item>{''.join(parts)}</Item>".encode()


def headers(api: str, token: str) -> dict[str, str]:
    """Return the headers of every request."""
    if api == "porters":
        content, version = "application/xml; charset=UTF-8", {"X-P-ConnectAPI-Version": "2"}
        return {"Content-Type": content, "X-porters-hrbc-oauth-token": token, **version}
    form = "application/x-www-form-urlencoded"
    signed = {"Authorization": f"Zoho-oauthtoken {token}"}
    return {"Content-Type": form, "Accept": "application/json", **signed}


def ids(api: str, answer: bytes) -> list[str]:
    """Return the ids that an answer tells, or raise RefusedError."""
    if api == "porters":
        found = re.findall(rb"<Item><Id>(\d+)</Id><Code>(\d+)</Code></Item>", answer)
        if not found or any(code != b"0" for _, code in found):
            raise RefusedError(answer)
        return [contact_id.decode() for contact_id, _ in found]
    told = json.loads(answer)
    if told["status"] != "SUCCESS":
        raise RefusedError(answer)
    return [str(told["contacts"]["contact_id"])]


def records_of(lines: str) -> Iterator[Record]:
    """Yield the records of a file of Singer messages."""
    with open(lines, "rb") as messages:  # noqa: PTH123
        for line in messages:
            message = json.loads(line)
            if message["type"] == "RECORD":
                yield message["record"]
