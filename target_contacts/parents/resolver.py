"""Find ids by values: in a file, in the ledger, and at the destination."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from tap_contacts.transport.errors import Refused, Stopped, ends_run
from target_contacts.parents.memory import Match

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from tap_contacts.transport.errors import ApiError
    from target_contacts.parents.loosely import Loosely
    from target_contacts.parents.memory import Memory
    from target_contacts.sinks.finder import Finder

ToldT = TypeVar("ToldT")


class Resolver:
    """Find the ids of one kind for all streams of a run, each value once.

    Args:
        setting: The setting that it is for.
        listed: The ids of the file, by value; None if there is no file.
        finder: Asks the destination; None if the file says all.
        memory: The ids that the ledger knows.
        is_offline: Whether nothing may be asked.
        name: Returns what is looked up for a value, which may be the id of something with a name.
        loosely: Finds what is spelled otherwise; None: nothing does.
    """

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        setting: str,
        *,
        listed: Mapping[str, Collection[str]] | None,
        finder: Finder | None,
        memory: Memory,
        is_offline: bool,
        name: Callable[[str], str] = lambda value: value,
        loosely: Loosely | None = None,
    ) -> None:
        self.setting = setting
        self.finder = finder
        self._memory, self._is_offline, self._name = memory, is_offline, name
        self.listed = {remote_id for ids in (listed or {}).values() for remote_id in ids}
        self._listed = listed or {}
        self._loosely = loosely
        if loosely:
            loosely.take(self._listed)
        self._ids: dict[str, Collection[str]] = {}
        self._loose: dict[str, Match] = {}
        """Values that are only spelled like what they stand for."""
        self._remembered: set[str] = set()
        """Values whose ids the ledger knew."""
        self._gone: set[str] = set()
        """Ids that the ledger knew, and that are none."""
        self._is_verified = False
        self._compared = 0
        """How many names of the destination were compared with those that the ledger knew."""

    def learn(self, values: Iterable[str], *, withheld: bool = False) -> None:
        """Find the ids of values that are not known yet, all together.

        If they are `withheld`, they may be in no request, and everything is listed for them.

        Raises:
            Stopped: If the destination does not tell.
        """
        new = [value for value in dict.fromkeys(values) if value not in self._ids]
        self._ids |= {value: ids for value in new if (ids := self._in_file(value))}
        new = [value for value in new if value not in self._ids]
        if new and self.finder is None:
            self._take(new, {})
        elif new and self.finder and not self._is_offline:
            self._verify(self.finder)
            self._look_up(self.finder, new, withheld=withheld)

    def is_in_file(self, value: str) -> bool:
        """Say whether the file has ids for a value."""
        return bool(self._in_file(value))

    def _in_file(self, value: str) -> Collection[str]:
        return self._listed.get(value) or self._listed.get(self._name(value)) or ()

    def _verify(self, finder: Finder) -> None:
        """Forget what has got another name at the destination, if that is to be asked again."""
        if self._is_verified:
            return
        self._is_verified = True
        self._memory.respelled(self._listed)
        since = self._memory.due()
        told = self._told(partial(finder.changed, since)) if since else None
        if told is not None:
            self._memory.contradicted(told)
            self._memory.confirm()

    def _look_up(self, finder: Finder, values: Collection[str], *, withheld: bool) -> None:
        """Find ids in the ledger; ask the destination for the others, and let the ledger know."""
        known = self._memory.of(values, loosely=self._loosely is not None)
        self._ids |= {value: (match.remote_id,) for value, match in known.items()}
        self._loose |= {value: match for value, match in known.items() if match.is_loose}
        self._remembered |= known.keys()
        if wanted := [value for value in values if value not in known]:
            names = {self._name(value) for value in wanted}
            told = self._told(finder.all if withheld else partial(finder.find, names))
            matches = self._take(wanted, told)
            again = self._contradicted(told)
            self._memory.put(matches)
            if again:
                self._look_up(finder, again, withheld=withheld)

    def _contradicted(self, told: Mapping[str, Collection[str]]) -> list[str]:
        """Forget what the ledger knew and the destination calls otherwise; return the values."""
        if len(told) == self._compared:
            return []
        self._compared = len(told)
        wrong = self._memory.contradicted(told)
        hashes = self._memory.hashes(self._remembered)
        values = [value for digest, value in hashes.items() if digest in wrong]
        self._remembered.difference_update(values)
        return values

    def _take(self, values: Collection[str], told: Mapping[str, Collection[str]]) -> list[Match]:
        """Take what the destination told of values; return those that one thing has alone."""
        exact = {value: told.get(self._name(value), ()) for value in values}
        found = {value: dict.fromkeys(ids, self._name(value)) for value, ids in exact.items()}
        matches = []
        alike = self._alike([value for value, ids in found.items() if not ids])
        for value, ids in {**found, **alike}.items():
            self._ids[value] = tuple(ids)
            if len(ids) == 1:
                ((remote_id, name),) = ids.items()
                matches.append(Match(value, remote_id, name, is_loose=value in alike))
        self._loose |= {match.value: match for match in matches if match.is_loose}
        return matches

    def _alike(self, values: Collection[str]) -> dict[str, dict[str, str]]:
        """Return the ids of what is spelled like values, with the names."""
        if not values or self._loosely is None:
            return {}
        if self.finder:
            self._loosely.take(self._told(self.finder.all))
        return {value: self._loosely.ids(self._name(value)) for value in values}

    def _told(self, ask: Callable[[], ToldT]) -> ToldT:
        try:
            return ask()
        except (Refused, Stopped) as error:
            raise self._failure(error) from None

    def _failure(self, error: ApiError) -> ApiError:
        """Return what ends the run: a look-up that the destination refuses, or fails on."""
        if ends_run(error) and error.http_status is None:
            return error
        advice = f"{self.setting} needs this look-up; {self.setting}.file does without."
        words = (str(error).partition(": ")[0], f"look-up for {self.setting}", error.answered)
        advice = f"{error.advice} {advice}".strip()
        return Stopped(*words, advice, code=error.code, http_status=error.http_status)

    def ids(self, value: str, *, withheld: bool = False) -> Collection[str] | None:
        """Return the ids of a value, found as `learn` does; None if nothing may be asked."""
        if value not in self._ids:
            self.learn([value], withheld=withheld)
        return self._ids.get(value)

    @property
    def sends_values(self) -> bool:
        """Say whether values that are not in the file are sent to the destination as ids."""
        return self.finder is not None and self.finder.takes_values

    def told_loosely(self, value: str) -> Match | None:
        """Return what a value is only spelled like, but only the first time in a run."""
        return self._loose.pop(value, None)

    def forget(self, remote_id: str) -> bool:
        """Forget an id that is none; say whether another one may be found now.

        That is so if it was the ledger's: what was asked for in this run is not asked again.
        """
        values = [value for value in self._remembered if remote_id in self._ids[value]]
        if values:
            self._gone.add(remote_id)
            self._remembered.difference_update(values)
            for value in values:
                del self._ids[value]
            self._memory.drop(values)
        return remote_id in self._gone
