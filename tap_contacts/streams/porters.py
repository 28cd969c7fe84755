"""Streams of PORTERS (HRBC), whose fields are those that a company database has in use.

Names of fields are its aliases, dots included: loaders of the SDK make columns such as
`contact_p_name` of them, and those that do not take any character between quotes.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis.porters import fields, options, records, wire
from tap_contacts.apis.porters.changes import Changes
from tap_contacts.apis.porters.client import ONE, Porters
from tap_contacts.apis.porters.one_page import Asked
from tap_contacts.apis.porters.tenant import MAY_NOT
from tap_contacts.streams.base import ApiStream, schema_of
from tap_contacts.streams.incremental import IncrementalStream
from tap_contacts.streams.short_list import ShortListStream, StatusStream
from tap_contacts.transport.errors import Stopped

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from tap_contacts.listing.prefetch import Chunk


class PortersStream(ApiStream[Porters]):
    """A stream that says which scopes it needs."""

    client_class = Porters
    scopes: ClassVar[Sequence[str]]

    @contextmanager
    def asking(self, *scopes: str) -> Iterator[None]:
        """Name the stream and its scopes if the app may not read something."""
        try:
            yield
        except Stopped as error:
            if error.code not in MAY_NOT:
                raise
            found = () if self.config[Porters.api].get("partition") else ("partition_r",)
            needed = ", ".join(dict.fromkeys([*(scopes or self.scopes), *found]))
            what = f"stream {self.name}, which needs {needed}"
            words = (self.client.title, what, error.answered, error.advice)
            raise Stopped(*words, code=error.code, http_status=error.http_status) from None


class PortersRecords(PortersStream, IncrementalStream[Porters]):
    """Records of a resource: those changed since the last run, and those deleted.

    They come by ascending id; a bookmark is passed on when all have come.
    """

    resource: ClassVar[fields.Resource]
    _not_told: Stopped | None = None
    """Why the fields in use are not known, if the app may not know them."""

    @cached_property
    def wanted(self) -> Sequence[str] | None:
        """Return the aliases of the fields to read; None: all."""
        return None

    @cached_property
    def columns(self) -> Sequence[records.Column]:
        """Return the fields that are read."""
        known = self._known() if Porters.api in self.config else None
        return records.columns(self.resource, known, self.wanted)

    def _known(self) -> Mapping[str, fields.TenantField] | None:
        """Return the fields in use; None if the app may not know, so that discovery goes on."""
        try:
            with self.asking("field_r"):
                return fields.fields_of(self.client, self.resource)
        except Stopped as error:
            if error.code not in MAY_NOT:
                raise
            self._not_told = error
            return None

    def _is_asked(self, column: records.Column) -> bool:
        """Say whether the catalog selects a field, or reading itself needs it."""
        always = {self.resource.key, self.resource.date}
        names = (each.name for each in column.properties())
        return column.alias in always or any(self.mask["properties", name] for name in names)

    @cached_property
    def schema(self) -> dict[str, Any]:
        """Return the schema, which is that of the company database."""
        properties = (each for column in self.columns for each in column.properties())
        if self._not_told:
            text = "PORTERS: without the scope field_r, %s has the documented fields only."
            self.logger.warning(text, self.name)
        deletion = "When it was deleted, if it was: of the last 90 days."
        deleted_at = th.Property(records.DELETED_AT, th.DateTimeType, description=deletion)
        return th.PropertiesList(*properties, deleted_at).to_dict()

    def prove(self) -> None:
        """Ask for one record."""
        with self.asking():
            self.client.call("GET", self.resource.path, params=ONE)

    def _assert_told(self) -> None:
        """Raise Stopped if the app may not know the fields in use, and none are given."""
        if self._not_told and self.wanted is None:
            raise self._not_told

    def read(self, progress: Mapping[str, Any] | None) -> Generator[Chunk, None, None]:
        """Yield what has changed, and what was deleted, since the bookmark or `start_date`.

        Raises:
            Stopped: If the app may not read it, or not know the fields and none are given.
        """
        by_alias = {column.alias: column for column in self.columns}
        asked = Asked(self.resource, [each.asked for each in self.columns if self._is_asked(each)])
        self._assert_told()
        changes = Changes(self.client, asked, partial(records.record, by_alias), self.bookmark)
        with self.asking():
            yield from changes.chunks(progress)
        if self.is_incremental:
            changes.move()


class PortersContacts(PortersRecords):
    """Contacts, with the names of clients and users beside their ids.

    A client's new name is no change of its contacts: those that have not changed keep the old one.

    Fields: https://hrbcapi.porters.jp/hc/en-us/articles/20868341330969-Contact-Field-List
    """

    name = "porters_contacts"
    resource = fields.CONTACTS
    primary_keys = ("Contact.P_Id",)
    replication_key = "Contact.P_UpdateDate"
    scopes = ("contact_r", "client_r", "user_r", "option_r")

    @cached_property
    def wanted(self) -> Sequence[str] | None:
        """Return the setting `fields`."""
        return self.config.get("porters", {}).get("fields") or None

    def _known(self) -> Mapping[str, fields.TenantField] | None:
        known = super()._known()
        unknown = ", ".join(alias for alias in self.wanted or () if known and alias not in known)
        if unknown:
            msg = f"porters.fields names {unknown}: not in use in this company database."
            raise ConfigurationError(msg)
        return known


class PortersClients(PortersRecords):
    """Client companies, which contacts belong to.

    Fields: https://hrbcapi.porters.jp/hc/en-us/articles/115008016807-Client-Field-List
    """

    name = "porters_clients"
    resource = fields.CLIENTS
    primary_keys = ("Client.P_Id",)
    replication_key = "Client.P_UpdateDate"
    scopes = ("client_r", "user_r", "option_r")

    def prove(self) -> None:
        """Ask for the fields in use first, which takes a scope of its own."""
        if self.columns:
            self._assert_told()
        super().prove()


class PortersPartitions(PortersStream, ShortListStream[Porters]):
    """Company databases that the app can reach.

    Fields: https://hrbcapi.porters.jp/hc/en-us/articles/115012006227-Partition-Read
    """

    name = "porters_partitions"
    primary_keys = ("Partition.P_Id",)
    scopes = ("partition_r",)
    schema = schema_of(
        "Partition.P_Id",
        th.Property("Partition.P_Name", th.StringType, description="Name of the company."),
        th.Property("Partition.P_CompanyId", th.StringType, description="Its id at the log-in."),
    )

    def prove(self) -> None:
        """Ask for one company database, unless they have to be asked for anyway."""
        with self.asking():
            self.client.prove_partition()

    def rows(self) -> Iterable[dict[str, Any]]:
        """Return every company database."""
        with self.asking():
            rows = self.client.partitions()
        return [{name: value or None for name, value in row.items()} for row in rows]


class PortersContactPhases(PortersStream, StatusStream[Porters]):
    """Phases of contacts, which are their statuses: alias and name on the screens.

    Fields: https://hrbcapi.porters.jp/hc/en-us/articles/115012160328-Option-Read
    """

    name = "porters_contact_phases"
    scopes = ("option_r",)

    def rows(self) -> Iterable[dict[str, Any]]:
        """Return every phase that a contact can have."""
        with self.asking():
            phases = options.options_of(self.client, self._root()).choices
        return [{"id": each.alias, "display_value": each.name or None} for each in phases]

    def _root(self) -> str:
        """Return what the phases stand under, as documented if the app may not know."""
        try:
            phase = fields.fields_of(self.client, fields.CONTACTS).get(wire.PHASE)
        except Stopped as error:
            if error.code not in MAY_NOT:
                raise
            phase = None
        return (phase.options if phase else "") or options.PHASES


STREAMS = (PortersClients, PortersContactPhases, PortersContacts, PortersPartitions)
