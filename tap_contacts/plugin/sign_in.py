"""The option `--sign-in`: from the vendor's console to a config that works."""

from __future__ import annotations

import contextlib
import functools
import signal
import sys
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
from tap_contacts.transport.forms import LONGEST_TEXT
from tap_contacts.transport.grant import Grant, Means
from tap_contacts.transport.origin import origin
from tap_contacts.transport.rate_limit import RateLimiter
from tap_contacts.transport.session import Transport
from tap_contacts.transport.settings import SEND_SETTINGS, Sending
from tap_contacts.transport.trust import trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import IO

    from tap_contacts.plugin.kept_settings import SettingsFile
    from tap_contacts.transport.client import ApiClient
    from tap_contacts.transport.grant import Person

LONGEST_WAIT = 20.0
"""Most seconds to wait for an answer: what the vendor's console gives may live three minutes."""


class Terminal:
    """A person at a terminal."""

    def tell(self, text: str) -> None:
        """Show some lines on standard error: standard output is for messages."""
        for line in text.splitlines():
            click.echo(printable.text(line), err=True)

    def ask(self, what: str, *, hidden: bool = False, optional: bool = False) -> str:
        """Return what is typed; it is not echoed if it is hidden."""
        default = "" if optional else None
        with _interruptible():
            given = click.prompt(
                what, default, hide_input=hidden, show_default=False, err=True, type=str
            )
        return _line(what, given, optional=optional)


class Lines:
    """Answers that stand in a file or come through a pipe, one a line, in the order of asking."""

    def __init__(self, lines: IO[str] | None) -> None:
        self._lines = lines

    def tell(self, text: str) -> None:
        """Show some lines on standard error."""
        Terminal.tell(Terminal(), text)

    def ask(self, what: str, *, hidden: bool = False, optional: bool = False) -> str:
        """Return the next line."""
        del hidden
        self.tell(f"{what}:")
        try:
            return _line(what, self._lines.readline() if self._lines else "", optional=optional)
        except UnicodeDecodeError:
            msg = "Standard input is not text in UTF-8."
            raise ConfigurationError(msg) from None


def _line(what: str, given: str, *, optional: bool) -> str:
    """Return an answer without blanks around it, if it is a line of text."""
    line = given.strip()
    if not (line or optional):
        msg = f"Nothing was given for {what}; no file was changed."
        raise ConfigurationError(msg)
    if len(line) > LONGEST_TEXT or not line.isprintable():
        msg = f"What was given for {what} is no line of text; no file was changed."
        raise ConfigurationError(msg)
    return line


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C leave a hidden prompt, which then turns the terminal's echo on again."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def person() -> Person:
    """Return whoever answers at standard input."""
    return Terminal() if sys.stdin and sys.stdin.isatty() else Lines(sys.stdin)


class SignIn:
    """Sign in to an API for the first time, and keep the settings.

    Args:
        kind: The client of the API.
        file: The file that keeps the settings.
        person: Whoever has access to the vendor's console.
        missing: Settings beside the account's that the command cannot do without.
    """

    def __init__(
        self,
        kind: type[ApiClient],
        file: SettingsFile,
        person: Person,
        missing: Mapping[str, Any],
    ) -> None:
        self._kind, self._file, self._person, self._missing = kind, file, person, missing

    def run(self) -> None:
        """Ask, exchange, keep, and print which account answers.

        Raises:
            ConfigurationError: The file cannot be used, or an answer is of no use.
            ApiError: The vendor refuses, or does not answer.
        """
        grant_of = self._kind.grant
        if grant_of is None:
            raise ConfigurationError(_by_hand(self._kind))
        with self._speaking():
            kept_settings.assert_replaceable(self._file.path)
            config = self._checked(self._file.read())
        given = config.get(self._kind.api) or {}
        grant = grant_of(self._means(given, config))
        won = grant.settings(given)
        account = {**given, **won}
        self._checked({**config, self._kind.api: account})
        self._keep(given, won)
        self._prove(grant, account, config)

    def _keep(self, given: Mapping[str, Any], won: Mapping[str, Any]) -> None:
        """Add what was won to the file as it is now: somebody may have edited it meanwhile."""
        try:
            there = self._file.read()
            missing = {name: of for name, of in self._missing.items() if name not in there}
            before = there.get(self._kind.api)
            account = {**(before if isinstance(before, dict) else given), **won}
            self._file.update({**missing, self._kind.api: account})
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
        account = self._kind.settings.to_dict()
        schema = SEND_SETTINGS.to_dict()
        schema["properties"][self._kind.api] = account
        names = schema["properties"]
        used = {name: of for name, of in config.items() if name in names}
        found = without_nulls(typed(used, schema), schema)
        if errors := wrong(found, schema):
            raise ConfigurationError(" ".join(errors))
        return found

    @contextlib.contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except (Unreadable, kept_settings.Unwritable) as error:
            msg = f"The file {self._file.path} {error}."
            raise ConfigurationError(msg) from None


def _by_hand(kind: type[ApiClient]) -> str:
    """Say which settings an API needs that nobody can be led to."""
    needed = (each for each in kind.settings.wrapped.values() if not each.optional)
    named = " ".join(f"{kind.api}.{each.name}: {each.description}" for each in needed)
    return f"{kind.title} has nothing to be led through. Write into the config yourself: {named}"


# The command.

_API, _PATHS, _ERROR = (f"{__name__}.{name}" for name in ("api", "paths", "error"))
"""What is kept of the options until all are read."""


def option(clients: Mapping[str, type[ApiClient]]) -> click.Option:
    """Return the option; it decides what becomes of a config file that cannot be read."""

    def taken(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
        del param
        ctx.meta[_API] = value
        if value is None and _ERROR in ctx.meta:
            raise ctx.meta[_ERROR]

    text = "Ask for what the vendor's console gives, sign in, and keep the settings in --config."
    return click.Option(
        ["--sign-in"],
        type=click.Choice(sorted(clients)),
        is_eager=True,
        expose_value=False,
        callback=taken,
        help=text,
    )


@contextlib.contextmanager
def config_files(ctx: click.Context, paths: tuple[str, ...]) -> Iterator[None]:
    """Read config files in the block; a file that a sign-in is to make may be missing."""
    ctx.meta[_PATHS] = paths
    try:
        yield
    except click.BadParameter as error:
        if ctx.meta.get(_API) is None:  # the option may yet come
            ctx.meta[_ERROR] = error


def instead(
    callback: Callable[..., Any],
    clients: Mapping[str, type[ApiClient]],
    prefix: str,
    missing: Callable[[str], Mapping[str, Any]],
) -> Callable[..., Any]:
    """Return the command's callback, that signs in if the option asks for it.

    Args:
        callback: What the command does otherwise.
        clients: The clients by API.
        prefix: How the command's variables begin.
        missing: Returns what a config needs beside the account of an API.
    """

    @functools.wraps(callback)
    def called(**options: Any) -> Any:
        ctx = click.get_current_context()
        api = ctx.meta.get(_API)
        if api is None:
            return callback(**options)
        file = kept_settings.at(_only(ctx.meta.get(_PATHS, ())), prefix)
        return SignIn(clients[api], file, person(), missing(api)).run()

    return called


def _only(paths: tuple[str, ...]) -> str:
    """Return the one file that `--config` names."""
    if len(paths) != 1 or paths[0] == "ENV":
        msg = "--sign-in needs one --config FILE, which keeps the settings; it may be new."
        raise ConfigurationError(msg)
    return paths[0]
