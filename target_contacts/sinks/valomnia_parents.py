"""Find customers of Valomnia by what records call them.

No page describes a list of customers. Those that have a contact are shown by it.
Source: https://developers.valomnia.com/ref/Contacts/list.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.apis.valomnia import reading
from tap_contacts.transport.facts import Fact, fact, holds
from target_contacts.values.basic import compared

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tap_contacts.apis.valomnia.client import Valomnia
    from tap_contacts.transport.facts import Seen

WAYS = {"parents": ("name", "reference")}
"""By what customers can be looked up."""


class References:
    """Take references for what they are: `useExternalId` has Valomnia look them up itself."""

    def find(self, values: Collection[str]) -> Mapping[str, Collection[str]]:
        """Return each value itself."""
        return {value: (value,) for value in values}

    def fact(self) -> Fact:
        """Return that nothing is asked."""
        return fact("Customers are given by reference, so none is looked up", holds)


class Customers:
    """Find customers by their name or reference, from all contacts there are.

    Args:
        client: The tenant.
        key: The customer's field that is compared.
    """

    def __init__(self, client: Valomnia, key: str) -> None:
        self._client, self._key = client, key
        self._found: dict[str, set[str]] | None = None

    def find(self, values: Collection[str]) -> Mapping[str, Collection[str]]:
        """Return the ids of the customers of each value, or their references where these count."""
        del values
        if self._found is None:
            self._found = self._read()
        return self._found

    def _read(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        told = "reference" if self._client.use_external_id else "id"
        for contact in reading.contacts(self._client, {}):
            customer = contact.get("customer") or {}
            value, remote_id = compared(customer.get(self._key)), compared(customer.get(told))
            if value and remote_id:
                found.setdefault(value, set()).add(remote_id)
        return found

    def fact(self) -> Fact:
        """Return whether contacts can be read."""
        return fact("Contacts can be read, to find customers by parents", self._seen)

    def _seen(self) -> Seen:
        total = self._client.page({}).total
        return holds(f"{total} contacts; a customer without one is not found")


def finder(client: Valomnia, lookup: str) -> Customers | References | None:
    """Return what finds customers by name or by reference."""
    if lookup == "reference" and client.use_external_id:
        return References()
    return Customers(client, lookup) if lookup in WAYS["parents"] else None
