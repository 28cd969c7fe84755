"""Say which contacts that were found a record may be, going by whose they are already."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_contacts.delivery.candidates import Candidates
    from target_contacts.delivery.comparison import Comparison
    from target_contacts.delivery.planned import Planned
    from target_contacts.ledger.ledger import Ledger


def wishes(
    comparison: Comparison,
    ledger: Ledger,
    stream: str,
    items: Sequence[Planned],
    found: Mapping[str, Candidates],
) -> dict[str, list[list[str]]]:
    """Return which contacts each item may be, rule by rule.

    Contacts that no record has go first. Then come those that only records of other streams
    have, since two sources may know one person. A create that was never answered made a contact
    that no record has, unless another stream has adopted it since. A contact that is found by
    its name alone is taken only if no record of any stream has it.
    """
    agreeing = {item.key: comparison.agreeing(item, found[item.key]) for item in items}
    named = {item.key: comparison.by_name(item, found[item.key]) for item in items}
    ids = [each for rules in agreeing.values() for rule in rules for each in rule]
    ids += [each for several in named.values() for each in several]
    owned = ledger.remote_ids.owned(ids)
    own = ledger.remote_ids.owned(ids, stream)
    nobodys = {
        key: [[each for each in rule if each not in owned] for rule in rules]
        for key, rules in agreeing.items()
    }
    for item in items if comparison.adopts else ():
        rules = zip(nobodys[item.key], agreeing[item.key], strict=True)
        shared = [free or [each for each in rule if each not in own] for free, rule in rules]
        bare = [each for each in named[item.key] if each not in owned]
        nobodys[item.key] = [*(nobodys[item.key] if item.intent else ()), *shared, bare]
    return nobodys
