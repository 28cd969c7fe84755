"""What a report tells of a run: run.json holds it, and run.html shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from target_contacts.report.timeline import Bucket

FORM = 1
"""Number of the form of run.json. Raise it when a key means something else."""

SIGTERM, SIGINT = 143, 130
ENDINGS = {
    None: "did not end",
    0: "done",
    1: "failed",
    2: "wrong settings",
    3: "done, with rejected records",
    4: "stopped by a guard",
    SIGTERM: "ended by SIGTERM",
    SIGINT: "ended by SIGINT",
}
"""How a run ended, by its exit code."""


class Rejection(msgspec.Struct, frozen=True):
    """Rejected records of one kind."""

    stream: str
    code: str
    field: str
    """The field at fault; `-` if it is not known."""
    count: int
    keys: list[str]
    """Digests of the keys of some of them, as the ledger has them."""


class Skip(msgspec.Struct, frozen=True):
    """Records that were skipped for one reason."""

    stream: str
    reason: str
    count: int


class Repair(msgspec.Struct, frozen=True):
    """A command, and why it is needed."""

    why: str
    command: str


class Facts(msgspec.Struct, kw_only=True):
    """What is told of a run. No value of a record is among it."""

    form: int = FORM
    run_id: str
    started_at: str
    version: str
    api: str
    title: str
    destination: str = ""
    """Its name among several; "" if the settings name one alone."""
    account: str | None = None
    """The account's name in the ledger; None if the ledger was not opened."""
    settings: dict[str, bool | float | str | dict[str, bool] | None] = {}
    """Settings that are not as their defaults are; None stands for a value that is not told."""
    ended: str = ENDINGS[None]
    ended_at: str | None = None
    seconds: float | None = None
    exit_code: int | None = None
    error: str | None = None
    row: str = ""
    """The figures, as the row on a terminal shows them."""
    summary: dict[str, Any] = {}
    """The summary, as the log has it."""
    streams: dict[str, dict[str, int]] = {}
    """Records by stream and bin."""
    rejections: list[Rejection] = []
    skips: list[Skip] = []
    fields: dict[str, dict[str, dict[str, int]]] = {}
    """By stream and field: how many contacts got a value there, or had theirs emptied."""
    guards: list[dict[str, Any]] = []
    """What was counted, with the limits."""
    parents_not_found: int = 0
    """Records rejected since what they belong to was not found, or found several times."""
    timeline: list[Bucket] = []
    rejects_file: str | None = None
    repairs: list[Repair] = []
