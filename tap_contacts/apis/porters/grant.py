"""Lead an administrator to the page on which a company grants the app access.

Source: https://hrbcapi.porters.jp/hc/en-us/articles/115008017527-Steps-for-Authentication
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.porters.codes import GRANT, OF_REQUEST
from tap_contacts.apis.porters.fields import CLIENTS, CONTACTS, FIELD
from tap_contacts.apis.porters.options import OPTION
from tap_contacts.apis.porters.settings import TITLE
from tap_contacts.transport.errors import Refused, Stopped
from tap_contacts.transport.grant import Grant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCOPES = ("partition_r", "user_r", "field_r", "option_r", "client_r", "contact_r", "contact_w")
"""What the commands need, as the address of the page has it."""

BEFORE = """\
1. PORTERS gave you an App ID and a Secret for the app, and registered its redirect URL and the IP
   address of this machine."""

STEPS = """\
2. Log out of PORTERS in a browser. Then open this address, log in as an administrator of the
   company, and accept:
   {address}
3. The browser ends at the redirect URL. What that page shows does not matter, and no code is
   needed: the app fetches its own."""

ADDRESS = "Address at which the browser ended, or nothing"

NOT_PERMITTED = ("400", "403", "6")
"""Result codes of a read that the company has not granted; the pages do not part them clearly."""

NOT_GRANTED = "not granted"

_ERROR = re.compile(r"[?&]error=(-?[0-9]{1,9})(?![^&#])")
"""The error in the address to which PORTERS sends the browser back."""

AGAIN = (
    "Open the address again with all scopes. If the app was granted fewer before, that grant may "
    "have to be removed first: response_type=remove in the same address."
)


class Read(NamedTuple):
    """A harmless read that a scope permits."""

    scope: str
    path: str
    query: Mapping[str, Any]
    others: tuple[str, ...] = ()
    """Scopes that it needs beside its own."""


MASTERS = ("user_r", "option_r")

READS = (
    Read("field_r", FIELD, {"resource": CONTACTS.number, "count": 1, "start": 0}),
    Read("option_r", OPTION, {"level": 0, "enabled": -1}),
    Read("user_r", "/v1/user", {"request_type": 1, "count": 1, "start": 0}),
    Read("client_r", CLIENTS.path, {"count": 1, "start": 0}, MASTERS),
    Read("contact_r", CONTACTS.path, {"count": 1, "start": 0}, ("client_r", *MASTERS)),
)
"""A read for each scope but `partition_r`, without which none is tried, and `contact_w`."""


class AppGrant(Grant):
    """Have a company grant the app access, and see what it granted."""

    def settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for the app and for the grant; return the app, and the company if there are several.

        The code that the page gives is not used: the app gets its own without a person.
        """
        person = self.means.person
        person.tell(BEFORE)
        app_id = given.get("app_id") or person.ask("App ID")
        secret = given.get("app_secret") or person.ask("Secret", hidden=True)
        app = {"app_id": app_id, "app_secret": secret}
        client = self.means.client({**given, **app})
        redirect = person.ask("Redirect URL as registered, or nothing", optional=True)
        person.tell(STEPS.format(address=_address(client.origin, app["app_id"], redirect)))
        _assert_granted(person.ask(ADDRESS, hidden=True, optional=True))
        return {**app, **self._chosen(client, given)}

    def _chosen(self, client: Any, given: Mapping[str, Any]) -> dict[str, str]:
        """Return the company database, if the app can reach several and none is given."""
        names = {
            row["Partition.P_Id"]: row.get("Partition.P_Name", "") for row in client.partitions()
        }
        if given.get("partition") or len(names) < 2:  # noqa: PLR2004
            return {}
        self.means.person.tell("\n".join(f"{each}: {name}" for each, name in names.items()))
        chosen = self.means.person.ask("Number of the company database")
        if chosen not in names:
            msg = f"porters.partition must be one of {', '.join(names)}; no file was changed."
            raise ConfigurationError(msg)
        return {"partition": chosen}

    def proof(self, client: Any) -> Iterator[str]:
        """Yield which company answers, and of each scope whether it was granted.

        Raises:
            Stopped: One was not.
        """
        yield client.check()
        missing: list[str] = []
        unclear: list[str] = []
        for read in READS:
            lacking = [scope for scope in read.others if scope in (*missing, *unclear)]
            told = (
                f"cannot be told without {', '.join(lacking)}" if lacking else _told(client, read)
            )
            unclear += [read.scope] * bool(lacking)
            missing += [read.scope] * (told == NOT_GRANTED)
            yield f"scope {read.scope}: {told}"
        yield "scope contact_w: only the first write can tell"
        if missing:
            raise Stopped(TITLE, "scopes", f"not granted: {', '.join(missing)}", AGAIN)


def _address(origin: str, app_id: str, redirect: str) -> str:
    given = {"redirect_url": redirect} if redirect else {}
    query = {"app_id": app_id, **given, "response_type": "code", "scope": ",".join(SCOPES)}
    return (
        f"{origin}/v1/oauth?{urlencode({**query, 'state': 'sign-in'}, quote_via=quote, safe=',')}"
    )


def _assert_granted(address: str) -> None:
    """Raise Stopped if the browser was sent back with an error."""
    found = _ERROR.search(address)
    if found and found[1] != "0":
        advice = "Somebody pressed cancel: begin again." if found[1] == "-1" else GRANT
        raise Stopped(TITLE, "GET /v1/oauth", f"refused with error {found[1]}", advice)


def _told(client: Any, read: Read) -> str:
    try:
        client.call("GET", read.path, params=read.query)
    except (Refused, Stopped) as error:
        if error.code in NOT_PERMITTED:
            return NOT_GRANTED
        if isinstance(error, Stopped) and error.code not in OF_REQUEST:
            raise
        return f"cannot be told: {read.path} answered code {error.code}"
    return "granted"
