"""The base of both plugins: read the config, and check the settings without showing a value."""

from __future__ import annotations

import abc
import logging
import os
from typing import TYPE_CHECKING, Any, ClassVar

import click
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.exceptions import ConfigurationError
from singer_sdk.plugin_base import JSONSchemaValidator, PluginBase

from tap_contacts.plugin import json_files, printable, sign_in_option, stream_maps
from tap_contacts.plugin.setting_errors import unknown, wrong
from tap_contacts.plugin.typed import typed, without_nulls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_contacts.transport.account_settings import Account
    from tap_contacts.transport.client import ApiClient

PACKAGE = "singer-contacts"
"""The distribution that both plugins belong to."""

ENVIRONMENT = "ENV"
"""What `--config` takes instead of a file, to read the environment."""

_CHECKED_APART = {"stream_maps": {"type": ["object", "null"]}}
"""Settings whose schema in the SDK raises on wrong values."""

_BOUNDS = {
    "batch_size_rows": {"minimum": 1, "maximum": 100_000},
    "flattening_max_depth": {"minimum": 1, "maximum": 100},
    "flattening_max_key_length": {"minimum": 16, "maximum": 4096},
}
"""Bounds of the SDK's own settings, for which it declares none."""


class ContactsPlugin(PluginBase):
    """Check settings without showing a value."""

    package_name = PACKAGE
    accounts: ClassVar[Mapping[str, Account]]
    """What the settings say of each API that the command uses."""

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings without the SDK's own messages, which show values and secrets."""
        schema = self.config_jsonschema
        self.append_builtin_config(schema)
        checked = {**schema, "properties": {**schema["properties"], **_CHECKED_APART}}
        try:
            self._config = without_nulls(typed(self._config, schema), schema)
            errors = wrong(self._config, checked)
        except RecursionError:
            msg = "The config has a setting that nests too deep."
            raise ConfigurationError(msg) from None
        self._warn_of_unknown(schema)
        demanded = raise_errors or bool(self._config)
        """A catalog can be asked for without any settings."""
        if errors and demanded:
            raise ConfigurationError(" ".join(errors))
        if not errors:  # the SDK's validator also sets defaults, which takes objects to be some
            list(JSONSchemaValidator(checked).iter_errors(self._config))
        if demanded:
            stream_maps.assert_right(self._config.get("stream_maps") or {})
            stream_maps.assert_flat(self._config)
            self.check_settings()
        return errors

    def _warn_of_unknown(self, schema: Mapping[str, Any]) -> None:
        for each in unknown(self._config, schema):
            if not each.is_refused:
                self.logger.warning("Unknown setting %s is ignored; %s", each.name, each.advice)

    def _setup_signal_handlers(self) -> None:
        """Do nothing yet: what a signal ends is not set up."""

    def hear_signals(self) -> None:
        """Handle signals from now on; call it when all is set up."""
        super()._setup_signal_handlers()

    @property
    def _env_var_config(self) -> dict[str, Any]:
        """Return the settings in the environment, as texts, which `typed` converts."""
        self.append_builtin_config(self.config_jsonschema)
        names = self.config_jsonschema["properties"]
        texts = {"properties": {name: {"type": "string"} for name in names}}
        try:
            return parse_environment_config(texts, self._env_var_prefix)
        except (OSError, ValueError):
            msg = "A file .env above this installation cannot be read: save it as UTF-8."
            raise ConfigurationError(msg) from None

    def setup_mapper(self) -> None:
        """Set up stream maps; raise StreamMapConfigError if one is wrong."""
        with stream_maps.speaking():
            super().setup_mapper()

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add bounds to the SDK's own settings."""
        super().append_builtin_config(config_jsonschema)
        declared = config_jsonschema["properties"]
        for name, bounds in _BOUNDS.items():
            if name in declared:
                declared[name] = {**declared[name], **bounds}

    def check_settings(self) -> None:
        """Check what the schema of the settings cannot; may raise ConfigurationError."""

    @classmethod
    def command(cls) -> click.Command:
        """Set up logging and return the command; may raise ConfigurationError."""
        levels = [f"{cls._env_var_prefix}LOGLEVEL", "LOGLEVEL"]
        named = next((name for name in levels if os.environ.get(name)), None)
        if named and not isinstance(logging.getLevelName(os.environ[named].upper()), int):
            msg = f"{named} in the environment must be debug, info, warning, error or critical."
            raise ConfigurationError(msg)
        cls.logger.addFilter(is_sentence)
        try:
            found = cls.cli
        except Exception:  # noqa: BLE001  # a log configuration may name any class
            msg = (
                "SINGER_SDK_LOG_CONFIG in the environment must name a YAML file that "
                "logging.config.dictConfig can follow."
            )
            raise ConfigurationError(msg) from None
        return found

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the config files; a file that cannot be read is a usage error."""
        given = super().cb_config(ctx, param, tuple(each for each in value if each == ENVIRONMENT))
        with sign_in_option.config_files(ctx, value):
            for path in value:
                if path != ENVIRONMENT:
                    given.config |= file_of("config", path, ctx, param)
        return given

    @classmethod
    @abc.abstractmethod
    def client_of(cls, api: str) -> type[ApiClient]:
        """Return the client of an API."""

    @classmethod
    def config_for(cls, api: str) -> Mapping[str, Any]:
        """Return what a config needs beside the account of an API."""
        del api
        return {}

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Add `--sign-in` to the SDK's command."""
        command = super().get_singer_command()
        command.params.append(sign_in_option.option(cls.accounts))
        if command.callback:
            prefix = cls._env_var_prefix
            command.callback = sign_in_option.instead(
                command.callback, cls.client_of, prefix, cls.config_for
            )
        return command


_ANNOUNCED = ("Error initializing target sink", "An unhandled error occurred while syncing")
"""How the SDK's lines begin that announce an error."""


def is_sentence(record: logging.LogRecord) -> bool:
    """Say whether a line is not the SDK's announcement of an error that is logged anyway."""
    return not str(record.msg).startswith(_ANNOUNCED)


def file_of(
    kind: str, path: str, ctx: click.Context | None, param: click.Parameter | None
) -> dict[str, Any]:
    """Return the JSON object in a file that an option names; raise BadParameter if it is none."""
    try:
        return json_files.object_in(path)
    except json_files.Unreadable as error:
        msg = printable.text(f"The {kind} file {path} {error}.")
        raise click.BadParameter(msg, ctx, param) from None
