"""Say in the log what became of the records of a run."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING

from target_contacts.report.summary import NOT_THERE

if TYPE_CHECKING:
    from rich.table import Table

    from target_contacts.report.summary import Books

MOST_NAMED = 50
"""Most fields of a stream that a line of the log names. The summary names all."""

MANY = 20
"""Records of which one can be expected to have a value; what changed since a bookmark are few."""

_BESIDE = (
    "not_carried",
    "not_carried_unnamed",
    "dropped_or_truncated",
    "noted",
    "left_alone",
    "passed_over",
    "doubled",
    "guards",
)
"""Keys of the summary whose values are no numbers."""


def report(books: Books, logger: logging.Logger, api: str, summary: dict[str, object]) -> None:
    """Log what was left out, and the summary as one line. Print a table on a terminal."""
    for stream in dict.fromkeys((*books.not_carried, *books.unnamed)):
        text = "%s has no field for these of %s: %s. See field_map."
        logger.warning(text, api, stream, _left_fields(books, stream))
    nowhere = books.unfilled.nowhere()
    level = logging.WARNING if sum(count for _, count in nowhere.values()) >= MANY else logging.INFO
    for stream, (wires, count) in nowhere.items():
        text = "field_map found nothing for these in any of %s of %s: %s. See --explain."
        logger.log(level, text, _number(count, "record"), stream, ", ".join(wires))
    _report_bins(books, logger)
    _report_doubled(books, logger)
    _report_passed_over(books, logger)
    logger.info("summary: %s", json.dumps(summary))
    if sys.stderr.isatty():
        from rich.console import Console

        Console(stderr=True).print(_table(api, summary))


def _left_fields(books: Books, stream: str) -> str:
    names = sorted(books.not_carried.get(stream, ()))
    words = names[:MOST_NAMED]
    if further := len(names) - len(words):
        words.append(f"{further} more")
    if unnamed := books.unnamed[stream]:
        words.append(f"{unnamed} whose names are no names of fields by their form")
    return ", ".join(words)


def _report_bins(books: Books, logger: logging.Logger) -> None:
    for (stream, reason), count in books.skips.items():
        logger.info("%s of %s skipped: %s.", _number(count, "record"), stream, reason)
    for (stream, code, field), count in books.rejections.items():
        named = f", field {field}" if field != "-" else ""
        what = _number(count, "record")
        logger.warning("%s of %s rejected: code %s%s.", what, stream, code, named)
    for (stream, field, done), count in books.dropped_or_truncated.items():
        text = "%s of %s for the field %s did not fit and %s %s: on_invalid_value."
        unknown = "%s of %s for the field %s %s %s: see value_map."
        text, what = unknown if done == NOT_THERE else text, _number(count, "value")
        logger.warning(text, what, stream, field, "was" if count == 1 else "were", done)
    for (stream, field, done), count in books.noted.items():
        what = _number(count, "value")
        logger.warning("%s of %s for the field %s: %s.", what, stream, field, done)

    _report_left_alone(books, logger)


def _report_left_alone(books: Books, logger: logging.Logger) -> None:
    for (stream, field, policy), count in books.left_alone.items():
        what = _number(count, "value")
        logger.info("%s of %s for the field %s left alone: %s.", what, stream, field, policy)


def _report_doubled(books: Books, logger: logging.Logger) -> None:
    for stream, kept, others in books.doubled:
        text = (
            "A create of %s was carried out long after it had gone unanswered and was sent "
            "again: contact %s may be there twice, also as %s. Compare them, and delete the "
            "latter. A larger unanswered_wait_seconds avoids it."
        )
        logger.error(text, stream, kept, ", ".join(others))


def _report_passed_over(books: Books, logger: logging.Logger) -> None:
    is_all = 0 < books.read == books.bins["skipped"]
    if text := passed_over_in_words(books):
        logger.log(logging.INFO if books.asked and not is_all else logging.WARNING, "%s", text)
    if is_all:
        text = "Nothing was written: all %d records were skipped, for the reasons above."
        logger.warning(text, books.read)


def passed_over_in_words(books: Books) -> str:
    """Return which streams are not written, and what to do about it; "" if all are."""
    named = ", ".join(f"{stream} ({count})" for stream, count in books.passed_over.items())
    why = "the setting streams does not name them" if books.asked else "they hold no people"
    advice = "" if books.asked else " If they do, name all streams to write in streams."
    return f"Passed over with their records, since {why}: {named}.{advice}" if named else ""


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _table(api: str, summary: dict[str, object]) -> Table:
    from rich.table import Table

    table = Table(title=f"target-contacts: {api}", show_header=False)
    for name, value in summary.items():
        if name not in _BESIDE:
            table.add_row(name, str(value))
    return table
