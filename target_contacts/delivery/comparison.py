"""Say by what the contacts of one stream are compared: evidence, or the rules of `match_on`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from target_contacts.delivery.evidence import FactReader
from target_contacts.delivery.lost_creates import Lost
from target_contacts.delivery.matching import ByEvidence, ByRules, Matcher
from target_contacts.values.basic import as_text, assert_known

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_contacts.delivery.candidates import Candidates
    from target_contacts.delivery.planned import Planned
    from target_contacts.ledger.entry import Entry
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.mapping.field import Payload
    from target_contacts.sinks.base import ApiSink


class Comparison:
    """Compare items with contacts of the destination.

    Raises:
        ConfigurationError: If an attribute has no field at the destination.
    """

    def __init__(self, sink: ApiSink[Any], match_on: Sequence[Any] | None, ledger: Ledger) -> None:
        self._sink, self._ledger = sink, ledger
        reader = FactReader(sink.fields, sink.region, sink.key_wire)
        self.rules = None if match_on is None else _rules(sink, match_on)
        """The rules of `match_on` in the destination's fields; None if evidence decides."""
        by_rules, self._evidence = ByRules(reader, self.rules or []), ByEvidence(reader)
        self.matcher: Matcher = self._evidence if self.rules is None else by_rules
        self.lost = Lost(reader, self.hashes, adopts=self.rules != [])
        self.adopts = self.rules != [] and sink.capabilities.can_list
        """Whether contacts that were there before may be adopted."""

    def known_by(self, item: Planned) -> Payload:
        """Return what the contact of an item is compared by, also what is never sent of it."""
        known = self._sink.known_by(item)
        return {**item.withheld, **known} if item.withheld else known

    def keys(self, item: Planned) -> list[Any]:
        """Return the keys of which the contact of an item has one, if it is there."""
        keys = list(self.matcher.keys(self.known_by(item)))
        return keys if item.intent is None else [*keys, item.intent.identity]

    def agreeing(self, item: Planned, candidates: Candidates) -> list[list[str]]:
        """Return, rule by rule, the ids of the candidates that are the contact of an item."""
        if not candidates:
            return []
        if item.intent:
            return self.lost.agreeing(item, candidates)
        return self.matcher.agreeing(self.known_by(item), candidates)

    def by_name(self, item: Planned, candidates: Candidates) -> list[str]:
        """Return the ids of the candidates that an item may have made, going by its name alone.

        Where none of its e-mail addresses and numbers is ever sent, its contact has none of them.
        """
        if not item.withheld or item.intent or self.rules is not None:
            return []
        return self._evidence.by_name(self._sink.known_by(item), candidates)

    def hashes(self, fields: Mapping[str, Any]) -> list[str]:
        """Return the hashes by which the creates that made a contact may be known."""
        wanted = ({w: as_text(fields.get(w)) for w in wires} for wires in self._sink.identities)
        return [self._ledger.digest(each) for each in wanted]

    def has_changed(self, item: Planned) -> bool:
        """Say whether a record has another identity than its create that was never answered."""
        intent = item.intent
        return intent is not None and intent.identity not in self.hashes(self._sink.known_by(item))

    def identity(self, item: Planned, intent: Entry) -> Mapping[str, str]:
        """Return the values by which the contact of a lost create is found, from its open intent.

        The setting that names a field for the key may have changed since.
        """
        known = self._sink.known_by(item)
        for wires in self._sink.identities:
            wanted = {wire: as_text(known.get(wire)) for wire in wires}
            if intent.identity == self._ledger.digest(wanted):
                return wanted
        return self._sink.looked_for(item)


def _rules(sink: ApiSink[Any], match_on: Sequence[Any]) -> list[list[str]]:
    """Return the rules of `match_on` in the destination's fields; a flat list is one rule.

    Raises:
        ConfigurationError: If they name what the destination does not have.
    """
    flat = [each for each in match_on if isinstance(each, str)]
    if flat and len(flat) < len(match_on):
        msg = "match_on mixes names and lists. Give a list of rules, each a list of attributes."
        raise ConfigurationError(msg)
    if not all(match_on):
        msg = (
            "match_on has an empty rule, which says nothing. Leave it out; [] alone adopts nobody."
        )
        raise ConfigurationError(msg)
    rules = [match_on] if flat else list(match_on)
    fields = {field.attribute: field.wire for field in sink.fields}
    assert_known("match_on", [name for rule in rules for name in rule], fields)
    if rules and not sink.capabilities.can_list:
        msg = f"match_on: contacts of {sink.title} cannot be looked up; leave it out."
        raise ConfigurationError(msg)
    return [[fields[attribute] for attribute in rule] for rule in rules]
