"""The option `--sign-in` of both commands, and how it shares `--config` with the rest."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING, Any

import click
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.plugin import json_files, kept_settings
from tap_contacts.plugin.person import person
from tap_contacts.plugin.sign_in import SignIn, speaking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tap_contacts.transport.account_settings import Account
    from tap_contacts.transport.client import ApiClient

_API, _PATHS, _ERROR = (f"{__name__}.{name}" for name in ("api", "paths", "error"))
"""What is kept of the options until all are read."""


def option(accounts: Mapping[str, Account]) -> click.Option:
    """Return the option; it decides what becomes of a config file that cannot be read.

    It takes every API, to say of those without a grant what they need; the help names the others.
    """

    def taken(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
        del param
        ctx.meta[_API] = value
        if value is None and _ERROR in ctx.meta:
            raise ctx.meta[_ERROR]

    text = "Ask for what the vendor's console gives, sign in, and keep it in the last --config."
    return click.Option(
        ["--sign-in"],
        type=click.Choice(sorted(accounts)),
        metavar=f"[{'|'.join(sorted(api for api, of in accounts.items() if of.has_grant))}]",
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
    client_of: Callable[[str], type[ApiClient]],
    prefix: str,
    missing: Callable[[str], Mapping[str, Any]],
) -> Callable[..., Any]:
    """Return the command's callback, that signs in if the option asks for it."""

    @functools.wraps(callback)
    def called(**options: Any) -> Any:
        ctx = click.get_current_context()
        api = ctx.meta.get(_API)
        if api is None:
            return callback(**options)
        *others, last = _files(ctx.meta.get(_PATHS, ()))
        file, under = kept_settings.at(last, prefix), _settings_in(others)
        return SignIn(client_of(api), file, person(), missing(api), under).run()

    return called


def _files(paths: tuple[str, ...]) -> tuple[str, ...]:
    if not paths or "ENV" in paths:
        msg = "--sign-in needs --config FILE, which keeps the settings; it may be new."
        raise ConfigurationError(msg)
    return paths


def _settings_in(paths: list[str]) -> dict[str, Any]:
    """Return the settings in files that are only read."""
    found: dict[str, Any] = {}
    for path in paths:
        with speaking(path):
            found |= json_files.object_in(path)
    return found
