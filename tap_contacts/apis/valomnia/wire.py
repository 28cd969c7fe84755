"""The wire form of Valomnia: what its answers hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_contacts.transport.session import Answer

PAGE_SIZE = 100
"""Contacts a page: the documented default; an upper bound is not documented."""

LARGEST_PAGE = 1000
"""Contacts that are asked for at once at most; how many are given is not documented."""

NOBODY = {"lastUpdated_gte": "9999-12-31T23:59:59Z"}
"""A filter that no contact passes."""

SMALLEST = 2
"""Contacts of the smallest page that can overlap with the one before it."""

ONE = {"max": 1}
"""What asks for any one contact."""

REDIRECTS = frozenset((301, 302, 303, 307, 308))

_LOGIN_ADDRESS = re.compile(r"(?i)login|signin|auth|sso")
_LOGIN_FORM = re.compile(rb"(?i)<title>\s*log ?in|j_spring_security_check|type=.?password")
_CODE = re.compile("[a-z_]{1,40}")
_BROKEN_ERROR = re.compile(rb'\s*\{\s*"error"\s*:\s*"([a-z_]{1,40})"\s*,\s*"error_description"\s*:')


def code_of(answer: Answer, body: Mapping[str, Any]) -> str:
    """Find an error's code; the documented sample of `exceeded_file_size` is broken JSON.

    Gateways, too, name their errors `error`: the API describes its own.
    """
    code = body.get("error")
    if code == "no_credentials":
        return str(code)
    if isinstance(code, str) and isinstance(body.get("error_description"), str):
        return code if _CODE.fullmatch(code) else ""
    broken = None if body else _BROKEN_ERROR.match(answer.body)
    return broken[1].decode() if broken else ""


def path_of(answer: Answer) -> str:
    """Return the path that was asked for."""
    return answer.request.path_url.partition("?")[0]


def is_expected(answer: Answer, body: Mapping[str, Any]) -> bool:
    """Say whether a body is what was asked for: a page of contacts, or a contact."""
    is_list = path_of(answer).endswith("/contacts")
    if answer.request.method != "GET" or not is_list:
        return _is_contact(body)
    paging, rows = body.get("paging"), body.get("data")
    counted = isinstance(paging, dict) and isinstance(paging.get("total"), int)
    return counted and isinstance(rows, list) and all(map(_is_contact, rows))


def _is_contact(row: object) -> bool:
    """Say whether a row has an id of digits, and a customer of the documented form if any."""
    if not isinstance(row, dict) or not isinstance(row.get("customer") or {}, dict):
        return False
    return re.fullmatch("[0-9]{1,30}", str(row.get("id"))) is not None


def is_page(answer: Answer) -> bool:
    """Say whether an answer is a page for people, or the way to one."""
    is_html = answer.status == 200 and answer.body[:100].lstrip()[:1] == b"<"  # noqa: PLR2004
    return is_html or answer.status in REDIRECTS


def asks_to_sign_in(answer: Answer) -> bool:
    """Say whether an answer is a login page, or a redirect to one, and no other page.

    Those may come after a contact was written, so that its outcome is unknown.
    """
    if answer.status in REDIRECTS:
        path = answer.headers.get("Location", "").partition("?")[0].partition("#")[0]
        return bool(_LOGIN_ADDRESS.search(re.sub("^[a-z]*://[^/]*", "", path)))
    return answer.status == 200 and bool(_LOGIN_FORM.search(answer.body))  # noqa: PLR2004
