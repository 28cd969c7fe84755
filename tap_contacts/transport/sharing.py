"""Which accounts share a rate."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping

    from tap_contacts.transport.circuit_breaker import CircuitBreaker


def account_of(api: str, origin: str, known_by: Mapping[str, Any], name: str | None) -> str:
    """Return the name of an account where rates are shared: a hash, the same in every process.

    `name` is the setting `rate_account`, which goes before address and settings.
    """
    parts = [api, name] if name else [api, origin, dict(known_by)]
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()


@dataclass(frozen=True)
class Sharing:
    """What is needed to share the rate of one account."""

    title: str
    account: str
    limits: Mapping[str, int]
    outage: CircuitBreaker
    logger: logging.Logger
