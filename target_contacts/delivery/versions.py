"""Know which records of a stream came in this run, so that a complete reading tells who left.

A tap gives each reading a version, which its records carry, and ends it with ACTIVATE_VERSION. That
counts here only if all records of the version came in this very run, and none of them after the
message. So the ledger remembers the highest version of which a record has come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from target_contacts.ledger.ledger import Ledger

HIGHEST = 2**63 - 1
"""Highest version that a ledger can hold."""

NONE_CAME = "no record of this version came, and an empty source is never taken at its word"
IN_PARTS = (
    "the reading was begun in an earlier run, whose records this run did not see; the next "
    "complete one counts"
)
IS_OLD = "a record of a higher version came in an earlier run"
IS_FIRST = (
    "the ledger had contacts of this stream before its records carried a version; from the next "
    "complete reading on it counts"
)
GOES_ON = "records of this version came after it, so that it does not end a reading"
NO_KEY = "the stream has no key, so that a record that changes is another one"
UNREADABLE = "records came whose key could not be read"
FILTERED = "stream_maps filtered records out, whose keys are not known"
UNENDED = "the input does not end with a STATE behind it, so that the tap may have been ended early"
"""Why nobody is taken to have left."""


class Versions:
    """The versions of one stream, and the keys of its records in this run.

    If nothing becomes of who left (`wanted`), no key is kept.
    """

    def __init__(self, ledger: Ledger, stream: str, *, wanted: bool) -> None:
        self._ledger, self._stream = ledger, stream
        self._seen: set[bytes] | None = set() if wanted else None
        self._last: object = None
        """The version of the last record, as it came."""
        self._reasons: dict[int, str] = {}
        """Versions of this run, and why nobody is taken to have left by them; "" if there is no
        reason."""
        self._blind = ""
        """Why no version of this run counts."""
        self._activated: set[int] = set()
        """Versions of which ACTIVATE_VERSION has come."""
        self.waiting: tuple[int, int] | None = None
        """The version of which who left is to be settled at the end of the input, and the number by
        which STATE waits for it."""

    def see(self, version: Any, key: str) -> None:
        """Take note of a record, by its key."""
        if version != self._last:
            self._begin(version)
        if self._activated and version in self._activated:
            self._reasons[version] = GOES_ON
        if self._seen is not None:
            self._seen.add(bytes.fromhex(key))

    def miss(self, reason: str) -> None:
        """Take note of a record whose key is not known."""
        self._blind = self._blind or reason

    @property
    def seen(self) -> AbstractSet[bytes]:
        """Return the keys of the records that came, as bytes."""
        return self._seen or set()

    def activate(self, version: Any) -> str:
        """Take note of ACTIVATE_VERSION; return as `reason` does."""
        if _is_version(version):
            self._activated.add(version)
        return self.reason(version)

    def reason(self, version: Any) -> str:
        """Return why nobody is taken to have left by a version; "" if there is no reason."""
        if not _is_version(version) or version not in self._reasons:
            return NONE_CAME
        return self._blind or self._reasons[version]

    def _begin(self, version: Any) -> None:
        self._last = version
        if _is_version(version) and version not in self._reasons:
            self._reasons[version] = self._known(version)

    def _known(self, version: int) -> str:
        """Return why a version does not count whose first record in this run has come."""
        begun = self._ledger.stream_versions.begun(self._stream)
        if begun is not None and version <= begun:
            return IN_PARTS if version == begun else IS_OLD
        is_first = begun is None and self._ledger.has_entries(self._stream)
        self._ledger.stream_versions.begin(self._stream, version)
        return IS_FIRST if is_first else ""


def _is_version(told: object) -> bool:
    return isinstance(told, int) and not isinstance(told, bool) and 0 <= told <= HIGHEST
