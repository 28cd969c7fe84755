"""People for the fake destination, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.fake_run import Place, Record

ALONE: dict[str, Any] = {"match_on": []}
ANNA = {"id": 1, "first_name": "Anna", "email": "anna@example.com", "mobile": "+4915112345678"}
CONTACT = {name: str(value) for name, value in ANNA.items() if name != "id"}
"""Anna's contact at the destination."""


def person(number: int, **more: str) -> Record:
    """Return the record of somebody, by a number that is no name of somebody else's."""
    mobile = f"+49151{10_000_000 + number}"
    return {"id": number, "first_name": f"P{number}", "mobile": mobile, **more}


def people(count: int, **more: str) -> list[Record]:
    """Return as many records of different people, numbered from 1."""
    return [person(number, **more) for number in range(1, count + 1)]


def held(place: Place) -> list[str]:
    """Return the first names that the destination has."""
    return [contact["first_name"] for contact in place.sink.contacts.values()]


def statuses(place: Place, *numbers: int) -> list[str | None]:
    """Return what the ledger says of these records."""
    entries = [place.entry(number) for number in numbers]
    return [entry.status if entry else None for entry in entries]
