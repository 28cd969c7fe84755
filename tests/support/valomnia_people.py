"""What the tests of writing to Valomnia share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.sandbox.valomnia import Valomnia

API = "/api/v1.0/contacts"
ANNA = {"id": 1, "first_name": "Anna", "last_name": "Ahrens", "email": "anna@example.com"}
BERT = {"id": 2, "first_name": "Bert", "last_name": "Busch", "email": "bert@example.com"}


def settings(sandbox: Valomnia, **changed: Any) -> dict[str, Any]:
    """Return a target config with changed settings of the account."""
    config = sandbox.target_config()
    return {**config, "valomnia": {**config["valomnia"], **changed}}


def last_names(sandbox: Valomnia) -> list[str]:
    """Return the last names held."""
    return [contact["lastName"] for contact in sandbox.contacts]
