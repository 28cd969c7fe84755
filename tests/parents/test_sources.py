"""Contacts of unrelated systems land below the clients and customers of their companies' names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.porters import Porters
from tests.sandbox.valomnia import Valomnia
from tests.support.commands import contacts, singer

if TYPE_CHECKING:
    from tests.support.commands import Workplace

DATA = Path(__file__).parents[1] / "data"

ACCOUNTS = {
    "001Ax00000B7xYQIAZ": "Thornbury Textiles Ltd",
    "001Ax00000B7xYRIAZ": "Rosales Logistics",
    "001Ax00000B7xYSIAZ": "森本商事株式会社",
}
"""Companies by the ids that Salesforce's contacts have of them."""

COMPANIES = {
    "hubspot": ["Norrsken Möbler AB", "Okafor & Sons", "株式会社あおば企画"],
    "salesforce": [*ACCOUNTS],
    "salesforce_nested": [*ACCOUNTS.values()],
    "csv_en": ["Ashcombe Seeds", "Boateng Freight", "橋本設計"],
    "zoho_voice": ["Tannhauser Travel", "中野薬局", "متجر الشاي"],
}
"""What three records of each file have of their companies."""


def lines(source: str) -> list[dict[str, Any]]:
    """Return a file's lines, of the contacts only those of its three companies, and no state."""
    text = (DATA / f"{source}.singer").read_text("utf-8")
    every = [json.loads(line) for line in text.splitlines()]
    kept = [each for each in every if each["type"] == "SCHEMA" or _has_company(source, each)]
    if source != "salesforce":
        return kept
    named = [{"Id": key, "Name": name} for key, name in ACCOUNTS.items()]
    return [*contacts(*named, stream="Account", key=["Id"]), *kept]


def _has_company(source: str, line: dict[str, Any]) -> bool:
    values = json.dumps(line.get("record", {}), ensure_ascii=False)
    return any(json.dumps(name, ensure_ascii=False) in values for name in COMPANIES[source])


@pytest.mark.parametrize("source", COMPANIES)
@pytest.mark.parametrize("api", ["porters", "valomnia"])
def test_three_companies_are_three_clients(workplace: Workplace, api: str, source: str) -> None:
    """No record has an id of the destination; each contact is below its own company."""
    names = [*ACCOUNTS.values()] if source == "salesforce" else COMPANIES[source]
    with Porters() if api == "porters" else Valomnia() as sandbox:
        for number, name in enumerate(names, 701):
            if isinstance(sandbox, Porters):
                sandbox.add_client(str(number), name)
            else:
                sandbox.add_customer(number, f"R{number}", name)
                sandbox.add(firstName="Old", lastName=f"{number}", customerId=number)
        given = sandbox.target_config()
        defaults = {key: v for key, v in given["defaults"].items() if key != "customer_id"}
        by = {"from": "AccountId"} if source == "salesforce" else {}
        more = {"defaults": defaults, "parents": by, "match_on": [], "concurrency": 1}
        run = workplace.target({**given, **more}, singer(lines(source)))
        if isinstance(sandbox, Porters):
            found = [int(each["Contact.P_Client"]) for each in sandbox.contacts]
        else:
            new = [each for each in sandbox.contacts if each["firstName"] != "Old"]
            found = [each["customer"]["id"] for each in new]
    assert (run.code, found) == (0, [701, 702, 703]), run.log
