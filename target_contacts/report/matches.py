"""List what was looked up by values that are only spelled alike, in a file for each setting."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from target_contacts.report.private_files import explained, made

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = ("value", "id", "name")
"""The record's value, and id and name of what it was taken for, as in the file of the setting."""


class Matches:
    """What was looked up in one run by values that are only spelled alike."""

    def __init__(self, folder: str, api: str, *, kept: bool) -> None:
        self._folder, self._api, self._kept = Path(folder), api, kept
        self._files: dict[str, tuple[Path, BinaryIO]] = {}

    @property
    def paths(self) -> Mapping[str, Path]:
        """Return the files, by setting."""
        return {setting: path for setting, (path, _) in self._files.items()}

    def add(self, setting: str, *row: str) -> None:
        """Write what a value of a setting was taken for; see COLUMNS. The first one makes the file.

        Raises:
            ConfigurationError: If a file cannot be made.
            ApiError: If the disk is full.
        """
        if not self._kept:
            return
        rows = [row]
        if setting not in self._files:
            self._files[setting] = made(self._folder, f"{self._api}.{setting}.csv")
            rows.insert(0, COLUMNS)
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        path, file = self._files[setting]
        with explained(path):
            file.write(text.getvalue().encode())
            file.flush()

    def close(self) -> None:
        """Close the files."""
        for _, file in self._files.values():
            file.close()
