"""The base of all sinks: what an API declares and does to have contacts written.

A sink knows its API and nothing of the run around it. What it needs of the run is in a `Context`.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from tap_contacts.transport.client import ApiClient
from tap_contacts.transport.errors import OutcomeUnknown, Refused, Stopped
from target_contacts.errors import Rejected
from target_contacts.mapping.field import Table, plain_field
from target_contacts.sinks.item import Action, Outcome, created
from target_contacts.sinks.present import one_by_one
from target_contacts.sinks.single_writes import one_each
from target_contacts.values.basic import as_text
from target_contacts.values.phones import check_region

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_contacts.contact.model import Contact
    from target_contacts.mapping.field import Field, Payload
    from target_contacts.sinks.capabilities import Capabilities
    from target_contacts.sinks.context import Context
    from target_contacts.sinks.finder import Finder
    from target_contacts.sinks.item import Item
    from target_contacts.sinks.present import Present

ClientT = TypeVar("ClientT", bound=ApiClient)


class ApiSink(Generic[ClientT]):
    """Write contacts into one account of one API, for one stream.

    The sink of an API sets `client_class`, `fields` and `capabilities`. It implements `create` and
    `update`, or `write` where the API takes several contacts in one request. Where contacts can be
    looked up, it sets `can_list` and implements `stored`; where they can be asked for by their
    fields, also `can_ask`, `find` and `alike`. The other methods have a meaning by default. With
    `create`, `update` and `stored` a sink is complete. Where contacts can be deleted, it implements
    `delete`. Where one contact can be read, it implements `read_back` and sets `id_field`.

    Life cycle:

    1. `__init__`: takes client and context. Refuses wrong settings; sends nothing.
    2. `configured`: the table of fields as the settings make it. Sends nothing.
    3. `learned`: the same table as the account has it. Called before the first record is
       translated; may ask the API.
    4. `finish`: completes the payload of each record that is translated.
    5. `stored`, `scope` and `within`, `find` and `alike`: look contacts up before they would be
       doubled. `looked_for` and `known_by` say by what.
    6. `write`: sends what has to be sent, and yields an outcome for each item.

    Steps 4 to 6 are repeated for each batch. An instance whose run only explains gets no further
    than step 4, and skips step 3.

    Words:

    * attribute: a name of the vocabulary, such as `first_name`.
    * wire: the name of a field at the destination.
    * payload: a contact by wires, as it is sent; "" clears a field.
    * defaults: the same for fields of which the record has nothing.
    * remote id: the id of a contact at the destination.
    * identity: the wires by whose values a contact is found again.
    * scope: a part of the account that can be listed by itself, such as a customer.
    * item: a contact on its way, with what is to be done with it.
    """

    client_class: type[ClientT]
    """The client of the API, by which the sink writes and reads."""
    fields: ClassVar[Sequence[Field]]
    """The destination's fields, and which attribute fills each."""
    capabilities: ClassVar[Capabilities]
    """What the API can do with contacts."""
    id_form: ClassVar[str] = "[A-Za-z0-9_-]+"
    """The pattern of a remote id that a person names."""
    id_field: ClassVar[str] = ""
    """The field of `read_back` with the id that the API itself shows; "" if there is none."""

    def __init__(self, client: ClientT, context: Context) -> None:
        """Take the account's client, and what is needed of the run.

        Raises:
            ConfigurationError: If a setting names what does not exist.
        """
        self.client, self.context = client, context
        self.workers: int = context.settings.concurrency or self.capabilities.concurrency

    @property
    def title(self) -> str:
        """Return the API's name in messages."""
        return self.client.title

    @cached_property
    def region(self) -> str | None:
        """Return the country whose plan phone numbers without country code follow."""
        given = self.context.settings.phone_region
        return check_region(given) if given else None

    def pause(self, seconds: float) -> None:
        """Wait; raise Stopped if nothing more is to be sent."""
        self.client.pause(seconds)

    @classmethod
    def finder(cls, client: ClientT, setting: str, lookup: str) -> Finder | None:
        """Return what finds the ids of what contacts belong to; None if it cannot be found so.

        Args:
            client: The account's client, by which nothing is asked yet.
            setting: `parents` or `owners`.
            lookup: By what they are found: a way that `capabilities` name, or an alias.
        """
        del client, setting, lookup
        return None

    # Translating.

    @property
    def key_wire(self) -> str:
        """Return the field that takes the key of a new contact's record; "" if there is none."""
        return ""

    @property
    def also_carried(self) -> AbstractSet[str]:
        """Return the attributes that only `finish` brings to the destination."""
        return frozenset()

    def configured(self) -> Sequence[Field]:
        """Return the table of fields as the settings make it."""
        return self.fields

    def learned(self, fields: Sequence[Field]) -> Sequence[Field]:
        """Return the table of fields as the account has it, asking the API; by default as it is."""
        return fields

    def are_fields_others(self) -> bool:
        """Ask anew for fields that an earlier run was told; say whether they have changed since.

        It is asked when something is refused. If so, `learned` is called again.
        """
        return False

    def free_field(self, name: str) -> Field:
        """Return how a field that is not in the table is filled by `field_map`."""
        return plain_field(name)

    def table(self, fields: Sequence[Field]) -> Table:
        """Return a table of fields with what holds for all of them."""
        can = self.capabilities
        return Table(
            fields,
            can.own or can.identity,
            can.clears_fields,
            can.replaces,
            can.free_prefix,
            self.free_field,
            self.title,
            self.also_carried,
        )

    def finish(self, payload: Payload, contact: Contact) -> Payload:
        """Complete the payload of a contact with what no field says; may raise Rejected."""
        del contact
        return payload

    def made_of(self, wire: str, contact: Contact, payload: Payload) -> Sequence[str]:
        """Return the attributes of which `finish` made a field's value, if any."""
        del wire, contact, payload
        return ()

    def remedies(self) -> Mapping[str, Mapping[str, Any]]:
        """Return settings of the account's own that give a field its value, by field."""
        return {}

    # Writing.

    def create(self, payload: Payload) -> str:
        """Create a contact and return its id."""
        raise NotImplementedError

    def update(self, remote_id: str, payload: Payload, defaults: Payload) -> None:
        """Update the contact with this id.

        Args:
            remote_id: Its id.
            payload: What the record says; "" clears a field. What it does not name is to stay.
            defaults: Values for fields of which the record has nothing. A sink that reads the
                contact before it writes puts them where it is empty; any other ignores them.
        """
        raise NotImplementedError

    def delete(self, remote_id: str) -> None:
        """Delete the contact with this id; only where `capabilities` say so."""
        raise NotImplementedError

    def write(self, items: Iterator[Item]) -> Generator[list[Outcome[Item]], None, None]:
        """Yield outcomes as they come, from one request an item; the first ones go one by one.

        Raises:
            Stopped: When nothing more can be written; what was in flight is yielded before.
        """
        yield from one_each(self._write_one, items, self.workers, self.context)

    def _write_one(self, item: Item) -> Outcome[Item]:
        try:
            if item.action is Action.CREATE:
                return Outcome(item, self.create(item.payload))
            if item.action is Action.DELETE:
                self.delete(str(item.remote_id))
            else:
                self.update(str(item.remote_id), item.payload, item.fallback)
        except (Rejected, Refused, OutcomeUnknown, Stopped) as error:
            return Outcome(item, error=error)
        return Outcome(item, item.remote_id)

    def is_gone(self, remote_id: str, error: Rejected | Refused) -> bool:
        """Say whether an update or deletion was refused since its contact is surely not there.

        Where a refusal may say so, the API is asked for the contact; by default none does.
        """
        del remote_id, error
        return False

    def missing_parent(self, error: Rejected | Refused) -> str | None:
        """Return the field whose id is none, if a refusal says so of what a contact belongs to."""
        del error
        return None

    @cached_property
    def ids_there(self) -> set[str]:
        """Return the ids of all contacts: those that `stored` told first, and those since."""
        return {remote_id for remote_id, _ in self.stored()}

    def know_there(self, remote_id: str) -> None:
        """Know a contact that may have come after all were asked for."""
        if "ids_there" in self.__dict__:
            self.ids_there.add(remote_id)

    def read_back(self, remote_id: str) -> Mapping[str, Any] | None:
        """Return the fields of one contact, named as those of `stored`; None if it is not found.

        Raises:
            ApiError: If the API does not tell.
        """
        raise Refused(self.title, f"contact {remote_id}", "no call tells a single contact")

    def id_of(self, contact: Mapping[str, Any]) -> str | None:
        """Return the remote id that a contact of `read_back` shows; None if it shows none."""
        return as_text(contact.get(self.id_field)) or None

    def present(self, remote_ids: Sequence[str], wires: Collection[str]) -> dict[str, Present]:
        """Return what some fields of contacts hold, by id; by default one request a contact.

        Args:
            remote_ids: The ids.
            wires: The fields that have to be told; there may be more.

        Raises:
            Stopped: If nothing more can be asked.
        """
        del wires
        return one_by_one(self.read_back, remote_ids, self.workers, self.context.halted)

    # Looking up.

    def find(self, wanted: Mapping[str, str]) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Return id and fields of contacts that hold these values, by wire, and perhaps of others.

        It is asked for the contact of a lost create, and for the rules of `match_on`.
        """
        raise NotImplementedError

    def alike(self, contact: Payload) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """Return id and fields of contacts that may be this one, and perhaps of others.

        It is asked by the default rules, which then compare names, addresses and numbers.
        """
        raise NotImplementedError

    def stored(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield id and fields of every contact of the account, the fields as they are sent."""
        raise NotImplementedError

    def scope(self, contact: Mapping[str, Any]) -> str | None:
        """Return which part of the account a contact belongs to; None if parts are not listed."""
        del contact
        return None

    def within(self, scope: str, most: int) -> Iterable[tuple[str, Mapping[str, Any]]] | None:
        """Return id and fields of the contacts of a part of the account.

        Args:
            scope: The part.
            most: Requests that this may take; None is returned if it would take more.
        """
        raise NotImplementedError

    def known_by(self, item: Item) -> Payload:
        """Return what a contact is compared by."""
        return created(item)

    @property
    def identities(self) -> Sequence[Sequence[str]]:
        """Return the sets of fields of which `looked_for` returns one."""
        return [self.capabilities.identity]

    def looked_for(self, item: Item) -> dict[str, str]:
        """Return the values by which the contact of a lost create is found again."""
        sent = created(item)
        return {wire: as_text(sent.get(wire)) for wire in self.capabilities.identity}
