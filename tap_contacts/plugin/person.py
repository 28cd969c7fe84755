"""Ask whoever runs a command: at a terminal, or through a pipe."""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import IO, TYPE_CHECKING

import click
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin import printable
from tap_contacts.transport.forms import LONGEST_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_contacts.transport.grant import Person


class Terminal:
    """A person at a terminal."""

    def tell(self, text: str) -> None:
        """Show some lines on standard error: standard output is for messages."""
        for line in text.splitlines():
            click.echo(printable.text(line), err=True)

    def ask(self, what: str, *, hidden: bool = False, optional: bool = False) -> str:
        """Return what is typed; it is not echoed if it is hidden."""
        default = "" if optional else None
        with _interruptible():
            given = click.prompt(
                what, default, hide_input=hidden, show_default=False, err=True, type=str
            )
        return _line(what, given, optional=optional)


class Lines:
    """Answers that stand in a file or come through a pipe, one a line, in the order of asking."""

    def __init__(self, lines: IO[str] | None) -> None:
        self._lines = lines

    def tell(self, text: str) -> None:
        """Show some lines on standard error."""
        Terminal.tell(Terminal(), text)

    def ask(self, what: str, *, hidden: bool = False, optional: bool = False) -> str:
        """Return the next line."""
        del hidden
        self.tell(f"{what}:")
        try:
            return _line(what, self._lines.readline() if self._lines else "", optional=optional)
        except UnicodeDecodeError:
            msg = "Standard input is not text in UTF-8."
            raise ConfigurationError(msg) from None


def _line(what: str, given: str, *, optional: bool) -> str:
    """Return an answer without blanks around it, if it is a line of text."""
    line = given.strip()
    if not (line or optional):
        msg = f"Nothing was given for {what}; no file was changed."
        raise ConfigurationError(msg)
    if len(line) > LONGEST_TEXT or not line.isprintable():
        msg = f"What was given for {what} is no line of text; no file was changed."
        raise ConfigurationError(msg)
    return line


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C leave a hidden prompt, which then turns the terminal's echo on again."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def person() -> Person:
    """Return whoever answers at standard input."""
    return Terminal() if sys.stdin and sys.stdin.isatty() else Lines(sys.stdin)
