"""What the tests of BAS-IP share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.sandbox.bas_ip import CONTACTS_PATH, LOGIN_PATH, BasIp

if TYPE_CHECKING:
    from collections.abc import Mapping


ANNA = {"id": 1, "name": "Anna", "mobile": "+49 151 1234"}
BERT = {"id": 2, "name": "Bert", "mobile": "+49 151 5678"}
CARL = {"id": 3, "name": "Carl", "mobile": "+49 151 9012"}
UPSERT, LOGIN = f"POST {CONTACTS_PATH}", f"GET {LOGIN_PATH}"


def config(sandbox: BasIp, **changes: Any) -> dict[str, Any]:
    """Return the config of a monitor, with settings of its account changed; None takes one away."""
    whole = sandbox.target_config()
    account = {**whole[sandbox.api], **changes}
    kept = {name: value for name, value in account.items() if value is not None}
    return {**whole, sandbox.api: kept}


def bins(summary: Mapping[str, Any]) -> dict[str, int]:
    """Return the bins of a summary that are not empty."""
    names = ("created", "updated", "unchanged", "deleted", "rejected", "skipped")
    return {name: summary[name] for name in names if summary[name]}


def held(sandbox: BasIp) -> list[str]:
    """Return the names in the phone book."""
    return [contact["name"] for contact in sandbox.contacts]
