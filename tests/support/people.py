"""Put people into any API of the sandbox, as others do on its screens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.target import SINKS
from target_contacts.values import names
from tests.sandbox.cobai import PASSWORD
from tests.sandbox.porters import CLIENT_ID, OWNER_ID

if TYPE_CHECKING:
    from tests.sandbox.server import Sandbox

Person = dict[str, Any]
"""Attributes of the vocabulary with their values."""

COMPANY = "Marie's Jewelry"
"""Whose contacts they are: the name of the customer in Valomnia's own sample."""

MORE: dict[str, dict[str, Any]] = {
    "cobai": {"webPassword": PASSWORD, "role": "ROLE_SHOP_USER", "ignoreAssortment": "false"},
    "porters": {"Contact.P_Client": CLIENT_ID, "Contact.P_Owner": OWNER_ID},
    "valomnia": {"customerId": "3229"},
    "zoho_voice": {"company": COMPANY},
}
"""What a contact has at an API beside what all have in common."""


def put(sandbox: Sandbox, person: Person) -> None:
    """Put in a person, as far as the API has fields for what is told; the login is the e-mail."""
    whole = names.whole(person["first_name"], person["last_name"])
    told = {**person, "full_name": whole, "user_name": person["email"]}
    fields = [each for each in SINKS[sandbox.api].fields if each.attribute in told]
    sandbox.add(
        **{**MORE.get(sandbox.api, {}), **{each.wire: told[each.attribute] for each in fields}}
    )
