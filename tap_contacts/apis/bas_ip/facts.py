"""Tell what reading shows of what no document proves about BAS-IP monitors.

Source: https://developers.bas-ip.com/android-monitors/1.7.0/create-or-update-contacts
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from tap_contacts.apis.bas_ip import paths, wire
from tap_contacts.transport.facts import Fact, Seen, differs, harms, holds, told, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_contacts.apis.bas_ip.paths import Found

ALONE = (
    "no read tells; the first contact of a run is sent alone, and an answer without its link_id "
    "ends the run"
)
UNTOLD = {
    "The caller may choose link_id, and the device keeps it": ALONE,
    "A flag that is left out is set to false": (
        "no read tells; all flags are sent, so nothing depends on it"
    ),
    "Inner numbers keep the ranges of the vendor's pages, not their regexes": (
        "no read tells; the device decides contact by contact, and what it refuses is rejected"
    ),
    "A SIP address may have a port, and a host whose parts begin with a letter and a digit": (
        "no read tells; the device decides contact by contact; if it refuses them, change "
        "bas_ip.number_template"
    ),
}
"""Assumptions that no reading tells, each with what tells it."""

NO_FAMILY = "the device does not say whether it is an Android or a camdroid monitor"


class Account(Protocol):
    """What is asked of the client."""

    given_login_path: str
    max_name_length: int | None

    @property
    def login_path(self) -> str:
        """Return the path of the sign-in, as far as it is known."""

    @property
    def contacts_path(self) -> Found:
        """Return the path that takes contacts, and why it is thought to."""

    @property
    def info(self) -> Mapping[str, Any]:
        """Return what the device says of itself."""

    @property
    def room(self) -> int | None:
        """Return how many contacts the device holds, if that is set or it says so."""

    def status_of_list(self, path: str) -> int:
        """Ask for a list of contacts; return the status if it tells much."""


class Facts:
    """What one monitor shows."""

    def __init__(self, client: Account) -> None:
        self._client = client

    def told(self) -> Iterator[Fact]:
        """Return what is assumed, and what was seen of it."""
        return told(self._asked, UNTOLD)

    @property
    def _asked(self) -> Sequence[tuple[str, Callable[[], Seen]]]:
        path = self._client.contacts_path.path
        return (
            (f"The sign-in is at {self._client.given_login_path}", self._login),
            (f"The path {path} takes contacts", self._path),
            ("Contacts can be listed there", self._list),
            ("The device says which version of the API it has", self._version),
            ("A name may be as long as the settings allow", self._names),
            ("The device says how many contacts it holds", self._room),
        )

    @cached_property
    def _lists(self) -> bool:
        return self._client.status_of_list(self._client.contacts_path.path) == paths.LISTED

    def _login(self) -> Seen:
        used = self._client.login_path
        if used == self._client.given_login_path:
            return holds()
        return differs(f"it is at {used}; set bas_ip.login_path to that, to spare a request")

    def _path(self) -> Seen:
        path, why = self._client.contacts_path
        if self._lists:
            return holds("it lists contacts, which shows it as far as reading can")
        others = [each for each in paths.candidates(self._client.login_path) if each != path]
        if why == paths.SET and self._is_not_there and (there := self._there(others)):
            return harms(f"nothing is there, but {there} is: set bas_ip.contacts_path to that")
        return unknown(
            f"{why}; the first contact tells; if it is refused, set bas_ip.contacts_path to one of "
            f"{', '.join(others)}"
        )

    @property
    def _is_not_there(self) -> bool:
        return self._client.status_of_list(self._client.contacts_path.path) not in paths.THERE

    def _there(self, others: Sequence[str]) -> str:
        """Return another path that is there, or ""."""
        found = (each for each in others if self._client.status_of_list(each) in paths.THERE)
        return next(found, "")

    def _list(self) -> Seen:
        if self._lists:
            return holds()
        return differs(
            "they cannot be listed; only the answer to a write says what became of a contact"
        )

    def _version(self) -> Seen:
        told = self._client.info.get("api_version")
        if isinstance(told, (str, int, float)) and told != "":
            return holds(f"it says {told}")
        return unknown(f"{wire.INFO_PATH} does not tell; its web page may")

    def _names(self) -> Seen:
        family, limit = wire.family(self._client.info), self._client.max_name_length
        if family is None:
            return unknown(
                f"{NO_FAMILY}; it refuses a name that is too long; a camdroid monitor takes "
                f"{wire.NAMES['camdroid']} characters, so set bas_ip.max_name_length for one"
            )
        most = wire.NAMES.get(family)
        if most and (limit is None or limit > most):
            return differs(
                f"{family} monitors take {most} characters; set bas_ip.max_name_length to {most}, "
                "or the device refuses longer ones"
            )
        return holds(f"it is one of {family}")

    def _room(self) -> Seen:
        told, set_to = wire.room(self._client.info), self._client.room
        if told is None:
            known = f"bas_ip.max_contacts says {set_to}" if set_to else "set bas_ip.max_contacts"
            return unknown(f"{NO_FAMILY}; {known}")
        if set_to != told:
            return differs(f"its family holds {told}, and bas_ip.max_contacts says {set_to}")
        return holds(f"{told}")
