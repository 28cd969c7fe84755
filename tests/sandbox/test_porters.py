"""The sandbox of PORTERS serves its tests: people, rules, settings."""

from __future__ import annotations

import pytest

from tests.sandbox.porters import APP_ID, APP_SECRET, Porters
from tests.sandbox.porters_codes import ResultCodeError
from tests.support.porters_api import FIELDS, NAMED, OWNED, Api, results, with_field


def test_required_by_the_tenant(tenant: Api) -> None:
    """What a tenant requires is required of a new contact (adverse), not of an update."""
    assert [code for _, code in results(tenant.post(OWNED, NAMED))] == ["101", "0"]
    start = "<Contact.P_Id>20002</Contact.P_Id>"
    assert results(tenant.post(with_field("Contact.P_City", "Bonn", start))) == [("20002", "0")]


def test_seed(api: Api) -> None:
    """The seed is contact 20001 under client 10001, as on the vendor's page."""
    api.sandbox.seed()
    held = [(each["Contact.P_Id"], each["Contact.P_Client"]) for each in api.sandbox.contacts]
    assert held == [("20001", "10001")]


def test_add_and_change_obey_the_rules(api: Api) -> None:
    """Contacts put in without HTTP obey the rules of their fields."""
    added = api.sandbox.add(**FIELDS)
    api.sandbox.change(added, **{"Contact.P_Name": "A"})
    assert api.sandbox.contacts[0]["Contact.P_Name"] == "A"
    with pytest.raises(ResultCodeError, match="101"):
        api.sandbox.add()
    with pytest.raises(ResultCodeError, match="103"):
        api.sandbox.change(added, **{"Contact.P_Mail": "a"})


def test_contacts_are_copies(api: Api) -> None:
    """What a test does to `contacts` does not reach the state."""
    api.sandbox.add(**FIELDS)
    api.sandbox.contacts[0].clear()
    assert api.sandbox.contacts[0]["Contact.P_Owner"] == "1"


def test_writes(api: Api) -> None:
    """Of all requests only Contact Write counts as a write."""
    api.get("contact")
    api.post(OWNED)
    assert [line.request.path for line in api.sandbox.writes] == ["/v1/contact"]


def test_target_config(sandbox: Porters) -> None:
    """The config for the target names the server, its owner and its client; a tap needs less."""
    assert sandbox.target_config() == {
        "api": "porters",
        "porters": {
            "app_id": APP_ID,
            "app_secret": APP_SECRET,
            "partition": "1234",
            "api_url": sandbox.url,
        },
        "defaults": {"customer_id": "10001", "owner_id": "1"},
    }
    assert sandbox.tap_config() == sandbox.target_config()["porters"]
