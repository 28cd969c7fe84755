"""Run commands on a terminal, and see what stands on its screen."""

from __future__ import annotations

import codecs
import os
import pty
import re
import select
from contextlib import ExitStack, suppress
from typing import IO, TYPE_CHECKING, Any

from tests.support.warm import NOTHING, Warm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTS = re.compile(r"\x1b\[(\d*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n]+)")
"""What is written to a terminal: commands, ends of lines, and text."""


LONGEST_SILENCE = 20
"""Seconds after which nothing more is expected."""


class Screen:
    """The rows of a terminal that is wide and high enough."""

    def __init__(self) -> None:
        """Start empty."""
        self.rows = [""]
        self._row = self._column = 0

    def write(self, written: str) -> None:
        """Show what was written."""
        for number, command, back, down, text in PARTS.findall(written):
            if back:
                self._column = 0
            elif down:
                self._row += 1
                self.rows += [""] * (self._row + 1 - len(self.rows))
            elif text:
                self._put(text)
            else:
                self._obey(command, number)

    def _put(self, text: str) -> None:
        row = self.rows[self._row].ljust(self._column)
        end = self._column + len(text)
        self.rows[self._row] = row[: self._column] + text + row[end:]
        self._column = end

    def _obey(self, command: str, number: str) -> None:
        if command == "A":
            self._row -= int(number)
        elif command == "K":
            assert number == "2"
            self.rows[self._row] = ""
        elif command == "J":
            self.rows[self._row :] = [self.rows[self._row][: self._column]]
        else:
            assert command == "m"


class Terminal:
    """A terminal on which commands log."""

    def __init__(self, folder: Path, kind: str = "xterm") -> None:
        """Take a folder to work in, and the kind of terminal that commands are told of."""
        self._folder, self._kind = folder, kind
        self._ends = ExitStack()
        self.written = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._master, self._slave = pty.openpty()
        self._ends.callback(os.close, self._master)

    def close(self) -> None:
        """End what still runs."""
        self._ends.close()

    def start(self, *command: str, stdin: IO[bytes] | int | None, stdout: IO[bytes] | int) -> Warm:
        """Start a command; the last one that is needed must be started before anything is read."""
        name, *options = command
        streams: Any = {"stdin": stdin or NOTHING, "stdout": stdout, "stderr": self._slave}
        env = {"TERM": self._kind}
        return self._ends.enter_context(Warm(self._folder, name, options, **streams, env=env))

    def until(self, pattern: str) -> str:
        """Read until something is written."""
        for _ in self._pieces():
            if found := re.search(pattern, self.written):
                return found[0]
        msg = f"{pattern} is not in {self.written}"
        raise AssertionError(msg)

    def rows(self) -> list[str]:
        """Return what stands on the screen once all commands have ended."""
        os.close(self._slave)
        for _ in self._pieces():
            pass
        screen = Screen()
        screen.write(self.written)
        return screen.rows

    def _pieces(self) -> Iterator[None]:
        with suppress(OSError):  # that is how it ends
            ready = select.poll()
            ready.register(self._master, select.POLLIN)
            while ready.poll(LONGEST_SILENCE * 1000):
                self.written += self._decoder.decode(os.read(self._master, 65536))
                yield
