"""Take secrets out of an API's own words, which may quote a request back."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from singer_sdk import typing as th

SHORTEST_SECRET = 4
"""Least length of a secret that is taken out: shorter ones occur in ordinary words."""


class Secrets:
    """The values of an account's secret settings, and the password that records are given."""

    def __init__(
        self, schema: th.ObjectType, settings: Mapping[str, Any], config: Mapping[str, Any]
    ) -> None:
        known = schema.to_dict()["properties"]
        values = [value for name, value in settings.items() if known.get(name, {}).get("secret")]
        values.append((config.get("defaults") or {}).get("password"))
        self._secrets = [value for value in values if isinstance(value, str)]

    def taken_out(self, text: str, more: Collection[str]) -> str:
        """Return a text without these secrets in any of their usual spellings."""
        for secret in (*self._secrets, *more):
            for spelling in _wire_spellings(secret) if len(secret) >= SHORTEST_SECRET else ():
                text = text.replace(spelling, "***")
        return text


def _wire_spellings(secret: str) -> list[str]:
    """List how a secret is written on the wire, longest first."""
    spellings = {
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        html.escape(secret),
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode(),
    }
    return sorted(spellings, key=len, reverse=True)
