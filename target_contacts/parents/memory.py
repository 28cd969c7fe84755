"""Remember in the ledger which ids were found, and notice when one got another name."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from target_contacts.ledger.entry import Known

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from target_contacts.ledger.known_ids import KnownIds

LOOSELY = " loosely"
"""End of the kind of ids whose values are only spelled alike."""

SPELLED = " spelled"
"""End of the kind of the same ids with a hash of what is left of the spelling, in place of that of
the name: so another name that is spelled alike is noticed."""

RIGHT_FOR = timedelta(days=1)
"""How long it is not asked whether a name has changed."""


class Match(NamedTuple):
    """A value, and the only thing that it can stand for."""

    value: str
    remote_id: str
    name: str
    """What the destination calls it; "" if only the ledger knows the id."""
    is_loose: bool = False
    """Whether value and name are only spelled alike."""


class Memory:
    """The ids of one kind that the ledger knows.

    `core` returns what is left of a value when it does not count how it is spelled. It is None if
    only equal values are the same.
    """

    def __init__(
        self,
        kind: str,
        known: Callable[[], KnownIds],
        digest: Callable[[object], str],
        core: Callable[[str], str] | None = None,
    ) -> None:
        self._kind, self._known, self._digest, self._core = kind, known, digest, core

    def of(self, values: Iterable[str], *, loosely: bool) -> dict[str, Match]:
        """Return what values stand for, where that is known."""
        hashes = self.hashes(values)
        found: dict[str, Match] = {}
        for is_loose in (True, False) if loosely else (False,):
            known = self._known().of(self._kind_of(is_loose=is_loose), hashes)
            for value, one in known.items():
                found[hashes[value]] = Match(hashes[value], one.remote_id, "", is_loose)
        return found

    def put(self, matches: Iterable[Match]) -> None:
        """Remember matches."""
        several = list(matches)
        for is_loose in (False, True):
            of_kind = [each for each in several if each.is_loose == is_loose]
            ids = {
                self._hash(each.value): Known(each.remote_id, self._hash(each.name))
                for each in of_kind
            }
            self._known().put(self._kind_of(is_loose=is_loose), ids)
        self._put_spelled([each for each in several if each.is_loose])

    def _put_spelled(self, matches: Iterable[Match]) -> None:
        if core := self._core:
            hashes = {self._hash(m.value): (m.remote_id, self._hash(core(m.name))) for m in matches}
            ids = {value: Known(*each) for value, each in hashes.items()}
            self._known().put(self._spelled, ids)

    def drop(self, values: Iterable[str]) -> None:
        """Forget what values stand for."""
        self._drop(self._kinds, self.hashes(values))

    def _drop(self, kinds: Iterable[str], hashes: Collection[str]) -> None:
        for kind in kinds:
            self._known().drop(kind, hashes)
        if self._core:
            self._known().drop(self._spelled, hashes)

    def due(self) -> datetime | None:
        """Return since when names may have changed; None if that need not be asked yet."""
        times = [time for kind in self._kinds if (time := self._known().oldest(kind))]
        oldest = min(times, default=None)
        is_due = oldest and datetime.now(timezone.utc) - oldest > RIGHT_FOR
        return oldest if is_due else None

    def confirm(self) -> None:
        """Note that all names were asked for."""
        for kind in self._kinds:
            self._known().confirm(kind)

    def contradicted(self, told: Mapping[str, Collection[str]]) -> Collection[str]:
        """Forget ids that are called otherwise now, or not alone; return hashes of their values.

        Args:
            told: Ids by what the destination calls them now, or some of these.
        """
        names = _Names({self._hash(name): set(ids) for name, ids in told.items()})
        wrong: set[str] = set()
        for kind in self._kinds:
            known = self._known().all(kind)
            of_kind = {value for value, one in known.items() if names.contradict(value, one)}
            if of_kind:
                self._drop([kind], of_kind)
            wrong |= of_kind
        return wrong | self.respelled(told)

    def respelled(self, told: Mapping[str, Collection[str]]) -> set[str]:
        """Forget loose matches of which another is spelled alike; return hashes of their values."""
        if self._core is None:
            return set()
        alike: dict[str, set[str]] = {}
        for name, ids in told.items():
            alike.setdefault(self._hash(self._core(name)), set()).update(ids)
        known = self._known().all(self._spelled)
        others = {v: alike.get(one.name or "", set()) - {one.remote_id} for v, one in known.items()}
        found = {value for value, ids in others.items() if ids}
        if found:
            self._drop([self._kind_of(is_loose=True)], found)
        return found

    def hashes(self, values: Iterable[str]) -> dict[str, str]:
        """Return values by their hashes."""
        return {self._hash(value): value for value in values}

    def _hash(self, value: str) -> str:
        return hash_of(self._digest, self._kind, value)

    def _kind_of(self, *, is_loose: bool) -> str:
        return self._kinds[is_loose]

    @property
    def _kinds(self) -> tuple[str, str]:
        return (self._kind, f"{self._kind}{LOOSELY}")

    @property
    def _spelled(self) -> str:
        return f"{self._kind}{SPELLED}"


def hash_of(digest: Callable[[object], str], kind: str, value: str) -> str:
    """Return the hash under which a value of a kind is remembered."""
    return digest([kind, value])


class _Names:
    """What ids are called at the destination now, by hashes of names."""

    def __init__(self, ids: Mapping[str, set[str]]) -> None:
        self._ids = ids
        self._names: dict[str, set[str]] = {}
        for name, several in ids.items():
            for remote_id in several:
                self._names.setdefault(remote_id, set()).add(name)

    def contradict(self, value: str, known: Known) -> bool:
        """Say whether an id has lost the name that it was found by, or another has got it, too."""
        called = self._names.get(known.remote_id)
        if called and known.name and known.name not in called:
            return True
        mine = {known.remote_id}
        return any(self._ids.get(name, mine) != mine for name in (value, known.name or value))
