"""Know the fields of a company database of PORTERS: as an earlier run was told, or asked now.

What the ledger has of them is a day old at most. It counts only if it has all that this run wants,
and only until anything is refused: then PORTERS is asked whether they are others by now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tap_contacts.apis.porters.fields import TenantField

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from tap_contacts.apis.porters.tenant import Tenant
    from target_contacts.sinks.context import Told

    Fields = Mapping[str, TenantField]

SUBJECT = "fields"
"""Under which name the ledger has them."""

LONGEST_KEPT = 86_400.0
"""Seconds after which they are asked for again."""


class KnownFields:
    """The fields that are in use; what earlier runs were told does not count if `told` is None."""

    def __init__(self, tenant: Tenant, told: Told | None) -> None:
        self._tenant, self._told = tenant, told
        self._kept: Fields | None = None
        """The fields as an earlier run was told, while this one goes by them."""
        self._have_changed = False
        """Whether they turned out to have changed, and `fields` was not called since."""

    def fields(self, wanted: AbstractSet[str]) -> Fields | None:
        """Return the fields by alias; None if the app may not know."""
        self._have_changed = False
        kept = self._read()
        if kept is None or not kept.keys() >= wanted:
            return self._asked(wanted)
        self._kept = kept
        return kept

    def have_changed(self) -> bool:
        """Ask, if this run goes by what an earlier one was told; say whether that has changed."""
        if self._kept is not None:
            kept, self._kept = self._kept, None
            self._have_changed = self._asked(kept.keys()) != kept
        return self._have_changed

    def forget(self) -> None:
        """Have the next run ask."""
        if self._told and self._kept is not None:
            self._told.forget(SUBJECT)

    def _asked(self, wanted: AbstractSet[str]) -> Fields | None:
        """Ask for the fields; keep them for later runs if these could go by them."""
        found = self._tenant.fields()
        if self._told and found is not None and found.keys() >= wanted:
            self._told.put(SUBJECT, msgspec.json.encode(list(found.values())).decode())
        elif self._told:
            self._told.forget(SUBJECT)
        return found

    def _read(self) -> Fields | None:
        text = self._told.lately(SUBJECT, LONGEST_KEPT) if self._told else None
        if text is None:
            return None
        try:
            kept = msgspec.json.decode(text, type=list[TenantField])
        except msgspec.MsgspecError:  # entered by another version
            return None
        return {each.alias: each for each in kept}
