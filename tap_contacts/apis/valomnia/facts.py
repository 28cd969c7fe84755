"""Tell what reading shows of what no document proves about Valomnia.

A sign-in that may be refused is never tried, since it may lock the user.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Protocol

from tap_contacts.apis.valomnia import codes, wire
from tap_contacts.apis.valomnia.wire import LARGEST_PAGE, ONE, PAGE_SIZE, SMALLEST
from tap_contacts.listing.clocks import moment
from tap_contacts.transport.errors import Refused
from tap_contacts.transport.facts import Fact, Seen, differs, harms, holds, told, unknown
from tap_contacts.transport.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_contacts.listing.pages import Page
    from tap_contacts.transport.session import Answer

UNTOLD = {
    "A sign-in is refused by a redirect or by success:false": (
        "it is not tried, so that the user is not locked; any sign-in without a session counts as "
        "refused"
    ),
    "An update may blank the fields that it does not name": (
        "the first update that is read back tells (setting canary); until then each contact is "
        "read before it is updated (valomnia.merge_updates)"
    ),
    "With use_external_id, the address of a contact still has Valomnia's number": (
        "the first update tells; if the contact is not found, set use_external_id to false, and "
        "give customers by their numbers"
    ),
}
"""Assumptions that no reading tells, each with what tells it."""

FEW = "there are too few contacts"
INCREMENTAL = (
    "incremental reading would end or lack changes: select the replication method FULL_TABLE"
)


class Account(Protocol):
    """What is asked of the client."""

    path: str

    @property
    def warning(self) -> str:
        """Return the code of what the sign-in has warned of, if of anything."""

    @property
    def counts_matches(self) -> bool:
        """Say whether the total of a filtered list counts what passes."""

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request until it is answered."""

    def answer_to(self, path: str, *, is_signed: bool = True, **options: Any) -> Answer:
        """Return whatever a read is answered with."""

    def page(self, query: Mapping[str, Any]) -> Page:
        """Return one page of the contacts that pass the filters."""


class Facts:
    """What one tenant shows, each thing asked for once."""

    def __init__(self, client: Account) -> None:
        self._client = client
        self._rows: list[dict[str, Any]] = []
        """Contacts of one page."""
        self._total = -1

    def told(self) -> Iterator[Fact]:
        """Return what is assumed, and what was seen of it."""
        return told(self._asked, UNTOLD)

    @property
    def _asked(self) -> Sequence[tuple[str, Callable[[], Seen]]]:
        version = self._client.path.split("/")[2]
        return (
            ("A session that has ended is told from a refusal", self._ended),
            (f"Contacts are under {version} alone", self._versions),
            ("The sign-in does not call the version deprecated", self._deprecated),
            (f"A page holds {PAGE_SIZE} contacts", self._size),
            (f"A page of more than {PAGE_SIZE} can be asked for", self._larger),
            ("Contacts can be listed in the order of their ids", self._order),
            ("Contacts can be listed by the time of their last change", self._by_time),
            ("Contacts can be asked for by their names", self._by_names),
            ("The total of a filtered list counts what passes", self._counted),
        )

    def _ended(self) -> Seen:
        cookie = {"Cookie": f"JSESSIONID={secrets.token_hex(16).upper()}"}
        path = self._client.path
        answer = self._client.answer_to(path, is_signed=False, params=ONE, headers=cookie)
        judged = codes.judge(answer)
        seen = f"{judged.code}, HTTP {answer.status}" if judged.code else f"HTTP {answer.status}"
        if judged.verdict is Verdict.RENEW or wire.is_page(answer):
            return holds(f"{seen}: a run signs in again and goes on")
        if judged.verdict is Verdict.DONE:
            return differs(f"{seen}: contacts are shown without a session; tell Valomnia")
        if judged.verdict in {Verdict.REJECT, Verdict.MISSING}:
            return harms(f"{seen}: records would be rejected for it; keep runs short, report this")
        return differs(f"{seen}: a run ends when its session does; run it again")

    def _versions(self) -> Seen:
        used = self._client.path
        others = [version for version in codes.VERSIONS if f"/{version}/" not in used]
        also = [version for version in others if self._answers(version)]
        if also:
            text = f"{' and '.join(also)} answers, too; valomnia.api_version says which is used"
            return differs(text)
        return holds()

    def _answers(self, version: str) -> bool:
        path = f"/api/{version}/contacts"
        return codes.judge(self._client.answer_to(path, params=ONE)).verdict is Verdict.DONE

    def _deprecated(self) -> Seen:
        code = self._client.warning
        if not code:
            return holds()
        return differs(f"it warns: {code}; ask Valomnia, and set valomnia.api_version")

    def _size(self) -> Seen:
        query = {"max": PAGE_SIZE, "order": "asc"}
        answer = self._client.call("GET", self._client.path, params=query).json
        self._rows, self._total = answer["data"], answer["paging"]["total"]
        told = answer["paging"].get("max")
        if told == PAGE_SIZE:
            return holds()
        if not isinstance(told, int):
            return unknown("no size of pages is told; a list goes on until a page is empty")
        if told < SMALLEST:
            return harms(f"it holds {told}, so that lists cannot be read: ask Valomnia")
        return differs(f"it holds {told}; pages follow that")

    def _larger(self) -> Seen:
        query = {"max": LARGEST_PAGE, "order": "asc"}
        try:
            told = self._client.call("GET", self._client.path, params=query).json["paging"]
        except Refused as error:
            return differs(f"{error.answered}; {PAGE_SIZE} are asked for, so nothing is to be set")
        return holds(f"asked for {LARGEST_PAGE}, the API gives up to {told.get('max')}")

    def _order(self) -> Seen:
        try:
            rows = self._client.page({"sort": "id"}).rows
        except Refused as error:
            return differs(f"{error.answered}; they are read in other orders, which takes longer")
        ids = [int(row["id"]) for row in rows]
        if len(ids) < 2:  # noqa: PLR2004
            return unknown(FEW)
        if ids == sorted(ids):
            return holds()
        return differs("they come in another one; pages that do not join are read again")

    def _by_time(self) -> Seen:
        times = {str(row["id"]): moment(row.get("lastUpdated")) for row in self._rows}
        known = sorted(time for time in times.values() if time)
        if len(known) < 2:  # noqa: PLR2004
            return unknown(FEW)
        since = known[len(known) // 2]
        query = {"lastUpdated_gte": f"{since:%Y-%m-%dT%H:%M:%SZ}", "sort": "lastUpdated"}
        try:
            rows = self._client.page(query).rows
        except Refused as error:
            return harms(f"{error.answered}; {INCREMENTAL}")
        found = [moment(row.get("lastUpdated")) or since for row in rows]
        if found and found == sorted(found) and found[0] == since:
            return holds()
        return harms(f"others come than asked for, or in another order; {INCREMENTAL}")

    def _by_names(self) -> Seen:
        named = [row for row in self._rows if row.get("firstName") and row.get("lastName")]
        if not named:
            return unknown(FEW)
        names = {name: str(named[0][name]) for name in ("firstName", "lastName")}
        try:
            found = self._client.page(names).rows
        except Refused as error:
            return harms(f"{error.answered}; new contacts would be rejected, since none is found")
        same = [all(str(row.get(n)) == names[n] for n in names) for row in found]
        if not any(same):
            return harms("one that is there is not found, so it would be doubled: ask Valomnia")
        if not all(same):
            return differs("others come, too; they are compared here")
        return holds()

    def _counted(self) -> Seen:
        if self._client.counts_matches:
            return holds() if self._total > 0 else unknown(FEW)
        return differs("it counts all contacts; lists go on until a page is empty")
