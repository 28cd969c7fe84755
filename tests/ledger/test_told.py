"""What a ledger keeps of what an API told of the account."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from target_contacts.ledger.ledger import Ledger

if TYPE_CHECKING:
    from tests.support.ledger_stores import Store

DAY = 86_400.0


def test_what_was_told_counts_for_a_while_for_one_account(store: Store) -> None:
    """It is replaced and forgotten by subject; a copy has it, too."""
    with closing(Ledger(store.url, "a")) as ledger, closing(Ledger(store.url, "b")) as other:
        assert ledger.told.lately("fields", DAY) is None
        ledger.told.put("fields", "old")
        ledger.told.put("fields", "new")
        ledger.told.put("phases", "some")
        assert ledger.told.lately("fields", DAY) == "new"
        assert ledger.told.lately("fields", 0.0) is None
        assert other.told.lately("fields", DAY) is None
        with closing(ledger.copied()) as copy:
            assert copy.told.lately("fields", DAY) == "new"
        ledger.told.forget("fields")
        other.told.forget("phases")
        assert ledger.told.lately("fields", DAY) is None
    with closing(Ledger(store.url, "a")) as later:
        assert later.told.lately("phases", DAY) == "some"


def test_it_is_no_part_of_the_state_that_a_plan_is_for(store: Store) -> None:
    """A plan holds although the next run was told the same once more."""
    with closing(Ledger(store.url, "a")) as ledger:
        before = ledger.state()
        ledger.told.put("fields", "new")
        assert ledger.state() == before
