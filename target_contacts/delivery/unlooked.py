"""Reject records whose contacts the destination refuses to look up: sent blindly, one may double.

Until the account has accepted a contact, three look-ups refused alike end the run, unless more are
answered beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_contacts.transport.errors import NotFound, Refused
from target_contacts.delivery.planned import why
from target_contacts.sinks.item import created
from target_contacts.sinks.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Planned
    from target_contacts.sinks.base import ApiSink

NOT_SENT = (
    "So it cannot be told whether the contact is there, and it was not sent. If none of these "
    "contacts can be there yet, match_on [] creates them without looking."
)
NO_PARENT = 404
"""HTTP status of a look-up in a part of the account that is not there: a create is refused, too."""


def is_barred(error: Refused) -> bool:
    """Say whether a contact that was not looked up may be there all the same."""
    return not (isinstance(error, NotFound) and error.http_status == NO_PARENT)


def reject(
    sink: ApiSink[Any],
    outcomes: Outcomes,
    barred: Sequence[tuple[Planned, Refused]],
    *,
    answered: int,
) -> None:
    """Reject what was not looked up.

    Args:
        sink: Knows whether the account has accepted anything yet.
        outcomes: Books the records.
        barred: What was not looked up, and why.
        answered: Look-ups that were answered beside; if they are more, it is the records.

    Raises:
        Stopped: If the account has accepted nothing yet, and refuses all look-ups alike.
    """
    refusals = [_refusal(sink.title, outcomes, item, error) for item, error in barred]
    if answered > len(refusals):
        for refusal in refusals:
            refusal.reject()
    elif refusals:
        sink.context.first_writes.refuse(refusals)


def _refusal(title: str, outcomes: Outcomes, item: Planned, error: Refused) -> Refusal:
    words = (title, "look-up of a contact", error.answered, f"{error.advice} {NOT_SENT}".strip())
    told = Refused(*words, code=error.code, http_status=error.http_status, detail=error.detail)
    reason = why(told)
    return Refusal(
        told,
        created(item),
        lambda: outcomes.reject(item.received, reason),
        lambda: outcomes.show(item.received, reason),
    )
