"""The settings of an account of BAS-IP."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_contacts.apis.bas_ip.wire import AUTO, LOGIN_PATH
from tap_contacts.transport.account_settings import Account, text, user
from tap_contacts.transport.settings import RATE
from tap_contacts.transport.trust import CERTIFICATES

TITLE = "BAS-IP"

SETTINGS = th.ObjectType(
    *user("User of the monitor's web interface."),
    text(
        "api_url",
        "Origin of the monitor, such as https://192.0.2.10. With plain http, set allow_http.",
        required=True,
    ),
    text(
        "contacts_path",
        "Path that takes contacts, which the vendor's pages do not print. auto: the likely ones "
        "are tried by reading.",
        default=AUTO,
    ),
    text(
        "delete_path",
        "Path that deletes contacts by their link_id, documented for a sibling family of devices "
        "only. Default: contacts_path.",
    ),
    text("login_path", "Path that gives tokens.", default=LOGIN_PATH),
    text(
        "number_template",
        "How a contact's number is made of its attributes, such as "
        "sip:{mobile}@pbx.example.com. Default: a mobile or phone that is one already.",
    ),
    th.Property(
        "max_name_length",
        th.IntegerType(minimum=1, maximum=10_000),
        description="Most characters of a name. Camdroid monitors take 30. Default: the monitor "
        "decides.",
    ),
    th.Property(
        "max_contacts",
        th.IntegerType(minimum=1, maximum=1_000_000),
        description="Contacts that the monitor holds: 1000 on Android, 300 on camdroid. More new "
        "ones are warned of. Default: what the monitor says of itself, if it does.",
    ),
    RATE,
    *CERTIFICATES,
)

ACCOUNT = Account(TITLE, SETTINGS)
