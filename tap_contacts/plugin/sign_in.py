"""Sign in to an API for the first time: from the vendor's console to a config that works."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click
import msgspec
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin import kept_settings, printable
from tap_contacts.plugin.json_files import Unreadable
from tap_contacts.plugin.setting_errors import wrong
from tap_contacts.plugin.standard_streams import OutputError
from tap_contacts.plugin.typed import typed, without_nulls
from tap_contacts.transport.circuit_breaker import CircuitBreaker
from tap_contacts.transport.grant import Grant, Means
from tap_contacts.transport.origin import origin
from tap_contacts.transport.rate_limit import RateLimiter
from tap_contacts.transport.session import Transport
from tap_contacts.transport.settings import SEND_SETTINGS, Sending
from tap_contacts.transport.trust import trust

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_contacts.plugin.kept_settings import SettingsFile
    from tap_contacts.transport.client import ApiClient
    from tap_contacts.transport.grant import Person

LONGEST_WAIT = 20.0
"""Most seconds to wait for an answer: what the vendor's console gives may live three minutes."""


class SignIn:
    """Sign in to an API for the first time, and keep the settings.

    `missing` are settings beside the account's that the command cannot do without. `under` are
    settings that are read, but not kept; those of the file go before them.
    """

    def __init__(
        self,
        kind: type[ApiClient],
        file: SettingsFile,
        person: Person,
        missing: Mapping[str, Any],
        under: Mapping[str, Any],
    ) -> None:
        self._kind, self._file, self._person = kind, file, person
        self._missing, self._under = missing, under

    def run(self) -> None:
        """Ask, exchange, keep, and print which account answers.

        Raises:
            ConfigurationError: The file cannot be used, or an answer is of no use.
            ApiError: The vendor refuses, or does not answer.
        """
        grant_of = self._kind.grant
        if grant_of is None:
            raise ConfigurationError(_by_hand(self._kind))
        with speaking(self._file.path):
            kept_settings.assert_replaceable(self._file.path)
            own, under = self._checked(self._file.read()), self._checked(self._under)
        api = self._kind.api
        given = {**(under.get(api) or {}), **(own.get(api) or {})}
        config = {**under, **own}
        grant = grant_of(self._means(given, config))
        won = grant.settings(given)
        account = {**given, **won}
        self._assert_right({api: account})
        self._keep({**(own.get(api) or {}), **won}, won)
        self._prove(grant, account, config)

    def _keep(self, account: Mapping[str, Any], won: Mapping[str, Any]) -> None:
        """Add what was won to the file as it is now: somebody may have edited it meanwhile."""
        try:
            there = self._file.read()
            before = there.get(self._kind.api)
            kept = {**before, **won} if isinstance(before, dict) else account
            missing = {name: of for name, of in self._missing.items() if name not in there}
            self._file.update({**missing, self._kind.api: kept})
        except (Unreadable, kept_settings.Unwritable) as error:
            msg = f"The file {self._file.path} {error}. Nothing was kept: begin again."
            raise OutputError(msg) from None
        self._person.tell(f"The settings are in {self._file.path}, for its owner only.")

    def _prove(self, grant: Grant, account: Mapping[str, Any], config: Mapping[str, Any]) -> None:
        for line in grant.proof(self._kind(account, config)):
            click.echo(printable.text(line))

    def _means(self, given: Mapping[str, Any], config: Mapping[str, Any]) -> Means:
        sending = msgspec.convert({**config}, Sending)
        pace = RateLimiter(self._kind.title, CircuitBreaker(), {})
        timeout = min(sending.timeout_seconds, LONGEST_WAIT)
        transport = Transport(timeout, pace, trust(self._kind.api, given))

        def origin_of(name: str, url: str) -> str:
            return origin(f"{self._kind.api}.{name}", url, allow_http=sending.allow_http)

        return Means(self._person, transport, origin_of, lambda more: self._kind(more, config))

    def _checked(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings that a sign-in uses, if they have the right form."""
        schema = self._schema
        names = schema["properties"]
        used = {name: of for name, of in config.items() if name in names}
        found = without_nulls(typed(used, schema), schema)
        self._assert_right(found)
        return found

    def _assert_right(self, config: Mapping[str, Any]) -> None:
        if errors := wrong(config, self._schema):
            raise ConfigurationError(" ".join(errors))

    @property
    def _schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = SEND_SETTINGS.to_dict()
        schema["properties"][self._kind.api] = self._kind.settings.to_dict()
        return schema


@contextlib.contextmanager
def speaking(path: object) -> Iterator[None]:
    """Raise ConfigurationError, with a sentence, if the block cannot use a file."""
    try:
        yield
    except (Unreadable, kept_settings.Unwritable) as error:
        msg = printable.text(f"The file {path} {error}.")
        raise ConfigurationError(msg) from None


def _by_hand(kind: type[ApiClient]) -> str:
    """Say which settings an API needs that nobody can be led to."""
    needed = (each for each in kind.settings.wrapped.values() if not each.optional)
    named = " ".join(f"{kind.api}.{each.name}: {each.description}" for each in needed)
    return f"--sign-in is not for {kind.title}. Write these settings into the config: {named}"
