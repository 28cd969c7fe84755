"""Why a record is refused."""

from __future__ import annotations

OUTCOME_UNKNOWN = "outcome_unknown"
"""Code of a record whose create was never answered, so that nobody knows what it made."""

WILL_BE_LOOKED_UP = "The next run looks it up before it sends it again"
"""End of the reason where nobody has to look by hand."""


class Rejected(Exception):
    """A record is refused, before it was sent or by the destination.

    Args:
        reason: A sentence. It may hold the API's own words, so it goes into the rejects file only.
        code: The API's code, or one of ours in snake_case.
        field: The field at fault, in the destination's terms, if it is known.
        http_status: Status of the API's answer, if it was asked.
    """

    def __init__(
        self, reason: str, code: str, *, field: str | None = None, http_status: int | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.field = field
        self.http_status = http_status
