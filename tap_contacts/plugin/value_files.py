"""Read the value of a setting from the file that it names: `@/run/secrets/password`."""

from __future__ import annotations

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin import printable, short_files
from tap_contacts.plugin.json_files import Unreadable

MARK, ESCAPED = "@/", "@@/"
"""How a value begins that names a file by its whole path, and one that itself begins with `@/`."""

_READ: set[str] = set()
"""What the files of this process's settings held."""


def value_of(text: str, setting: str) -> str:
    """Return the text of a setting, from the file that it names if it names one.

    Raises:
        ConfigurationError: If the file cannot be read. Its path is not shown: it may be a secret
            that happens to begin with `@/`.
    """
    if text.startswith(ESCAPED):
        return text[1:]
    if not text.startswith(MARK):
        return text
    try:
        found = short_files.content(text[1:]).rstrip("\r\n")
    except Unreadable as error:
        raise _wrong(setting, str(error)) from None
    if not found.strip():
        raise _wrong(setting, "is empty")
    _READ.add(found)
    return found


def shown(name: str) -> str:
    """Return a name that a setting gives, or `*` if a file may have said it: it may be a secret."""
    return printable.HIDDEN if any(name in each for each in _READ) else name


def _wrong(setting: str, why: str) -> ConfigurationError:
    advice = "If the value itself begins with @/, write @@/ instead."
    return ConfigurationError(f"{setting}: the file that it names {why}. {advice}")
