"""Serve canned contacts of Zoho Voice and cobai, so cheaply that the reader is what is measured.

    python -m tests.stock.reads

`GET /count?contacts=20000&customers=2000` says how many there are.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from tests.sandbox.cobai import RICO
from tests.stock.server import Canned, serve

FIRST_ID = 58399000000003017
ZOHO, COBAI = "/rest/json/zv/contacts", "/v2/customer"
EMPTY = (
    "email mobile1 mobile2 mobile3 phone phone1 phone2 phone3 address state is_spam is_favourite"
)


class Reads(Canned):
    """What is read."""

    def __init__(self) -> None:
        """Start with nothing."""
        super().__init__()
        self._rows: list[bytes] = []
        self._customers: list[str] = []

    def set_up(self, query: dict[str, str]) -> None:
        """Take how many contacts there are, and how many customers."""
        if "contacts" in query:
            self._rows = [_zoho_contact(number) for number in range(int(query["contacts"]))]
        if "customers" in query:
            self._customers = [str(UUID(int=n)) for n in range(int(query["customers"]))]

    def answer(self, path: str, query: dict[str, str], body: bytes) -> bytes:
        """Return the body of an answer; no request has one."""
        del body
        if path == ZOHO:
            start, size = int(query["from"]), int(query["size"])
            rows = b",".join(self._rows[start : start + size])
            total = str(len(self._rows)).encode()
            head = b'{"code":"200","meta":{"total":' + total + b'},"contacts":['
            return head + rows + b'],"status":"SUCCESS"}'
        if path.startswith(ZOHO):
            return b'{"code":"200","contact_status":[],"status":"SUCCESS"}'
        return self._cobai(path, query)

    def _cobai(self, path: str, query: dict[str, str]) -> bytes:
        parts = path.removeprefix(COBAI).split("/")[1:]
        if not parts:
            return _uuids("customer", [] if query else self._customers)
        if parts[-1] == "contact":
            return _uuids("contact", parts[:1])
        fields = "".join(f"<{name}>{value}</{name}>" for name, value in RICO.items())
        return f"<contact>{fields}<uuid>{parts[-1]}</uuid></contact>".encode()


def _zoho_contact(number: int) -> bytes:
    owner = {"display_value": "Agent", "id": "58399000000003015"}
    names = {"first_name": f"First {number}", "last_name": f"Last {number}"}
    more = {"mobile": f"+49151{number:08}", "company": "Müller & Söhne", "country": "DE"}
    identity = {"contact_id": str(FIRST_ID + 2 * number), "contact_owner": owner}
    return msgspec.json.encode({**identity, **names, **more, **dict.fromkeys(EMPTY.split(), "")})


def _uuids(kind: str, uuids: list[str]) -> bytes:
    items = "".join(f"<{kind}><uuid>{uuid}</uuid></{kind}>" for uuid in uuids)
    return f"<{kind}IdList>{items}</{kind}IdList>".encode()


if __name__ == "__main__":
    serve(Reads())
