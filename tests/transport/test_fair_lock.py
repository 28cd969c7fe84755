"""In an outage requests go one after the other, and none is passed over."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tap_contacts.transport.fair_lock import FairLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

LONGEST = 10.0
"""Seconds until a test gives up."""


class Line:
    """Threads that ask for a lock, one behind the other."""

    def __init__(self) -> None:
        """Begin with none."""
        self.lock, self.order = FairLock(), list[str]()
        self._threads: list[threading.Thread] = []

    def ask(self, name: str) -> None:
        """Let a thread ask for the lock, and return when it stands in line."""
        behind = self.lock.asking
        thread = threading.Thread(target=self.take, args=(name,))
        self._threads.append(thread)
        thread.start()
        self.wait_for(behind + 1)

    def take(self, name: str) -> None:
        """Ask for the lock, and note who got it."""
        with self.lock.one():
            self.order.append(name)

    def wait_for(self, asking: int) -> None:
        """Return when so many ask; fail if they never do."""
        until = time.monotonic() + LONGEST
        while self.lock.asking < asking:
            assert time.monotonic() < until
            threading.Event().wait(0.001)

    def end(self) -> None:
        """Wait for all threads."""
        for thread in self._threads:
            thread.join(LONGEST)


@pytest.fixture
def line() -> Iterator[Line]:
    """Return a line that is at its end when the test is."""
    made = Line()
    yield made
    made.end()


def test_who_has_waited_longest_is_next(line: Line) -> None:
    """Whoever asks while the lock is taken gets it in the order of asking."""
    with line.lock.one():
        for name in "abcd":
            line.ask(name)
        assert line.order == []
    line.end()
    assert line.order == ["a", "b", "c", "d"]


def test_who_comes_back_at_once_goes_behind_those_who_wait(line: Line) -> None:
    """So a request that fails again and again keeps nobody waiting."""
    with line.lock.one():
        line.ask("a")
        line.ask("b")
    line.take("back")
    line.end()
    assert line.order == ["a", "b", "back"]


def test_an_error_in_the_block_lets_the_next_one_in(line: Line) -> None:
    """Whatever becomes of a request, its turn ends."""

    def fail() -> None:
        with line.lock.one():
            line.ask("a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    line.end()
    assert (line.order, line.lock.asking) == (["a"], 0)


def test_a_signal_ends_the_waiting_and_keeps_nobody_from_the_lock(line: Line) -> None:
    """Who gave up waiting is passed over."""
    taken, given_up = threading.Event(), threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise InterruptedError

    def hold(main: int) -> None:
        with line.lock.one():
            taken.set()
            line.wait_for(2)
            line.ask("a")
            signal.pthread_kill(main, signal.SIGUSR1)
            given_up.wait(LONGEST)

    before = signal.signal(signal.SIGUSR1, stop)
    holder = threading.Thread(target=hold, args=(threading.get_ident(),))
    try:
        holder.start()
        assert taken.wait(LONGEST)
        with pytest.raises(InterruptedError):
            line.take("main")
    finally:
        given_up.set()
        holder.join(LONGEST)
        signal.signal(signal.SIGUSR1, before)
    line.end()
    assert (line.order, line.lock.asking) == (["a"], 0)
