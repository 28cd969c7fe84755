"""What a bookmark remembers of the rows behind it."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from tap_contacts.listing.bookmarks import MOST_SEEN, Bookmark, Overlap

NOW = datetime(2026, 1, 31, 12, tzinfo=timezone.utc)


def bookmark(count: int) -> Bookmark:
    """Return a bookmark of this moment, behind which so many rows were seen."""
    state: dict[str, Any] = {"replication_key": "at", "replication_key_value": NOW.isoformat()}
    return Bookmark("contacts", "at", {**state, "seen": [f"h{n}" for n in range(count)]})


@pytest.mark.parametrize("more", [0, 1])
def test_of_too_many_rows_in_a_state_the_last_are_remembered(more: int) -> None:
    """However long the list is that somebody wrote into it."""
    seen = bookmark(MOST_SEEN + more).seen
    assert (len(seen), seen[0], seen[-1]) == (MOST_SEEN, f"h{more}", f"h{MOST_SEEN + more - 1}")


def test_a_run_that_does_not_end_remembers_no_more_rows_than_another() -> None:
    """Of those of the run before it and its own, it keeps the last."""
    overlap = Overlap(bookmark(MOST_SEEN))
    assert overlap.is_new({"id": 1}, NOW, NOW)
    kept = overlap.hashes(NOW, is_done=False)
    assert (len(kept), kept[0], kept[-1] in bookmark(MOST_SEEN).seen) == (MOST_SEEN, "h1", False)
