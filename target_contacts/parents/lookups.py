"""The look-ups of one run: what finds the ids of what contacts belong to."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from target_contacts.mapping.policies import NEVER
from target_contacts.parents import settings as parents
from target_contacts.parents.names import ParentNames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_contacts.transport.client import ApiClient
    from tap_contacts.transport.facts import Fact
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.mapping.field import Field
    from target_contacts.mapping.policies import Policies
    from target_contacts.parents.references import References
    from target_contacts.parents.resolver import Resolver
    from target_contacts.settings import Settings
    from target_contacts.sinks.base import ApiSink


class Lookups:
    """Find the ids of what contacts belong to, for all streams of a run."""

    def __init__(
        self,
        settings: Settings,
        kind: type[ApiSink[Any]],
        client: Callable[[], ApiClient],
        ledger: Callable[[], Ledger],
        *,
        is_offline: bool,
    ) -> None:
        self._settings, self._kind, self._is_offline = settings, kind, is_offline
        self._client, self._ledger = client, ledger
        self.names = ParentNames()
        """The names of companies by their ids at the source."""

    @cached_property
    def resolvers(self) -> Mapping[str, Resolver]:
        """Return what finds ids, by setting.

        Raises:
            ConfigurationError: If the destination has nothing of the kind, or a file is wrong.
        """
        settings = self._settings
        looks_up = settings.parents or settings.owners
        found = parents.given(settings, self._kind, self._client()) if looks_up else {}
        by_id = settings.parents and settings.parents.source != parents.COMPANY
        return parents.resolvers(
            found,
            self._files,
            self._ledger,
            is_offline=self._is_offline,
            name=self.names.name if by_id else str,
        )

    @cached_property
    def _files(self) -> Mapping[str, Mapping[str, set[str]]]:
        return parents.files(self._settings)

    @property
    def file_settings(self) -> Mapping[str, Any]:
        """Return what is in these files, as settings."""
        return {
            f"{setting}.file": sorted([value, *sorted(ids)] for value, ids in listed.items())
            for setting, listed in self._files.items()
        }

    def facts(self) -> Iterator[Fact]:
        """Yield what is assumed of the requests that ask the destination for ids."""
        finders = (each.finder for each in self.resolvers.values())
        return (finder.fact() for finder in finders if finder)

    def references(
        self, fields: Sequence[Field], policies: Policies, *, from_same_api: bool
    ) -> References:
        """Return what the contacts of a stream belong to, without what is never written.

        Raises:
            ConfigurationError: If an id in a file cannot be one.
        """
        sent = {
            setting: resolver
            for setting, resolver in self.resolvers.items()
            if policies.of(parents.ATTRIBUTES[setting]) != NEVER
        }
        return parents.references(
            self._settings,
            sent,
            fields,
            from_same_api=from_same_api,
            policies=policies,
        )
