"""Answer as PORTERS may do where its pages leave room; names as in `readings`."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.sandbox.messages import Request, Response
from tests.sandbox.porters_codes import Code, ResultCodeError
from tests.sandbox.porters_tenant import Kind, Tenant

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

GONE = ("Contact.P_Fax", "Contact.P_Reading")
OWN_FIELDS = 400
MAX_LINE = 8190
"""Bytes of a request line that usual servers take."""
ROOT_CODES = {
    "root_100": Code.BAD_PARAMETER,
    "root_101": Code.MISSING,
    "root_103": Code.BAD_VALUE,
}
"""Codes that refuse the request where a single item is to blame."""
ENDED = (Code.TOKEN_EXPIRED, Code.TOKEN_INVALID)
ID_RANGE = re.compile(r"\.P_Id:(gt|ge|le|lt)=")


def tenant_of(readings: Collection[str], tenant: Tenant) -> Tenant:
    """Return the tenant with what the readings say that its customer has set up."""
    if "field_gone" in readings:
        tenant = replace(tenant, unused=(*tenant.unused, *GONE))
    if "bare_aliases" in readings:
        tenant = replace(tenant, prefixed=False)
    if "own_fields_400" in readings:
        tenant = replace(tenant, own={**tenant.own, **own_fields()})
    return tenant


def own_fields() -> dict[str, Kind]:
    """Return many text fields with machine-made names: `U_` and 30 hex digits."""
    digests = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(OWN_FIELDS)]
    return {f"Contact.U_{digest[:30].upper()}": Kind.SINGLE for digest in digests}


def check_line(readings: Collection[str], request: Request) -> Response | None:
    """Return a web server's own refusal of a line that is too long for it."""
    line = f"{request.method} {request.raw_path} HTTP/1.1"
    if "line_limit" in readings and len(line) > MAX_LINE:
        page = b"<html><head><title>414 Request-URI Too Large</title></head></html>"
        return Response(414, page, {"Content-Type": "text/html"})
    return None


def check_query(readings: Collection[str], query: Mapping[str, str]) -> None:
    """Refuse parameters of a read that it may not take."""
    ranged = ID_RANGE.search(query.get("condition", ""))
    refused = {"order_refused": "order" in query, "range_refused": ranged is not None}
    if any(refused[name] for name in refused if name in readings):
        raise ResultCodeError(Code.BAD_PARAMETER)


def code_of(readings: Collection[str], refused: ResultCodeError) -> tuple[int, int | None]:
    """Return the code of a refused request, and its HTTP status where it is known."""
    if "ended_token_404" in readings and refused.code in ENDED:
        return Code.NO_PARTITION.value, 404
    return refused.code.value, refused.status


def code_for_all(readings: Collection[str], codes: Collection[Code]) -> Code | None:
    """Return the code that refuses the whole request if its items have these codes."""
    root = [code for name, code in ROOT_CODES.items() if name in readings]
    return next((code for code in root if code in codes), None)


def undo(results: Collection[tuple[str, Code]]) -> list[tuple[str, Code]]:
    """Return the results of items of which one failed, so that none was carried out."""
    # Silent in the documents; taken: -1 stands where an id would; 302 is a transaction error.
    return [
        ("-1", Code.ALREADY_DELETED) if code is Code.SUCCESS else (key, code)
        for key, code in results
    ]
