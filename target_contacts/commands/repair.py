"""Forget what a ledger holds of records, or give a record another contact.

Each is one transaction: a kill leaves the ledger as it was, or as it is to be.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from tap_contacts.transport.errors import ApiError
from target_contacts.commands.destination import Destination
from target_contacts.commands.entries import Entries
from target_contacts.ledger.entry import GONE, LEAVING, WRITTEN, Entry
from target_contacts.ledger.inventory import IN_DOUBT

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIXED = "it tells no single contacts, and their ids follow from the records' keys"
_IN_DOUBT = "what was sent of it was never answered, so that nobody knows what it made"
_RUN_FIRST = (
    "Run once: the run looks it up. If it is there under an id that you know, --ledger relink "
    "ends a create in doubt."
)
_LOOKED_UP = (
    "The next run that reads such a record looks its contact up as any new record, adopts it or "
    "creates it."
)


class Repair(Entries):
    """Change what the ledger holds."""

    def forget(self) -> Iterator[str]:
        """Forget a record, a stream or the account; yield what that means.

        Raises:
            ApiError: If a contact could be doubled by that.
        """
        yield from self._forget_all() if self.asked.everything else self._forget_one()
        yield "Which fields this target filled is forgotten, too."

    def _forget_one(self) -> Iterator[str]:
        entry = self.known()
        if entry.status in IN_DOUBT:
            raise self.error(_IN_DOUBT, _RUN_FIRST)
        sharing = self._sharing(entry)
        if sharing and Destination(self.run).is_there(str(entry.remote_id)) is not False:
            kept = Entry(entry.key, WRITTEN, entry.remote_id, created=False)
            self.ledger.put(self.stream, [kept])
            yield f"Forgotten: what was written of 1 record of {self.stream}, but not whose it is."
            yield (
                f"Contact {entry.remote_id} is shared with {', '.join(sharing)}: the next run that "
                "reads the record updates it. Another one is named by --ledger relink."
            )
            return
        if not sharing:
            self._assert_not_doubled(entry.remote_id)
        self.ledger.drop(self.stream, [entry.key])
        yield f"Forgotten: 1 record of {self.stream}."
        yield _LOOKED_UP

    def _sharing(self, entry: Entry) -> list[str]:
        """Return the other streams that have the contact of a record.

        Another stream may have changed since what the contact would be found by.
        """
        if entry.remote_id is None or entry.status == GONE:
            return []
        owners = self.inventory.owners(entry.remote_id, are_there=True)
        return sorted({stream for stream, _ in owners} - {self.stream})

    def _forget_all(self) -> Iterator[str]:
        if self.stream:
            self.assert_known()
        self._assert_not_doubled(None)
        forgotten = self.inventory.forget(self.stream or None)
        yield f"Forgotten: {forgotten} records of {self._what}."
        kept = sum(
            each.entries
            for each in self.inventory.counts()
            if self.stream in {"", each.stream} and each.status in IN_DOUBT
        )
        if kept:
            yield f"Kept: {kept} in doubt. {_RUN_FIRST}"
        yield _LOOKED_UP

    def _assert_not_doubled(self, remote_id: str | None) -> None:
        """Raise ApiError if a forgotten record could get a second contact."""
        destination = Destination(self.run)
        if destination.looks_up:
            return
        if remote_id is None or destination.is_there(remote_id) is not False:
            answered = "match_on is [], so that the next run would create contacts that are there"
            advice = "Set match_on for one run, or name the contact by --ledger relink."
            raise self.error(answered, advice)

    def relink(self) -> Iterator[str]:
        """Give a record the contact that a person names; yield what that means.

        Raises:
            ApiError: If it cannot be that one.
        """
        (key, *_), entry = self.keys(), self.entry()
        key, remote_id = entry.key if entry else key, self.asked.remote_id
        if entry and entry.status == LEAVING:
            raise self.error(_IN_DOUBT, _RUN_FIRST)
        shared = self._assert_nobodys(remote_id, key)
        yield self._seen(remote_id)
        self.ledger.put(self.stream, [relinked(entry, key, remote_id)])
        yield f"The record of {self.stream} has contact {remote_id} now."
        if entry and entry.remote_id not in {None, remote_id}:
            yield f"It had {entry.remote_id!s}, which stays there as it is."
        if shared:
            yield f"The contact is shared with: {', '.join(shared)}."
        yield "The next run that reads the record updates it, and clears nothing by that."

    def _assert_nobodys(self, remote_id: str, key: str) -> list[str]:
        """Return the other streams that have a contact.

        Raises:
            ApiError: If another record of this one has it: it would be overwritten.
        """
        owners = self.inventory.owners(remote_id)
        others = [each for stream, each in owners if stream == self.stream and each != key]
        if others:
            answered = f"contact {remote_id} belongs to another record of it, key {others[0]}"
            advice = "Two people would be written into one contact. Forget or relink that one first"
            raise self.error(answered, f"{advice}: its hash is taken as --key.")
        return sorted({stream for stream, _ in owners if stream != self.stream})

    def _seen(self, remote_id: str) -> str:
        """Return whether a contact was found; raise ApiError if it is not there under this id."""
        destination = Destination(self.run)
        self._assert_id(remote_id, destination.sink.id_form)
        is_there, shown = destination.seen(remote_id)
        if shown not in {None, remote_id}:
            answered = f"the contact that it gives for {remote_id} has the id {shown}"
            raise ApiError(self.title, "relink", answered, "Give --remote-id as the API shows it.")
        if is_there is None and destination.can.idempotent:
            raise ApiError(self.title, "relink", _FIXED, "Forget the record instead.")
        if is_there is False:
            answered = f"contact {remote_id} is not there"
            raise ApiError(self.title, "relink", answered, "Was --remote-id right?")
        if is_there:
            return f"{self.title}: contact {remote_id} is there."
        return f"{self.title} does not tell single contacts: you are taken at your word."

    def _assert_id(self, remote_id: str, form: str) -> None:
        """Raise UsageError for what is no id: an API may take it for that of another contact."""
        if not re.fullmatch(form, remote_id):
            msg = f"--remote-id: an id of {self.title} has the form {form}."
            raise click.UsageError(msg)

    @property
    def _what(self) -> str:
        return f"stream {self.stream}" if self.stream else "the whole account"


def relinked(entry: Entry | None, key: str, remote_id: str) -> Entry:
    """Return the entry of a record with a contact; nobody knows what that holds.

    If the record had this contact before, it stays known which version was accepted last.
    """
    if entry is None or entry.remote_id != remote_id:
        return Entry(key, WRITTEN, remote_id, created=False)
    source = entry.source if entry.status == WRITTEN else None
    return Entry(key, WRITTEN, remote_id, source=source, created=entry.created)
