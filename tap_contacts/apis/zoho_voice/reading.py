"""Read the contacts of Zoho Voice, and give each the form of a record."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from tap_contacts.listing.offsets import read_chunks, read_rows
from tap_contacts.listing.pages import Listing, Page
from tap_contacts.listing.prefetch import Chunk, Offsets, in_order
from tap_contacts.listing.vanished import Vanished
from tap_contacts.transport.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from tap_contacts.apis.zoho_voice.client import ZohoVoice


def contacts(client: ZohoVoice) -> Iterator[dict[str, Any]]:
    """Yield every contact once."""
    for chunk in read_contacts(client):
        yield from chunk.records


def few_contacts(client: ZohoVoice, pages: int) -> Iterator[dict[str, Any]] | None:
    """Return every contact; None if there are more than so many pages hold, or that is not told."""
    most = pages * client.page_size
    return contacts(client) if 0 <= client.page(0).total <= most else None


def contact(client: ZohoVoice, contact_id: str) -> dict[str, Any]:
    """Return one contact, with created_time (epoch, milliseconds) and number."""
    return normal(client.contact(contact_id))


def read_contacts(
    client: ZohoVoice, progress: Mapping[str, Any] | None = None
) -> Generator[Chunk, None, None]:
    """Yield every contact once, but those that an earlier run has written."""

    def page(start: int) -> Page:
        return _page(client, start)

    listing = Listing(client.what, client.page_size, "contact_id")
    pages = Offsets(client.pool, page, client.page_size - 1, client.ahead)
    with closing(read_chunks(listing, pages, progress)) as chunks:
        yield from _detailed(client, chunks) if client.contact_details else chunks


def _page(client: ZohoVoice, start: int) -> Page:
    page = client.page(start)
    return page._replace(rows=[normal(row) for row in page.rows])


def _detailed(client: ZohoVoice, chunks: Iterator[Chunk]) -> Generator[Chunk, None, None]:
    """Yield each contact as it is told alone, and after those of a page its progress."""
    singles = (single for chunk in chunks for single in _singles(chunk))
    vanished = Vanished(lambda: _ids(client))

    def detail(single: tuple[Chunk, float]) -> Chunk:
        return _single(client, *single, vanished)

    reading = in_order(client.pool, detail, singles, client.ahead, _without_records)
    with closing(reading) as detailed:
        yield from detailed


def _ids(client: ZohoVoice) -> Iterator[str]:
    rows = read_rows(client.what, client.page, client.page_size, "contact_id")
    return (str(row["contact_id"]) for row in rows)


def _single(client: ZohoVoice, chunk: Chunk, listed_at: float, vanished: Vanished) -> Chunk:
    """Return a contact as it is told alone; none if it is not listed any more.

    What tells that a contact is not there is not documented: any refusal may.
    """
    (listed,) = chunk.records
    try:
        return Chunk([contact(client, listed["contact_id"])])
    except Refused:
        if not vanished.has(listed["contact_id"], listed_at):
            raise
        return Chunk([], gone=1)


def _singles(chunk: Chunk) -> Iterator[tuple[Chunk, float]]:
    """Split a chunk into one for each record, and one for its progress, with when it came."""
    now = time.monotonic()
    for record in chunk.records:
        yield Chunk([record]), now
    yield chunk._replace(records=[]), now


def _without_records(single: tuple[Chunk, float]) -> Chunk | None:
    chunk, _ = single
    return None if chunk.records else chunk


def normal(contact: Mapping[str, Any]) -> dict[str, Any]:
    """Give a contact one form, whichever of the API's forms it came in.

    Ids are strings (they exceed 2^53), "" is None, flags are booleans ("" is False, inferred), and
    the owner is `contact_owner_id` and `contact_owner_name`. The e-mail's key is `email`; the
    machine-translated documentation calls it メール.
    """
    record = dict(contact)
    for key, value in contact.items():
        if value == "":
            record[key] = None
    if "メール" in record:
        record = {("email" if key == "メール" else key): value for key, value in record.items()}
    owner = record.pop("contact_owner", None)
    owner = owner if isinstance(owner, dict) else {"id": owner}
    record["contact_owner_id"] = _text(owner.get("id"))
    record["contact_owner_name"] = _text(owner.get("display_value"))
    record["contact_id"] = _text(record.get("contact_id"))
    for flag in ("is_favourite", "is_spam"):
        record[flag] = bool(record.get(flag)) and str(record[flag]).lower() == "true"
    return record


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)
