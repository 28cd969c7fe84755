"""Carry out a command, and print what it has to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tap_contacts.plugin import printable
from target_contacts.commands import rejects
from target_contacts.commands.compare import Compare
from target_contacts.commands.look import Look
from target_contacts.commands.move import Move
from target_contacts.commands.parents import Parents
from target_contacts.commands.repair import Repair
from target_contacts.pipeline.purpose import Purpose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from target_contacts.commands.options import Asked
    from target_contacts.pipeline.run import Run
    from target_contacts.pipeline.runnable import Runnable

_READ = frozenset(("list", "show"))
"""Commands that may read while a run goes on: each asks for what is entered at that moment."""


def _show(run: Run, asked: Asked) -> Iterator[str]:
    if asked.stream:
        return Look(run, asked).show()
    parents = Parents(run, asked)
    return parents.show() if asked.parent else parents.of_id()


_LEDGER: Mapping[str, Callable[[Run, Asked], Iterator[str]]] = {
    "list": lambda run, asked: Look(run, asked).counts(),
    "show": _show,
    "forget": lambda run, asked: (Parents if asked.parent else Repair)(run, asked).forget(),
    "check": lambda run, asked: Compare(run, asked).check(),
    "export": lambda run, asked: Move(run, asked).export(),
    "import": lambda run, asked: Move(run, asked).enter(),
    "relink": lambda run, asked: Repair(run, asked).relink(),
}


def answer(make: Callable[..., Runnable], asked: Asked) -> int:
    """Carry out a command; return the exit code.

    Raises:
        UsageError: If it asks for what cannot be.
        ApiError: If it is refused, or fails.
    """
    if asked.kind == "rejects":
        return _echo(_of_rejects(make, asked))
    purpose = Purpose.LOOK if asked.verb in _READ else Purpose.REPAIR
    run = make(purpose=purpose).this_run
    try:
        return _echo(_LEDGER[asked.verb](run, asked))
    finally:
        run.close()


def _of_rejects(make: Callable[..., Runnable], asked: Asked) -> Iterator[str]:
    if asked.verb == "show":
        return rejects.show(asked.file, asked.most)
    return rejects.summary(asked.file, make(purpose=Purpose.EXPLAIN))


def _echo(lines: Iterator[str]) -> int:
    for line in lines:
        click.echo(printable.text(line))
    return 0
