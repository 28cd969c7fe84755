"""A PORTERS with many contacts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from tests.sandbox.porters import CLIENT_ID, OWNER_ID, Porters
from tests.sandbox.porters_tenant import OWN_KINDS, PHASES, Kind, Option, Tenant

OWNED = {"Contact.P_Owner": OWNER_ID, "Contact.P_Client": CLIENT_ID}


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        """Start a while ago, in the time zone of Japan."""
        japan = timezone(timedelta(hours=9))
        self.time = datetime.now(japan).replace(microsecond=0) - timedelta(days=9)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time

    def go_on(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)

    @property
    def told(self) -> str:
        """Return the time as records have it."""
        return self.time.astimezone(timezone.utc).isoformat()


def fill(sandbox: Porters, number: int, clock: Clock | None = None) -> list[str]:
    """Put in so many contacts, a second apart; return their ids."""
    ids = []
    for n in range(number):
        ids.append(sandbox.add(**OWNED, **{"Contact.P_Name": f"N{n} M"}))
        if clock:
            clock.go_on(1)
    return ids


AREAS = Option(
    "Option.U_Area",
    "Area",
    (
        Option("Option.U_East", "East", (Option("Option.U_Tokyo", "Tokyo"),)),
        Option("Option.U_West", "West", unused=True),
        Option("Option.U_North", "North, far"),
        Option("Option.U_1", "Twin"),
        Option("Option.U_2", "Twin"),
    ),
)
OWN: dict[Kind, str] = {kind: f"Contact.U_{kind.name.title()}" for kind in OWN_KINDS}
"""A field of one's own of each kind."""
TYPED = Tenant(
    own={alias: kind for kind, alias in OWN.items()},
    largest={OWN[Kind.NUMBER]: 1000, OWN[Kind.SINGLE]: 5},
    least={OWN[Kind.NUMBER]: -5},
    decimals={OWN[Kind.NUMBER]: 1},
    options=[PHASES, AREAS],
    refers={OWN[kind]: AREAS.alias for kind in (Kind.CHECKBOX, Kind.RADIO, Kind.OPTION)},
    names={OWN[Kind.URL]: "Home  page"},
)


def people(number: int, memo: int = 0) -> list[dict[str, Any]]:
    """Return records of so many people, each with a memo of so many bytes."""
    return [{"id": n, "name": f"P{n}", "note": "x" * memo} for n in range(number)]
