"""What both plugins do alike at the command line: check settings, say what is wrong, exit."""

from __future__ import annotations

import contextlib
import sys
import traceback
from typing import TYPE_CHECKING, Any

import click
from singer_sdk.exceptions import (
    ConfigurationError,
    FatalSyncError,
    RecordsWithoutSchemaException,
    StreamMapConfigError,
)
from singer_sdk.plugin_base import JSONSchemaValidator, PluginBase

from tap_contacts.apis.errors import ApiError
from tap_contacts.apis.seams import Incomplete

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping

    from jsonschema import ValidationError

PACKAGE = "singer-contacts"
"""Distribution both plugins belong to."""

FAILED, MISUSED = 1, 2
"""Exit codes: the run failed; the settings or the command are wrong."""


class InputError(FatalSyncError):
    """The Singer messages read cannot be understood."""


_SPEAKING = (ApiError, InputError, Incomplete, RecordsWithoutSchemaException)
"""Errors whose message is known to hold neither secrets nor personal data."""


class ContactsPlugin(PluginBase):
    """Check settings without ever showing a value."""

    package_name = PACKAGE

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings; the SDK's own messages would show the values, secrets included."""
        schema = self.config_jsonschema
        self.append_builtin_config(schema)
        for name in _unknown(self._config, schema):
            self.logger.warning("Unknown setting %s is ignored; see --about for all.", name)
        errors = [
            _in_words(error) for error in JSONSchemaValidator(schema).iter_errors(self._config)
        ]
        if errors and raise_errors:
            raise ConfigurationError(" ".join(errors))
        if raise_errors:
            self.check_settings()
        return errors

    def check_settings(self) -> None:
        """Check what the settings' schema cannot say; may raise ConfigurationError."""

    @classmethod
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the config files; a file that cannot be read is a usage error."""
        try:
            return super().cb_config(ctx, param, value)
        except OSError as error:
            msg = f"cannot be read: {error.strerror}."
        except ValueError:
            msg = "is not JSON."
        raise click.BadParameter(msg, ctx, param)


@contextlib.contextmanager
def exit_codes(logger: logging.Logger) -> Iterator[None]:
    """End the process with one clear sentence and the documented exit code."""
    try:
        yield
    except (ConfigurationError, StreamMapConfigError) as error:
        logger.error("%s", error)  # noqa: TRY400  # the sentence is for users
        sys.exit(MISUSED)
    except _SPEAKING as error:
        logger.error("%s", error)  # noqa: TRY400
        sys.exit(FAILED)
    except Exception as error:  # noqa: BLE001
        _log_unexpected(logger, error)
        sys.exit(FAILED)


def _log_unexpected(logger: logging.Logger, error: Exception) -> None:
    """Name kind and place of an error, not its text, which may hold a record."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "?"
    logger.error(
        "Unexpected %s at %s. Please report it; with LOGLEVEL=debug the way there is logged.",
        type(error).__name__,
        place,
    )
    logger.debug("%s", "".join(traceback.format_list(frames)))


def _unknown(config: Mapping[str, Any], schema: Mapping[str, Any], above: str = "") -> list[str]:
    """List the settings that the schema does not know, nested ones with dots."""
    found = []
    for name, value in config.items():
        known = schema.get("properties", {}).get(name)
        if known is None and "properties" in schema:
            found.append(above + name)
        elif isinstance(value, dict) and known:
            found += _unknown(value, known, f"{above}{name}.")
    return found


def _in_words(error: ValidationError) -> str:
    """Say what a setting must be, without saying what it is."""
    where = ".".join(str(part) for part in error.absolute_path) or "The config"
    match error.validator:
        case "required":
            return f"{where} lacks the setting {error.message.split(' ', maxsplit=1)[0]}."
        case "type":
            return f"{where} must be of type {_listed(error.validator_value)}."
        case "enum":
            return f"{where} must be one of {_listed(error.validator_value)}."
        case rule:
            return f"{where} must satisfy {rule} {_listed(error.validator_value)}."


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
