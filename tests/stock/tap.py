"""Read Zoho Voice's contacts the way the Singer SDK's documentation does it.

python -m tests.stock.tap --config tap.json
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import APIKeyAuthenticator
from singer_sdk.pagination import BaseOffsetPaginator

from tap_contacts.apis.zoho_voice.reading import normal
from tap_contacts.apis.zoho_voice.settings import ACCOUNT
from tap_contacts.apis.zoho_voice.wire import CONTACTS, LARGEST_PAGE
from tap_contacts.streams.zoho_voice import ZohoVoiceContacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import Response


class Pages(BaseOffsetPaginator):
    """Offsets up to the first page that is not full."""

    def has_more(self, response: Response) -> bool:
        """Say whether another page follows."""
        return len(response.json()["contacts"]) == LARGEST_PAGE


class Contacts(RESTStream[int]):
    """The same fields as those of `tap-contacts`."""

    name = "zoho_voice_contacts"
    path = CONTACTS
    primary_keys = ("contact_id",)
    records_jsonpath = "$.contacts[*]"
    schema = ZohoVoiceContacts.schema

    @property
    def url_base(self) -> str:
        """Return the origin of the API."""
        return str(self.config["zoho_voice"]["api_url"])

    @property
    def authenticator(self) -> APIKeyAuthenticator:
        """Return the sign-in, with a token that is given."""
        token = f"Zoho-oauthtoken {self.config['zoho_voice']['access_token']}"
        return APIKeyAuthenticator(key="Authorization", value=token)

    def get_new_paginator(self) -> Pages:
        """Return a paginator at the first page."""
        return Pages(start_value=0, page_size=LARGEST_PAGE)

    def get_url_params(
        self, context: Mapping[str, Any] | None, next_page_token: int | None
    ) -> dict[str, Any]:
        """Return the query of a page."""
        del context
        return {"from": next_page_token or 0, "size": LARGEST_PAGE}

    def post_process(
        self, row: dict[str, Any], context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return a contact in one form."""
        del context
        return normal(row)


class StockTap(Tap):
    """The tap."""

    name = "tap-stock"
    config_jsonschema: ClassVar = th.PropertiesList(
        th.Property("zoho_voice", ACCOUNT.settings)
    ).to_dict()

    def discover_streams(self) -> list[Contacts]:
        """Return the one stream."""
        return [Contacts(self)]


if __name__ == "__main__":
    StockTap.cli()
