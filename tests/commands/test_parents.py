"""`--ledger show` and `forget` know what a client was looked up by, without telling it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.porters import Porters
from tests.support.commands import Finished, Workplace, contacts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.ledger_stores import Store

NAMES = {"701": "Acme GmbH", "702": "Müller KG", "703": "Cafe\u0301 Krug"}
"""Clients by id."""


class Office:
    """An account with clients, into which a contact of each was written."""

    def __init__(self, porters: Porters, workplace: Workplace, **settings: Any) -> None:
        """Take the account and the folder."""
        self.porters, self._workplace = porters, workplace
        given = porters.target_config()
        defaults = {key: v for key, v in given["defaults"].items() if key != "customer_id"}
        own = {"defaults": defaults, "parents": {}, "requests_per_minute": 1_000_000}
        self._config = {**given, **own, **settings}
        for number, name in NAMES.items():
            porters.add_client(number, name)
        self.write()

    def write(self, **more: Any) -> Finished:
        """Write the contacts."""
        names = enumerate(NAMES.values(), 1)
        people = [
            {"id": n, "first_name": f"F{n}", "last_name": "L", "company": c} for n, c in names
        ]
        ended = self._workplace.target(self._config, contacts(*({**p, **more} for p in people)))
        assert ended.code == 0, ended.log
        return ended

    def ledger(self, *options: str) -> Finished:
        """Run a command on the ledger, which tells no name."""
        ended = self._workplace.target(self._config, "", "--ledger", *options)
        assert not any(name.split()[0] in ended.out + ended.log for name in NAMES.values())
        return ended


@pytest.fixture
def office(workplace: Workplace, store: Store) -> Iterator[Office]:
    """Return an account whose clients the ledger knows, with each kind of ledger."""
    with Porters() as porters:
        yield Office(porters, workplace, ledger_url=store.url)


def test_what_a_value_stands_for_is_shown(office: Office) -> None:
    """By the value as the record has it, by its hash, or by the id."""
    assert "looked up: 3 by parents name" in office.ledger("list").out
    by_value = office.ledger("show", "--parent", "Acme GmbH")
    head, row = by_value.out.splitlines()
    assert head.split()[:2] == ["looked", "up"]
    value, remote_id = row.removeprefix("parents name").split()[:2]
    assert (len(value), remote_id) == (32, "701")
    assert office.ledger("show", "--parent", value).out == by_value.out
    assert office.ledger("show", "--remote-id", "701").out == by_value.out
    assert office.ledger("show", "--parent", " Caf\u00e9 Krug ").code == 0
    assert office.ledger("show", "--parent", "ACME GmbH").code == 1
    contact = office.porters.contacts[0]["Contact.P_Id"]
    assert "contacts" in office.ledger("show", "--remote-id", contact).out


def test_one_value_is_forgotten_and_asked_for_again(office: Office) -> None:
    """The others are not. A contact whose record does not change stays where it is."""
    del office.porters.database.records["Client"]["701"]
    office.porters.add_client("704", NAMES["701"])
    ended = office.ledger("forget", "--parent", NAMES["701"])
    assert (ended.code, "Forgotten: 1." in ended.out) == (0, True)
    assert office.ledger("forget", "--parent", NAMES["701"]).code == 1
    assert "looked up: 2 by parents name" in office.ledger("list").out
    assert office.write().summary["unchanged"] == 3
    office.write(phone="+49301")
    assert [each["Contact.P_Client"] for each in office.porters.contacts] == ["704", "702", "703"]


def test_a_contact_is_moved_at_once_by_a_relink(office: Office) -> None:
    """To the contact that it has: it is sent again as its record is now."""
    office.porters.add_client("704", "Another")
    office.ledger("forget", "--parent", NAMES["702"])
    contact = next(c for c in office.porters.contacts if c["Contact.P_Client"] == "702")
    office.porters.change(contact["Contact.P_Id"], **{"Contact.P_Client": "704"})
    named = "--stream", "contacts", "--key", "2", "--remote-id", contact["Contact.P_Id"]
    assert office.ledger("relink", *named).code == 0
    assert office.write().summary["updated"] == 1
    assert [each["Contact.P_Client"] for each in office.porters.contacts] == ["701", "702", "703"]
