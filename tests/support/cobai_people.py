"""What the tests of cobai share."""

from __future__ import annotations

from typing import Any

from tests.sandbox.cobai import CUSTOMER_UUID, PASSWORD, RICO, Cobai

LIST = f"/v2/customer/{CUSTOMER_UUID}/contact"
NOBODY = "00000000-0000-4000-8000-000000000000"
HTML = "<!DOCTYPE html><html><body>Please log in</body></html>"
XHTML = '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>Please log in</p></body></html>'
DEBUG = {"LOGLEVEL": "DEBUG"}


def source(sandbox: Cobai, **settings: Any) -> dict[str, Any]:
    """Return a tap config for a sandbox."""
    return {"cobai": {**sandbox.tap_config(), **settings}}


def person(number: int, **fields: Any) -> dict[str, Any]:
    """Return a record with what the defaults do not give."""
    names = {"first_name": f"First {number}", "last_name": f"Last {number}"}
    return {"id": number, **names, "email": f"n{number}@example.com", **fields}


def member(name: str, **fields: str) -> dict[str, str]:
    """Return the fields of a contact in cobai."""
    return {**RICO, "webUserName": name, "webPassword": PASSWORD, **fields}


def calls(sandbox: Cobai, method: str) -> list[str]:
    """Return the paths that were asked for with a method."""
    return [line.request.path for line in sandbox.log if line.request.method == method]
