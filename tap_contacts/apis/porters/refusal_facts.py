"""Say how PORTERS (HRBC) refuses a request, where no document proves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_contacts.apis.porters import codes, wire
from tap_contacts.apis.porters.fields import CONTACTS
from tap_contacts.transport import xml
from tap_contacts.transport.facts import Seen, differs, holds, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_contacts.transport.client import ApiClient

KEY = "Contact.P_Id"
NOT_THERE = "Contact.P_NotThere"
"""Alias that no company has."""

NOT_TAKEN = "100"


class RefusalFacts:
    """What is answered to requests that have to be refused."""

    def __init__(
        self, client: ApiClient, query: Callable[[str, Mapping[str, Any]], str], others: list[str]
    ) -> None:
        self._client, self._query, self._others = client, query, others

    def unknown_field(self) -> Seen:
        """Ask for a field that is not there."""
        params = {"count": 1, "field": NOT_THERE}
        return self._refusal(
            NOT_TAKEN,
            params,
            "it is passed over: mind the aliases in porters.fields and field_map",
        )

    def partition_0(self) -> Seen:
        """Ask in a company database that is not there."""
        params = {"count": 1, "field": KEY, "partition": 0}
        taken = "something answers: check porters.partition"
        return self._refusal(codes.NO_PARTITION, params, taken)

    def _refusal(self, code: str, params: Mapping[str, Any], taken: str) -> Seen:
        """Ask for what has to be refused, without renewing any token."""
        query = self._query(CONTACTS.path, params)
        answer = self._client.answer_to(CONTACTS.path, params=query, headers=wire.LINKS_TOO)
        root, told = answer.xml, codes.judge(answer).code
        name = "no XML" if root is None else xml.local(root)
        seen = f"{name}, code {told or 'none'}, HTTP {answer.status}"
        if told == code:
            return holds(seen)
        if told:
            return differs(f"{seen}; a run names that code and ends, or rejects the contact")
        is_taken = root is not None and xml.child_text(root, "Code") == "0"
        return differs(f"{seen}; {taken if is_taken else 'check proxies'}")

    def other_partition(self) -> Seen:
        """Ask in another company database."""
        if not self._others:
            return unknown("there is one within reach")
        params = {"count": 1, "field": KEY, "partition": self._others[0]}
        query = self._query(CONTACTS.path, params)
        answer = self._client.answer_to(CONTACTS.path, params=query, headers=wire.LINKS_TOO)
        if code := codes.judge(answer).code:
            return differs(f"another one answers with code {code}; each run uses one only")
        return holds()
