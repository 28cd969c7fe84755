"""Read the reports of runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from target_contacts.report import outcome_file
from target_contacts.report.folder import FACTS, PAGE

if TYPE_CHECKING:
    from pathlib import Path


class Reported:
    """The report of the newest run in a folder."""

    def __init__(self, above: Path) -> None:
        self.folder = max(above.iterdir())

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the messages of its outcomes."""
        text = (self.folder / outcome_file.NAME).read_text("utf-8")
        assert text.endswith("\n")
        return list(map(json.loads, text.splitlines()))

    def records(self, stream: str = outcome_file.OUTCOMES) -> list[dict[str, Any]]:
        """Return the records of one of its two streams."""
        found = (line for line in self.lines if line["type"] == "RECORD")
        return [line["record"] for line in found if line["stream"] == stream]

    @property
    def facts(self) -> dict[str, Any]:
        """Return its run.json."""
        facts: dict[str, Any] = json.loads((self.folder / FACTS).read_text("utf-8"))
        return facts

    @property
    def page(self) -> str:
        """Return its run.html."""
        return (self.folder / PAGE).read_text("utf-8")
