"""What the tests of PORTERS' fields share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.sandbox.porters_tenant import Kind
from tests.support.commands import Finished, Workplace, contacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.sandbox.porters import Porters


ANNA: dict[str, Any] = {"id": "a", "name": "Anna", "email": "anna@example.com"}
BERT: dict[str, Any] = {"id": "b", "name": "Bert", "email": "bert@example.com"}
CARL: dict[str, Any] = {"id": "c", "name": "Carl", "email": "carl@example.com"}


def write(
    workplace: Workplace, sandbox: Porters, *records: Mapping[str, Any], **settings: Any
) -> Finished:
    """Write records with further settings."""
    return workplace.target({**sandbox.target_config(), **settings}, contacts(*records))


def asked(sandbox: Porters, path: str) -> list[dict[str, str]]:
    """Return the queries of the reads at a path."""
    return [dict(line.request.query) for line in sandbox.log if line.request.path == path]


def held(sandbox: Porters, alias: str) -> list[str | None]:
    """Return the values that contacts hold in a field, oldest first."""
    return [contact.get(alias) for contact in sandbox.contacts]


def refusals(workplace: Workplace) -> list[tuple[Any, str, str | None]]:
    """Return id, code and field of each rejected record, by id."""
    found = [line for line in workplace.rejects if line["type"] == "RECORD"]
    return sorted(
        (m["record"]["id"], m["rejection"]["code"], m["rejection"]["field"]) for m in found
    )


def reasons(workplace: Workplace) -> str:
    """Return why records were rejected."""
    return "\n".join(each["reason"] for each in workplace.rejections)


REFUSED: dict[Kind, list[tuple[Any, str]]] = {
    Kind.SINGLE: [("123456", "takes 5 characters")],
    Kind.NUMBER: [
        ("1,000", "a number"),
        (True, "a number"),
        ("NaN", "a number"),
        ("٣", "a number"),
        ("1e400", "a number"),
        (1000.1, "1000 or less"),
        (-5.1, "-5 or more"),
        ("0.25", "takes 1 decimals, not 2"),
    ],
    Kind.DATE: [("03/04/2020", "a date"), ("2026-02-30", "a date")],
    Kind.DATETIME: [("tomorrow", "a time"), ("0001-01-01T00:00:00+23:00", "a time")],
    Kind.CHECKBOX: [
        ("Tokyo, South", "known are: Tokyo, North, far, Twin, Twin"),
        ([[]], "name an option"),
        ([{"a": 1}], "plain"),
        (",", "known are"),
    ],
    Kind.RADIO: [("Twin", "Option.U_1, Option.U_2"), ("West", "known are"), ("Area", "no others")],
    Kind.OPTION: [("Option.U_East", "no others stand under"), ("Lead", "known are: Tokyo")],
    Kind.URL: [("a b", "without spaces")],
    Kind.MAIL: [("a@b@c", "exactly one @"), ("a", "exactly one @")],
    Kind.TELEPHONE: [("4.91511E+12", "a rounded number")],
    Kind.USER: [("anna@example.com", "digits only")],
}
"""Values that are rejected before they are sent, and what the reason says."""
