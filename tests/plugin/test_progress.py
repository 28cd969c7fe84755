"""Promises of progress: a line on a terminal, lines in a log, and nothing on standard output."""

from __future__ import annotations

import json
import logging
import re
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tap_contacts.apis.cobai.client import Cobai as CobaiClient
from tap_contacts.apis.cobai.reading import read_contacts
from tap_contacts.apis.porters.changes import Changes
from tap_contacts.apis.porters.client import Porters as PortersClient
from tap_contacts.apis.porters.fields import CONTACTS
from tap_contacts.apis.porters.one_page import Asked
from tap_contacts.apis.valomnia.by_time import read_changes
from tap_contacts.apis.valomnia.client import Valomnia as ValomniaClient
from tap_contacts.apis.zoho_voice import reading as zoho_voice
from tap_contacts.apis.zoho_voice.client import ZohoVoice as ZohoClient
from tap_contacts.listing.bookmarks import Bookmark
from tap_contacts.plugin.progress import Progress, Track
from tap_contacts.transport.circuit_breaker import CircuitBreaker
from tap_contacts.transport.usage import Usage
from tests.sandbox.cobai import Cobai
from tests.sandbox.messages import Response, json_response
from tests.sandbox.porters import Porters
from tests.sandbox.valomnia import Valomnia
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import BIN, FAST, Finished, Workplace, contacts, singer
from tests.support.plain import Clock, PlainApi, client_of
from tests.support.porters_lists import fill as fill_porters
from tests.support.reading import ZOHO, Counting, fill, filled, keys, timeless
from tests.support.screen import Screen, Terminal
from tests.support.valomnia_lists import START
from tests.support.valomnia_lists import fill as fill_valomnia

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

LOGGED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} +\| (INFO|WARNING) +\| .*")
"""A row of a log."""

TERMINAL_CODE = "\x1b"


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


@pytest.fixture
def clock() -> Clock:
    """Return a clock."""
    return Clock()


def config(folder: Path, name: str, settings: Mapping[str, Any]) -> str:
    """Write a config and return its path."""
    path = folder / name
    path.write_text(json.dumps({**FAST, **settings}))
    return str(path)


def tap_config(folder: Path, zoho: ZohoVoice) -> str:
    """Write the config of a tap and return its path."""
    return config(folder, "tap.json", {"zoho_voice": zoho.tap_config()})


def target_config(folder: Path, zoho: ZohoVoice) -> str:
    """Write the config of a target and return its path."""
    return config(folder, "target.json", zoho.target_config())


def holding(zoho: ZohoVoice, page: int) -> threading.Event:
    """Have a page answered only once the event is set."""
    go_on = threading.Event()
    zoho.on_list = lambda served: None if served != page else _hold(go_on)
    return go_on


def _hold(event: threading.Event) -> None:
    event.wait(60)


# On a terminal.


def test_a_tap_shows_how_far_it_is(zoho: ZohoVoice, workplace: Workplace) -> None:
    """On a terminal there is a line with records and requests; the output is what it was."""
    fill(zoho, 500)
    expected = workplace.tap({"zoho_voice": zoho.tap_config()})
    go_on = holding(zoho, 5 + len(zoho.log) - 1)
    out = workplace.folder / "shown"
    path = tap_config(workplace.folder, zoho)
    with out.open("wb") as file, closing(Terminal(workplace.folder)) as terminal:
        process = terminal.start("tap-contacts", "--config", path, stdin=None, stdout=file)
        terminal.until(r"\x1b\[2Kzoho_voice_contacts: \d+ records, .*\d+ requests")
        go_on.set()
        assert process.wait(20) == 0
        rows = terminal.rows()
    shown = Finished(0, out.read_text("utf-8"), "")
    assert timeless(shown) == timeless(expected)
    assert all(map(LOGGED.fullmatch, filter(None, rows)))
    assert TERMINAL_CODE not in expected.log + expected.out


def test_a_target_shows_how_far_it_is(zoho: ZohoVoice, tmp_path: Path) -> None:
    """On a terminal there is a line with records read and settled, in the row below a tap's."""
    path = target_config(tmp_path, zoho)
    records = [{"id": n, "first_name": f"N{n}", "mobile": f"+49151{n:07}"} for n in range(3)]
    with closing(Terminal(tmp_path)) as terminal:
        process = terminal.start(
            "target-contacts", "--config", path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdin is not None
        process.stdin.write(singer(contacts(*records, state={"at": 3})).encode())
        process.stdin.flush()
        terminal.until(r"\n\r\x1b\[2KZoho Voice: 3 read")
        out, _ = process.communicate(timeout=20)
        rows = terminal.rows()
    assert (process.returncode, json.loads(out)) == (0, {"at": 3})
    logged = [row for row in rows if LOGGED.fullmatch(row)]
    assert any('"created": 3' in row for row in logged)
    assert not any(row.startswith("Zoho Voice: ") for row in rows)


def test_two_on_one_terminal_leave_whole_lines(zoho: ZohoVoice, tmp_path: Path) -> None:
    """A tap and a target that log and show their lines at once garble nothing."""
    fill(zoho, 500)
    go_on = holding(zoho, 5)
    with (
        ZohoVoice() as other,
        closing(Terminal(tmp_path)) as terminal,
        (tmp_path / "out").open("wb") as out,
    ):
        paths = tap_config(tmp_path, zoho), target_config(tmp_path, other)
        tap = terminal.start(
            "tap-contacts", "--config", paths[0], stdin=None, stdout=subprocess.PIPE
        )
        target = terminal.start(
            "target-contacts", "--config", paths[1], stdin=tap.stdout, stdout=out
        )
        terminal.until(r"\x1b\[2Kzoho_voice_contacts: ")
        terminal.until(r"\x1b\[2KZoho Voice: \d+ read")
        go_on.set()
        assert (tap.wait(20), target.wait(60)) == (0, 0)
        rows = terminal.rows()
    table = next(n for n, row in enumerate(rows) if row.strip().startswith("target-contacts:"))
    assert all(map(LOGGED.fullmatch, filter(None, rows[:table])))


def test_a_terminal_without_rows_gets_no_codes(zoho: ZohoVoice, tmp_path: Path) -> None:
    """Where TERM is dumb, the log is that of a pipe."""
    fill(zoho, 60)
    path = tap_config(tmp_path, zoho)
    with (tmp_path / "out").open("wb") as out, closing(Terminal(tmp_path, "dumb")) as terminal:
        process = terminal.start("tap-contacts", "--config", path, stdin=None, stdout=out)
        assert process.wait(20) == 0
        rows = terminal.rows()
    assert TERMINAL_CODE not in terminal.written
    assert all(map(LOGGED.fullmatch, filter(None, rows)))


def test_a_tap_whose_log_is_closed_reads_all_the_same(zoho: ZohoVoice, tmp_path: Path) -> None:
    """Without standard error there is nowhere to say how far it is, and nothing else is missing."""
    expected = fill(zoho, 60)
    tap = [str(BIN / "tap-contacts"), "--config", tap_config(tmp_path, zoho)]
    closed = ["sh", "-c", 'exec "$@" 2>&-', "-", *tap]
    run = subprocess.run(closed, stdout=subprocess.PIPE, check=False)
    assert (run.returncode, keys(Finished(0, run.stdout.decode(), ""), ZOHO)) == (0, expected)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_clears_the_line(zoho: ZohoVoice, tmp_path: Path, number: signal.Signals) -> None:
    """A tap that is told to end leaves its log and exit code, and no line."""
    fill(zoho, 500)
    go_on = holding(zoho, 5)
    path = tap_config(tmp_path, zoho)
    with (tmp_path / "out").open("wb") as out, closing(Terminal(tmp_path)) as terminal:
        process = terminal.start("tap-contacts", "--config", path, stdin=None, stdout=out)
        terminal.until(r"\x1b\[2Kzoho_voice_contacts: \d+ records")
        process.send_signal(number)
        assert process.wait(20) == 128 + number
        rows = terminal.rows()
        go_on.set()
    assert all(map(LOGGED.fullmatch, filter(None, rows)))
    assert "Zoho Voice: " in rows[-2]


def test_a_signal_clears_the_line_of_a_target(zoho: ZohoVoice, tmp_path: Path) -> None:
    """A target that is told to end while it awaits records leaves its books, and no line."""
    path = target_config(tmp_path, zoho)
    with closing(Terminal(tmp_path)) as terminal:
        process = terminal.start(
            "target-contacts", "--config", path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        terminal.until(r"\x1b\[2KZoho Voice: 0 read")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
        rows = terminal.rows()
    table = next(n for n, row in enumerate(rows) if row.strip().startswith("target-contacts:"))
    assert all(map(LOGGED.fullmatch, filter(None, rows[:table])))
    assert "summary: " in rows[table - 1]


# Elsewhere.


def test_a_log_ends_with_what_was_read_and_asked(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Without a terminal, a short run logs each stream's records and each API's requests once."""
    fill(zoho, 120)
    with Cobai() as cobai:
        filled(cobai, 5)
        account = {"zoho_voice": zoho.tap_config(), "cobai": cobai.tap_config()}
        run = workplace.tap(account)
        asked = len(cobai.log)
    assert re.findall(r"contacts: (\d+) records, ", run.log) == ["4", "120"]
    assert f"cobai: {asked} requests ({asked} GET), 0 repeated, 0 s waited." in run.log
    assert f"Zoho Voice: {len(zoho.log)} requests (" in run.log
    assert len(re.findall("Zoho Voice: .* requests", run.log)) == 1


def test_a_run_that_fails_says_what_it_asked(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Requests that were repeated in vain are counted, too."""
    settings = {"zoho_voice": zoho.tap_config(), "max_tries": 3}
    zoho.stop()
    run = workplace.tap(settings)
    assert run.code == 1
    assert "Zoho Voice: 0 requests (none), 2 repeated" in run.log


def test_a_log_says_now_and_then_how_far_each_stream_is(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Where there is no terminal, each track is a line of the log."""
    progress = Progress()
    counts = {"records": 0}
    track = Track("contacts", lambda: counts, Usage, clock)
    with caplog.at_level(logging.INFO), progress.follows(track):
        counts["records"] = 1200
        clock.sleep(30)
        progress.show()
    progress.show()
    assert caplog.messages == ["contacts: 1,200 records, 40 a second, 0 requests"]


# What is counted.


def test_a_track_tells_its_own_requests_only(clock: Clock) -> None:
    """What the account was used for before a stream began does not count for it."""
    usage = Usage({"GET": 5}, 1, 10.0)
    track = Track("contacts", lambda: {"records": 7}, lambda: usage, clock)
    usage = Usage({"GET": 8, "POST": 1}, 3, 22.4, is_waiting=True)
    assert track.text() == "contacts: 7 records, 4 requests, 2 repeated, 12 s waited (waiting)"


def test_the_time_left_follows_from_what_is_left(clock: Clock) -> None:
    """It is told only where a total is known and some of it was read, and starts anew with more."""
    track = Track("contacts", lambda: {"records": 0}, Usage, clock)
    told = [track.seconds_left()]
    for left, seconds in [(None, 1), (1000, 10), (900, 0), (None, 0), (1900, 5), (1850, 0), (0, 0)]:
        track.leaves(left)
        told.append(track.seconds_left())
        clock.sleep(seconds)
    assert told == [None, None, None, 90, 90, None, 185, None]
    track.leaves(None)
    assert "left" not in track.text()


def test_a_long_time_left_is_told_in_hours_and_minutes(clock: Clock) -> None:
    """Seconds only where there are no minutes."""
    told = []
    for left in (5, 300, 9000):
        track = Track("contacts", lambda: {"records": 0}, Usage, clock)
        track.leaves(left + 1)
        clock.sleep(1)
        track.leaves(left)
        told.append(track.text().rpartition("about ")[2])
    assert told == ["5 s left", "5 min left", "2 h 30 min left"]


def test_waits_at_the_same_time_count_once(clock: Clock) -> None:
    """The time in which requests wait is that of a clock, however many they are."""
    outage = CircuitBreaker(clock, clock.sleep)
    with outage.waits.one():
        clock.sleep(3)
        with outage.waits.one():
            clock.sleep(4)
            assert (outage.waits.seconds, outage.waits.go_on) == (7, True)
    clock.sleep(100)
    outage.wait(0)
    outage.wait(2)
    assert outage.waits.seconds == pytest.approx(9)
    assert not outage.waits.go_on


def test_repeats_are_counted_by_account() -> None:
    """A request that is sent again, and again, is one request and two repeats."""
    answers = iter([Response(503, b""), Response(503, b"")])
    with PlainApi(lambda: next(answers, json_response({}))) as api:
        client = client_of(api)
        client.call("GET", "/")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: client.call("GET", "/"), range(8)))
        usage = client.usage()
    assert (usage.calls, usage.repeats, usage.is_waiting) == ({"GET": 11}, 2, False)
    assert usage.waited > 0


@pytest.mark.parametrize(
    ("total", "expected"), [(lambda n: n, [70, 21, 0]), (lambda _: -1, [None, None, None])]
)
def test_what_is_left_is_what_the_list_tells(total: Any, expected: list[int | None]) -> None:
    """With a total each page tells how many rows follow; without one nothing is made up."""
    with Counting(total) as zoho:
        fill(zoho, 120)
        chunks = list(zoho_voice.read_contacts(ZohoClient(zoho.tap_config(), FAST)))
    assert [chunk.left for chunk in chunks if chunk.records] == expected


def test_what_is_left_of_cobai_are_customers() -> None:
    """Of the contacts no total is told, but how many customers were read is known."""
    with Cobai() as cobai:
        filled(cobai, 25)
        chunks = list(read_contacts(CobaiClient(cobai.tap_config(), FAST), None))
    assert [chunk.left for chunk in chunks if chunk.progress] == [15, 5]


def bookmark(start: datetime | None = None) -> Bookmark:
    """Return from when on to read."""
    return Bookmark("contacts", "changed", {}, start and start.isoformat())


def test_what_is_left_of_porters_follows_from_its_counts() -> None:
    """Each page tells how many rows of the listing come after it; that of deletions is another."""
    with Porters() as porters:
        fill_porters(porters, 250)
        client = PortersClient(porters.tap_config(), FAST)
        asked = Asked(CONTACTS, ["Contact.P_UpdateDate"])
        chunks = list(Changes(client, asked, lambda _: {}, bookmark()).chunks(None))
    assert [(len(chunk.records), chunk.left) for chunk in chunks] == [(200, 50), (50, 0), (0, 0)]


def test_what_is_left_of_valomnia_is_told_where_all_is_read() -> None:
    """Which contacts the total of a filtered list counts is not documented: it is not used."""
    with Valomnia() as valomnia:
        fill_valomnia(valomnia, 150)
        account = ValomniaClient(valomnia.tap_config(), FAST)
        everything = [chunk.left for chunk in read_changes(account, bookmark())]
        some = [chunk.left for chunk in read_changes(account, bookmark(START))]
    assert (everything[0], everything[-1], set(some)) == (50, 0, {None})


def test_a_screen_shows_what_a_terminal_would() -> None:
    """The tests' own screen knows rows, columns and what is cleared."""
    screen = Screen()
    screen.write("one\r\ntwo\n\rthree\x1b[1A\rTW\n\r\x1b[2Kfour\x1b[1A\r")
    assert screen.rows == ["one", "TWo", "four"]
    screen.write("\x1b[J5")
    assert screen.rows == ["one", "5"]
