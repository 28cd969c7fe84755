"""APIs in a ring: each is read and written into the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_contacts.target import SINKS
from target_contacts.values import convert, names
from target_contacts.values.phones import Number, plans
from tests.crash.lab import KINDS
from tests.sandbox.porters import CLIENT_ID
from tests.support.people import COMPANY, Person, put

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Finished
    from tests.support.in_process import Folder

OWN = {"customer_id", "owner_id", "password", "image", "status"}
"""Attributes that each system has its own values of."""

DEFAULTS = {"gender", "role", "ignore_assortment"}
"""What cobai demands and nobody else has: who comes back to it comes with the defaults."""


@dataclass
class Ring:
    """Running APIs, each of which is read and written into the next one."""

    folder: Folder
    sandboxes: dict[str, Sandbox] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Settings of the target beside those of the account, by destination."""

    def start(self, stack: ExitStack, apis: tuple[str, ...], people: tuple[Person, ...]) -> None:
        """Start the APIs, the first of them with people."""
        self.sandboxes = {api: stack.enter_context(KINDS[api]()) for api in apis}
        if "porters" in apis:
            porters: Any = self.sandboxes["porters"]
            porters.add_client(CLIENT_ID, COMPANY)
        for person in people:
            put(self.sandboxes[apis[0]], person)

    def round(self) -> list[tuple[str, str, Finished, Finished]]:
        """Go round once; return source, destination, and what tap and target did, each time."""
        apis = list(self.sandboxes)
        return [self.hop(*pair) for pair in zip(apis, [*apis[1:], apis[0]], strict=True)]

    def hop(self, source: str, to: str) -> tuple[str, str, Finished, Finished]:
        """Read one API and write another, with one ledger for all of them."""
        read = self.folder.tap({source: self.sandboxes[source].tap_config()})
        return source, to, read, self.write(to, read)

    def write(self, to: str, read: Finished) -> Finished:
        """Write what was read into an API."""
        config = {**self.sandboxes[to].target_config(), **self.settings.get(to, {})}
        written = self.folder.target(config, read.out)
        assert (written.code, written.summary["rejected"]) == (0, 0), written.log
        return written

    def seen(self, api: str) -> list[Person]:
        """Return the attributes of the contacts that an API holds, in the order of their mails."""
        return sorted(
            (attributes(api, contact) for contact in self.sandboxes[api].contacts),
            key=lambda person: str(person.get("email")),
        )


def attributes(api: str, contact: Mapping[str, Any]) -> Person:
    """Return the attributes of a contact that an API holds, numbers and countries in one form."""
    fields = [each for each in SINKS[api].fields if each.attribute not in OWN | DEFAULTS]
    held = {each.attribute: contact.get(each.wire) for each in fields}
    found = {name: value for name, value in held.items() if value not in (None, "", "false")}
    if "first_name" in found:
        found["full_name"] = names.whole(found["first_name"], found.get("last_name"))
    for number in {"mobile", "phone", "fax"} & found.keys():
        region = "JP" if "山" in found["full_name"] else None
        found[number] = Number(found[number], plans(region)).e164
    if "country" in found:
        found["country"] = convert.country(found["country"])
    return found


def writes(ring: Ring) -> int:
    """Return how many requests asked for a change of contacts so far."""
    return sum(len(sandbox.writes) for sandbox in ring.sandboxes.values())
