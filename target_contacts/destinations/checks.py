"""Check the settings of all destinations before anything is read or sent."""

from __future__ import annotations

import contextlib
import json
import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from singer_sdk.exceptions import ConfigurationError, StreamMapConfigError

from target_contacts.destinations.settings import Destination, wrong
from target_contacts.ledger.database import Database
from target_contacts.pipeline.purpose import Purpose
from target_contacts.pipeline.reporting import assert_writable
from target_contacts.settings import of_translation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tap_contacts.transport.client import ApiClient
    from target_contacts.pipeline.run import Run
    from target_contacts.pipeline.runnable import Runnable


class Account(NamedTuple):
    """Where a destination is, and its settings."""

    name: str
    api: str
    address: str
    config: Mapping[str, Any]
    """The settings as its run has them: converted, and with those by default."""


class Checks:
    """Check destinations one by one."""

    def __init__(self, make: Callable[..., Runnable], *, opens_ledgers: bool) -> None:
        self._make, self._opens_ledgers = make, opens_ledgers
        self._rehearsed: set[str] = set()
        """What settings of translation were checked, as JSON."""
        self._opened: set[str] = set()
        """Ledgers that can be used."""
        self._names: dict[tuple[str, str], str] = {}
        """Destinations by API and account."""

    def accounts(self, destinations: Iterable[Destination]) -> list[Account]:
        """Return where destinations are.

        Raises:
            ConfigurationError: If a run would refuse the settings of one; it is named.
        """
        with _quiet():
            return [self._account(each) for each in destinations]

    def _account(self, destination: Destination) -> Account:
        name = destination.name
        with _naming(name):
            target = self._make(config=dict(destination.config), purpose=Purpose.EXPLAIN)
            run, config = target.this_run, target.config
            kind: type[ApiClient] = run.kind.client_class
            client = kind(config[kind.api], config)
            self._rehearse(target, json.dumps(of_translation(kind, config), default=str))
            run.rejects.assert_writable()
            assert_writable(run.settings)
            self._open(run)
        account = run.settings.ledger_account or client.told_account
        other = self._names.setdefault((kind.api, account), name)
        if other != name:
            why = f"it is the same account as {other}. If it is not, give each a ledger_account"
            raise wrong(name, why)
        return Account(name, kind.api, client.origin, config)

    def _rehearse(self, target: Runnable, settings: str) -> None:
        """Check settings that many destinations share once."""
        if settings not in self._rehearsed:
            self._rehearsed.add(settings)
            try:
                target.rehearse()
            finally:
                target.this_run.close()

    def _open(self, run: Run) -> None:
        """Open a ledger once, unless that would make one where it is to be there."""
        url = run.settings.ledger_url
        if self._opens_ledgers and not run.settings.require_ledger and url not in self._opened:
            self._opened.add(url)
            Database(url, bool).close()


@contextlib.contextmanager
def _naming(name: str) -> Iterator[None]:
    try:
        yield
    except (ConfigurationError, StreamMapConfigError) as error:
        raise wrong(name, error) from None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Log nothing: each run says the same once more, with its name."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
