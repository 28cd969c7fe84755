"""Recognise the contact of a create whose answer was lost.

It is recognised by what was sent: all fields that the API gives back. A name alone says nothing.
The ledger holds only hashes. If the record has changed since, it is not known any more what was
sent. Then the contact must have the identity that was sent, by its hash, and match by evidence
(`matching`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.delivery.matching import EVIDENCE, share_evidence
from target_contacts.sinks.item import created

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_contacts.delivery.candidates import Candidates, Sent
    from target_contacts.delivery.evidence import FactReader
    from target_contacts.delivery.planned import Planned

_PLAIN = (str, int, float)


class Lost:
    """Compare candidates with creates that were never answered."""

    def __init__(self, reader: FactReader, sent: Sent, *, adopts: bool) -> None:
        self._reader, self._sent, self._adopts = reader, sent, adopts

    def is_sent(self, item: Planned, fields: Mapping[str, Any]) -> bool:
        """Say whether a contact is just what was sent, as far as the API gives it back."""
        if not item.is_announced:
            return False
        sent = {w: value for w, value in created(item).items() if isinstance(value, _PLAIN)}
        normal = self._reader.normal
        return all(normal(wire, sent) == normal(wire, fields) for wire in sent if wire in fields)

    def agreeing(self, item: Planned, candidates: Candidates) -> list[list[str]]:
        """Return, rule by rule, the ids of those contacts that the create may have made."""
        exact = [each for each, fields in candidates.items() if self.is_sent(item, fields)]
        if item.is_announced and not self._adopts:
            return [exact]
        mine = self._reader.facts(created(item))
        facts = {each: self._reader.facts(fields) for each, fields in candidates.items()}
        theirs = {each: found for each, found in facts.items() if found.parent == mine.parent}
        rules = EVIDENCE[:-1] if item.is_announced else EVIDENCE
        near = [[each for each, found in theirs.items() if rule(mine, found)] for rule in rules]
        same = [
            each
            for each, found in theirs.items()
            if share_evidence(mine, found) and self._may_be(item, candidates[each])
        ]
        return [exact, *near, same]

    def made(self, item: Planned, candidates: Candidates) -> list[str]:
        """Return the ids of the contacts that the create may have made, going by what was sent.

        Of a record that has changed since, only the identity of what was sent is known.
        """
        is_it = self.is_sent if item.is_announced else self._may_be
        return [each for each, fields in candidates.items() if is_it(item, fields)]

    def undecidable(self, item: Planned, candidates: Candidates) -> list[str]:
        """Return the ids of contacts of which nobody can tell whether the create made them."""
        if not item.is_announced:
            return [each for each, fields in candidates.items() if self._may_be(item, fields)]
        if self._adopts:
            return []
        mine, facts = self._reader.facts(created(item)), self._reader.facts
        rules = EVIDENCE[:-1]
        return [
            each
            for each, fields in candidates.items()
            if any(rule(mine, facts(fields)) for rule in rules)
        ]

    def _may_be(self, item: Planned, fields: Mapping[str, Any]) -> bool:
        """Say whether a contact has the identity that an open intent is known by."""
        identity = item.intent.identity if item.intent else None
        return identity is not None and identity in self._sent(fields)
