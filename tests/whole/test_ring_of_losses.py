"""A ring of APIs in which contacts leave and values are cut: nobody comes back or is doubled."""

from __future__ import annotations

import dataclasses
import itertools
import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.porters_tenant import SINGLE_LINE_MAX
from tests.support.in_process import Folder
from tests.support.ring import Ring, writes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.commands import Finished
    from tests.support.people import Person

APIS = ("zoho_voice", "porters", "valomnia")
MAX: Person = {
    "first_name": "Max",
    "last_name": "Meyer",
    "email": "max@example.com",
    "mobile": "+4915123456789",
}
TOM: Person = {
    "first_name": "Tom",
    "last_name": "Ray",
    "email": "tom@example.com",
    "mobile": "+4915187654321",
}
IDS = {"zoho_voice": "contact_id", "porters": "Contact.P_Id", "valomnia": "id"}
MAILS = {"zoho_voice": "email", "porters": "Contact.P_Mail", "valomnia": "email"}

MARKED: dict[str, dict[str, Any]] = {
    "zoho_voice": {"on_delete": "delete"},
    "porters": {"on_delete": "mark", "marks": {"Contact.P_Memo": "left"}},
    "valomnia": {"on_delete": "mark", "marks": {"fonction": "left"}},
}
NOTES = {"porters": "Contact.P_Memo", "valomnia": "fonction"}
"""Where who left the API before is marked."""

NEXT = dict(zip(APIS, [*APIS[1:], APIS[0]], strict=True))


class VersionedRing(Ring):
    """A ring whose taps tell by versions who left, and read once a second at most."""

    seconds: Iterator[int] = itertools.count(1)

    def hop(self, source: str, to: str) -> tuple[str, str, Finished, Finished]:
        """Read one API and write another, with one ledger for all of them."""
        account = {source: self.sandboxes[source].tap_config()}
        read = self.folder.tap({**account, "emit_activate_version_messages": True})
        # A version is the second in which a reading begins. These readings take less than one.
        out = re.sub(r'"version":\d+', f'"version":{next(self.seconds)}', read.out)
        read = dataclasses.replace(read, out=out)
        return source, to, read, self.write(to, read)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Return what stops all that was started."""
    with ExitStack() as started:
        yield started


def mails(ring: Ring) -> dict[str, list[str]]:
    """Return who is where, by e-mail address."""
    return {api: [str(each.get("email")) for each in ring.seen(api)] for api in ring.sandboxes}


def assert_at_rest(ring: Ring) -> None:
    """Check that nothing is written any more."""
    sent = writes(ring)
    ring.round()
    assert writes(ring) == sent


@pytest.mark.parametrize("settings", [{}, MARKED], ids=["left alone", "marked"])
@pytest.mark.parametrize("left", APIS)
def test_who_left_one_api_does_not_come_back_there(
    tmp_path: Path, stack: ExitStack, left: str, settings: Mapping[str, Mapping[str, Any]]
) -> None:
    """Though the others have him still; who stays is changed nowhere, and the ring rests."""
    ring = VersionedRing(Folder(tmp_path))
    ring.settings = {a: {**settings.get(a, {}), "guards": {"max_deletes": None}} for a in APIS}
    ring.start(stack, APIS, (MAX, TOM))
    for _ in range(2):
        ring.round()
    gone: Any = ring.sandboxes[left]
    tom = next(each for each in gone.contacts if "tom" in str(each[MAILS[left]]))
    gone.remove(tom[IDS[left]])
    stays = ring.seen("zoho_voice")[0]
    for _ in range(2):
        ring.round()
    assert_at_rest(ring)
    found = mails(ring)
    assert found[left] == ["max@example.com"]
    assert all(found[api].count("max@example.com") == 1 for api in APIS), found
    assert all(found[api].count("tom@example.com") <= 1 for api in APIS), found
    assert ring.seen("zoho_voice")[0] == stays
    marked = {a for a, f in NOTES.items() for c in ring.sandboxes[a].contacts if c.get(f) == "left"}
    assert marked == ({NEXT[left]} & NOTES.keys() if settings else set())


LONG = "Nordrhein-Westfalen " * 11
"""A state that Zoho Voice has room for, and a single line of PORTERS has not."""


def states(ring: Ring) -> list[int]:
    """Return how long the state of somebody is at each API."""
    return [len(str(ring.seen(api)[0]["state"])) for api in ring.sandboxes]


def test_a_value_that_is_cut_stays_whole_where_it_may_only_fill_what_is_empty(
    tmp_path: Path, stack: ExitStack
) -> None:
    """It comes back cut each time it changes, and is not written over the whole one."""
    ring = Ring(Folder(tmp_path))
    ring.settings = {
        "zoho_voice": {"policies": {"*": "fill_empty"}},
        "porters": {"on_invalid_value": "truncate"},
    }
    state = LONG.strip()
    ring.start(stack, ("zoho_voice", "porters"), ({**MAX, "state": state},))
    ring.round()
    assert_at_rest(ring)
    assert states(ring) == [len(state), SINGLE_LINE_MAX]
    zoho: Any = ring.sandboxes["zoho_voice"]
    zoho.change(zoho.contacts[0]["contact_id"], state=f"Saarland {state}")
    ring.round()
    assert_at_rest(ring)
    assert states(ring) == [len(state) + 9, SINGLE_LINE_MAX]
    assert ring.seen("porters")[0]["state"].startswith("Saarland Nordrhein")


class LenientRing(Ring):
    """A ring that goes on when records are rejected."""

    def write(self, to: str, read: Finished) -> Finished:
        """Write what was read into an API."""
        config = {**self.sandboxes[to].target_config(), **self.settings.get(to, {})}
        return self.folder.target(config, read.out)


def test_a_name_that_one_api_has_no_room_for_doubles_nobody(
    tmp_path: Path, stack: ExitStack
) -> None:
    """By default its record is rejected there, each night anew; the others have their contacts."""
    ring = LenientRing(Folder(tmp_path))
    first = "Maximiliane-Alexandra-Konstantina-Theodora"
    ring.start(stack, ("zoho_voice", "cobai", "porters"), ({**MAX, "first_name": first}, TOM))
    for _ in range(2):
        codes = [written.code for _, _, _, written in ring.round()]
        assert codes == [3, 0, 0]
    assert mails(ring) == {
        "zoho_voice": ["max@example.com", "tom@example.com"],
        "cobai": ["tom@example.com"],
        "porters": ["tom@example.com"],
    }
