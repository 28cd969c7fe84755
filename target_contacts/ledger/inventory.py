"""What a ledger holds of one account, for people: counts, single entries, and what is forgotten."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import sqlalchemy as sa

from target_contacts.ledger.account_rows import AccountRows
from target_contacts.ledger.entry import GONE, INTENT, LEAVING
from target_contacts.ledger.last_run import last_run
from target_contacts.ledger.tables import CONTACTS, FILLED, HAS_ID, KNOWN_IDS, READ_BACK

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from target_contacts.ledger.last_run import Run

IN_DOUBT = (INTENT, LEAVING)
"""Statuses of what was sent and never answered. Only a run may settle it."""


AT_ONCE = 5_000
"""Rows that are read together."""


class Count(NamedTuple):
    """How many entries of a stream are alike."""

    stream: str
    status: str
    is_adopted: bool
    """Whether this target found the contacts there."""
    entries: int
    changed_at: str
    """When the last of them changed."""


class Linked(NamedTuple):
    """An entry that has a contact."""

    stream: str
    key: str
    status: str
    remote_id: str
    payload: str | None
    filled: str | None


class Others(NamedTuple):
    """What the database holds of other accounts."""

    accounts: int
    entries: int


class Inventory(AccountRows):
    """The entries of one account."""

    table = CONTACTS

    @property
    def title(self) -> str:
        """Return the name of the database in messages."""
        return self._database.title

    def counts(self) -> list[Count]:
        """Return how many entries are alike, by stream and status."""
        kinds = CONTACTS.c.stream, CONTACTS.c.status, CONTACTS.c.created.is_(False)
        last = sa.func.max(CONTACTS.c.changed_at, type_=CONTACTS.c.changed_at.type)
        counted = sa.select(*kinds, sa.func.count(), last).where(self._are_mine).group_by(*kinds)
        with self._database.transaction("read") as connection:
            rows = connection.execute(counted).all()
        found = [Count(row[0], row[1], bool(row[2]), row[3], moment(row[4])) for row in rows]
        return sorted(found)

    def others(self) -> Others:
        """Return how much the database holds of other accounts."""
        accounts = sa.func.count(sa.distinct(CONTACTS.c.account))
        counted = sa.select(accounts, sa.func.count()).where(~self._are_mine)
        with self._database.transaction("read") as connection:
            return Others(*connection.execute(counted).one())

    def parents(self) -> dict[str, int]:
        """Return how many ids are known of what contacts belong to, by what was looked up."""
        kind = KNOWN_IDS.c.kind
        names = kind.not_like("% spelled")  # the same ids, by what their names share
        known = sa.and_(KNOWN_IDS.c.account == self._account, names)
        counted = sa.select(kind, sa.func.count()).where(known).group_by(kind)
        with self._database.transaction("read") as connection:
            return dict(sorted((row[0], row[1]) for row in connection.execute(counted)))

    def last_run(self) -> Run | None:
        """Return the last run that wrote to the account, if there is one."""
        with self._database.transaction("read") as connection:
            return last_run(self._database, connection, self._account)

    def changed_at(self, stream: str, key: str) -> str:
        """Return when an entry changed."""
        which = CONTACTS.c.stream == stream, CONTACTS.c.key == key
        rows = self._read(("changed_at",), *which)
        return moment(rows[0].changed_at) if rows else ""

    def owners(self, remote_id: str, *, are_there: bool = False) -> list[tuple[str, str]]:
        """Return stream and key of the records that a contact belongs to.

        If `are_there`, those are left out that somebody removed it for.
        """
        which = [HAS_ID, CONTACTS.c.remote_id == remote_id]
        which += [CONTACTS.c.status != GONE] if are_there else []
        return sorted((row.stream, row.key) for row in self._read(("stream", "key"), *which))

    def count_linked(self, stream: str | None) -> int:
        """Return how many entries of a stream, or of all, have a contact that is to be there."""
        counted = sa.select(sa.func.count()).select_from(CONTACTS).where(self._are_linked(stream))
        with self._database.transaction("read") as connection:
            return connection.execute(counted).scalar_one()

    def linked(
        self,
        stream: str | None,
        ids: Sequence[str] | None = None,
        without: Collection[str] = (),
    ) -> list[Linked]:
        """Return those entries, of all streams if `stream` is None, and of all ids if `ids` is."""
        which = self._are_linked(stream)
        if ids is not None:
            which = sa.and_(which, self._database.among(CONTACTS.c.remote_id, ids))
        rows = sa.select(*(CONTACTS.c[name] for name in Linked._fields)).where(which)
        with self._database.transaction("read") as connection:
            found = connection.execution_options(yield_per=AT_ONCE).execute(rows)
            return [Linked(*row) for row in found if row.remote_id not in without]

    def _are_linked(self, stream: str | None) -> sa.ColumnElement[bool]:
        there = sa.and_(self._are_mine, HAS_ID, CONTACTS.c.status != GONE)
        return there if stream is None else sa.and_(there, CONTACTS.c.stream == stream)

    def filled_fields(self, stream: str | None) -> dict[str, list[str]]:
        """Return the names of the fields that contacts were given, by the id in their entries."""
        ids = sa.select(CONTACTS.c.filled).where(self._are_linked(stream))
        rows = sa.select(FILLED.c.id, FILLED.c.fields).where(FILLED.c.id.in_(ids))
        with self._database.transaction("read") as connection:
            found = connection.execute(rows).all()
        return {row.id: sorted(msgspec.json.decode(row.fields)) for row in found}

    def forget(self, stream: str | None) -> int:
        """Forget all entries of a stream that are not in doubt; return how many there were.

        Args:
            stream: The stream; None: all, with the ids of what contacts belong to, and with what
                was read back.
        """
        which = sa.and_(self._are_mine, CONTACTS.c.status.not_in(IN_DOUBT))
        if stream is not None:
            which = sa.and_(which, CONTACTS.c.stream == stream)
        with self._writing() as connection:
            forgotten = connection.execute(sa.delete(CONTACTS).where(which)).rowcount
            for table in () if stream is not None else (KNOWN_IDS, READ_BACK):
                connection.execute(sa.delete(table).where(table.c.account == self._account))
        return forgotten


def moment(at: datetime.datetime | None) -> str:
    """Return a time in UTC; SQLite tells times without their zone."""
    if at is None:
        return ""
    aware = at if at.tzinfo else at.replace(tzinfo=datetime.timezone.utc)
    return f"{aware.astimezone(datetime.timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
