"""Keep settings in a file of the user's: a config in JSON, or variables of the environment."""

from __future__ import annotations

import io
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dotenv import dotenv_values
from dotenv.parser import parse_stream

from tap_contacts.plugin import json_files

if TYPE_CHECKING:
    from collections.abc import Mapping

OWNER_ONLY = 0o600
ENV = ".env"
"""How the name of a file ends that holds variables."""


class Unwritable(OSError):
    """A file cannot be written; the text says why."""


class SettingsFile(Protocol):
    """A file that holds settings."""

    path: Path

    def read(self) -> dict[str, Any]:
        """Return the settings; none if there is no file.

        Raises:
            Unreadable: If it cannot be read.
        """

    def update(self, changes: Mapping[str, Any]) -> None:
        """Set some settings and keep all else.

        Raises:
            Unreadable: If it cannot be read.
            Unwritable: If it cannot be written.
        """


class JsonFile:
    """A config file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Any]:
        """Return the settings."""
        return json_files.object_in(str(self.path)) if self.path.exists() else {}

    def update(self, changes: Mapping[str, Any]) -> None:
        """Set some settings and keep the others, in their order."""
        text = json.dumps({**self.read(), **changes}, indent=2, ensure_ascii=False)
        replace(self.path, text + "\n")


class EnvFile:
    """A file of variables, each a setting: a text, or JSON for an object."""

    def __init__(self, path: Path, prefix: str) -> None:
        self.path, self._prefix = path, prefix

    def read(self) -> dict[str, Any]:
        """Return the settings as texts, with variables in them expanded as everywhere."""
        start, found = len(self._prefix), dotenv_values(stream=self._text())
        return {
            name[start:].lower(): value
            for name, value in found.items()
            if name.startswith(self._prefix) and value is not None
        }

    def update(self, changes: Mapping[str, Any]) -> None:
        """Set some variables and keep all other lines."""
        lines = {self._name(name): _line(self._name(name), of) for name, of in changes.items()}
        kept, set_here = [], set(lines)
        for binding in parse_stream(self._text()):
            old = binding.original.string
            if binding.key in set_here:  # the last of several counts: none may stay behind
                blank = old[: len(old) - len(old.lstrip())]
                old = blank + lines.pop(str(binding.key), "")
            kept.append(old)
        before = "".join(kept)
        gap = "\n" if before and not before.endswith("\n") else ""
        replace(self.path, before + gap + "".join(lines.values()))

    def _name(self, setting: str) -> str:
        return self._prefix + setting.upper()

    def _text(self) -> io.StringIO:
        return io.StringIO(json_files.content(str(self.path)) if self.path.exists() else "")


def _line(name: str, value: Any) -> str:
    """Return the line that sets a variable; in JSON no $ is left, which would be expanded."""
    text = value if isinstance(value, str) else json.dumps(value).replace("$", "\\u0024")
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name}='{quoted}'\n"


def at(path: str, prefix: str) -> SettingsFile:
    """Return the file at a path, of the kind that its name tells."""
    return EnvFile(Path(path), prefix) if path.endswith(ENV) else JsonFile(Path(path))


def assert_replaceable(path: Path) -> None:
    """Raise Unwritable if a file could not be written, before anything is asked for it."""
    if path.exists() and not path.is_file():
        msg = "is not a file"
        raise Unwritable(msg)
    handle, new = _beside(path)
    os.close(handle)
    Path(new).unlink()


def replace(path: Path, text: str) -> None:
    """Write a file as a whole or not at all, for its owner only; where a link leads, if it is one.

    Raises:
        Unwritable: If that is not possible; the file is then as before.
    """
    handle, new = _beside(path)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            os.fchmod(handle, OWNER_ONLY)  # whatever the umask takes away
            file.write(text)
            file.flush()
            os.fsync(handle)
        Path(new).replace(path.resolve())
    except OSError as error:
        Path(new).unlink(missing_ok=True)
        raise _unwritable(error) from None


def _beside(path: Path) -> tuple[int, str]:
    """Make a new file in the folder of another, and open it."""
    try:
        return tempfile.mkstemp(prefix=".", suffix=".new", dir=path.resolve().parent)
    except (OSError, RuntimeError) as error:
        raise _unwritable(error) from None


def _unwritable(error: Exception) -> Unwritable:
    return Unwritable(f"cannot be written: {getattr(error, 'strerror', None) or 'no such place'}")
