"""Show before a run what it would find: `--check` at the account, `--explain` in the records."""

from __future__ import annotations

import sys
from typing import IO, TYPE_CHECKING, Any

import click

from tap_contacts.plugin import printable
from tap_contacts.plugin.check import tell_account, tell_facts
from target_contacts.pipeline.reporting import assert_writable
from target_contacts.report.run_log import passed_over_in_words

if TYPE_CHECKING:
    from target_contacts.pipeline.runnable import Runnable


def check(target: Runnable) -> int:
    """Check all settings, sign in, read a little and print what is as assumed.

    Returns the exit code.

    Raises:
        ConfigurationError: If a run would refuse the settings.
        ApiError: If the ledger cannot be used, or the account does not answer.
    """
    run = target.this_run
    try:
        run.rejects.assert_writable()
        assert_writable(run.settings)
        sink = target.rehearse()
        tell_account(run.client)
        sink.learn()
        return tell_facts(run.client, run.lookups.facts())
    finally:
        run.close()


def explain(target: Runnable, file_input: IO[Any] | None) -> int:
    """Read everything and print what a run would write. Nothing is asked or kept."""
    target.listen(file_input)
    run = target.this_run
    for explainer in run.explainers:
        explainer.show(sys.stdout)
    if not run.explainers:
        click.echo("Nothing would be written: no stream of people came.")
    if text := passed_over_in_words(run.books):
        click.echo(printable.text(text))
    return 0
