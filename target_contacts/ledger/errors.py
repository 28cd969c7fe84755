"""What can be wrong with the database of a ledger, in words without URL or rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.transport.errors import ApiError

if TYPE_CHECKING:
    from tap_contacts.transport.database_troubles import Trouble


class LedgerError(ApiError):
    """The ledger cannot be used any more in this run; what is in it stays right.

    It is no `Stopped`: after that one, creates under way count as not sent. Here their outcome is
    what could not be entered, so their intents stay, and the next run looks them up.
    """


class ReadOnlyError(LedgerError):
    """The ledger can be read only."""


def at_opening(trouble: Trouble) -> str:
    """Return the sentence on a ledger that cannot be opened because of its setting."""
    return trouble.at_opening("ledger_url", "the ledger")
