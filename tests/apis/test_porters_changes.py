"""How PORTERS is read, within this process: what is asked for, and which rows come."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.apis.porters.by_id import pages
from tap_contacts.apis.porters.changes import Changes
from tap_contacts.apis.porters.client import Porters as Client
from tap_contacts.apis.porters.fields import CONTACTS
from tap_contacts.apis.porters.one_page import Asked, text
from tap_contacts.apis.porters.reading import few_contacts, one_contact
from tap_contacts.apis.porters.records import DELETED_AT
from tap_contacts.listing.bookmarks import OVERLAP, Bookmark
from tap_contacts.listing.prefetch import AFRESH
from tests.sandbox.porters import CONTACT, Porters
from tests.support.commands import FAST
from tests.support.porters_lists import Clock, fill
from tests.support.porters_reading import reads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.sandbox.messages import Request, Response

NAME, DATE = "Contact.P_Name", CONTACTS.date
ASKED = Asked(CONTACTS, [NAME, DATE])
WARNING = "PORTERS tells deletions of 90 days only"


def client(sandbox: Porters) -> Client:
    """Return a client."""
    return Client(sandbox.tap_config(), {**FAST})


def bookmark(start: datetime | None = None, seen: Sequence[str] = ()) -> Bookmark:
    """Return a bookmark so that reading begins with a time."""
    told = {} if start is None else {"replication_key_value": (start + OVERLAP).isoformat()}
    return Bookmark("contacts", DATE, {**told, "seen": [*seen]})


def changed(sandbox: Porters, start: Bookmark) -> list[tuple[str, str | None]]:
    """Return ids and times of deletion of what is read."""
    record = lambda item: {"id": text(item, CONTACTS.key), "at": text(item, DATE)}  # noqa: E731
    changes = Changes(client(sandbox), ASKED, record, start)
    rows = [row for chunk in changes.chunks(None) for row in chunk.records]
    changes.move()
    return [(row["id"], row[DELETED_AT]) for row in rows]


# Deletions, by how old the bookmark is.


@pytest.mark.parametrize(
    ("days", "asks_and_warns"),
    [
        (None, (False, False)),
        (1, (True, False)),
        (79, (True, False)),
        (81, (False, False)),
        (89, (False, False)),
        (91, (False, True)),
        (400, (False, True)),
    ],
)
def test_deletions_are_asked_for_as_far_as_they_are_kept(
    company: Porters,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    days: int | None,
    asks_and_warns: tuple[bool, bool],
) -> None:
    """Those since the bookmark come and no older ones; a warning says if some may be lacking."""
    now = clock.time
    gone = {}
    for ago in (85, 70, 2):
        clock.time = now - timedelta(days=ago)
        (gone[ago],) = fill(company, 1)
        company.remove(gone[ago])
    clock.time = now
    found = changed(company, bookmark(now - timedelta(days=days) if days else None))
    expected = [identity for ago, identity in gone.items() if days is None or ago <= days]
    assert [identity for identity, _ in found] == expected
    (asked,) = [each for each in reads(company) if each.get("itemstate") == "deleted"]
    assert ("condition" in asked, WARNING in caplog.text) == asks_and_warns


def test_the_end_of_what_is_kept_counts_from_the_servers_clock(
    company: Porters, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """It may be weeks behind this machine's."""
    clock.time -= timedelta(days=30)
    fill(company, 1)
    assert changed(company, bookmark(clock.time - timedelta(days=70)))[0][1] is None
    asked = [each for each in reads(company) if each.get("itemstate") == "deleted"]
    assert ("condition" in asked[0], WARNING in caplog.text) == (True, False)


def test_what_does_not_say_when_it_was_changed_or_deleted_comes(
    company: Porters, clock: Clock
) -> None:
    """A time that cannot be read is no reason to leave a row out, however old the bookmark."""
    old, new, gone, unsaid = fill(company, 4)
    for each in (gone, unsaid):
        company.remove(each)
    company.database.deleted[unsaid][DATE] = "9999"
    company.database.stamp(old, "9999")
    found = changed(company, bookmark(clock.time - timedelta(days=85)))
    assert [identity for identity, _ in found] == [old, new, gone, unsaid]
    assert [bool(deleted) for _, deleted in found] == [False, False, True, False]


def test_what_was_written_before_comes_again_when_it_is_deleted(
    company: Porters, clock: Clock
) -> None:
    """Within the minute that is read again, a deletion is a change, and is told once."""
    first, _ = fill(company, 2)
    start = bookmark()
    assert len(changed(company, start)) == 2
    company.remove(first)
    again = Bookmark("contacts", DATE, start.state)
    assert changed(company, again) == [(first, clock.told)]
    assert changed(company, Bookmark("contacts", DATE, start.state)) == []


# The bookmark, and where a reading goes on.


@pytest.mark.parametrize("refused", [[], ["order_refused"], ["range_refused"]])
@pytest.mark.parametrize("last", ["change", "deletion"])
def test_the_bookmark_is_the_last_change_or_deletion(
    clock: Clock, refused: list[str], last: str
) -> None:
    """Whichever is later, and whatever order is taken; nothing comes again after that."""
    with Porters(readings=refused) as company:
        company.now = clock
        first, second, _ = fill(company, 3)
        for doing in sorted(("change", "deletion"), key=lambda each: each == last):
            clock.go_on(600)
            if doing == "deletion":
                company.remove(first)
            else:
                company.change(second, **{NAME: "Changed"})
        told = clock.told
        clock.go_on(600)
        start = bookmark()
        assert len(changed(company, start)) == 3
        assert start.state["replication_key_value"] == told
        assert changed(company, Bookmark("contacts", DATE, start.state)) == []


def test_what_changes_while_it_is_read_moves_no_bookmark(company: Porters, clock: Clock) -> None:
    """It is read again by the next run, which knows what it has seen of it."""
    first, second = fill(company, 2)
    began = clock.told

    def change(served: int) -> None:
        if served == 2:
            clock.go_on(600)
            company.change(second, **{NAME: "Changed"})

    company.on_read = change
    start = bookmark()
    assert [identity for identity, _ in changed(company, start)] == [first, second]
    company.on_read = None
    assert start.state["replication_key_value"] == began
    assert changed(company, Bookmark("contacts", DATE, start.state)) == []


def test_a_bookmark_forgets_what_the_run_before_saw(company: Porters) -> None:
    """Only what will be read again is remembered."""
    everyone = fill(company, 2)
    start = Bookmark("contacts", DATE, {"replication_key_value": "2020-01-01", "seen": ["earlier"]})
    assert [identity for identity, _ in changed(company, start)] == everyone
    assert len(start.state["seen"]) == 2
    assert "earlier" not in start.state["seen"]


def test_an_empty_company_has_no_bookmark(company: Porters) -> None:
    """Nothing changed last."""
    start = Bookmark("contacts", DATE, {})
    assert (changed(company, start), start.state) == ([], {})


def test_a_bookmark_of_the_future_is_given_up(
    company: Porters, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """By the clock of PORTERS: everything comes, and the new one is of the last change."""
    everyone = fill(company, 2)
    start = bookmark(clock.time + timedelta(days=3))
    assert [identity for identity, _ in changed(company, start)] == everyone
    assert start.state["replication_key_value"] == clock.told
    assert "lies in the future" in caplog.text


def test_two_requests_tell_the_last_change_and_deletion(company: Porters) -> None:
    """A third one is sent only where no order is taken; all is read from the start then."""
    fill(company, 1)
    changed(company, bookmark())
    queries = [line.request.query for line in company.log if line.request.path == CONTACT]
    told = [(each.get("itemstate"), each.get("order")) for each in queries[:2]]
    assert told == [(None, f"{DATE}:desc"), ("deleted", f"{DATE}:desc")]
    assert [each["count"] for each in queries] == ["1", "1", "200", "200"]
    assert ["condition" in each for each in queries] == [False] * 4


def test_an_order_may_be_refused_for_deleted_contacts_alone(company: Porters) -> None:
    """Everybody comes all the same."""
    everyone = fill(company, 3)
    company.remove(everyone[2])
    body = "<System><Code>100</Code></System>"
    company.fault(on=f"GET {CONTACT}", holding="itemstate=deleted", status=200, body=body)
    assert sorted(identity for identity, _ in changed(company, bookmark())) == everyone


class Unfiltered(Porters):
    """A PORTERS that gives contacts of other times than were asked for."""

    def handle(self, request: Request) -> Response:
        """Answer."""
        path = re.sub(r"&condition=[^&]*", "", request.raw_path)
        return super().handle(replace(request, raw_path=path))


def test_whoever_is_given_comes_and_old_deletions_do_not(clock: Clock) -> None:
    """The clock that filters may be another than that of the rows; deletions come unfiltered."""
    with Unfiltered() as company:
        company.now = clock
        old, gone = fill(company, 2)
        company.remove(gone)
        clock.go_on(3600)
        (new,) = fill(company, 1)
        found = changed(company, bookmark(clock.time - timedelta(seconds=60)))
        assert [identity for identity, _ in found] == [old, new]


@pytest.mark.parametrize("refused", ["order_refused", "range_refused"])
def test_by_offsets_there_is_no_place_to_go_on_from(clock: Clock, refused: str) -> None:
    """A page that was read in order is one."""
    with Porters(readings=[refused]) as company:
        company.now = clock
        fill(company, 250)
        found = chunks(company, bookmark(), None)
        ascends = [refused == "range_refused", False]
        assert [bool(chunk.progress) for chunk in found if chunk.left is not None][:2] == ascends


def chunks(sandbox: Porters, start: Bookmark, progress: Any) -> list[Any]:
    """Return what is read, in chunks."""
    record = lambda item: {"id": text(item, CONTACTS.key), "at": text(item, DATE)}  # noqa: E731
    return [*Changes(client(sandbox), ASKED, record, start).chunks(progress)]


def test_a_reading_goes_on_behind_each_page(company: Porters, clock: Clock) -> None:
    """What exists first, then what was deleted; each with what the next run would read again."""
    everyone = fill(company, 420, clock)
    gone = everyone[400:]
    for each in gone:
        company.remove(each)
    whole = chunks(company, bookmark(), None)
    assert [len(chunk.records) for chunk in whole] == [200, 200, 20]
    assert [chunk.left for chunk in whole] == [200, 0, 0]
    for place, chunk in enumerate(whole[:-1], start=1):
        rest = chunks(company, bookmark(), chunk.progress)
        assert [row for each in rest for row in each.records] == [
            row for each in whole[place:] for row in each.records
        ]
        assert rest[-1].progress == whole[-1].progress
    assert [chunk.progress["state"] for chunk in whole if "state" in chunk.progress] == ["deleted"]
    assert len(whole[-1].progress["seen"]) == 60  # of the last minute, a second each
    assert [len(chunk.records) for chunk in chunks(company, bookmark(), whole[-1].progress)] == [0]


def test_a_progress_remembers_what_this_reading_saw_and_no_earlier_one(company: Porters) -> None:
    """What an earlier run saw is known by the bookmark."""
    fill(company, 2)
    start = bookmark()
    changed(company, start)
    fill(company, 1)
    again = Bookmark("contacts", DATE, {**start.state, "seen": [*start.seen, "earlier"]})
    (first, *_) = chunks(company, again, None)
    assert len(first.progress["seen"]) == 3
    assert "earlier" not in first.progress["seen"]


@pytest.mark.parametrize(
    "progress",
    [
        {"id": 20300},
        {"since": "", "until": "soon"},
        {"since": "2020/01/01 00:00:00", "until": ""},
        {"since": "", "until": "", "id": -1},
        {"since": "", "until": "", "id": 10**18},
        {"since": "", "until": "", "state": "all"},
        {"since": "", "until": "", "seen": ["x"] * 1001},
        {"since": "", "until": "", "more": 1},
    ],
)
def test_a_progress_that_does_not_fit_is_told_and_all_is_read(
    company: Porters, caplog: pytest.LogCaptureFixture, progress: dict[str, Any]
) -> None:
    """Somebody may have edited the state."""
    everyone = fill(company, 2)
    afresh, *found = chunks(company, bookmark(), progress)
    assert afresh is AFRESH
    assert [row["id"] for chunk in found for row in chunk.records] == everyone
    assert "not as an earlier run left it" in caplog.text


@pytest.mark.parametrize("days", [3, 5])
def test_a_progress_of_another_start_is_not_used(
    company: Porters, clock: Clock, caplog: pytest.LogCaptureFixture, days: int
) -> None:
    """Whether it is later or earlier than the one that counts now: who is between would lack."""
    everyone = fill(company, 2)
    (first, *_) = chunks(company, bookmark(clock.time - timedelta(days=4)), None)
    again = bookmark(clock.time - timedelta(days=days))
    afresh, *found = chunks(company, again, first.progress)
    assert afresh is AFRESH
    assert [row["id"] for chunk in found for row in chunk.records] == everyone
    assert "not as an earlier run left it" in caplog.text


# Few contacts.


@pytest.mark.parametrize(
    ("count", "most", "fits"),
    [(0, 1, True), (199, 1, True), (200, 1, True), (201, 1, False), (201, 2, True), (1, 0, False)],
)
def test_few_contacts_are_those_that_fill_so_many_pages(
    company: Porters, count: int, most: int, *, fits: bool
) -> None:
    """One contact more, and nothing further is read."""
    everyone = fill(company, count)
    found = few_contacts(client(company), [NAME], {}, most)
    assert (found is not None) == fits
    if found is not None:
        assert [row[CONTACTS.key] for row in found] == everyone
    else:
        assert len(reads(company)) <= 1


def test_one_contact_is_told_by_its_id_alone(company: Porters) -> None:
    """An API that does not heed the id gives others, which are not taken for it."""
    first, second = fill(company, 2)
    account = client(company)
    told = one_contact(account, [NAME], second)
    assert told is not None
    assert told[CONTACTS.key] == second
    assert one_contact(account, [NAME], "99999") is None
    body = f"<Contact Total='1' Count='1' Start='0'><Code>0</Code><Item><Contact.P_Id>{first}"
    body += "</Contact.P_Id></Item></Contact>"
    company.fault(on=f"GET {CONTACT}", status=200, body=body)
    assert one_contact(account, [NAME], second) is None


# An order, and a range of ids, that are not taken.


def asked_for(sandbox: Porters) -> list[str]:
    """Return how the reads of pages were asked for, in turn."""
    found = []
    for each in reads(sandbox):
        way = "range" if ":gt=" in each.get("condition", "") else "offset"
        if "start" not in each and way == "offset":
            way = "first"
        found.append(f"{way}, ordered" if "order" in each else way)
    return found


@pytest.mark.parametrize(
    ("refused", "first", "later"),
    [
        ([], ["first, ordered", "range, ordered"], ["first, ordered", "range, ordered"]),
        (
            ["range_refused"],
            ["first, ordered", "range, ordered", *["offset, ordered"] * 2],
            ["first, ordered", *["offset, ordered"] * 2],
        ),
        (["order_refused"], ["first, ordered", *["offset"] * 2], ["offset"] * 2),
        (["order_refused", "range_refused"], ["first, ordered", *["offset"] * 2], ["offset"] * 2),
    ],
)
def test_what_is_refused_once_is_not_asked_for_again(
    clock: Clock, refused: list[str], first: list[str], later: list[str]
) -> None:
    """Each list is whole, and only the first one asks in vain."""
    with Porters(readings=refused) as company:
        company.now = clock
        everyone = fill(company, 250)
        account = client(company)
        for expected in (first, later):
            company.log.clear()
            found: list[Any] = [item for page in pages(account, ASKED) for item in page.items]
            assert sorted(text(item, CONTACTS.key) for item in found) == everyone
            assert asked_for(company) == expected


@pytest.mark.parametrize("refused", [[], ["range_refused"], ["order_refused"]])
@pytest.mark.parametrize("behind", [0, 1, 199, 200, 249])
def test_a_listing_goes_on_behind_an_id(clock: Clock, refused: list[str], behind: int) -> None:
    """Whichever way it is read, none before it comes, and none after it is missing."""
    with Porters(readings=refused) as company:
        company.now = clock
        everyone = fill(company, 250)
        after = int(everyone[behind - 1]) if behind else 0
        found = [item for page in pages(client(company), ASKED, after) for item in page.items]
        assert sorted(text(item, CONTACTS.key) for item in found) == everyone[behind:]


def test_pages_say_how_many_are_left_and_whether_they_ascend(clock: Clock) -> None:
    """By offsets there is no place to go on from."""
    ways = {"": (True, [250 - 200, 0]), "order_refused": (False, [250 - 200, 0])}
    for reading, (ascends, left) in ways.items():
        with Porters(readings={reading} - {""}) as company:
            company.now = clock
            fill(company, 250)
            found = [*pages(client(company), ASKED)]
            assert [(page.ascends, page.left) for page in found] == [(ascends, n) for n in left]
            assert {page.total for page in found} <= {250, 50}


def test_times_without_zone_are_utc(company: Porters, clock: Clock) -> None:
    """A deletion is told by the time in its row."""
    (only,) = fill(company, 1)
    company.remove(only)
    assert changed(company, bookmark()) == [(only, clock.time.astimezone(timezone.utc).isoformat())]
