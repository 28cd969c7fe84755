"""Read from an answer of PORTERS what became of each contact of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_contacts.apis.porters import wire
from tap_contacts.apis.porters.client import Porters
from tap_contacts.apis.porters.codes import CODES
from tap_contacts.apis.porters.fields import CONTACTS
from tap_contacts.transport.errors import OutcomeUnknown, Stopped
from tap_contacts.transport.verdict import NOT_UNDERSTOOD, Verdict
from target_contacts.errors import Rejected
from target_contacts.sinks.item import Action, Item, Outcome
from target_contacts.sinks.porters.fields import IDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_contacts.mapping.field import Payload

OF_ONE_CONTACT = {"5", "6", "400"}
"""Codes that stop a run as the answer to a request, but not as that to one of its contacts."""

AT_FAULT = {"5": "Contact.P_Owner", "7": "Contact.P_Client", "126": wire.PHASE}
"""Fields that codes speak of."""

BEGUN_SINCE = {"9", "401", "402", "500"}
"""Codes that are about all contacts, even if others of the request were taken: maintenance may have
begun since, the token have ended, or the database be full."""

REFUSED = {Verdict.REJECT, Verdict.MISSING, Verdict.UNKNOWN}
"""Verdicts that speak of one contact; an update of unknown outcome does no harm."""


def settled(items: Sequence[Item], results: Sequence[wire.Result]) -> Iterator[list[Outcome[Item]]]:
    """Yield what became of the contacts of an answered request.

    What PORTERS says of one contact is not about all of them if it took another of the request.

    Raises:
        Stopped: After that, if a code of one of them says that no other can succeed.
    """
    some_taken = any(each.code == "0" for each in results)
    outcomes = [
        _outcome(item, each, some_taken=some_taken)
        for item, each in zip(items, results, strict=True)
    ]
    yield [outcome for outcome in outcomes if not isinstance(outcome.error, Stopped)]
    for outcome in outcomes:
        if isinstance(outcome.error, Stopped):
            raise outcome.error


def _outcome(item: Item, result: wire.Result, *, some_taken: bool) -> Outcome[Item]:
    """Return what became of one contact by its code."""
    code = result.code
    if code == "0":
        return Outcome(item, result.id)
    judgement = CODES.get(code, NOT_UNDERSTOOD)
    words = (Porters.title, f"POST {CONTACTS.path}", f"code {code}", judgement.advice)
    if judgement.verdict is Verdict.UNKNOWN and item.action is Action.CREATE:
        return Outcome(item, error=OutcomeUnknown(*words, code=code, http_status=200))
    of_one = code in OF_ONE_CONTACT or (some_taken and code not in BEGUN_SINCE)
    if of_one or judgement.verdict in REFUSED:
        reason = f"PORTERS refuses the contact with code {code}. {judgement.advice}".strip()
        field = _at_fault(item, code)
        return Outcome(item, error=Rejected(reason, code, field=field, http_status=200))
    return Outcome(item, error=Stopped(*words, code=code, http_status=200))


def _at_fault(item: Item, code: str) -> str | None:
    """Name the field where a code leaves only one; an answer never does."""
    field = AT_FAULT.get(code)
    is_of_contact = code == "7" and item.action is Action.UPDATE
    is_of_others = field in IDS and _has_own_id(item.payload)
    return field if field in item.payload and not (is_of_contact or is_of_others) else None


def _has_own_id(payload: Payload) -> bool:
    """Say whether a field of one's own may hold an id, too."""
    own = [value for alias, value in payload.items() if alias.startswith(wire.OWN_FIELDS)]
    return any(wire.ID.fullmatch(value) for value in own if isinstance(value, str))
