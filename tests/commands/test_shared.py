"""A contact that records of several streams have is theirs, whatever is forgotten of one."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from target_contacts.ledger.entry import GONE, WRITTEN
from target_contacts.ledger.ledger import Ledger
from tests.support.fake_run import Place
from tests.support.repairs import forgotten, relinked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANNA: dict[str, Any] = {"id": 1, "first_name": "Anna", "last_name": "Smith", "email": "a@x.de"}
MOVED = {**ANNA, "email": "new@x.de"}
"""The same, as the stream says it that has changed her address since."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Return a contact of two streams, which one of them alone would not find any more."""
    with Place(tmp_path) as found:
        found.run(ANNA, stream="crm")
        found.run(ANNA, stream="shop")
        found.run(MOVED, stream="shop")
        assert len(found.sink.contacts) == 1
        yield found


def test_a_forgotten_record_keeps_a_contact_that_another_stream_has(place: Place) -> None:
    """Else the next night creates a second one, as the address is another by now."""
    told = forgotten(place, "crm")
    assert "Contact 1 is shared with shop" in told[1]
    entry = place.entry(1, "crm")
    assert entry is not None
    assert (entry.remote_id, entry.payload, entry.created) == ("1", None, False)
    assert place.run(ANNA, stream="crm").bins == {"updated": 1}
    assert [each["email"] for each in place.sink.contacts.values()] == ["a@x.de"]
    assert place.run(ANNA, stream="crm").bins == {"unchanged": 1}


@pytest.mark.parametrize("order", [("crm", "shop", "news"), ("news", "crm", "shop")])
def test_a_contact_of_three_streams_is_found_when_all_are_forgotten_in_turn(
    place: Place, order: tuple[str, ...]
) -> None:
    """There is always another one that has it."""
    place.run(MOVED, stream="news")
    for stream in order:
        assert "is shared with" in forgotten(place, stream)[1]
    for stream, record in (("news", MOVED), ("crm", ANNA), ("shop", MOVED)):
        assert place.run(record, stream=stream).bins == {"updated": 1}
    assert len(place.sink.contacts) == 1


def test_a_forgotten_record_may_be_given_another_contact(place: Place) -> None:
    """That is how two people are parted who were taken for one."""
    forgotten(place, "crm")
    other = place.sink.put(first_name="Anna", last_name="Smith")
    relinked(place, other, "1", "crm")
    assert place.run(ANNA, stream="crm").bins == {"updated": 1}
    assert [each["email"] for each in place.sink.contacts.values()] == ["new@x.de", "a@x.de"]
    assert forgotten(place, "crm")[0] == "Forgotten: 1 record of crm."
    assert place.entry(1, "crm") is None


def test_what_is_kept_moves_with_the_ledger(place: Place, tmp_path: Path) -> None:
    """An export tells it, and who imports it finds the contact."""
    forgotten(place, "crm")
    with closing(Ledger(f"sqlite:///{tmp_path / 'moved.db'}", "fake")) as moved:
        with place.ledger.transfer.lines() as lines:
            moved.transfer.enter(place.ledger.transfer.columns, list(lines))
        place.ledger, before = moved, place.ledger
        assert place.run(ANNA, stream="crm").bins == {"updated": 1}
        assert len(place.sink.contacts) == 1
        place.ledger = before


def test_a_shared_contact_that_is_not_there_is_forgotten(place: Place) -> None:
    """The record is created again, as whoever removed the contact wants it."""
    place.sink.contacts.clear()
    assert forgotten(place, "crm")[0] == "Forgotten: 1 record of crm."
    assert place.run(ANNA, stream="crm").bins == {"created": 1}


def test_what_was_removed_for_the_other_stream_is_no_reason_to_keep(place: Place) -> None:
    """Nor is a contact that is gone for this one."""
    entry = place.entry(1, "shop")
    assert entry is not None
    place.ledger.put("shop", [msgspec.structs.replace(entry, status=GONE)])
    assert forgotten(place, "crm")[0] == "Forgotten: 1 record of crm."
    place.ledger.put("shop", [msgspec.structs.replace(entry, status=WRITTEN)])
    place.run(ANNA, stream="news")
    gone = place.entry(1, "news")
    assert gone is not None
    place.ledger.put("news", [msgspec.structs.replace(gone, remote_id="1", status=GONE)])
    assert forgotten(place, "news")[0] == "Forgotten: 1 record of news."
