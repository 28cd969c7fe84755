"""The first create and the first update into an account leave alone and are read back."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.listing.pages import Incomplete
from tap_contacts.transport.errors import NotFound, Refused, Stopped
from target_contacts.shutdown import Interrupted
from target_contacts.sinks.item import Action, Outcome
from target_contacts.sinks.single_writes import write_one
from tests.support.fake_people import held, people, person, statuses
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import LANDED, LISTED, LOST, REFUSED, FakeSink, ParallelSink

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

    from target_contacts.mapping.field import Payload
    from target_contacts.sinks.item import Item

ON: dict[str, Any] = {"match_on": [], "canary": True}
FULL = {"last_name": "Älg", "email": "p@example.com", "phone": "+49301234567", "company": "Acme"}


class LossySink(FakeSink):
    """A destination that stores other values than it is sent, and may show a write late."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.stores: dict[str, Any] = {}
        """What every write leaves in these fields."""
        self.late = 0
        """How often a contact that was just written is not shown yet."""

    def create(self, payload: Payload) -> str:
        """Add a contact."""
        return self._spoil(super().create(payload))

    def update(self, remote_id: str, payload: Payload, defaults: Payload) -> None:
        """Change a contact."""
        super().update(remote_id, payload, defaults)
        self._spoil(remote_id)

    def _spoil(self, remote_id: str) -> str:
        self.contacts[remote_id] = {**self.contacts[remote_id], **self.stores}
        return remote_id

    def read_back(self, remote_id: str) -> Mapping[str, Any] | None:
        """Return a contact, unless that is too early."""
        found = super().read_back(remote_id)
        self.late -= found is not None and self.late > 0
        return None if self.late > 0 else found


class TogetherSink(FakeSink):
    """Contacts go up to 16 in a request."""

    capabilities = replace(LISTED, batch_size=64)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.sizes: list[tuple[int, int]] = []
        """How many contacts each request created, and how many it updated."""

    def write(self, items: Iterator[Item]) -> Generator[list[Outcome[Item]], None, None]:
        """Send contacts packed."""
        while pack := [item for _, item in zip(range(16), items, strict=False)]:
            new = sum(item.action is Action.CREATE for item in pack)
            self.sizes.append((new, len(pack) - new))
            yield [write_one(self, item) for item in pack]


def lossy(place: Place) -> LossySink:
    """Return the sink of a place."""
    assert isinstance(place.sink, LossySink)
    return place.sink


def ran(place: Place, *records: dict[str, Any], **settings: Any) -> list[str]:
    """Return what a run asked for, but lists."""
    before = len(place.sink.asked)
    place.run(*records, **{**ON, **settings})
    return place.sink.asked[before:]


@pytest.mark.parametrize("kind", [FakeSink, ParallelSink])
def test_the_first_create_and_the_first_update_are_read_back(
    tmp_path: Path, kind: type[FakeSink]
) -> None:
    """Before each nothing else leaves; later runs read nothing back."""
    with Place(tmp_path, kind) as place:
        asked = ran(place, *people(9))
        assert asked[:2] == ["create P1", "read 1"]
        assert sorted(asked[2:]) == [f"create P{n}" for n in range(2, 10)]
        asked = ran(place, *people(9, email="p@example.com"))
        assert asked[:3] == ["read 1", "update 1", "read 1"]
        assert sorted(asked[3:]) == [f"update {n}" for n in range(2, 10)]
        asked = ran(place, *people(9, email="q@example.com"), person(10))
        assert "read" not in " ".join(asked)


def test_creates_and_updates_of_one_batch_have_a_canary_each(tmp_path: Path) -> None:
    """Each leaves alone; what comes before the second one leaves together."""
    with Place(tmp_path, TogetherSink) as place:
        sink = place.sink
        assert isinstance(sink, TogetherSink)
        place.run(*people(4), match_on=[])
        sink.sizes.clear()
        changed = people(4, email="p@example.com")
        place.run(person(5), person(6), person(7), *changed, person(8), **ON)
        assert sink.sizes == [(1, 0), (2, 0), (0, 1), (1, 3)]
        assert held(place) == [f"P{n}" for n in range(1, 9)]


def test_the_contact_of_an_update_is_read_before_it_whatever_follows(tmp_path: Path) -> None:
    """A create has no contact to read, though an update follows it."""
    with Place(tmp_path) as place:
        asked = ran(place, person(1))
        assert asked == ["create P1", "read 1"]
        asked = ran(place, person(1, email="p@example.com"), person(2))
        assert asked == ["read 1", "update 1", "read 1", "create P2"]
    (tmp_path / "other").mkdir()
    with Place(tmp_path / "other") as place:
        place.run(person(1), match_on=[])
        asked = ran(place, person(2), person(1, email="p@example.com"))
        assert asked == ["create P2", "read 2", "read 1", "update 1", "read 1"]


def test_a_contact_that_is_not_found_before_its_update_lost_nothing(tmp_path: Path) -> None:
    """It is read back all the same."""
    with Place(tmp_path, LossySink) as place:
        ran(place, *people(2))
        lossy(place).late = 2
        asked = ran(place, *people(2, email="p@example.com"))
        assert asked == ["read 1", "update 1", "read 1", "update 2"]


def test_the_sink_knows_whether_others_follow_a_write_that_goes_alone(tmp_path: Path) -> None:
    """Then a refusal of this one can still be told from one of all."""
    with Place(tmp_path) as place:
        follow: dict[str, bool] = {}

        def note(asked: str) -> None:
            if "read" not in asked:
                follow[asked] = place.sink.context.first_writes.more_follow

        place.sink.watch = note
        ran(place, *people(3))
        ran(place, *people(2, email="p@example.com"))
        ran(place, person(3, email="p@example.com"), person(4))
        assert [asked for asked, others in follow.items() if others] == ["create P1", "update 1"]
    (tmp_path / "one").mkdir()
    with Place(tmp_path / "one") as place:
        place.sink.watch = note
        ran(place, person(9))
        assert follow["create P9"] is False


def test_streams_of_a_run_share_it(tmp_path: Path) -> None:
    """It is a matter of the account, whatever stream the contact is of."""
    with Place(tmp_path) as place:
        run = FakeRun(place, **ON)
        run.send(person(1), stream="ones")
        run.send(person(2), stream="others")
        assert place.sink.asked == ["create P1", "read 1", "create P2"]


LOSSES: list[tuple[dict[str, Any], str]] = [
    ({"mobile": ""}, "mobile"),
    ({"mobile": None}, "mobile"),
    ({"mobile": "+491511000000"}, "mobile"),
    ({"phone": "+301234567"}, "phone"),
    ({"phone": "1234567"}, "phone"),
    ({"mobile": "15110000001"}, "mobile"),
    ({"first_name": "P"}, "first_name"),
    ({"last_name": "Ã„lg"}, "last_name"),
    ({"last_name": "?lg"}, "last_name"),
    ({"last_name": "Alg"}, "last_name"),
    ({"email": ""}, "email"),
    ({"email": "p@example.co"}, "email"),
    ({"email": "", "company": "", "phone": ""}, "company, email, phone"),
]


@pytest.mark.parametrize("write", ["create", "update"])
@pytest.mark.parametrize(("stores", "named"), LOSSES, ids=[str(stores) for stores, _ in LOSSES])
def test_a_lost_name_number_or_email_stops_the_run(
    tmp_path: Path, write: str, stores: dict[str, Any], named: str
) -> None:
    """The fields are named, not their values. The next run writes the contact again, and looks."""
    with Place(tmp_path, LossySink) as place:
        sink = lossy(place)
        if write == "update":
            ran(place, *people(3))
        sink.stores = stores
        run = FakeRun(place, **ON)
        before = len(sink.asked)
        with pytest.raises(Stopped) as stopped:
            run.send(*people(3, **FULL))
        text = str(stopped.value)
        assert f"first {write} into this account" in text
        assert f"did not arrive as it was sent: {named}." in text
        assert not re.search(r"P1|4915|lg\b|@|Acme", text)
        assert sum(each.startswith(write) for each in sink.asked[before:]) == 1
        assert (run.states, run.bins) == ([], {f"{write}d": 1})
        sink.stores = {}
        run, before = FakeRun(place, **ON), len(sink.asked)
        run.send(*people(3, **FULL))
        again = {"updated": 3} if write == "update" else {"updated": 1, "created": 2}
        assert (run.bins, run.states[-1]) == (again, {"at": 3})
        assert sum(each.startswith("read") for each in sink.asked[before:]) >= 2
        assert [each["email"] for each in sink.contacts.values()] == ["p@example.com"] * 3


OTHER_FORMS = [
    {"mobile": "+49 151 / 1000-0001"},
    {"mobile": "015110000001"},
    {"mobile": "004915110000001"},
    {"mobile": "4915110000001"},
    {"email": "P@Example.COM "},
    {"first_name": " p1 "},
    {"last_name": "A\u0308LG"},
    {"company": "  ACME"},
]


@pytest.mark.parametrize("stores", OTHER_FORMS, ids=str)
def test_a_value_in_another_form_has_arrived(tmp_path: Path, stores: dict[str, Any]) -> None:
    """Spaces in a number, the case of an address, blanks around a name."""
    with Place(tmp_path, LossySink) as place:
        lossy(place).stores = stores
        run = place.run(*people(2, **FULL), **ON)
        assert (run.bins, run.warnings) == ({"created": 2}, [])


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("+79161234567", "8 (916) 123-45-67"),
        ("+12025550123", "(202) 555-0123"),
        ("+4532123456", "32 12 34 56"),
        ("+34612345678", "612345678"),
        ("+6591234567", "9123 4567"),
        ("+85291234567", "91234567"),
    ],
)
def test_a_number_as_it_is_dialled_within_its_country_has_arrived(
    tmp_path: Path, given: str, stored: str
) -> None:
    """Also where no 0 is dialled before it; one digit less is a loss."""
    with Place(tmp_path, LossySink) as place:
        lossy(place).stores = {"mobile": stored}
        run = place.run({**person(1), "mobile": given}, **ON)
        assert (run.bins, run.warnings) == ({"created": 1}, [])
    (tmp_path / "other").mkdir()
    with Place(tmp_path / "other", LossySink) as place:
        lossy(place).stores = {"mobile": stored[:-1]}
        with pytest.raises(Stopped):
            place.run({**person(2), "mobile": given}, **ON)


@pytest.mark.parametrize("given", ["Anna 😀", "👩🏽‍🚀 Anna", "Anna ❤️", "Anna ☎"])
def test_a_name_that_lost_only_its_emoji_is_a_warning(tmp_path: Path, given: str) -> None:
    """The next run would lose it again: no night may be stopped by it."""
    with Place(tmp_path, LossySink) as place:
        lossy(place).stores = {"first_name": "Anna"}
        run = place.run(person(1, first_name=given), person(2), **ON)
        assert run.bins == {"created": 2}
        assert len(run.warnings) == 1
        assert "first_name" in run.warnings[0]


@pytest.mark.parametrize(("given", "stored"), [("😀", ""), ("Anna 😀", "Anna ?"), ("𠮷田", "田")])
def test_a_name_that_lost_more_than_emoji_stops_the_run(
    tmp_path: Path, given: str, stored: str
) -> None:
    """A name that is empty, or lost a letter, has not arrived."""
    with Place(tmp_path, LossySink) as place:
        lossy(place).stores = {"first_name": stored}
        with pytest.raises(Stopped):
            place.run(person(1, first_name=given), **ON)


@pytest.mark.parametrize(
    ("stores", "sent", "named"),
    [
        ({"company": "Acm"}, FULL, "company"),
        ({"city": "x", "country": ""}, {**FULL, "city": "Köln", "country": "DE"}, "city, country"),
    ],
)
def test_other_differences_are_one_warning(
    tmp_path: Path, stores: dict[str, Any], sent: dict[str, str], named: str
) -> None:
    """The run goes on, and the account has passed."""
    with Place(tmp_path, LossySink) as place:
        lossy(place).stores = stores
        run = place.run(*people(2, **sent), **ON)
        (text,) = run.warnings
        assert f"not as it was sent: {named}." in text
        assert run.bins == {"created": 2}
        assert "read" not in " ".join(ran(place, person(3)))
        assert ran(place, *people(2, **sent)) == []


def test_a_value_that_was_not_cleared_is_a_warning(tmp_path: Path) -> None:
    """What was to go and is still there harms nobody."""
    with Place(tmp_path, LossySink) as place:
        ran(place, *people(2, **FULL))
        lossy(place).stores = {"email": "p@example.com"}
        run = place.run(*people(2, **{**FULL, "email": ""}), **ON)
        assert run.bins == {"updated": 2}
        assert "not as it was sent: email." in run.warnings[0]


def test_a_field_that_is_not_told_is_not_compared(tmp_path: Path) -> None:
    """Nobody knows whether it arrived; a name, a number or an e-mail must be told."""

    class Silent(LossySink):
        def read_back(self, remote_id: str) -> Mapping[str, Any] | None:
            told = super().read_back(remote_id) or {}
            return {name: value for name, value in told.items() if name not in self.stores}

    with Place(tmp_path, Silent) as place:
        lossy(place).stores = {"company": "Acme"}
        assert place.run(*people(2, **FULL), **ON).warnings == []
    with Place(tmp_path / "..", Silent) as place:
        lossy(place).stores = {"email": "p@example.com"}
        with pytest.raises(Stopped, match="did not arrive as it was sent: email"):
            FakeRun(place, **ON).send(*people(2, **FULL))


@pytest.mark.parametrize(
    ("held_before", "stores", "named"),
    [
        ({"company": "Acme"}, {"company": ""}, "company"),
        ({"email": "a@example.com"}, {"email": None}, "email"),
        ({"company": "Acme", "phone": "+49301234567"}, {"phone": "+49301234568"}, "phone"),
        ({"vip": ["a"], "level": 3}, {"vip": [], "level": None}, "level, vip"),
    ],
    ids=["a text", "an e-mail", "another number", "what only the API knows"],
)  # fmt: skip
def test_an_update_that_loses_what_it_was_not_sent_stops_the_run(
    tmp_path: Path, held_before: dict[str, Any], stores: dict[str, Any], named: str
) -> None:
    """That is the worst silent case: a whole address book emptied by a nightly run."""
    with Place(tmp_path, LossySink) as place:
        sink = lossy(place)
        ran(place, *people(3))
        for contact in sink.contacts.values():
            contact.update(held_before)
        sink.stores = stores
        run = FakeRun(place, **ON)
        with pytest.raises(Stopped, match=rf"was not sent and is lost: {named}\.") as stopped:
            run.send(*people(3, last_name="Lee"))
        assert "Acme" not in str(stopped.value)
        assert [each.get("last_name") for each in sink.contacts.values()] == ["Lee", None, None]


def test_a_run_that_is_repeated_every_night_empties_one_contact_a_night(tmp_path: Path) -> None:
    """The contact that was emptied has nothing left to lose: the next one is read back as well."""
    with Place(tmp_path, LossySink) as place:
        sink = lossy(place)
        ran(place, *people(4))
        for contact in sink.contacts.values():
            contact["company"] = "Acme"
        sink.stores = {"company": ""}
        for night in (1, 2, 3):
            with pytest.raises(Stopped, match="is lost: company"):
                FakeRun(place, **ON).send(*people(4, last_name="Lee"))
            companies = [each["company"] for each in sink.contacts.values()]
            assert companies == [""] * night + ["Acme"] * (4 - night)
        sink.stores = {}
        assert place.run(*people(4, last_name="Lee"), **ON).bins == {"unchanged": 2, "updated": 2}
        assert "read" not in " ".join(ran(place, *people(4, last_name="Wu")))


@pytest.mark.parametrize(
    ("held_before", "stores"),
    [
        ({"changed_at": "1 May", "version": 3}, {"changed_at": "2 May", "version": 4}),
        ({"company": "", "its_own": [], "none": None}, {"company": None}),
        ({"company": "Acme"}, {"company": "ACME "}),
    ],
)
def test_what_an_api_itself_changes_is_no_loss(
    tmp_path: Path, held_before: dict[str, Any], stores: dict[str, Any]
) -> None:
    """A time of change, a version; nothing can be lost that was not there."""
    with Place(tmp_path, LossySink) as place:
        ran(place, *people(2))
        for contact in lossy(place).contacts.values():
            contact.update(held_before)
        lossy(place).stores = stores
        run = place.run(*people(2, last_name="Lee"), **ON)
        assert (run.bins, run.warnings) == ({"updated": 2}, [])


UNTOLD: dict[str, Any] = {
    "refused": Refused("Fake", "read", "refused", code="F9", http_status=403),
    "no such contact": NotFound("Fake", "read", "not found", http_status=404),
    "no such right": Stopped("Fake", "read", "not allowed", http_status=403),
    "a broken list": Incomplete("Fake: read: broken"),
}


@pytest.mark.parametrize("error", UNTOLD.values(), ids=UNTOLD)
def test_what_cannot_be_read_back_stops_nothing(tmp_path: Path, error: Any) -> None:
    """It is said once a run, and tried again by the next run."""
    with Place(tmp_path) as place:
        for start in (1, 11):
            place.sink.broken = {f"read {n}": error for n in range(1, 99)}
            records = [person(start + n) for n in range(5)]
            run, before = place.run(*records, **ON), len(place.sink.asked)
            (text,) = run.warnings
            assert "first create into this account" in text
            assert "cannot be told (Fake: read: " in text
            assert run.bins == {"created": 5}
            assert ran(place, *records) == []
        reads = [each for each in place.sink.asked[:before] if each.startswith("read")]
        assert reads == ["read 1", "read 6"]


def test_an_update_whose_contact_cannot_be_read_stops_nothing(tmp_path: Path) -> None:
    """What it held before is not known, nor whether it arrived."""
    with Place(tmp_path) as place:
        ran(place, *people(3))
        place.sink.broken = {"read 1": UNTOLD["refused"]}
        run = place.run(*people(3, email="p@example.com"), **ON)
        assert (run.bins, len(run.warnings)) == ({"updated": 3}, 1)


@pytest.mark.parametrize(("late", "warnings"), [(1, 0), (2, 0), (3, 0), (4, 1)])
def test_an_api_may_show_a_write_late(tmp_path: Path, late: int, warnings: int) -> None:
    """It is asked three times in all, with a pause between."""
    with Place(tmp_path, LossySink) as place:
        lossy(place).late = late
        run = place.run(*people(2), **ON)
        assert (run.bins, len(run.warnings)) == ({"created": 2}, warnings)
        assert place.sink.pauses == [1.0] * min(late - 1, 2)


def test_an_api_may_show_the_former_values_for_a_while(tmp_path: Path) -> None:
    """A spoilt contact is read again, too, before the run stops for it."""

    class Stale(LossySink):
        def read_back(self, remote_id: str) -> Mapping[str, Any] | None:
            found = super().read_back(remote_id) or {}
            return found if len(self.pauses) == 2 else {**found, "first_name": "Before"}

    with Place(tmp_path, Stale) as place:
        assert place.run(*people(2), **ON).bins == {"created": 2}
        assert place.sink.pauses == [1.0, 1.0]


def test_a_refused_record_is_not_the_one(tmp_path: Path) -> None:
    """The next one is, until one is accepted."""
    with Place(tmp_path, ParallelSink) as place:
        place.run(person(99), match_on=[])  # so that refusals are those of records
        place.sink.faults = [REFUSED, REFUSED, REFUSED, REFUSED]
        asked = ran(place, *people(9))
        assert asked[:6] == [*(f"create P{n}" for n in range(1, 6)), "read 2"]
        assert len(place.sink.contacts) == 6


@pytest.mark.parametrize("fault", [LOST, LANDED])
def test_an_unanswered_create_is_looked_up_as_ever(tmp_path: Path, fault: Any) -> None:
    """Another one is read back, or the same one when it is sent again; nothing is doubled."""
    with Place(tmp_path) as place:
        place.sink.faults = [fault]
        run = place.run(*people(5), **ON)
        assert run.bins == {"created": 5}
        assert sorted(held(place)) == [f"P{n}" for n in range(1, 6)]
        assert sum(each.startswith("read") for each in place.sink.asked) == 1


class Killed(BaseException):
    """Stands for SIGKILL: nothing is done any more."""


@pytest.mark.parametrize("write", ["create", "update"])
@pytest.mark.parametrize("spoils", [False, True])
def test_a_kill_before_it_is_read_back(tmp_path: Path, write: str, *, spoils: bool) -> None:
    """The contact is there once. The next run updates it, and reads the first ones back."""
    with Place(tmp_path, LossySink) as place:
        if write == "update":
            ran(place, *people(3))
        lossy(place).stores = {"email": ""} if spoils else {}
        seen: list[str] = []

        def watch(what: str) -> None:
            seen.append(what)
            if what == "read 1" and any(each.startswith(write) for each in seen):
                raise Killed

        place.sink.watch = watch
        run = FakeRun(place, **ON)
        with pytest.raises(Killed):
            run.send(*people(3, email="p@example.com"))
        assert (run.states, run.bins) == ([], {})
        sink = place.sink
        sink.watch = lambda _: None
        lossy(place).stores = {}
    with Place(tmp_path, LossySink) as place:
        place.sink = sink
        run = place.run(*people(3, email="p@example.com"), **ON)
        again = {"updated": 3} if write == "update" else {"updated": 1, "created": 2}
        assert (run.bins, run.states[-1]) == (again, {"at": 3})
        assert held(place) == ["P1", "P2", "P3"]
        assert [each["email"] for each in sink.contacts.values()] == ["p@example.com"] * 3
        assert ran(place, *people(3, email="p@example.com")) == []


def test_a_signal_while_it_is_read_back(tmp_path: Path) -> None:
    """The run ends; the record comes again, and no STATE passes it."""

    class Ended(FakeSink):
        def read_back(self, remote_id: str) -> Mapping[str, Any] | None:
            place.shutdown.signum = 15
            raise Stopped(self.title, f"read {remote_id}", "the run was asked to end")

    with Place(tmp_path, Ended) as place:
        run = FakeRun(place, **ON)
        with pytest.raises(Interrupted):
            run.send(*people(3))
        assert (run.states, run.bins, held(place)) == ([], {}, ["P1"])
        entry = place.entry(1)
        assert entry
        assert (entry.status, entry.remote_id, entry.payload) == ("written", "1", None)


def test_a_signal_before_an_update_is_sent(tmp_path: Path) -> None:
    """What its contact holds could not be read: it is not sent any more."""

    class Ended(FakeSink):
        def read_back(self, remote_id: str) -> Mapping[str, Any] | None:
            place.shutdown.signum = 15
            raise Stopped(self.title, f"read {remote_id}", "the run was asked to end")

    with Place(tmp_path, Ended) as place:
        place.run(person(1), match_on=[])
        before = place.entry(1)
        place.sink.asked.clear()
        with pytest.raises(Interrupted):
            FakeRun(place, **ON).send(person(1, email="p@example.com"))
        assert (place.sink.asked, place.entry(1)) == ([], before)


def test_it_can_be_switched_off(tmp_path: Path) -> None:
    """Then nothing is read, and nothing leaves alone."""
    with Place(tmp_path, TogetherSink) as place:
        assert "read" not in " ".join(ran(place, *people(9), canary=False))
        assert isinstance(place.sink, TogetherSink)
        assert place.sink.sizes == [(9, 0)]


def test_a_dry_run_reads_nothing_back(tmp_path: Path) -> None:
    """Nor does it count: the first real write is read back."""
    with Place(tmp_path) as place:
        assert ran(place, *people(2), dry_run=True) == []
        assert ran(place, *people(2))[:2] == ["create P1", "read 1"]


def test_an_account_of_an_earlier_version_is_looked_at_once(tmp_path: Path) -> None:
    """That it has accepted contacts says nothing of what became of them."""
    with Place(tmp_path) as place:
        place.run(*people(2), match_on=[])
        assert ran(place, person(3), person(4)) == ["create P3", "read 3", "create P4"]
        assert ran(place, person(5)) == ["create P5"]


# Marks of contacts whose records left the source.

MARKED: dict[str, Any] = {**ON, "on_delete": "mark", "marks": {"company": "left"}}


def left(number: int) -> dict[str, Any]:
    """Return the record of somebody that says that it left the source."""
    return person(number) | {"_sdc_deleted_at": "2026-05-01T10:00:00Z"}


def test_the_first_mark_is_read_back(tmp_path: Path) -> None:
    """It leaves alone, between two reads; later ones are not read."""
    with Place(tmp_path, LossySink) as place:
        place.run(*people(6), match_on=[])
        asked = ran(place, *map(left, range(1, 4)), **MARKED)
        assert asked == ["read 1", "update 1", "read 1", "update 2", "update 3"]
        assert ran(place, left(4), **MARKED) == ["update 4"]
        assert statuses(place, 1, 2, 3, 4) == ["marked"] * 4


@pytest.mark.parametrize(
    "stores", [{"company": ""}, {"company": "other"}, {"mobile": ""}, {"first_name": "P"}], ids=str
)
def test_a_mark_that_did_not_arrive_or_lost_something_stops_the_run(
    tmp_path: Path, stores: dict[str, Any]
) -> None:
    """No other contact is marked; the next run marks the same one again, and reads it back."""
    with Place(tmp_path, LossySink) as place:
        sink = lossy(place)
        place.run(*people(3), match_on=[])
        sink.stores = stores
        run = FakeRun(place, **MARKED)
        with pytest.raises(Stopped, match="first mark into this account, read back") as stopped:
            run.send(*map(left, range(1, 4)))
        assert next(iter(stores)) in str(stopped.value)
        assert (run.states, statuses(place, 1, 2, 3)) == ([], ["written"] * 3)
        sink.stores = {}
        asked = ran(place, *map(left, range(1, 4)), **MARKED)
        assert asked[:3] == ["read 1", "update 1", "read 1"]
        assert statuses(place, 1, 2, 3) == ["marked"] * 3


def test_without_marks_none_is_waited_for(tmp_path: Path) -> None:
    """Who only updates has settled all kinds after the first update."""
    with Place(tmp_path, LossySink) as place:
        run = FakeRun(place, **ON)
        run.send(*people(2))
        run.send(*people(2, email="p@example.com"))
        assert run.canaries.kinds == set()
