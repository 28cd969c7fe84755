"""Check the target's settings as far as their schema cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from target_contacts.delivery.bounds import bounds_of
from target_contacts.parents import settings as parents
from target_contacts.settings import typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_contacts.sinks.base import ApiSink


def assert_right(config: Mapping[str, Any], kinds: Mapping[str, type[ApiSink[Any]]]) -> None:
    """Check the guards, the account of the API that is written, and what is looked up there.

    Raises:
        ConfigurationError: If a setting is wrong.
    """
    try:
        bounds_of(config.get("guards") or {})
    except ValueError as error:
        msg = f"guards.{error}.".replace("?.", "?")
        raise ConfigurationError(msg) from None
    api = config.get("api")
    if api is None:
        msg = f"The config lacks the setting 'api': give one of {', '.join(sorted(kinds))}."
        raise ConfigurationError(msg)
    if not isinstance(config.get(api), dict):
        msg = f"api is {api}: give the settings of its account under {api}."
        raise ConfigurationError(msg)
    if config["on_delete"] == "mark" and not config.get("marks"):
        msg = "on_delete is mark: say in marks what is to be written, {field: value}."
        raise ConfigurationError(msg)
    kind, settings = kinds[api], typed(config)
    parents.given(settings, kind, kind.client_class(config[api], config))
    parents.files(settings)
