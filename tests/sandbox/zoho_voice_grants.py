"""Give codes as Zoho's API console gives them to a self client, and exchange them.

Source: help.zoho.com, "Kaizen 43": a code works once and lives three minutes.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CONSOLE_PATH = "/console"
"""Page that stands for "Generate Code" of the console: each look at it gives a new code."""
GRANT_TYPE = "authorization_code"
CODE_SECONDS = 180.0
FIELDS = {"grant_type", "client_id", "client_secret", "code"}


class Codes:
    """The codes of one data centre, which no other knows."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Start without any."""
        self._clock = clock
        self._ends: dict[str, float] = {}
        self._numbers = count(1)

    def issue(self) -> str:
        """Return a new code."""
        code = f"1000.sandbox-grant-code-{next(self._numbers)}"
        self._ends[code] = self._clock() + CODE_SECONDS
        return code

    def refusal(self, sent: Mapping[str, str], client: Mapping[str, str]) -> str | None:
        """Use a code up, and return why it buys nothing; None if it does."""
        if sent.get("client_id") != client["client_id"]:
            return "invalid_client"
        if sent.get("client_secret") != client["client_secret"]:
            return "invalid_client_secret"
        # Silent in the documents; taken: whatever else is wrong is an invalid code, too.
        if set(sent) != FIELDS:
            return "invalid_code"
        return None if self._ends.pop(sent["code"], 0.0) > self._clock() else "invalid_code"
