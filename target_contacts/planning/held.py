"""Read what contacts hold, with as few requests as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from tap_contacts.listing.offsets import Incomplete
from tap_contacts.transport.errors import ApiError, NotFound, ends_run
from target_contacts.sinks.item import Action, created

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from target_contacts.sinks.base import ApiSink
    from target_contacts.sinks.item import Item
Fields: TypeAlias = "Mapping[str, Any]"

MOST_SINGLE = 20
"""Contacts of a run that are read one by one before they are listed."""


class Held:
    """The contacts of an account as they are, and as they would be by what is planned so far.

    What is listed is listed once, for all streams.

    Args:
        sink: Reads contacts.
    """

    def __init__(self, sink: ApiSink[Any]) -> None:
        self._sink, self._can = sink, sink.capabilities
        self._all: dict[str, Fields] | None = None
        self._parts: dict[str, dict[str, Fields]] = {}
        self._single: dict[str, Fields | None] = {}
        """Contacts that were read one by one; None: it is gone."""
        self._after: dict[str, Fields | None] = {}
        """What contacts would hold; None: deleted."""
        self.new: dict[str, Fields] = {}
        """Contacts that are yet to be created."""
        self.untold = ""
        """Why contacts cannot be read, if they cannot."""

    def know(self, item: Item, remote_id: str, held: Fields | None) -> None:
        """Know what is planned.

        Args:
            item: What would be sent.
            remote_id: Id of the contact.
            held: What it holds; None if it is new or not told.
        """
        if item.action is Action.DELETE:
            self._after[remote_id] = None
        elif item.action is Action.CREATE:
            self._after[remote_id] = self.new[remote_id] = created(item)
        elif held is not None:
            self._after[remote_id] = {**held, **item.payload}
            if remote_id in self.new:
                self.new[remote_id] = {**held, **item.payload}

    def all(self) -> Mapping[str, Fields]:
        """Return all contacts by id, as they would be."""
        return _there({**self._listed(), **self._after})

    def _listed(self) -> Mapping[str, Fields]:
        if self._all is None:
            self._all = dict(self._sink.stored())
        return self._all

    def within(self, scope: str, most: int) -> Mapping[str, Fields] | None:
        """Return the contacts of a part of the account by id, as the sink does."""
        if scope not in self._parts:
            found = self._sink.within(scope, most)
            if found is None:
                return None
            self._parts[scope] = dict(found)
        part = self._parts[scope]
        return _there({each: self._after.get(each, fields) for each, fields in part.items()})

    def read(self, items: Sequence[Item], *, asks: bool) -> Mapping[str, Fields | None]:
        """Return what the contacts of items hold or would hold, by id. None: it is gone.

        One of which nothing is known is missing.

        Args:
            items: Changes of contacts.
            asks: Whether the API may be asked.

        Raises:
            ApiError: If nothing more can be asked.
        """
        ids = {str(item.remote_id): item for item in items}
        known = {each: self._after[each] for each in ids if each in self._after}
        unknown = {each: item for each, item in ids.items() if each not in known}
        return {**known, **(self._asked(unknown) if asks and unknown else {})}

    def _asked(self, ids: Mapping[str, Item]) -> Mapping[str, Fields | None]:
        """Return what the API tells: by lists, unless only few contacts were asked for so far."""
        if self._all is None and len(self._single.keys() | ids.keys()) <= MOST_SINGLE:
            return dict(self._each(ids))
        if not self._can.can_list:
            return {each: self._single[each] for each in ids if each in self._single}
        if self._all is None and self._can.goes_without_list(len(ids)):
            return dict(self._in_parts(ids))
        everyone = self._listed()
        return {each: everyone.get(each) for each in ids}

    def _in_parts(self, ids: Mapping[str, Item]) -> Iterator[tuple[str, Fields | None]]:
        """Yield contacts from the part of the account that each belongs to.

        One that is not there may have been moved, so it is asked for.
        """
        missing = {}
        for remote_id, item in ids.items():
            scope = self._sink.scope(item.payload)
            part = None if scope is None else self.within(scope, len(ids))
            if part and remote_id in part:
                yield remote_id, part[remote_id]
            else:
                missing[remote_id] = item
        yield from self._each(missing)

    def _each(self, ids: Mapping[str, Item]) -> Iterator[tuple[str, Fields | None]]:
        """Yield contacts that are asked for one by one, as long as the API tells them."""
        for remote_id in ids:
            if remote_id not in self._single and not self.untold:
                self._ask(remote_id)
            if remote_id in self._single:
                yield remote_id, self._single[remote_id]

    def _ask(self, remote_id: str) -> None:
        """Ask for one contact. Where its absence may have another reason, all are listed."""
        try:
            found = self._sink.read_back(remote_id)
        except NotFound:
            self._single[remote_id] = None
            return
        except (ApiError, Incomplete) as error:
            if ends_run(error) and self._can.can_list:
                raise
            found, self.untold = None, "" if self._can.can_list else str(error)
        if found is not None or self._can.can_list:
            self._single[remote_id] = found or self._listed().get(remote_id)


def _there(contacts: Mapping[str, Fields | None]) -> dict[str, Fields]:
    """Return the contacts that are not deleted."""
    return {each: fields for each, fields in contacts.items() if fields is not None}
