"""Read a short list of PORTERS (HRBC), such as that of fields, completely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_contacts.apis.porters import wire
from tap_contacts.listing.pages import Incomplete

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lxml.etree import _Element

    from tap_contacts.transport.client import ApiClient

Rows = list[dict[str, str]]


def read(
    client: ApiClient,
    path: str,
    query: Mapping[str, Any],
    key: str,
    rows_of: Callable[[_Element | None], Rows] = wire.rows_of,
    **options: Any,
) -> Rows:
    """Return all rows of a list.

    `key` is the field that tells rows apart. `rows_of` returns the rows of a page.

    Raises:
        Incomplete: If rows are missing; the list may have changed meanwhile.
    """
    found: dict[str, dict[str, str]] = {}
    start, total, more = 0, -1, True
    while more:
        asked = {**query, "count": wire.LARGEST_PAGE, "start": start}
        root = client.call("GET", path, params=asked, **options).xml
        rows = {row[key]: row for row in rows_of(root) if row.get(key)}
        more = bool(rows.keys() - found.keys())
        found |= rows
        start, total = start + len(rows), wire.total(root)
        more = more and not 0 <= total <= start
    if len(found) < total:
        msg = f"{client.title}: GET {path}: counts {total} rows, gave {len(found)}. Run again."
        raise Incomplete(msg)
    return list(found.values())
