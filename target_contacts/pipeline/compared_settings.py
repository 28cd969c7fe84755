"""The settings of a run that are compared with those of an earlier one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.settings import of_plan, of_translation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_contacts.transport.client import ApiClient
    from target_contacts.parents.lookups import Lookups


class ComparedSettings:
    """The settings of a run that are compared with those of an earlier one, by name."""

    def __init__(
        self, client_kind: type[ApiClient], config: Mapping[str, Any], lookups: Lookups
    ) -> None:
        self._client_kind, self._config, self._lookups = client_kind, config, lookups

    @property
    def of_translation(self) -> Mapping[str, Any]:
        """Return the settings that may change how records are translated."""
        return {**of_translation(self._client_kind, self._config), **self._lookups.file_settings}

    @property
    def of_plan(self) -> Mapping[str, Any]:
        """Return the settings by which a run writes one thing or another."""
        return {**of_plan(self._client_kind, self._config), **self._lookups.file_settings}
