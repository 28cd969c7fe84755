"""The ledger promises the same in SQLite and in PostgreSQL; Zoho Voice stands for all."""

from __future__ import annotations

import sqlite3
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from target_contacts.ledger.entry import INTENT, WRITTEN, Entry, Keys
from target_contacts.ledger.ledger import Ledger
from target_contacts.ledger.sources import LARGEST_IN_MEMORY, MANY
from tests.support.commands import Workplace, contacts
from tests.support.ledger_runs import API, Watched, config
from tests.support.zoho_people import ANNA, BERT, bins, names

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.ledger_stores import Store


# What is remembered.


def test_an_unchanged_rerun_sends_nothing(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """What landed is remembered, also where a key's type changed from number to text."""
    workplace.target(config(zoho, store), contacts(ANNA, BERT))
    again = workplace.target(config(zoho, store), contacts({**ANNA, "id": "1"}, BERT))
    changed = workplace.target(config(zoho, store), contacts(ANNA, {**BERT, "company": "Acme"}))
    assert (bins(again.summary), again.summary["requests"]) == ({"unchanged": 2}, 0)
    assert bins(changed.summary) == {"unchanged": 1, "updated": 1}
    assert sorted(names(zoho)) == ["Anna", "Bert"]


def test_keys_that_only_look_alike_are_two_records(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """1 and 01, a key in two streams, and a key with its values exchanged stay apart."""
    twins = [
        *contacts(ANNA, {**ANNA, "id": "01"}),
        *contacts(ANNA, stream="b_contacts"),
        *contacts(
            {**ANNA, "n": "a"}, {**ANNA, "id": "a", "n": 1}, key=("id", "n"), stream="c_contacts"
        ),
    ]
    run = workplace.target(config(zoho, store), twins)
    assert bins(run.summary) == {"created": 5}
    assert len(zoho.contacts) == 5


def test_a_create_without_answer_is_adopted_by_the_next_run(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """Its intent is in the ledger, so the next run looks it up instead of sending it again."""
    zoho.fault(on=f"POST {API}", cut="after")
    lost = zoho.fault(on=f"GET {API}", times=-1, status=503)
    run = workplace.target(config(zoho, store), contacts(ANNA, state={"at": 1}))
    assert (run.code, run.out, [INTENT in row for row in store.rows()]) == (1, "", [True])
    lost.times = 0
    again = workplace.target(config(zoho, store), contacts(ANNA, state={"at": 1}))
    assert (again.code, bins(again.summary), again.messages) == (0, {"created": 1}, [{"at": 1}])
    assert (len(zoho.contacts), len(zoho.writes)) == (1, 1)


def test_runs_in_two_folders_share_a_ledger(
    zoho: Watched, workplace: Workplace, store: Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What one machine wrote, the other does not write again."""
    workplace.target(config(zoho, store), contacts(ANNA))
    elsewhere = Workplace(tmp_path_factory.mktemp("elsewhere"))
    run = elsewhere.target(config(zoho, store), contacts(ANNA, BERT))
    assert bins(run.summary) == {"unchanged": 1, "created": 1}


def test_two_accounts_in_one_ledger_do_not_mix(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """The same record is written to each account, and remembered for each."""
    with Watched() as second:
        for account in (zoho, second):
            first = workplace.target(config(account, store), contacts(ANNA))
            again = workplace.target(config(account, store), contacts(ANNA))
            assert (bins(first.summary), bins(again.summary)) == ({"created": 1}, {"unchanged": 1})
        assert names(zoho) == names(second) == ["Anna"]


def test_ledger_account_names_the_account(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """Another name behind one address is another account; one name behind two is the same."""
    for name, expected in (("a", {"created": 1}), ("b", {"created": 1}), ("a", {"unchanged": 1})):
        run = workplace.target(config(zoho, store, ledger_account=name), contacts(ANNA))
        assert bins(run.summary) == expected
    with Watched() as moved:
        run = workplace.target(config(moved, store, ledger_account="a"), contacts(ANNA))
    assert bins(run.summary) == {"unchanged": 1}


def test_a_ledger_holds_hashes_and_ids_only(
    zoho: Watched, workplace: Workplace, store: Store
) -> None:
    """No value of a record is in it, not even of a key that is an e-mail address."""
    workplace.target(config(zoho, store), contacts(ANNA, BERT, key=("email",)))
    text = str(store.rows())
    values = [
        str(each[name]) for each in (ANNA, BERT) for name in ("email", "mobile", "first_name")
    ]
    assert text.count(WRITTEN) == 2
    assert [value for value in values if value in text] == []


def test_entries_are_replaced_dropped_and_found_by_id(store: Store) -> None:
    """A ledger gives back what was put last, for its own account and stream only."""
    mine, other = Ledger(store.url, "a"), Ledger(store.url, "b")
    many = [Entry(mine.digest(n), WRITTEN, str(n), "p" * 32) for n in range(1200)]
    mine.put("contacts", many)
    mine.put("contacts", [Entry(many[0].key, INTENT, identity="i" * 32)])
    mine.drop("contacts", [many[1].key, many[1].key])
    other.drop("contacts", [many[2].key])
    found = mine.entries("contacts", [entry.key for entry in many])
    assert (len(found), found[many[0].key].identity) == (1199, "i" * 32)
    assert mine.entries("leads", [many[2].key]) == other.entries("contacts", [many[2].key]) == {}
    assert mine.remote_ids.owned([str(n) for n in range(1300)]) == {str(n) for n in range(2, 1200)}
    assert other.remote_ids.owned(["2"]) == set()
    mine.close()
    other.close()


def test_a_copy_holds_the_account_and_changes_nothing(store: Store) -> None:
    """What is entered into it stays there, and whether a ledger is the same can be told."""
    with closing(Ledger(store.url, "a")) as ledger, closing(Ledger(store.url, "b")) as other:
        entry = Entry("k1", WRITTEN, "1", "p1", source="s1", filled=ledger.fill_id({"email": []}))
        ledger.put("contacts", [entry])
        other.put("contacts", [Entry("k2", WRITTEN, "2", "p2")])
        state = ledger.state()
        with closing(ledger.copied()) as copy:
            assert copy.entries("contacts", ["k1", "k2"]) == {"k1": entry}
            assert copy.fills([str(entry.filled)])[str(entry.filled)] == {"email": []}
            assert (copy.state(), copy.contacts("contacts")) == (state, 1)
            copy.put("contacts", [Entry("k1", WRITTEN, "1", "p2"), Entry("k3", INTENT)])
            assert copy.state() != state
        assert ledger.entries("contacts", ["k1", "k3"]) == {"k1": entry}
        assert ledger.state() == state


def test_the_key_of_a_stream_is_known_as_it_was_last_said(store: Store) -> None:
    """In any order of its properties, and for that stream and account alone."""
    ledger, other = Ledger(store.url, "a"), Ledger(store.url, "b")
    for keys in (Keys(["shop", "nr"], has_former=True), Keys(["nr", "shop"], has_former=False)):
        ledger.stream_keys.put("contacts", keys)
        assert ledger.stream_keys.of("contacts") == keys
    assert ledger.stream_keys.of("leads") is other.stream_keys.of("contacts") is None
    ledger.close()
    other.close()


def test_which_fields_are_filled_is_entered_once(tmp_path: Path) -> None:
    """No statement is spent on it in every batch: what was removed by hand does not come back."""
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "a")
    found = []
    for key in ("k", "l"):
        filled = ledger.fill_id({"email": ["e" * 8]})
        assert ledger.fills([filled])[filled] == {"email": ["e" * 8]}
        ledger.put("contacts", [Entry(key, WRITTEN, "1", filled=filled)])
        with closing(sqlite3.connect(tmp_path / "ledger.db")) as other, other:
            found.append(other.execute("DELETE FROM filled RETURNING id").fetchall())
    ledger.close()
    assert found == [[(filled,)], []]


@pytest.mark.parametrize("asked", [3, 1200], ids=["a few", "many"])
def test_the_hash_of_a_record_is_known_until_it_changes(store: Store, asked: int) -> None:
    """However many are asked for at once: none of another stream, of an intent or outdated."""
    ledger = Ledger(store.url, "a")
    keys = [ledger.digest(number) for number in range(1200)]
    ledger.put("contacts", [Entry(key, WRITTEN, "1", "p" * 32, source="s" * 32) for key in keys])
    ledger.put("leads", [Entry("k", WRITTEN, "1", "p" * 32, source="s" * 32)])
    known = ledger.sources.of("contacts", keys[:asked])
    assert [known.get(key) for key in keys[:asked]] == ["s" * 32] * asked
    ledger.put("contacts", [Entry(keys[0], WRITTEN, "1", "p" * 32, source="t" * 32)])
    ledger.put("contacts", [Entry(keys[1], INTENT, source="s" * 32)])
    ledger.drop("contacts", [keys[2]])
    found = ledger.sources.of("contacts", [*keys[:asked], "k"])
    # What was read whole does not know what has come since; asked afresh, it does.
    assert found.get(keys[0]) == (None if asked >= MANY else "t" * 32)
    assert [found.get(key) for key in (*keys[1:3], "k")] == [None, None, None]
    assert [found.get(key) for key in keys[3:asked]] == ["s" * 32] * (asked - 3)
    ledger.close()


def test_a_ledger_of_any_size_takes_little_memory(tmp_path: Path) -> None:
    """A stream beyond a size is not read whole, however many of its records are asked for."""
    url = f"sqlite:///{tmp_path / 'large.db'}"
    ledger = Ledger(url, "a")
    ledger.put("contacts", [Entry("first", WRITTEN, "1", "p" * 32, source="s" * 32)])
    with closing(sqlite3.connect(tmp_path / "large.db")) as file, file:
        file.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO contacts (account, stream, key, status, payload, source, changed_at)"
            " SELECT ?, 'contacts', 'k' || i, ?, 'p', 's' || i, 0 FROM n",
            (LARGEST_IN_MEMORY, ledger.account, WRITTEN),
        )
    tracemalloc.start()
    found = ledger.sources.of("contacts", [f"k{number}" for number in range(1, MANY + 1)])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    ledger.close()
    assert found == {f"k{number}": f"s{number}" for number in range(1, MANY + 1)}
    assert most < 5 * 2**20


def test_a_new_database_may_be_opened_by_many_at_once(store: Store) -> None:
    """The first runs of several accounts set it up together without an error."""
    gate = threading.Barrier(8)

    def opened(number: int) -> bool:
        gate.wait()
        ledger = Ledger(store.url.replace("timeout=0.1", "timeout=10"), str(number))
        ledger.put("contacts", [Entry("k", WRITTEN, "1")])
        ledger.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(opened, range(8)))
    assert len(store.rows()) == 8
