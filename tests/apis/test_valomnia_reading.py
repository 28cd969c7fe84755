"""Promises of Valomnia as a source: exact increments, whatever changes meanwhile."""

from __future__ import annotations

import json
import random
import signal
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.testing import get_tap_test_class

from tap_contacts.apis.valomnia.changes import read_changes
from tap_contacts.apis.valomnia.client import Valomnia as Client
from tap_contacts.apis.valomnia.reading import normal
from tap_contacts.listing.bookmarks import OVERLAP, Bookmark
from tap_contacts.listing.offsets import Incomplete
from tap_contacts.tap import TapContacts
from tests.sandbox.valomnia import SECRET, USER, Valomnia
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import BIN, FAST, Finished, Workplace
from tests.support.reading import read, state, timeless
from tests.support.valomnia_lists import SECOND, START, catalog, fill

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.sandbox.server import Request, Response

STREAM = "valomnia_contacts"
LIST = "GET /api/v1.0/contacts"


@pytest.fixture
def valomnia() -> Iterator[Valomnia]:
    """Return a running Valomnia without contacts."""
    with Valomnia() as sandbox:
        yield sandbox


def at(second: float) -> str:
    """Return a time as Valomnia tells it: so many seconds after the first one."""
    return f"{START + second * SECOND:%Y-%m-%dT%H:%M:%SZ}"


def change(sandbox: Valomnia, identity: str, second: float, **fields: Any) -> None:
    """Change a contact so many seconds after the first was put in."""
    sandbox.now = START + second * SECOND
    sandbox.change(int(identity), **(fields or {"fax": str(second)}))


def keys(run: Finished) -> list[str]:
    """Return the ids that a run wrote, in turn."""
    return [record["id"] for record in run.records(STREAM)]


def bookmark(run: Finished) -> dict[str, Any]:
    """Return what the last state says of the stream."""
    found: dict[str, Any] = state(run)["bookmarks"][STREAM]
    return found


def place(run: Finished) -> dict[str, Any]:
    """Return the same but for what it says was seen."""
    return {name: value for name, value in bookmark(run).items() if name != "seen"}


def since(time: str) -> dict[str, Any]:
    """Return a state with a bookmark."""
    place = {"replication_key": "lastUpdated", "replication_key_value": time}
    return {"bookmarks": {STREAM: place}}


def queries(sandbox: Valomnia) -> list[Mapping[str, str]]:
    """Return what the lists that were asked for were asked by."""
    lines = (line.request for line in sandbox.log)
    return [r.query for r in lines if f"{r.method} {r.path}" == LIST]


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


# Records.


def test_a_record_is_what_the_api_shows(valomnia: Valomnia, workplace: Workplace) -> None:
    """The vendor's sample: ids are text, "" is null, customer and photo are spread out as well."""
    valomnia.seed()
    (shown,) = valomnia.contacts
    (record,) = read(workplace, valomnia).records(STREAM)
    photo = "BASE_URL/entity1-1450169988465/photoContact/{}1471508040029_2938_marie_schrader.png"
    assert record == {
        **{name: value or None for name, value in shown.items()},
        "id": "5",
        "customer": {**shown["customer"], "id": "3229"},
        "user": {**shown["user"], "id": "4"},
        "customer_id": "3229",
        "customer_reference": "C0959",
        "photo": photo.format(""),
        "small_photo": photo.format("small_"),
        "medium_photo": photo.format("medium_"),
    }


@pytest.mark.parametrize(
    ("photo", "small"),
    [
        (None, None),
        ("", None),
        ("a.png", "small_a.png"),
        ("https://a.test/b/c.png?at=1/2", "https://a.test/b/small_c.png?at=1/2"),
        ("https://a.test/b/c.png#x/y", "https://a.test/b/small_c.png#x/y"),
    ],
)
def test_sizes_stand_before_the_name_of_a_photo(photo: str | None, small: str | None) -> None:
    """Whatever else is in its address; without a photo there are no others."""
    record = normal({"id": 1, "photo": photo})
    assert (record["small_photo"], record["photo"]) == (small, photo or None)


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00+01:00", "2026-01-31T11:00:00Z"),
        ("2026-01-31T12:00:00.250Z", "2026-01-31T12:00:00.250000Z"),
        ("0001-01-01T00:00:00+09:00", "0001-01-01T00:00:00+09:00"),
        ("yesterday", "yesterday"),
        ("", None),
    ],
)
def test_times_are_utc(told: str, written: str | None) -> None:
    """A time of another zone is the same moment; what is no time is left as it is."""
    assert normal({"id": 1, "dateCreated": told})["dateCreated"] == written


def test_a_contact_may_lack_its_parents(valomnia: Valomnia, workplace: Workplace) -> None:
    """Without customer and user there is nothing to spread out, and the run goes on."""
    fill(valomnia, 3)
    valomnia.state.by_id[6] |= {"customer": None, "user": None, "customerReference": ""}
    del valomnia.state.by_id[7]["customer"]
    run = read(workplace, valomnia)
    parents = [(r["customer_id"], r["customer_reference"]) for r in run.records(STREAM)]
    assert (run.code, parents) == (0, [(None, None), (None, "C0959"), ("3229", "C0959")])


def test_an_unknown_field_is_named_once(valomnia: Valomnia, workplace: Workplace) -> None:
    """However many contacts have it; one in a customer is passed on with it."""
    fill(valomnia, 120)
    for contact in valomnia.state.by_id.values():
        contact["shoe"] = 42
        contact["customer"] = {**contact["customer"], "sector": "retail"}
    run = read(workplace, valomnia)
    assert (run.code, len(keys(run))) == (0, 120)
    assert (run.log.count("shoe"), "retail" in run.log) == (1, False)
    assert {record["customer"]["sector"] for record in run.records(STREAM)} == {"retail"}


def test_the_short_way_writes_what_the_sdk_would(valomnia: Valomnia, workplace: Workplace) -> None:
    """Record by record through the SDK or in chunks past it: the same records and bookmarks."""
    valomnia.seed()
    fill(valomnia, 150)
    short = read(workplace, valomnia)
    long = read(workplace, valomnia, stream_maps={STREAM: {}})
    assert (short.code, timeless(short)) == (0, timeless(long))


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
    for place, identity in enumerate(changed):
        change(valomnia, identity, 1000 + place)
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


# More contacts in a second than in a page, in whatever order.


@pytest.mark.parametrize("crowd", [99, 100, 101, 200, 450])
@pytest.mark.parametrize("later", [0, 1, 150])
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


@pytest.mark.parametrize("seed", range(40))
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


@pytest.mark.parametrize("crowded", [False, True])
@pytest.mark.parametrize("served", [1, 4, 6])
def test_a_run_that_was_killed_is_resumed(
    valomnia: Valomnia, workplace: Workplace, served: int, *, crowded: bool
) -> None:
    """After kill -9 at any page the next run has the rest, also of a crowded second."""
    expected = fill(valomnia, 700, every=0.003 if crowded else 1)
    path, out = workplace.folder / "config.json", workplace.folder / "out"
    path.write_text(json.dumps({**FAST, "valomnia": valomnia.tap_config()}))
    command = [str(BIN / "tap-contacts"), "--config", str(path)]
    with out.open("wb") as file, (workplace.folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=file, stderr=log)
        valomnia.on_list = lambda number: process.kill() if number == served else None
        assert process.wait(30) == -signal.SIGKILL
    valomnia.on_list = None
    text = out.read_text()
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


# Catalogs.


def test_what_is_discovered(valomnia: Valomnia, workplace: Workplace) -> None:
    """Key and replication key are told, and nothing is asked of the API for that."""
    (stream,) = json.loads(catalog(workplace, valomnia).read_text())["streams"]
    assert stream["tap_stream_id"] == STREAM
    assert (stream["key_properties"], stream["replication_key"]) == (["id"], "lastUpdated")
    assert stream["replication_method"] == "INCREMENTAL"
    assert stream["schema"]["properties"]["lastUpdated"]["format"] == "date-time"
    assert valomnia.log == []


def test_a_test_run_reads_one_contact(valomnia: Valomnia, workplace: Workplace) -> None:
    """`--test` ends well after the first record."""
    fill(valomnia, 250)
    run = workplace.tap({"valomnia": valomnia.tap_config()}, "--test")
    assert (run.code, len(keys(run)), len(queries(valomnia))) == (0, 1, 1)


def test_all_contacts_can_be_read_every_time(valomnia: Valomnia, workplace: Workplace) -> None:
    """With FULL_TABLE a bookmark neither counts nor comes; an increment after it reads all once."""
    expected = fill(valomnia, 250)
    path = catalog(workplace, valomnia, replication_method="FULL_TABLE")
    (workplace.folder / "state.json").write_text(json.dumps(since(at(200))))
    options = ("--catalog", str(path), "--state", str(workplace.folder / "state.json"))
    config = {"valomnia": valomnia.tap_config()}
    full = workplace.tap(config, *options)
    assert (full.code, keys(full), bookmark(full)) == (0, expected, bookmark(full))
    assert bookmark(full) == since(at(200))["bookmarks"][STREAM]
    fresh = workplace.tap(config, "--catalog", str(path))
    assert (keys(fresh), bookmark(fresh)) == (expected, {})
    first = read(workplace, valomnia, state(fresh))
    second = read(workplace, valomnia, state(first))
    assert (keys(first), keys(second)) == (expected, [])


def test_a_full_table_that_broke_off_is_resumed(valomnia: Valomnia, workplace: Workplace) -> None:
    """It goes on behind the contact written last, and an increment in between reads it all."""
    expected = fill(valomnia, 500)
    path = catalog(workplace, valomnia, replication_method="FULL_TABLE")
    config = {"valomnia": valomnia.tap_config(), "concurrency": 1, "max_tries": 1}
    valomnia.fault(on=LIST, after=3, times=-1, status=500)
    failed = workplace.tap(config, "--catalog", str(path))
    valomnia.faults.clear()
    (workplace.folder / "state.json").write_text(json.dumps(state(failed)))
    options = ("--catalog", str(path), "--state", str(workplace.folder / "state.json"))
    rest, increment = workplace.tap(config, *options), read(workplace, valomnia, state(failed))
    assert (failed.code, rest.code, keys(failed) + keys(rest)) == (1, 0, expected)
    assert (keys(increment), "progress" in bookmark(increment)) == (expected, False)


def test_another_replication_key_is_refused(valomnia: Valomnia, workplace: Workplace) -> None:
    """Only lastUpdated says what has changed; exit code 2."""
    path = catalog(workplace, valomnia, replication_key="dateCreated")
    run = workplace.tap({"valomnia": valomnia.tap_config()}, "--catalog", str(path))
    assert (run.code, run.records(STREAM)) == (2, [])
    assert "The replication key of valomnia_contacts must be lastUpdated." in run.log


# Onwards.


WALTER = {
    "firstName": "Walter",
    "lastName": "White",
    "fonction": "Teacher",
    "country": "US",
    "city": "Albuquerque",
    "postalCode": "87104",
    "address": "308 Negra Arroyo Lane",
    "email": "walter@example.com",
    "phone": "+12025550110",
    "mobile": "+12025550111",
    "fax": "+12025550112",
}


def test_contacts_travel_to_another_tenant(valomnia: Valomnia, workplace: Workplace) -> None:
    """Without configuration all that can be written arrives; a second time nothing is written."""
    valomnia.add(**WALTER, customerId="3229")
    with Valomnia() as other:
        run = read(workplace, valomnia)
        written = workplace.target(other.target_config(), run.out)
        again = workplace.target(other.target_config(), read(workplace, valomnia, state(run)).out)
        (held,) = other.contacts
        assert (written.code, {name: held[name] for name in WALTER}) == (0, WALTER)
        assert (held["customer"]["id"], len(other.writes)) == (3229, 1)
    assert again.summary["read"] == 0
    assert written.messages[-1] == state(run)


def test_contacts_travel_to_zoho_voice(valomnia: Valomnia, workplace: Workplace) -> None:
    """Names, numbers and address arrive without configuration but a mobile for who has none."""
    valomnia.add(**WALTER, customerId="3229")
    valomnia.now += SECOND
    valomnia.add(firstName="Jesse", lastName="Pinkman", customerId="3229")
    with ZohoVoice() as zoho:
        config = {**zoho.target_config(), "defaults": {"mobile": "+12025550199"}}
        run = workplace.target(config, read(workplace, valomnia).out)
        jesse, walter = sorted(zoho.contacts, key=lambda contact: str(contact["first_name"]))
    names = ("first_name", "last_name", "email", "mobile", "phone", "address")
    wires = ("firstName", "lastName", "email", "mobile", "phone")
    assert (run.code, run.summary["created"]) == (0, 2)
    assert [walter[name] for name in names[:5]] == [WALTER[wire] for wire in wires]
    assert WALTER["address"] in walter["address"]
    assert (jesse["first_name"], jesse["mobile"]) == ("Jesse", "+12025550199")


SUITE = Valomnia().start()
SUITE.seed()


@pytest.fixture(scope="module", autouse=True)
def _suite() -> Iterator[None]:
    yield
    SUITE.stop()


TestTapContacts = get_tap_test_class(TapContacts, config={"valomnia": SUITE.tap_config()})
