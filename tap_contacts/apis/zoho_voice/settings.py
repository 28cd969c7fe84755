"""The settings of an account of Zoho Voice."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_contacts.apis.zoho_voice.wire import ACCOUNTS_HOSTS, DOCUMENTED_CENTER, LARGEST_PAGE
from tap_contacts.transport import forms
from tap_contacts.transport.account_settings import Account, text
from tap_contacts.transport.settings import RATE
from tap_contacts.transport.trust import CERTIFICATES

TITLE = "Zoho Voice"

SETTINGS = th.ObjectType(
    text("client_id", "Client id of the Zoho API console."),
    text("client_secret", "Its secret.", secret=True),
    text("refresh_token", "Refresh token of that client, which --sign-in gets.", secret=True),
    text(
        "access_token",
        "Instead of the three above, for one run of less than an hour.",
        pattern=forms.HEADER,
        secret=True,
    ),
    th.Property(
        "data_center",
        th.StringType,
        default=DOCUMENTED_CENTER,
        allowed_values=list(ACCOUNTS_HOSTS),
        description="Data centre that holds the account.",
    ),
    text(
        "api_url",
        "Origin of the API, default https://voice.zoho.<data_center>; in Canada "
        "https://voice.zohocloud.ca.",
    ),
    text("accounts_url", "Origin of the accounts server, default by data_center."),
    th.Property(
        "page_size",
        th.IntegerType(minimum=2, maximum=LARGEST_PAGE),
        default=LARGEST_PAGE,
        description="Contacts asked for at once.",
    ),
    th.Property(
        "contact_details",
        th.BooleanType,
        default=False,
        description="Also read created_time and number: one more request per contact.",
    ),
    th.Property(
        "contact_as",
        th.StringType,
        default="form",
        allowed_values=["form", "query"],
        description="Where a contact travels that is written: in the form or the query.",
    ),
    text("empty_list_code", "Code with which the API answers a list without contacts, if any."),
    RATE,
    *CERTIFICATES,
)

ACCOUNT = Account(TITLE, SETTINGS, has_grant=True)
