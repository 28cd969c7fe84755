"""What `--check` tells of assumptions about an API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_contacts.transport.client import ApiClient
    from tests.sandbox.server import Sandbox


def told(client: ApiClient, sandbox: Sandbox) -> list[str]:
    """Return the lines; nothing must have been written, and no other request than a read sent."""
    client.check()
    client.tell_apart()
    sandbox.log.clear()
    lines = [fact.line for fact in client.facts()]
    assert {line.request.method for line in sandbox.log} == {"GET"}
    return lines


def line_of(lines: list[str], what: str) -> str:
    """Return the one line that has these words."""
    [found] = [line for line in lines if what in line]
    return found
