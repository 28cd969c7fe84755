"""List what was looked up by values that are only spelled alike, in a file for each setting."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from target_contacts.report.private_files import explained, made

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = ("value", "id", "name")
"""The record's value, and id and name of what it was taken for, as in the file of the setting."""


class Matches:
    """What was looked up in one run by values that are only spelled alike.

    Args:
        folder: The setting `rejects_dir`.
        api: The API that is written.
    """

    def __init__(self, folder: str, api: str) -> None:
        self._folder, self._api = Path(folder), api
        self._rows: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)

    def add(self, setting: str, *row: str) -> None:
        """Add what a value of a setting was taken for; see COLUMNS."""
        self._rows[setting].append(row)

    def write(self) -> Iterator[tuple[str, Path]]:
        """Write the files; yield the setting of each, and its path.

        Raises:
            ConfigurationError: If a file cannot be made.
            ApiError: If the disk is full.
        """
        for setting, rows in self._rows.items():
            text = io.StringIO(newline="")
            csv.writer(text).writerows([COLUMNS, *rows])
            path, file = made(self._folder, f"{self._api}.{setting}.csv")
            with explained(path), file:
                file.write(text.getvalue().encode())
            yield setting, path
