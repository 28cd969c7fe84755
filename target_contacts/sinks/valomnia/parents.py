"""Find customers of Valomnia by what records call them.

No page describes a list of customers. Those that have a contact are shown by it.
Source: https://developers.valomnia.com/ref/Contacts/list.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.apis.valomnia import reading
from tap_contacts.transport.facts import Fact, fact, holds
from target_contacts.sinks.finder import Listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tap_contacts.apis.valomnia.client import Valomnia
    from tap_contacts.transport.facts import Seen

NAME, REFERENCE = "name", "reference"
WAYS = {"parents": (NAME, REFERENCE)}
"""By what customers can be looked up."""


NOT_SEEN = (
    "Valomnia shows only customers that have a contact. If another of the same name has none, "
    "contacts are put below the wrong one. parents.lookup: reference, and parents.file, are sure."
)


class References(Listed):
    """Take references for what they are: `useExternalId` has Valomnia look them up itself."""

    takes_values = True

    def find(self, values: Collection[str]) -> Mapping[str, Collection[str]]:
        """Return each value itself."""
        return {value: (value,) for value in values}

    def _read(self) -> Iterable[tuple[object, object]]:
        return ()

    def fact(self) -> Fact:
        """Return that nothing is asked."""
        return fact("Customers are given by reference, so none is looked up", holds)


class Customers(Listed):
    """Find customers by their name or reference, from all contacts there are."""

    def __init__(self, client: Valomnia, key: str) -> None:
        self._client, self._key = client, key

    def _read(self) -> Iterable[tuple[object, object]]:
        if self._key == NAME:
            self._client.logger.warning(NOT_SEEN)
        told = "reference" if self._client.use_external_id else "id"
        for contact in reading.contacts(self._client, {}):
            customer = contact.get("customer") or {}
            yield customer.get(self._key), customer.get(told)

    def fact(self) -> Fact:
        """Return whether contacts can be read."""
        return fact("Contacts can be read, to find customers by parents", self._seen)

    def _seen(self) -> Seen:
        unseen = "a customer without one is not found, nor told from another of its name"
        return holds(f"{self._client.page({}).total} contacts; {unseen}")


def finder(client: Valomnia, lookup: str) -> Customers | References | None:
    """Return what finds customers by name or by reference."""
    if lookup == REFERENCE and client.use_external_id:
        return References()
    return Customers(client, lookup) if lookup in WAYS["parents"] else None
