"""Escape texts from outside before they are logged or shown.

A name of a field or stream may hold escape sequences of terminals, line breaks that forge a log
line, or marks that turn the direction of writing. All loggers are covered, those of libraries, too.
"""

from __future__ import annotations

import logging
import unicodedata
import warnings
from typing import Any

HIDDEN = "*"
"""What is shown instead of a name that may be personal data."""
LONGEST_NAME = 60
"""Most characters of a field's name."""
MOST_NAME_DIGITS = 4
"""Most digits of a field's name; phone numbers and ids have more."""
AT = "@"
"""Marks e-mail addresses; names of fields may only begin with it, as `@odata.etag` does."""


def text(of: str) -> str:
    """Return a text with control and format characters escaped."""
    return of if of.isprintable() else "".join(map(_escaped_char, of))


def _escaped_char(char: str) -> str:
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    return char.encode("unicode_escape").decode()


def is_name(of: str) -> bool:
    """Say whether a text looks like the name of a field, and not like an address or a number.

    It has a letter, at most 60 characters, at most 4 digits, no `@` but at its start, and nothing
    that cannot be printed.
    """
    if len(of) > LONGEST_NAME or sum(map(str.isdigit, of)) > MOST_NAME_DIGITS or AT in of[1:]:
        return False
    return any(map(str.isalpha, of)) and text(of) == of


def name(of: str) -> str:
    """Return the name of a field, or `*` if it does not look like one."""
    return of if is_name(of) else HIDDEN


def install() -> None:
    """Escape everything that is logged from now on, warnings included."""
    make = logging.getLogRecordFactory()

    def record(*args: Any, **more: Any) -> logging.LogRecord:
        made = make(*args, **more)
        try:
            whole = made.getMessage()
        except (TypeError, ValueError):  # its handler reports that
            return made
        if not whole.isprintable():
            made.msg, made.args = text(whole), ()
        return made

    logging.setLogRecordFactory(record)
    warnings.formatwarning = _in_a_line


def _in_a_line(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> str:
    del more
    return f"{category.__name__}: {message} ({place[0]}:{place[1]})"
