"""What `--check` of both commands prints."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import click

from tap_contacts.plugin import printable
from tap_contacts.plugin.endings import FAILED
from tap_contacts.transport.facts import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_contacts.transport.client import ApiClient
    from tap_contacts.transport.facts import Fact


def tell_account(client: ApiClient) -> None:
    """Print which account answers; raise ApiError if none does."""
    click.echo(printable.text(client.check()))


def tell_facts(client: ApiClient, more: Iterable[Fact] = ()) -> int:
    """Print each fact about an API that reading shows, and more; return the exit code."""
    client.tell_apart()
    code = 0
    for fact in itertools.chain(client.facts(), more):
        click.echo(printable.text(fact.line))
        if fact.seen.standing is Standing.HARMS:
            code = FAILED
    return code


def check_option() -> click.Option:
    """Return the option `--check`."""
    text = (
        "Check the settings, sign in, read a little, and say which account answers and what is "
        "as assumed. Nothing is written."
    )
    return click.Option(["--check"], is_flag=True, help=text)
