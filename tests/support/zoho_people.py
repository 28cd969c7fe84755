"""Contacts for Zoho Voice, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sandbox.zoho_voice import ZohoVoice

ANNA = {"id": 1, "first_name": "Anna", "mobile": "+4915112345678", "email": "anna@example.com"}
BERT = {"id": 2, "first_name": "Bert", "mobile": "+4915187654321", "email": "bert@example.com"}


def bins(summary: dict[str, Any]) -> dict[str, int]:
    """Return the bins of a summary that are not empty."""
    names = ("created", "updated", "unchanged", "deleted", "rejected", "skipped")
    return {name: summary[name] for name in names if summary[name]}


def names(sandbox: ZohoVoice) -> list[str]:
    """Return the first names held."""
    return [contact["first_name"] for contact in sandbox.contacts]
