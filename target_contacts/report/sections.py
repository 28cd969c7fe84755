"""The parts of a report's page below its head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.report import markup
from target_contacts.report.folder import PAGE
from target_contacts.report.plot import plot
from target_contacts.report.summary import BINS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from target_contacts.report.facts import Facts
    from target_contacts.report.folder import Past
    from target_contacts.report.markup import Cell

MOST_ROWS = 500
"""Rows of a table that are shown. run.json has all."""

_KEYS = "Keys are shown as the digests under which the ledger has them."


def moment(time: str) -> str:
    """Return a time in UTC without fractions of a second."""
    return f"{time[:19].replace('T', ' ')} UTC"


def of(facts: Facts, past: Sequence[tuple[Path, Past]]) -> Iterator[str]:
    """Yield the parts; those that have nothing to say are empty."""
    yield markup.section("Commands that repair", *_repairs(facts))
    yield markup.section("Records", _streams(facts))
    yield markup.section("Rejected", _rejections(facts), _lost_parents(facts))
    yield markup.section("Skipped", _skips(facts))
    yield markup.section("Guards", _guards(facts))
    yield markup.section("Fields", *_fields(facts))
    yield markup.section("Requests and waits", plot(facts.timeline), _calls(facts))
    yield markup.section("This run and those before", _runs(facts, past))
    yield markup.section("Settings that differ from their defaults", _settings(facts))


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    found = [*rows]
    more = len(found) - MOST_ROWS
    cut = markup.paragraph(f"{more:,} more rows are in run.json.", "muted") if more > 0 else ""
    return markup.table(caption, heads, found[:MOST_ROWS]) + cut if found else ""


def _repairs(facts: Facts) -> Iterator[str]:
    for each in facts.repairs:
        yield markup.paragraph(f"{each.why}:")
        yield markup.command(each.command)


def _streams(facts: Facts) -> str:
    rows = ([stream, *map(bins.get, BINS)] for stream, bins in facts.streams.items())
    caption = "Records by stream. Each is in one bin; those that were marked are among the deleted."
    return _table(caption, ["stream", *BINS], rows)


def _rejections(facts: Facts) -> str:
    rows = ([r.stream, r.code, r.field, r.count, ", ".join(r.keys)] for r in facts.rejections)
    heads = ["stream", "code", "field", "records", "some of the keys"]
    return _table(f"Rejected records by code and field. {_KEYS}", heads, rows)


def _lost_parents(facts: Facts) -> str:
    count = facts.parents_not_found
    text = f"Client, customer or owner not found, or found several times: {count:,} records."
    return markup.paragraph(text) if count else ""


def _skips(facts: Facts) -> str:
    rows = ([skip.stream, skip.reason, skip.count] for skip in facts.skips)
    return _table("Skipped records by reason.", ["stream", "reason", "records"], rows)


def _guards(facts: Facts) -> str:
    told = ("guard", "stream", "attribute", "seen", "limit")
    rows = ([*map(each.get, told), "yes" if each["exceeded"] else "no"] for each in facts.guards)
    heads = ["guard", "stream", "attribute", "counted", "limit", "exceeded"]
    return _table("What guards counted, and their limits.", heads, rows)


def _fields(facts: Facts) -> Iterator[str]:
    told = facts.summary
    filled = (
        [stream, field, counts.get("filled", 0), counts.get("cleared", 0)]
        for stream, fields in facts.fields.items()
        for field, counts in sorted(fields.items())
    )
    caption = (
        "Contacts that were sent a value for the field, new there or not, and those whose value "
        "was cleared."
    )
    yield _table(caption, ["stream", "field", "filled", "cleared"], filled)
    yield _table(
        "Not carried: no field of the destination takes these.",
        ["stream", "field"],
        ([stream, name] for stream, names in told.get("not_carried", {}).items() for name in names),
    )
    heads = ["stream", "field", "what was done", "values"]
    yield _table("Values that did not fit.", heads, told.get("dropped_or_truncated", ()))
    caption = "Values not written or looked up quite as they came."
    yield _table(caption, heads, told.get("noted", ()))
    heads = ["stream", "field", "policy", "values"]
    yield _table("Values that stayed, by a policy.", heads, told.get("left_alone", ()))
    yield _table("Streams not written.", ["stream", "records"], told.get("passed_over", {}).items())


def _calls(facts: Facts) -> str:
    told = facts.summary
    calls: Mapping[str, Any] = told.get("calls", {})
    rows: list[Sequence[Cell]] = [[f"requests, {name}", n] for name, n in sorted(calls.items())]
    rows += [["repeated", told.get("repeated", 0)]]
    rows += [["seconds waited", told.get("waited_seconds", 0.0)]]
    return _table("Requests by method.", ["what", "number"], rows)


def _runs(facts: Facts, past: Sequence[tuple[Path, Past]]) -> str:
    counts = ("read", *BINS, "requests", "waited_seconds")
    own = [facts.summary.get(name, 0) for name in counts]
    rows: list[Sequence[Cell]] = [
        [f"{moment(facts.started_at)} (this run)", facts.api, facts.ended, facts.seconds or 0, *own]
    ]
    for folder, run in past:
        time, has_page = moment(run.started_at), run.exit_code is not None
        name = markup.Link(time, f"../{folder.name}/{PAGE}") if has_page else time
        found = [getattr(run.summary, each) for each in counts]
        rows.append([name, run.api, run.ended, run.seconds or 0, *found])
    heads = ["started", "api", "end", "seconds", *counts[:-1], "waited"]
    return _table("The newest first, of all accounts that report into this folder.", heads, rows)


def _settings(facts: Facts) -> str:
    rows = (
        [name, "(not shown)" if value is None else str(value)]
        for name, value in sorted(facts.settings.items())
    )
    caption = "Values are shown only where they are numbers or one of several words."
    return _table(caption, ["setting", "value"], rows)
