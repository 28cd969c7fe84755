"""Be one of the commands, in a process forked from one that has imported both.

A start takes a twentieth of a second instead of one and a half. The process is a command's in all
else: its own arguments, folder, environment, streams and exit code.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from typing import TYPE_CHECKING

import tap_contacts.tap
import target_contacts.target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path

MAINS = {"tap-contacts": tap_contacts.tap.main, "target-contacts": target_contacts.target.main}

TEST = "PYTEST_CURRENT_TEST"
"""Variable in which pytest names the test that runs."""

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.support.ready"])


def be(command: str, options: Sequence[str], start: Path, env: Mapping[str, str]) -> None:
    """Be a command from here on.

    Args:
        command: Name of the command.
        options: What follows it.
        start: Folder to work in, and start of the names of the files in, out and log.
        env: Variables to be added to the environment.
    """
    os.chdir(start.parent)
    os.environ.update(env)
    _name_test()
    sys.path[:0] = [path for path in [env.get("PYTHONPATH", "")] if path]
    open_streams(*(start.with_suffix(kind) for kind in (".in", ".out", ".log")))
    sys.argv = [command, *options]
    MAINS[command]()


def _name_test() -> None:
    """Tell coverage for which test it measures, if it does."""
    if "coverage" in sys.modules and (measuring := sys.modules["coverage"].Coverage.current()):
        measuring.switch_context(os.environ.get(TEST, ""))


def open_streams(stdin: Path, stdout: Path, stderr: Path) -> None:
    """Put files in the place of the three streams."""
    new = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, path, flags in ((0, stdin, os.O_RDONLY), (1, stdout, new), (2, stderr, new)):
        handle = os.open(path, flags, 0o600)
        os.dup2(handle, number)
        os.close(handle)
    _open_text()


def be_in(command: str, options: Sequence[str], folder: Path, pipes: Sequence[Connection]) -> None:
    """Be a command in a folder, with pipes in the place of the three streams."""
    os.chdir(folder)
    _name_test()
    for number, pipe in enumerate(pipes):
        os.dup2(pipe.fileno(), number)
        pipe.close()
    _open_text()
    sys.argv = [command, *options]
    MAINS[command]()


def _open_text() -> None:
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
