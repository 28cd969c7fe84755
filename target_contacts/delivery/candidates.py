"""Keep the contacts of an account at hand, by what they may be recognised by."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeAlias

from tap_contacts.transport.errors import GivenUp, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from target_contacts.delivery.matching import Matcher

Sent: TypeAlias = "Callable[[Mapping[str, Any]], Iterable[str]]"

Candidates: TypeAlias = "Mapping[str, Mapping[str, Any]]"
"""Ids of contacts that may be the one that is looked for, with their fields."""


Contacts: TypeAlias = "Iterable[tuple[str, Mapping[str, Any]]]"
"""Contacts of the destination, each with its id."""


class Index:
    """Contacts of an account; of each, only the fields that are compared are kept.

    Args:
        matcher: Compares contacts.
        sent: Returns the hashes by which the creates that made a contact may be known.
        lost: Those of the lost creates: contacts that have one of them keep all fields.
    """

    def __init__(self, matcher: Matcher, sent: Sent, lost: Iterable[str]) -> None:
        self._matcher, self._sent, self._lost = matcher, sent, set(lost)
        self._fields: dict[str, Mapping[str, Any]] = {}
        self._by_key: defaultdict[Hashable, dict[str, None]] = defaultdict(dict)
        """Ids by the keys that their contacts have, or had before they were changed."""

    def tells(self, lost: Iterable[str]) -> bool:
        """Say whether all fields are kept of contacts that these lost creates may have made."""
        return self._lost.issuperset(lost)

    @property
    def is_empty(self) -> bool:
        """Say whether there is no contact."""
        return not self._fields

    def add(self, remote_id: str, fields: Mapping[str, Any]) -> None:
        """Add a contact, or what it holds by now."""
        fields = {**self._fields.get(remote_id, {}), **fields}
        hashes = self._lost.intersection(self._sent(fields)) if self._lost else ()
        kept = {wire: fields[wire] for wire in self._matcher.wires if fields.get(wire)}
        self._fields[remote_id] = fields if hashes else kept
        for key in (*self._matcher.keys(fields), *hashes):
            self._by_key[key][remote_id] = None

    def held(self, remote_id: str) -> Mapping[str, Any] | None:
        """Return what is kept of a contact; None if it is not known."""
        return self._fields.get(remote_id)

    def candidates(self, keys: Iterable[Hashable]) -> Candidates:
        """Return the contacts that share one of these keys."""
        ids = {remote_id: None for key in keys for remote_id in self._by_key.get(key, ())}
        return {remote_id: self._fields[remote_id] for remote_id in ids}


class Indexes:
    """The parts of an account that have been listed, each once until they are forgotten.

    Args:
        matcher: Compares contacts.
        sent: Returns the hashes by which the creates that made a contact may be known.
        listed: Lists a part; takes its name and how many requests that may take at most. Returns
            None if these are too few.
    """

    def __init__(
        self,
        matcher: Matcher,
        sent: Sent,
        listed: Callable[[str, int], Contacts | None],
    ) -> None:
        self._matcher, self._sent, self._listed = matcher, sent, listed
        self._parts: dict[str, Index | GivenUp | Refused | None] = {}
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def knows(self, part: str) -> bool:
        """Say whether a part has been listed."""
        return part in self._parts

    def of(self, part: str, lost: Sequence[str], most: int) -> Index | None:
        """Return the contacts of a part, listing it if need be; None if that costs too much.

        Args:
            part: Which part of the account.
            lost: The hashes by which lost creates are known.
            most: Requests that the listing may take.

        Raises:
            GivenUp: If this part cannot be read, though others can.
            Refused: If the API refuses to list it.
        """
        with self._locks[part]:
            known = self._parts.get(part)
            stale = isinstance(known, Index) and not known.tells(lost)
            if part not in self._parts or stale:
                known = self._parts[part] = self._read(part, lost, most)
        if isinstance(known, (GivenUp, Refused)):
            raise known
        return known

    def add(self, part: str, remote_id: str, fields: Mapping[str, Any]) -> None:
        """Add a contact to a part, if that has been listed."""
        known = self._parts.get(part)
        if isinstance(known, Index):
            known.add(remote_id, fields)

    def held(self, remote_id: str) -> Mapping[str, Any] | None:
        """Return what is kept of a contact in any part; None if it is not known."""
        known = (each.held(remote_id) for each in self._parts.values() if isinstance(each, Index))
        return next((fields for fields in known if fields is not None), None)

    def change(self, remote_id: str, fields: Mapping[str, Any]) -> None:
        """Let the parts in which a contact stands know what it holds now."""
        for known in self._parts.values():
            if isinstance(known, Index) and known.held(remote_id) is not None:
                known.add(remote_id, fields)

    def clear(self) -> None:
        """Forget all: contacts may have come since."""
        self._parts.clear()

    def _read(self, part: str, lost: Sequence[str], most: int) -> Index | GivenUp | Refused | None:
        index = Index(self._matcher, self._sent, lost)
        try:
            contacts = self._listed(part, most)
            for remote_id, fields in contacts or ():
                index.add(remote_id, fields)
        except (GivenUp, Refused) as error:
            return error
        return None if contacts is None else index
