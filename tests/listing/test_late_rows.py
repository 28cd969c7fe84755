"""Rows that show up late: stamped with a time before the bookmark."""

from __future__ import annotations

import json
from datetime import timedelta

from tap_contacts.listing.bookmarks import MOST_SEEN
from tests.support.nights import Source, last


def test_rows_that_show_up_late_are_read(source: Source) -> None:
    """They are stamped up to a minute before the bookmark: they alone come, and only once."""
    source.fill(200)
    first = source.read()
    bookmark = source.bookmark(first)
    added = [source.add(bookmark - timedelta(seconds=late)) for late in (0, 1, 30, 60)]
    second = source.read(last(first))
    third = source.read(last(second))
    assert (sorted(source.ids(second)), source.ids(third)) == (sorted(added), [])
    assert source.bookmark(third) == bookmark


def test_a_row_that_changed_again_is_read_again(source: Source) -> None:
    """Even in the very second of its last change; others of that minute are not."""
    everyone = source.fill(20)
    source.set(source.time - timedelta(seconds=1))
    run = source.read()
    for number in range(3):
        source.change(everyone[19], f"+4916{number}")
        run = source.read(last(run))
        assert source.ids(run) == [everyone[19]]
    assert source.ids(source.read(last(run))) == []


def test_of_a_crowded_minute_a_bounded_number_is_remembered(valomnia: Source) -> None:
    """Hashes and no values; what is forgotten comes twice rather than not at all."""
    everyone = valomnia.fill(MOST_SEEN + 150, every=0.01)
    first = valomnia.read()
    seen = valomnia.place(first)["seen"]
    assert (len(seen), {len(each) for each in seen}) == (MOST_SEEN, {12})
    states = [json.dumps(each["value"]) for each in first.messages if each["type"] == "STATE"]
    assert not any("First" in each or "+49" in each for each in states)
    second = valomnia.read(last(first))
    assert len(valomnia.ids(second)) == 150
    assert set(valomnia.ids(second)) < set(everyone)


def test_old_rows_are_not_remembered(source: Source) -> None:
    """The state holds those of the last minute, however many there were."""
    source.fill(300, every=10)
    assert len(source.place(source.read())["seen"]) == 7
