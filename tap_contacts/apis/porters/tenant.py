"""What a company database of PORTERS (HRBC) has: fields and options, each read once a run."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tap_contacts.apis.porters.fields import CONTACTS, fields_of
from tap_contacts.apis.porters.options import IN_USE, options_of
from tap_contacts.transport.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_contacts.apis.porters.fields import TenantField
    from tap_contacts.apis.porters.options import Options
    from tap_contacts.transport.client import ApiClient

MAY_NOT = {"6", "400", "403", "601"}
"""Codes that say that the app may not read this."""


class Tenant:
    """What a company database has; safe to share between threads, each thing asked for once."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._lock = threading.RLock()
        self._fields: tuple[Mapping[str, TenantField] | None] | None = None
        self._options: dict[str, Options | None] = {}
        self._said: set[str] = set()

    def fields(self) -> Mapping[str, TenantField] | None:
        """Return the fields of contacts that are in use, by alias; None if the app may not know."""
        with self._lock:
            if self._fields is None:
                self._fields = (self._read_fields(),)
            return self._fields[0]

    def options(self, alias: str) -> Options | None:
        """Return the options in use under one; None if the app may not know."""
        with self._lock:
            if alias not in self._options:
                self._options[alias] = self._read_options(alias)
            return self._options[alias]

    def _read_fields(self) -> Mapping[str, TenantField] | None:
        try:
            return fields_of(self._client, CONTACTS)
        except Stopped as error:
            follows = "What is required and how long it may be is not known before it is sent"
            self._pass_over(error, follows, "field_r")
            return None

    def _read_options(self, alias: str) -> Options | None:
        try:
            return options_of(self._client, alias, **IN_USE)
        except Stopped as error:
            self._pass_over(error, "Options can be given by their aliases only", "option_r")
            return None

    def _pass_over(self, error: Stopped, follows: str, scope: str) -> None:
        """Go on without what the app may not read, and say so; raise any other error."""
        if error.code not in MAY_NOT:
            raise error
        told = f"{self._client.title}: {error.answered}"
        self.warn_once(f"{told}. {follows}: grant the app {scope}, too.")

    def warn_once(self, text: str) -> None:
        """Log a warning, once a run."""
        with self._lock:
            if text not in self._said:
                self._said.add(text)
                self._client.logger.warning("%s", text)
