"""What a ledger remembers of clients, customers and owners."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from target_contacts.ledger.known_ids import Known
from target_contacts.ledger.ledger import Ledger

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
