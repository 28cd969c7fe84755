"""The wire form of BAS-IP monitors: where requests go, and what their answers hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_contacts.transport.session import Answer

AUTO = "auto"
"""The setting contacts_path that has the path found."""
CONTACTS_PATHS = ("contacts/items/link", "contact/items/link", "contacts")
"""Where contacts may be taken, below the root of the API; the likeliest first."""
LOGIN_PATH = "/api/v0/login"
OTHER_LOGIN_PATH = "/api/v1/login"
FIRST_PAGE = {"limit": 10, "page_number": 1}
PAGE_SIZE, MOST_PAGES = 50, 20
"""Contacts of a page, and pages in which one contact is looked for: as many as a monitor holds."""
INFO_PATH = "/api/info"
"""Where a device introduces itself; printed for the sibling families of devices only."""

LARGEST_REQUEST = 10_000
"""Contacts that one upsert takes."""

ROOMS = {"android": 1000, "camdroid": 300}
"""Contacts that a device holds, by a word for its family."""
NAMES = {"camdroid": 30}
"""Most characters of a name, where the family documents it."""

OF_EVERY_CONTACT = frozenset(
    {"list_items", "link_id", "name", "type", "number"}
    | {"is_favorite", "is_default", "auto_answer", "in_black_list"}
)
"""Fields that no request for contacts lacks."""
_LACKS = re.compile(r"no value for `(\w+)`")


def lacks_nothing(words: str) -> bool:
    """Say whether a device misses a field that was sent: the path takes something else."""
    named = _LACKS.search(words)
    return named is not None and named[1] in OF_EVERY_CONTACT


def family(info: Mapping[str, Any]) -> str | None:
    """Return the family of a device, if what it tells of itself names it."""
    told = " ".join(str(value) for value in info.values()).lower()
    return next((word for word in ROOMS if re.search(rf"\b{word}\b", told)), None)


def room(info: Mapping[str, Any]) -> int | None:
    """Return how many contacts a device holds, if it names its family."""
    return ROOMS.get(family(info) or "")


def is_expected(answer: Answer, body: Mapping[str, Any]) -> bool:
    """Say whether a body is what the path sends: results, a list, or any introduction.

    What a deletion answers beside its success is documented for a sibling family only.
    """
    if answer.request.path_url == INFO_PATH:
        return bool(body)
    if answer.request.method == "DELETE":
        return isinstance(answer.json, dict)
    held = "list_items" if answer.request.method == "GET" else "result"
    return isinstance(body.get(held), list)


def results(answer: Answer) -> list[Mapping[str, Any]]:
    """Return the results of an upsert or a deletion."""
    found = answer.json.get("result") or []
    return [each for each in found if isinstance(each, dict)]


def deleted(answer: Answer, link_ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the results of a deletion; an answer of success alone is one of all."""
    body = answer.json if isinstance(answer.json, dict) else {}
    if answer.status == 204 or ("result" not in body and body.get("success") is True):  # noqa: PLR2004
        return [{"link_id": each, "success": True} for each in link_ids]
    return results(answer)


def linked(rows: Sequence[Mapping[str, Any]], link_id: str) -> Mapping[str, Any] | None:
    """Return the contact with this `link_id` among those of a list."""
    wanted = link_id.lower()
    return next((row for row in rows if str(row.get("link_id")).lower() == wanted), None)


def introduction(info: Mapping[str, Any]) -> list[str]:
    """Pick model, serial number and firmware by their keys, which are not documented."""
    return [
        f"{word}: {value}"
        for word in ("model", "serial", "firmware")
        for key, value in info.items()
        if word in key.lower() and isinstance(value, (str, int)) and value != ""
    ]
