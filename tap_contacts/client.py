"""The base of all streams: one client per API, shared by the streams of that API."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from singer_sdk import Stream, Tap

from tap_contacts.apis.http import ApiClient

if TYPE_CHECKING:
    from collections.abc import MutableMapping

ClientT = TypeVar("ClientT", bound=ApiClient)


class ApiStream(Stream, Generic[ClientT]):
    """A stream of one API's records."""

    client_class: type[ClientT]

    def __init__(self, tap: Tap, clients: MutableMapping[type, ApiClient]) -> None:
        """Take the tap and its clients, to which this stream may add its own."""
        super().__init__(tap)
        self._clients = clients

    @cached_property
    def client(self) -> ClientT:
        """Return the tap's one client of this API, set up when it is first needed."""
        kind = self.client_class
        if kind not in self._clients:
            self._clients[kind] = kind(self.config[kind.api], self.config)
        return cast("ClientT", self._clients[kind])
