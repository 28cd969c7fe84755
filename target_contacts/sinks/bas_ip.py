"""Write contacts into the phone book of a BAS-IP monitor, many in one request.

Fields: https://developers.bas-ip.com/android-monitors/1.7.0/get-contact-detailed-information and,
for what is required and how long, camdroid-monitors/0.9.0/create-contact-entity.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from tap_contacts.apis.bas_ip.client import BasIp
from tap_contacts.apis.bas_ip.wire import LARGEST_REQUEST
from tap_contacts.transport.errors import GivenUp, Refused
from target_contacts.contact import numbers
from target_contacts.contact.vocabulary import ATTRIBUTES
from target_contacts.errors import OUTCOME_UNKNOWN, Rejected
from target_contacts.mapping.field import Field, Payload, matching
from target_contacts.sinks.base import ApiSink, Context
from target_contacts.sinks.capabilities import Capabilities
from target_contacts.sinks.item import Item, Outcome
from target_contacts.sinks.packing import packs
from target_contacts.values import cells, convert
from target_contacts.values.basic import assert_known, is_empty, line

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet


NAMESPACE = uuid.UUID("c2b7a4e0-5a0f-4c0b-9d53-8f2f3a6f1e77")
"""Makes the `link_id` of a record the same in every run; never to be changed."""

INNER_NUMBERS = {
    "regular": re.compile(r"\d{3}[1-9]-\d{2}-\d[0-8]-\d{2}", re.ASCII),
    "multi": re.compile(r"\d{3}[1-9]-\d{2}-\d[1-9]", re.ASCII),
    "individual": re.compile(r"\d{2}[1-9]-\d{2}-\d[0-8]-\d{2}-[1-9]", re.ASCII),
}
"""Type of contact, and the form of its inner number as documented."""

EXAMPLES = (
    "0001-01-11-11 (type regular), 0001-01-01 (multi), 001-01-11-11-1 (individual) "
    "or sip:user@host[:port] (any type)"
)
SIP = re.compile(r"sip:[0-9A-Za-z+,.-]+@[0-9A-Za-z.-]+(:\d{1,5})?", re.ASCII)
NO_SIP_USER = re.compile(r"[^0-9A-Za-z+,.-]")
"""What the user part of a SIP address does not take."""

DIALLED = re.compile(r"[\d\s()./+-]+", re.ASCII)
"""A number of digits, and what divides them for the eye."""

LARGEST_BODY = 4_000_000
"""Bytes of a request: 10,000 contacts take half as much, unless their names are very long."""

WITHOUT_TEXTS = 250
"""Bytes of a contact in a request, but for its texts."""

FAILURES = ("entity_not_found", "invalid_entity_data", "deleted")
"""What the device may say of a contact that it did not take."""

FLAGS = ("is_favorite", "is_default", "auto_answer", "in_black_list")


def _stripped(value: Any) -> str:
    """Return text of one line without blanks around it: a name of blanks is none."""
    return line(value).strip()


def _plain(attributes: Mapping[str, Any], name: str) -> str:
    """Return an attribute as text; "" if it has no value or none that is text.

    Raises:
        Rejected: If it is a number that lacks digits: somebody else would be called.
    """
    value = attributes.get(name)
    if is_empty(value) or isinstance(value, (dict, list)):
        return ""
    try:
        return cells.phone(value) if name in numbers.KINDS else _stripped(value)
    except ValueError as error:
        reason = f"number needs a value of {name}, which {error}"
        raise Rejected(reason, "invalid", field="number") from None


class Numbers:
    """Find the number of contacts that no field_map gives one."""

    def __init__(self, template: str, region: str | None) -> None:
        """Take the settings number_template, or "", and phone_region.

        Raises:
            ConfigurationError: If a placeholder is not an attribute.
        """
        self._template, self._region = template, region
        self._named = re.findall(r"\{([^{}]*)\}?", template)
        assert_known("bas_ip.number_template", self._named, ATTRIBUTES)
        self.attributes = set(self._named) if template else {"mobile", "phone"}
        """Attributes that numbers are made of."""

    def number(self, attributes: Mapping[str, Any]) -> str:
        """Fill the template; without one, take a mobile or phone that is a number already.

        Raises:
            Rejected: If the contact has no value to make it of.
        """
        if self._template:
            return self._filled(attributes)
        found = [_plain(attributes, name) for name in ("mobile", "phone")]
        if numbers := [number for number in found if type_of(number)]:
            return numbers[0]
        reason = (
            "number is required, and neither mobile nor phone is an inner number or a SIP "
            "address. Set bas_ip.number_template, or number in field_map."
        )
        raise Rejected(reason, "missing", field="number")

    def _filled(self, attributes: Mapping[str, Any]) -> str:
        users = {name: self._user(attributes, name) for name in self._named}
        if lacking := [name for name, user in users.items() if not user]:
            reason = f"number is required, and number_template needs a value of {lacking[0]}"
            raise Rejected(reason, "missing", field="number")
        return re.sub(r"\{([^{}]*)\}", lambda found: users[found[1]], self._template)

    def _user(self, attributes: Mapping[str, Any], name: str) -> str:
        """Return an attribute as the user part of a SIP address takes it; phones in E.164."""
        found = _plain(attributes, name)
        if name in numbers.KINDS:
            found = self._dialled(found, attributes, mobile=name in numbers.MOBILES)
        return NO_SIP_USER.sub("", found)

    def _dialled(self, found: str, attributes: Mapping[str, Any], *, mobile: bool) -> str:
        """Return a number in E.164, or what is dialled of it: digits without what divides them."""
        own = convert.home(attributes.get("country")) if self._region else None
        number = unicodedata.normalize(
            "NFKC", convert.e164(found, self._region, own, mobile=mobile)
        )
        return re.sub(r"[^\d+]", "", number) if DIALLED.fullmatch(number) else number


def type_of(number: str) -> str | None:
    """Return the type of contact that a number belongs to; None if it has no documented form."""
    if SIP.fullmatch(number):
        return "regular"
    return next((kind for kind, form in INNER_NUMBERS.items() if form.fullmatch(number)), None)


class BasIpSink(ApiSink[BasIp]):
    """Upsert contacts by a `link_id` that follows from the record's key.

    An upsert replaces the whole contact, and nothing can be read back by `link_id`: flags that a
    record does not have are false on the device.
    """

    client_class = BasIp
    capabilities: ClassVar = Capabilities(
        concurrency=1,
        batch_size=LARGEST_REQUEST,
        idempotent=True,  # the same link_id makes no second contact
        clears_fields=False,
        replaces=True,
    )
    fields: ClassVar[Sequence[Field]] = (
        Field("full_name", "name", required="always", max_length=30, convert=_stripped),
        Field("number", "number", required="always", convert=_stripped),
        Field(
            "type",
            "type",
            convert=matching("|".join(INNER_NUMBERS), "one of " + ", ".join(INNER_NUMBERS)),
        ),
        Field("is_favourite", "is_favorite", convert=convert.flag),
        Field("is_default", "is_default", convert=convert.flag),
        Field("auto_answer", "auto_answer", convert=convert.flag),
        Field("in_black_list", "in_black_list", convert=convert.flag),
    )

    def __init__(self, client: BasIp, context: Context) -> None:
        """Get ready to make numbers."""
        super().__init__(client, context)
        self._numbers = Numbers(client.number_template, self.region)

    @property
    def also_carried(self) -> AbstractSet[str]:
        """Return the attributes that numbers are made of."""
        return self._numbers.attributes

    def remedies(self) -> Mapping[str, Mapping[str, Any]]:
        """Name the setting that makes numbers, unless it is set."""
        template = {self.client.api: {"number_template": "sip:{mobile}@…"}}
        return {} if self.client.number_template else {"number": template}

    def finish(self, payload: Payload, attributes: Mapping[str, Any]) -> Payload:
        """Add number, type and the flags that are left out, and check them together."""
        number = payload.get("number") or self._numbers.number(attributes)
        kind = type_of(number)
        if kind is None:
            reason = f"number must be like {EXAMPLES}"
            raise Rejected(reason, "invalid", field="number")
        wanted = payload.get("type", kind)
        if wanted != kind and not SIP.fullmatch(number):
            reason = f"type is {wanted}, but the number is that of type {kind}"
            raise Rejected(reason, "invalid", field="type")
        flags = {name: payload.get(name, False) for name in FLAGS}
        if flags["auto_answer"] and flags["in_black_list"]:
            reason = "auto_answer and in_black_list must not both be true"
            raise Rejected(reason, "invalid", field="in_black_list")
        return {**payload, "number": number, "type": wanted, **flags}

    def write(self, items: Iterator[Item]) -> Generator[list[Outcome[Item]], None, None]:
        """Send contacts packed, one request after the other: a monitor is a small device."""
        packed = packs(items, _size, LARGEST_BODY, lambda _: LARGEST_REQUEST)
        while not self.context.halted() and (pack := next(packed, None)):
            yield from self._send(pack)

    def _send(
        self, items: Sequence[Item], *, halved: bool = False
    ) -> Iterator[list[Outcome[Item]]]:
        """Yield the outcomes; where a whole request fails, halve it until one is at fault.

        A half is not repeated, but halved again: what the device takes of it need not go twice.
        """
        if self.context.halted():
            return
        linked = [(_link_id(item), item) for item in items]
        contacts = [{"link_id": link_id, **item.payload} for link_id, item in linked]
        try:
            results = self.client.upsert(contacts, once=halved and len(items) > 1)
        except (Refused, GivenUp) as error:
            yield from self._halved(items, error)
        else:
            yield [_outcome(item, link_id, results.get(link_id)) for link_id, item in linked]

    def _halved(
        self, items: Sequence[Item], error: Refused | GivenUp
    ) -> Iterator[list[Outcome[Item]]]:
        """Send each half of what failed together; say what is wrong with one that failed alone."""
        if half := len(items) // 2:
            yield from self._send(items[:half], halved=True)
            yield from self._send(items[half:], halved=True)
        else:
            fault = _fault(error) if isinstance(error, Refused) else error
            yield [Outcome(items[0], error=fault)]


def _size(item: Item) -> int:
    """Return the bytes that a contact takes in a request, or a few more."""
    texts = [value for value in item.payload.values() if isinstance(value, str)]
    return WITHOUT_TEXTS + sum(len(t) if t.isascii() else 6 * len(t) for t in texts)


def _link_id(item: Item) -> str:
    """Return the id by which the device knows a contact: the ledger's, where it has one."""
    return item.remote_id or str(uuid.uuid5(NAMESPACE, item.identity))


def _outcome(item: Item, link_id: str, result: Mapping[str, Any] | None) -> Outcome[Item]:
    """Tell what a result says of one contact; HTTP 200 says nothing of it."""
    if result is None:
        reason = (
            "The device does not say what became of this contact. It may be sent again: "
            "that makes no second one."
        )
        return Outcome(item, error=Rejected(reason, OUTCOME_UNKNOWN, http_status=200))
    if result.get("success") is True:
        return Outcome(item, link_id)
    info = str(result.get("extended_info"))
    reason = (
        f"The device answers {info}, without the field. Its phone book may be full, or is_default "
        "be given to what is no panel."
    )
    code = info if info in FAILURES else "refused"
    return Outcome(item, error=Rejected(reason, code, http_status=200))


def _fault(error: Refused) -> Rejected:
    """Name the field that the device names in its words, which go into the rejects file only."""
    named = re.search(r"`(\w+)`", error.detail)
    return Rejected(
        f"{error} {error.detail}".strip(),
        error.code or "refused",
        field=named[1] if named else None,
        http_status=error.http_status,
    )
