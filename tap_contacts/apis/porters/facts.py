"""Tell what reading shows of what no document proves about PORTERS (HRBC).

Each read is billed: this takes about ten. Rates, and tokens that another run may use, are never
tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from tap_contacts.apis.porters import wire
from tap_contacts.apis.porters.field_facts import FieldFacts
from tap_contacts.apis.porters.fields import CONTACTS
from tap_contacts.apis.porters.one_page import Asked, page, text
from tap_contacts.apis.porters.refusal_facts import NOT_TAKEN, RefusalFacts
from tap_contacts.apis.porters.untold import UNTOLD
from tap_contacts.transport import xml
from tap_contacts.transport.errors import ApiError, Stopped
from tap_contacts.transport.facts import Fact, Seen, differs, harms, holds, told, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from lxml.etree import _Element

    from tap_contacts.apis.porters.one_page import Answered
    from tap_contacts.transport.client import ApiClient

SAMPLE = 20
"""Contacts that are looked at."""

KEY, CLIENT, PHASE, MAIL = (f"Contact.{n}" for n in ("P_Id", "P_Client", "P_Phase", "P_Mail"))
FEW = "the company has too few contacts"
WHICH_OF_TWO = (
    "if the screen shows these people as recruiters, a run neither reads nor finds them there, "
    "since it knows contacts only"
)
BY_OFFSETS = "it is refused; contacts are read by offsets instead"


class Facts:
    """What a company database shows, each thing asked for once."""

    def __init__(
        self, client: ApiClient, query: Callable[[str, Mapping[str, Any]], str], others: list[str]
    ) -> None:
        self._client = client
        self._fields = FieldFacts(client)
        self._refusals = RefusalFacts(client, query, others)
        self._items: list[_Element] = []
        self._total = -1

    def told(self) -> Iterator[Fact]:
        """Return what is assumed, and what was seen of it."""
        return told(self._asked, UNTOLD)

    @property
    def _asked(self) -> Sequence[tuple[str, Callable[[], Seen]]]:
        return (
            (
                "Aliases in the list of fields begin with the name of the resource",
                self._fields.aliases,
            ),
            (
                "The list of fields tells how long a text may be, and what is required",
                self._fields.limits,
            ),
            ("The list of fields names the options of an option field", self._fields.options),
            ("Contacts can be read", self._read),
            ("Without an order, contacts come by ascending id", self._default_order),
            ("Contacts can be read in the order of their ids", self._order),
            ("Contacts can be read by a range of ids", self._range),
            (
                "Several contacts can be asked for by P_Id:or",
                self._several,
            ),
            ("A reference holds a nested id", self._reference),
            ("An option stands in its field without OptionRoot", self._wrapper),
            ("A condition with :full finds an e-mail in any letter case", self._full),
            ("Contacts are what the company uses for people of its clients", self._recruiters),
            ("A field that is not there is refused with code 100", self._refusals.unknown_field),
            (
                "A company database that is not there is refused with code 404",
                self._refusals.partition_0,
            ),
            ("One token opens all company databases within reach", self._refusals.other_partition),
        )

    # Contacts.

    def _read(self) -> Seen:
        try:
            found = self._page(KEY, CLIENT, PHASE, MAIL)
        except Stopped as error:
            if error.http_status is None:
                raise
            return harms(f"{error.answered}; {error.advice}")
        self._items, self._total = found.items, found.total
        return holds(f"contacts: {found.total}")

    def _page(self, *fields: str, **query: str) -> Answered:
        condition = query.pop("condition", "")
        alias, _, value = condition.partition("=")
        asked = Asked(CONTACTS, fields, {alias: value} if condition else {})
        return page(self._client, asked, count=SAMPLE, **query)

    @property
    def _ids(self) -> list[int]:
        return _ids(self._items)

    def _default_order(self) -> Seen:
        if len(self._ids) < 2:  # noqa: PLR2004
            return unknown(FEW)
        if self._ids == sorted(self._ids):
            return holds()
        return differs("they come in another one; an order is asked for wherever it matters")

    def _order(self) -> Seen:
        try:
            found = _ids(self._page(order=f"{KEY}:asc").items)
        except Stopped as error:
            return _unless_taken(error, BY_OFFSETS)
        if len(found) < 2:  # noqa: PLR2004
            return unknown(FEW)
        if found == sorted(found):
            return holds()
        return harms(
            "the order is taken and not kept, so that reading would end: ask PORTERS' support"
        )

    def _range(self) -> Seen:
        if len(self._ids) < 2:  # noqa: PLR2004
            return unknown(FEW)
        least = min(self._ids)
        try:
            found = _ids(self._page(condition=f"{KEY}:gt={least}").items)
        except Stopped as error:
            return _unless_taken(error, BY_OFFSETS)
        if found and all(each > least for each in found):
            return holds()
        return harms(
            "the range is taken and not kept, so that reading would end or lack contacts: ask "
            "PORTERS' support"
        )

    def _several(self) -> Seen:
        if len(self._ids) < 2:  # noqa: PLR2004
            return unknown(FEW)
        two = self._ids[:2]
        try:
            found = _ids(self._page(condition=f"{KEY}:or={two[0]}:{two[1]}").items)
        except Stopped as error:
            return _unless_taken(error, "it is refused")
        return holds() if set(found) == set(two) else differs("other contacts come")

    def _reference(self) -> Seen:
        shown = self._shown(CLIENT)
        if not shown:
            return unknown(FEW)
        return holds() if len(shown[0]) else differs("it holds the plain id, and is taken so")

    def _wrapper(self) -> Seen:
        shown = [each for each in self._shown(PHASE) if len(each)]
        if not shown:
            return unknown("no contact that was read has a phase")
        if xml.local(next(shown[0].iterchildren(etree.Element))) == "OptionRoot":
            return differs("it stands in OptionRoot, and is taken so")
        return holds()

    def _shown(self, alias: str) -> list[_Element]:
        fields = [item.find(f"{{*}}{alias}") for item in self._items]
        return [each for each in fields if each is not None and (len(each) or each.text)]

    def _full(self) -> Seen:
        mails = [each.text or "" for each in self._shown(MAIL)]
        usable = [mail for mail in mails if mail.swapcase() != mail and not set(mail) & set(",:=")]
        if not usable:
            return unknown("no contact that was read has an e-mail")
        if self._page(condition=f"{MAIL}:full={usable[0].swapcase()}").items:
            return holds("whether full-width letters count as others was not tried")
        if self._page(condition=f"{MAIL}:full={usable[0]}").items:
            return differs(
                "letter case counts; among many contacts of one client, one whose name is written "
                "with other capitals may not be found; porters.external_key_field finds what this "
                "product created"
            )
        return harms(
            "it does not find a contact that is there, so contacts would be doubled: do not write "
            "with match_on until PORTERS' support has answered"
        )

    def _recruiters(self) -> Seen:
        params = {"count": 1, "field": "Recruiter.P_Id"}
        try:
            root = self._client.call("GET", "/v1/recruiter", params=params).xml
        except ApiError as error:
            if error.http_status is None:
                raise
            return unknown(f"recruiters could not be read, {error.answered}; {WHICH_OF_TWO}")
        return unknown(f"contacts: {self._total}, recruiters: {wire.total(root)}; {WHICH_OF_TWO}")


def _ids(items: Sequence[_Element]) -> list[int]:
    return [int(text(each, KEY)) for each in items if wire.ID.fullmatch(text(each, KEY))]


def _unless_taken(error: ApiError, detail: str) -> Seen:
    """Return that a parameter is not taken; raise any other error."""
    if error.code != NOT_TAKEN:
        raise error
    return differs(f"code {NOT_TAKEN}: {detail}")
