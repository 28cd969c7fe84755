"""Explain what a run would write, without network and ledger. No value is shown."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tap_contacts.plugin import printable
from target_contacts.contact.deletion import Gone
from target_contacts.contact.derive import JOINT
from target_contacts.errors import Rejected
from target_contacts.mapping.coverage import MADE, Use
from target_contacts.mapping.field import without_empty
from target_contacts.mapping.policies import OVERWRITE, allowed
from target_contacts.mapping.remedies import remedies
from target_contacts.mapping.required import MISSING
from target_contacts.report import summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from rich.console import Console

    from target_contacts.contact.model import Contact
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Received
    from target_contacts.mapping.field import Payload
    from target_contacts.pipeline.translation import Translation
    from target_contacts.sinks.base import ApiSink

WIDTH = 140
"""Columns of a line."""


class Explainer:
    """Count what would be sent of one stream, instead of delivering it."""

    def __init__(self, sink: ApiSink[Any], made: Translation, outcomes: Outcomes) -> None:
        self._sink, self._outcomes = sink, outcomes
        self._fields, self._references, self._remarks = made.fields, made.references, made.remarks
        self._reader, self._preparation = made.reader, made.preparation
        self._on_delete = sink.context.settings.on_delete
        self._uses: Counter[Use] = Counter()
        self._converted: Counter[Use] = Counter()
        self._spare: Counter[str] = Counter()
        self._conflicts: Counter[tuple[str, str, str]] = Counter()
        self._rejected: Counter[tuple[str, str]] = Counter()
        self._expected: Counter[str] = Counter()
        self.sent = self._refused = 0

    def explain(self, waiting: Iterable[Received]) -> None:
        """Count what records hold and what would be sent of them."""
        for received in waiting:
            self._explain(received)

    def _explain(self, received: Received) -> None:
        try:
            reasons = self._count(received)
        except Rejected as why:
            reasons = [why]
        except Gone as gone:
            self._outcomes.skip(received, gone.why(self._on_delete))
            return
        if not reasons:
            self.sent += 1
            self._outcomes.settle("created", received)
            return
        self._refused += 1
        self._rejected.update({(summary.shown(why.field, why.code), why.code) for why in reasons})
        self._outcomes.reject(received, reasons[0])

    def _count(self, received: Received) -> list[Rejected]:
        """Count what becomes of a record's values; return why it would not be sent."""
        contact = self._reader.contact(received.record)
        translator, shown = self._fields.translator, self._remarks.shown
        coverage = translator.coverage
        self._spare.update({*map(shown, self._remarks.not_carried(contact, coverage))})
        self._conflicts.update(
            (attribute, shown(taken), shown(left)) for attribute, taken, left in contact.conflicts
        )
        payload, reasons = self._translated(contact)
        self._references.suppose(contact, payload)
        sent = allowed(payload, translator.policies)
        lacking = translator.required.missing(sent, creating=True)
        refused = {why.field for why in reasons}
        for found, value in coverage.uses(contact, payload):
            use, raw = self._known(found, value, contact, payload)
            self._uses[use] += 1
            self._converted[use] += str(raw) != str(payload[use.wire])
        self._expected.update(
            wire for wire in self._sink.capabilities.expected if wire not in payload
        )
        return [*reasons, *(why for why in lacking if why.field not in refused)]

    def _known(self, use: Use, raw: Any, contact: Contact, payload: Payload) -> tuple[Use, Any]:
        """Return the way of a value, its source as it may be shown, and what it was made of."""
        made_of = self._sink.made_of(use.wire, contact, payload) if use.source == MADE else ()
        if not made_of:
            return use._replace(source=self._shown(use.source, contact)), raw
        given = contact.with_defaults()
        sources = {**contact.sources, **dict.fromkeys(contact.defaults, "defaults")}
        origins = [self._shown(sources.get(name, name), contact) for name in made_of]
        way = Use(JOINT.join(dict.fromkeys(origins)), JOINT.join(made_of), use.wire)
        return way, JOINT.join(str(given.get(name)) for name in made_of)

    def _shown(self, source: str, contact: Contact) -> str:
        """Return where a value comes from, names of fields as far as they may be shown."""
        if source not in contact.sources.values():
            return source
        return JOINT.join(map(self._remarks.shown, source.split(JOINT)))

    def _translated(self, contact: Contact) -> tuple[Payload, list[Rejected]]:
        translator, reasons = self._fields.translator, list[Rejected]()
        translator.conversion.refusals = reasons
        try:
            payload, defaults, _ = self._preparation.translated(contact)
        except Rejected as why:
            reasons.append(why)
            translator.conversion.refusals = []
            payload, defaults = translator.payload(contact), translator.defaults(contact)
            translator.conversion.dropped_or_truncated.clear()
        return {**defaults, **without_empty(payload)}, reasons

    def show(self, file: TextIO) -> None:
        """Print the explanation."""
        from rich.console import Console

        console = Console(file=file, width=WIDTH, highlight=False, markup=False)
        title = self._sink.title
        counts = f"{self.sent} of {self.sent + self._refused} records would be sent"
        console.print(
            f"Stream {self._outcomes.stream} to {title}: {counts}, {self._refused} rejected."
        )
        _print(console, *self._way_of_each())
        _print(console, ("not carried", "records"), sorted(self._spare.items()))
        _print(console, ("found nothing", f"{title} field"), self._found_nothing())
        clashes = [(*clash, count) for clash, count in sorted(self._conflicts.items())]
        _print(console, ("differ", "taken", "left", "records"), clashes)
        refused = [(*why, count) for why, count in sorted(self._rejected.items())]
        _print(console, ("rejected for", "code", "records"), refused)
        _print(console, ("lacking, may be demanded", "records"), sorted(self._expected.items()))
        _print(
            console, ("did not fit", "what was done", "values"), self._outcomes.dropped_or_truncated
        )
        for line in self.remedies():
            console.print(printable.text(line), soft_wrap=True)

    def _way_of_each(self) -> tuple[list[str], list[tuple[object, ...]]]:
        """Return heads and rows of how values get there; with policies, if there are any."""
        heads = ["record field", "attribute", f"{self._sink.title} field", "records", "converted"]
        uses = sorted(self._uses.items())
        rows: list[tuple[object, ...]] = [(*u, n, self._converted[u] or "") for u, n in uses]
        policies = self._fields.translator.policies
        if not policies:
            return heads, rows
        told = (policies.get(use.wire, OVERWRITE) for use, _ in uses)
        return [*heads, "policy"], [(*row, policy) for row, policy in zip(rows, told, strict=True)]

    def _found_nothing(self) -> list[tuple[str, str]]:
        """Return the entries of `field_map` that gave no record a value: path and field."""
        unfilled, mapped = self._remarks.unfilled, self._fields.translator.coverage.mapped
        wires = sorted(unfilled.wires) if unfilled else []
        return [(f"{mapped[wire]} (field_map)", wire) for wire in wires if wire in mapped]

    @property
    def stream(self) -> str:
        """Return the stream's name."""
        return self._outcomes.stream

    def attribute_of(self, wire: str) -> str:
        """Return the attribute that fills a field of the destination, or ""."""
        return self._fields.translator.attributes.get(wire, "")

    def remedies(self) -> Iterator[str]:
        """Yield which settings give what is missing."""
        lacking = sorted({field for field, code in self._rejected if code == MISSING})
        lacking += sorted(self._expected)
        if lacking:
            yield "To give what is missing, add to the config, with your own for …:"
            translator = self._fields.translator
            identity = self._sink.capabilities.identity
            yield from remedies(lacking, translator, identity, self._sink.remedies())
            if self._references:
                yield "What is looked up gets its default only with missing: default beside it."


def _print(console: Console, heads: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(*heads, box=SIMPLE)
    for row in rows:
        table.add_row(*(printable.text(str(cell)) for cell in row))
    if table.rows:
        console.print(table)
