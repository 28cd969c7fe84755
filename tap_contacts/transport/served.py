"""Tell a request on which an API fails every time from an API that fails.

One failed in all its tries says nothing by itself. What tells is what becomes of others: if the API
served one meanwhile, or serves a harmless read now, it is the request. But where several in a row
fail so and none of their kind succeeds between them, it is the API, whatever else it serves.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_contacts.transport.call import Call
    from tap_contacts.transport.errors import Retry

GIVEN_UP_IN_OUTAGE = 4
"""Records failed in a row, none of their kind having succeeded between them, that are an outage."""


class Served:
    """What all threads know of which requests an account serves."""

    def __init__(self, is_alive: Callable[[], bool]) -> None:
        """Take what says whether a harmless read succeeds now."""
        self._is_alive = is_alive
        self._lock = threading.Lock()
        self._served: Counter[bool] = Counter()
        """Requests served so far, by whether they read."""
        self._in_a_row: Counter[bool] = Counter()
        """Requests given up without a success of their kind since, by whether they read."""

    @property
    def served(self) -> int:
        """Return how many requests have been served so far."""
        return self._served.total()

    def served_like(self, call: Call) -> int:
        """Return how many requests of the same kind have been served so far."""
        return self._served[call.reads]

    def serves(self, call: Call) -> None:
        """Take note of a request that got an answer which makes sense, be it a refusal."""
        with self._lock:
            self._served[call.reads] += 1
            self._in_a_row[call.reads] = 0

    def is_alive(self, since: int) -> bool:
        """Say whether the API has served anything since so many were, or does so now."""
        return self.served > since or self._is_alive()

    def speaks_for_others(self, call: Call, since: int) -> bool:
        """Take note of a request given up; say whether too many are for it to be the request.

        One for several records counts for none of them: it is taken apart first. Nor does one that
        others of its kind succeeded beside.

        Args:
            call: The request.
            since: How many of its kind had been served when it was first tried.
        """
        with self._lock:
            if call.several or self._served[call.reads] > since:
                return False
            self._in_a_row[call.reads] += 1
            return self._in_a_row[call.reads] >= GIVEN_UP_IN_OUTAGE


class Trial:
    """The tries of one request, the last of which is made once the API was seen to be alive."""

    def __init__(self, known: Served | None, call: Call, most: int) -> None:
        """Take what tells, if anything is to be told apart, the request, and the most tries."""
        self._known, self._call, self._most = known, call, most
        self._mark = 0
        """How many requests had been served when the last try began."""
        self._start = known.served_like(call) if known else 0
        self.tries = 0
        """Tries begun so far."""
        self._was_alive = False
        self._of_account = False
        """Whether the last try told nothing of the request."""

    def begin(self) -> None:
        """Take note that a try begins."""
        self.tries += 1
        if self._known is None:
            return
        if 1 < self.tries == self._most and not self._of_account:
            self._was_alive = self._known.is_alive(self._mark)
        self._mark = self._known.served

    def failed(self, error: Retry) -> None:
        """Take note of how a try failed."""
        self._of_account = error.of_account

    def is_of_one(self) -> bool:
        """Say whether it was the request, and not the API or the account, that failed."""
        if self._known is None or self._of_account:
            return False
        if self._call.once:  # what it is halved to will tell
            return True
        if not self._was_alive:  # the read may have failed by chance
            self._was_alive = self._known.is_alive(self._mark)
        return self._was_alive and not self._known.speaks_for_others(self._call, self._start)

    def is_barred_alone(self) -> bool:
        """Say whether others of its kind were let through, and not too many are barred since."""
        if self._known is None or not self._known.served_like(self._call):
            return False
        return not self._known.speaks_for_others(self._call, self._start)
