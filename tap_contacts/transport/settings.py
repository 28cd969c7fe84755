"""The settings that say how requests are sent."""

from __future__ import annotations

from dataclasses import dataclass

from singer_sdk import typing as th

from tap_contacts.transport import forms


@dataclass(frozen=True)
class Sending:
    """The settings of both plugins that say how requests are sent, with their defaults."""

    timeout_seconds: float = 60
    max_tries: int = 5
    retry_wait_seconds: float = 1
    allow_http: bool = False


SEND_SETTINGS = th.PropertiesList(
    th.Property(
        "timeout_seconds",
        forms.seconds(most=3600, zero=False),
        default=Sending.timeout_seconds,
        description="Longest wait for an API's whole answer.",
    ),
    th.Property(
        "max_tries",
        th.IntegerType(minimum=1, maximum=100),
        default=Sending.max_tries,
        description="How often one request is sent at most before it is given up.",
    ),
    th.Property(
        "retry_wait_seconds",
        forms.seconds(most=900),
        default=Sending.retry_wait_seconds,
        description="Wait before the first repeat of a request; doubles from there, with jitter.",
    ),
    th.Property(
        "allow_http",
        th.BooleanType,
        default=Sending.allow_http,
        description=(
            "Whether plain http may leave this machine. Sign-ins and contacts then travel "
            "unencrypted: only for a network that you trust."
        ),
    ),
)
"""Settings of both plugins that say how requests are sent."""

CONCURRENCY = th.IntegerType(minimum=1, maximum=64)
"""Requests in flight: as many as connections are kept."""

RATE = th.Property(
    "requests_per_minute",
    th.IntegerType(minimum=1, maximum=1_000_000),
    description="Most requests in any 60 seconds. Default: the API's documented limit, if any.",
)

SHARED_RATE = (
    th.Property(
        "rate_url",
        forms.text(empty=False),
        description=(
            "SQLAlchemy URL of a database through which all commands that use an account share "
            "its rate and the pauses that its API asks for. For SQLite they stand in a file "
            "beside the one that is named, with .rates at its end. Default: none for the tap, "
            "the ledger for the target."
        ),
    ),
    th.Property(
        "rate_account",
        forms.text(empty=False),
        description=(
            "Name under which rates are shared, by all commands with the same API and name. "
            "Default: the API's address and, where many use one address, the id of the app or "
            "key that signs in."
        ),
    ),
)
"""Settings of both plugins that say with whom a rate is shared."""
