"""A process of the tests that is one command after another is, to each of them, a new one."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import re
import signal
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cobai import Cobai
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support import kept
from tests.support.commands import FAST, SOON, Workplace, contacts, singer
from tests.support.forked import CONTEXT
from tests.support.left_over import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.commands import Finished

PEOPLE = singer(contacts({"id": 1, "last_name": "Doe", "mobile": "+4915112345678"}, state={"a": 1}))
CHANGING = re.compile(r"\d{4}-\d\d-\d\d[ T]\S*|\d+\.\d+|\"pid\":\d+|\d{8}T\S*|127.0.0.1:\d+")
"""What differs from run to run in a log."""

WRONG: list[dict[str, Any]] = [
    {"api": "none"},
    {"cobai": {}},
    {"ledger_url": "nothing"},
    {"field_map": {"contacts": {"title": "position"}}, "region": "DE"},
    {"max_tries": 1, "cobai": {"access_key_id": "wrong"}},
]


def run(
    folder: Path, settings: dict[str, Any], *, alone: bool, env: dict[str, str] | None = None
) -> Finished:
    """Run the target in a new folder, on a new account.

    Args:
        folder: The folder.
        settings: What differs from a config that works.
        alone: Whether its process is to be nothing before and nothing after.
        env: Variables of its environment.
    """
    folder.mkdir()
    workplace = Workplace(folder)
    with Cobai() as sandbox:
        config = {**FAST, **SOON, **workplace.ledger, **sandbox.target_config()}
        for name, value in settings.items():
            both = isinstance(value, dict) and name in config
            config[name] = {**config[name], **value} if both else value
        return workplace.run("target-contacts", config, stdin=PEOPLE, env=env, alone=alone)


def shown(finished: Finished) -> tuple[int, str, str]:
    """Return all that a run said, without what differs from run to run."""
    log = re.sub("/(kept|before)", "/alone", finished.log).replace("/after", "/alone")
    return finished.code, finished.out, CHANGING.sub("?", log)


def test_a_command_does_the_same_in_a_process_that_was_others(tmp_path: Path) -> None:
    """Whatever the commands before it were, and however they ended."""
    kinds = [{}, *WRONG, {}]
    for number, settings in enumerate(kinds):
        after = run(tmp_path / f"kept{number}", settings, alone=False)
        alone = run(tmp_path / f"alone{number}", settings, alone=True)
        assert shown(after) == shown(alone)


@pytest.mark.parametrize(
    "env",
    [
        {"LOGLEVEL": "DEBUG"},
        {"TARGET_CONTACTS_LOGLEVEL": "ERROR", "TARGET_CONTACTS_MAX_TRIES": "1"},
        {"HTTPS_PROXY": "http://127.0.0.1:9"},
    ],
)
def test_nothing_of_a_variable_is_left(tmp_path: Path, env: dict[str, str]) -> None:
    """The process is kept all the same, and the next command says what it would say anyway."""
    before = run(tmp_path / "before", {}, alone=False)
    with_it = run(tmp_path / "with", {}, alone=False, env=env)
    after = run(tmp_path / "after", {}, alone=False)
    assert with_it.code == 0
    assert shown(before) == shown(after)
    assert re.findall(r'"pid":(\d+)', before.log) == re.findall(r'"pid":(\d+)', after.log)


def test_a_process_is_kept_for_the_next_command(tmp_path: Path) -> None:
    """Else every command of a test would cost a process."""
    logs = [run(tmp_path / str(number), {}, alone=False).log for number in range(2)]
    first, second = (set(re.findall(r'"pid":(\d+)', log)) for log in logs)
    assert (first, len(first)) == (second, 1)


def test_the_process_of_a_tap_is_kept_and_warns_again(workplace: Workplace) -> None:
    """The threads that asked for pages end with the command; what was said once is forgotten."""
    with ZohoVoice() as sandbox:
        sandbox.state.held[sandbox.add(first_name="Anna", mobile="1")]["shoe"] = 1
        runs = [workplace.tap({"zoho_voice": sandbox.tap_config()}) for _ in range(2)]
    first, second = (set(re.findall(r'"pid":(\d+)', run.log)) for run in runs)
    assert (first, len(first)) == (second, 1)
    assert [run.log.count("shoe") for run in runs] == [1, 1]


def test_a_process_that_is_kept_holds_nothing_of_a_folder(tmp_path: Path) -> None:
    """A disk that a test mounted can be taken away after it."""
    ended = run(tmp_path / "one", {}, alone=False)
    process = Path("/proc") / re.findall(r'"pid":(\d+)', ended.log)[0]
    if not process.exists():
        pytest.skip("only Linux shows what a process holds")
    held = [(process / "cwd").readlink(), *map(Path.readlink, (process / "fd").iterdir())]
    assert [path for path in held if path.is_relative_to(tmp_path)] == []


def run_one(folder: Path) -> None:
    """Run a command that is soon over."""
    assert Workplace(folder).plain("target-contacts", "--version").code == 0


def test_a_process_of_a_pool_that_ran_a_command_ends(tmp_path: Path) -> None:
    """It does not wait for the one that it keeps; `make crowd` and `make crash` have such pools."""
    started = multiprocessing.get_context("spawn").Process(target=run_one, args=(tmp_path,))
    started.start()
    started.join(60)
    code = started.exitcode
    started.kill()
    assert code == 0


def test_a_command_that_takes_too_long_is_killed_with_its_process(tmp_path: Path) -> None:
    """The next one gets a new process."""
    with Cobai(latency=30) as sandbox:
        path = tmp_path / "config.json"
        path.write_text(json.dumps({**FAST, **SOON, **sandbox.target_config()}))
        (tmp_path / "run.in").write_text(PEOPLE)
        asked = ["--config", str(path)]
        assert kept.run(1, "target-contacts", asked, tmp_path / "run", {}) is None
    assert run(tmp_path / "next", {}, alone=False).code == 0


@pytest.fixture
def found() -> Iterator[Found]:
    """Return what this process is like, and put that back."""
    before = Found()
    yield before
    before.put_back()


def test_what_a_command_sets_is_put_back(found: Found) -> None:
    """Variables, signals, loggers and warnings."""
    logger, shown_as = logging.getLogger("contacts.kept"), warnings.formatwarning
    before, handler = signal.getsignal(signal.SIGTERM), logging.NullHandler()
    os.environ["TARGET_CONTACTS_API"] = "cobai"
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for each in (logger, logging.root):
        each.addHandler(handler)
        each.addFilter(bool)
    logger.setLevel(1)
    logging.disable()
    warnings.formatwarning = str  # type: ignore[assignment]
    found.put_back()
    assert "TARGET_CONTACTS_API" not in os.environ
    assert signal.getsignal(signal.SIGTERM) == before
    assert (logger.level, logger.handlers, logger.filters) == (0, [], [])
    assert handler not in logging.root.handlers
    assert bool not in logging.root.filters
    assert (logging.root.manager.disable, warnings.formatwarning) == (0, shown_as)


def leave(folder: Path) -> None:
    """See that a thread, an open file and a child process are noticed, each for itself."""
    found = Found()
    assert found.is_left()
    is_over = threading.Event()
    thread = threading.Thread(target=is_over.wait)
    thread.start()
    assert not found.is_left()
    is_over.set()
    thread.join()
    with (folder / "file").open("w"):
        assert not found.is_left()
    if not (child := os.fork()):
        os._exit(0)
    assert not found.is_left()
    os.waitpid(child, 0)
    assert found.is_left()


def test_a_process_with_something_left_is_no_other_command(tmp_path: Path) -> None:
    """A thread, an open file or a child process."""
    process = CONTEXT.Process(target=leave, args=(tmp_path,))
    process.start()
    process.join()
    assert process.exitcode == 0
