"""What is remembered of the keys of a list."""

from __future__ import annotations

import random

import pytest

from tap_contacts.listing.seen_keys import SeenKeys


@pytest.mark.parametrize(
    ("key", "is_number"),
    [
        ("1", True),
        ("9" * 19, True),
        ("9" * 20, False),
        ("01", False),
        ("0", False),
        ("-1", False),
        ("1.0", False),
        ("", False),
        ("a1", False),
        ("\N{SUPERSCRIPT TWO}", False),
        ("\N{FULLWIDTH DIGIT ONE}", False),
    ],
)
def test_plain_numbers_are_kept_as_such(key: str, *, is_number: bool) -> None:
    """Whatever else a key is, it is known again as it was, and no other is taken for it."""
    seen = SeenKeys([])
    assert (key in seen, seen.add(key), key in seen, seen.add(key)) == (False, True, True, False)
    assert (seen.ascend, len(seen), seen.last) == (is_number, 1, key)
    assert [
        other for other in ("0", "1", "2", "01", "+1", "") if other in seen and other != key
    ] == []


@pytest.mark.parametrize(
    ("keys", "ascend"),
    [
        (["1", "2", "10"], True),
        (["1", "1", "2", "1"], True),
        (["2", "1"], False),
        (["1", "3", "2"], False),
        (["1", "a", "2"], False),
        (["a", "1"], False),
        ([], True),
    ],
)
def test_each_key_is_new_once(keys: list[str], *, ascend: bool) -> None:
    """In whatever order they come."""
    seen = SeenKeys([])
    assert [seen.add(key) for key in keys] == [key not in keys[:n] for n, key in enumerate(keys)]
    assert (seen.ascend, len(seen)) == (ascend, len(set(keys)))
    again = SeenKeys(keys)
    assert (again.ascend, len(again), again.last) == (ascend, len(set(keys)), seen.last)


@pytest.mark.parametrize("seed", range(20))
def test_keys_are_known_as_a_set_knows_them(seed: int) -> None:
    """By chance: ascending and not, numbers and not."""
    dice = random.Random(seed)  # noqa: S311
    mixed = [str(number) for number in range(1, 30)] + dice.choice([[], ["x", "007", "0"]])
    if seed % 2:
        dice.shuffle(mixed)
    seen, known = SeenKeys([]), set[str]()
    for key in mixed:
        assert (key in seen) == (key in known)
        assert seen.add(key) == (key not in known)
        known.add(key)
        assert {each for each in (*mixed, "31", "0", "") if each in seen} == known
        assert len(seen) == len(known)


def test_keys_of_a_long_list_are_told_apart() -> None:
    """Before, among and behind a thousand; when one comes out of turn, all are known as before."""
    even = [str(number) for number in range(1000, 3000, 2)]
    seen = SeenKeys(even)
    for more in ([], ["998"]):
        assert [seen.add(key) for key in more] == [True] * len(more)
        assert [key for key in map(str, range(990, 3010)) if key in seen] == [*more, *even]
        assert len(seen) == len(more) + len(even)
