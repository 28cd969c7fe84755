"""Write contacts into Valomnia, one request a contact."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from tap_contacts.apis.valomnia import reading
from tap_contacts.apis.valomnia.client import Valomnia
from tap_contacts.transport.errors import GivenUp, NotFound, Refused, Stopped
from target_contacts.errors import Rejected
from target_contacts.mapping.field import Field, Payload
from target_contacts.sinks.base import ApiSink
from target_contacts.sinks.capabilities import Capabilities
from target_contacts.sinks.valomnia import parents, refusals
from target_contacts.sinks.valomnia.fields import FIELDS, image_format
from target_contacts.values import names
from target_contacts.values.basic import is_empty, stripped

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from target_contacts.contact.model import Contact
    from target_contacts.sinks.finder import Finder
    from target_contacts.sinks.present import Present


FEW = 3
"""Look-ups for which it is worth a request to learn how many contacts there are."""

NOT_ASKED = "It cannot be asked for contacts of this name; match_on [] creates without asking."
PHOTO_LOST = "an update without an image removed the contact's photo"
PHOTO_ADVICE = (
    "Map the image, so that it is sent, or set valomnia.keep_photos to false to go on without."
)


class ValomniaSink(ApiSink[Valomnia]):
    """Create and update contacts of customers that are there.

    Whether an update leaves what is not sent as it is, is not documented. An image cannot be
    removed.
    """

    client_class = Valomnia
    id_field = "id"
    fields: ClassVar[Sequence[Field]] = FIELDS
    capabilities: ClassVar = Capabilities(
        identity=("customerId", "firstName", "lastName"),
        can_list=True,
        can_ask=True,
        asks_by=frozenset(("firstName", "lastName")),
        lookups=parents.WAYS,
    )

    @classmethod
    def finder(cls, client: Valomnia, setting: str, lookup: str) -> Finder | None:
        """Return what finds customers."""
        return parents.finder(client, lookup) if setting == "parents" else None

    def configured(self) -> Sequence[Field]:
        """Let an external id be any text; a reference is one rather than an id."""
        if not self.client.use_external_id:
            return self.fields
        fields = [replace(f, convert=stripped) if f.identifier else f for f in self.fields]
        return [*fields, Field("customer_reference", "customerId", convert=stripped)]

    def create(self, payload: Payload) -> str:
        """Create a contact."""
        return str(self._send("", payload, repeatable=False)["id"])

    def update(self, remote_id: str, payload: Payload, defaults: Payload) -> None:
        """Update a contact, sending back what it holds and the record lacks."""
        below = f"/{remote_id}"
        lacking = [wire for wire in self._sent_back if wire not in payload]
        if not lacking:
            self._send(below, payload, repeatable=True)
            return
        held = self._wire(self.client.contact(remote_id))
        kept = {wire: held[wire] for wire in lacking if not is_empty(held.get(wire))}
        payload = {**{w: defaults[w] for w in lacking if w in defaults}, **kept, **payload}
        try:
            now = self._send(below, payload, repeatable=True)
        except Rejected as error:
            raise refusals.of_held(error) if error.field in kept else error from None
        if "imageFile" not in payload and held.get("photo") and is_empty(now.get("photo")):
            self._note_photo(below)

    @property
    def _sent_back(self) -> Iterator[str]:
        """Yield the fields that an update holds if the contact does."""
        merges = self.client.merge_updates
        return (
            field.wire
            for field in self.fields
            if field.required or (merges and field.wire != "imageFile")
        )

    def _note_photo(self, below: str) -> None:
        """Stop before other photos are lost as one was, unless they may be."""
        if self.client.keep_photos:
            asked = f"POST {self.client.path}{below}"
            raise Stopped(self.title, asked, PHOTO_LOST, PHOTO_ADVICE)

    def is_gone(self, remote_id: str, error: Rejected | Refused) -> bool:
        """Ask for the contact: `not_found` may be said of the customer as well."""
        if error.code != "not_found":
            return False
        try:
            self.client.contact(remote_id)
        except NotFound as answer:
            return answer.code == "not_found"
        return False

    def missing_parent(self, error: Rejected | Refused) -> str | None:
        """Return the customer, if it is what was not found."""
        of_customer = isinstance(error, Rejected) and error.field == "customerId"
        return "customerId" if of_customer and error.code == "not_found" else None

    def read_back(self, remote_id: str) -> Mapping[str, Any]:
        """Return one contact; without its photo, if that may be lost."""
        contact = self._wire(self.client.contact(remote_id))
        return contact if self.client.keep_photos else {**contact, "photo": None}

    def present(self, remote_ids: Sequence[str], wires: Collection[str]) -> dict[str, Present]:
        """Return what contacts hold: from the list, where that takes fewer requests."""
        listed = self.within("", len(remote_ids) - 1)
        if listed is None:
            return super().present(remote_ids, wires)
        found = dict(listed)
        return {each: found.get(each) for each in remote_ids}

    def find(self, wanted: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Return the contacts that hold these names, of a customer if that can be asked."""
        filters = {name: wanted[name] for name in ("firstName", "lastName") if name in wanted}
        if self.client.use_external_id and "customerId" in wanted:
            filters["customerReference"] = wanted["customerId"]
        try:
            yield from self._held(reading.contacts(self.client, filters))
        except Refused as error:
            words = (self.title, self.client.what, error.answered, NOT_ASKED)
            raise GivenUp(*words, code=error.code, http_status=error.http_status) from None

    def scope(self, contact: Mapping[str, Any]) -> str | None:
        """Return the whole account: whose contacts are whose cannot be asked by id."""
        del contact
        return ""

    def within(self, scope: str, most: int) -> Iterable[tuple[str, Mapping[str, Any]]] | None:
        """Return all contacts, unless listing them takes too many requests."""
        del scope
        found = reading.few_contacts(self.client, most) if most >= FEW else None
        return None if found is None else self._held(found)

    def alike(self, contact: Payload) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the contacts of this name, however it is split."""
        parent = {"customerId": str(contact.get("customerId", ""))}
        for first, last in names.splits(contact.get("firstName", ""), contact.get("lastName", "")):
            if first or last:
                yield from self.find({**parent, "firstName": first, "lastName": last})

    def stored(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Return every contact."""
        return self._held(reading.contacts(self.client, {}))

    def _held(
        self, contacts: Iterable[Mapping[str, Any]]
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        return ((str(contact["id"]), self._wire(contact)) for contact in contacts)

    def finish(self, payload: Payload, contact: Contact) -> Payload:
        """Leave out an image without value: no request documented removes one."""
        del contact
        return {
            wire: value for wire, value in payload.items() if (wire, value) != ("imageFile", "")
        }

    def _wire(self, contact: Mapping[str, Any]) -> dict[str, Any]:
        customer = contact.get("customer") or {}
        by_reference = self.client.use_external_id
        parent = contact.get("customerReference") if by_reference else customer.get("id")
        return {**contact, "customerId": "" if parent is None else str(parent)}

    def _send(self, below: str, payload: Payload, *, repeatable: bool) -> Mapping[str, Any]:
        form = {wire: value for wire, value in payload.items() if wire != "imageFile"}
        if self.client.use_external_id:
            form["useExternalId"] = "true"
        options: dict[str, Any] = {"data": form}
        if image := payload.get("imageFile"):
            kind = image_format(image)
            options["files"] = {"imageFile": (f"image.{kind}", image, f"image/{kind}")}
        path = self.client.path + below
        try:
            answer = self.client.call("POST", path, repeatable=repeatable, **options)
        except Refused as error:
            raise refusals.fault(error) from None
        changed: Mapping[str, Any] = answer.json
        return changed
