"""Find customers of cobai by their ERP number.

The list of customers holds ids alone, and no page describes how one is read: that is inferred.
Source: https://cobai.com/de/docs/api-v2/kunden/kunden-anlegen
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.transport.errors import Refused, Stopped
from tap_contacts.transport.facts import Fact, fact, harms, holds, unknown
from target_contacts.sinks.finder import Listed
from target_contacts.values.basic import compared

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_contacts.apis.cobai.client import Cobai
    from tap_contacts.transport.facts import Seen

NUMBER = "externalAccountId1"
"""Field of a customer that holds its ERP number."""

NOT_TOLD = "No page of cobai describes how a customer is read: set parents.file, without a lookup."


class Customers(Listed):
    """Find customers by their ERP number, each read by itself."""

    def __init__(self, client: Cobai) -> None:
        self._client = client

    def _read(self) -> Iterable[tuple[object, object]]:
        customers = self._client.all_customers()
        numbers = self._client.pool.map(self._number, customers)
        return zip(numbers, [uuid.lower() for uuid in customers], strict=True)

    def _number(self, uuid: str) -> str:
        try:
            return compared(self._client.customer(uuid).get(NUMBER))
        except Refused as error:
            words = (self._client.title, "look-up of a customer", error.answered, NOT_TOLD)
            raise Stopped(*words, code=error.code, http_status=error.http_status) from None

    def fact(self) -> Fact:
        """Return whether a customer can be read."""
        return fact("A customer can be read, to find it by its ERP number", self._seen)

    def _seen(self) -> Seen:
        for uuid in self._client.all_customers():
            try:
                number = compared(self._client.customer(uuid).get(NUMBER))
            except Refused as error:
                return harms(f"{error.answered}; {NOT_TOLD}")
            return holds() if number else unknown(f"the first customer shows no {NUMBER}")
        return unknown("there is no customer")


def finder(client: Cobai, lookup: str) -> Customers | None:
    """Return what finds customers by reference, which is their ERP number."""
    return Customers(client) if lookup == "reference" else None
