"""What the tests of writing to PORTERS share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from tests.sandbox.porters import CONTACT, Porters

if TYPE_CHECKING:
    from collections.abc import Mapping


ANNA: dict[str, Any] = {"id": "a", "name": "Anna", "email": "anna@example.com"}
CARL: dict[str, Any] = {"id": "c", "name": "Carl", "email": "carl@example.com"}
WRITE = f"POST {CONTACT}"


def config(sandbox: Porters, **changes: Any) -> dict[str, Any]:
    """Return the config of a sandbox, with settings of its account changed; None takes one away."""
    whole = sandbox.target_config()
    account = {**whole["porters"], **changes}
    return {**whole, "porters": {name: v for name, v in account.items() if v is not None}}


def bins(summary: Mapping[str, Any]) -> dict[str, int]:
    """Return the bins of a summary that are not empty."""
    names = ("created", "updated", "unchanged", "deleted", "rejected", "skipped")
    return {name: summary[name] for name in names if summary[name]}


def held(sandbox: Porters) -> list[str]:
    """Return the names held, oldest first."""
    return [contact["Contact.P_Name"] for contact in sandbox.contacts]


def sent(sandbox: Porters) -> list[list[str | None]]:
    """Return the names in each Contact Write that arrived, whatever became of it."""
    bodies = [line.request.body for line in sandbox.log if sandbox.is_write(line.request)]
    return [[item.findtext("Contact.P_Name") for item in etree.fromstring(body)] for body in bodies]
