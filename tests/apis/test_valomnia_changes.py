"""How changes at Valomnia are read, within this process: what comes, and how far that goes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.apis.valomnia.by_time import read_changes
from tap_contacts.apis.valomnia.changes import read_changed
from tap_contacts.apis.valomnia.client import Valomnia as Client
from tap_contacts.listing.bookmarks import Bookmark
from tap_contacts.listing.pages import Incomplete
from tests.sandbox.valomnia import Valomnia
from tests.support.commands import FAST
from tests.support.valomnia_lists import SECOND, START, fill
from tests.support.valomnia_reading import LIST, STREAM, at, queries

if TYPE_CHECKING:
    from tap_contacts.listing.prefetch import Chunk
    from tests.sandbox.messages import Request, Response


def client(sandbox: Valomnia) -> Client:
    """Return a client that is signed in."""
    return Client(sandbox.tap_config(), FAST)


def mark(state: dict[str, Any] | None = None, start_date: object = None) -> Bookmark:
    """Return the bookmark of a state."""
    return Bookmark(STREAM, "lastUpdated", {} if state is None else state, start_date)


def ids_of(chunks: list[Chunk]) -> list[str]:
    """Return the ids of records, in turn."""
    return [record["id"] for chunk in chunks for record in chunk.records]


# Where some contacts do not tell when they changed.


@pytest.mark.parametrize("count", [1, 2])
def test_while_a_contact_tells_no_time_all_are_read_and_no_bookmark_moves(
    valomnia: Valomnia, caplog: pytest.LogCaptureFixture, count: int
) -> None:
    """The state says so before they are read, and how many there are is said."""
    ids = fill(valomnia, 5)
    for each in ids[1 : 1 + count]:
        valomnia.stamp(int(each), "yesterday")
    state: dict[str, Any] = {}
    chunks = read_changed(client(valomnia), mark(state))
    first = next(chunks)
    assert (first.records, first.progress, state) == ([], {}, {"untimed": True})
    others = [*chunks]
    assert (ids_of(others), state) == (ids, {"untimed": True})
    assert [chunk.progress for chunk in others if chunk.progress] == []
    assert [chunk.left for chunk in others] == [0]
    assert (
        f"{count} contacts do not say when they changed, so that all contacts are read"
        in caplog.text
    )
    valomnia.log.clear()
    assert ids_of([*read_changed(client(valomnia), mark(state))]) == ids
    assert [query["sort"] for query in queries(valomnia)] == ["lastUpdated", "id"]
    assert [query for query in queries(valomnia) if "lastUpdated_gte" in query] == []


@pytest.mark.parametrize(
    ("times", "bookmark"),
    [
        ([], None),
        ([7], at(7)),
        ([7, 3], at(7)),
        ([3, 7], at(7)),
        ([7.9], at(7)),
        ([7, 3600], at(100)),
    ],
)
def test_once_all_contacts_tell_their_time_the_last_one_is_the_bookmark(
    valomnia: Valomnia, times: list[float], bookmark: str | None
) -> None:
    """To the second, and no later than the clock of the server."""
    for time in times:
        fill(valomnia, 1, first=time)
    valomnia.now = START + 100 * SECOND
    state = {"untimed": True}
    *_, last = [*read_changed(client(valomnia), mark(state))]
    assert state == {}
    assert last.progress == (None if bookmark is None else {"value": bookmark, "seen": []})


def test_all_contacts_are_those_since_start_date_and_those_without_a_time(
    valomnia: Valomnia,
) -> None:
    """The second of start_date counts."""
    ids = fill(valomnia, 6)
    valomnia.stamp(int(ids[1]), "yesterday")
    start = (START + 4 * SECOND).isoformat()
    assert ids_of([*read_changed(client(valomnia), mark({}, start))]) == [ids[1], *ids[4:]]


# How far a reading has come.


def test_what_is_left_is_told_where_everything_is_read(valomnia: Valomnia) -> None:
    """Each page begins with the last contact of the one before it."""
    fill(valomnia, 250)
    found = [*read_changes(client(valomnia), mark())]
    assert [len(chunk.records) for chunk in found] == [100, 99, 51, 0]
    assert [chunk.left for chunk in found] == [150, 51, 0, 0]
    assert [chunk.progress["value"] for chunk in found if chunk.progress] == [
        at(second) for second in (99, 198, 249, 249)
    ]
    start = mark({"replication_key_value": at(160)})
    assert {chunk.left for chunk in read_changes(client(valomnia), start)} == {None}


def test_the_place_to_go_on_from_remembers_the_last_minute(valomnia: Valomnia) -> None:
    """Of the run before only until this one has come to its end."""
    fill(valomnia, 250)
    start = mark({"replication_key_value": at(150), "seen": ["earlier"]})
    found = [*read_changes(client(valomnia), start)]
    seen = [chunk.progress["seen"] for chunk in found if chunk.progress]
    assert [len(each) for each in seen] == [1 + 61, 1 + 61, 61]
    assert [each[0] == "earlier" for each in seen] == [True, True, False]


def test_nothing_moves_no_bookmark(valomnia: Valomnia) -> None:
    """There is no last change."""
    assert [chunk.progress for chunk in read_changes(client(valomnia), mark())] == [None, None]
    start = {"replication_key_value": at(0)}
    fill(valomnia, 1, first=-9999)
    valomnia.now = START
    found = [chunk.progress for chunk in read_changes(client(valomnia), mark(start))]
    assert found == [{"value": at(0), "seen": []}] * 2


def test_no_bookmark_is_later_than_the_servers_clock(valomnia: Valomnia) -> None:
    """Not even where a contact tells a time in the future; it comes again then."""
    ids = fill(valomnia, 2, every=3600)
    valomnia.now = START + 60 * SECOND
    start = {"replication_key_value": at(0)}
    *_, last = found = [*read_changes(client(valomnia), mark(start))]
    assert ids_of(found) == ids
    assert last.progress is not None
    assert last.progress["value"] == at(60)


@pytest.mark.parametrize("behind", [timedelta(days=9), timedelta(seconds=61)])
def test_a_bookmark_of_the_future_is_given_up(valomnia: Valomnia, behind: timedelta) -> None:
    """Everything is read, and the new bookmark is the last change."""
    ids = fill(valomnia, 3)
    state: dict[str, Any] = {"replication_key_value": (valomnia.now + behind).isoformat()}
    *_, last = found = [*read_changes(client(valomnia), mark(state))]
    assert ids_of(found) == ids
    assert last.progress is not None
    assert (last.progress["value"], len(last.progress["seen"])) == (at(2), 3)


@pytest.mark.parametrize("size", ["", "max_30"])
@pytest.mark.parametrize("count", [0, 1, 30, 31, 100, 101])
def test_a_total_that_counts_other_contacts_ends_nothing_too_early(count: int, size: str) -> None:
    """Nor does a reading wait for them: an empty page is the end, and a full one never is."""
    with Valomnia(readings={"total_of_all", size} - {""}) as sandbox:
        fill(sandbox, 5, first=-9999)
        expected = fill(sandbox, count)
        sandbox.now = START + 200 * SECOND
        start = mark({"replication_key_value": at(60)})
        assert ids_of([*read_changes(client(sandbox), start)]) == expected


def test_a_crowd_in_the_last_second_of_all_is_read_once(valomnia: Valomnia) -> None:
    """After it there is no second to go on with."""
    ids = fill(valomnia, 150)
    for each in ids[40:]:
        valomnia.stamp(int(each), "9999-12-31T23:59:59Z")
    valomnia.now = START + 3600 * SECOND
    *_, last = found = [*read_changes(client(valomnia), mark())]
    assert sorted(ids_of(found), key=int) == ids
    assert last.progress is not None
    assert last.progress["value"] == at(3600)


def test_behind_a_crowded_second_nothing_is_asked_for_that_is_known(valomnia: Valomnia) -> None:
    """One request shows that there is nothing more, and then the second itself is read."""
    fill(valomnia, 130, every=0)
    assert len(ids_of([*read_changes(client(valomnia), mark())])) == 130
    told = [
        (query["sort"], query.get("lastUpdated_gte"), query.get("lastUpdated_lt"))
        for query in queries(valomnia)
        if "sort" in query
    ]
    assert told == [
        ("lastUpdated", None, None),
        ("lastUpdated", at(0), None),
        ("lastUpdated", at(1), None),
        *[("id", at(0), at(1))] * 2,
    ]


class Skipping(Valomnia):
    """A Valomnia that leaves out what changed within some time after the one asked for."""

    def __init__(self, seconds: float) -> None:
        """Take the time in seconds."""
        super().__init__()
        self._skipped = seconds * SECOND

    def handle(self, request: Request) -> Response:
        """Answer."""
        query = dict(request.query)
        if "lastUpdated_gte" in query:
            asked = datetime.fromisoformat(query["lastUpdated_gte"].replace("Z", "+00:00"))
            query["lastUpdated_gte"] = f"{asked + self._skipped:%Y-%m-%dT%H:%M:%SZ}"
        return super().handle(replace(request, query=query))


@pytest.mark.parametrize("seconds", [1, 30, 3600])
def test_a_page_that_begins_too_late_is_no_page(seconds: float) -> None:
    """Whether it holds contacts of later times or none: the last one read is still to be there."""
    with Skipping(seconds) as sandbox:
        fill(sandbox, 250)
        with pytest.raises(Incomplete, match="does not give contacts of the time asked for"):
            ids_of([*read_changes(client(sandbox), mark())])


@pytest.mark.parametrize("becomes", ["removed", "changed"])
def test_a_page_may_begin_later_where_the_last_contact_went(
    valomnia: Valomnia, becomes: str
) -> None:
    """Deleted or changed meanwhile, it is not missed at its former time."""
    ids = fill(valomnia, 250)

    def leave(served: int) -> None:
        if served == 1:
            for each in ids[50:100]:
                valomnia.now = START + 300 * SECOND
                valomnia.remove(int(each)) if becomes == "removed" else valomnia.change(int(each))

    valomnia.on_list = leave
    found = ids_of([*read_changes(client(valomnia), mark())])
    assert found == [*ids, *(ids[50:100] if becomes == "changed" else [])]


def test_never_less_than_nothing_is_left(valomnia: Valomnia) -> None:
    """An API may count fewer contacts than it gives."""
    fill(valomnia, 3)
    body = {"paging": {"total": 1}, "data": [dict(each) for each in valomnia.contacts]}
    valomnia.fault(on=LIST, status=200, body=json.dumps(body))
    assert {chunk.left for chunk in read_changes(client(valomnia), mark())} == {0}
