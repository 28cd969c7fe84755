"""The base of all streams: one client per API, shared by the streams of that API."""

from __future__ import annotations

import abc
from contextlib import closing
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from singer_sdk import Stream, Tap
from singer_sdk import typing as th
from singer_sdk.exceptions import SyncError

from tap_contacts import fast_path
from tap_contacts.listing.pages import Incomplete
from tap_contacts.plugin import stream_maps
from tap_contacts.plugin.base import is_sentence
from tap_contacts.plugin.progress import Progress, Track
from tap_contacts.transport.client import ApiClient
from tap_contacts.transport.errors import ApiError
from tap_contacts.unknown_fields import UnknownFields
from tap_contacts.writer import MessageWriter

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, MutableMapping

    from singer_sdk.singerlib import RecordMessage

    from tap_contacts.listing.prefetch import Chunk

ClientT = TypeVar("ClientT", bound=ApiClient)

PROGRESS = "progress"
"""Key in the state of a stream that was not read to its end: where the next run goes on."""


VERSION = "version"
"""Key in it: the version that the records written so far carry, if they do."""

LATEST_VERSION = 2**63 - 1


def texts(*names: str) -> Iterator[th.Property[Any]]:
    """Yield properties of records that are texts."""
    return (th.Property(name, th.StringType) for name in names)


def schema_of(key: str, *others: th.Property[Any]) -> dict[str, Any]:
    """Return the schema of records that have a text as their key."""
    return th.PropertiesList(th.Property(key, th.StringType, required=True), *others).to_dict()


class ApiStream(Stream, Generic[ClientT]):
    """A stream of one API's records, read in chunks. It adds its client to `clients` if need be."""

    client_class: type[ClientT]
    """The client of the API, by which the stream reads."""

    def __init__(self, tap: Tap, clients: MutableMapping[type, ApiClient], shown: Progress) -> None:
        super().__init__(tap)
        self._clients, self._shown = clients, shown
        self._unknown = UnknownFields()
        for one in (self._unknown, is_sentence):
            tap.logger.getChild(self.name).addFilter(one)  # the stream's own may be an adapter
        self._read = self._gone = 0
        self._new_version: int | None = None
        """Version of what is read from the start; None if none is to be told."""

    @cached_property
    def client(self) -> ClientT:
        """Return the tap's one client of this API, set up when it is first needed."""
        kind = self.client_class
        if kind not in self._clients:
            client = self._clients[kind] = kind(self.config[kind.api], self.config)
            self._shown.counts(kind.api, client.title, client.usage)
        return cast("ClientT", self._clients[kind])

    @abc.abstractmethod
    def read(self, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
        """Yield the records in chunks, each with the progress to go on from once it is written.

        Args:
            progress: Progress of the last chunk that an earlier run wrote, if that run broke off;
                it is what `read` gave then. None: read from the start.
        """

    def prove(self) -> None:
        """Ask for as little as shows whether the stream may be read; by default nothing.

        Where the STATE knows of no earlier run, it is called for all streams, the last one first,
        before any schema is made. `--check` calls it, too.

        Raises:
            Stopped: If it may not be read.
            ConfigurationError: If a setting names what is not there.
        """

    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Yield the records one by one."""
        del context
        with closing(self._chunks()) as chunks:
            for chunk in chunks:
                yield from chunk.records

    def _sync_records(
        self, context: Mapping[str, Any] | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        """Write the records: in chunks where nothing changes them, or else one by one."""
        try:
            if write_messages and fast_path.is_open(self, self._tap.message_writer):
                self._write_chunks()
            else:
                yield from super()._sync_records(context, write_messages=write_messages)
        except (ApiError, SyncError):
            self.client.end()  # no request that is still under way shall keep the run from ending
            raise

    def _generate_record_messages(
        self, record: dict[str, Any]
    ) -> Generator[RecordMessage, None, None]:
        """Yield the messages that the stream maps make of a record."""
        if not self.config.get("stream_maps"):
            yield from super()._generate_record_messages(record)
            return
        with stream_maps.applied(self.name):
            messages = list(super()._generate_record_messages(record))
        yield from messages

    def _write_chunks(self) -> None:
        """Write the records chunk by chunk; what the SDK would change goes the SDK's way."""
        form = fast_path.RecordForm(self.effective_schema)
        writer = cast("MessageWriter", self._tap.message_writer)
        name = self.stream_maps[0].stream_alias
        with self.get_record_counter() as counter, self.get_sync_timer() as timer:
            counter.with_context({})
            timer.with_context({})
            for chunk in self._chunks():
                if form.fits(chunk.records):
                    writer.write_records(name, chunk.records, self._stream_version)
                else:
                    for record in chunk.records:
                        self._write_record_message(record)
                counter.increment(len(chunk.records))
        self.finalize_state_progress_markers(self.stream_state)

    def _chunks(self) -> Generator[Chunk, None, None]:
        """Yield the chunks; each is written when the next one is asked for."""
        track = Track(self.name, self._counts, self.client.usage)
        try:
            with (
                self._shown.follows(track),
                closing(self.read(self._resumed())) as chunks,
            ):
                for chunk in chunks:
                    if chunk.starts_afresh:
                        self._stream_version = self._new_version
                    yield chunk
                    self._read += len(chunk.records)
                    self._gone += chunk.gone
                    self._note(chunk.progress)
                    track.leaves(chunk.left)
        except Incomplete:
            self._note({})
            raise
        finally:
            self._flush()
            self.logger.info("%s", track.figures())
            self._unknown.tell(self.logger)
        self.stream_state.pop(PROGRESS, None)
        if self._stream_version is not None:
            super()._write_activate_version_message(self._stream_version)

    def _counts(self) -> dict[str, int]:
        gone = {"left out as deleted meanwhile": self._gone} if self._gone else {}
        return {"records": self._read, **gone}

    def _write_activate_version_message(self, full_table_version: int) -> None:
        """Put the message off: a loader would take records that are still to come for deleted."""
        self._new_version = full_table_version

    def _resumed(self) -> Mapping[str, Any] | None:
        """Return the progress of an earlier run.

        If that began without a version, this one goes on without: with one, a loader would take
        the records that came before for deleted.
        """
        progress: Mapping[str, Any] | None = self.stream_state.get(PROGRESS)
        if not isinstance(progress, dict):
            return progress
        place = {name: value for name, value in progress.items() if name != VERSION}
        if place and self._stream_version is not None:
            self._stream_version = _version(progress.get(VERSION))
        return place

    def _note(self, progress: Mapping[str, Any] | None) -> None:
        """Put the progress into the STATE, and write that.

        Args:
            progress: Where a later run may go on; None: where it could before; {}: nowhere.
        """
        if progress:
            version = {} if self._stream_version is None else {VERSION: self._stream_version}
            self.stream_state[PROGRESS] = {**progress, **version}
        elif progress is not None:
            self.stream_state.pop(PROGRESS, None)
        if progress is not None:
            self._tap.state_writer.write_state(self.tap_state)
        self._flush()

    def _flush(self) -> None:
        if isinstance(self._tap.message_writer, MessageWriter):
            self._tap.message_writer.flush()


def _version(told: object) -> int | None:
    """Return a version told by a state; None if it cannot be one."""
    return told if type(told) is int and 0 < told <= LATEST_VERSION else None
