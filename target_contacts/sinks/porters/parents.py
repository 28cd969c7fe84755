"""Find clients and users of PORTERS (HRBC) by what records call them.

Sources: https://hrbcapi.porters.jp/hc/en-us/articles/115012160348-Client-Read,
https://hrbcapi.porters.jp/hc/en-us/articles/115012160288-User-Read
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tap_contacts.apis.porters import by_id, short_list, wire
from tap_contacts.apis.porters.fields import CLIENTS
from tap_contacts.apis.porters.one_page import Asked
from tap_contacts.apis.porters.records import timed
from tap_contacts.apis.porters.tenant import MAY_NOT
from tap_contacts.transport.errors import Stopped
from tap_contacts.transport.facts import Fact, fact, harms, holds
from target_contacts.sinks.finder import Finder, Listed, by_value

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from lxml.etree import _Element

    from tap_contacts.apis.porters.client import Porters
    from tap_contacts.transport.facts import Seen

NAME = "Client.P_Name"
WAYS = {"parents": ("name", "an alias such as Client.U_Number"), "owners": ("email", "name")}
"""By what clients and users can be looked up, by setting."""

CLIENT_FIELDS = ("Client.P_", "Client.U_", "Client.A_")

USER, USER_ID = "/v1/user", "User.P_Id"
USER_FIELDS = {"email": "User.P_Mail", "name": "User.P_Name"}
ALL_USERS = {"request_type": 1}

CLOCKS = timedelta(hours=1)
"""How much the clocks may differ of the ledger and of PORTERS."""

LONGEST_ASKED = 500
"""Most characters of a value that is put into a condition."""


class Clients(Finder):
    """Find clients by the text of one of their fields, compared here and not by PORTERS.

    Several conditions all have to hold, so that a request asks for one name. The list of all
    clients tells 200 in a request: whichever takes fewer requests is read.
    """

    def __init__(self, client: Porters, alias: str) -> None:
        self._client, self._alias = client, alias
        self._found: dict[str, set[str]] = {}
        self._list = by_id.pages(client, Asked(CLIENTS, [alias]))
        self._left: int | None = None
        """Clients of the list that were not read; None before the first page."""
        self._asked: set[str] = set()
        """Values that were asked for one by one."""

    def find(self, values: Collection[str]) -> Mapping[str, Collection[str]]:
        """Return the ids of the clients of each value."""
        if self._left is None:
            self._read_on()
        wanted = set(values) - self._asked
        if self._left and self._is_cheaper(wanted):
            for value in sorted(wanted):
                self._ask(value)
        while self._left and not self._asked.issuperset(values):
            self._read_on()
        return self._found

    def all(self) -> Mapping[str, Collection[str]]:
        """Return the ids of the clients of every value there is."""
        while self._left != 0:
            self._read_on()
        return self._found

    def changed(self, since: datetime) -> Mapping[str, Collection[str]] | None:
        """Return the clients changed since a moment; None if PORTERS takes no such condition."""
        conditions = {f"{CLIENTS.date}:ge": timed(since - CLOCKS)}
        try:
            found = list(by_id.pages(self._client, Asked(CLIENTS, [self._alias], conditions)))
        except Stopped as error:
            if error.code != by_id.NOT_TAKEN:
                raise
            return None
        return by_value(row for each in found for row in self._rows(each.items))

    def _is_cheaper(self, wanted: Collection[str]) -> bool:
        """Say whether asking for values one by one takes fewer requests than the rest of the list.

        What was asked so before counts, too, so that a run takes at most twice the fewest.
        """
        pages = -(-(self._left or 0) // wire.LARGEST_PAGE)
        few = len(self._asked) + len(wanted) < pages
        return few and self._alias == NAME and all(map(_can_be_asked, wanted))

    def _ask(self, value: str) -> None:
        asked = Asked(CLIENTS, [self._alias], {f"{self._alias}:full": value})
        for each in by_id.pages(self._client, asked):
            self._take(each.items)
        self._asked.add(value)

    def _read_on(self) -> None:
        """Read one more page of the list of all clients."""
        page = next(self._list, None)
        if page is None:
            self._left = 0
            return
        self._take(page.items)
        self._left = wire.LARGEST_PAGE if page.left is None else page.left

    def _take(self, items: Sequence[_Element]) -> None:
        by_value(self._rows(items), self._found)

    def _rows(self, items: Sequence[_Element]) -> Iterator[tuple[object, object]]:
        return ((row.get(self._alias), row[CLIENTS.key]) for row in wire.flat_rows(items))

    def fact(self) -> Fact:
        """Return whether clients can be read."""
        return fact("Clients can be read, to find them by parents", self._seen)

    def _seen(self) -> Seen:
        return _permitted(
            "client_r, user_r and option_r",
            lambda: (
                f"{next(by_id.pages(self._client, Asked(CLIENTS, [self._alias]))).total} clients"
            ),
        )


class Users(Listed):
    """Find users by e-mail or name: no condition is documented, so all of them are read."""

    def __init__(self, client: Porters, alias: str) -> None:
        self._client, self._alias = client, alias

    def _read(self) -> Iterable[tuple[object, object]]:
        return ((row.get(self._alias), row[USER_ID]) for row in self._rows())

    def _rows(self) -> list[dict[str, str]]:
        return short_list.read(self._client, USER, ALL_USERS, USER_ID)

    def changed(self, since: datetime) -> Mapping[str, Collection[str]] | None:
        """Return all users: a request tells 200."""
        del since
        return self.all()

    def fact(self) -> Fact:
        """Return whether users can be read."""
        seen = lambda: _permitted("user_r", lambda: f"{len(self._rows())} users")  # noqa: E731
        return fact("Users can be read, to find them by owners", seen)


def _can_be_asked(value: str) -> bool:
    return len(value) <= LONGEST_ASKED and not wire.NO_CONDITION.search(value)


def _permitted(scopes: str, read: Callable[[], str]) -> Seen:
    try:
        return holds(read())
    except Stopped as error:
        if error.code not in MAY_NOT:
            raise
        return harms(f"{error.answered}; grant the app {scopes}")


def finder(client: Porters, setting: str, lookup: str) -> Clients | Users | None:
    """Return what finds clients by their name or another field, or users by e-mail or name."""
    if setting == "owners":
        return Users(client, USER_FIELDS[lookup]) if lookup in USER_FIELDS else None
    if lookup == "name":
        return Clients(client, NAME)
    return Clients(client, lookup) if wire.is_alias(lookup, CLIENT_FIELDS) else None
