"""The settings of an account of cobai."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_contacts.transport.account_settings import Account, text
from tap_contacts.transport.settings import RATE
from tap_contacts.transport.trust import CERTIFICATES

TITLE = "cobai"
ORIGIN = "https://api.cobai.com"

SETTINGS = th.ObjectType(
    text("access_key_id", "Access key id, generated in the target system.", required=True),
    text("secret_access_key", "Its secret.", required=True, secret=True),
    text("api_url", "Origin of the API.", default=ORIGIN),
    th.Property(
        "customers",
        th.ArrayType(th.StringType),
        description="UUIDs of the customers to read. Default: all.",
    ),
    th.Property(
        "customer_state",
        th.StringType,
        allowed_values=["new"],
        description="Read only the customers in this state; new are the self-registered.",
    ),
    th.Property(
        "sign_query",
        th.BooleanType,
        default=False,
        description="Whether signatures cover the query, too: the documents do not say.",
    ),
    th.Property(
        "page_parameter",
        th.StringType,
        default="page",
        description=(
            "Name of the parameter by which a list is asked for its second page, to learn whether "
            "lists have pages: the documents do not say. Empty: never ask."
        ),
    ),
    th.Property(
        "element_order",
        th.StringType,
        default="alphabetical",
        allowed_values=["alphabetical", "table"],
        description=(
            "Order of a contact's elements: as cobai answers, or as in the table of its pages. "
            "Switch it if cobai refuses the order."
        ),
    ),
    RATE,
    *CERTIFICATES,
)

ACCOUNT = Account(TITLE, SETTINGS)
