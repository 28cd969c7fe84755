"""Promises of Valomnia as a source: exact increments, whatever changes meanwhile."""

from __future__ import annotations

import itertools
import json
import random
import signal
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.apis.valomnia.by_time import read_changes
from tap_contacts.apis.valomnia.client import Valomnia as Client
from tap_contacts.apis.valomnia.reading import normal
from tap_contacts.listing.bookmarks import OVERLAP, Bookmark, hash_of
from tap_contacts.listing.pages import Incomplete
from tests.sandbox.valomnia import SECRET, USER, Valomnia
from tests.support.commands import FAST, Finished, Workplace
from tests.support.forked import started
from tests.support.reading import read, state
from tests.support.valomnia_lists import SECOND, START, fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.messages import Request, Response
from tests.support.valomnia_reading import LIST, STREAM, at, bookmark, keys, place, queries, since


def change(sandbox: Valomnia, identity: str, second: float, **fields: Any) -> None:
    """Change a contact so many seconds after the first was put in."""
    sandbox.now = START + second * SECOND
    sandbox.change(int(identity), **(fields or {"fax": str(second)}))


def client(sandbox: Valomnia) -> Client:
    """Return a client that is signed in."""
    return Client(sandbox.tap_config(), FAST)


def bookmarked(time: datetime | None) -> Bookmark:
    """Return a bookmark so that reading begins with a time."""
    told = None if time is None else (time + OVERLAP).isoformat()
    return Bookmark(STREAM, "lastUpdated", {"replication_key_value": told})


def changes(sandbox: Valomnia, start: datetime | None = None) -> list[dict[str, Any]]:
    """Return what is read of the changes, within this process."""
    return [
        row for chunk in read_changes(client(sandbox), bookmarked(start)) for row in chunk.records
    ]


# Increments.


def test_a_first_run_reads_all_and_tells_the_last_change(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """In the order of changes, and the bookmark is the greatest time that was written."""
    expected = fill(valomnia, 250)
    change(valomnia, expected[3], 1000)
    expected.append(expected.pop(3))
    run = read(workplace, valomnia)
    assert (run.code, keys(run)) == (0, expected)
    assert place(run) == since(at(1000))["bookmarks"][STREAM]


@pytest.mark.parametrize("count", [0, 1, 30, 99, 100, 101, 250])
def test_a_later_run_reads_what_changed_and_no_more(
    valomnia: Valomnia, workplace: Workplace, count: int
) -> None:
    """Of 260 contacts exactly those that changed."""
    ids = fill(valomnia, 260)
    first = read(workplace, valomnia)
    changed = random.Random(count).sample(ids[:-1], count)  # noqa: S311
    for nth, identity in enumerate(changed):
        change(valomnia, identity, 1000 + nth)
    run = read(workplace, valomnia, state(first))
    assert (run.code, keys(run)) == (0, changed)
    assert bookmark(run)["replication_key_value"] == at(999 + count if count else 259)


def test_a_run_without_changes_keeps_the_bookmark(valomnia: Valomnia, workplace: Workplace) -> None:
    """Even if the contact that it came from is gone, so that nothing at all is read."""
    ids = fill(valomnia, 5)
    first = read(workplace, valomnia)
    valomnia.remove(int(ids[-1]))
    run = read(workplace, valomnia, state(first))
    assert (run.code, keys(run), place(run)) == (0, [], place(first))


@pytest.mark.parametrize("fraction", [0, 0.001, 0.999])
def test_a_change_in_the_second_of_the_bookmark_is_not_missed(
    valomnia: Valomnia, workplace: Workplace, fraction: float
) -> None:
    """Whenever in that second it comes after the run that had read it."""
    ids = fill(valomnia, 5)
    first = read(workplace, valomnia)
    change(valomnia, ids[0], 4 + fraction, fax="new")
    run = read(workplace, valomnia, state(first))
    assert (run.code, keys(run)) == (0, [ids[0]])
    assert "new" in [record["fax"] for record in run.records(STREAM)]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2026-01-01T00:00:03Z", 3),
        ("2026-01-01T01:00:03+01:00", 3),
        ("2025-12-31T14:00:03-10:00", 3),
        ("2026-01-01T00:00:03.999Z", 3),
        ("2026-01-01T00:00:03", 3),
        ("2026-01-01", 0),
        ("2025-12-31T23:30:00-01:00", 5),
    ],
)
@pytest.mark.parametrize("kind", ["start_date", "bookmark"])
def test_a_start_is_a_moment_whatever_its_zone(
    valomnia: Valomnia, workplace: Workplace, kind: str, told: str, expected: int
) -> None:
    """start_date or, a minute later, a bookmark: in any form, and without zone in UTC."""
    is_bookmark = kind == "bookmark"
    ids = fill(valomnia, 5, first=-60 if is_bookmark else 0)
    valomnia.now = START + 3600 * SECOND
    settings = {} if is_bookmark else {"start_date": told}
    run = read(workplace, valomnia, since(told) if is_bookmark else None, **settings)
    assert (run.code, keys(run)) == (0, ids[expected:])
    if ids[expected:] and not is_bookmark:
        assert bookmark(run)["replication_key_value"] == at(4)


def test_the_later_of_bookmark_and_start_date_counts(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """Neither is read again what was read a minute before, nor anything before start_date."""
    ids = fill(valomnia, 9, every=60)
    for minute in (2, 6):
        run = read(workplace, valomnia, since(at(300)), start_date=at(60 * minute))
        assert (run.code, keys(run)) == (0, ids[max(4, minute) :])


@pytest.mark.parametrize("wrong", ["yesterday", "01.02.2026", ""])
def test_a_start_that_is_no_time_is_told(
    valomnia: Valomnia, workplace: Workplace, wrong: str
) -> None:
    """Exit code 2 and one sentence; an empty bookmark is none."""
    fill(valomnia, 1)
    runs = [read(workplace, valomnia, since(wrong)), read(workplace, valomnia, start_date=wrong)]
    for run in runs:
        assert run.code == (2 if wrong else 0)
        assert ("must be a time such as 2026-01-31T00:00:00Z" in run.log) is bool(wrong)
        assert "Traceback" not in run.log


def test_a_bookmark_of_another_replication_key_does_not_count(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """A state of another kind means to read everything."""
    expected = fill(valomnia, 3)
    told = {"replication_key": "dateCreated", "replication_key_value": at(2)}
    run = read(workplace, valomnia, {"bookmarks": {STREAM: told}})
    assert (run.code, keys(run)) == (0, expected)


def test_what_a_dropped_bookmark_says_was_seen_comes(valomnia: Valomnia) -> None:
    """A bookmark of the future is given up with all that it remembers."""
    expected = fill(valomnia, 3)
    seen = [hash_of(record) for record in changes(valomnia)]
    for days, left in ((0, []), (9, expected)):
        state = {"replication_key_value": (START + timedelta(days=days)).isoformat(), "seen": seen}
        mark = Bookmark(STREAM, "lastUpdated", state)
        found = [row["id"] for c in read_changes(client(valomnia), mark) for row in c.records]
        assert found == left


# More contacts in a second than in a page, in whatever order.


@pytest.mark.parametrize(
    ("crowd", "later"), [(99, 0), (99, 1), (100, 0), (100, 150), (101, 1), (200, 0), (450, 150)]
)
def test_a_crowded_second_is_read_whole(valomnia: Valomnia, crowd: int, later: int) -> None:
    """An import gives many contacts one time; each is read once, though their order changes."""
    first = fill(valomnia, 7)
    for number in range(crowd + later):
        valomnia.now = START + (100 + max(0, number - crowd + 1)) * SECOND
        valomnia.add(firstName="I", lastName=str(number), customerId="3229")
    everything = [str(contact["id"]) for contact in valomnia.contacts]
    for start, expected in ((None, everything), (START + 100 * SECOND, everything[len(first) :])):
        found = [record["id"] for record in changes(valomnia, start)]
        assert sorted(found, key=int) == expected
        assert [int(i) for i in found if int(i) > 6 + crowd + len(first)] == sorted(
            int(i) for i in found if int(i) > 6 + crowd + len(first)
        )


def test_contacts_may_leave_a_crowded_second_while_it_is_read(valomnia: Valomnia) -> None:
    """Those that stay move up into pages already read, and yet none is missed."""
    ids = fill(valomnia, 500, every=0)
    gone = iter(ids[:240])

    def leave(served: int) -> None:
        for _ in range(20 if served < 12 else 0):
            change(valomnia, next(gone), served, fax="moved")

    valomnia.on_list = leave
    read_last = {record["id"]: record["fax"] for record in changes(valomnia)}
    assert read_last == {str(c["id"]): c["fax"] or None for c in valomnia.contacts}


# While contacts change.


class Changing:
    """Changes to contacts between the pages of a listing, by chance."""

    def __init__(self, sandbox: Valomnia, seed: int) -> None:
        """Take a seed; the clock goes on from time to time only, so that seconds are shared."""
        self._sandbox = sandbox
        self._random = random.Random(seed)  # noqa: S311
        self._pace = self._random.choice([0.0, 0.01, 0.4])
        for _ in range(self._random.randrange(350)):
            self._add()
        sandbox.on_list = self._disturb

    def _disturb(self, served: int) -> None:
        kinds = [self._add, self._change, self._change, self._remove]
        for _ in range(self._random.randrange(40) if served < 12 else 0):
            self._random.choice(kinds)()

    def _pass(self) -> None:
        self._sandbox.now += self._random.random() * self._pace * SECOND

    def _any(self) -> int:
        return self._random.choice(list(self._sandbox.state.by_id) or [self._add()])

    def _add(self) -> int:
        self._pass()
        return self._sandbox.add(firstName="N", lastName="L", customerId="3229")

    def _change(self) -> None:
        self._pass()
        self._sandbox.change(self._any(), fax=self._random.random())

    def _remove(self) -> None:
        self._sandbox.remove(self._any())


@pytest.mark.parametrize("seed", range(16))
def test_two_runs_have_the_last_of_every_contact(seed: int) -> None:
    """However contacts come, change and go while they are read, the next run has what is left."""
    with Valomnia() as sandbox:
        Changing(sandbox, seed)
        bookmark = bookmarked(None)
        places: list[str] = []
        last: dict[str, dict[str, Any]] = {}
        for chunk in read_changes(client(sandbox), bookmark):
            last |= {record["id"]: record for record in chunk.records}
            if chunk.progress:
                bookmark.move(**chunk.progress)
                places.append(chunk.progress["value"])
        sandbox.on_list = None
        again = Bookmark(STREAM, "lastUpdated", bookmark.state)
        rest = [row for chunk in read_changes(client(sandbox), again) for row in chunk.records]
        last |= {record["id"]: record for record in rest}
        held = {str(contact["id"]): normal(contact) for contact in sandbox.contacts}
    assert places == sorted(places)
    assert {identity: last[identity] for identity in held} == held


def test_a_contact_changed_while_it_is_read_comes_again(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """Its later form comes after its earlier one, and others come once."""
    ids = fill(valomnia, 250)

    def touch(served: int) -> None:
        if served == 1:
            change(valomnia, ids[0], 500, fax="later")
            change(valomnia, ids[150], 501, fax="later")

    valomnia.on_list = touch
    run = read(workplace, valomnia)
    again = [*ids[:150], *ids[151:], ids[0], ids[150]]
    assert (run.code, keys(run)) == (0, again)
    assert [record["fax"] for record in run.records(STREAM)][-2:] == ["later", "later"]


# An API that does other than it documents.


class Otherwise(Valomnia):
    """A Valomnia that answers lists for other parameters than were asked for."""

    def __init__(self, ask: Callable[[dict[str, str]], dict[str, str]]) -> None:
        """Take what makes other parameters of those asked for."""
        super().__init__()
        self._ask = ask

    def handle(self, request: Request) -> Response:
        """Answer."""
        return super().handle(replace(request, query=self._ask(dict(request.query))))


def zoned(hours: int) -> Callable[[dict[str, str]], dict[str, str]]:
    """Return what takes the times of filters to be those of a zone."""

    def ask(query: dict[str, str]) -> dict[str, str]:
        for name in query.keys() & {"lastUpdated_gte", "lastUpdated_lt"}:
            moment = datetime.strptime(query[name], "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007
            query[name] = f"{moment - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
        return query

    return ask


def without(*names: str) -> Callable[[dict[str, str]], dict[str, str]]:
    """Return what passes over parameters."""
    return lambda query: {name: query[name] for name in query.keys() - set(names)}


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (without("sort"), "in another order, or of other times"),
        (without("order", "sort"), "in another order, or of other times"),
        (lambda query: {**query, "order": "desc"}, "in another order, or of other times"),
        (without("lastUpdated_gte"), "in another order, or of other times"),
        (zoned(1), "in another order, or of other times"),
        (zoned(-1), "does not give contacts of the time asked for"),
        (without("lastUpdated_lt"), "gives contacts of other times than asked for"),
    ],
)
def test_what_is_not_filtered_and_sorted_as_asked_is_no_listing(
    ask: Callable[[dict[str, str]], dict[str, str]], reason: str
) -> None:
    """Rather than to miss contacts, the run fails and says what can be done."""
    with Otherwise(ask) as sandbox:
        ids = fill(sandbox, 150, every=60)
        change(sandbox, ids[3], 149 * 60)
        for _ in range(120):
            sandbox.add(firstName="N", lastName="L", customerId="3229")
        sandbox.now += SECOND
        sandbox.add(firstName="N", lastName="L", customerId="3229")
        with pytest.raises(Incomplete, match=f"{reason}.*FULL_TABLE"):
            changes(sandbox)


@pytest.mark.parametrize("served", [1, 2, 3])
def test_a_page_of_other_times_is_no_end_of_the_listing(served: int) -> None:
    """Whichever page lacks the contacts of the second that it was to begin with."""
    lists = itertools.count()

    def ask(query: dict[str, str]) -> dict[str, str]:
        if query.get("sort") == "lastUpdated" and next(lists) == served:
            return zoned(-1)(query)
        return query

    with Otherwise(ask) as sandbox:
        fill(sandbox, 350)
        with pytest.raises(Incomplete, match="does not give contacts of the time asked for"):
            changes(sandbox)


class Miscounting(Valomnia):
    """A Valomnia that counts in its own way, and gives fewer contacts a page than it says."""

    def handle(self, request: Request) -> Response:
        """Answer, as if all contacts passed the filters."""
        response = super().handle(replace(request, query={**request.query, **self._most(request)}))
        body = json.loads(response.body or b"{}") if request.method == "GET" else {}
        if "paging" not in body:
            return response
        body["paging"] = {**body["paging"], "total": len(self.contacts), "max": 100}
        return replace(response, body=json.dumps(body).encode())

    def _most(self, request: Request) -> dict[str, str]:
        return {"max": "40"} if "max" in request.query else {}

    def handled(self) -> int:
        """Return how many lists were answered."""
        return len(queries(self))


def test_a_total_of_all_contacts_ends_nothing_too_early_and_loops_nowhere() -> None:
    """With totals that heed no filters and pages that are small, all come, by few requests."""
    with Miscounting() as sandbox:
        expected = fill(sandbox, 150)
        sandbox.now = START + 200 * SECOND
        for _ in range(130):
            expected.append(str(sandbox.add(firstName="N", lastName="L", customerId="3229")))
        found = [record["id"] for record in changes(sandbox)]
        later = [record["id"] for record in changes(sandbox, START + 149 * SECOND)]
        assert (sorted(found, key=int), sorted(later, key=int)) == (expected, expected[149:])
        assert sandbox.handled() < 40


class Satisfied(Valomnia):
    """A Valomnia that counts no more contacts than a page has."""

    def handle(self, request: Request) -> Response:
        """Answer."""
        response = super().handle(request)
        body = json.loads(response.body or b"{}") if request.method == "GET" else {}
        if "paging" not in body:
            return response
        body["paging"] = {**body["paging"], "total": len(body["data"])}
        return replace(response, body=json.dumps(body).encode())


@pytest.mark.parametrize("start", [None, START + 30 * SECOND])
def test_a_full_page_is_never_the_last(start: datetime | None) -> None:
    """Whatever its total says, which is not documented where a list is filtered."""
    with Satisfied() as sandbox:
        expected = fill(sandbox, 350)
        found = [record["id"] for record in changes(sandbox, start)]
    assert found == (expected if start is None else expected[30:])


# However it ends.


def test_a_run_that_failed_is_resumed_at_its_bookmark(
    valomnia: Valomnia, workplace: Workplace
) -> None:
    """The next run asks for what comes from there on, and only for that."""
    expected = fill(valomnia, 700)
    valomnia.fault(on=LIST, after=3, times=-1, status=500)
    failed = read(workplace, valomnia, max_tries=1)
    valomnia.faults.clear()
    valomnia.log.clear()
    read_ids = keys(failed)
    assert (failed.code, len(read_ids) > 250) == (1, True)
    assert bookmark(failed)["replication_key_value"] == at(len(read_ids) - 1)
    run = read(workplace, valomnia, state(failed))
    assert (run.code, keys(run)) == (0, expected[len(read_ids) :])
    assert queries(valomnia)[0]["lastUpdated_gte"] == at(len(read_ids) - 61)
    assert len(queries(valomnia)) <= (760 - len(read_ids)) // 99 + 1


@pytest.mark.parametrize(("served", "crowded"), [(1, False), (4, True), (6, False), (6, True)])
def test_a_run_that_was_killed_is_resumed(
    valomnia: Valomnia, workplace: Workplace, served: int, *, crowded: bool
) -> None:
    """After kill -9 at any page the next run has the rest, also of a crowded second."""
    expected = fill(valomnia, 700, every=0.003 if crowded else 1)
    path = workplace.folder / "config.json"
    path.write_text(json.dumps({**FAST, "valomnia": valomnia.tap_config()}))
    process = started("tap-contacts", ["--config", str(path)], workplace.folder / "killed")
    valomnia.on_list = lambda number: process.kill() if number == served else None
    process.start()
    process.join(30)
    assert process.exitcode == -signal.SIGKILL
    valomnia.on_list = None
    text = (workplace.folder / "killed.out").read_text()
    killed = Finished(-9, text[: text.rfind("\n") + 1], "")
    run = read(workplace, valomnia, state(killed))
    assert (run.code, {*keys(killed), *keys(run)}) == (0, set(expected))
    if not crowded:
        assert len(keys(killed)) + len(keys(run)) <= 700 + 101


def test_a_session_that_ends_is_renewed(valomnia: Valomnia, workplace: Workplace) -> None:
    """In the middle of a listing it costs one more sign-in and no contact."""
    expected = fill(valomnia, 250)
    valomnia.fault(on=LIST, after=1, expire=True)
    run = read(workplace, valomnia)
    assert (run.code, keys(run)) == (0, expected)


def test_neither_secrets_nor_contacts_are_logged(valomnia: Valomnia, workplace: Workplace) -> None:
    """At DEBUG, with a fault, the log holds no credential, session or value."""
    valomnia.add(firstName="Anna", lastName="Ahrens", customerId="3229", email="a@example.com")
    valomnia.fault(on=LIST, status=503)
    config = {**FAST, "valomnia": valomnia.tap_config()}
    run = workplace.run("tap-contacts", config, env={"LOGLEVEL": "DEBUG"})
    cookies = [line.request.headers.get("cookie", "=").partition("=")[2] for line in valomnia.log]
    values = [SECRET, USER, *filter(None, cookies), "Ahrens", "a@example", "Jewelry"]
    assert (run.code, len(run.records(STREAM))) == (0, 1)
    assert [value for value in values if value in run.log] == []
