"""Every run ends within ten seconds of the first signal, wherever it comes."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
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

from tap_contacts.plugin import signals
from tap_contacts.tap import TapContacts
from target_contacts.shutdown import GRACE_SECONDS
from target_contacts.target import TargetContacts
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import BIN, FAST, Workplace, contacts, singer
from tests.support.warm import Warm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sandbox.messages import Request, Response
    from tests.support.warm import Process

ANNA = {"id": 1, "first_name": "Anna", "mobile": "+4915112345678", "email": "anna@example.com"}
BERT = {"id": 2, "first_name": "Bert", "mobile": "+4915187654321", "email": "bert@example.com"}
BOTH = [signal.SIGTERM, signal.SIGINT]
LONGEST_END = 10
"""Seconds from the first signal that a run may take to end."""

PIPE = subprocess.PIPE
ACCOUNT = {"client_id": "a", "client_secret": "b", "refresh_token": "c"}


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


def started(folder: Path, command: str, config: Any, *options: str, **streams: Any) -> Warm:
    """Start a command that has imported all it needs; it is gone in the end."""
    path = folder / f"{command}.json"
    if isinstance(config, dict):
        path.write_text(json.dumps({**FAST, **config}), encoding="utf-8")
    return Warm(folder, command, ["--config", str(path), *options], **streams)


@contextlib.contextmanager
def new_process(*arguments: str | Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that has nothing imported, and see to it that it is gone in the end."""
    with subprocess.Popen(arguments, cwd=folder, stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def until(holds: Callable[[], object], process: Process) -> None:
    """Wait until something holds, while the process runs."""
    end = time.monotonic() + 60
    while not holds():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.005)


def catches(process: Process, number: int) -> bool:
    """Say whether a process has a handler for a signal."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def loaded(process: Process, library: str) -> bool:
    """Say whether a process has loaded a compiled module."""
    return library in Path(f"/proc/{process.pid}/maps").read_text(encoding="utf-8")


def waits(process: Process, *calls: str) -> bool:
    """Say whether the main thread of a process waits in the kernel for one of these."""
    with contextlib.suppress(OSError):
        place = Path(f"/proc/{process.pid}/wchan").read_text(encoding="utf-8")
        return any(call in place for call in calls)
    return False


def let_grace_be_over(process: Process, *calls: str) -> None:
    """Let a process that was told to end have waited long enough, as its timer would tell it.

    The timer is set once the process waits in the kernel again, for one of these calls.
    """
    until(lambda: catches(process, signal.SIGALRM) and waits(process, *calls), process)
    process.send_signal(signal.SIGALRM)


def end(process: Process, *numbers: signal.Signals, every: float = 0.0) -> str:
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


def states(process: Process) -> list[Any]:
    """Return the whole states that a target wrote."""
    assert process.stdout
    return [json.loads(line) for line in process.stdout.read().splitlines(keepends=True) if line]


def feed(process: Process, text: str) -> None:
    """Write into a process's standard input, which stays open."""
    assert process.stdin
    process.stdin.write(text.encode())
    process.stdin.flush()


def in_turn(*cases: Any) -> list[Any]:
    """Return each case with one of the two signals, which are handled alike."""
    return [(case, number) for case, number in zip(cases, itertools.cycle(BOTH), strict=False)]


linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


# While nothing is set up.


@linux
@pytest.mark.parametrize(
    ("command", "library", "number"),
    [
        ("tap-contacts", "", signal.SIGTERM),
        ("tap-contacts", "rpds/rpds", signal.SIGINT),
        ("tap-contacts", "msgspec/_core", signal.SIGTERM),
        ("target-contacts", "", signal.SIGINT),
        ("target-contacts", "rpds/rpds", signal.SIGTERM),
        ("target-contacts", "msgspec/_core", signal.SIGINT),
    ],
)
def test_a_signal_while_modules_are_imported(
    command: str, library: str, number: signal.Signals, tmp_path: Path
) -> None:
    """The command ends at once and without a word, however far its imports are."""
    with new_process(BIN / command, "--config", "none", folder=tmp_path) as process:
        until(lambda: catches(process, signal.SIGTERM) and loaded(process, library), process)
        log = end(process, number)
    assert "Error" not in log


@pytest.mark.parametrize(("command", "number"), in_turn("tap-contacts", "target-contacts"))
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
@pytest.mark.parametrize(
    ("text", "number"), in_turn("", "{", '{"type": "RECORD", "x": "' + "y" * 300_000)
)
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


@pytest.mark.parametrize(("option", "number"), in_turn("--check", "--explain"))
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


@linux
def test_a_signal_while_another_run_has_the_ledger(silent: Silent, tmp_path: Path) -> None:
    """The wait for the lock ends, and the run that has it does not notice."""
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
        until(lambda: waits(other, "nanosleep"), other)
        began = time.monotonic()
        end(other, signal.SIGINT)
        assert time.monotonic() - began < GRACE_SECONDS
        assert (states(other), holder.poll()) == ([], None)


# While the target writes.


def test_a_signal_while_an_answer_is_awaited(silent: Silent, tmp_path: Path) -> None:
    """The time counts from the first signal, however many follow; the code is that of the first."""
    with started(tmp_path, "target-contacts", silent.target_config()) as process:
        feed(process, singer(contacts(ANNA, state={"at": 1})))
        assert process.stdin
        process.stdin.close()
        assert silent.asked.wait(60)
        log = end(process, *BOTH * 8, *BOTH[:1] * 8, every=0.5)
        assert states(process) == []
    assert "summary: {" in log


@linux
def test_a_signal_while_nobody_reads_the_state(zoho: ZohoVoice, tmp_path: Path) -> None:
    """A pipe that is full holds up the run, but not its end."""
    large = {"at": 1, "more": "x" * 300_000}
    config = {**zoho.target_config(), "checkpoint_seconds": 0}
    full = "pipe_write", "pipe_wait_writable"
    with started(tmp_path, "target-contacts", config) as process:
        feed(process, singer(contacts(ANNA, state=large)))
        until(lambda: waits(process, *full), process)
        process.send_signal(signal.SIGINT)
        let_grace_be_over(process, *full)
        process.wait(LONGEST_END)
        assert process.returncode == 128 + signal.SIGINT
        assert process.stderr
        assert b"did not end by itself" not in process.stderr.read()
    assert len(zoho.contacts) == 1


@linux
@pytest.mark.parametrize(("command", "number"), in_turn("tap-contacts", "target-contacts"))
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
watch.start("stuck", 0.1)
def forever(*_):
    while True:
        {step}
signal.signal(signal.SIGTERM, forever)
signal.signal(signal.SIGINT, forever)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("step", "number"), in_turn("pass", "time.sleep(60)", "'a' * 10 ** 7"), ids=str
)
def test_a_signal_whose_handler_does_not_return(
    step: str, number: signal.Signals, tmp_path: Path
) -> None:
    """A thread ends the process in the main thread's stead, and says so."""
    arguments = [sys.executable, "-c", STUCK.format(step=step)]
    with new_process(*arguments, folder=tmp_path) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        log = end(process, number)
    assert log == "stuck did not end by itself within 0 s of the signal and was ended.\n"


HEARD = """
import signal
from tap_contacts.plugin import signals
watch, told = signals.Watch(), []
watch.start("heard", 60.0)
for number in signals.SIGNALS:
    signal.signal(number, lambda number, _: told.append(watch.first(number)))
signal.raise_signal({first})
signal.raise_signal({second})
print(told)
"""


@pytest.mark.parametrize("numbers", [BOTH, BOTH[::-1]])
def test_the_first_of_several_signals_counts(numbers: list[signal.Signals]) -> None:
    """Also for the handler of one that came later."""
    first, second = map(int, numbers)
    script = HEARD.format(first=first, second=second)
    done = subprocess.run([sys.executable, "-c", script], stdout=PIPE, check=True, timeout=60)
    assert json.loads(done.stdout) == [first, first]


MAKES: list[Callable[[], object]] = [
    signals.at_once,
    lambda: TapContacts(config={"zoho_voice": ACCOUNT}, proves=False),
    lambda: TargetContacts(config={"api": "zoho_voice", "zoho_voice": ACCOUNT}),
]


@pytest.mark.parametrize("make", MAKES)
def test_both_signals_are_handled_alike(make: Callable[[], object]) -> None:
    """So what is shown of one holds for the other: at the start, and in both commands."""
    before = {number: signal.getsignal(number) for number in BOTH}
    try:
        make()
        now = [signal.getsignal(number) for number in BOTH]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert now[0] == now[1] != before[BOTH[0]]


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
