"""Show or forget which client, customer or owner a value stands for. No value is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_contacts.commands.entries import Entries
from target_contacts.ledger.inventory import moment
from target_contacts.parents.memory import LOOSELY, hash_of
from target_contacts.report.columns import aligned
from target_contacts.values.basic import compared

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_contacts.ledger.known_ids import Row

HEAD = ("looked up", "value (hash)", "id there", "last asked for")


class Parents(Entries):
    """The ids that a ledger knows of what contacts belong to."""

    def show(self) -> Iterator[str]:
        """Yield what a value stands for; raise ApiError if that is not known."""
        yield from table(self._found())

    def of_id(self) -> Iterator[str]:
        """Yield the records that have a contact, and the values that stand for an id.

        Raises:
            ApiError: If the ledger does not know the id.
        """
        owners = self.inventory.owners(self.asked.remote_id)
        rows = self.ledger.known_ids.rows(remote_id=self.asked.remote_id)
        if not (owners or rows):
            answered = "it knows nothing with this id"
            raise self.error(answered, "Was --remote-id right?")
        if owners:
            yield from aligned([("stream", "key (hash)"), *owners])
        yield from table(rows) if rows else ()

    def forget(self) -> Iterator[str]:
        """Forget what a value stands for; yield what that means."""
        rows = self._found()
        self.ledger.known_ids.forget({row.value for row in rows})
        yield from table(rows)
        yield (
            f"Forgotten: {len(rows)}. The next changed record with this value asks for it again. "
            "Contacts whose records do not change stay where they are; to move one at once, "
            "--ledger relink its record to the contact that it has, and read it again."
        )

    def _found(self) -> Sequence[Row]:
        """Return what is known of the value that is asked for; it may be given as its hash."""
        value = compared(self.asked.parent)
        kinds = {kind.removesuffix(LOOSELY) for kind in self.inventory.parents()}
        hashes = {hash_of(self.ledger.digest, kind, value) for kind in kinds}
        if not (rows := self.ledger.known_ids.rows(values={*hashes, value})):
            answered = "it remembers no client, customer or owner under this value"
            advice = "Was --parent right? It is what the record has, letter by letter, or its hash."
            raise self.error(answered, advice)
        return rows


def table(rows: Sequence[Row]) -> list[str]:
    """Return a table of ids."""
    told = ((row.kind, row.value, row.remote_id, moment(row.found_at)) for row in rows)
    return aligned([HEAD, *told])
