"""Make a plan of a run, and carry one out.

The input is kept in a file without a name. So it can be planned once more, and compared, before
anything of it is written.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.transport.errors import ApiError
from target_contacts.delivery.gate import Gate
from target_contacts.pipeline.intake import VERSION
from target_contacts.pipeline.purpose import Purpose
from target_contacts.planning import differences
from target_contacts.planning.file import Header, PlanFile, brief_of, read
from target_contacts.planning.planned_write import NEW
from target_contacts.planning.planner import Planner
from target_contacts.singer.reader import MessageReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from target_contacts.delivery.verdict import Verdict
    from target_contacts.pipeline.run import Run
    from target_contacts.pipeline.runnable import Runnable, RunnableT
    from target_contacts.planning.file import Plan
    from target_contacts.planning.planned_write import Brief


COUNTS_FIRST = (
    "A guard ended the last run. So what this one would send is counted before anything is sent."
)


def make_plan(
    make: Callable[..., RunnableT], path: Path, file_input: IO[Any] | None, limit: int | None
) -> tuple[RunnableT, int]:
    """Write a plan of what a run would do; return the target and the exit code.

    Raises:
        ConfigurationError: If the file cannot be made.
    """
    file = PlanFile(path)
    planner = Planner(file.add)
    target = make(purpose=Purpose.PLAN, limit=limit, planner=planner)
    code = target.run(file_input)
    file.close(_header(target.this_run, planner, limit, file.writes))
    return target, code


def carry_out(
    make: Callable[..., RunnableT], path: Path, file_input: IO[Any] | None, limit: int | None
) -> tuple[RunnableT, int]:
    """Do what a plan says; return the target and the exit code.

    Raises:
        ConfigurationError: If something is not as planned; nothing is written then.
    """
    plan = read(path)
    if limit not in {None, plan.header.limit}:
        msg = "--apply: a plan has the --limit that it was made with; leave the option out."
        raise ConfigurationError(msg)
    with tempfile.TemporaryFile() as kept:
        verdicts = _assert_holds(make, plan, partial(_keep, file_input, kept), kept)
        kept.seek(0)
        target = make(limit=plan.header.limit, gate=_gate(plan))
        if target.this_run.was_stopped():
            target.this_run.guards.obey(verdicts)
        target.this_run.open()
        if target.this_run.ledger.state() != plan.header.ledger:
            target.this_run.close()
            raise _stale(differences.LEDGER)
        return target, target.run(kept)


def count_and_run(
    make: Callable[..., Runnable], target: Runnable, file_input: IO[Any] | None, limit: int | None
) -> int:
    """Count what a target would do, since a guard ended its last run; then run it.

    Returns the exit code.
    """
    target.this_run.client.logger.info(COUNTS_FIRST)
    with tempfile.TemporaryFile() as kept:
        _keep(file_input, kept)
        counting = make(purpose=Purpose.PLAN, limit=limit, planner=Planner(keeps_rejects=False))
        counting.plan_again(kept)
        target.this_run.guards.obey(counting.this_run.guards.verdicts())
        kept.seek(0)
        return target.run(kept)


def _keep(file_input: IO[Any] | None, kept: IO[bytes]) -> None:
    """Copy the input; raise ApiError if there is no room for it."""
    given = file_input or MessageReader().default_input
    with keeping():
        shutil.copyfileobj(given, kept)
        kept.seek(0)


@contextlib.contextmanager
def keeping() -> Iterator[None]:
    """Raise ApiError if there is no room for an input that is kept in the block."""
    try:
        yield
    except OSError as error:
        folder = tempfile.gettempdir()
        advice = "Nothing was written. Free some space there, or set TMPDIR."
        msg = f"Folder {folder}"
        raise ApiError(msg, "keep the input", str(error.strerror), advice) from None


def _assert_holds(
    make: Callable[..., Runnable], plan: Plan, keep: Callable[[], None], kept: IO[bytes]
) -> Sequence[Verdict]:
    """Plan once more, and raise ConfigurationError if the plan is not the same.

    Returns what would end the run, as guards count.
    """
    writes: list[Brief] = []
    planner = Planner(lambda write: writes.append(brief_of(write)), keeps_rejects=False)
    target = make(purpose=Purpose.PLAN, limit=plan.header.limit, planner=planner)
    run = target.this_run
    if run.settings.dry_run:
        msg = "--apply: dry_run is true, so that nothing would be written."
        raise ConfigurationError(msg)
    run.open()
    now = _header(run, planner, plan.header.limit, 0)
    if why := differences.of_origin(plan.header, now):
        run.close()
        raise _stale(why)
    keep()
    target.plan_again(kept)
    if why := differences.of_writes(plan.writes, writes, (plan.header.counts, _counts(run))):
        raise _stale(why)
    return run.guards.verdicts()


def _header(run: Run, planner: Planner, limit: int | None, writes: int) -> Header:
    settings = run.compared.of_plan.items()
    return Header(
        version=VERSION,
        api=run.settings.api,
        account=run.ledger.account,
        settings={name: run.ledger.digest([name, value]) for name, value in settings},
        ledger=planner.ledger_state,
        limit=limit,
        counts=_counts(run),
        writes=writes,
    )


def _counts(run: Run) -> dict[str, int]:
    return {"read": run.books.read, **run.books.bins}


def _gate(plan: Plan) -> Gate:
    """Return what lets the writes of a plan through. Of a new contact no id is known yet."""
    return Gate(
        (each.place, each.action, _known(each.remote_id), each.sent) for each in plan.writes
    )


def _known(remote_id: str | None) -> str | None:
    return None if remote_id and remote_id.startswith(NEW) else remote_id


def _stale(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"--apply: the plan does not hold any more: {why}. {differences.ANEW}"
    )
