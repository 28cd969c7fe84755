"""Answer as Zoho Voice may do where its pages leave room; names as in `readings`."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from tests.sandbox.zoho_voice_contacts import NO_SUCH_CONTACT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    Refusal = tuple[str, str, int]

# Observed at a sibling list.
EXTRA: Refusal = ("ZVT010", "Extra parameter found", 400)
INVALID_TOKEN: Refusal = ("INVALID_TOKEN", "invalid oauth token", 401)
SCOPE = ("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this url")
DEAD_TOKENS: dict[str, Refusal] = {
    "zvt0052_401": ("ZVT0052", "Unauthorized access.", 401),
    "invalid_token_401": INVALID_TOKEN,
    "unknown_code_401": ("ZVT9401", "Not now.", 401),
    "other_centre_token": INVALID_TOKEN,
}
"""Code, message and HTTP status for a token that is none, in the words of CRM or invented."""
FORBIDDEN: dict[str, Refusal] = {
    "no_permission_403": ("NO_PERMISSION", "permission denied", 403),
    "scope_mismatch_401": (*SCOPE, 401),
    "scope_mismatch_403": (*SCOPE, 403),
    "unknown_code_403": ("ZVT9403", "Not here.", 403),
}
"""The same for each write."""


def first(refusals: Mapping[str, Refusal], readings: Collection[str]) -> Refusal | None:
    """Return the refusal that one of the readings names."""
    return next((refusals[name] for name in refusals if name in readings), None)


def status_of(readings: Collection[str], code: str, usual: int) -> int:
    """Return the HTTP status of an error that has no status of its own."""
    return 404 if "unknown_404" in readings and code == NO_SUCH_CONTACT[0] else usual


def options_of(readings: Collection[str]) -> dict[str, Any]:
    """Return the options that stand for a reading."""
    shape = {"empty_shape": "missing"} if "empty_missing" in readings else {}
    return {**shape, **({"reads_status": True} if "reads_status" in readings else {})}


def page_query(readings: Collection[str], query: Mapping[str, str]) -> dict[str, str]:
    """Return the query of a list with the size that it stands for."""
    size = query.get("size")
    if size is None:
        return {**query, **({"size": "50"} if "default_size_50" in readings else {})}
    if "size_capped" in readings and size.isdecimal() and int(size) > 50:
        size = "50"
    return {**query, "size": size}


def ordered(readings: Collection[str], contacts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the contacts, given oldest first, in the order of the list."""
    if "newest_first" in readings:
        return contacts[::-1]
    return sorted(contacts, key=_shuffled) if "shuffled" in readings else contacts


def _shuffled(contact: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(contact["contact_id"].encode()).digest()
