"""Put a run together out of the settings and of what the command asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_contacts.delivery.canary import Due
from target_contacts.delivery.gate import Gate
from target_contacts.delivery.guards import Guards
from target_contacts.delivery.leavers import MARK
from target_contacts.delivery.limit import Limit
from target_contacts.parents.lookups import Lookups
from target_contacts.pipeline.compared_settings import ComparedSettings
from target_contacts.pipeline.purpose import Purpose
from target_contacts.pipeline.resources import Resources
from target_contacts.pipeline.run import Run
from target_contacts.planning.planned_run import PlannedRun
from target_contacts.planning.planner import Planner
from target_contacts.report.matches import Matches
from target_contacts.report.rejects import Rejects
from target_contacts.settings import typed
from target_contacts.singer.checkpoints import Checkpoints
from target_contacts.sinks.first_writes import FirstWrites
from target_contacts.sinks.stream_names import StreamNames

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_contacts.pipeline.purpose import Task
    from target_contacts.settings import Settings
    from target_contacts.shutdown import Shutdown
    from target_contacts.sinks.base import ApiSink


def build(
    kinds: Mapping[str, type[ApiSink[Any]]],
    config: Mapping[str, Any],
    shutdown: Shutdown,
    pass_on: Callable[[dict[str, Any]], None],
    task: Task,
) -> Run:
    """Return a run. It opens nothing before that is used.

    Args:
        kinds: What writes at each API.
        config: The settings, checked by the schema.
        shutdown: Whether a signal asks for the end.
        pass_on: Passes on a STATE; all that it covers is durable then.
        task: What the command asks for.
    """
    settings = typed(config)
    kind = kinds[settings.api]
    client_kind = kind.client_class
    planner = _planner(settings, task)
    planned = PlannedRun(planner) if planner else None
    resources = Resources(
        client_kind,
        config,
        settings,
        shutdown=shutdown,
        purpose=task.purpose,
        planned=planned,
    )
    lookups = _lookups(settings, kind, resources, task)
    keeps_files = _keeps_files(planner, task)
    return Run(
        settings=settings,
        purpose=task.purpose,
        destination=task.destination,
        kind=kind,
        planned=planned,
        shutdown=shutdown,
        resources=resources,
        compared=ComparedSettings(client_kind, config, lookups),
        stream_names=StreamNames(kinds),
        limit=Limit(task.limit),
        gate=task.gate or Gate(),
        guards=_guards(settings, task, resources),
        first_writes=FirstWrites(client_kind.title, resources.has_accepted),
        canaries=_canaries(settings, task, resources),
        checkpoints=Checkpoints(pass_on),
        lookups=lookups,
        rejects=Rejects(settings.rejects_dir, settings.api, kept=keeps_files),
        matches=Matches(settings.rejects_dir, settings.api, kept=keeps_files),
    )


def _planner(settings: Settings, task: Task) -> Planner | None:
    """Return what keeps what would be written; None if the run writes."""
    is_dry = task.purpose is Purpose.WRITE and settings.dry_run
    return task.planner or (Planner() if is_dry else None)


def _lookups(
    settings: Settings, kind: type[ApiSink[Any]], resources: Resources, task: Task
) -> Lookups:
    return Lookups(
        settings,
        kind,
        lambda: resources.client,
        lambda: resources.ledger,
        is_offline=task.purpose is Purpose.EXPLAIN,
    )


def _keeps_files(planner: Planner | None, task: Task) -> bool:
    """Say whether values of records may be kept in files of `rejects_dir`."""
    if task.purpose is Purpose.EXPLAIN:
        return False
    return planner is None or planner.keeps_rejects


def _writes(settings: Settings, task: Task) -> bool:
    return task.purpose is Purpose.WRITE and not settings.dry_run


def _guards(settings: Settings, task: Task, resources: Resources) -> Guards:
    allow = task.allow or {}
    return Guards(
        {**settings.guards, **allow},
        lambda: resources.ledger,
        enforced=_writes(settings, task),
        allowed=allow,
    )


def _canaries(settings: Settings, task: Task, resources: Resources) -> Due:
    """Return which first writes are to be read back."""
    return Due(
        resources.kinds_read_back,
        is_on=settings.canary and _writes(settings, task),
        marks=settings.on_delete == MARK,
    )
