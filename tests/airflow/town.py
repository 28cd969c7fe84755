"""A source, twenty monitors and an account of each other API: between them contacts are moved."""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.crash.people import Shapes, numbers, shapes
from tests.sandbox.__main__ import DESTINATIONS
from tests.sandbox.bas_ip import BasIp
from tests.sandbox.sockets import served
from tests.sandbox.valomnia import Valomnia
from tests.support.commands import BIN
from tests.support.people import put

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from typing_extensions import Self

    from tests.sandbox.server import Sandbox

PEOPLE = 60
PER_MINUTE = {"bas_ip": 60, "cobai": 400, "porters": 400, "valomnia": 400, "zoho_voice": 400}
"""Requests that an account may get in any minute, unless a test says otherwise."""

UNUSED = "http://127.0.1.1:9"
"""Address of this machine at which nothing answers."""


class Town:
    """The source with its people, and the empty destinations; a context manager."""

    def __init__(self, flats: int = 20, **per_minute: int) -> None:
        """Take how many monitors there are, and other rates by API."""
        self.source = Valomnia()
        self.monitors = [BasIp() for _ in range(flats)]
        self.accounts = {kind.api: kind() for kind in DESTINATIONS if kind is not BasIp}
        self.per_minute = PER_MINUTE | per_minute
        self._stack = ExitStack()
        for number in range(PEOPLE):
            self._settle(number)

    def _settle(self, number: int) -> None:
        person = {"first_name": f"First{number}", "last_name": f"Last{number}"}
        person |= {"email": f"contact{number}@example.com", "mobile": f"+4915{number:09}"}
        put(self.source, {**person, "postal_code": f"F{number % len(self.monitors)}"})

    def __enter__(self) -> Self:
        """Serve all."""
        self._stack.enter_context(
            served([each.server for each in (self.source, *self.all.values())])
        )
        return self

    def __exit__(self, *_: object) -> None:
        """Stop all."""
        self._stack.close()

    @property
    def all(self) -> dict[str, Sandbox]:
        """Return the destinations by name."""
        doors = {f"flat {flat}": each for flat, each in enumerate(self.monitors)}
        return {**doors, **self.accounts}

    def configure(
        self, folder: Path, ledger: str, own: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        """Write the configs of both commands; some destinations may have settings of their own."""
        tap = {"valomnia": self.source.tap_config()}
        (folder / "tap.json").write_text(json.dumps(tap), encoding="utf-8")
        listed = [{**each, **(own or {}).get(each["name"], {})} for each in self._listed()]
        target = {
            "ledger_url": ledger,
            "lock_wait_seconds": 30,
            "rejects_dir": str(folder / "rejects"),
            "report_dir": str(folder / "reports"),
            "unanswered_wait_seconds": 1,
            "retry_wait_seconds": 0.1,
            "destinations": listed,
        }
        (folder / "target.json").write_text(json.dumps(target), encoding="utf-8")

    def _listed(self) -> Iterator[dict[str, Any]]:
        for name, each in self.all.items():
            only = {"only": {"postal_code": f"F{name[5:]}"}} if each.api == "bas_ip" else {}
            rate = {"requests_per_minute": self.per_minute[each.api]}
            yield {**each.target_config(), **only, **rate, "name": name}

    def move(self, folder: Path) -> None:
        """Move the contacts with the two commands alone, as configured in a folder."""
        records = folder / "plain.singer.jsonl"
        with records.open("wb") as told:
            tap = (BIN / "tap-contacts", "--config", folder / "tap.json")
            subprocess.run(tap, stdout=told, stderr=subprocess.DEVNULL, check=True)
        with records.open("rb") as given:
            target = (BIN / "target-contacts", "--config", folder / "target.json")
            subprocess.run(target, stdin=given, capture_output=True, check=True)

    def change(self, number: int, **fields: str) -> None:
        """Have the source change a person."""
        self.source.now += timedelta(days=1)
        (key,) = (c["id"] for c in self.source.contacts if numbers(json.dumps(c)) == {number})
        self.source.change(key, **fields)

    def off(self, flat: int) -> dict[str, Any]:
        """Return settings with which a monitor is not reached."""
        return {"bas_ip": {**self._account(flat), "api_url": UNUSED}}

    def without_number(self, flat: int) -> dict[str, Any]:
        """Return settings with which a monitor's contacts lack what it demands."""
        return {"bas_ip": {**self._account(flat), "number_template": None}}

    def _account(self, flat: int) -> dict[str, Any]:
        account: dict[str, Any] = self.monitors[flat].target_config()["bas_ip"]
        return account

    def held(self) -> dict[str, Shapes]:
        """Return what each destination holds, without what differs by itself."""
        return {name: shapes(each.contacts) for name, each in self.all.items()}

    def wanted(self) -> dict[str, set[int]]:
        """Return the numbers of the people whom each destination should hold."""
        flats = len(self.monitors)
        doors = {f"flat {flat}": set(range(flat, PEOPLE, flats)) for flat in range(flats)}
        return {name: doors.get(name, set(range(PEOPLE))) for name in self.all}

    def counts(self) -> dict[str, list[int]]:
        """Return the numbers of the people whom each destination holds, doubled ones twice."""
        return {
            name: sorted(n for one in each.contacts for n in numbers(json.dumps(one)))
            for name, each in self.all.items()
        }

    def busiest(self) -> dict[str, int]:
        """Return the most requests that each destination got in any minute."""
        return {
            name: most_in_a_minute([line.at for line in each.log])
            for name, each in self.all.items()
        }


def most_in_a_minute(times: list[float]) -> int:
    """Return the most of some ascending times that lie within 60 seconds."""
    return max((sum(start <= at < start + 60 for at in times) for start in times), default=0)
