"""Show what a ledger holds of an account, or of one record. No value of a contact is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_contacts.commands.entries import Entries
from target_contacts.ledger.entry import GONE, INTENT, LEAVING, MARKED, WRITTEN, Entry
from target_contacts.report.columns import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_contacts.ledger.inventory import Count

MEANINGS = {
    WRITTEN: "the destination has accepted the contact",
    INTENT: "in doubt: a create was announced and never answered; the next run looks it up",
    LEAVING: "in doubt: a deletion was announced and never answered; the next run settles it",
    GONE: "somebody removed the contact there; the record is not sent until it is forgotten",
    MARKED: "the contact was marked, since its record left the source",
}
"""What each status means."""

HEAD = ("stream", "status", "contacts", "adopted", "last change")

_UNSURE = {
    WRITTEN: "not known: an update was not answered, or the record was relinked; it is sent again"
}


class Look(Entries):
    """Look into the ledger."""

    def counts(self) -> Iterator[str]:
        """Yield what the ledger holds of the account, in counts."""
        last, others = self.inventory.last_run(), self.inventory.others()
        parents = self.inventory.parents()
        yield f"{self.inventory.title}, account {self.ledger.account[:8]} ({self.title})"
        counts = self.inventory.counts()
        yield from aligned([HEAD, *_rows(counts)]) if counts else ["It knows no record of it."]
        if parents:
            told = ", ".join(f"{count} by {kind}" for kind, count in parents.items())
            yield f"Clients, customers and owners that were looked up: {told}"
        if last:
            yield f"Last run or repair: {last}{'' if last.ended else '; it did not end by itself'}"
        if others.accounts:
            yield (
                f"Of other accounts: {others.entries} contacts of {others.accounts}. If the "
                "address of this one has changed, set ledger_account to the former address."
            )

    def show(self) -> Iterator[str]:
        """Yield what the ledger holds of a record.

        Raises:
            ApiError: If it holds nothing of it.
        """
        entry = self.known()
        fields = self.ledger.fills([entry.filled or ""]).get(entry.filled or "")
        told = {
            "stream": self.stream,
            "key (hash)": entry.key,
            "status": f"{entry.status}: {MEANINGS[entry.status]}",
            "remote id": entry.remote_id or "",
            "contact": _origin(entry),
            "accepted": "" if entry.payload else _UNSURE.get(entry.status, ""),
            "fields filled": ", ".join(sorted(fields)) if fields else "",
            "last change": self.inventory.changed_at(self.stream, entry.key),
            "shared with": ", ".join(self._sharers(entry)),
        }
        yield from aligned([(name, text) for name, text in told.items() if text])

    def _sharers(self, entry: Entry) -> list[str]:
        owners = self.inventory.owners(entry.remote_id) if entry.remote_id else []
        mine = self.stream, entry.key
        return [f"{stream} {key}" for stream, key in owners if (stream, key) != mine]


def _rows(counts: Sequence[Count]) -> list[tuple[str, ...]]:
    found: dict[tuple[str, str], list[Count]] = {}
    for each in counts:
        found.setdefault((each.stream, each.status), []).append(each)
    return [
        (
            stream,
            status,
            str(sum(each.entries for each in several)),
            str(sum(each.entries for each in several if each.is_adopted) or ""),
            max(each.changed_at for each in several),
        )
        for (stream, status), several in found.items()
    ]


def _origin(entry: Entry) -> str:
    if entry.created is None or not entry.remote_id:
        return ""
    return "created by this target" if entry.created else "was there before, and was adopted"
