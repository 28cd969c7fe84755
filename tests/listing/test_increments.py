"""From night to night: of a source that tells dates, what changed goes on and nothing else."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.porters import Porters
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.people import put

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.support.commands import Workplace

MANY = 130
"""Contacts at the source: more than a page of Valomnia's."""

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


class Source:
    """A source, at which a minute passes from one change to the next."""

    def __init__(self, api: str, sandbox: Any) -> None:
        """Fill a server with contacts."""
        self.api, self.sandbox, self._now = api, sandbox, START
        porters = api == "porters"
        self.key = "Contact.P_Id" if porters else "id"
        self._mobile = "Contact.P_Mobile" if porters else "mobile"
        self.add(range(MANY))

    def add(self, numbers: Iterable[int]) -> None:
        """Put in contacts."""
        for number in numbers:
            self._pass()
            name = {"first_name": f"First{number}", "last_name": f"Last{number}"}
            ways = {"email": f"{number}@example.com", "mobile": f"+4915{number:09}"}
            put(self.sandbox, {**name, **ways})

    def change(self, ids: Iterable[str]) -> None:
        """Give contacts another number."""
        for each in ids:
            self._pass()
            key = each if self.api == "porters" else int(each)
            self.sandbox.change(key, **{self._mobile: f"+4916{self._now:%m%d%H%M}0"})

    def ids(self) -> list[str]:
        """Return the ids of all contacts, the one that changed last at the end."""
        when = "Contact.P_UpdateDate" if self.api == "porters" else "lastUpdated"
        ordered = sorted(self.sandbox.contacts, key=lambda contact: str(contact[when]))
        return [str(contact[self.key]) for contact in ordered]

    def _pass(self) -> None:
        self._now += timedelta(minutes=1)
        now = self._now
        self.sandbox.now = (lambda: now) if self.api == "porters" else now


@pytest.fixture(params=["porters", "valomnia"])
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    """Return a running source with many contacts."""
    with Porters() if request.param == "porters" else Valomnia() as sandbox:
        yield Source(request.param, sandbox)


def night(workplace: Workplace, source: Source, config: dict[str, Any]) -> tuple[set[str], Any]:
    """Read on from the last state and write; return the ids read, and the target's counts."""
    path = workplace.folder / "state.json"
    options = ["--state", str(path)] if path.exists() else []
    read = workplace.tap({source.api: source.sandbox.tap_config()}, *options)
    written = workplace.target(config, read.out)
    assert (read.code, written.code) == (0, 0)
    path.write_text(json.dumps(written.messages[-1]))
    records = read.records(f"{source.api}_contacts")
    return {str(record[source.key]) for record in records}, written.summary


def test_each_night_just_what_changed_goes_on(workplace: Workplace, source: Source) -> None:
    """None, one, some or many of 130, and a new one: they, and the last one of the night before."""
    with ZohoVoice() as zoho:
        everybody, counts = night(workplace, source, zoho.target_config())
        assert (len(everybody), counts["created"]) == (MANY, MANY)
        for amount in (0, 1, 7, 120):
            *_, last = before = source.ids()
            changed = before[5 : 5 + amount]
            source.change(changed)
            source.add(range(len(before), len(before) + bool(amount)))
            moved = {*changed} | {*source.ids()} - {*before}
            found, counts = night(workplace, source, zoho.target_config())
            assert moved <= found <= moved | {last}
            assert (counts["created"], counts["updated"]) == (bool(amount), amount)
        numbers = {each["mobile"] for each in zoho.contacts}
    assert numbers == mobiles(source)


def mobiles(source: Source) -> set[str]:
    """Return the numbers of all contacts at the source."""
    wire = "Contact.P_Mobile" if source.api == "porters" else "mobile"
    return {each[wire] for each in source.sandbox.contacts}
