"""Write contacts into Valomnia, one request a contact.

Fields: https://developers.valomnia.com/ref/Contacts/save.html and update.html beside it
"""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from tap_contacts.apis.valomnia import reading
from tap_contacts.apis.valomnia.client import Valomnia
from tap_contacts.transport.errors import GivenUp, NotFound, Refused, Stopped
from target_contacts.errors import Rejected
from target_contacts.mapping.choices import one_of
from target_contacts.mapping.field import Field, Payload, matching
from target_contacts.sinks import valomnia_parents
from target_contacts.sinks.base import ApiSink
from target_contacts.sinks.capabilities import Capabilities
from target_contacts.values import cells, convert, names, other_kinds
from target_contacts.values.basic import OtherThing, TooLong, is_empty, stripped, text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from target_contacts.contact.model import Contact
    from target_contacts.sinks.finder import Finder
    from target_contacts.sinks.present import Present


FEW = 3
"""Look-ups for which it is worth a request to learn how many contacts there are."""

NOT_ASKED = "It cannot be asked for contacts of this name; match_on [] creates without asking."
HELD = (
    "This value is the contact's own, which the record does not mention: correct it at Valomnia, "
    "or set valomnia.merge_updates to false."
)
PHOTO_LOST = "an update without an image removed the contact's photo"
PHOTO_ADVICE = (
    "Map the image, so that it is sent, or set valomnia.keep_photos to false to go on without."
)

LARGEST_IMAGE = 2_000_000
"""Bytes of an image; documented as 2 MB."""

IMAGES = {
    "jpeg": b"\xff\xd8\xff",
    "gif": b"GIF8",
    "png": b"\x89PNG\r\n\x1a\n",
    "bmp": b"BM",
}
"""Formats of images that are taken, and how they begin."""

_DATA_URI = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)

FIELDS_AT_FAULT = {
    "email_validation_error": "email",
    "country_error": "country",
    "exceeded_file_size": "imageFile",
    "unsupported_file_type": "imageFile",
}
"""Field that a code of the API speaks of."""

_number = matching("[1-9][0-9]{0,18}", "the customer's number (or use_external_id set)")


def _customer(value: Any) -> str:
    return _number(cells.digits(value))


def _image(value: Any) -> bytes:
    """Return an image that came as base64 text or data: URI; nothing is fetched."""
    given = text(value).strip()
    if other_kinds.is_address_of_image(given):
        msg = "must be the image itself as base64 text, not its address: nothing is fetched"
        raise OtherThing(msg)
    try:
        image = base64.b64decode("".join(_DATA_URI.sub("", given, count=1).split()), validate=True)
    except ValueError:
        msg = "must be an image as base64 text or base64 data: URI"
        raise ValueError(msg) from None
    if len(image) > LARGEST_IMAGE:
        msg = f"takes {LARGEST_IMAGE} bytes, not {len(image)}"
        raise TooLong(msg)
    if not _format(image):
        msg = "must be a jpg, gif, png or bmp image"
        raise ValueError(msg)
    return image


def _format(image: bytes) -> str:
    return next((name for name, start in IMAGES.items() if image.startswith(start)), "")


def _of_held(error: Rejected) -> Rejected:
    """Say that what is refused was not the record's."""
    reason = f"{error} {HELD}"
    return Rejected(reason, error.code, field=error.field, http_status=error.http_status)


class ValomniaSink(ApiSink[Valomnia]):
    """Create and update contacts of customers that are there.

    Whether an update leaves what is not sent as it is, is not documented. An image cannot be
    removed.
    """

    client_class = Valomnia
    id_field = "id"
    fields: ClassVar[Sequence[Field]] = (
        Field("first_name", "firstName", required="always", convert=stripped),
        Field("last_name", "lastName", required="always", convert=stripped),
        Field(
            "customer_id",
            "customerId",
            required="always",
            convert=_customer,
            identifier=True,
        ),
        Field("job_title", "fonction"),
        Field("country", "country", convert=one_of(convert.country)),
        Field("city", "city"),
        Field("postal_code", "postalCode", convert=cells.postcode),
        Field("street", "address", convert=text),
        Field("email", "email", convert=convert.email),
        Field("phone", "phone", convert=cells.phone),
        Field("phone2", "phone2", convert=cells.phone),
        Field("mobile", "mobile", convert=cells.phone),
        Field("fax", "fax", convert=cells.phone),
        Field("image", "imageFile", convert=_image, clears=False, told=False),
    )
    capabilities: ClassVar = Capabilities(
        identity=("customerId", "firstName", "lastName"),
        can_list=True,
        can_ask=True,
        asks_by=frozenset(("firstName", "lastName")),
        lookups=valomnia_parents.WAYS,
    )

    @classmethod
    def finder(cls, client: Valomnia, setting: str, lookup: str) -> Finder | None:
        """Return what finds customers."""
        return valomnia_parents.finder(client, lookup) if setting == "parents" else None

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
            raise _of_held(error) if error.field in kept else error from None
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
        """Return a contact read from the API in the names under which it is written."""
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
            kind = _format(image)
            options["files"] = {"imageFile": (f"image.{kind}", image, f"image/{kind}")}
        path = self.client.path + below
        try:
            answer = self.client.call("POST", path, repeatable=repeatable, **options)
        except Refused as error:
            raise self._fault(error) from None
        changed: Mapping[str, Any] = answer.json
        return changed

    def _fault(self, error: Refused) -> Refused | Rejected:
        """Add the field at fault if it is named; the API's words go into the rejects file only."""
        field = FIELDS_AT_FAULT.get(error.code) or self._named(error)
        if field is None:
            return error
        reason = f"{error} {error.detail}".strip()
        return Rejected(reason, error.code, field=field, http_status=error.http_status)

    def _named(self, error: Refused) -> str | None:
        """Find the field that the API's words name; `not_found` may be said of the contact too."""
        if error.code == "not_found":
            return "customerId" if "customer" in error.detail else None
        words = re.search(r"(\w+) parameter is|parameter (\w+)", error.detail)
        wires = {field.wire for field in self.fields}
        return next((word for word in (words.groups() if words else ()) if word in wires), None)
