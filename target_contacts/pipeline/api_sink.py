"""Make what writes the contacts of one stream into the account of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.pipeline.purpose import Purpose
from target_contacts.sinks.context import Context

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.pipeline.run import Run
    from target_contacts.sinks.base import ApiSink


def api_sink(run: Run, outcomes: Outcomes) -> ApiSink[Any]:
    """Return the API's sink for the stream of these outcomes; one that plans, if the run does."""
    sink = run.kind(run.client, _context(run, outcomes))
    return run.planned.sink(sink, outcomes.stream) if run.planned else sink


def _context(run: Run, outcomes: Outcomes) -> Context:
    """Return what a sink needs of the run."""

    def owned(ids: Sequence[str]) -> set[str]:
        known = run.ledger.remote_ids.owned(ids, outcomes.stream)
        return run.planned.left_out(known) if run.planned else known

    knows_nothing = run.is_offline or run.purpose is Purpose.CHECK
    return Context(
        run.settings,
        run.status_names,
        halted=run.shutdown.is_asked,
        owned=owned,
        digest=run.ledger.digest,
        count_unfit=outcomes.count_unfit,
        first_writes=run.first_writes,
        told=None if knows_nothing else run.ledger.told,
    )
