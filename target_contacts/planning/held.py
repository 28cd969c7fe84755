"""Read what contacts hold, with as few requests as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from tap_contacts.listing.pages import Incomplete
from tap_contacts.transport.errors import ApiError, NotFound, ends_run
from target_contacts.sinks.item import Action, created

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.sinks.base import ApiSink
    from target_contacts.sinks.item import Item
Fields: TypeAlias = "Mapping[str, Any]"

MOST_SINGLE = 20
"""Contacts of a run that are read one by one before they are listed."""


class Wanted:
    """Contacts that a list is to hold, where a sink leaves out those that the ledger knows."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.is_asked = False
        """Whether a sink leaves any out, so that its lists are of no use to other streams."""

    def left_out(self, known: AbstractSet[str]) -> set[str]:
        """Return those of the known contacts that a list may leave out."""
        self.is_asked = True
        return {*known} - self.ids


class Held:
    """The contacts of an account as they are, and as they would be by what is planned so far.

    What is listed is listed once, for all streams.

    Args:
        sink: Reads contacts.
        wanted: What lists are to hold though the ledger knows it.
    """

    def __init__(self, sink: ApiSink[Any], wanted: Wanted | None = None) -> None:
        self._sink, self._can, self._wanted = sink, sink.capabilities, wanted or Wanted()
        self._all: dict[str, Fields] | None = None
        self._parts: dict[str, dict[str, Fields]] = {}
        self._single: dict[str, Fields | None] = {}
        """Contacts that were read one by one; None: it is gone."""
        self._after: dict[str, Fields | None] = {}
        """What contacts would hold; None: deleted."""
        self._written: dict[str, Fields] = {}
        """What would be written into contacts of which nothing else is known."""
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
        else:
            before = self._written.get(remote_id, {})
            self._written[remote_id] = {**before, **item.payload}

    def after(self, remote_id: str, fields: Fields) -> Fields | None:
        """Return what a contact would hold that holds these fields; None: it would be deleted."""
        if remote_id in self._after:
            return self._after[remote_id]
        written = self._written.get(remote_id)
        return {**fields, **written} if written else fields

    @property
    def changed(self) -> Mapping[str, Fields]:
        """Return what is known of contacts as they would be, the new ones included."""
        return {**self._written, **_there(self._after)}

    def present(
        self, remote_ids: Iterable[str], ask: Callable[[list[str]], dict[str, Any]]
    ) -> dict[str, Any]:
        """Return what contacts would hold, by id, reading those of which nothing is known.

        Args:
            remote_ids: Their ids.
            ask: Reads contacts: None is one that is not found, an error one that is not told.
        """
        several = list(remote_ids)
        unknown = [each for each in several if each not in self._after]
        asked = ask(unknown) if unknown else {}
        found = {n: self.after(n, f) if isinstance(f, dict) else f for n, f in asked.items()}
        return found | {each: self._after[each] for each in several if each in self._after}

    def all(self, sink: ApiSink[Any]) -> Mapping[str, Fields]:
        """Return all contacts by id, as they would be, and as the sink of a stream lists them."""
        listed = self._listed(sink).items()
        after = {each: self.after(each, fields) for each, fields in listed}
        return _there({**after, **self._after})

    def _listed(self, sink: ApiSink[Any]) -> Mapping[str, Fields]:
        if self._all is not None:
            return self._all
        found = dict(sink.stored())
        if not self._wanted.is_asked:
            self._all = found
        return found

    def within(self, scope: str, most: int, sink: ApiSink[Any]) -> Mapping[str, Fields] | None:
        """Return the contacts of a part of the account by id, as they would be."""
        part = self._part(scope, most, sink)
        if part is None:
            return None
        return _there({each: self.after(each, fields) for each, fields in part.items()})

    def _part(self, scope: str, most: int, sink: ApiSink[Any]) -> Mapping[str, Fields] | None:
        if scope in self._parts:
            return self._parts[scope]
        found = sink.within(scope, most)
        part = None if found is None else dict(found)
        if part is not None and not self._wanted.is_asked:
            self._parts[scope] = part
        return part

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
        self._wanted.ids = {*ids}
        found: dict[str, Fields | None] = {}
        if self._all is None and self._can.goes_without_list(len(ids)):
            found |= self._in_parts(ids)
        missing = [each for each in ids if each not in found]
        if len(missing) > MOST_SINGLE or self._all is not None:
            everyone = self._listed(self._sink)
            found |= {each: everyone[each] for each in missing if each in everyone}
        return {**found, **self._missing([each for each in ids if each not in found])}

    def _in_parts(self, ids: Mapping[str, Item]) -> dict[str, Fields]:
        """Return the contacts that the parts of the account hold to which they belong."""
        scopes = {self._sink.scope(_whole(item)) for item in ids.values()} - {None}
        parts = (self._part(scope, len(ids), self._sink) for scope in sorted(filter(None, scopes)))
        told = {each: fields for part in parts for each, fields in (part or {}).items()}
        return {each: told[each] for each in ids if each in told}

    def _missing(self, ids: Sequence[str]) -> Mapping[str, Fields | None]:
        """Return contacts that no list holds, the first of which are asked for.

        If all of these are gone, so are the others. If one is there, a list does not hold all, so
        that nothing is known of the others.
        """
        first = dict(self._each(ids[:MOST_SINGLE]))
        are_gone = all(each is None for each in first.values())
        return first | (dict.fromkeys(ids[MOST_SINGLE:]) if are_gone else {})

    def _each(self, ids: Iterable[str]) -> Iterator[tuple[str, Fields | None]]:
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
            self._single[remote_id] = found or self._listed(self._sink).get(remote_id)


def _there(contacts: Mapping[str, Fields | None]) -> dict[str, Fields]:
    return {each: fields for each, fields in contacts.items() if fields is not None}


def _whole(item: Item) -> Mapping[str, Any]:
    """Return all that is known of an item's contact: an update may send only a part."""
    return created(getattr(item, "origin", None) or item)
