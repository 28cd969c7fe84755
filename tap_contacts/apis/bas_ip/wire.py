"""The wire form of BAS-IP monitors: where requests go, and what their answers hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_contacts.transport.session import Answer

CONTACTS_PATH = "/api/v0/contacts"
LOGIN_PATH = "/api/v0/login"
INFO_PATH = "/api/info"
"""Where a device introduces itself; printed for the sibling families of devices only."""

LARGEST_REQUEST = 10_000
"""Contacts that one upsert takes."""


def is_expected(answer: Answer, body: Mapping[str, Any]) -> bool:
    """Say whether a body is what the path sends: results, or an introduction of any form."""
    if answer.request.path_url == INFO_PATH:
        return bool(body)
    return isinstance(body.get("result"), list)


def results(answer: Answer) -> dict[str, Mapping[str, Any]]:
    """Return the results of an upsert by `link_id`, in lower case."""
    found = [each for each in answer.json["result"] if isinstance(each, dict)]
    return {str(result.get("link_id")).lower(): result for result in found}


def introduction(info: Mapping[str, Any]) -> list[str]:
    """Pick model, serial number and firmware by their keys, which are not documented."""
    return [
        f"{word}: {value}"
        for word in ("model", "serial", "firmware")
        for key, value in info.items()
        if word in key.lower() and isinstance(value, (str, int)) and value != ""
    ]
