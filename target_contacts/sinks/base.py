"""The base of all sinks: what an API declares and does to have contacts written.

A sink knows its API and nothing of the run around it. What it needs of the run is in a `Context`.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from tap_contacts.transport.client import ApiClient
from tap_contacts.transport.errors import Refused
from target_contacts.sinks.field_hooks import FieldHooks
from target_contacts.sinks.look_up_hooks import LookUpHooks
from target_contacts.sinks.present import one_by_one
from target_contacts.sinks.single_writes import one_each, write_one
from target_contacts.values.basic import as_text
from target_contacts.values.phones import check_region

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Mapping, Sequence

    from target_contacts.errors import Rejected
    from target_contacts.mapping.field import Field, Payload
    from target_contacts.sinks.capabilities import Capabilities
    from target_contacts.sinks.context import Context
    from target_contacts.sinks.finder import Finder
    from target_contacts.sinks.item import Item, Outcome
    from target_contacts.sinks.present import Present

ClientT = TypeVar("ClientT", bound=ApiClient)


class ApiSink(FieldHooks, LookUpHooks, Generic[ClientT]):
    """Write contacts into one account of one API, for one stream.

    The sink of an API sets `client_class`, `fields` and `capabilities`. It implements at most five
    methods: `create` and `update`; `stored`, where contacts can be listed; `read_back`, where one
    can be read; `delete`, where one can be deleted. All other methods have a meaning by default.
    Those about fields are in `FieldHooks`, those about look-ups in `LookUpHooks`.

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

    # What an API implements.

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

    def stored(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield id and fields of every contact of the account, the fields as they are sent.

        An empty field is "" or None, or is left out.
        """
        raise NotImplementedError

    def read_back(self, remote_id: str) -> Mapping[str, Any] | None:
        """Return the fields of one contact, named as those of `stored`; None if it is not found.

        Raises:
            ApiError: If the API does not tell.
        """
        raise Refused(self.title, f"contact {remote_id}", "no call tells a single contact")

    def delete(self, remote_id: str) -> None:
        """Delete the contact with this id; only where `capabilities` say so."""
        raise NotImplementedError

    # What some APIs do otherwise.

    def write(self, items: Iterator[Item]) -> Generator[list[Outcome[Item]], None, None]:
        """Yield outcomes as they come, from one request an item; the first ones go one by one.

        Raises:
            Stopped: When nothing more can be written; what was in flight is yielded before.
        """
        yield from one_each(partial(write_one, self), items, self.workers, self.context)

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

    def id_of(self, contact: Mapping[str, Any]) -> str | None:
        """Return the remote id that a contact of `read_back` shows; None if it shows none."""
        return as_text(contact.get(self.id_field)) or None

    def is_gone(self, remote_id: str, error: Rejected | Refused) -> bool:
        """Say whether an update or deletion was refused since its contact is surely not there.

        Where a refusal may say so, the API is asked for the contact; by default none does.
        """
        del remote_id, error
        return False

    def missing_parent(self, error: Rejected | Refused) -> str | None:
        """Return the field that names a parent which is not there, if a refusal says so."""
        del error
        return None

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

    # What every sink has.

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

    @cached_property
    def ids_there(self) -> set[str]:
        """Return the ids of all contacts: those that `stored` told first, and those since."""
        return {remote_id for remote_id, _ in self.stored()}

    def know_there(self, remote_id: str) -> None:
        """Add to `ids_there` a contact that may have come since, if these were asked for."""
        if "ids_there" in self.__dict__:
            self.ids_there.add(remote_id)
