"""BAS-IP indoor monitors, the phone book of a door intercom: settings and requests.

Source: https://developers.bas-ip.com/android-monitors/1.7.0/create-or-update-contacts
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.bas_ip import codes, wire
from tap_contacts.apis.bas_ip.sign_in import TITLE, Login
from tap_contacts.apis.bas_ip.wire import CONTACTS_PATH, INFO_PATH, LOGIN_PATH
from tap_contacts.transport.account_settings import text, user
from tap_contacts.transport.call import Call
from tap_contacts.transport.client import ApiClient
from tap_contacts.transport.errors import NotFound
from tap_contacts.transport.settings import RATE
from tap_contacts.transport.trust import CERTIFICATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_contacts.transport.session import SignIn

SETTINGS = th.ObjectType(
    *user("User of the monitor's web interface."),
    text(
        "api_url",
        "Origin of the monitor, such as https://192.0.2.10. With plain http, set allow_http.",
        required=True,
    ),
    text(
        "contacts_path",
        "Path that takes contacts; the vendor's pages do not print it.",
        default=CONTACTS_PATH,
    ),
    text("login_path", "Path that gives tokens.", default=LOGIN_PATH),
    text(
        "number_template",
        "How a contact's number is made of its attributes, such as "
        "sip:{mobile}@pbx.example.com. Default: a mobile or phone that is one already.",
    ),
    RATE,
    *CERTIFICATES,
)


class BasIp(ApiClient):
    """Write into the phone book of one monitor; no page documents how to list it."""

    api = "bas_ip"
    title = TITLE
    settings = SETTINGS
    operational = ("username", "api_url", "contacts_path", "login_path")
    judge = staticmethod(codes.judge)

    def __init__(self, settings: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        super().__init__(settings, config)
        self.number_template: str = settings.get("number_template") or ""
        self._contacts_path = _path(settings, "contacts_path", CONTACTS_PATH)
        self._username: str = settings["username"]

    def sign_in_with(self, settings: Mapping[str, Any]) -> SignIn:
        """Sign in with user and password."""
        url = self.origin + _path(settings, "login_path", LOGIN_PATH)
        return Login(self.transport, url, settings["username"], settings["password"])

    def check(self) -> str:
        """Sign in and let the device introduce itself."""
        try:
            info = self.call("GET", INFO_PATH).json
        except NotFound:
            info = {}
        told = ", ".join(wire.introduction(info)) or "the device does not introduce itself"
        return f"{self.title} at {self.origin} answers, signed in as {self._username}; {told}"

    @property
    def harmless(self) -> Call:
        """Return what lets the device introduce itself."""
        return Call("GET", INFO_PATH)

    def upsert(
        self, contacts: Sequence[Mapping[str, Any]], *, once: bool = False
    ) -> dict[str, Mapping[str, Any]]:
        """Create or update contacts and return the results by `link_id`, in lower case.

        The same `link_id` never makes a second contact, so that this may be repeated.

        Args:
            contacts: 1 to 10,000 contacts with their `link_id`.
            once: Whether it is repeated only if it was throttled.
        """
        several = len(contacts) > 1
        body = {"list_items": contacts}
        answer = self.call("POST", self._contacts_path, several=several, once=once, json=body)
        return wire.results(answer)


def _path(settings: Mapping[str, Any], name: str, default: str) -> str:
    path = str(settings.get(name) or default)
    if not re.fullmatch(r"/[^\s?#]+", path):
        msg = f"bas_ip.{name} must be a path that starts with a slash, such as {default}."
        raise ConfigurationError(msg)
    return path
