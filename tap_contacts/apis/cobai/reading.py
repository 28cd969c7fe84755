"""Read the customers and contacts of cobai, and give each contact the form of a record."""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.cobai.progress import CustomersRead
from tap_contacts.apis.cobai.wire import CUSTOMERS, FIELDS
from tap_contacts.listing.prefetch import AFRESH, NOT_AS_LEFT, Chunk, in_order
from tap_contacts.listing.vanished import Vanished
from tap_contacts.transport.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from tap_contacts.apis.cobai.client import Cobai

Listed = list[dict[str, str]]
"""Contacts of one customer, as its list tells them."""

GONE = Chunk([], gone=1)
"""What stands for a contact that was deleted after it had been listed."""


def customers(client: Cobai) -> Iterator[dict[str, Any]]:
    """Yield `uuid` and `is_new` of each chosen customer; nothing else is told of them."""
    new = set(client.all_customers("new"))
    for uuid in chosen_customers(client):
        yield {"uuid": uuid, "is_new": uuid in new}


def chosen_customers(client: Cobai) -> list[str]:
    """Return the UUIDs of the customers that the settings choose.

    Raises:
        ConfigurationError: If one that they name is no customer.
    """
    listed = client.all_customers(client.customer_state)
    if not client.chosen:
        return listed
    known = set(listed)
    missing = [uuid for uuid in client.chosen if uuid not in known]
    if missing and client.customer_state:
        everybody = set(client.all_customers())
        missing = [uuid for uuid in missing if uuid not in everybody]
    if missing:
        msg = f"cobai.customers names {', '.join(missing)}; cobai has no such customer."
        raise ConfigurationError(msg)
    return [uuid for uuid in client.chosen if uuid in known]


def read_contacts(
    client: Cobai, progress: Mapping[str, Any] | None
) -> Generator[Chunk, None, None]:
    """Yield the contacts of the chosen customers, normalised, but those read earlier."""
    done = CustomersRead(chosen_customers(client), progress)
    if done.is_lost:
        client.logger.warning(NOT_AS_LEFT, f"{client.title}: GET {CUSTOMERS}")
        yield AFRESH
    with closing(_marked(client, done)) as listed, closing(_whole(client, listed)) as contacts:
        for contact in contacts:
            yield contact if isinstance(contact, Chunk) else Chunk([normal(contact)])


def stored(
    client: Cobai, customers: Iterable[str], wanted: Callable[[Listed], Listed] = list
) -> Iterator[dict[str, str]]:
    """Yield the contacts of these customers as cobai tells them, with `customer_uuid`.

    Of a customer's list only those are read that `wanted` returns.
    """
    with closing(in_order(client.pool, client.listed, customers, client.ahead)) as lists:
        listed = chain.from_iterable(map(wanted, lists))
        with closing(_whole(client, listed)) as contacts:
            yield from (contact for contact in contacts if isinstance(contact, dict))


def _marked(client: Cobai, done: CustomersRead) -> Generator[dict[str, str] | Chunk, None, None]:
    """Yield what is listed of the customers left, and the progress now and then."""
    gone = Vanished(client.all_customers)
    listed_of = partial(_listed_or_gone, client, gone, time.monotonic())
    with closing(in_order(client.pool, listed_of, done.left, client.ahead)) as lists:
        for listed in lists:
            yield from [GONE] if listed is None else _together(listed)
            if progress := done.progress():
                yield Chunk([], progress, done.to_come)


def _listed_or_gone(
    client: Cobai, gone: Vanished, listed_at: float, customer: str
) -> Listed | None:
    """Return a customer's contacts; None if the customer is not there any more."""
    try:
        return client.listed(customer)
    except NotFound:
        if not gone.has(customer, listed_at):
            raise
        return None


def _whole(
    client: Cobai, listed: Iterable[dict[str, str] | Chunk]
) -> Generator[dict[str, str] | Chunk, None, None]:
    """Yield listed contacts with all their fields, and what else there is between them.

    What a list tells of contacts is not documented: what it leaves out is read one by one.
    """
    reading = in_order(client.pool, partial(_read, client), listed, client.ahead, _is_whole)
    with closing(reading) as contacts:
        yield from contacts


def _read(client: Cobai, listed: Any) -> dict[str, str] | Chunk:
    """Return a contact of a list; GONE if it was deleted since, or its customer."""
    customer, uuid = listed["customer_uuid"], listed["uuid"]
    try:
        return client.contact(customer, uuid)
    except NotFound:
        if _is_listed(client, customer, uuid):
            raise
        return GONE


def _is_listed(client: Cobai, customer: str, uuid: str) -> bool:
    try:
        return any(item["uuid"] == uuid for item in client.listed(customer))
    except NotFound:
        if customer in client.all_customers():
            raise
        return False


def _together(listed: Listed) -> Iterable[dict[str, str] | Chunk]:
    """Return the contacts of a list as one chunk if none of them needs a further request."""
    is_whole = listed and all(map(_is_whole, listed))
    return [Chunk([normal(contact) for contact in listed])] if is_whole else listed


def _is_whole(item: Any) -> Any:
    """Return what needs no further request: a contact with all fields, or no contact."""
    return item if isinstance(item, Chunk) or set(FIELDS) <= item.keys() else None


def normal(contact: Mapping[str, str]) -> dict[str, Any]:
    """Give a contact's values their types: "" is None, ignoreAssortment is a boolean."""
    record: dict[str, Any] = {name: text or None for name, text in contact.items()}
    if flag := record.get("ignoreAssortment"):
        record["ignoreAssortment"] = flag.strip().lower() in {"true", "1"}
    return record
