"""Check stream maps, since the SDK's own errors do not say what is wrong."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError, MapExpressionError, StreamMapConfigError
from singer_sdk.mapper import NULL_STRING, PluginMapper

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ELSE = "__else__"

_WRONG = (
    AttributeError,
    KeyError,
    MapExpressionError,
    NotImplementedError,
    TypeError,
    ValueError,
)
"""What the SDK raises for a wrong stream map."""


def assert_right(stream_maps: Mapping[str, Any]) -> None:
    """Raise ConfigurationError if the setting `stream_maps` has the wrong form."""
    for stream, fields in stream_maps.items():
        if stream == ELSE:
            _assert_nothing(ELSE, fields)
        elif isinstance(fields, dict):
            _assert_fields(f"stream_maps.{stream}", fields)
        elif fields not in (None, NULL_STRING):
            msg = f"stream_maps.{stream} must be an object of fields, or null to leave it out."
            raise ConfigurationError(msg)


def assert_flat(config: Mapping[str, Any]) -> None:
    """Raise ConfigurationError if records are to be flattened without a depth."""
    if config.get("flattening_enabled") and not config.get("flattening_max_depth"):
        msg = "flattening_enabled needs flattening_max_depth: give how many levels become one."
        raise ConfigurationError(msg)


def _assert_fields(where: str, fields: Mapping[str, Any]) -> None:
    if ELSE in fields:
        _assert_nothing(f"{where}.{ELSE}", fields[ELSE])
    named = (name for name in fields if not name.startswith("__"))
    for name in named:
        if not isinstance(fields[name], str | None):
            msg = f"{where}.{name} must be an expression as text, or null to leave the field out."
            raise ConfigurationError(msg)


def _assert_nothing(where: str, value: Any) -> None:
    if value not in (None, NULL_STRING):
        msg = f"{where} may only be null, which leaves out all that is not mapped."
        raise ConfigurationError(msg)


@contextlib.contextmanager
def speaking() -> Iterator[None]:
    """Raise StreamMapConfigError, with a sentence, if a stream map in the block is wrong."""
    try:
        yield
    except _WRONG:
        msg = (
            "stream_maps holds an expression that cannot be read; see "
            "https://sdk.meltano.com/en/latest/stream_maps.html."
        )
        raise StreamMapConfigError(msg) from None


EXPRESSION_ERRORS = (
    MapExpressionError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What the expressions of stream maps may raise on a record."""


@contextlib.contextmanager
def applied(stream: str) -> Iterator[None]:
    """Raise StreamMapConfigError, with a sentence, if a stream map fails on a record."""
    try:
        yield
    except EXPRESSION_ERRORS:
        msg = (
            f"stream_maps holds an expression for {stream} that fails on a record: check that it "
            "copes with every value, null included."
        )
        raise StreamMapConfigError(msg) from None


class Mapper(PluginMapper):
    """The SDK's mapper, with errors that say what is wrong."""

    def register_raw_stream_schema(
        self, stream_name: str, schema: dict[str, Any], key_properties: Sequence[str] | None
    ) -> None:
        """Set up the map of a stream; raise StreamMapConfigError if it is wrong."""
        with speaking():
            super().register_raw_stream_schema(stream_name, schema, key_properties)
