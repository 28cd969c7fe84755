"""Promises of the tap as a process: its lines, its settings of the SDK, and how it ends."""

from __future__ import annotations

import fcntl
import io
import json
import os
import re
import signal
import sys
import termios
import threading
import time
from contextlib import redirect_stdout
from typing import IO, TYPE_CHECKING, Any

import pytest
from singer_sdk.io_base import SingerWriter

from tap_contacts.tap import TapContacts
from tests.sandbox.cobai import Cobai
from tests.sandbox.messages import Response
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import Finished, Workplace
from tests.support.reading import (
    SDK_WAY,
    ZOHO,
    ended,
    ended_by,
    fill,
    filled,
    hold,
    keys,
    progress,
    read,
    started,
    state,
    timeless,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.sandbox.faults import Fault
    from tests.sandbox.messages import Request
    from tests.support.warm import Process


VIP = {"id": "1000000000031", "display_value": "VIP"}


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


def lines(process: Process) -> IO[bytes]:
    """Return what a command writes."""
    assert process.stdout is not None
    return process.stdout


# Lines.


@pytest.mark.parametrize("shape", ["as documented", "with statuses", "with unknown fields"])
def test_the_short_way_writes_what_the_sdk_would(workplace: Workplace, shape: str) -> None:
    """Record by record through the SDK or in chunks past it: the same bytes but for the times."""
    with ZohoVoice(reads_status=shape == "with statuses") as zoho, Cobai() as cobai:
        fill(zoho, 120)
        zoho.add(first_name="Zoë \u2028<&>", mobile="1", contact_status=VIP, is_spam="true")
        filled(cobai, 25)
        if shape == "with unknown fields":
            for contact in zoho.state.held.values():
                contact |= {"shoe": 1.5, "is_favourite": {"a": []}, "mobile": 2**70}
        config = {"zoho_voice": zoho.tap_config(), "cobai": cobai.tap_config()}
        short, long = (workplace.tap({**config, **more}) for more in ({}, SDK_WAY))
    assert (short.code, timeless(short)) == (0, timeless(long))
    assert len(short.records(ZOHO)) == 121
    assert short.log.count("shoe") == long.log.count("shoe") == int("unknown" in shape)


def test_the_writer_of_the_sdk_writes_the_same_messages() -> None:
    """With a writer of the SDK in its place, the tap says the same in another spelling."""
    with ZohoVoice(reads_status=True) as zoho:
        fill(zoho, 120)
        zoho.add(first_name="Zoë \x85<&>", mobile="1", contact_status=VIP, is_spam="true")
        ours, theirs = (written(zoho, writer) for writer in (None, SingerWriter()))
    assert len(ours) > 121
    assert ours == theirs


def written(sandbox: ZohoVoice, writer: Any) -> list[dict[str, Any]]:
    """Return the messages of a tap with a writer, but the times of reading."""
    config = {"zoho_voice": sandbox.tap_config()}
    with redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")) as out:
        TapContacts(config=config, message_writer=writer).sync_all()
        out.seek(0)
        messages = [json.loads(line) for line in out.read().splitlines()]
    return [{key: m[key] for key in m if key != "time_extracted"} for m in messages]


def test_every_record_says_when_it_was_read(zoho: ZohoVoice, workplace: Workplace) -> None:
    """time_extracted is there as the SDK writes it, on the short way as on the long."""
    fill(zoho, 3)
    form = r'"time_extracted":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+00:00"}\n'
    for more in ({}, SDK_WAY):
        out = read(workplace, zoho, **more).out
        assert len(re.findall(form, out)) == out.count('"RECORD"') == 6


def test_deselected_fields_are_left_out(zoho: ZohoVoice, workplace: Workplace) -> None:
    """Selection in a catalog works, of fields and of streams."""
    fill(zoho, 60)
    config = {"zoho_voice": zoho.tap_config()}
    catalog = json.loads(workplace.tap(config, "--discover").out)
    for stream in catalog["streams"]:
        root = next(each for each in stream["metadata"] if not each["breadcrumb"])
        root["metadata"]["selected"] = stream["tap_stream_id"] == ZOHO
        for each in stream["metadata"]:
            if each["breadcrumb"] == ["properties", "mobile"]:
                each["metadata"]["selected"] = False
    path = workplace.folder / "catalog.json"
    path.write_text(json.dumps(catalog))
    run = workplace.tap(config, "--catalog", str(path))
    assert (run.code, len(run.records(ZOHO))) == (0, 60)
    assert {m["stream"] for m in run.messages if m["type"] == "RECORD"} == {ZOHO}
    assert all("mobile" not in record and record["first_name"] for record in run.records(ZOHO))


def test_stream_maps_and_flattening_work(workplace: Workplace) -> None:
    """A filter, a new field and a flattened status come out as the SDK documents them."""
    maps = {ZOHO: {"__filter__": "first_name != 'N1'", "shout": "first_name.upper() + '!'"}}
    flat = {"flattening_enabled": True, "flattening_max_depth": 1}
    with ZohoVoice(reads_status=True) as zoho:
        fill(zoho, 3)
        zoho.add(first_name="n3", mobile="1", contact_status=VIP)
        run = read(workplace, zoho, stream_maps=maps, **flat)
    assert [record["shout"] for record in run.records(ZOHO)] == ["N0!", "N2!", "N3!"]
    assert run.records(ZOHO)[2]["contact_status__display_value"] == "VIP"


def test_records_before_one_that_cannot_be_mapped_are_written(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A map that fails at a record ends the run there, not at the start of its page."""
    expected = fill(zoho, 60)
    maps = {ZOHO: {"bad": "1 / (int(first_name[1:]) - 30)"}}
    run = read(workplace, zoho, stream_maps=maps)
    assert (run.code, keys(run, ZOHO)) == (2, expected[:30])


def test_a_test_run_reads_one_record_of_each_stream(zoho: ZohoVoice, workplace: Workplace) -> None:
    """`--test` ends well after the first records, whatever there is."""
    fill(zoho, 400)
    run = workplace.tap({"zoho_voice": zoho.tap_config()}, "--test")
    assert (run.code, len(run.records(ZOHO))) == (0, 1)


def test_states_hold_places_and_hashes_only(workplace: Workplace) -> None:
    """A state names an offset and an id, or a number and a hash: no value of a contact."""
    with ZohoVoice() as zoho, Cobai() as cobai:
        fill(zoho, 200)
        filled(cobai, 30)
        run = workplace.tap({"zoho_voice": zoho.tap_config(), "cobai": cobai.tap_config()})
    told = [message["value"]["bookmarks"] for message in run.messages if "value" in message]
    places = [place["progress"] for each in told for place in each.values() if place]
    assert {tuple(sorted(place)) for place in places} == {("customers", "sha256"), ("id", "offset")}
    streams = ("cobai_contacts", "cobai_customers", "zoho_voice_contact_statuses", ZOHO)
    assert told[-1] == {stream: {} for stream in streams}


# Whoever reads.


def test_what_is_read_is_written_at_once(zoho: ZohoVoice, tmp_path: Path) -> None:
    """A whole page is there to be read while the API has not yet answered for the next one."""
    expected = fill(zoho, 100)
    go_on = threading.Event()
    zoho.on_list = lambda served: None if served == 0 else hold(go_on)
    with started(tmp_path, zoho) as process:
        messages: list[dict[str, Any]] = []
        while len(messages) < 50 or messages[-1].get("record", {}).get("first_name") != "N49":
            messages.append(json.loads(lines(process).readline()))
        assert not go_on.is_set()
        go_on.set()
        run = ended(tmp_path, process, lines(process).read())
    assert (run.code, keys(run, ZOHO)) == (0, expected[50:])


def test_a_slow_reader_is_waited_for(zoho: ZohoVoice, tmp_path: Path) -> None:
    """No more is read ahead than a few pages: the rest of the listing stays at the API."""
    fill(zoho, 5000)
    page = 50 * 500
    pipe = 65536
    with started(tmp_path, zoho, concurrency=2) as process:
        taken, behind = 0, []
        for line in lines(process):
            taken += len(line)
            behind.append(len(zoho.log) - taken / page)
        assert process.wait(20) == 0
    assert max(behind) < 4 + pipe / page + 8


def test_a_reader_that_ends_ends_the_tap(zoho: ZohoVoice, tmp_path: Path) -> None:
    """A closed pipe is one clear sentence and exit code 1, and no more is asked for."""
    fill(zoho, 5000)
    with started(tmp_path, zoho) as process:
        lines(process).readline()
        lines(process).close()
        run = ended(tmp_path, process)
    assert run.code == 1
    assert "Nobody reads the output any more" in run.log
    assert ("Traceback" in run.log, "Exception ignored" in run.log) == (False, False)
    assert len(zoho.log) < 60


class Throttling(ZohoVoice):
    """A Zoho Voice that has one page waited for long, and answers for another when it is told."""

    def __init__(self) -> None:
        """Start without any such request."""
        super().__init__()
        self.throttled, self.go_on = threading.Event(), threading.Event()

    def answer(self, request: Request) -> tuple[Response | None, Fault | None]:
        """Answer for the second page late, and for the fourth with a throttle."""
        start = request.query.get("from")
        if start == "147":
            self.throttled.set()
            return Response(429, b"", {"Retry-After": "300"}), None
        if start == "49":
            hold(self.go_on)
        return super().answer(request)


def test_a_run_that_fails_waits_for_no_other_request(tmp_path: Path) -> None:
    """When the output is lost, a page that an API's throttle holds up does not hold up the end."""
    with Throttling() as zoho:
        fill(zoho, 500)
        with started(tmp_path, zoho) as process:
            assert zoho.throttled.wait(20)
            lines(process).close()
            zoho.go_on.set()
            run = ended(tmp_path, process)
    assert (run.code, "Nobody reads the output any more" in run.log) == (1, True)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")  # noqa: PTH110
def test_a_full_disk_is_named(zoho: ZohoVoice, tmp_path: Path) -> None:
    """Output that cannot be written is one clear sentence and exit code 1."""
    fill(zoho, 60)
    with open("/dev/full", "wb") as full, started(tmp_path, zoho, full, {}) as process:  # noqa: PTH123
        run = ended(tmp_path, process)
    assert run.code == 1
    assert "The output cannot be written: No space left on device." in run.log
    assert ("Traceback" in run.log, "Exception ignored" in run.log) == (False, False)


# However it ends.


def whole(path: Path) -> str:
    """Return the lines of a file that were written to their end."""
    text = path.read_text("utf-8")
    return text[: text.rfind("\n") + 1]


@pytest.mark.parametrize("served", [2, 13, 30])
def test_a_run_that_was_killed_is_resumed(
    zoho: ZohoVoice, workplace: Workplace, served: int
) -> None:
    """After kill -9 the next run reads what is left, none is lost, and little is read twice."""
    expected = fill(zoho, 2000)
    out = workplace.folder / "out"
    with out.open("wb") as file, started(workplace.folder, zoho, file) as process:
        zoho.on_list = lambda n: process.kill() if n == served else None
        assert process.wait(20) == -signal.SIGKILL
    zoho.on_list = None
    zoho.log.clear()
    killed = Finished(-9, whole(out), "")
    told = state(killed)
    before = told["bookmarks"].get(ZOHO, {}).get("progress", {}).get("offset", -1) + 1
    run = read(workplace, zoho, told)
    assert (run.code, keys(run, ZOHO)) == (0, expected[before:])
    assert set(expected[:before]) <= set(keys(killed, ZOHO))
    assert len(zoho.log) <= (2000 - before) // 49 + 5
    assert before > (served - 18) * 49


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_with_the_state_of_what_is_written(
    zoho: ZohoVoice, workplace: Workplace, number: signal.Signals
) -> None:
    """Within seconds, though the API does not answer, and with the exit code of the signal."""
    expected = fill(zoho, 500)
    run = ended_by(number, workplace, zoho)
    rest = read(workplace, zoho, state(run))
    assert (run.code, run.messages[-1]["type"]) == (128 + number, "STATE")
    assert f"Ended by {number.name}" in run.log
    read_ids = keys(run, ZOHO)
    assert read_ids == expected[: len(read_ids)]
    assert keys(rest, ZOHO) == expected[len(read_ids) :]


@pytest.mark.parametrize("env", [None, {"PYTHONUNBUFFERED": "1"}], ids=str)
def test_a_signal_breaks_no_line(
    zoho: ZohoVoice, tmp_path: Path, env: dict[str, str] | None
) -> None:
    """A tap that is ended in the middle of a line writes it to its end, and then the state."""
    expected = fill(zoho, 5000)
    with started(tmp_path, zoho, env=env) as process:
        while not is_full(lines(process)):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        run = ended(tmp_path, process, lines(process).read())
    read_ids = keys(run, ZOHO)
    assert (run.code, run.messages[-1]["type"]) == (128 + signal.SIGTERM, "STATE")
    assert read_ids == expected[: len(read_ids)]


def is_full(pipe: IO[bytes]) -> bool:
    """Say whether nothing more comes into a pipe that holds much: no event tells of it."""
    before = unread(pipe)
    time.sleep(0.1)
    return before > 50_000 and unread(pipe) == before


def unread(pipe: IO[bytes]) -> int:
    """Return how many bytes wait in a pipe."""
    waiting = bytearray(4)
    fcntl.ioctl(pipe, termios.FIONREAD, waiting)
    return int.from_bytes(waiting, sys.byteorder)


def test_a_signal_ends_a_run_that_nobody_reads(zoho: ZohoVoice, tmp_path: Path) -> None:
    """A tap that waits for its reader in the middle of a line does not outlive the signal."""
    fill(zoho, 5000)
    with started(tmp_path, zoho) as process:
        while not is_full(lines(process)):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM


def test_the_state_of_a_whole_run_has_no_place_to_go_on(
    zoho: ZohoVoice, workplace: Workplace
) -> None:
    """A run that came to its end is followed by one that reads everything again."""
    expected = fill(zoho, 200)
    first = read(workplace, zoho)
    second = read(workplace, zoho, state(first))
    told: Mapping[str, Any] = state(first)
    assert [message["type"] for message in first.messages].count("STATE") > 2
    assert (told["bookmarks"][ZOHO], progress(second, ZOHO)) == ({}, None)
    assert keys(first, ZOHO) == keys(second, ZOHO) == expected
