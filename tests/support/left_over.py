"""Put back what a command changes in its process, or see that it cannot be put back."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import stat
import sys
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from urllib3 import HTTPConnectionPool

from tap_contacts.plugin.progress import Progress
from tap_contacts.plugin.signals import Watch
from tap_contacts.tap import TapContacts
from target_contacts.target import TargetContacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGES = ("tap_contacts.", "target_contacts.")
"""How the names of the modules begin that may keep something for the life of a process."""

FORGETTING = ("singer_sdk.", "tap_contacts.transport.proxies")
"""How the names of the modules begin whose functions are not to know what an earlier command did.

The SDK warns once of some things, and what a proxy or a file of certificates is may have changed.
"""

STAYING = {"MainThread", "ending"}
"""Threads that a process may keep: its own, and the one that waits for a signal."""

STREAMS = 3
"""How many descriptors are input, output and log."""

ENDING_SECONDS = 0.5
"""How long a thread that is about to end may take."""

HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGPIPE, signal.SIGHUP)

_State = tuple[int, bool, bool, tuple[Any, ...], tuple[logging.Handler, ...]]
"""Of a logger: its level, whether it passes on, whether it is off, its filters and its handlers."""


class Found:
    """What a process was like before it was a command."""

    def __init__(self) -> None:
        self._folder = Path.cwd()
        self._environment, self._path = dict(os.environ), list(sys.path)
        self._signals = {number: signal.getsignal(number) for number in HANDLED}
        self._files = _files()
        self._logging = _Logging()
        self._kept = [(each, each.copy()) for each in _kept_by_modules()]
        self._remembering = list(_remembering())

    def is_left(self) -> bool:
        """Say whether a command left no thread, child, open file or connection behind."""
        are_ended = all(map(_is_ended, threading.enumerate()))
        return are_ended and _files() <= self._files and not _has_children()

    def put_back(self) -> None:
        """Make everything as it was."""
        signal.set_wakeup_fd(-1)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._signals.items():
            signal.signal(number, handler)
        os.chdir(self._folder)
        os.environ.clear()
        os.environ.update(self._environment)
        sys.path[:] = self._path
        self._logging.put_back()
        self._forget()
        TapContacts.watch, TargetContacts.watch = Watch(), Watch()
        TapContacts.progress = Progress()
        _close_connections()
        _collect()

    def _forget(self) -> None:
        """Make what modules keep as it was."""
        for each, content in self._kept:
            if each != content:
                _fill(each, content)
        for function in self._remembering:
            function.cache_clear()


def _collect() -> None:
    """Take garbage away, and look at what is left no more."""
    gc.collect()
    if not all(map(_may_stay, threading.enumerate())):
        gc.collect()  # a pool of which a finalizer made use: its threads end when it is gone
    gc.freeze()


class _Logging:
    """What all loggers and the warnings were like."""

    def __init__(self) -> None:
        self._factory = logging.getLogRecordFactory()
        self._warnings = warnings.formatwarning, warnings.showwarning, list(warnings.filters)
        self._loggers = {logger: _state(logger) for logger in _loggers()}
        self._handlers = _handlers()

    def put_back(self) -> None:
        """Make all loggers as they were, or new, and close handlers that were made."""
        logging.captureWarnings(capture=False)
        logging.disable(logging.NOTSET)
        logging.setLogRecordFactory(self._factory)
        warnings.formatwarning, warnings.showwarning, warnings.filters[:] = self._warnings  # type: ignore[index]
        changed = [(logger, was) for logger, was in self._all() if _state(logger) != was]
        made = {each for logger, _ in changed for each in logger.handlers} - self._handlers
        for logger, was in changed:
            _set(logger, was)
        for handler in made:
            with contextlib.suppress(OSError, ValueError):
                handler.close()

    def _all(self) -> Iterator[tuple[logging.Logger, _State]]:
        """Yield each logger, and what it was like; one that is new was like any new one."""
        for logger in _loggers():
            yield logger, self._loggers.get(logger, _NEW)


def _close_connections() -> None:
    """Hang up: the connections that a command kept would refer to it for ever."""
    for each in gc.get_objects():
        if isinstance(each, HTTPConnectionPool):
            each.close()


def _loggers() -> list[logging.Logger]:
    made = logging.root.manager.loggerDict.values()
    return [logging.root, *(each for each in made if isinstance(each, logging.Logger))]


def _handlers() -> set[logging.Handler]:
    return {handler for logger in _loggers() for handler in logger.handlers}


def _state(of: logging.Logger) -> _State:
    """Return what a log configuration sets."""
    return of.level, of.propagate, of.disabled, tuple(of.filters), tuple(of.handlers)


_NEW = _state(logging.getLogger("tests.new"))


def _set(logger: logging.Logger, state: _State) -> None:
    level, logger.propagate, logger.disabled, logger.filters[:], logger.handlers[:] = state
    logger.setLevel(level)


def _kept_by_modules() -> Iterable[Any]:
    """Return each set, dict and list that a module of ours has at its top.

    What Python itself puts there, as the built-in names, is left out.
    """
    found: dict[int, Any] = {}
    for name, module in sys.modules.copy().items():
        if name.startswith(PACKAGES):
            own = (of for its, of in vars(module).items() if not its.startswith("__"))
            found |= {id(each): each for each in own if type(each) in {set, dict, list}}
    return found.values()


def _remembering() -> Iterator[Any]:
    """Yield each function of a module that keeps its results, and is to forget them."""
    for name, module in sys.modules.copy().items():
        if name.startswith(FORGETTING):
            yield from (each for each in vars(module).values() if hasattr(each, "cache_clear"))


def _fill(kept: Any, content: Any) -> None:
    if isinstance(kept, list):
        kept[:] = content
    else:
        kept.clear()
        kept.update(content)


def _is_ended(thread: threading.Thread) -> bool:
    """Say whether a thread may stay, or ends at once as those of a pool that is gone."""
    if _may_stay(thread):
        return True
    thread.join(ENDING_SECONDS)
    return not thread.is_alive()


def _may_stay(thread: threading.Thread) -> bool:
    return thread.name in STAYING


def _files() -> set[int]:
    """Return the descriptors of what is open, but for the streams, which the next command opens.

    Pipes are none of them, since each wait for a signal needs some.
    """
    return set(filter(_is_counted, (int(path.name) for path in Path("/dev/fd").iterdir())))


def _is_counted(number: int) -> bool:
    try:
        return number >= STREAMS and not stat.S_ISFIFO(os.fstat(number).st_mode)
    except OSError:  # what listed them is closed by now
        return False


def _has_children() -> bool:
    """Say whether there is a child process, ended or not."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
