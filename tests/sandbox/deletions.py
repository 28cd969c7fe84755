"""Answer a deletion as an API may do where its pages leave room; names as in `readings`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.sandbox.messages import Response, json_response

if TYPE_CHECKING:
    from collections.abc import Collection

Refusal = tuple[str, str, int]

SCOPE: Refusal = ("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this url", 401)
IN_USE: Refusal = ("ZVT9007", "Contact has call logs.", 200)
NO_PERMISSION: Refusal = ("NO_PERMISSION", "permission denied", 403)

ZOHO_REFUSALS: dict[str, Refusal] = {
    "delete_scope_401": SCOPE,
    "delete_forbidden_403": NO_PERMISSION,
    "delete_in_use": IN_USE,
    "delete_405": ("METHOD_NOT_ALLOWED", "Method not allowed", 405),
}
"""Code, message and HTTP status with which Zoho Voice may refuse each deletion."""

HTML = Response(405, b"<html>Method Not Allowed</html>", {"content-type": "text/html"})
EMPTY = Response(204, b"", {})


def zoho_shape(readings: Collection[str], contact_id: str) -> object:
    """Return what stands under `contacts` once a contact is deleted."""
    shapes: dict[str, object] = {
        "delete_number": int(contact_id),
        "delete_object": {"contact_id": int(contact_id)},
        "delete_list": [contact_id],
        "delete_null": None,
    }
    return next((shapes[name] for name in shapes if name in readings), contact_id)


def zoho_deleted(readings: Collection[str], answer: dict[str, Any]) -> Response:
    """Return the answer of Zoho Voice to a deletion that was carried out."""
    codes = {"delete_code_number": 200, "delete_code_204": "204"}
    code = next((codes[name] for name in codes if name in readings), answer["code"])
    whole = {"delete_204": EMPTY, "delete_empty": Response(200, b"", {})}
    told = json_response({**answer, "code": code})
    return next((whole[name] for name in whole if name in readings), told)


def bas_ip_results(readings: Collection[str], outcomes: list[tuple[str, str]]) -> Response:
    """Return the answer to a deletion.

    Args:
        readings: Names of readings.
        outcomes: Each `link_id` with `deleted` or `entity_not_found`.
    """
    whole: dict[str, Response] = {
        "delete_204": EMPTY,
        "delete_no_result": json_response({}),
        "delete_success": json_response({"success": True}),
        "delete_empty_result": json_response({"result": []}),
    }
    if answer := next((whole[name] for name in whole if name in readings), None):
        return answer
    rows = [_row(readings, link_id, info) for link_id, info in outcomes]
    rows = [row for row in rows if not _is_left_out(readings, row)]
    return json_response({"result": rows})


def _row(readings: Collection[str], link_id: str, info: str) -> dict[str, Any]:
    named = link_id.upper() if "delete_upper" in readings else link_id
    named = f"{{{named}}}" if "delete_braces" in readings else named
    is_done = info == "deleted" or "delete_unknown_done" in readings
    told: Any = None if "delete_no_info" in readings else info
    success: Any = str(is_done).lower() if "delete_text_flags" in readings else is_done
    return {"link_id": named, "success": success, "extended_info": told}


def _is_left_out(readings: Collection[str], row: dict[str, Any]) -> bool:
    if "delete_tells_failures" in readings:
        return bool(row["success"])
    return "delete_tells_done" in readings and not row["success"]
