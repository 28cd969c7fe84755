"""Compare what a destination holds with who the people truly are, after each run."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from tests.crowd.maker import HAND
from tests.crowd.places import PLACES, Seen, seen
from tests.crowd.register import Register
from tests.crowd.truth import Same

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.crowd.people import Crowd, Entry

AMBIGUOUS = "ambiguous"
"""Code of a rejection because several contacts may be meant."""


class Judge:
    """One API's judge; tell it of every run, in their order.

    It counts, by run:

    *overwritten*: people whose contact now carries what is told of somebody else, in part or whole;
    *doubled*: contacts beyond those a person should have: one, but for tellings that have nothing
    in common and for those that one stream holds twice;
    *missing*: tellings neither at the destination nor in the rejects;
    *no evidence*: tellings whose person is there, in a contact with which nothing agrees;
    *ambiguous*: rejections rightly so, because several contacts agree equally well;
    *ambiguous needlessly*: with at most one that agrees best;
    *refused*, *refused needlessly*: other rejections, of what the API demands or else;
    *left open*: contacts beyond one where names agree but for accents, case or ß.

    Doubled, missing, no evidence and left open are those there are after the run.
    """

    def __init__(
        self,
        crowd: Crowd,
        api: str,
        put: Iterable[Entry] = (),
        held: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        """Take the crowd, and who was put in by hand before the first run, as it is held."""
        self._crowd, self._api = crowd, api
        self._register = Register(crowd, api)
        self._known: dict[str, set[int]] = defaultdict(set)
        """By contact, who was ever in it."""
        self._sent: dict[str, list[Entry]] = {}
        self._rejected: dict[str, set[int]] = {}
        self._before: list[Seen] = []
        self.notes: list[str] = []
        """Whom the last run's faults concern; all are made up."""
        self._judge(HAND, list(put), held, {})

    def after(
        self, source: str, held: Iterable[Mapping[str, Any]], rejected: Mapping[int, str]
    ) -> Counter[str]:
        """Judge a run.

        Args:
            source: The stream that was sent.
            held: The contacts that the API holds now, in its own fields.
            rejected: Numbers of the entries that were rejected, with the codes.

        Returns:
            The counts that are explained above.
        """
        return self._judge(source, self._crowd.told_by(source), held, rejected)

    def _judge(
        self,
        source: str,
        sent: Sequence[Entry],
        held: Iterable[Mapping[str, Any]],
        rejected: Mapping[int, str],
    ) -> Counter[str]:
        self.notes = []
        found = Counter(self._rejection(number, code) for number, code in rejected.items())
        self._sent[source], self._rejected[source] = list(sent), set(rejected)
        self._before = [seen(self._api, contact) for contact in held]
        found["overwritten"] = sum(map(self._overwritten, self._before))
        by_person = self._by_person(self._before)
        for person, entries in self._told().items():
            found += self._of_person(entries, by_person[person])
        return found

    # Overwritten, doubled, missing.

    def _overwritten(self, contact: Seen) -> int:
        """Return how many people have come to a contact that was, or also is, somebody else's."""
        known, who = self._known[contact.key], self._register.who(contact)
        came = len(who - known) if known else max(0, len(who) - 1)
        known |= who
        if came:
            self._note("overwritten", [each for one in known for each in self._told()[one]])
        return came

    def _by_person(self, now: Iterable[Seen]) -> dict[int, list[Seen]]:
        found: dict[int, list[Seen]] = defaultdict(list)
        for contact in now:
            for person in self._register.who(contact):
                found[person].append(contact)
        return found

    def _told(self) -> dict[int, list[Entry]]:
        """Return by person all that was told so far."""
        found = defaultdict(list)
        for sent in self._sent.values():
            for entry in sent:
                found[entry.person].append(entry)
        return found

    def _of_person(self, entries: Sequence[Entry], contacts: Sequence[Seen]) -> Counter[str]:
        held = len(contacts)
        most = self._register.most(entries)
        fewest = self._register.most(entries, Same.OPEN)
        counts = {"doubled": max(0, held - most), "left open": max(0, min(held, most) - fewest)}
        found = Counter(counts) + self._missing(entries, contacts)
        for fault in found.keys() - {"left open"}:
            self._note(fault, entries, contacts)
        return found

    def _note(self, fault: str, entries: Sequence[Entry], contacts: Iterable[Seen] = ()) -> None:
        kinds = ", ".join(sorted({entry.kind for entry in entries}))
        told = ", ".join(f"{each.source} {each.record}" for each in entries)
        at = ", ".join(each.key for each in contacts)
        self.notes.append(f"{fault}: {kinds}: {told}" + (f"; contacts {at}" if at else ""))

    def _missing(self, entries: Sequence[Entry], contacts: Sequence[Seen]) -> Counter[str]:
        """Count the entries that were not rejected and have no contact."""
        landed = [each for each in entries if each.number not in self._rejected[each.source]]
        if not PLACES[self._api].adopts:
            return self._without(landed, contacts)
        streams = [[each for each in landed if each.source == source] for source in self._sent]
        return sum((self._without(stream, contacts) for stream in streams), Counter[str]())

    def _without(self, entries: Sequence[Entry], contacts: Sequence[Seen]) -> Counter[str]:
        """Count the entries that no contact is left for, each having one of its own."""
        free, without = list(contacts), 0
        for entry in entries:
            mine = self._register.evidence(entry)
            fits = [each for each in free if mine.same(each.evidence)]
            fits.sort(key=lambda each: each.mark != entry.number)
            without += not fits
            free = [each for each in free if each not in fits[:1]]
        unlike = min(without, len(free))
        return Counter({"no evidence": unlike, "missing": without - unlike})

    # Rejections.

    def _rejection(self, number: int, code: str) -> str:
        """Say what a rejection counts as."""
        entry = self._register.entry(number)
        if code == AMBIGUOUS:
            rightly, name = len(self._best(entry)) > 1, "ambiguous"
        else:
            rightly, name = self._register.may_be_refused(entry), "refused"
        if not rightly:
            self._note(f"{name} needlessly ({code})", [entry], self._best(entry))
        return name if rightly else f"{name} needlessly"

    def _best(self, entry: Entry) -> list[Seen]:
        """Return the contacts before the run that agree, and no other agrees in more."""
        mine = self._register.evidence(entry)
        agreeing = {
            contact: mine.ways & contact.evidence.ways
            for contact in self._before
            if mine.same(contact.evidence)
        }
        return [
            contact
            for contact, ways in agreeing.items()
            if not any(ways < others for others in agreeing.values())
        ]
