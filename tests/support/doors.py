"""Monitors at the doors of a house, and the people who live behind them."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from tests.sandbox.bas_ip import BasIp
from tests.sandbox.sockets import served
from tests.support.commands import contacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from typing_extensions import Self

    from tests.support.commands import Finished, Message

ACCOUNT = {"username": "admin", "password": "123456"}
TEMPLATE = {"number_template": "sip:{mobile}@pbx.example.com"}
QUICK = {"retry_wait_seconds": 0.01, "unanswered_wait_seconds": 0.05, "canary": False}


class House:
    """One monitor for each flat; a context manager that stops them."""

    def __init__(self, flats: int, **monitor: Any) -> None:
        self._stack = ExitStack()
        self.monitors = [BasIp(**monitor) for _ in range(flats)]

    def __enter__(self) -> Self:
        """Serve the monitors."""
        self._stack.enter_context(served([each.server for each in self.monitors]))
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the monitors."""
        self._stack.close()

    def config(self, own: Mapping[int, Mapping[str, Any]] | None = None) -> dict[str, Any]:
        """Return a config; the monitors of some flats may have account settings of their own."""
        listed = [
            {
                "name": f"flat {flat}",
                "api": "bas_ip",
                "bas_ip": {"api_url": monitor.url, **(own or {}).get(flat, {})},
                "only": {"flat": flat},
            }
            for flat, monitor in enumerate(self.monitors)
        ]
        return {"bas_ip": {**ACCOUNT, **TEMPLATE}, "destinations": listed, **QUICK}

    def held(self) -> list[list[str]]:
        """Return the names in the phone book of each monitor."""
        return [sorted(each["name"] for each in one.contacts) for one in self.monitors]

    def asked(self) -> list[int]:
        """Return how many requests each monitor has got."""
        return [len(one.log) for one in self.monitors]


def residents(
    homes: Iterable[Any], version: int | None = None, state: Any = "read"
) -> list[Message]:
    """Return the stream of people who live in these flats, one after the other.

    With a version it is a complete reading.
    """
    people = [
        {"id": n, "first_name": "Ann", "last_name": f"N{n}", "mobile": f"+4915112{n:05}", "flat": f}
        for n, f in enumerate(homes)
    ]
    head, *records = contacts(*people, stream="residents")
    end: Sequence[Message] = ({"type": "STATE", "value": state},)
    if version is None:
        return [head, *records, *end]
    activate = {"type": "ACTIVATE_VERSION", "stream": "residents", "version": version}
    return [head, *({**each, "version": version} for each in records), activate, *end]


def overall(run: Finished) -> dict[str, Any]:
    """Return the summary of all destinations."""
    line = next(line for line in run.log.splitlines() if " destinations: {" in line)
    found: dict[str, Any] = json.loads(line.split(" destinations: ", 1)[1])
    return found
