"""Stand in for the sink of an API: nothing is written, but kept as a plan.

All else is done as in any run, on a copy of the ledger. So what is planned is what would be sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from tap_contacts.transport.errors import NotFound
from target_contacts.planning.fields import FieldChanges
from target_contacts.planning.planned_write import NEW, PlannedWrite
from target_contacts.sinks.item import Action, Outcome
from target_contacts.values.basic import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from tap_contacts.transport.errors import Refused
    from target_contacts.delivery.planned import Planned
    from target_contacts.errors import Rejected
    from target_contacts.mapping.field import Payload
    from target_contacts.planning.held import Held
    from target_contacts.planning.planner import Planner
    from target_contacts.sinks.base import ApiSink
    from target_contacts.sinks.present import Present


class PlanningSink:
    """Plan the writes of one stream; what is not here is the sink's own."""

    def __init__(self, sink: ApiSink[Any], planner: Planner, held: Held, stream: str) -> None:
        self._sink, self._planner, self._held, self._stream = sink, planner, held, stream
        self._changes = FieldChanges(sink)
        self._gone: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sink, name)

    # Writing.

    def write(self, items: Iterable[Planned]) -> Generator[list[Outcome[Planned]], None, None]:
        """Plan items, and yield outcomes as if all were accepted that can be."""
        several = list(items)
        changed = [item for item in several if item.action is not Action.CREATE]
        there = self._held.read(changed, asks=self._planner.reads)
        yield [self._planned(item, there) for item in several]

    def _planned(
        self, item: Planned, there: Mapping[str, Mapping[str, Any] | None]
    ) -> Outcome[Planned]:
        if item.action is Action.CREATE:
            remote_id = f"{NEW}{self._sink.context.digest(item.identity)}"
            held: Mapping[str, Any] | None = None
        else:
            remote_id = str(item.remote_id)
            held = there.get(remote_id)
        is_gone = held is None and remote_id in there
        self._plan(item, remote_id, held, is_gone=is_gone)
        if not is_gone:
            self._held.know(item, remote_id, held)
        elif not self._sink.capabilities.idempotent and item.action is not Action.DELETE:
            self._gone.add(remote_id)
            asked = f"contact {remote_id}"
            error = NotFound(self._sink.title, asked, "it is not there any more", http_status=404)
            return Outcome(item, error=error)
        return Outcome(item, remote_id)

    def _plan(
        self, item: Planned, remote_id: str, held: Mapping[str, Any] | None, *, is_gone: bool
    ) -> None:
        write = PlannedWrite(
            stream=self._stream,
            key=item.received.values,
            ledger_key=item.key,
            action=item.action.name.lower(),
            remote_id=remote_id,
            fields=self._changes.of(item, held),
            gone=is_gone,
            changed_there=self._changes.of_others(item, held),
            is_known=item.known is not None,
            is_told=held is not None,
            record=item.digest,
            sent=self._sink.context.digest([item.payload, item.fallback]),
            policies=_policies(item),
        )
        self._planner.add(write, self._changes.attributes)

    # Reading.

    def is_gone(self, remote_id: str, error: Rejected | Refused) -> bool:
        """Say whether a contact was found to be gone."""
        del error
        return remote_id in self._gone

    def present(self, remote_ids: Iterable[str], wires: Iterable[str]) -> dict[str, Present]:
        """Return what contacts would hold."""
        return self._held.present(remote_ids, lambda ids: self._sink.present(ids, [*wires]))

    @property
    def ids_there(self) -> set[str]:
        """Return the ids of all contacts."""
        return {*self._held.all(self._sink)}

    def know_there(self, remote_id: str) -> None:
        """Do nothing: what is planned is known."""

    def stored(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield all contacts as they would be."""
        yield from self._held.all(self._sink).items()

    def within(self, scope: str, most: int) -> Iterable[tuple[str, Mapping[str, Any]]] | None:
        """Return the contacts of a part of the account as they would be."""
        found = self._held.within(scope, most, self._sink)
        if found is None:
            return None
        changed = self._held.changed.items()
        moved = {n: each for n, each in changed if self._sink.scope(each) == scope}
        return {**moved, **found}.items()

    def find(self, wanted: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the contacts that hold these values, and those that would hold them."""
        is_it = lambda fields: all(as_text(fields.get(w)) == v for w, v in wanted.items())  # noqa: E731
        yield from self._with_changed(self._sink.find(wanted), is_it)

    def alike(self, contact: Payload) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield contacts that may be this one, and those that may be it then."""
        mine = _texts(contact.values())
        may_be = lambda fields: not mine.isdisjoint(_texts(fields.values()))  # noqa: E731
        yield from self._with_changed(self._sink.alike(contact), may_be)

    def _with_changed(
        self,
        found: Iterable[tuple[str, Mapping[str, Any]]],
        may_be: Callable[[Mapping[str, Any]], bool],
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield contacts as they would be, and those that are to be created or changed."""
        told = {remote_id: self._held.after(remote_id, fields) for remote_id, fields in found}
        yield from ((each, fields) for each, fields in told.items() if fields is not None)
        for remote_id, fields in self._held.changed.items():
            if remote_id not in told and may_be(fields):
                yield remote_id, fields


def _policies(item: Planned) -> dict[str, str] | UnsetType:
    """Return the policies of what the record says, by field; unset if there are none."""
    said = {**(item.origin or item).payload, **item.withheld}
    return {wire: item.policies[wire] for wire in said if wire in item.policies} or UNSET


def _texts(values: Iterable[Any]) -> set[str]:
    return {text.casefold() for value in values if (text := as_text(value))}
