"""Find ids by values: in a file, in the ledger, and at the destination."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.transport.errors import ApiError, Refused, Stopped, ends_run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from target_contacts.ledger.known_ids import KnownIds
    from target_contacts.sinks.finder import Finder


class Resolver:
    """Find the ids of one kind for all streams of a run, each value once.

    Args:
        setting: The setting that it is for.
        kind: What is looked up and by what, as the ledger has it.
        listed: The ids of the file, by value; None if there is no file.
        finder: Asks the destination; None if the file says all.
        known: The ids that the ledger knows.
        digest: Makes the hash of a value.
        is_offline: Whether nothing may be asked.
        name: Returns what is looked up for a value, which may be the id of something with a name.
    """

    def __init__(  # noqa: PLR0913  # what it takes is all that it works with
        self,
        setting: str,
        kind: str,
        *,
        listed: Mapping[str, Collection[str]] | None,
        finder: Finder | None,
        known: Callable[[], KnownIds],
        digest: Callable[[object], str],
        is_offline: bool,
        name: Callable[[str], str] = lambda value: value,
    ) -> None:
        self.setting = setting
        self.finder = finder
        self._kind, self._known, self._digest = kind, known, digest
        self._is_offline, self._name = is_offline, name
        self.listed = {remote_id for ids in (listed or {}).values() for remote_id in ids}
        """The ids of the file."""
        self._listed = listed or {}
        self._ids: dict[str, Collection[str]] = {}
        self._remembered: set[str] = set()
        """Values whose ids the ledger knew."""
        self._gone: set[str] = set()
        """Ids that the ledger knew, and that are none."""

    def learn(self, values: Iterable[str]) -> None:
        """Find the ids of values that are not known yet, all together.

        Raises:
            Stopped: If the destination does not tell.
        """
        new = dict.fromkeys(value for value in values if value not in self._ids)
        self._ids |= {value: ids for value in new if (ids := self._in_file(value))}
        new = {value: None for value in new if value not in self._ids}
        if not new or (self.finder and self._is_offline):
            return
        if self.finder is None:
            self._ids.update(dict.fromkeys(new, ()))
            return
        hashes = {self._hash(value): value for value in new}
        told = self._known().of(self._kind, hashes)
        remembered = {hashes[each]: (remote_id,) for each, remote_id in told.items()}
        self._ids |= remembered
        self._remembered |= remembered.keys()
        if wanted := [value for value in new if value not in remembered]:
            self._ask(self.finder, wanted)

    def _in_file(self, value: str) -> Collection[str]:
        return self._listed.get(value) or self._listed.get(self._name(value)) or ()

    def _ask(self, finder: Finder, wanted: Collection[str]) -> None:
        """Ask the destination, and let the ledger know what it tells."""
        names = {value: self._name(value) for value in wanted}
        try:
            told = finder.find(set(names.values()))
        except (Refused, Stopped) as error:
            raise self._failure(error) from None
        found = {value: told.get(names[value], ()) for value in wanted}
        self._ids |= found
        only = {self._hash(v): next(iter(ids)) for v, ids in found.items() if len(ids) == 1}
        self._known().put(self._kind, only)

    def _failure(self, error: ApiError) -> ApiError:
        """Return what ends the run: a look-up that the destination refuses, or fails on."""
        if ends_run(error) and error.http_status is None:
            return error
        advice = f"{self.setting} needs this look-up; {self.setting}.file does without."
        words = (str(error).partition(": ")[0], f"look-up for {self.setting}", error.answered)
        advice = f"{error.advice} {advice}".strip()
        return Stopped(*words, advice, code=error.code, http_status=error.http_status)

    def ids(self, value: str) -> Collection[str] | None:
        """Return the ids of a value; None if nothing may be asked."""
        if value not in self._ids:
            self.learn([value])
        return self._ids.get(value)

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
            self._known().drop(self._kind, [self._hash(value) for value in values])
        return remote_id in self._gone

    def _hash(self, value: str) -> str:
        return self._digest([self._kind, value])
