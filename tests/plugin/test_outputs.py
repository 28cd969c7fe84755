"""The standard streams: in any locale, full, closed, or with nobody at the other end."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import BIN, FAST, Workplace, contacts, singer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.support.launched import Launchers

ANNA = {"id": 1, "first_name": "Anna", "mobile": "+4915112345678", "email": "anna@example.com"}
STREAM = "contacts_連絡先"
STATE = {"bookmarks": {STREAM: {"at": "é\u2028\U0001f600"}}}
SILENT = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LOCALES: list[tuple[dict[str, str], bool]] = [
    ({"LC_ALL": "C"}, True),
    ({"LC_ALL": "POSIX", **SILENT}, True),
    ({"PYTHONIOENCODING": "ascii"}, False),
    ({"PYTHONIOENCODING": "ascii:strict"}, False),
    ({"PYTHONIOENCODING": "latin-1"}, False),
    ({"PYTHONIOENCODING": "utf-16"}, False),
    ({"PYTHONIOENCODING": "cp1252:strict"}, False),
]
"""Variables, and whether only an interpreter that starts knows what they mean for all files."""
UNBUFFERED = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "cp1252:strict"}


class Ended(NamedTuple):
    """A command that has ended."""

    code: int
    out: bytes
    log: str

    @property
    def lines(self) -> list[Any]:
        """Return what is in the lines of its output."""
        return [json.loads(line) for line in self.out.split(b"\n") if line]


class Shell:
    """Runs the commands in a shell, which opens and closes their streams."""

    def __init__(self, folder: Path, launchers: Launchers) -> None:
        """Take a folder to work in, and that of commands which start quickly."""
        self.folder, self._commands = folder, launchers.folder

    def __call__(  # noqa: PLR0913  # what a run in a shell is made of
        self,
        command: str,
        config: Mapping[str, Any],
        text: str = "",
        *options: str,
        streams: str = "",
        env: Mapping[str, str] | None = None,
        is_new: bool = False,
    ) -> Ended:
        """Run a command with redirections.

        Args:
            command: Its name.
            config: Its settings.
            text: Its input.
            options: Its options.
            streams: The redirections.
            env: Variables of its environment.
            is_new: Whether its process is to be a new one, whose interpreter starts and ends.
        """
        (self.folder / "config.json").write_text(json.dumps({**FAST, **config}), encoding="utf-8")
        folder = BIN if is_new else self._commands
        line = shlex.join([str(folder / command), "--config", "config.json", *options])
        done = subprocess.run(
            ["bash", "-c", f"{line} {streams}"],
            cwd=self.folder,
            env={**os.environ, **(env or {})},
            input=text.encode(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        log = done.stderr.decode(errors="replace").replace("\x00", "")
        assert "Traceback" not in log
        assert "Unexpected" not in log
        assert "Exception ignored" not in log
        return Ended(done.returncode, done.stdout, log)


@pytest.fixture
def shell(tmp_path: Path, launchers: Launchers) -> Shell:
    """Return what runs the commands."""
    return Shell(tmp_path, launchers)


@pytest.fixture
def zoho() -> Iterator[ZohoVoice]:
    """Return a running Zoho Voice that holds contacts."""
    with ZohoVoice() as sandbox:
        sandbox.seed()
        yield sandbox


@pytest.fixture
def empty() -> Iterator[ZohoVoice]:
    """Return a running, empty Zoho Voice."""
    with ZohoVoice() as sandbox:
        yield sandbox


def read_from(zoho: ZohoVoice) -> dict[str, Any]:
    """Return the config of a tap that reads it."""
    return {"zoho_voice": zoho.tap_config()}


LINES = singer(contacts(ANNA, stream=STREAM, state=STATE))


# Locales.

WHOLE = "".join(
    f"{json.dumps(message, ensure_ascii=False)}\n"
    for message in contacts(ANNA, stream=STREAM, state=STATE)
)
"""The same in letters that not every locale knows."""


@pytest.mark.parametrize(("env", "is_new"), LOCALES)
def test_a_target_reads_and_writes_in_any_locale(
    env: dict[str, str], empty: ZohoVoice, shell: Shell, *, is_new: bool
) -> None:
    """STATE is UTF-8, as Singer is, whatever the locale can write."""
    ended = shell("target-contacts", empty.target_config(), WHOLE, env=env, is_new=is_new)
    assert (ended.code, ended.lines, len(empty.contacts)) == (0, [STATE], 1)


@pytest.mark.parametrize(("env", "is_new"), [LOCALES[1], LOCALES[3]])
def test_a_target_explains_a_file_in_any_locale(
    env: dict[str, str], empty: ZohoVoice, shell: Shell, *, is_new: bool
) -> None:
    """The file is UTF-8, too, and so is the explanation."""
    (shell.folder / "lines").write_text(WHOLE, encoding="utf-8")
    options = ("--explain", "--input", "lines")
    config = empty.target_config()
    explained = shell("target-contacts", config, "", *options, env=env, is_new=is_new)
    assert explained.code == 0
    assert f"Stream {STREAM}" in explained.out.decode()


@pytest.mark.parametrize(("env", "is_new"), [*LOCALES[1:], (UNBUFFERED, True)])
def test_a_tap_writes_and_logs_in_any_locale(
    env: dict[str, str], zoho: ZohoVoice, shell: Shell, *, is_new: bool
) -> None:
    """Records are UTF-8; what the log cannot write is escaped there."""
    person = contacts({**ANNA, "first_name": "山田é"})
    assert Workplace(shell.folder).target(zoho.target_config(), person).code == 0
    config = {**read_from(zoho), "設定": 1}
    ended = shell("tap-contacts", config, env=env, is_new=is_new)
    names = {m["record"].get("first_name") for m in ended.lines if m["type"] == "RECORD"}
    assert ended.code == 0
    assert "山田é" in names
    assert "Unknown setting" in ended.log


# Nobody takes what is written.

ENDS = {
    ">/dev/full": "No space left on device",
    ">&-": "The output is closed",
    "> >(exec <&-)": "Nobody reads",
}
COMMANDS = {
    "target-contacts": ("", "--check", "--explain", "--about"),
    "tap-contacts": ("", "--discover", "--about"),
}
EACH = [(command, option) for command, options in COMMANDS.items() for option in options]


@pytest.mark.parametrize(("command", "option"), EACH)
@pytest.mark.parametrize("streams", ENDS)
def test_output_that_nobody_takes_is_said_in_a_sentence(
    command: str, option: str, streams: str, zoho: ZohoVoice, shell: Shell
) -> None:
    """The exit code is 1. That nobody reads is only said by a run: `head` has seen enough."""
    config = zoho.target_config() if command == "target-contacts" else read_from(zoho)
    given = [option] if option else []
    is_new = (command, option, streams) == (*EACH[0], ">/dev/full")
    ended = shell(command, config, LINES, *given, streams=streams, is_new=is_new)
    assert ended.code == 1
    is_said = 0 if option and ENDS[streams] == "Nobody reads" else 1
    assert ended.log.count(ENDS[streams]) == is_said
    assert is_said or "| ERROR " not in ended.log


def test_what_was_written_is_in_the_ledger_though_nobody_reads_the_state(
    empty: ZohoVoice, shell: Shell
) -> None:
    """All that was read before is settled, the books are logged, and a rerun finds all done."""
    bert = {**ANNA, "id": 2, "first_name": "Bert", "mobile": "+4915187654321"}
    config = {**empty.target_config(), "checkpoint_seconds": 3600}
    lines = singer(contacts(ANNA, {**bert, "email": "b@example.com"}, stream=STREAM, state=STATE))
    ended = shell("target-contacts", config, lines, streams=">/dev/full")
    assert (ended.code, len(empty.contacts)) == (1, 2)
    assert '"created": 2' in ended.log
    again = shell("target-contacts", config, lines)
    assert (again.code, again.lines, len(empty.contacts)) == (0, [STATE], 2)
    assert '"unchanged": 2' in again.log


def test_nothing_is_sent_if_no_state_can_be_passed_on(empty: ZohoVoice, shell: Shell) -> None:
    """Closed output is seen before anything is done."""
    ended = shell("target-contacts", empty.target_config(), LINES, streams=">&-")
    assert (ended.code, empty.writes) == (1, [])
    assert not (shell.folder / "target-contacts.db").exists()


@pytest.mark.parametrize("streams", ["2>/dev/full", "2>&-", "2> >(exec <&-)"])
def test_a_log_that_nobody_takes_ends_no_run(
    streams: str, empty: ZohoVoice, zoho: ZohoVoice, shell: Shell
) -> None:
    """The contacts are written, the STATE is passed on and the exit code is right."""
    ended = shell("target-contacts", empty.target_config(), LINES, streams=streams)
    assert (ended.code, ended.lines, len(empty.contacts)) == (0, [STATE], 1)
    read = shell("tap-contacts", read_from(zoho), streams=streams)
    assert (read.code, read.lines[-1]["type"]) == (0, "STATE")
    nameless = singer(contacts({"id": 9, "mobile": "1"}))
    assert shell("target-contacts", empty.target_config(), nameless, streams=streams).code == 3


def test_no_file_takes_the_number_of_a_closed_stream(empty: ZohoVoice, shell: Shell) -> None:
    """With two streams closed, neither the ledger nor a connection is written into by the log."""
    options = ("--input", "in")
    ended = shell("target-contacts", empty.target_config(), "", *options, streams="<&- 2>&-")
    assert ended.code == 2
    (shell.folder / "in").write_text(LINES, encoding="utf-8")
    ended = shell(
        "target-contacts", empty.target_config(), "", *options, streams="<&- 2>&-", is_new=True
    )
    assert (ended.code, ended.lines, len(empty.contacts)) == (0, [STATE], 1)


def test_closed_input_is_said_in_a_sentence(empty: ZohoVoice, shell: Shell) -> None:
    """A target has nothing to read then."""
    ended = shell("target-contacts", empty.target_config(), streams="<&-")
    assert (ended.code, empty.writes) == (1, [])
    assert "The input is closed" in ended.log
