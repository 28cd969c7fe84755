"""The entries of a ledger that a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tap_contacts.plugin import printable
from tap_contacts.transport.errors import ApiError
from target_contacts.commands import keys

if TYPE_CHECKING:
    from target_contacts.commands.options import Asked
    from target_contacts.ledger.entry import Entry
    from target_contacts.pipeline.run import Run


class Entries:
    """The entries of the account that a run would write to."""

    def __init__(self, run: Run, asked: Asked) -> None:
        self.run, self.asked, self.ledger = run, asked, run.ledger
        self.inventory, self.stream = run.ledger.inventory, asked.stream

    @property
    def title(self) -> str:
        """Return the API's name in messages."""
        return self.run.client.title

    def known(self) -> Entry:
        """Return the entry of the record that is asked for; raise ApiError if there is none."""
        entry = self.entry()
        if entry is None:
            answered = "it knows no record with this key"
            raise self.error(answered, "Was --key right?")
        return entry

    def entry(self) -> Entry | None:
        """Return the entry of the record that is asked for, if there is one."""
        found = self.keys()
        entries = self.ledger.entries(self.stream, found)
        return next((entries[each] for each in found if each in entries), None)

    def keys(self) -> list[str]:
        """Return the hashes under which that record may stand, the likeliest first."""
        self.assert_known()
        return keys.hashes(self.ledger, self.stream, self.asked.keys)

    def assert_known(self) -> None:
        """Raise UsageError if the ledger knows nothing of the stream."""
        if self.ledger.stream_keys.of(self.stream) or self.ledger.has_entries(self.stream):
            return
        known = ", ".join(sorted({each.stream for each in self.inventory.counts()})) or "none"
        msg = f"--stream: the ledger knows no such stream of this account; it knows {known}."
        raise click.UsageError(printable.text(msg))

    def error(self, answered: str, advice: str) -> ApiError:
        """Return why what is asked for is not done."""
        what = f"{self.asked.verb} {printable.text(self.stream)}".strip()
        return ApiError(self.inventory.title, what, answered, advice)
