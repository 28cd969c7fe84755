"""Say to which address an answer redirects, as far as it may be shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from tap_contacts.transport.session import Answer

REDIRECTS = frozenset((301, 302, 303, 307, 308))

_HOST = re.compile(r"[a-z0-9.-]{1,253}(:[0-9]{1,5})?")

REDIRECTED = "It answered with a redirect to {}, which is not followed; check api_url."


def advice(answer: Answer, origin: str) -> str:
    """Return what to do about a redirect; "" if an answer is not one."""
    if answer.status not in REDIRECTS:
        return ""
    return REDIRECTED.format(_shown_address(answer.headers.get("Location", ""), origin))


def _shown_address(location: str, origin: str) -> str:
    """Return scheme and host of an address if the host is in the same domain as the one asked."""
    try:
        asked, there = urlsplit(origin), urlsplit(location)
    except ValueError:
        return "another address"
    host = there.netloc.lower()
    if not _HOST.fullmatch(host) or there.scheme not in {"http", "https"}:
        return "another address"
    parent = str(asked.hostname).partition(".")[2]
    is_known = there.hostname == asked.hostname or _is_below(str(there.hostname), parent)
    return f"{there.scheme}://{host}" if is_known else "another host"


def _is_below(host: str, parent: str) -> bool:
    is_domain = "." in parent and not parent.rpartition(".")[2].isdecimal()
    return is_domain and (host == parent or host.endswith(f".{parent}"))
