"""Log metrics of a run in the form of the SDK: `METRIC: {"type": "counter", …}`."""

from __future__ import annotations

import enum
import os
from typing import TYPE_CHECKING, Any, cast

from singer_sdk import metrics

if TYPE_CHECKING:
    from tap_contacts.transport.usage import Usage


class Counted(str, enum.Enum):
    """What is counted."""

    REQUESTS = "http_request_count"
    RETRIES = "retries"
    RATE_LIMIT_WAIT = "rate_limit_wait"
    """Seconds in which at least one request waited for the rate."""
    REJECTS = "rejects"


def count(what: Counted, value: float, **tags: str) -> None:
    """Log a counter.

    Args:
        what: What is counted.
        value: The count of this run.
        tags: What it is of; no value of a record.
    """
    metric = cast("metrics.Metric", what)  # of which the SDK only takes the value
    of: dict[str, Any] = {**tags, metrics.Tag.PID.value: os.getpid()}
    metrics.log(metrics.get_metrics_logger(), metrics.Point("counter", metric, value, of))


def count_usage(api: str, usage: Usage) -> None:
    """Log what an API's account was used for."""
    for method, calls in sorted(usage.calls.items()):
        count(Counted.REQUESTS, calls, api=api, method=method)
    count(Counted.RETRIES, usage.repeats, api=api)
    count(Counted.RATE_LIMIT_WAIT, round(usage.paced, 1), api=api)
