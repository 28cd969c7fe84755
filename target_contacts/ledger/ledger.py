"""The ledger: which contact of the destination each source record became.

It holds no personal data: keys, streams' records and payloads stand in it as keyed hashes only.
"""

from __future__ import annotations

import functools
import hashlib
import operator
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_contacts.ledger.accepted import Accepted, ReadBack
from target_contacts.ledger.database import Database
from target_contacts.ledger.entry import CANONICAL, WRITTEN, Entry
from target_contacts.ledger.errors import ReadOnlyError
from target_contacts.ledger.fills import Fills
from target_contacts.ledger.guarded import GuardedRecords
from target_contacts.ledger.inventory import Inventory
from target_contacts.ledger.known_ids import KnownIds
from target_contacts.ledger.lease import Lease, Unheld
from target_contacts.ledger.lock import acquire, lock_of
from target_contacts.ledger.remote_ids import RemoteIds
from target_contacts.ledger.replayed import ReplayedRecords
from target_contacts.ledger.snapshot import copy, state_of
from target_contacts.ledger.sources import Sources
from target_contacts.ledger.streams import StreamKeys, StreamVersions
from target_contacts.ledger.tables import CONTACTS
from target_contacts.ledger.told import Told
from target_contacts.ledger.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from target_contacts.ledger.entry import Fill
    from target_contacts.ledger.lock import Lock

_ENTRY = [CONTACTS.c[name] for name in Entry.__struct_fields__]
"""The columns that tell an entry, in its order."""

_TOLD = [c.name for c in CONTACTS.columns if c.name in Entry.__struct_fields__]
_told = operator.attrgetter(*_TOLD)
"""What an entry tells, in the order of the table's columns, as a statement takes them."""


class Ledger:
    """The entries of one destination account; every change is on disk when its method returns.

    Only what `put` enters with `synced=False` may be lost if the machine crashes before `sync`.

    Every method may raise LedgerError, or Interrupted once a signal asked for the end: see
    `Database`.

    Raises:
        ConfigurationError: If the URL or what it names is wrong.
    """

    def __init__(self, url: str, account: str, halted: Callable[[], bool] = lambda: False) -> None:
        salt = hashlib.blake2b(account.encode(), digest_size=32).digest()
        self._name = account
        self._salted = hashlib.blake2b(digest_size=16, key=salt)
        self.account = salt.hex()
        self._halted = halted
        self._database = Database(url, halted)
        self.lease: Lease | Unheld = Unheld(self._database)
        """The right to write, which is to be proven before each request that writes."""
        self._fills = Fills(self._database)
        self.guarded = GuardedRecords(self._database, self.account, self._writing)
        """What guards counted since the last complete run."""
        self.known_ids = KnownIds(self._database, self.account, self._writing)
        self.told = Told(self._database, self.account, self._writing)
        self.replayed = ReplayedRecords(self._database, self.account, self._writing)
        self.inventory = Inventory(self._database, self.account, self._writing)
        self.transfer = Transfer(self._database, self.account, self._writing)
        self.sources = Sources(self._database, self.account, self._writing)
        self.remote_ids = RemoteIds(self._database, self.account, self._writing)
        self.stream_keys = StreamKeys(self._database, self.account, self._writing)
        self.stream_versions = StreamVersions(self._database, self.account, self._writing)
        self.accepted = Accepted(self._database, self.account, self._writing)
        self.read_back = ReadBack(self._database, self.account, self._writing)
        self._lock: Lock | None = None

    def lock(self, wait: float) -> None:
        """Keep other runs from writing to the account until this ledger is closed.

        Args:
            wait: Seconds to wait for another run's end.

        Raises:
            LedgerError: If another run has it still; the message says which.
            Interrupted: If a signal asked for the end meanwhile.
        """
        self._lock = lock_of(self._database, self.account)
        if self._lock:
            acquire(self._lock, self._database, self.account, wait, self._halted)
        try:
            lease = Lease(self._database, self.account)
        except ReadOnlyError as error:
            self.lease = Unheld(self._database, error)
            return
        lease.outwait(self._halted, is_free=not self._lock or self._lock.is_sure)
        self.lease = lease
        self.accepted.is_any()

    def copied(self) -> Ledger:
        """Return a copy of the account's part in memory, into which anything may be entered."""
        found = Ledger("sqlite://", self._name, self._halted)
        copy(self._database, found._database, self.account)
        return found

    def state(self) -> str:
        """Return a hash of all that is known of the account's records."""
        return state_of(self._database, self.account)

    def digest(self, value: object) -> str:
        """Return the hash under which a key or payload stands in this ledger."""
        salted = self._salted.copy()
        salted.update(CANONICAL.encode(value))
        return salted.hexdigest()

    def hash(self, value: object) -> hashlib.blake2b:
        """Return a hash of this ledger that more can be added to."""
        salted = self._salted.copy()
        salted.update(CANONICAL.encode(value))
        return salted

    def contacts(self, stream: str) -> int:
        """Return how many contacts of a stream are known."""
        return self._count(stream, CONTACTS.c.status == WRITTEN)

    def is_empty(self) -> bool:
        """Say whether nothing is known of any record of the account."""
        one = sa.select(CONTACTS.c.key).where(CONTACTS.c.account == self.account).limit(1)
        with self._database.transaction("read") as connection:
            return connection.execute(one).first() is None

    def _count(self, stream: str, *which: sa.ColumnElement[bool]) -> int:
        count = sa.select(sa.func.count()).select_from(CONTACTS).where(self._of(stream), *which)
        with self._database.transaction("read") as connection:
            return connection.execute(count).scalar_one()

    def entries(self, stream: str, keys: Sequence[str]) -> dict[str, Entry]:
        """Return the entries of a stream by key."""
        if not keys:
            return {}
        columns = sa.select(*_ENTRY).where(self._of(stream))
        with self._database.transaction("read") as connection:
            rows = connection.execute(columns.where(self._database.among(CONTACTS.c.key, keys)))
            return {row.key: Entry(*row) for row in rows}

    def put(self, stream: str, entries: Sequence[Entry], *, synced: bool = True) -> None:
        """Enter or replace entries, all in one transaction.

        Outcomes need not be `synced`: what left is on disk as an intent or as in doubt, so that
        without its outcome the next run looks again. They must be before a STATE passes them.
        """
        rows = [(self.account, stream, *_told(entry)) for entry in entries]
        if not rows:
            return
        self.sources.forget(stream, (entry.key for entry in entries))
        with self.lease.writing(synced=synced) as connection:
            self._fills.enter(connection, entries)
            connection.exec_driver_sql(self._enter, rows)
            self.accepted.enter(connection, entries)
        self.accepted.know(entries)
        self._fills.know(entries)

    def sync(self) -> None:
        """Have all that was entered survive a crash of the machine."""
        self.lease.sync()

    @functools.cached_property
    def _enter(self) -> str:
        """Return the statement that enters or replaces entries."""
        statement = self._database.insert(CONTACTS).values(changed_at=sa.func.current_timestamp())
        entered = statement.on_conflict_do_update(
            index_elements=list(CONTACTS.primary_key),
            set_={c.name: statement.excluded[c.name] for c in CONTACTS.c if not c.primary_key},
        )
        return self._database.sql(entered, ("account", "stream", *_TOLD))

    def rename(self, stream: str, keys: Mapping[str, str]) -> None:
        """Let entries stand under other keys: former key to the one that it has now."""
        with self.lease.writing() as connection:
            for former, now in keys.items():
                entry = sa.update(CONTACTS).where(self._of(stream), CONTACTS.c.key == former)
                connection.execute(entry.values(key=now))

    def has_entries(self, stream: str) -> bool:
        """Say whether any record of a stream is known."""
        one = sa.select(CONTACTS.c.key).where(self._of(stream)).limit(1)
        with self._database.transaction("read") as connection:
            return connection.execute(one).first() is not None

    def fill_id(self, fill: Fill) -> str:
        """Return the id of filled fields; they are entered with the first entry that names it."""
        return self._fills.id_of(fill)

    def fills(self, ids: Iterable[str]) -> Mapping[str, Fill]:
        """Return which fields were filled from which properties, by id."""
        return self._fills.of(ids)

    def drop(self, stream: str, keys: Sequence[str]) -> None:
        """Remove entries: of creates that surely did not happen, and of contacts deleted since."""
        if not keys:
            return
        self.sources.forget(stream, keys)
        gone = sa.delete(CONTACTS).where(
            self._of(stream), self._database.among(CONTACTS.c.key, keys)
        )
        with self.lease.writing() as connection:
            connection.execute(gone)

    def keys(self, stream: str) -> list[str]:
        """Return the keys of all entries of a stream."""
        keys = sa.select(CONTACTS.c.key).where(self._of(stream))
        with self._database.transaction("read") as connection:
            return list(connection.scalars(keys))

    def _writing(self) -> AbstractContextManager[sa.Connection]:
        """Give a transaction by the lease of the moment."""
        return self.lease.writing()

    def close(self) -> None:
        """Close the connection and free the lock."""
        self.lease.end()
        self._database.close()
        if self._lock:
            self._lock.release()

    def _of(self, stream: str) -> sa.ColumnElement[bool]:
        return sa.and_(CONTACTS.c.account == self.account, CONTACTS.c.stream == stream)
