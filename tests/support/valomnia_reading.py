"""What the tests of reading Valomnia share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.reading import state
from tests.support.valomnia_lists import SECOND, START

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.sandbox.valomnia import Valomnia
    from tests.support.commands import Finished


STREAM = "valomnia_contacts"
LIST = "GET /api/v1.0/contacts"


def at(second: float) -> str:
    """Return a time as Valomnia tells it: so many seconds after the first one."""
    return f"{START + second * SECOND:%Y-%m-%dT%H:%M:%SZ}"


def keys(run: Finished) -> list[str]:
    """Return the ids that a run wrote, in turn."""
    return [record["id"] for record in run.records(STREAM)]


def bookmark(run: Finished) -> dict[str, Any]:
    """Return what the last state says of the stream."""
    found: dict[str, Any] = state(run)["bookmarks"][STREAM]
    return found


def place(run: Finished) -> dict[str, Any]:
    """Return the same but for what it says was seen."""
    return {name: value for name, value in bookmark(run).items() if name != "seen"}


def since(time: str) -> dict[str, Any]:
    """Return a state with a bookmark."""
    place = {"replication_key": "lastUpdated", "replication_key_value": time}
    return {"bookmarks": {STREAM: place}}


def queries(sandbox: Valomnia) -> list[Mapping[str, str]]:
    """Return what the lists that were asked for were asked by."""
    lines = (line.request for line in sandbox.log)
    return [r.query for r in lines if f"{r.method} {r.path}" == LIST]
