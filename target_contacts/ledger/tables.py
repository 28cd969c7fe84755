"""The tables of a ledger."""

from __future__ import annotations

import sqlalchemy as sa

WHERE = "where"
"""Key in an index's info: the condition of a partial one. Named for a dialect it would import it,
which costs each start a twentieth of a second."""

METADATA = sa.MetaData()
HAS_ID = sa.column("remote_id").is_not(None)

CONTACTS = sa.Table(
    "contacts",
    METADATA,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("stream", sa.String(255), primary_key=True),
    sa.Column("key", sa.String(32), primary_key=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("remote_id", sa.String(255)),
    sa.Column("payload", sa.String(32)),
    sa.Column("identity", sa.String(32)),
    sa.Column("source", sa.String(32)),
    sa.Column("filled", sa.String(32)),
    sa.Column("created", sa.Boolean),
    sa.Index("contacts_remote_id", "account", "remote_id", info={WHERE: HAS_ID}),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sqlite_with_rowid=False,  # the entries of a stream stand side by side
)

STREAMS = sa.Table(
    "streams",
    METADATA,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("stream", sa.String(255), primary_key=True),
    sa.Column("key_properties", sa.Text, nullable=False),
    sa.Column("has_former_keys", sa.Boolean, nullable=False),
)

FILLED = sa.Table(
    "filled",
    METADATA,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("fields", sa.Text, nullable=False),
)
"""Which fields contacts were given, and from which properties; many contacts share a row."""

READ_BACK = sa.Table(
    "read_back",
    METADATA,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
)
"""The kinds of write, `create` and `update`, whose first one an account took as it was sent."""

VERSIONS = sa.Table(
    "versions",
    METADATA,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("stream", sa.String(255), primary_key=True),
    sa.Column("begun", sa.BigInteger, nullable=False),
)
"""The highest version of each stream of which a record has come."""

GUARDED = sa.Table(
    "guarded",
    METADATA,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("guard", sa.String(16), primary_key=True),
    sa.Column("stream", sa.String(255), primary_key=True),
    sa.Column("attribute", sa.String(255), primary_key=True),
    sa.Column("key", sa.String(32), primary_key=True),
    sa.Column("is_held", sa.Boolean, nullable=False),
    sqlite_with_rowid=False,
)
"""What guards have counted since the last complete run: records they let through, and some that
they held back when they ended a run."""

KNOWN_IDS = sa.Table(
    "known_ids",
    METADATA,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("kind", sa.String(255), primary_key=True),
    sa.Column("value", sa.String(32), primary_key=True),
    sa.Column("remote_id", sa.String(255), nullable=False),
    sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("name", sa.String(32)),
)
"""The ids of what contacts belong to, by the hash of the value by which each was found; with the
hash of what the destination calls it, and when that was last asked for."""

TOLD = sa.Table(
    "told",
    METADATA,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("subject", sa.String(64), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("told_at", sa.Double, nullable=False),
)
"""What an API told of an account, such as its fields; times are seconds since 1970."""

REPLAYED = sa.Table(
    "replayed",
    METADATA,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("stream", sa.String(255), primary_key=True),
    sa.Column("key", sa.String(32), primary_key=True),
    sa.Column("source", sa.String(32), nullable=False),
    sa.Column("rejected_at", sa.String(40), nullable=False),
    sqlite_with_rowid=False,
)
"""The last record of a key that came out of a rejects file, by its hash, and when it was rejected
first."""

RUNS = sa.Table(
    "runs",
    METADATA,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("host", sa.String(255)),
    sa.Column("pid", sa.BigInteger),
    sa.Column("kernel", sa.String(64)),
    sa.Column("started_at", sa.Double),
    sa.Column("proven_at", sa.Double),
    sa.Column("ended", sa.Boolean),
    sa.Column("has_accepted", sa.Boolean),
)
"""The last run that wrote to an account, and whether it or one before was accepted anything; times
are seconds since 1970."""
