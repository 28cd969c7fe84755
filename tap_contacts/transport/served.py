"""Decide whether an API failed on one request or fails on all.

A request that failed in all its tries does not show which. If the API served another one meanwhile,
or serves a harmless read now, the request is at fault. But if several in a row fail so, and none of
their kind (reads or writes) succeeds between them, the API is at fault, whatever else it serves.
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
"""Requests given up in a row that make an outage, if none of their kind succeeds between them."""


class Served:
    """Which requests an account serves, over all threads.

    `is_alive` says whether a harmless read succeeds now.
    """

    def __init__(self, is_alive: Callable[[], bool]) -> None:
        self._is_alive = is_alive
        self._lock = threading.Lock()
        self._served: Counter[bool] = Counter()
        """Requests served so far, by whether they read."""
        self._let_through: Counter[bool] = Counter()
        """The same without those that found nothing, as at an address where nothing is."""
        self._in_a_row: Counter[bool] = Counter()
        """Requests given up without a success of their kind since, by whether they read."""

    @property
    def served(self) -> int:
        """Return how many requests have been served so far."""
        return self._served.total()

    def served_like(self, call: Call) -> int:
        """Return how many requests of the same kind have been served so far."""
        return self._served[call.reads]

    def lets_through(self, call: Call) -> bool:
        """Say whether requests of the same kind were let through, and more than nothing found."""
        return self._let_through[call.reads] > 0

    def serves(self, call: Call, *, found: bool = True) -> None:
        """Count a request that got an answer that makes sense. A refusal is one, too."""
        with self._lock:
            self._served[call.reads] += 1
            self._let_through[call.reads] += found
            self._in_a_row[call.reads] = 0

    def is_alive(self, since: int) -> bool:
        """Say whether the API serves anything now, or did so since `since` requests were served."""
        return self.served > since or self._is_alive()

    def speaks_for_others(self, call: Call, since: int) -> bool:
        """Count a request that was given up; say whether so many were that it is the API.

        A request for several records does not count, since it is taken apart first. Neither does
        one if others of its kind succeeded meanwhile.

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
    """The tries of one request, at most `most`.

    Before the last try a harmless read shows whether the API is alive. Without `known` every
    failure counts as the API's.
    """

    def __init__(self, known: Served | None, call: Call, most: int) -> None:
        self._known, self._call, self._most = known, call, most
        self._mark: int
        """How many requests had been served when the last try began."""
        self._start = known.served_like(call) if known else 0
        self.tries = 0
        """Tries begun so far."""
        self._was_alive = False
        self._of_account: bool
        """Whether the last try failed because of the account, and not of the request."""

    def begin(self) -> None:
        """Begin a try."""
        self.tries += 1
        if self._known is None:
            return
        if 1 < self.tries == self._most and not self._of_account:
            self._was_alive = self._known.is_alive(self._mark)
        self._mark = self._known.served

    def failed(self, error: Retry) -> None:
        """Note how a try failed."""
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
        """Say whether others of its kind were let through, and not too many were barred since."""
        if self._known is None or not self._known.lets_through(self._call):
            return False
        return not self._known.speaks_for_others(self._call, self._start)
