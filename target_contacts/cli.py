"""The command line: carry out what its options ask for."""

from __future__ import annotations

import functools
import sys
from typing import IO, TYPE_CHECKING, Any, NamedTuple, NoReturn

from target_contacts.commands.options import assert_configured, named, taken
from target_contacts.destinations.settings import the_one
from target_contacts.pipeline import options as runs
from target_contacts.pipeline.purpose import Purpose
from target_contacts.shutdown import leave

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from target_contacts.commands.options import Asked
    from target_contacts.delivery.bounds import Given
    from target_contacts.pipeline.runnable import Runnable


class CommandLine(NamedTuple):
    """What a command is asked for."""

    file_input: IO[Any] | None
    """The input; None: standard input."""
    options: Mapping[str, Any]
    """Those that say what a run is for."""
    destinations: Sequence[str]
    """Names of the destinations to write to; none: all."""
    allow: Mapping[str, Given] | None
    asked: Asked | None
    """A command on the ledger or on rejects, if it is none that runs."""

    @classmethod
    def of(cls, options: dict[str, Any], file_input: IO[Any] | None) -> CommandLine:
        """Return what options ask for; raise UsageError if one of them goes for nothing."""
        destinations, allow = options.pop("destinations", ()), options.pop("allow", None)
        also = {"limit": options.get("limit"), "allow": allow, "input": file_input}
        asked = taken(options, also)
        return cls(file_input, options, destinations, allow, asked)

    def assert_one(self) -> None:
        """Raise UsageError if several options are given, each of which is for a run of its own."""
        ones = {name: value for name, value in self.options.items() if name != "limit"}
        runs.assert_one({**ones, **named(self.asked)})

    @property
    def purpose(self) -> Purpose:
        """Return what the run is for."""
        return runs.purpose(**self.options)

    @property
    def alone(self) -> str:
        """Return the option that is for one destination at a time; "" if there is none."""
        return runs.alone(self.options)

    def carry_out(
        self,
        config: Mapping[str, Any],
        make: Callable[..., Runnable],
        write_several: Callable[[Mapping[str, Any], CommandLine], int],
        schema: Mapping[str, Any],
    ) -> NoReturn:
        """Do what is asked for, and end the process."""
        several = runs.are_given(config)
        if self.asked and self.asked.needs_account and (self.destinations or several):
            config = {**the_one(config, schema, self.destinations, self.asked.name)}
        make_one = functools.partial(make, config=config)
        if self.asked:
            assert_configured(self.asked, config)
            sys.exit(_answered(make_one, self.asked))
        if self.destinations or several:
            sys.exit(write_several(config, self))
        _end(*self.perform(make_one, self.file_input))

    def perform(
        self, make: Callable[..., Runnable], file_input: IO[Any] | None
    ) -> tuple[Runnable, int]:
        """Do with one account what is asked for; return the target and the exit code."""
        limit, plan = self.options.get("limit"), self.options.get("plan")
        if path := plan or self.options.get("apply"):
            from target_contacts.pipeline import plans

            carry = plans.make_plan if plan else plans.carry_out
            return carry(make, path, file_input, limit)
        target = make(purpose=self.purpose, limit=limit)
        if self.purpose is Purpose.WRITE:
            return target, _run(make, target, file_input, limit)
        from target_contacts.commands import preview

        if self.purpose is Purpose.CHECK:
            return target, preview.check(target)
        return target, preview.explain(target, file_input)


def _answered(make: Callable[..., Runnable], asked: Asked) -> int:
    from target_contacts.commands.answer import answer

    return answer(make, asked)


def _run(
    make: Callable[..., Runnable], target: Runnable, file_input: IO[Any] | None, limit: int | None
) -> int:
    """Run a target; if a guard ended its last run, count first what this one would do.

    Returns the exit code.
    """
    if not (target.has_input(file_input) and target.this_run.was_stopped()):
        return target.run(file_input)
    from target_contacts.pipeline import plans

    return plans.count_and_run(make, target, file_input, limit)


def _end(target: Runnable, code: int) -> NoReturn:
    if target.this_run.shutdown.abandoned:
        leave(code)
    sys.exit(code)
