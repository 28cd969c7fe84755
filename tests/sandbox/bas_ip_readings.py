"""Answer as a BAS-IP device may do where its pages leave room; names as in `readings`."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tests.sandbox.messages import Response

    Row = TypeVar("Row")

# The text names four values and no keys; silent in the documents; taken: these.
DEVICE = {"device_model": "AP-07L", "device_serial_number": "0000-0001"}
DEVICE |= {"firmware_version": "5.0.0", "api_version": "1.7.0"}
PANEL: dict[str, Any] = {"framework_version": "1.0.0", "frontend_version": "1.0.0"}
PANEL |= {"device_name": "Panel", "device_type": "panel", "hybrid_enable": False}
PANEL |= {"hybrid_version": "", "commit": "0000000"}
"""What panels tell besides three of the four values above."""
# Silent in the documents; taken: the API under v1 has another number.
V1_VERSION = "2.0.0"
FULL, UNKNOWN = "Identifiers exceeded", "entity_not_found"
BULK_PATHS = {"bulk_link": "contacts/items/link", "bulk_contact_link": "contact/items/link"}
LIMITS = ("10", "20", "30", "50")
CODES = {401: "invalid_authentication", 403: "permission_denied", 500: "system_error"}


def bulk_path(readings: Collection[str], bare: str) -> str:
    """Return the path of the bulk call; `bare` is that of the documented reading."""
    root = bare.rpartition("/")[0]
    return next((f"{root}/{path}" for name, path in BULK_PATHS.items() if name in readings), bare)


def device(readings: Collection[str]) -> dict[str, Any]:
    """Return what the device tells of itself without a sign-in."""
    told = DEVICE | ({"api_version": V1_VERSION} if "api_v1" in readings else {})
    if "info_panel" in readings:
        return {name: told[name] for name in told if name != "device_model"} | PANEL
    return dict(told)


def digests(readings: Collection[str], password: str) -> set[str]:
    """Return the forms in which a sign-in may give the MD5 of the password."""
    lower = hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()
    forms = {"md5_lower": lower, "md5_upper": lower.upper()}
    return {forms[name] for name in forms if name in readings} or set(forms.values())


def link_page(rows: list[Row], query: Mapping[str, str]) -> list[Row] | None:
    """Return a page, or None if the paging is not allowed; a filter by `link_id` narrows nothing.

    Silent in the documents; taken: ten contacts, and the first page, where nothing is asked for.
    """
    limit, number = query.get("limit", LIMITS[0]), query.get("page_number", "1")
    if limit not in LIMITS or not re.fullmatch("[1-9][0-9]{0,8}", number):
        return None
    start = (int(number) - 1) * int(limit)
    return rows[start : start + int(limit)]


def shaped(readings: Collection[str], answer: Response) -> Response:
    """Return an answer with its error in the form of the device's family."""
    if "camdroid_errors" not in readings or answer.status < 400:
        return answer
    message = json.loads(answer.body)["error"]
    error = {"code": CODES.get(answer.status, "not_valid"), "message": message, "data": None}
    return replace(answer, body=json.dumps({"error": error}).encode())
