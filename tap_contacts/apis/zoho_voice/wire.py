"""The wire form of Zoho Voice: where requests go, and what their answers hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_contacts.transport.session import Answer

PREFIX = "/rest/json/zv"
CONTACTS = f"{PREFIX}/contacts"
STATUSES = f"{CONTACTS}/contact_status"
HEADERS = {"Accept": "application/json"}

ACCOUNTS_HOSTS = {
    "com": "accounts.zoho.com",
    "eu": "accounts.zoho.eu",
    "in": "accounts.zoho.in",
    "com.au": "accounts.zoho.com.au",
    "jp": "accounts.zoho.jp",
    "com.cn": "accounts.zoho.com.cn",
    "ca": "accounts.zohocloud.ca",
    "sa": "accounts.zoho.sa",
    "uk": "accounts.zoho.uk",
}
"""Accounts servers (https://zoho.com/accounts/protocol/oauth/multi-dc.html)."""

DOCUMENTED_CENTER = "com"
"""Data centre of the only host that is documented."""

HOSTS = {"ca": "voice.zohocloud.ca"}
"""Hosts by data centre that do not end in it; inferred from that of the accounts."""

SCOPES = {"GET": "READ", "POST": "CREATE", "PUT": "UPDATE", "DELETE": "DELETE"}
"""Scope of each method (https://www.zoho.com/voice/api/contacts-api.html)."""

LARGEST_PAGE = 50
"""Contacts a page (https://www.zoho.com/voice/api/get-all-contacts.html)."""

_IS_ID = re.compile(r"[\w-]{1,100}").fullmatch


def host(center: str) -> str:
    """Return the host of a data centre."""
    return HOSTS.get(center, f"voice.zoho.{center}")


def scope(answer: Answer) -> str:
    """Return the scope that a request needs."""
    return f"zohovoice.contacts.{SCOPES.get(str(answer.request.method), 'ALL')}"


def is_expected(answer: Answer, body: Mapping[str, Any]) -> bool:
    """Say whether a body is what was asked for: the statuses, a page of contacts, or a contact.

    What a deletion answers beside its success is not needed.
    """
    path = answer.request.path_url.partition("?")[0]
    if answer.request.method == "DELETE":
        return True
    if path.endswith("/contact_status"):
        return _are(body.get("contact_status"), "id")
    if answer.request.method != "GET" or path != CONTACTS:
        return _is(body.get("contacts"), "contact_id")
    meta = body.get("meta") or {}
    counted = isinstance(meta, dict) and isinstance(meta.get("total", -1), int)
    return counted and _are(body.get("contacts"), "contact_id")


def _are(rows: object, key: str) -> bool:
    return rows is None or (isinstance(rows, list) and all(_is(row, key) for row in rows))


def _is(row: object, key: str) -> bool:
    value = row.get(key) if isinstance(row, dict) else None
    return value is not None and _IS_ID(str(value)) is not None


def code_of(body: Mapping[str, Any]) -> str:
    """Find the error's code in the application's envelope or the edge filter's."""
    error = body.get("error")
    return str(error.get("title", "")) if isinstance(error, dict) else str(body.get("code", ""))
