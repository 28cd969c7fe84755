"""Commands on the ledger of the fake destination, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.commands.options import taken
from target_contacts.commands.repair import Repair
from tests.support.fake_run import FakeRun

if TYPE_CHECKING:
    from tests.support.fake_run import Place


def repair(place: Place, verb: str, **asked: Any) -> Repair:
    """Return a command on the ledger of the fake destination, in this process."""
    taken_as = taken({"stream": "contacts", "ledger": verb, **asked}, {})
    assert taken_as
    return Repair(FakeRun(place), taken_as)


def relinked(place: Place, remote_id: str, key: str = "2", stream: str = "contacts") -> list[str]:
    """Give a record of the fake destination another contact, in this process."""
    asked = {"stream": stream, "key": (key,), "remote_id": remote_id}
    return list(repair(place, "relink", **asked).relink())


def forgotten(place: Place, stream: str, key: str = "1") -> list[str]:
    """Forget a record of the fake destination, in this process."""
    return list(repair(place, "forget", stream=stream, key=(key,)).forget())
