"""What an API may do to look up contacts without a list of all of them. All of it is optional."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from target_contacts.sinks.item import created
from target_contacts.values.basic import as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_contacts.mapping.field import Payload
    from target_contacts.sinks.capabilities import Capabilities
    from target_contacts.sinks.item import Item


class LookUpHooks:
    """Ask for single contacts, or list a part of the account, and say by what they are known."""

    capabilities: ClassVar[Capabilities]

    # Single contacts: where `capabilities` say `can_ask`.

    def find(self, wanted: Mapping[str, str]) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Return id and fields of contacts that hold these values, by wire, and perhaps of others.

        It is asked for the contact of a lost create, and for the rules of `match_on`.
        """
        raise NotImplementedError

    def alike(self, contact: Payload) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Return id and fields of contacts that may be this one, and perhaps of others.

        It is asked by the default rules, which then compare names, addresses and numbers.
        """
        raise NotImplementedError

    # Parts of the account.

    def scope(self, contact: Mapping[str, Any]) -> str | None:
        """Return which part of the account a contact belongs to; None if parts are not listed."""
        del contact
        return None

    def within(self, scope: str, most: int) -> Iterable[tuple[str, Mapping[str, Any]]] | None:
        """Return id and fields of the contacts of a part of the account.

        Args:
            scope: The part.
            most: Requests that this may take; None is returned if it would take more.
        """
        raise NotImplementedError

    # By what contacts are known.

    def known_by(self, item: Item) -> Payload:
        """Return what a contact is compared by."""
        return created(item)

    @property
    def identities(self) -> Sequence[Sequence[str]]:
        """Return the sets of fields of which `looked_for` returns one."""
        return [self.capabilities.identity]

    def looked_for(self, item: Item) -> dict[str, str]:
        """Return the values by which the contact of a lost create is found again."""
        sent = created(item)
        return {wire: as_text(sent.get(wire)) for wire in self.capabilities.identity}
