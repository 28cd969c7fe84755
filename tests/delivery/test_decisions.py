"""The table of decisions: what is asked, written, remembered and booked in each case.

Matching is described in `docs/matching.md`, updates in `docs/updates.md`, creates without answer in
`docs/ledger.md`. Each row starts at a ledger and a destination, and delivers one record.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.transport.errors import ApiError, GivenUp, NotFound, Refused, Stopped
from tests.support.fake_run import FakeRun, Place
from tests.support.fake_sink import (
    FAILING,
    LANDED,
    LATE,
    LOST,
    REFUSED,
    STOPPED,
    AskedSink,
    FakeSink,
    Fault,
    IdempotentSink,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.support.fake_run import Record

ANNA: Record = {
    "id": 1,
    "first_name": "Anna",
    "last_name": "Ahrens",
    "email": "anna@example.com",
    "mobile": "+4915112345678",
}
CONTACT = {name: value for name, value in ANNA.items() if name != "id"}
"""Anna's contact at the destination."""
MOVED = {**ANNA, "company": "Acme"}
OTHER = {"email": "other@example.com", "mobile": "+4915187654321"}
"""Another address and another number."""
RENAMED = {"id": 1, "first_name": "Anna", "email": "new@example.com", "mobile": "+4900"}
"""A record of the same key, of which nothing says that it is Anna's still."""
BARE = {"first_name": "Anna", "last_name": "Ahrens"}

ELSEWHERE = {**BARE, "phone": ANNA["mobile"], "email": OTHER["email"]}
"""Her number in another field, so that it is no contact that was sent."""

DOWN = Stopped("Fake", "list", "not signed in")
UNLISTED = Refused("Fake", "list", "not allowed")
NO_CUSTOMER = NotFound("Fake", "list", "no such customer", http_status=404)
BROKEN = GivenUp("Fake", "list", "failed in every try", code="L5")


# What the ledger knows before.


def nothing(_: Place) -> None:
    """Leave the ledger empty."""


def written(place: Place) -> None:
    """Let Anna have been written, as contact 1."""
    place.run(ANNA)


def gone(place: Place) -> None:
    """Let her contact have been removed since."""
    written(place)
    place.sink.contacts.clear()


def other_stream(place: Place) -> None:
    """Let another stream have written her, as contact 1."""
    place.run(ANNA, stream="others")


def unanswered(place: Place, fault: Fault = LOST) -> None:
    """Let a create of hers have gone unanswered, and the run have ended before it looked."""
    place.sink.faults, place.sink.broken = [fault], {"list": DOWN, "find": DOWN}
    with pytest.raises(Stopped):
        place.run(ANNA, match_on=[])
    place.sink.broken = {}


def landed(place: Place) -> None:
    """Let that create have been carried out, as contact 1."""
    unanswered(place, LANDED)


def landed_and_taken(place: Place) -> None:
    """Let another stream have adopted what it made since."""
    landed(place)
    place.run(ANNA, stream="others")


def others_and_unanswered(place: Place) -> None:
    """Let another stream have written her, as contact 1, and a create of hers be unanswered."""
    other_stream(place)
    unanswered(place)


@dataclass(frozen=True)
class Row:
    """One case, and what follows from it."""

    title: str
    asked: str
    """Requests in their order."""
    became: str
    """The bin of the record, with the code if it is rejected; "-" if it is not settled."""
    remembered: str
    """Status and id in the ledger; "-" if there is no entry."""
    before: Callable[[Place], None] = nothing
    there: Sequence[dict[str, str]] = ()
    """Contacts that were put in by hand."""
    record: Record = field(default_factory=lambda: ANNA)
    faults: Sequence[Fault] = ()
    broken: dict[str, ApiError] = field(default_factory=dict)
    """What a look-up ends in."""
    settings: dict[str, Any] = field(default_factory=dict)
    kind: type[FakeSink] = FakeSink


NEW = "list, create Anna"
AGAIN = f"{NEW}, list"
"""What was sent twice is looked for at the end: it may be there twice."""
ADOPTED = "list, update 1"
RULE = {"match_on": ["email"]}
RULES = {"match_on": [["email"], ["mobile", "last_name"]]}
NOBODY: dict[str, Any] = {"match_on": []}
ONLY_NEW, ONLY_OLD = {"mode": "create_only"}, {"mode": "update_only"}
LOOKED = {**RENAMED, "rejection": {"code": "outcome_unknown", "reason": "Look by hand."}}
GIVEN_UP = "The next run looks it up before it sends it again."
PIPED = {**RENAMED, "rejection": {"code": "outcome_unknown", "reason": GIVEN_UP}}
AMBIGUOUS, UNKNOWN = "rejected ambiguous", "rejected outcome_unknown"
TURNED = {**CONTACT, "first_name": "Ahrens", "last_name": "Anna"}

ROWS = [
    # A record that the ledger does not know: evidence decides.
    Row("new, nobody there", NEW, "created", "written 1"),
    Row("new, she is there", ADOPTED, "updated", "written 1", there=[CONTACT]),
    Row("new, there twice", "list", AMBIGUOUS, "-", there=[CONTACT, CONTACT]),
    Row("new, a namesake", NEW, "created", "written 2", there=[{**CONTACT, **OTHER}]),
    Row("new, a namesake without evidence", NEW, "created", "written 2", there=[BARE]),
    Row(
        "new, neither has any evidence", ADOPTED, "updated", "written 1",
        there=[BARE], record={"id": 1, **BARE},
    ),
    Row(
        "new, her number under another name", NEW, "created", "written 2",
        there=[{**CONTACT, "first_name": "Bert"}],
    ),
    Row(
        "new, her address with another number", ADOPTED, "updated", "written 1",
        there=[{**CONTACT, "mobile": OTHER["mobile"]}],
    ),
    Row(
        "new, her number with another address", ADOPTED, "updated", "written 1",
        there=[{**CONTACT, "email": OTHER["email"]}],
    ),
    Row("new, names changed places", ADOPTED, "updated", "written 1", there=[TURNED]),
    Row(
        "new, names changed places, another number", NEW, "created", "written 2",
        there=[{**TURNED, "mobile": OTHER["mobile"]}],
    ),
    Row(
        "new, two share her number, one her address", "list, update 2", "updated", "written 2",
        there=[{**CONTACT, "email": OTHER["email"]}, CONTACT],
    ),
    # Contacts that belong to records.
    Row(
        "another key of the stream has her", NEW, "created", "written 2",
        written, record={**ANNA, "id": 2},
    ),
    Row("another stream has her", ADOPTED, "updated", "written 1", other_stream),
    Row(
        "another stream has one, nobody the other", "list, update 2", "updated", "written 2",
        other_stream, [CONTACT],
    ),
    # match_on.
    Row("no rule", "create Anna", "created", "written 2", there=[CONTACT], settings=NOBODY),
    Row(
        "rule: the address", ADOPTED, "updated", "written 1",
        there=[{"first_name": "Bert", "email": "ANNA@example.com"}], settings=RULE,
    ),
    Row(
        "rule: no address", NEW, "created", "written 2",
        there=[{"first_name": "Bert"}], record={"id": 1, **BARE}, settings=RULE,
    ),
    Row(
        "rule: an empty address", NEW, "created", "written 2",
        there=[{"first_name": "Bert"}], record={"id": 1, **BARE, "email": None}, settings=RULE,
    ),
    Row(
        "second rule", ADOPTED, "updated", "written 1",
        there=[{**CONTACT, "email": OTHER["email"]}], settings=RULES,
    ),
    Row(
        "neither rule", NEW, "created", "written 2",
        there=[{**CONTACT, **OTHER}], settings=RULES,
    ),
    # Where contacts can be asked for one by one.
    Row("asked, nobody there", "find, create Anna", "created", "written 1", kind=AskedSink),
    Row(
        "asked, she is there", "find, update 1", "updated", "written 1",
        there=[CONTACT], kind=AskedSink,
    ),
    Row(
        "asked by a rule", "find, update 1", "updated", "written 1",
        there=[CONTACT], settings={"match_on": ["first_name"]}, kind=AskedSink,
    ),
    Row(
        "a rule by which nobody can ask", ADOPTED, "updated", "written 1",
        there=[CONTACT], settings=RULE, kind=AskedSink,
    ),
    Row("asked for what was unanswered", "find", "created", "written 1", landed, kind=AskedSink),
    Row(
        "asked in vain for what was unanswered", "find, find, create Anna, find", "created",
        "written 1", unanswered, kind=AskedSink,
    ),
    Row(
        "asked, what was unanswered has changed", ADOPTED, "updated", "written 1",
        landed, record={**ANNA, "mobile": "+4900"}, kind=AskedSink,
    ),
    # A record that the ledger knows.
    Row("known, as it was", "", "unchanged", "written 1", written),
    Row("known, changed", "update 1", "updated", "written 1", written, record=MOVED),
    Row(
        "known, gone at the destination", "update 1", "rejected not_found", "written 1",
        gone, record=MOVED,
    ),
    # mode.
    Row("create_only, nobody there", NEW, "created", "written 1", settings=ONLY_NEW),
    Row("create_only, she is there", "list", "skipped", "-", there=[CONTACT], settings=ONLY_NEW),
    Row("create_only, known", "", "skipped", "written 1", written, record=MOVED,
        settings=ONLY_NEW),
    Row("create_only, landed unseen, changed", "list", "created", "written 1", landed,
        record=MOVED, settings=ONLY_NEW),
    Row("update_only, nobody there", "list", "skipped", "-", settings=ONLY_OLD),
    Row("update_only, she is there", ADOPTED, "updated", "written 1", there=[CONTACT],
        settings=ONLY_OLD),
    Row("update_only, known", "update 1", "updated", "written 1", written, record=MOVED,
        settings=ONLY_OLD),
    Row("update_only, never arrived", "list", "skipped", "intent", unanswered, settings=ONLY_OLD),
    # What a write is answered.
    Row("create refused", NEW, "rejected F1", "-", faults=[REFUSED]),
    Row("update refused", "update 1", "rejected F1", "written 1", written, record=MOVED,
        faults=[REFUSED]),
    Row("update fails every time", "update 1", "rejected F5", "written 1", written,
        record=MOVED, faults=[FAILING]),
    Row("update fails every time, without a code", "update 1", UNKNOWN, "written 1", written,
        record=MOVED, faults=[Fault(GivenUp("Fake", "update", "failed in every try"))]),
    Row("create lost, never arrived", "list, create Anna, list, create Anna, list", "created",
        "written 1", faults=[LOST]),
    Row("create lost, landed", "list, create Anna, list", "created", "written 1",
        faults=[LANDED]),
    Row("create lost, lands late", "list, create Anna, list", "created", "written 1",
        faults=[LATE]),
    Row("create lost, not looked up unless there are rules", "create Anna, list", "created",
        "written 1", faults=[LANDED], settings=NOBODY),
    Row("create lost, then refused", "list, create Anna, list, create Anna, list",
        "rejected F1", "-", faults=[LOST, REFUSED]),
    Row("create lost every time, tried twice", "list, create Anna, list, create Anna, list",
        UNKNOWN, "intent", faults=[LOST] * 9, settings={"max_tries": 2}),
    Row("nothing can be written", NEW, "-", "-", faults=[STOPPED]),
    Row("an idempotent create is lost", "create Anna, create Anna", "created", "written Anna",
        faults=[LOST], kind=IdempotentSink),
    # A create of an earlier run that was never answered.
    Row("never arrived", AGAIN, "created", "written 1", unanswered),
    Row("landed", "list", "created", "written 1", landed),
    Row("landed, no rule", "list", "created", "written 1", landed, settings=NOBODY),
    Row("landed, changed since", ADOPTED, "updated", "written 1", landed, record=MOVED),
    Row("landed, changed since, no rule", ADOPTED, "updated", "written 1", landed, record=MOVED,
        settings=NOBODY),
    Row("landed, nothing says that it is she", "list", UNKNOWN, "intent", landed, record=RENAMED),
    Row("the same, and somebody has looked", AGAIN, "created", "written 2", landed, record=LOOKED),
    Row("the same, and nobody was asked to look", "list", UNKNOWN, "intent", landed,
        record=PIPED),
    Row("never arrived, changed since", AGAIN, "created", "written 1", unanswered, record=RENAMED),
    Row("landed, and one like it is there", "list", AMBIGUOUS, "intent", landed, [CONTACT]),
    Row("landed, and another stream took it", "list", "created", "written 1", landed_and_taken),
    Row("landed, another stream took it, changed since", ADOPTED, "updated", "written 1",
        landed_and_taken, record=MOVED),
    Row("landed, another stream took it, her number changed since", ADOPTED, "updated",
        "written 1", landed_and_taken, record={**ANNA, "mobile": "+4900"}),
    Row("landed, another stream took it, nothing says that it is she", AGAIN, "created",
        "written 2", landed_and_taken, record=RENAMED),
    Row("landed, another stream took it, no rule", AGAIN, "created", "written 2", landed_and_taken,
        settings=NOBODY),
    Row("never arrived, somebody has her number", AGAIN, "created", "written 2", unanswered,
        [{**CONTACT, "first_name": "Bert"}], settings=NOBODY),
    Row("never arrived, somebody has her number and may be adopted", AGAIN, "created",
        "written 2", unanswered, [{**CONTACT, "first_name": "Bert"}]),
    Row("never arrived, her number elsewhere, no rule", AGAIN, "created", "written 2",
        unanswered, [ELSEWHERE], settings=NOBODY),
    Row("never arrived, another last name, no rule", AGAIN, "created", "written 2",
        unanswered, [{**CONTACT, "last_name": "Berg"}], settings=NOBODY),
    Row("never arrived, names changed places, another number", AGAIN, "created", "written 2",
        unanswered, [{**TURNED, "mobile": OTHER["mobile"]}]),
    Row("never arrived, changed since, a namesake is there", AGAIN, "created", "written 2",
        unanswered, [{"first_name": "Anna", **OTHER}], record=RENAMED),
    Row("never arrived, one with her number elsewhere may be adopted", ADOPTED, "updated",
        "written 1", unanswered, [ELSEWHERE]),
    Row("never arrived, a contact may be hers", "list", UNKNOWN, "intent", unanswered,
        [{**CONTACT, "email": OTHER["email"]}], settings=NOBODY),
    Row("never arrived, a contact of hers may be adopted", ADOPTED, "updated", "written 1",
        unanswered, [{**CONTACT, "email": OTHER["email"]}]),
    Row("never arrived, nothing can be written", NEW, "-", "intent", unanswered, faults=[STOPPED]),
    Row("never arrived, and nobody has one like her", "list, update 2", "updated", "written 2",
        others_and_unanswered, [{**CONTACT, "email": OTHER["email"]}]),
    Row("never arrived, another stream has her, no rule", AGAIN, "created", "written 2",
        others_and_unanswered, settings=NOBODY),
    Row("never arrived, her name is split elsewhere", AGAIN, "created", "written 2", unanswered,
        [{**CONTACT, "first_name": "Anna Ah", "last_name": "rens"}], settings=NOBODY),
    Row("landed, her number mended since", ADOPTED, "updated", "written 1", landed,
        record={**ANNA, "mobile": "+4900"}),
    Row("landed, her name mended since", ADOPTED, "updated", "written 1", landed,
        record={**ANNA, "first_name": "Anne"}),
    Row("landed after all, though somebody has looked", "list", "created", "written 1", landed,
        record={**ANNA, "rejection": LOOKED["rejection"]}),
    # Where a look-up fails.
    Row("new, nothing can be asked", "list", "-", "-", broken={"list": DOWN}),
    Row("new, listing refused", "list", "-", "-", broken={"list": UNLISTED}),
    Row("new, listing fails every time", "list", "-", "-", broken={"list": BROKEN}),
    Row("new, asking refused", "find", "rejected refused", "-",
        kind=AskedSink, broken={"find": UNLISTED}),
    Row("new, asking refused, somebody has looked", "find, create Anna", "created", "written 1",
        record={**ANNA, "rejection": LOOKED["rejection"]}, kind=AskedSink,
        broken={"find": UNLISTED}),
    Row("new, her customer is not there", "find, create Anna", "created", "written 1",
        kind=AskedSink, broken={"find": NO_CUSTOMER}),
    Row("new, asking fails every time", "find", "rejected L5", "-",
        kind=AskedSink, broken={"find": BROKEN}),
    Row("new, nobody can be asked", "find", "-", "-", kind=AskedSink, broken={"find": DOWN}),
    Row("unanswered, asking refused", "find", UNKNOWN, "intent", unanswered,
        kind=AskedSink, broken={"find": UNLISTED}),
    Row("unanswered, asking fails every time", "find", "rejected L5", "intent", unanswered,
        kind=AskedSink, broken={"find": BROKEN}),
    Row("unanswered, asking refused, somebody has looked", "find, create Anna, find", "created",
        "written 1", unanswered, record={**ANNA, "rejection": LOOKED["rejection"]},
        kind=AskedSink, broken={"find": UNLISTED}),
    Row("listing fails every time, asking goes on", "list, find, create Anna, list, find",
        "created", "written 1", unanswered, record={**ANNA, "mobile": "+4900"},
        kind=AskedSink, broken={"list": BROKEN}, settings=NOBODY),
    # A run that only plans.
    Row("dry run, new", "list", "created", "-", settings={"dry_run": True}),
    Row("dry run, she is there", "list", "updated", "-", there=[CONTACT],
        settings={"dry_run": True}),
    Row("dry run, known and changed", "", "updated", "written 1", written, record=MOVED,
        settings={"dry_run": True}),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title)
def test_what_becomes_of_a_record(row: Row, tmp_path: Path) -> None:
    """STATE is passed on just where the record ended in a bin."""
    with Place(tmp_path, row.kind) as place:
        row.before(place)
        for contact in row.there:
            place.sink.put(**contact)
        place.sink.asked.clear()
        place.sink.faults, place.sink.broken = [*row.faults], row.broken
        run = FakeRun(place, **row.settings)
        with contextlib.suppress(Stopped, Refused):
            run.send(row.record)
            run.finish()
        entry = place.entry(row.record["id"])
    remembered = f"{entry.status} {entry.remote_id or ''}".strip() if entry else "-"
    became = " ".join([*run.bins, *run.codes]) or "-"
    assert (", ".join(place.sink.asked), became, remembered) == (
        row.asked, row.became, row.remembered,
    )  # fmt: skip
    assert run.states == ([] if row.became == "-" else [{"at": row.record["id"]}])
