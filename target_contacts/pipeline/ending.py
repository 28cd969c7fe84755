"""Say at the end of a run what became of its records: in the log, as a summary, as an exit code."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_contacts.plugin import metrics
from tap_contacts.transport.errors import ApiError
from target_contacts.delivery.guards import HELD_BACK
from target_contacts.report import run_log

if TYPE_CHECKING:
    from target_contacts.pipeline.run import Run

TOO_MANY_REJECTED, STOPPED_BY_GUARD = 3, 4
"""Exit codes of a run that is done, but rejected more than `max_rejects` records; and of one that
a guard ended."""


def report(run: Run, logger: logging.Logger) -> None:
    """Log what became of a run's records."""
    stopped = run.guards.is_tripped
    for verdict in run.guards.verdicts():
        level = logging.ERROR if stopped else logging.WARNING
        logger.log(level, "%s", verdict.sentence(stopped=stopped))
    metrics.count_usage(run.settings.api, run.usage())
    run.books.count_rejects(run.settings.api)
    run_log.report(run.books, logger, run.title, summary(run))
    if run.planned:
        run.planned.show(run.guards.counts())
    if run.rejects.path:
        text = "Rejected records: %s. Fix the cause, then pipe this file back in."
        logger.warning(text, run.rejects.path)
    for setting, path in run.matches.paths.items():
        text = "Values of %s that are only spelled like what they were taken for: %s."
        logger.warning(text, setting, path)


def summary(run: Run) -> dict[str, object]:
    """Return what became of a run's records."""
    found = run.books.summary(run.usage(), dry_run=run.planned is not None)
    if run.limit.is_set:
        found |= {"limited": True, "not_sent": run.limit.left}
    if verdicts := run.guards.verdicts():
        found["guards"] = [each.summary() for each in verdicts]
        if run.guards.is_tripped:
            found["held_back"] = run.books.skipped_for(HELD_BACK)
    return found


def exit_code(run: Run) -> int:
    """Return the exit code of a run that read all of its input, or was stopped by a guard.

    Raises:
        ApiError: If anything was not as the plan says, and so was not sent.
    """
    if run.guards.is_tripped:
        return STOPPED_BY_GUARD
    if refused := run.gate.refused:
        answered = f"{refused} writes were not as planned any more, so they were not sent"
        msg = "The plan"
        raise ApiError(msg, "--apply", answered, "Make a new plan.")
    rejected = run.books.bins["rejected"]
    return TOO_MANY_REJECTED if rejected > run.settings.max_rejects >= 0 else 0
