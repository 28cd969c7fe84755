"""Tell a wrong address from an outage, as long as the API has not answered in its own form.

A page or a redirect may come from a gateway while the API is down. At the start of a run it is more
likely that the address is wrong, or that a proxy answers instead of the API. So a harmless read is
sent once more. If that is answered with a page or a redirect, too, the run ends.

The same holds for each path of reads by itself, except for those of single contacts. There the path
is read once more, without its query: a firewall may refuse what the query holds.

If only harmless reads and proofs were answered so far, the run may as well end. So after a few
requests the path is not read once more.
"""

from __future__ import annotations

import contextlib
import re
import threading
from typing import TYPE_CHECKING

from tap_contacts.transport.call import READ, Call
from tap_contacts.transport.errors import ApiError, Barred, Retry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST = 5
"""Requests of a run, sign-in included, after which no path is read once more for nothing else."""

_ID = re.compile(r"/(\d+|[^/]*\d[^/]*\d[^/]*\d[^/]*)(?=/|$)")
"""A part of a path that may be an id."""


class FirstAnswer:
    """Whether an API has answered in its own form in this run, over all threads."""

    def __init__(
        self, ask: Callable[[Call], object], harmless: Callable[[], Call], spent: Callable[[], int]
    ) -> None:
        self._ask, self._harmless, self._spent = ask, harmless, spent
        self.came = False
        self._proves = False
        self._reads: set[str] = set()
        """Reads that were answered so, but for those of single contacts."""
        self.alone = threading.RLock()
        """Held by the thread whose request goes alone, as long as the answer has not come."""

    def note(self, call: Call) -> None:
        """Take note that a request was answered in the API's own form."""
        self.came = True
        if call.reads and call.asked not in self._reads and not _ID.search(call.path):
            self._reads.add(call.asked)

    @contextlib.contextmanager
    def proving(self) -> Iterator[None]:
        """Ask in the block for nothing but proofs."""
        self._proves = True
        try:
            yield
        finally:
            self._proves = False

    def is_elsewhere(self) -> bool:
        """Say whether a harmless read is not answered in the API's form, either."""
        try:
            self._ask(self._harmless())
        except Retry as error:
            return error.is_foreign
        except ApiError as error:
            return isinstance(error, Barred) and not self.came
        return False

    def is_wrong_path(self, asked: str) -> bool:
        """Say whether a path is not that of a read: it has never been answered, and is not now."""
        method, _, path = asked.partition(" ")
        if method != READ or asked in self._reads or _ID.search(path):
            return False
        if self._spent() >= MOST and (self._proves or self._reads <= {self._harmless().asked}):
            return True
        try:
            self._ask(Call(READ, path))
        except ApiError as error:
            return error.is_foreign
        return False
