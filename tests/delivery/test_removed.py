"""A contact that was removed by hand is created anew like any other, or stays forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.errors import NotFound, Refused, Stopped
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import (
    LANDED,
    LATE,
    LISTED,
    LOST,
    REFUSED,
    AskedSink,
    FakeSink,
    Fault,
    ParallelSink,
    WholeNameSink,
)

if TYPE_CHECKING:
    from pathlib import Path

    from target_contacts.errors import Rejected
    from tests.support.fake_run import Record

ANNA: Record = {
    "id": 1,
    "first_name": "Anna",
    "last_name": "Ahrens",
    "email": "anna@example.com",
    "mobile": "+4915112345678",
}
BERT = {**ANNA, "id": 2, "first_name": "Bert", "email": "b@example.com", "mobile": "+49151999"}
MOVED = {**ANNA, "company": "Acme"}
CONTACT = {name: value for name, value in MOVED.items() if name != "id"}


def removed(place: Place, *records: Record) -> None:
    """Let contacts have been written and removed since."""
    place.run(*(records or [ANNA]))
    place.sink.contacts.clear()
    place.sink.asked.clear()


def known(place: Place) -> tuple[str | None, str | None]:
    """Return status and id that the ledger has of Anna."""
    entry = place.entry(1)
    return (entry.status, entry.remote_id) if entry else (None, None)


@pytest.mark.parametrize(
    ("on_gone", "bins", "entry", "asked"),
    [
        ("reject", {"rejected": 1}, ("written", "1"), ["update 1"]),
        ("skip", {"skipped": 1}, ("gone", "1"), ["update 1", "is 1 gone"]),
        (
            "recreate",
            {"created": 1},
            ("written", "2"),
            ["update 1", "is 1 gone", "list", "create Anna"],
        ),
    ],
)
def test_what_is_asked_and_remembered(
    tmp_path: Path, on_gone: str, bins: dict[str, int], entry: tuple[str, str], asked: list[str]
) -> None:
    """The new one is looked up first, and holds what the record says in full."""
    with Place(tmp_path) as place:
        removed(place)
        run = place.run(MOVED, on_gone=on_gone)
        assert (run.bins, known(place), place.sink.asked) == (bins, entry, asked)
        assert run.states == [{"at": 1}]
        assert list(place.sink.contacts.values()) == ([CONTACT] if on_gone == "recreate" else [])


def test_one_that_was_put_in_again_by_hand_is_adopted(tmp_path: Path) -> None:
    """It is the same person's: a second contact would be one too many."""
    with Place(tmp_path) as place:
        removed(place)
        place.sink.put(**{n: v for n, v in ANNA.items() if n != "id"})
        run = place.run(MOVED, on_gone="recreate")
        assert (run.bins, known(place)) == ({"updated": 1}, ("written", "2"))
        assert list(place.sink.contacts.values()) == [CONTACT]


class OneListSink(FakeSink):
    """The same, asked once for all contacts that are there."""

    def is_gone(self, remote_id: str, error: Rejected | Refused) -> bool:
        """Say whether a contact is missing in the list."""
        return isinstance(error, NotFound) and remote_id not in self.ids_there


class OneListAskedSink(AskedSink):
    """The same where contacts can be asked for one by one."""

    is_gone = OneListSink.is_gone


def test_one_adopted_after_the_list_is_not_taken_to_be_gone(tmp_path: Path) -> None:
    """It came after all were asked for: a refused update makes no second one."""
    with Place(tmp_path, OneListAskedSink) as place:
        removed(place, BERT)
        run = FakeRun(place, on_gone="recreate")
        run.send({**BERT, "company": "Acme"})
        place.sink.put(**{name: value for name, value in ANNA.items() if name != "id"})
        place.sink.faults = [Fault(NotFound("Fake", "update", "not found", http_status=404))]
        run.send(MOVED)
        assert run.bins == {"created": 1, "rejected": 1}
        assert len(place.sink.contacts) == 2


class OneListDeletingSink(OneListSink):
    """The same where contacts can be deleted."""

    capabilities = replace(LISTED, deletes=True)


def test_one_created_after_the_list_is_not_taken_to_be_deleted(tmp_path: Path) -> None:
    """An API that does not find its newest contact yet may still hold it."""
    with Place(tmp_path, OneListDeletingSink) as place:
        removed(place, BERT)
        run = FakeRun(place, on_delete="delete")
        for record in ({**BERT, "_sdc_deleted_at": "2026-05-01T10:00:00Z"}, ANNA):
            run.send(record)
        place.sink.faults = [Fault(NotFound("Fake", "delete", "not found", http_status=404))]
        run.send({**ANNA, "_sdc_deleted_at": "2026-05-01T10:00:00Z"})
        assert run.bins == {"deleted": 1, "created": 1, "rejected": 1}
        assert place.entry(1)


class BlindSink(FakeSink):
    """The same, which finds no contact when it is asked for one."""

    def is_gone(self, remote_id: str, error: Rejected | Refused) -> bool:
        """Say that a contact is not there, as far as can be told."""
        del error
        self._ask(f"is {remote_id} gone")
        return True


@pytest.mark.parametrize("kind", [OneListSink, BlindSink])
@pytest.mark.parametrize("on_gone", ["recreate", "skip"])
def test_a_list_says_nothing_of_contacts_that_were_written_after_it(
    tmp_path: Path, on_gone: str, kind: type[FakeSink]
) -> None:
    """An API that does not find its newest contact yet makes no second one."""
    with Place(tmp_path, kind) as place:
        removed(place, BERT)
        run = FakeRun(place, on_gone=on_gone)
        run.send({**BERT, "company": "Acme"})
        run.send(ANNA)
        place.sink.faults = [Fault(NotFound("Fake", "update", "not found", http_status=404))]
        run.send(MOVED)
        run.finish()
        names = [contact["first_name"] for contact in place.sink.contacts.values()]
        assert (names.count("Anna"), run.bins["rejected"]) == (1, 1)
        assert place.sink.asked.count("list") >= 1


def test_an_update_that_never_left_is_rejected_without_a_question(tmp_path: Path) -> None:
    """Whoever was not asked to change a contact says nothing of whether it is there."""
    with Place(tmp_path, BlindSink) as place:
        place.run(ANNA)
        place.sink.faults = [Fault(Refused("Fake", "update", "too large"))]
        run = place.run(MOVED, on_gone="skip")
        assert (run.bins, known(place)) == ({"rejected": 1}, ("written", "1"))
        assert "is 1 gone" not in place.sink.asked


def test_one_created_anew_has_what_the_record_says_and_no_more(tmp_path: Path) -> None:
    """Where the update would have left alone a name of which the record lacks a part."""
    with Place(tmp_path, WholeNameSink) as place:
        removed(place)
        less = {name: value for name, value in MOVED.items() if name != "first_name"}
        assert place.run({**less, "phone": ""}, on_gone="recreate").bins == {"created": 1}
        there = {"full_name": "Ahrens", "email": "anna@example.com"}
        assert list(place.sink.contacts.values()) == [there]


def test_one_that_is_removed_while_it_is_adopted_is_created(tmp_path: Path) -> None:
    """The look-up found it, the update did not."""
    with Place(tmp_path) as place:
        place.sink.put(**{name: value for name, value in ANNA.items() if name != "id"})
        place.sink.watch = lambda what: place.sink.contacts.clear() if what == "update 1" else None
        assert place.run(MOVED, on_gone="recreate").bins == {"created": 1}
        assert (list(place.sink.contacts.values()), known(place)) == ([CONTACT], ("written", "2"))


@pytest.mark.parametrize("fault", [LOST, LANDED, LATE])
@pytest.mark.parametrize("wait", [0.0, 60.0])
def test_a_create_that_goes_unanswered_doubles_nobody(
    tmp_path: Path, fault: Fault, wait: float
) -> None:
    """Once it leaves it is a create like any other."""
    with Place(tmp_path) as place:
        removed(place)
        place.sink.faults = [fault]
        run = place.run(MOVED, on_gone="recreate", wait=wait)
        assert (run.bins, len(place.sink.contacts)) == ({"created": 1}, 1)


def test_a_run_that_ends_in_between_is_made_good_by_the_next(tmp_path: Path) -> None:
    """The intent is in the ledger before the create leaves, so the next run looks it up."""
    with Place(tmp_path) as place:
        removed(place)
        place.sink.faults = [LANDED]
        lists = iter([None, Stopped("Fake", "list", "not signed in")])
        place.sink.watch = lambda what: _raise(next(lists)) if what == "list" else None
        with pytest.raises(Stopped):
            place.run(MOVED, on_gone="recreate")
        assert known(place)[0] == "intent"
        place.sink.watch = lambda _: None
        assert place.run(MOVED, on_gone="recreate").bins == {"created": 1}
        assert len(place.sink.contacts) == 1


def _raise(error: Exception | None) -> None:
    if error:
        raise error


@pytest.mark.parametrize(
    ("settings", "bins"),
    [({"mode": "update_only"}, {"skipped": 1}), ({"match_on": []}, {"created": 1})],
)
def test_other_settings_hold(tmp_path: Path, settings: Any, bins: dict[str, int]) -> None:
    """A contact is not created where none may be, nor looked up where none is adopted."""
    with Place(tmp_path) as place:
        removed(place)
        assert place.run(MOVED, on_gone="recreate", **settings).bins == bins
        assert ("list" in place.sink.asked) == ("match_on" not in settings)


def test_one_that_is_refused_anew_is_rejected(tmp_path: Path) -> None:
    """It comes as a new contact next time."""
    with Place(tmp_path) as place:
        removed(place)
        place.sink.faults = [REFUSED]
        assert place.run(MOVED, on_gone="recreate").codes == ["F1"]
        assert known(place) == (None, None)
        assert place.run(MOVED).bins == {"created": 1}


@pytest.mark.parametrize("on_gone", ["recreate", "skip"])
def test_where_the_destination_does_not_tell_it_is_rejected(tmp_path: Path, on_gone: str) -> None:
    """What nobody knows to be gone is neither created nor forgotten."""
    with Place(tmp_path) as place:
        removed(place)
        place.sink.broken = {"is 1 gone": Refused("Fake", "read", "not allowed")}
        run = place.run(MOVED, on_gone=on_gone)
        assert (run.codes, known(place)) == (["not_found"], ("written", "1"))


def test_a_destination_that_cannot_be_asked_ends_the_run(tmp_path: Path) -> None:
    """No STATE passes the record, and what was done beside it is remembered."""
    with Place(tmp_path) as place:
        removed(place, ANNA)
        place.sink.broken = {"is 1 gone": Stopped("Fake", "read", "not signed in")}
        run = FakeRun(place, on_gone="skip")
        with pytest.raises(Stopped):
            run.send(MOVED, BERT)
        assert (run.bins, run.states, known(place)) == ({"created": 1}, [], ("written", "1"))


def test_one_list_is_enough_for_all_that_are_created_anew(tmp_path: Path) -> None:
    """Contacts that were removed are missing in it whenever it was made."""
    with Place(tmp_path) as place:
        removed(place, ANNA, BERT)
        run = FakeRun(place, on_gone="recreate")
        for record in (MOVED, {**BERT, "company": "Acme"}):
            run.send(record)
        assert run.bins == {"created": 2}
        assert place.sink.asked.count("list") == 1


@pytest.mark.parametrize("on_gone", ["reject", "recreate", "skip"])
def test_what_is_remembered_as_gone_is_never_sent(tmp_path: Path, on_gone: str) -> None:
    """Whatever the record says, and the setting, until the ledger forgets it."""
    with Place(tmp_path) as place:
        removed(place)
        place.run(MOVED, on_gone="skip")
        place.sink.asked.clear()
        for record in (MOVED, ANNA, BERT | {"id": 1}):
            assert place.run(record, on_gone=on_gone).bins == {"skipped": 1}
        assert (place.sink.asked, known(place)) == ([], ("gone", "1"))
        assert FakeRun(place, dry_run=True).place.run(MOVED, dry_run=True).bins == {"skipped": 1}
        place.ledger.drop("contacts", [place.ledger.digest(["1"])])
        assert place.run(MOVED, on_gone=on_gone).bins == {"created": 1}


@pytest.mark.parametrize("kind", [FakeSink, ParallelSink])
def test_others_of_the_batch_go_on(tmp_path: Path, kind: type[FakeSink]) -> None:
    """An unchanged record whose contact is gone stays unchanged: nobody asked for it."""
    with Place(tmp_path, kind) as place:
        removed(place, ANNA, BERT)
        new = {**ANNA, "id": 3, "first_name": "Carla", "email": "c@example.com", "mobile": "+491"}
        run = place.run(MOVED, BERT, new, on_gone="skip")
        assert run.bins == {"skipped": 1, "unchanged": 1, "created": 1}
