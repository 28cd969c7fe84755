"""Find out whether PORTERS refuses a request as such, or a contact in it.

Some codes may be about either, and the answer to a whole request does not say which. So what such a
code refused is sent again in parts, and no contact is rejected for it until another one was taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from tap_contacts.transport.errors import Refused, Stopped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_contacts.sinks.first_writes import FirstWrites
    from target_contacts.sinks.packing import Waiting

T = TypeVar("T")

IN_PARTS = 3
"""Requests refused in a row, a whole and its halves, after which contacts go one by one."""

MOST_AT_FIRST = 5
"""Requests refused in a row that end a run in which PORTERS has taken none."""

MOST_OF_NEW = 3
"""The same if the account has never taken one: a whole, and two contacts alone."""

MOST_LATER = 12
"""The same if it has taken some: then it is likelier that the contacts are at fault."""


class Doubt(Generic[T]):
    """The contacts that were refused alone, while the request may be at fault."""

    def __init__(self, title: str, asked: str, first_writes: FirstWrites) -> None:
        self._title, self._asked, self._first = title, asked, first_writes
        self._in_a_row = 0
        self._is_proven = False
        """Whether PORTERS has taken a request of this form."""
        self._held: list[tuple[T, Refused]] = []

    @staticmethod
    def is_raised_by(error: object) -> bool:
        """Say whether an error may be about the request."""
        return isinstance(error, Refused) and error.of_request

    @property
    def one_by_one(self) -> bool:
        """Say whether the next request is to hold one contact only, to find one that is taken."""
        return self._in_a_row >= (IN_PARTS if self._first.is_over else 1)

    @property
    def _most(self) -> int:
        if self._is_proven:
            return MOST_LATER
        return MOST_AT_FIRST if self._first.is_over else MOST_OF_NEW

    def refused(self, contacts: Sequence[T], error: Refused, waiting: Waiting[T]) -> None:
        """Have halves sent again, behind what waits; hold a contact that was alone.

        Raises:
            Stopped: If so much was refused that it is the request.
        """
        self._in_a_row += 1
        middle = len(contacts) // 2
        if middle:
            waiting.put_behind(contacts[:middle], contacts[middle:])
        else:
            self._held.append((contacts[0], error))
        if self._in_a_row >= self._most:
            raise self._stopped(error)

    def taken(self) -> list[tuple[T, Refused]]:
        """Note that a request was taken; return the contacts that are at fault themselves."""
        self._in_a_row, self._is_proven = 0, True
        at_fault, self._held = self._held, []
        return at_fault

    def end(self, *, more_follow: bool) -> list[tuple[T, Refused]]:
        """Return the contacts that are at fault, now that all were sent.

        Raises:
            Stopped: If none was taken.
        """
        if more_follow:
            at_fault, self._held = self._held, []
            return at_fault
        if self._held and not self._is_proven:
            raise self._stopped(self._held[-1][1])
        return self.taken() if self._held else []

    def _stopped(self, error: Refused) -> Stopped:
        answered = f"{error.answered}, and the last {self._in_a_row} requests were refused so"
        words = (self._title, self._asked, answered, error.advice)
        return Stopped(*words, code=error.code, http_status=error.http_status)
