"""The settings of an account of PORTERS."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_contacts.transport.account_settings import Account, text
from tap_contacts.transport.settings import RATE
from tap_contacts.transport.trust import CERTIFICATES

TITLE = "PORTERS"
ORIGIN = "https://api-hrbc-jp.porterscloud.com"

SETTINGS = th.ObjectType(
    text("app_id", "App ID that PORTERS gave the app."),
    text("app_secret", "Its Secret.", secret=True),
    th.Property(
        "partition",
        th.CustomType({"type": ["string", "integer", "null"]}),
        description="Id of the company database. Default: the only one the app can reach.",
    ),
    text("api_url", "Origin of the API; a dedicated server has its own.", default=ORIGIN),
    text(
        "external_key_field",
        "Alias of a text field of your own, such as Contact.U_ExternalKey, that takes a key "
        "of the source record when a contact is created.",
    ),
    RATE,
    *CERTIFICATES,
)

ACCOUNT = Account(
    TITLE,
    SETTINGS,
    has_grant=True,
    of_tap=(
        th.Property(
            "fields",
            th.ArrayType(th.StringType),
            description=(
                "Aliases of the contacts' fields to read, such as Contact.P_Name. Default: all "
                "that are in use, but for images."
            ),
        ),
    ),
)
