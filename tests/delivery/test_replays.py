"""A record out of a rejects file never goes over a later version that has been accepted since."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.errors import GivenUp
from target_contacts.commands.repair import relinked
from target_contacts.delivery.replays import SUPERSEDED
from target_contacts.ledger.entry import INTENT, MARKED, WRITTEN, Entry
from target_contacts.report.rejects import Rejects
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Workplace, contacts
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import LATE, LOST, REFUSED, Fault, ShortSink
from tests.support.zoho_people import ANNA, BERT, bins

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.support.fake_run import Record


NUMBERS = itertools.count(1)
IN_DOUBT = Fault(GivenUp("Fake", "update", "no answer", http_status=504))

BAD = "no address at all, and longer than any"
"""An e-mail address that is none."""


class Nights:
    """Runs into one destination, one after the other, each with what it rejected."""

    def __init__(self, place: Place, folder: Path) -> None:
        """Take the destination, and where the rejects files go."""
        self._place, self._folder = place, folder

    def read(self, *rows: Record, **settings: Any) -> list[Record]:
        """Write records one by one; return those that were rejected, as a rejects file has them."""
        return self.kept(self._sent(rows, **settings))

    def kept(self, run: FakeRun) -> list[Record]:
        """Return the records of the rejects file of a run, each with its rejection."""
        rejects = Rejects(str(self._folder / str(next(NUMBERS))), "fake")
        for message, why in zip(run.kept, run.rejections, strict=True):
            rejects.add({}, message, why)
        rejects.close()
        lines = rejects.path.read_text().splitlines() if rejects.path else []
        told = [json.loads(line) for line in lines]
        return [{**each["record"], "rejection": each["rejection"]} for each in told if each]

    def replay(self, *rejects: list[Record], **settings: Any) -> FakeRun:
        """Pipe rejects files back in, one after the other."""
        rows = [row for each in rejects for row in each]
        return self._sent(rows, **{"on_invalid_value": "drop_field", **settings})

    def _sent(self, rows: Sequence[Record], **settings: Any) -> FakeRun:
        run = FakeRun(self._place, **settings)
        for row in rows:
            run.send(row)
        run.finish()
        return run

    @property
    def company(self) -> str | None:
        """Return the company that Anna has at the destination."""
        held = self._place.sink.contacts.values()
        (anna,) = [c for c in held if c["first_name"] == "Anna"]
        company: str | None = anna.get("company")
        return company


@pytest.fixture
def nights(tmp_path: Path) -> Iterator[Nights]:
    """Return an account."""
    with Place(tmp_path, ShortSink) as place:
        yield Nights(place, tmp_path)


def version(company: str, *, bad: bool = False) -> dict[str, Any]:
    """Return Anna at another company, perhaps with an address that is refused."""
    return {**ANNA, "company": company, **({"email": BAD} if bad else {})}


def test_a_rejects_file_goes_over_no_later_version(workplace: Workplace) -> None:
    """The third version is there; the second one, rejected before, is skipped with a reason."""
    with ZohoVoice() as zoho:
        config = {**zoho.target_config(), "max_rejects": -1}
        for each in (version("One"), version("Two", bad=True), version("Three")):
            assert workplace.target(config, contacts(each)).code == 0
        ended = workplace.target({**config, "on_invalid_value": "drop_field"}, workplace.rejects)
        assert (ended.code, bins(ended.summary)) == (0, {"skipped": 1})
        assert [each["company"] for each in zoho.contacts] == ["Three"]
    assert SUPERSEDED in ended.log


def test_what_has_landed_since_stays(nights: Nights) -> None:
    """The third version is there; the second one, rejected before, is skipped with a reason."""
    nights.read(version("One"))
    rejects = nights.read(version("Two", bad=True))
    nights.read(version("Three"))
    run = nights.replay(rejects)
    assert (run.bins, nights.company) == ({"skipped": 1}, "Three")
    assert run.books.skipped_for(SUPERSEDED) == 1


def test_a_version_that_is_still_the_last_is_sent(nights: Nights) -> None:
    """Also when other records have changed since, and after its settings have."""
    nights.read(version("One"), BERT)
    rejects = nights.read(version("Two", bad=True))
    nights.read({**BERT, "company": "Acme"})
    assert nights.replay(rejects).bins == {"updated": 1}
    assert nights.company == "Two"
    assert nights.replay(rejects).bins == {"unchanged": 1}


def test_a_record_that_never_landed_is_sent(nights: Nights) -> None:
    """Unless it has landed since."""
    rejects = nights.read(version("One", bad=True))
    assert nights.replay(rejects).bins == {"created": 1}
    older = nights.read({**BERT, "email": BAD, "company": "Old"})
    nights.read({**BERT, "company": "New"})
    assert nights.replay(older).bins == {"skipped": 1}


@pytest.mark.parametrize("rows", [("good", "bad"), ("bad", "good")])
def test_within_one_run_the_order_counts(nights: Nights, rows: Sequence[str]) -> None:
    """Both came within the same second: what came last wins, whichever of them was rejected."""
    first, last = rows
    rejects = nights.read(version("First", bad=first == "bad"), version("Last", bad=last == "bad"))
    replayed = nights.replay(rejects)
    assert replayed.bins == ({"updated": 1} if last == "bad" else {"skipped": 1})
    assert nights.company == "Last"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("runs", ["one run", "two runs"])
def test_of_two_rejects_the_later_one_wins(nights: Nights, order: Sequence[int], runs: str) -> None:
    """In whichever order they are piped in, in one run or in two."""
    nights.read(version("One"))
    files = [nights.read(version(name, bad=True)) for name in ("Two", "Three")]
    given = [files[number] for number in order]
    for each in [[*given[0], *given[1]]] if runs == "one run" else given:
        nights.replay(each)
    assert nights.company == "Three"


ORDERS = [each for n in (2, 3) for each in itertools.permutations(("Two", "Three", "Four"), n)]
"""Versions of somebody, in the order in which one input has them."""


@pytest.mark.parametrize("size", [1, 2, 50])
def test_in_one_input_the_latest_version_wins(workplace: Workplace, size: int) -> None:
    """Two and Three were rejected in this order, Four never; in whichever order they come."""
    people = [
        {**ANNA, "id": n, "first_name": f"Anna{n}", "mobile": f"+49151123456{n:02}"}
        for n in range(len(ORDERS))
    ]
    times = {"Two": "2026-01-02T00:00:00+00:00", "Three": "2026-01-02T00:00:00.5+00:00"}

    def of(person: Record, name: str) -> Record:
        message = contacts({**person, "company": name})[1]
        told = {"accepted": accepted[person["id"]], "first_rejected_at": times.get(name)}
        return {**message, "rejection": told} if name in times else message

    with ZohoVoice() as zoho:
        config = {**zoho.target_config(), "max_rejects": -1, "batch_size_rows": size}
        first = contacts(*({**each, "company": "One"} for each in people))
        assert workplace.target(config, first).summary["created"] == len(people)
        workplace.target(config, contacts(*({**each, "email": "none"} for each in people)))
        lines = [line for line in workplace.rejects if line["type"] == "RECORD"]
        accepted = {each["record"]["id"]: each["rejection"]["accepted"] for each in lines}
        given = zip(people, ORDERS, strict=True)
        rows = [of(person, name) for person, names in given for name in names]
        assert workplace.target(config, [first[0], *rows]).code == 0
        held = {each["first_name"]: each["company"] for each in zoho.contacts}
    for n, names in enumerate(ORDERS):
        assert held[f"Anna{n}"] == max(names, key=("Two", "Three", "Four").index), names


def test_a_record_that_is_rejected_again_keeps_its_place(nights: Nights) -> None:
    """What it was older than when it was rejected first it is older than still."""
    nights.read(version("One"))
    two = nights.read(version("Two", bad=True))
    three = nights.read(version("Three", bad=True))
    again = nights.replay(two, on_invalid_value="reject")
    assert again.bins == {"rejected": 1}
    (line,) = two_again = nights.kept(again)
    assert line["rejection"]["attempts"] == 2
    assert line["rejection"]["first_rejected_at"] < line["rejection"]["rejected_at"]
    nights.replay(three)
    assert nights.replay(two_again).bins == {"skipped": 1}
    assert nights.company == "Three"


@pytest.mark.parametrize("rejection", [{}, {"attempts": 1}, None, "later", []])
def test_a_rejection_that_does_not_tell_is_sent(nights: Nights, rejection: Any) -> None:
    """A file of an earlier version, or one that somebody made, is taken as any input."""
    nights.read(version("One"))
    run = nights.replay([{**version("Two"), "rejection": rejection}])
    assert (run.bins, nights.company) == ({"updated": 1}, "Two")


def test_a_record_with_a_property_of_that_name_is_none(workplace: Workplace) -> None:
    """Only the message's own key counts."""
    row = {**version("Two"), "rejection": {"accepted": "x", "first_rejected_at": "2000"}}
    with ZohoVoice() as zoho:
        for each in (version("One"), row):
            assert workplace.target(zoho.target_config(), contacts(each)).code == 0
        assert [each["company"] for each in zoho.contacts] == ["Two"]


def test_a_refused_update_leaves_the_accepted_version_the_last(tmp_path: Path) -> None:
    """What was refused is sent again, and what is older than the accepted version is not."""
    with Place(tmp_path) as place:
        one = {"id": 1, "first_name": "Anna", "company": "One"}
        place.run(one)
        accepted = _accepted(place)
        place.sink.faults = [REFUSED]
        assert place.run({**one, "company": "Two"}).codes == ["F1"]
        assert _accepted(place) == accepted
        rejection = {"accepted": "x" * 32, "first_rejected_at": "2000-01-01"}
        assert place.run({**one, "company": "Old", "rejection": rejection}).bins == {"skipped": 1}
        rejection["accepted"] = str(accepted)
        assert place.run({**one, "company": "Two", "rejection": rejection}).bins == {"updated": 1}


def test_an_update_in_doubt_is_a_later_version(tmp_path: Path) -> None:
    """It may be there: what was rejected before it stays out, and it is sent again itself."""
    with Place(tmp_path) as place:
        one = {"id": 1, "first_name": "Anna", "company": "One"}
        place.run(one)
        before = _accepted(place)
        new = {**one, "company": "New"}
        place.sink.faults = [IN_DOUBT]
        run = place.run(new)
        assert run.codes == ["outcome_unknown"]
        in_doubt = _accepted(place)
        rejection = {"accepted": before, "first_rejected_at": "2000-01-01"}
        assert place.run({**one, "company": "Old", "rejection": rejection}).bins == {"skipped": 1}
        told = {**run.kept[0]["rejection"], "first_rejected_at": "2000-01-02"}
        assert told["accepted"] == in_doubt != before
        mended = {**new, "email": "anna@example.com", "rejection": told}
        assert place.run(mended).bins == {"updated": 1}


def _accepted(place: Place) -> str | None:
    """Return which version of the first record was accepted last, as far as is known."""
    entry = place.entry(1)
    return entry.source if entry else None


def test_a_create_in_doubt_is_no_later_version(tmp_path: Path) -> None:
    """It was announced after the rejection was noted, and nobody knows what it made."""
    with Place(tmp_path) as place:
        place.sink.faults = [LOST] * 20
        run = place.run({"id": 1, "first_name": "Anna"})
        assert run.codes == ["outcome_unknown"]
        place.sink.faults.clear()
        rejection = {"accepted": None, "first_rejected_at": "2000-01-01", "code": "outcome_unknown"}
        again = place.run({"id": 1, "first_name": "Anna", "rejection": rejection})
        assert again.bins == {"created": 1}


@pytest.mark.parametrize(
    ("first", "second", "stays"),
    [
        (None, "2000-01-01", "first"),
        ("2000-01-01", None, "second"),
        ("2000-01-01", "2000-01-02", "second"),
        ("2000-01-02", "2000-01-01", "first"),
        (None, None, "second"),
    ],
    ids=["new, old", "old, new", "older, newer", "newer, older", "both new"],
)
@pytest.mark.parametrize("lands", [LOST, LATE])
def test_a_create_that_is_held_gives_way_only_to_a_later_version(
    tmp_path: Path, first: str | None, second: str | None, stays: str, lands: Fault
) -> None:
    """It went unanswered in an earlier batch of the same input, whichever of both was rejected."""
    with Place(tmp_path) as place:
        place.sink.faults = [lands]
        run = FakeRun(place, wait=5.0)
        for company, at in (("first", first), ("second", second)):
            row = {"id": 1, "first_name": "Anna", "company": company, "rejection": None}
            told = {"accepted": None, "first_rejected_at": at} if at else None
            run.send({**row, "rejection": told})
        run.finish()
        (anna,) = place.sink.contacts.values()
        assert anna["company"] == stays
        assert sum(run.bins.values()) == 2
        assert run.states[-1] == {"at": 1}


def test_who_was_marked_since_stays_marked(tmp_path: Path) -> None:
    """The record has left the source after it was rejected."""
    with Place(tmp_path) as place:
        remote_id = place.sink.put(first_name="Anna")
        key = place.ledger.digest(["1"])
        place.ledger.put("contacts", [Entry(key, MARKED, remote_id, "p" * 32, source="s" * 32)])
        rejection = {"accepted": "s" * 32, "first_rejected_at": "2000-01-01"}
        row = {"id": 1, "first_name": "Anna", "rejection": rejection}
        assert place.run(row).bins == {"skipped": 1}
        assert place.run({**row, "rejection": {**rejection, "accepted": MARKED}}).bins == {
            "updated": 1
        }


def test_a_relinked_record_is_sent(tmp_path: Path) -> None:
    """A person has named its contact since, which is no later version."""
    with Place(tmp_path) as place:
        remote_id = place.sink.put(first_name="Anna")
        key = place.ledger.digest(["1"])
        place.ledger.put("contacts", [Entry(key, WRITTEN, remote_id, created=False)])
        rejection = {"accepted": None, "first_rejected_at": "2000-01-01"}
        row = {"id": 1, "first_name": "Anna", "company": "One", "rejection": rejection}
        assert place.run(row).bins == {"updated": 1}


def test_a_version_before_the_accepted_one_is_skipped_after_a_relink(tmp_path: Path) -> None:
    """A relink to the same contact keeps which version that is; it is sent again itself."""
    with Place(tmp_path) as place:
        new = {"id": 1, "first_name": "Anna", "company": "New", "rejection": None}
        place.run(new)
        (remote_id,) = place.sink.contacts
        before = place.entry(1)
        assert before is not None
        place.ledger.put("contacts", [relinked(before, before.key, remote_id)])
        rejection = {"accepted": "s" * 32, "first_rejected_at": "2000-01-01"}
        old = {**new, "company": "Old", "rejection": rejection}
        assert place.run(old).bins == {"skipped": 1}
        assert place.run({**new, "rejection": rejection}).bins == {"updated": 1}
        place.ledger.put("contacts", [relinked(before, before.key, remote_id)])
        assert place.run(new).bins == {"updated": 1}


@pytest.mark.parametrize("status", [WRITTEN, MARKED, INTENT])
def test_a_relink_to_another_contact_knows_of_no_version(status: str) -> None:
    """Nor does one of a record whose contact was never accepted."""
    before = Entry("k", status, "1", "p" * 32, source="s" * 32, created=True)
    assert relinked(before, "k", "2") == Entry("k", WRITTEN, "2", created=False)
    assert relinked(None, "k", "2") == Entry("k", WRITTEN, "2", created=False)
    kept = "s" * 32 if status == WRITTEN else None
    assert relinked(before, "k", "1") == Entry("k", WRITTEN, "1", source=kept, created=True)
