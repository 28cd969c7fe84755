"""Read at the destination what is there; nothing is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tap_contacts.transport.errors import GivenUp, Refused
from target_contacts.pipeline.api_sink import api_sink

if TYPE_CHECKING:
    from target_contacts.pipeline.run import Run
    from target_contacts.sinks.base import ApiSink


class Seen(NamedTuple):
    """What the API tells when it is asked for a contact."""

    is_there: bool | None
    """Whether it is there; None if the API does not tell."""
    shown_id: str | None = None
    """The id that the contact itself shows; None if it shows none."""


class Destination:
    """The account that a run would write to."""

    def __init__(self, run: Run) -> None:
        sink: ApiSink[Any] = api_sink(run, run.outcomes(""))
        sink.context = sink.context._replace(owned=lambda _: set())
        self.sink, self.title = sink, sink.title
        self.can = sink.capabilities
        self._learned = False

    @property
    def looks_up(self) -> bool:
        """Say whether a record that the ledger does not know never doubles its contact."""
        return self.can.idempotent or (self.can.can_list and self._settings.match_on != [])

    @property
    def _settings(self) -> Any:
        return self.sink.context.settings

    def learn(self) -> None:
        """Ask the API for the account's fields, once."""
        if not self._learned:
            self._learned = True
            self.sink.learned(self.sink.configured())

    def is_there(self, remote_id: str) -> bool | None:
        """Say whether a contact is there; see `seen`."""
        return self.seen(remote_id).is_there

    def seen(self, remote_id: str) -> Seen:
        """Return what the API tells of a contact.

        Raises:
            ApiError: If the account does not answer.
        """
        self.learn()
        try:
            found = self.sink.read_back(remote_id)
        except GivenUp:
            return Seen(self._is_listed(remote_id))
        except Refused as error:
            is_gone = self.sink.is_gone(remote_id, error)
            return Seen(False if is_gone else self._is_listed(remote_id))
        if found is None:
            return Seen(bool(self._is_listed(remote_id)))
        return Seen(is_there=True, shown_id=self.sink.id_of(found))

    def _is_listed(self, remote_id: str) -> bool | None:
        return remote_id in self.sink.ids_there if self.can.can_list else None
