"""The commands for a shell, each of which lets a process be it that has imported everything.

Such a start takes a tenth of the time. What the shell sees is the same: the streams, the folder,
the environment and the exit code are the command's. Signals are not passed on. A process that was a
command is the next one, as in `tests.support.kept`.
"""

from __future__ import annotations

import io
import json
import os
import socket
import sys
import threading
from contextlib import closing
from multiprocessing import Pipe
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.forked import CONTEXT, MAINS, open_streams
from tests.support.kept import MOST, code_of

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from typing_extensions import Self

MOST_STREAMS = 8
"""A shell opens more than three for `<(…)`."""

LAUNCHER = """#!{python} -ISE
import json, os, socket, sys
streams = [number for number in range(64) if os.path.exists(f"/dev/fd/{{number}}")]
told = json.dumps([sys.argv, os.getcwd(), dict(os.environ), streams]).encode()
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect({address!r})
    socket.send_fds(asked, [len(told).to_bytes(4, "big")], streams)
    asked.sendall(told)
    sys.exit((asked.recv(1) or b"\\1")[0])
"""
"""Asks for a process, gives it the streams, and ends with its exit code."""


class Launchers:
    """A folder with the commands; a context manager that serves them."""

    def __init__(self, folder: Path) -> None:
        """Take an empty folder; its path must be short enough for the address of a socket."""
        self.folder = folder
        self._server = socket.socket(socket.AF_UNIX)
        address = str(folder / "s")
        self._server.bind(address)
        for name in MAINS:
            path = folder / name
            path.write_text(LAUNCHER.format(python=sys.executable, address=address))
            path.chmod(0o700)

    @property
    def path(self) -> str:
        """Return where a shell finds these commands, and then others."""
        return f"{self.folder}:{os.environ['PATH']}"

    def __enter__(self) -> Self:
        """Serve from now on."""
        self._server.listen()
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Serve no more."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _serve(self) -> None:
        workers: list[_Worker] = []
        while True:
            try:
                asked, _ = self._server.accept()
            except OSError:  # closed
                return
            with closing(asked):
                workers = [each for each in workers if each.is_there()]
                idle = next((each for each in workers if each.is_idle), None)
                if not idle:
                    idle = _Worker()
                    workers.append(idle)
                idle.be(asked)


class _Worker:
    """A process that is one command after another."""

    def __init__(self) -> None:
        self._asks, asked = Pipe()
        self._process = CONTEXT.Process(target=serve, args=(asked,), daemon=True)
        self._process.start()
        asked.close()
        self.is_idle = True

    def is_there(self) -> bool:
        """Learn whether it can be another command; say whether it may be one some time."""
        try:
            if self._asks.poll():
                self._asks.recv()
                self.is_idle = True
        except (EOFError, OSError):
            return False
        return True

    def be(self, asked: socket.socket) -> None:
        """Let it be the command that a launcher asks for."""
        self.is_idle = False
        send_handle(self._asks, asked.fileno(), self._process.pid)


def serve(asks: Connection) -> None:
    """Be one command after another, until one leaves something behind."""
    from tests.support.left_over import Found  # noqa: PLC0415  # imports both commands

    found = Found()
    for _ in range(MOST):
        try:
            handle = recv_handle(asks)
        except EOFError:
            return
        with socket.socket(fileno=handle) as asked:
            be(asked)
        found.put_back()
        if not found.is_left():
            return
        asks.send(None)


def be(asked: socket.socket) -> None:
    """Be the command that a launcher asks for, and tell it the exit code."""
    size, streams, *_ = socket.recv_fds(asked, 4, MOST_STREAMS)
    argv, folder, environment, numbers = json.loads(_read(asked, int.from_bytes(size, "big")))
    for number in set(range(3)) - set(numbers):
        os.close(number)
    for number, stream in zip(numbers, streams, strict=True):
        os.dup2(stream, number)
        os.close(stream)
    encoding, _, errors = environment.get("PYTHONIOENCODING", "utf-8").partition(":")
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(os.fdopen(number, mode, closefd=False), encoding, errors or None)
        if number in numbers
        else None
        for number, mode in enumerate(("rb", "wb", "wb"))
    )
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    command = Path(argv[0]).name
    sys.argv = [command, *argv[1:]]
    code = code_of(MAINS[command])
    if sys.stdout:
        sys.stdout.flush()
    open_streams(*[Path(os.devnull)] * 3)
    for number in set(numbers) - set(range(3)):
        os.close(number)
    asked.sendall(bytes([code]))


def _read(asked: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        found += asked.recv(size - len(found))
    return found
