"""What a guard counted, against its limit."""

from __future__ import annotations

from typing import NamedTuple

CREATES, DELETES = "max_creates", "max_deletes"
CLEARED, REJECTED = "max_cleared", "max_rejected"

_WHAT = {
    CREATES: "contacts would have been created",
    "max_updates": "contacts would have been updated",
    DELETES: "contacts would have been deleted or marked",
    CLEARED: "filled values of {} would have been emptied",
    REJECTED: "records were rejected",
}
"""What each guard counts, in words."""


class Count(NamedTuple):
    """What is counted by itself."""

    guard: str
    stream: str
    """The stream; "" for those of the run together, if the limit is a number."""
    attribute: str = ""


class Verdict(NamedTuple):
    """A limit, and how much was seen that it counts."""

    counted: Count
    seen: int
    limit: int
    before: int = 0
    """How much of it earlier runs let through since the last complete one."""

    def summary(self) -> dict[str, str | int]:
        """Return it as the summary has it."""
        named = {name: value for name, value in self.counted._asdict().items() if value}
        return {**named, "seen": self.seen, "limit": self.limit}

    def sentence(self, *, stopped: bool) -> str:
        """Return what was seen, the limit, and how it is let through once."""
        guard, stream, attribute = self.counted
        seen = f"{self.seen} {_WHAT[guard].format(attribute)}"
        within = f" in stream {stream}" if stream else ""
        before = f" ({self.before} of them by earlier runs that did not end well)"
        end = "ended the run: nothing beyond it was sent, and no STATE covers what was not"
        return (
            f"The guard {guard} {end if stopped else 'would end the run'}. "
            f"As far as the input was read, {seen}{within}{before if self.before else ''}, and the "
            f"limit is {self.limit}. If that is right, let it through once: "
            f"--allow {guard}={self.seen}, or more, since the rest of the input counts, too."
        )
