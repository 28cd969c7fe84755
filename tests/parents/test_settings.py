"""How a look-up compares spellings depends on what is looked up."""

from __future__ import annotations

from typing import Any

import pytest

from tap_contacts.apis.porters.client import Porters
from target_contacts.parents.settings import given
from target_contacts.settings import typed
from target_contacts.sinks.porters.sink import PortersSink
from target_contacts.values.company_spelling import company, plain
from tests.support.fake_sink import DEFAULTS

ACCOUNT = {"app_id": "i", "app_secret": "s", "api_url": "http://127.0.0.1:9"}


@pytest.mark.parametrize(
    ("setting", "terms", "expected"),
    [
        ("parents", {"from": "company"}, company),
        ("parents", {"from": "AccountId", "lookup": "name"}, company),
        ("parents", {"from": "company", "file": "clients.csv"}, company),
        ("parents", {"from": "account.number", "file": "clients.csv"}, plain),
        ("parents", {"from": "company", "lookup": "Client.U_Number"}, plain),
        ("owners", {"from": "owner_email"}, plain),
        ("owners", {"from": "boss", "lookup": "name"}, plain),
    ],
)
def test_only_names_of_companies_are_compared_as_such(
    setting: str, terms: dict[str, Any], expected: object
) -> None:
    """Numbers, e-mails and people differ in signs and in words that are legal forms elsewhere."""
    for loosely, spelling in ((True, expected), (False, None)):
        whole = {"missing": "reject", "lookup_loosely": loosely, **terms}
        settings = typed({**DEFAULTS, "api": "porters", setting: whole})
        found = given(settings, PortersSink, Porters(ACCOUNT, {}))
        assert found[setting].spelling is spelling
