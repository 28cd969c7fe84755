"""The tap: which APIs it reads, and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Tap
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from tap_contacts.apis import cobai, http, zoho_voice
from tap_contacts.apis.plugin import ContactsPlugin, exit_codes
from tap_contacts.streams.cobai import CobaiContacts, CobaiCustomers
from tap_contacts.streams.zoho_voice import ZohoVoiceContacts, ZohoVoiceContactStatuses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_contacts.apis.http import ApiClient
    from tap_contacts.client import ApiStream

STREAMS: tuple[type[ApiStream[Any]], ...] = (
    CobaiCustomers,
    CobaiContacts,
    ZohoVoiceContacts,
    ZohoVoiceContactStatuses,
)
"""Every stream there is."""


class TapContacts(ContactsPlugin, Tap):
    """Stream contacts and contact statuses out of Zoho Voice and cobai."""

    name = "tap-contacts"
    config_jsonschema: ClassVar = th.PropertiesList(
        th.Property("cobai", cobai.SETTINGS, description="Read cobai."),
        th.Property("zoho_voice", zoho_voice.SETTINGS, description="Read Zoho Voice."),
        th.Property(
            "concurrency",
            th.IntegerType(minimum=1),
            default=8,
            description="Requests in flight while reading cobai; Zoho Voice is read page by page.",
        ),
        *http.SETTINGS,
    ).to_dict()
    capabilities: ClassVar = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def discover_streams(self) -> Sequence[ApiStream[Any]]:
        """Return the streams of the APIs that have settings; without any settings, all."""
        clients: dict[type, ApiClient] = {}
        named = [kind for kind in STREAMS if kind.client_class.api in self.config]
        return [kind(self, clients) for kind in named or STREAMS]

    def check_settings(self) -> None:
        """Refuse to run without any API."""
        apis = sorted({kind.client_class.api for kind in STREAMS})
        if not any(api in self.config for api in apis):
            msg = f"Nothing to read: give the settings of at least one of {', '.join(apis)}."
            raise ConfigurationError(msg)


def main() -> None:
    """Run the command `tap-contacts`."""
    with exit_codes(TapContacts.logger):
        TapContacts.cli()
