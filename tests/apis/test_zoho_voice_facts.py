"""What `--check` tells of Zoho Voice, whichever way its pages are to be read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tap_contacts.apis.zoho_voice.client import ZohoVoice as Client
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import FAST

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.zoho_voice_contacts import Page

API = "/rest/json/zv/contacts"
VIP = {"id": "1000000000031", "display_value": "VIP"}
FEW = "too few contacts were listed"
LISTED = "The contacts can be listed with this token"
TOTAL = "The list tells, with totalCount, how many contacts there are"
SIZE = "A page holds as many contacts as page_size asks for"
OFFSET = "The parameter from counts contacts, the first of which is 0"
ORDER = "The list has the same order each time"
LAST = "New contacts come last in the list"
STATUS = "Reading a contact shows its contact_status"


def fill(sandbox: ZohoVoice, count: int) -> None:
    """Put in contacts, of whom the last is a VIP."""
    for number in range(count):
        status: dict[str, Any] = {"contact_status": VIP} if number == count - 1 else {}
        sandbox.add(first_name=f"N{number}", mobile=f"+49151{number:07}", **status)


def told(sandbox: ZohoVoice, **changed: Any) -> list[str]:
    """Return the lines for an account; at most eight requests go to the API, and none writes."""
    client = Client({**sandbox.tap_config(), **changed}, {**FAST, "max_tries": 2})
    sandbox.log.clear()
    client.check()
    client.tell_apart()
    lines = [fact.line for fact in client.facts()]
    asked = [line for line in sandbox.log if line.request.path.startswith(API)]
    assert len(asked) <= 8
    assert sandbox.writes == []
    return lines


class Deaf(ZohoVoice):
    """A list that always begins with the first contact."""

    def _list(self, page: Page) -> dict[str, Any]:
        return super()._list(msgspec.structs.replace(page, start="0"))


class PageNumbers(ZohoVoice):
    """A list whose `from` is the number of a page."""

    def _list(self, page: Page) -> dict[str, Any]:
        start = str(int(page.start) * int(page.size))
        return super()._list(msgspec.structs.replace(page, start=start))


class FromOne(ZohoVoice):
    """A list whose `from` counts from 1."""

    def _list(self, page: Page) -> dict[str, Any]:
        start = str(max(int(page.start) - 1, 0))
        return super()._list(msgspec.structs.replace(page, start=start))


class Short(ZohoVoice):
    """A list that gives ten contacts at most."""

    def _list(self, page: Page) -> dict[str, Any]:
        return super()._list(msgspec.structs.replace(page, size="10"))


class Restless(ZohoVoice):
    """A list in another order each time."""

    def _list(self, page: Page) -> dict[str, Any]:
        number, held = next(self._lists), self.state.held
        mixed = sorted(held, key=lambda i: hashlib.sha256(f"{number} {i}".encode()).digest())
        self.state.held = {contact_id: held[contact_id] for contact_id in mixed}
        return super()._list(page)


class Swapping(ZohoVoice):
    """A list whose first three contacts change places each time."""

    def _list(self, page: Page) -> dict[str, Any]:
        first, second, third, *others = self.state.held.items()
        self.state.held = dict([second, third, first, *others])
        return super()._list(page)


class Turning(ZohoVoice):
    """A list that begins 40 contacts later each time."""

    def _list(self, page: Page) -> dict[str, Any]:
        ids, held = list(self.state.held), self.state.held
        self.state.held = {contact_id: held[contact_id] for contact_id in ids[40:] + ids[:40]}
        return super()._list(page)


READINGS = [
    ((), 60, f"holds: {LISTED}"),
    ((), 60, f"holds: {TOTAL} (60)"),
    ((), 60, f"holds: {SIZE} (50)"),
    ((), 60, f"holds: {OFFSET}"),
    ((), 60, f"holds: {ORDER}"),
    ((), 60, f"holds: {LAST} (by their ids)"),
    ((), 0, f"holds: {LISTED}"),
    ((), 0, f"cannot be told: {TOTAL} ({FEW})"),
    ((), 1, f"cannot be told: {OFFSET} ({FEW})"),
    ((), 2, f"cannot be told: {SIZE} (there are no more than 2 contacts, and 50 are asked for)"),
    (("total_uncounted",), 60, f"differs: {TOTAL} (reading goes on up to an empty page, "),
    (("newest_first",), 60, f"differs: {LAST} (after an interruption the next run reads"),
    (("shuffled",), 60, f"holds: {ORDER}"),
    (("shuffled",), 60, f"differs: {LAST}"),
    (("reads_status",), 60, f"cannot be told: {STATUS} (none of 2 contacts shows one; if "),
    (("reads_status",), 40, f"holds: {STATUS}"),
    ((), 40, f"cannot be told: {STATUS}"),
    (("empty_missing",), 0, f"holds: {LISTED}"),
    (("empty_error",), 0, f"differs and would harm: {LISTED} (Zoho Voice: GET {API}: code ZVT9002"),
    (("empty_error",), 60, f"holds: {LISTED}"),
    (("extra_400", "size_capped", "default_size_50"), 60, f"holds: {LISTED}"),
]
"""Readings, how many contacts there are, and how a line begins."""


@pytest.mark.parametrize(("readings", "count", "begins"), READINGS)
def test_each_reading_is_told(readings: tuple[str, ...], count: int, begins: str) -> None:
    """The line says whether the assumption holds, and if not, what becomes of it."""
    with ZohoVoice(readings=readings) as sandbox:
        fill(sandbox, count)
        assert [line for line in told(sandbox) if line.startswith(begins)]


LISTS: list[tuple[type[ZohoVoice], int, str]] = [
    (Deaf, 120, f"differs: {OFFSET} (pages overlap all the same"),
    (FromOne, 120, f"differs: {OFFSET} (pages overlap all the same"),
    (PageNumbers, 120, f"differs and would harm: {OFFSET} (the page from 49 on has no contact of "),
    (Short, 120, f"differs: {SIZE} (it holds 10 of 50; set zoho_voice.page_size to 10)"),
    (Restless, 120, f"differs and would harm: {ORDER} (the same page came in another order"),
    (Swapping, 9, f"differs and would harm: {ORDER} (the same page came in another order"),
    (Turning, 120, f"differs and would harm: {ORDER} (the same page came in another order"),
]
"""Kinds of lists, how many contacts there are, and how a line begins."""


@pytest.mark.parametrize(("kind", "count", "begins"), LISTS)
def test_a_list_of_another_kind_is_told(kind: type[ZohoVoice], count: int, begins: str) -> None:
    """What cannot be read completely would harm; what can be, only differs."""
    with kind() as sandbox:
        fill(sandbox, count)
        assert [line for line in told(sandbox) if line.startswith(begins)]


def grow(sandbox: ZohoVoice) -> None:
    """Put in one more contact."""
    sandbox.add(first_name="New", mobile="+4915199999999")


def shrink(sandbox: ZohoVoice) -> None:
    """Take out the first contact."""
    sandbox.remove(next(iter(sandbox.state.held)))


@pytest.mark.parametrize("change", [grow, shrink])
def test_a_list_that_changes_meanwhile_is_not_said_to_have_no_order(
    change: Callable[[ZohoVoice], None],
) -> None:
    """A contact that comes or goes between two looks is no harm."""
    with ZohoVoice(readings=["newest_first"]) as sandbox:
        fill(sandbox, 60)
        sandbox.on_list = lambda served: change(sandbox) if served == 2 else None
        lines = told(sandbox)
    assert not [line for line in lines if "harm" in line]
    (order,) = [line for line in lines if ORDER in line]
    assert "run --check again" in order or order == f"holds: {ORDER}"


@pytest.mark.parametrize(
    ("code", "named"),
    [("OAUTH_SCOPE_MISMATCH", "zohovoice.contacts.READ"), ("NO_PERMISSION", "licence")],
)
def test_a_token_that_may_not_list_contacts_would_harm(code: str, named: str) -> None:
    """Although it may read the statuses; the scope is named, and nothing else is asked."""
    with ZohoVoice() as sandbox:
        fill(sandbox, 3)
        refusal = f'{{"code": "{code}", "message": "no", "status": "ERROR"}}'
        sandbox.fault(on=f"GET {API}", holding="totalCount", times=-1, status=401, body=refusal)
        lines = told(sandbox)
    (listed,) = [line for line in lines if LISTED in line]
    assert listed.startswith("differs and would harm: ")
    assert named in listed
    assert f"cannot be told: {OFFSET} ({FEW})" in lines


@pytest.mark.parametrize(
    ("settings", "ends"),
    [({}, "requests_per_minute set to 25 the"), ({"requests_per_minute": 600}, "most 600 req")],
)
def test_the_rate_is_said_and_not_tried(settings: dict[str, Any], ends: str) -> None:
    """Zoho locks an address for ten minutes."""
    with ZohoVoice() as sandbox:
        (rate,) = [line for line in told(sandbox, **settings) if "rate of contacts" in line]
    assert rate.startswith("cannot be told: ")
    assert ends in rate


def test_what_only_writing_tells_is_said_with_what_tells_it() -> None:
    """Scope, form, flags, letters and updates: no line claims that one of them holds."""
    with ZohoVoice() as sandbox:
        unknown = " ".join(line for line in told(sandbox) if line.startswith("cannot be told: "))
    for named in ("zohovoice.contacts.CREATE", "contact_as", "is_spam", "ASCII", "canary"):
        assert named in unknown


def test_a_contact_that_cannot_be_read_alone_ends_nothing() -> None:
    """The line names the request and its answer, and the others follow."""
    with ZohoVoice() as sandbox:
        fill(sandbox, 3)
        sandbox.fault(on=f"GET {API}/5", times=-1, status=500)
        client = Client(sandbox.tap_config(), {**FAST, "max_tries": 2})
        client.check()
        client.tell_apart()
        lines = [fact.line for fact in client.facts()]
    (status,) = [line for line in lines if STATUS in line]
    assert status.startswith(f"cannot be told: {STATUS} (Zoho Voice: GET {API}/5")
    assert "HTTP 500" in status
    assert "rate of contacts" in lines[-1]
