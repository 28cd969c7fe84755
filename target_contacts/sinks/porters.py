"""Write contacts into PORTERS (HRBC), new and changed ones together, many in one request.

Fields: https://hrbcapi.porters.jp/hc/en-us/articles/20868341330969-Contact-Field-List
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.exceptions import ConfigurationError

from tap_contacts.apis import porters, xml
from tap_contacts.apis.errors import OutcomeUnknown, Refused, Stopped
from tap_contacts.apis.http import NOT_UNDERSTOOD, Verdict
from tap_contacts.apis.porters_sign_in import CODES
from target_contacts.client import ContactSink
from target_contacts.items import Item, Outcome
from target_contacts.mapping import Field, Payload, matching, text
from target_contacts.rejects import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lxml.etree import _Element


OF_ONE_CONTACT = {"5", "6", "400"}
"""Codes that stop a run as the answer to a request, but not as that to one of its contacts."""

IDS = {"Contact.P_Client", "Contact.P_Owner"}
"""Fields that hold an id, for which a condition has no suffix `full`."""

NO_CONDITION = re.compile(r"[,:=\r\n]")
"""Characters that no documented rule can escape in the value of a condition."""

REFUSED = {Verdict.REJECT, Verdict.MISSING, Verdict.UNKNOWN}
"""Verdicts that speak of one contact; an update of unknown outcome does no harm."""


def _lines(value: Any) -> str:
    """Return text without the control characters that PORTERS fails at; NEL is a line break."""
    return xml.clean(text(value).replace("\x85", "\n"))


def _line(value: Any) -> str:
    """Return text of one line, or raise ValueError: only MultilineText takes line breaks."""
    found = _lines(value)
    if re.search(r"[\r\n]", found):
        msg = "must be on one line"
        raise ValueError(msg)
    return found


def _mail(value: Any) -> str:
    found = _line(value).strip()
    if found.count("@") != 1:
        msg = "must be an e-mail address, with exactly one @"
        raise ValueError(msg)
    return found


_id = matching("[1-9][0-9]{0,17}", "an id of PORTERS: digits only")
_option = matching(r"Option\.[A-Za-z0-9_]+", "the alias of an option, such as Option.P_Name")


@dataclass(frozen=True)
class Packed:
    """A contact in its wire form."""

    item: Item
    wire: _Element
    size: int
    """Bytes."""

    @property
    def is_new(self) -> bool:
        """Say whether the contact is to be created."""
        return self.item.remote_id is None


class PortersSink(ContactSink[porters.Porters]):
    """Create and update contacts; a phase only by `field_map`, as the alias of its option."""

    client_class = porters.Porters
    fields: ClassVar[Sequence[Field]] = (
        Field("customer_id", "Contact.P_Client", "create", convert=_id, identifier=True),
        Field("owner_id", "Contact.P_Owner", "create", convert=_id, identifier=True),
        Field("full_name", "Contact.P_Name", convert=_line),
        Field("name_reading", "Contact.P_Reading", convert=_line),
        Field("department", "Contact.P_Division", convert=_line),
        Field("job_title", "Contact.P_Title", convert=_line),
        Field("note", "Contact.P_Memo", convert=_lines),
        Field("country", "Contact.P_Country", convert=_line),
        Field("state", "Contact.P_Prefecture", convert=_line),
        Field("city", "Contact.P_City", convert=_line),
        Field("street", "Contact.P_Street", convert=_lines),
        Field("postal_code", "Contact.P_Zipcode", convert=_line),
        Field("phone", "Contact.P_Telephone", convert=_line),
        Field("fax", "Contact.P_Fax", convert=_line),
        Field("email", "Contact.P_Mail", convert=_mail),
        Field("mobile", "Contact.P_Mobile", convert=_line),
        Field("phase", "Contact.P_Phase", convert=_option),
    )
    identity = ("Contact.P_Client", "Contact.P_Name", "Contact.P_Mail")
    can_ask = can_list = True
    keeps_empty = False  # the effect of an empty element is not documented
    free_prefix = porters.OWN_FIELDS
    concurrency = 1  # the documents warn about parallel requests
    MAX_SIZE_DEFAULT = 2000

    def setup(self) -> None:
        """Check the fields of one's own that settings name.

        Raises:
            ConfigurationError: If `field_map` names what cannot be a field of one's own.
        """
        super().setup()
        self._key_field = self.client.external_key_field
        for name in self.config.get("field_map") or {}:
            if name.startswith(porters.OWN_FIELDS) and not porters.is_own_field(name):
                msg = "field_map names a field that cannot be an alias such as Contact.U_Name."
                raise ConfigurationError(msg)
            if name == self._key_field:
                msg = f"field_map and porters.external_key_field both fill {name}; leave one out."
                raise ConfigurationError(msg)

    def finish(self, payload: Payload, attributes: Mapping[str, Any]) -> Payload:
        """Clean fields of one's own, too, and leave out what is blank."""
        del attributes
        cleaned = {alias: _lines(value) for alias, value in payload.items()}
        return {alias: value for alias, value in cleaned.items() if value.strip()}

    def looked_for(self, item: Item) -> dict[str, str]:
        """Return the key that PORTERS was given, where it has a field for it; else the identity."""
        return {self._key_field: item.key} if self._key_field else super().looked_for(item)

    def find(self, wanted: Mapping[str, str]) -> list[str]:
        """Return the ids of the contacts that hold exactly these values in these fields.

        What cannot be written in a condition, or may be compared loosely there, is compared here.
        """
        conditions = {
            alias if alias in IDS else f"{alias}:full": value
            for alias, value in wanted.items()
            if value and not NO_CONDITION.search(value)
        }
        found = self.client.contacts(list(wanted), conditions)
        return [row["Contact.P_Id"] for row in found if _holds(row, wanted)]

    def stored(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield every contact."""
        keys = [self._key_field] if self._key_field else []
        aliases = [field.wire for field in self.fields if field.wire != "Contact.P_Phase"]
        for row in self.client.contacts([*aliases, *keys]):
            yield row["Contact.P_Id"], row

    def write(self, items: Iterator[Item]) -> Iterator[list[Outcome]]:
        """Yield the outcomes of one request after the other, each packed as full as it may be."""
        batch: list[Packed] = []
        for packed in map(self._packed, items):
            if porters.EMPTY_SIZE + packed.size > porters.MAX_BYTES:
                yield [Outcome(packed.item, error=_too_large(packed))]
                continue
            if not _has_room(batch, packed):
                yield from self._send(batch)
                batch = []
            if self.destination.halted:
                return
            batch.append(packed)
        yield from self._send(batch)

    def _packed(self, item: Item) -> Packed:
        """Put a contact into its wire form; a new one gets a key by which it can be found."""
        key = {self._key_field: item.key} if self._key_field and item.remote_id is None else {}
        wire = porters.item(item.remote_id or porters.NEW, item.payload | key)
        return Packed(item, wire, porters.size(wire))

    def _send(self, batch: list[Packed]) -> Iterator[list[Outcome]]:
        """Send a batch; one that is refused as a whole is halved until the culprit is alone."""
        waiting = [batch] if batch else []
        while waiting and not self.destination.halted:
            part = waiting.pop()
            creating = any(packed.is_new for packed in part)
            try:
                results = self.client.write([each.wire for each in part], repeatable=not creating)
            except (OutcomeUnknown, Refused) as error:
                failed, again = _after(error, part)
                waiting += again
                yield [Outcome(packed.item, error=error) for packed in failed]
            else:
                yield from _settled(part, results)


def _after(
    error: OutcomeUnknown | Refused, part: list[Packed]
) -> tuple[list[Packed], list[list[Packed]]]:
    """Tell which of a request's contacts its error is for, and what may be sent again.

    Updates of an unknown outcome may, by themselves; of contacts refused together, each half.
    """
    if isinstance(error, OutcomeUnknown):
        updates = [packed for packed in part if not packed.is_new]
        return [packed for packed in part if packed.is_new], [updates] if updates else []
    middle = len(part) // 2
    return ([], [part[middle:], part[:middle]]) if middle else (part, [])


def _has_room(batch: Sequence[Packed], packed: Packed) -> bool:
    total = porters.EMPTY_SIZE + sum(each.size for each in batch) + packed.size
    return len(batch) < porters.MAX_ITEMS and total <= porters.MAX_BYTES


def _holds(row: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(row.get(alias, "") == value for alias, value in wanted.items())


def _too_large(packed: Packed) -> Rejected:
    longest = max(packed.item.payload, key=lambda alias: len(packed.item.payload[alias]))
    reason = (
        f"the contact takes {porters.EMPTY_SIZE + packed.size} bytes and a request at most "
        f"{porters.MAX_BYTES}; its longest field is {longest}"
    )
    return Rejected(reason, "too_large", field=longest)


def _settled(part: Sequence[Packed], results: Sequence[porters.Result]) -> Iterator[list[Outcome]]:
    """Yield what became of the contacts of an answered request.

    Raises:
        Stopped: After that, if a code of one of them says that no other can succeed.
    """
    outcomes = [_outcome(packed.item, each) for packed, each in zip(part, results, strict=True)]
    yield [outcome for outcome in outcomes if not isinstance(outcome.error, Stopped)]
    for outcome in outcomes:
        if isinstance(outcome.error, Stopped):
            raise outcome.error


def _outcome(item: Item, result: porters.Result) -> Outcome:
    """Tell what the code of one contact means for it."""
    code = result.code
    if code == "0":
        return Outcome(item, result.id)
    judgement = CODES.get(code, NOT_UNDERSTOOD)
    words = (porters.Porters.title, f"POST {porters.CONTACT}", f"code {code}", judgement.advice)
    if judgement.verdict is Verdict.UNKNOWN and item.remote_id is None:
        return Outcome(item, error=OutcomeUnknown(*words, code=code, http_status=200))
    if code in OF_ONE_CONTACT or judgement.verdict in REFUSED:
        reason = f"PORTERS refuses the contact with code {code}. {judgement.advice}".strip()
        field = _at_fault(item, code)
        return Outcome(item, error=Rejected(reason, code, field=field, http_status=200))
    return Outcome(item, error=Stopped(*words, code=code, http_status=200))


def _at_fault(item: Item, code: str) -> str | None:
    """Name the field where a code leaves only one; an answer never does."""
    if code == "5" and "Contact.P_Owner" in item.payload:
        return "Contact.P_Owner"
    return "Contact.P_Client" if code == "7" and item.remote_id is None else None
