"""Read what `--ledger check` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.commands import Finished

KINDS_TOLD = ("as written", "changed", "there", "gone", "not told")
CHECK = "--ledger", "check"


def told(ended: Finished, stream: str = "contacts") -> dict[str, int]:
    """Return the counts of a stream that are not 0."""
    assert ended.code == 0, ended.log
    row = next(line.split() for line in ended.out.splitlines()[1:] if line.startswith(stream))
    counts = dict(zip(KINDS_TOLD, map(int, row[1:]), strict=True))
    return {kind: count for kind, count in counts.items() if count}
