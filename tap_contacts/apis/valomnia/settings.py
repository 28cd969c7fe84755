"""The settings of an account of Valomnia."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_contacts.transport.account_settings import Account, text, user
from tap_contacts.transport.settings import RATE
from tap_contacts.transport.trust import CERTIFICATES

TITLE = "Valomnia"
API_VERSION = "v1.0"

SETTINGS = th.ObjectType(
    *user("User that may change contacts."),
    text("api_url", "Origin of the tenant, such as https://example.valomnia.com.", required=True),
    text("api_version", "Version of the API, as in its addresses.", default=API_VERSION),
    th.Property(
        "use_external_id",
        th.BooleanType,
        default=False,
        description="Whether customer_id holds the customer's reference instead of its number.",
    ),
    th.Property(
        "merge_updates",
        th.BooleanType,
        default=True,
        description="Whether a contact is read before an update, and what the record does not "
        "mention is sent back. Set false if an update keeps what it leaves out.",
    ),
    th.Property(
        "keep_photos",
        th.BooleanType,
        default=True,
        description="Whether the run stops if an update without an image removes a photo.",
    ),
    RATE,
    *CERTIFICATES,
)

ACCOUNT = Account(TITLE, SETTINGS)
