"""Every run ends within ten seconds of the first signal, wherever it comes."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import BIN, FAST, Workplace, contacts, singer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sandbox.server import Request, Response

ANNA = {"id": 1, "first_name": "Anna", "mobile": "+4915112345678", "email": "anna@example.com"}
BERT = {"id": 2, "first_name": "Bert", "mobile": "+4915187654321", "email": "bert@example.com"}
BOTH = [signal.SIGTERM, signal.SIGINT]
LONGEST_END = 10
"""Seconds from the first signal that a run may take to end."""

PIPE = subprocess.PIPE


class Silent(ZohoVoice):
    """A Zoho Voice that answers nothing after its sign-in."""

    def __init__(self) -> None:
        """Start with nothing asked for."""
        super().__init__()
        self.asked, self.ended = threading.Event(), threading.Event()

    def handle(self, request: Request) -> Response:
        """Wait until the test is over."""
        if "/oauth" not in request.path:
            self.asked.set()
            self.ended.wait(60)
        return super().handle(request)


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


@pytest.fixture
def silent() -> Iterator[Silent]:
    """Return a Zoho Voice that answers nothing."""
    with Silent() as sandbox:
        yield sandbox
        sandbox.ended.set()


@contextlib.contextmanager
def started(
    folder: Path, command: str, config: Any, *options: str, **streams: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command, and see to it that it is gone in the end."""
    path = folder / f"{command}.json"
    if isinstance(config, dict):
        path.write_text(json.dumps({**FAST, **config}), encoding="utf-8")
    arguments = [str(BIN / command), "--config", str(path), *options]
    streams = {"stdin": PIPE, "stdout": PIPE, "stderr": PIPE, **streams}
    process: subprocess.Popen[bytes]
    with subprocess.Popen(arguments, cwd=folder, **streams) as process:
        try:
            yield process
        finally:
            process.kill()


def until(holds: Callable[[], object], process: subprocess.Popen[bytes]) -> None:
    """Wait until something holds, while the process runs."""
    end = time.monotonic() + 60
    while not holds():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.005)


def catches(process: subprocess.Popen[bytes], number: int) -> bool:
    """Say whether a process has a handler for a signal."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def loaded(process: subprocess.Popen[bytes], library: str) -> bool:
    """Say whether a process has loaded a compiled module."""
    return library in Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8")


def waits(process: subprocess.Popen[bytes], *calls: str) -> bool:
    """Say whether the main thread of a process waits in the kernel for one of these."""
    with contextlib.suppress(OSError):
        place = Path(f"/proc/{process.pid}/wchan").read_text(encoding="utf-8")
        return any(call in place for call in calls)
    return False


def end(process: subprocess.Popen[bytes], *numbers: signal.Signals, every: float = 0.0) -> str:
    """Send signals, read what the process still writes, and return its log.

    It must end in time, with the code of the first signal and without a traceback.
    """
    first = time.monotonic()
    for number in numbers:
        if process.poll() is None:
            process.send_signal(number)
            time.sleep(every)
    process.wait(LONGEST_END)
    assert time.monotonic() - first < LONGEST_END
    assert process.returncode == 128 + numbers[0]
    log = process.stderr.read().decode() if process.stderr else ""
    assert "Traceback" not in log
    assert "Unexpected" not in log
    return log


def states(process: subprocess.Popen[bytes]) -> list[Any]:
    """Return the whole states that a target wrote."""
    assert process.stdout
    return [json.loads(line) for line in process.stdout.read().splitlines(keepends=True) if line]


def feed(process: subprocess.Popen[bytes], text: str) -> None:
    """Write into a process's standard input, which stays open."""
    assert process.stdin
    process.stdin.write(text.encode())
    process.stdin.flush()


linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


# While nothing is set up.


@linux
@pytest.mark.parametrize("number", BOTH)
@pytest.mark.parametrize("command", ["tap-contacts", "target-contacts"])
@pytest.mark.parametrize("library", ["", "rpds/rpds", "msgspec/_core"])
def test_a_signal_while_modules_are_imported(
    command: str, library: str, number: signal.Signals, zoho: ZohoVoice, tmp_path: Path
) -> None:
    """The command ends at once and without a word, however far its imports are."""
    with started(tmp_path, command, zoho.target_config()) as process:
        until(lambda: catches(process, signal.SIGTERM) and loaded(process, library), process)
        log = end(process, number)
    assert "Error" not in log


@pytest.mark.parametrize("number", BOTH)
@pytest.mark.parametrize("command", ["tap-contacts", "target-contacts"])
def test_a_signal_while_the_config_is_awaited(
    command: str, number: signal.Signals, tmp_path: Path
) -> None:
    """A config may be a pipe that nobody writes into."""
    os.mkfifo(tmp_path / f"{command}.json")
    with started(tmp_path, command, None) as process:
        until(lambda: waits(process, "fifo_open", "wait_for_partner", "pipe"), process)
        end(process, number)


# While the target reads.


@linux
@pytest.mark.parametrize("number", BOTH)
@pytest.mark.parametrize("text", ["", "{", '{"type": "RECORD", "x": "' + "y" * 300_000])
def test_a_signal_while_a_line_is_awaited(
    text: str, number: signal.Signals, zoho: ZohoVoice, tmp_path: Path
) -> None:
    """No line comes, or one that does not end; a record before it is not called written."""
    config = {**zoho.target_config(), "checkpoint_seconds": 3600}
    with started(tmp_path, "target-contacts", config) as process:
        feed(process, singer(contacts(ANNA, state={"at": 1})) + text)
        until((tmp_path / "target-contacts.db").exists, process)
        until(lambda: waits(process, "pipe"), process)
        log = end(process, number)
        assert (states(process), zoho.contacts) == ([], [])
    assert '"read": 1' in log


@pytest.mark.parametrize("number", BOTH)
@pytest.mark.parametrize("option", ["--check", "--explain"])
def test_a_signal_ends_what_only_looks(
    option: str, number: signal.Signals, silent: Silent, tmp_path: Path
) -> None:
    """Neither the checks nor the explanation wait for an answer or a line."""
    with started(tmp_path, "target-contacts", silent.target_config(), option) as process:
        if option == "--check":
            assert silent.asked.wait(60)
        else:
            feed(process, singer(contacts(ANNA)))
            until(lambda: waits(process, "pipe"), process)
        end(process, number)


@pytest.mark.parametrize("number", BOTH)
def test_a_signal_while_another_run_has_the_ledger(
    number: signal.Signals, silent: Silent, tmp_path: Path
) -> None:
    """The wait for the lock ends, and so does the run that has it."""
    config = {**silent.target_config(), "lock_wait_seconds": 3600}
    with (
        started(tmp_path, "target-contacts", config) as holder,
        started(tmp_path, "target-contacts", config) as other,
    ):
        feed(holder, singer(contacts(ANNA, state={"at": 1})))
        assert holder.stdin
        holder.stdin.close()
        assert silent.asked.wait(60)
        feed(other, singer(contacts(BERT, state={"at": 2})))
        time.sleep(1)
        end(other, number)
        end(holder, number)
        assert (states(other), states(holder)) == ([], [])


# While the target writes.


@pytest.mark.parametrize(
    "numbers", [BOTH[:1], BOTH[1:], BOTH * 8, BOTH[::-1] * 8, BOTH[:1] * 16, BOTH[1:] * 16]
)
def test_a_signal_while_an_answer_is_awaited(
    numbers: list[signal.Signals], silent: Silent, tmp_path: Path
) -> None:
    """The time counts from the first signal, however many follow; the code is that of the first."""
    with started(tmp_path, "target-contacts", silent.target_config()) as process:
        feed(process, singer(contacts(ANNA, state={"at": 1})))
        assert process.stdin
        process.stdin.close()
        assert silent.asked.wait(60)
        log = end(process, *numbers, every=0.5 if len(numbers) > 1 else 0)
        assert states(process) == []
    assert "summary: {" in log


@linux
@pytest.mark.parametrize("number", BOTH)
def test_a_signal_while_nobody_reads_the_state(
    number: signal.Signals, zoho: ZohoVoice, tmp_path: Path
) -> None:
    """A pipe that is full holds up the run, but not its end."""
    large = {"at": 1, "more": "x" * 300_000}
    config = {**zoho.target_config(), "checkpoint_seconds": 0}
    with started(tmp_path, "target-contacts", config) as process:
        feed(process, singer(contacts(ANNA, state=large)))
        until(lambda: waits(process, "pipe_write", "pipe_wait_writable"), process)
        end(process, number)
    assert len(zoho.contacts) == 1


@linux
@pytest.mark.parametrize("number", BOTH)
@pytest.mark.parametrize("command", ["tap-contacts", "target-contacts"])
def test_a_signal_while_nobody_reads_the_log(
    command: str, number: signal.Signals, zoho: ZohoVoice, tmp_path: Path
) -> None:
    """What is logged waits for its reader; the end does not."""
    reads, writes = os.pipe()
    fcntl.fcntl(writes, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writes, b"x" * 4096)
    config = zoho.target_config() | {"zoho_voice": zoho.tap_config()}
    with started(tmp_path, command, config, stderr=writes) as process:
        until(lambda: waits(process, "pipe"), process)
        time.sleep(0.5)
        end(process, number)
    os.close(reads)
    os.close(writes)


# Whatever the main thread does.

STUCK = """
import signal, sys, time
from tap_contacts.plugin import signals
watch = signals.Watch()
watch.start("stuck", 1.0)
def forever(*_):
    while True:
        {step}
signal.signal(signal.SIGTERM, forever)
signal.signal(signal.SIGINT, forever)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", BOTH)
@pytest.mark.parametrize("step", ["pass", "time.sleep(60)", "'a' * 10 ** 7"])
def test_a_signal_whose_handler_does_not_return(step: str, number: signal.Signals) -> None:
    """A thread ends the process in the main thread's stead, and says so."""
    arguments = [sys.executable, "-c", STUCK.format(step=step)]
    with subprocess.Popen(arguments, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        log = end(process, number)
    assert log == "stuck did not end by itself within 1 s of the signal and was ended.\n"


def twice(levels: int, rule: str) -> dict[str, Any]:
    """Return a schema of which each level says twice what the next one says."""
    parts: dict[str, Any] = {
        f"d{level}": {rule: [{"$ref": f"#/definitions/d{level + 1}"}] * 2}
        for level in range(levels)
    }
    parts[f"d{levels}"] = {"type": "object"}
    return {"definitions": parts, "allOf": [{"$ref": "#/definitions/d0"}]}


def unevaluated(levels: int) -> dict[str, Any]:
    """Return a schema of which each level has those below it looked at again."""
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(levels):
        schema = {"allOf": [schema], "unevaluatedProperties": {}}
    return schema


BY_TWO_WAYS = {
    "definitions": {
        "n": {"properties": {"m": {"allOf": [{"$ref": "#/definitions/n"}] * 2}}, "type": "object"}
    },
    "allOf": [{"$ref": "#/definitions/n"}],
}
NESTED: dict[str, Any] = {}
for _ in range(60):
    NESTED = {"m": NESTED}


@pytest.mark.parametrize(
    "rules",
    [
        twice(40, "allOf"),
        twice(40, "anyOf"),
        twice(40, "oneOf"),
        unevaluated(40),
        BY_TWO_WAYS,
        {"patternProperties": {"(a+)+$": {"type": "string"}}},
        {"patternProperties": {"^(a|a)*(?=b)c": {"type": "string"}}},
        {"propertyNames": {"pattern": "(a*)*$"}},
    ],
)
def test_no_schema_takes_for_ever(
    rules: dict[str, Any], zoho: ZohoVoice, workplace: Workplace
) -> None:
    """Its records are checked by what can be understood of it, and good ones land."""
    anna = {**ANNA, "a" * 50 + "!": "x", "m": NESTED}
    head, *records = contacts(anna, {**BERT, "first_name": 7})
    head["schema"] |= rules
    head["schema"]["properties"]["first_name"] = {"type": "string"}
    run = workplace.target(zoho.target_config(), [head, *records])
    assert [each["first_name"] for each in zoho.contacts] == ["Anna"]
    assert (run.code, run.summary["rejected"]) == (3, 1)
