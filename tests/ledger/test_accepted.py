"""What a ledger knows of an account as a whole, and what changes of it need no right to write."""

from __future__ import annotations

import itertools
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from target_contacts.ledger.entry import GONE, INTENT, WRITTEN, Entry, Keys
from target_contacts.ledger.errors import LedgerError
from target_contacts.ledger.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCEPTED = Entry("k", WRITTEN, "1", "p" * 32)
IN_DOUBT = Entry("k", WRITTEN, "1", None)
ANNOUNCED = Entry("k", INTENT, None, "p" * 32)
NOT_THERE = Entry("k", GONE, "1", "p" * 32)
KEYS = Keys(["id"], has_former=False)


@contextmanager
def opened(folder: Path, account: str = "a", *, locked: bool = True) -> Iterator[Ledger]:
    """Give the ledger of an account, as a run opens it; without lock as a dry run does."""
    ledger = Ledger(f"sqlite:///{folder / 'ledger.db'}", account)
    if locked:
        ledger.lock(0)
    try:
        yield ledger
    finally:
        ledger.close()


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], False),
        ([ACCEPTED], True),
        ([IN_DOUBT], False),
        ([ANNOUNCED], False),
        ([NOT_THERE], False),
        ([ANNOUNCED, ACCEPTED], True),
        ([ACCEPTED, IN_DOUBT], True),
        ([ACCEPTED, ANNOUNCED], True),
    ],
)
def test_an_account_has_accepted_a_contact_once_one_was_written(
    tmp_path: Path, entries: list[Entry], *, expected: bool
) -> None:
    """Whatever became of its entry: this run knows it, and so does each later one."""
    with opened(tmp_path) as ledger:
        assert ledger.accepted.is_any() is False
        for entry in entries:
            ledger.put("contacts", [entry])
        assert ledger.accepted.is_any() is expected
        ledger.drop("contacts", ["k"])
        assert ledger.accepted.is_any() is expected
    for locked in (False, True):
        with opened(tmp_path, locked=locked) as ledger:
            assert ledger.accepted.is_any() is expected


@pytest.mark.parametrize(("several", "expected"), [(True, True), (False, False)])
def test_one_accepted_contact_among_several_is_enough(
    tmp_path: Path, *, several: bool, expected: bool
) -> None:
    """They are entered together."""
    other = Entry("l", WRITTEN, "2", "p" * 32 if several else None)
    with opened(tmp_path) as ledger:
        ledger.put("contacts", [IN_DOUBT, other])
        assert ledger.accepted.is_any() is expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [(ACCEPTED, True), (IN_DOUBT, False), (ANNOUNCED, False), (NOT_THERE, False)],
)
def test_a_ledger_of_an_earlier_version_tells_by_its_entries(
    tmp_path: Path, entry: Entry, *, expected: bool
) -> None:
    """No run of that account has noted whether it was accepted."""
    with opened(tmp_path, locked=False) as ledger:
        ledger.put("contacts", [entry])
    for locked in (False, True):
        with opened(tmp_path, locked=locked) as ledger:
            assert ledger.accepted.is_any() is expected
    with opened(tmp_path) as ledger:
        ledger.put("contacts", [IN_DOUBT])  # it does not tell, and was asked before
        assert ledger.accepted.is_any() is expected


@pytest.mark.parametrize("locked", [False, True])
def test_an_account_is_asked_of_its_own(tmp_path: Path, *, locked: bool) -> None:
    """Whichever accounts share a ledger: entries, runs, what was read back, and how much it is."""
    for mine, other in itertools.permutations("ab"):
        folder = tmp_path / mine
        folder.mkdir()
        with opened(folder, mine, locked=locked):
            pass
        with opened(folder, other, locked=locked) as ledger:
            ledger.put("contacts", [ACCEPTED])
            ledger.read_back.add("create")
            ledger.stream_keys.put("contacts", KEYS)
        with opened(folder, mine) as ledger:
            assert ledger.stream_keys.of("contacts") is None
            ledger.stream_keys.put("contacts", Keys(["other"], has_former=True))
            assert (ledger.accepted.is_any(), ledger.is_empty(), ledger.read_back.kinds()) == (
                False,
                True,
                set(),
            )
            assert (ledger.has_entries("contacts"), ledger.contacts("contacts")) == (False, 0)
            assert (ledger.remote_ids.owned(["1"]), ledger.remote_ids.owned(["1"], "contacts")) == (
                set(),
                set(),
            )
            ledger.drop("contacts", ["k"])
            ledger.rename("contacts", {"k": "l"})
        with opened(folder, other) as ledger:
            assert (ledger.accepted.is_any(), ledger.is_empty(), ledger.read_back.kinds()) == (
                True,
                False,
                {"create"},
            )
            assert [*ledger.entries("contacts", ["k", "l"])] == ["k"]
            assert ledger.stream_keys.of("contacts") == KEYS
            assert ledger.stream_keys.of("others") is None


def test_a_stream_is_asked_of_its_own(tmp_path: Path) -> None:
    """Two streams may have records with the same key."""
    with opened(tmp_path) as ledger:
        for stream in ("a", "c"):
            ledger.put(stream, [ACCEPTED, Entry("i", INTENT)])
        assert [ledger.has_entries(stream) for stream in "abc"] == [True, False, True]
        assert [ledger.contacts(stream) for stream in "abc"] == [1, 0, 1]
        assert [ledger.remote_ids.owned(["1"], stream) for stream in "abc"] == [{"1"}, set(), {"1"}]
        for stream in "b":
            ledger.drop(stream, ["k"])
            ledger.rename(stream, {"k": "l"})
        assert [[*ledger.entries(stream, ["k", "l"])] for stream in "abc"] == [["k"], [], ["k"]]
        ledger.rename("a", {"k": "l"})
        assert [[*ledger.entries(stream, ["k", "l"])] for stream in "ac"] == [["l"], ["k"]]


def test_the_kinds_of_write_that_were_read_back_are_known_once_each(tmp_path: Path) -> None:
    """However often they are noted."""
    with opened(tmp_path) as ledger:
        for kind in ("create", "update", "create"):
            ledger.read_back.add(kind)
        assert ledger.read_back.kinds() == {"create", "update"}


@pytest.mark.parametrize("change", ["put", "drop"])
def test_what_changes_nothing_needs_no_right_to_write(tmp_path: Path, change: str) -> None:
    """No transaction is spent on it, even where none would be given."""
    with opened(tmp_path) as ledger:
        ledger.put("contacts", [ACCEPTED])
    getattr(ledger, change)("contacts", [])
    with pytest.raises(LedgerError, match="this run has ended"):
        ledger.drop("contacts", ["k"])


def test_who_asks_for_nothing_asks_no_database(tmp_path: Path) -> None:
    """The answer is known."""
    with opened(tmp_path) as ledger:
        ledger.put("contacts", [ACCEPTED])
    asked = (
        ledger.entries("contacts", []),
        ledger.remote_ids.owned([]),
        ledger.remote_ids.shared([]),
    )
    assert asked == ({}, set(), set())


def test_an_entry_that_was_read_counts_as_one_that_was_made(tmp_path: Path) -> None:
    """Put into another account, it tells that a contact was accepted there."""
    with opened(tmp_path) as ledger:
        ledger.put("contacts", [ACCEPTED])
        read = ledger.entries("contacts", ["k"])["k"]
    with opened(tmp_path, "b") as other:
        other.put("contacts", [read])
        assert other.accepted.is_any()


def test_what_was_read_of_a_whole_stream_is_forgotten_where_it_changes(tmp_path: Path) -> None:
    """Of that stream alone, and of nothing else in it."""
    keys = [f"k{number}" for number in range(1000)]
    entries = [Entry(key, WRITTEN, "1", "p" * 32, source="s" * 32) for key in keys]
    with opened(tmp_path) as ledger:
        for stream in ("a", "b"):
            ledger.put(stream, entries)
            assert len(ledger.sources.of(stream, keys)) == len(keys)
        ledger.put("a", [entries[0]])
        ledger.drop("a", [entries[1].key])
        assert keys[0] not in ledger.sources.of("a", keys)
        assert len(ledger.sources.of("a", keys)) == len(keys) - 2
        assert len(ledger.sources.of("b", keys)) == len(keys)


def test_a_digest_is_one_of_value_and_account(tmp_path: Path) -> None:
    """Equal values have the same, in each run; others and those of other accounts have not."""
    found = []
    for account in ("a", "a", "b"):
        with opened(tmp_path, account, locked=False) as ledger:
            found.append((ledger.digest(["x"]), ledger.digest(["y"]), ledger.hash(["x"])))
    assert found[0][:2] == found[1][:2]
    assert len({*found[0][:2], *found[2][:2]}) == 4
    assert [each.hexdigest() for _, _, each in found] == [first for first, _, _ in found]


def test_a_ledger_of_an_earlier_version_has_the_same_hashes() -> None:
    """Else every contact would be a new one: accounts, keys, payloads and filled fields."""
    ledger = Ledger("sqlite://", "a")
    assert ledger.account == "8928aae63c84d87ea098564d1e03ad813f107add474e56aedd286349c0c03ea4"
    assert ledger.digest(["1"]) == "aaccee32e9c32e81764df17e29a45e19"
    assert ledger.fill_id({"email": ["e"]}) == "988bc8b9842155af011579c205101072"
    ledger.close()


def test_who_writes_nothing_needs_no_lease(tmp_path: Path) -> None:
    """A dry run proves nothing, and leaves no run behind."""
    with opened(tmp_path, locked=False) as ledger:
        ledger.lease.prove()
        assert ledger.lease.idle_seconds is None
    with opened(tmp_path) as ledger:
        assert ledger.lease.idle_seconds is None


def test_a_closed_ledger_is_free_for_the_next_run(tmp_path: Path) -> None:
    """While it is open, nobody else gets it, and the message says who has it."""
    with opened(tmp_path):
        other = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", "a")
        with pytest.raises(LedgerError, match=f"pid {os.getpid()} on"):
            other.lock(0)
        other.close()
    with opened(tmp_path) as again:
        assert isinstance(again.lease.idle_seconds, float)


def test_a_ledger_in_memory_needs_no_lock() -> None:
    """Nobody shares it."""
    ledger = Ledger("sqlite://", "a")
    ledger.lock(0)
    ledger.put("contacts", [ACCEPTED])
    assert ledger.accepted.is_any()
    ledger.close()


def test_what_is_known_of_a_stream_is_known_of_no_other() -> None:
    """Its key, its version and its entries, whatever stands beside it; the last word counts."""
    ledger = Ledger("sqlite://", "a")
    for stream in "abc":
        ledger.stream_keys.put(stream, Keys([stream], has_former=True))
        ledger.stream_versions.begin(stream, ord(stream))
        ledger.put(stream, [Entry(f"{stream}{n}", WRITTEN) for n in range(3)])
    ledger.stream_keys.put("b", Keys(["other"], has_former=False))
    ledger.stream_versions.begin("b", 1)
    ledger.rename("b", {"b1": "new"})
    assert [ledger.stream_keys.of(stream) for stream in "abcd"] == [
        Keys(["a"], has_former=True),
        Keys(["other"], has_former=False),
        Keys(["c"], has_former=True),
        None,
    ]
    assert [ledger.stream_versions.begun(stream) for stream in "abcd"] == [97, 1, 99, None]
    assert [sorted(ledger.keys(stream)) for stream in "abcd"] == [
        ["a0", "a1", "a2"],
        ["b0", "b2", "new"],
        ["c0", "c1", "c2"],
        [],
    ]
    ledger.close()


def test_versions_and_shared_contacts_are_those_of_the_account(tmp_path: Path) -> None:
    """A contact that belongs to records of two accounts is shared by neither."""
    for number, account in enumerate("abc"):
        with opened(tmp_path, account, locked=False) as ledger:
            ledger.stream_versions.begin("contacts", number)
            ledger.put("contacts", [Entry("k", WRITTEN, "1"), Entry("l", WRITTEN, "2")])
            ledger.put("leads", [Entry("k", WRITTEN, "2" if account == "b" else "3")])
    for number, account in enumerate("abc"):
        with opened(tmp_path, account, locked=False) as ledger:
            assert ledger.stream_versions.begun("contacts") == number
            assert ledger.remote_ids.shared(["1", "2", "3"]) == ({"2"} if account == "b" else set())
            assert ledger.remote_ids.shared(["1", "3"]) == set()
