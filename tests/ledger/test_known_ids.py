"""What a ledger remembers of clients, customers and owners."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import sqlalchemy as sa

from target_contacts.ledger.entry import Known
from target_contacts.ledger.ledger import Ledger
from target_contacts.ledger.tables import KNOWN_IDS

if TYPE_CHECKING:
    from tests.support.ledger_stores import Store


def test_an_id_is_remembered_for_one_account_and_one_kind(store: Store) -> None:
    """It can be replaced and dropped; a copy has it, too."""
    names, mails = "parents name", "owners email"
    with closing(Ledger(store.url, "a")) as ledger, closing(Ledger(store.url, "b")) as other:
        ledger.known_ids.put(names, {"x" * 32: Known("1", "n" * 32), "y" * 32: Known("2")})
        ledger.known_ids.put(names, {"y" * 32: Known("3")})
        ledger.known_ids.put(mails, {})
        wanted = ["x" * 32, "y" * 32, "z" * 32]
        assert ledger.known_ids.of(names, wanted) == {
            "x" * 32: Known("1", "n" * 32),
            "y" * 32: Known("3"),
        }
        assert ledger.known_ids.of(mails, wanted) == other.known_ids.of(names, wanted) == {}
        with closing(ledger.copied()) as copy:
            assert copy.known_ids.of(names, wanted) == {
                "x" * 32: Known("1", "n" * 32),
                "y" * 32: Known("3"),
            }
        ledger.known_ids.drop(names, ["x" * 32])
        assert ledger.known_ids.of(names, wanted) == {"y" * 32: Known("3")}
    with closing(Ledger(store.url, "a")) as later:
        assert later.known_ids.of(names, wanted) == {"y" * 32: Known("3")}


def test_ids_are_taken_for_right_since_they_were_found_or_confirmed(store: Store) -> None:
    """Each kind by itself; the oldest counts."""
    names, mails = "parents name", "owners email"
    with closing(Ledger(store.url, "a")) as ledger:
        assert ledger.known_ids.oldest(names) is None
        ledger.known_ids.put(names, {"x" * 32: Known("1"), "y" * 32: Known("2")})
        ledger.known_ids.put(mails, {"x" * 32: Known("3")})
        long_ago = datetime(2026, 1, 1, tzinfo=timezone.utc)
        one = KNOWN_IDS.c.value == "x" * 32
        with ledger._writing() as connection:  # noqa: SLF001  # no clock can be given to it
            connection.execute(sa.update(KNOWN_IDS).where(one).values(found_at=long_ago))
        ledger.known_ids.confirm(mails)
        assert ledger.known_ids.oldest(names) == long_ago
        confirmed = ledger.known_ids.oldest(mails)
        assert confirmed is not None
        assert datetime.now(timezone.utc) - confirmed < timedelta(hours=1)
