"""Decide about records whose contacts cannot be looked up, so that a create may double one.

Until the account has accepted a contact, three look-ups refused alike end the run, unless more are
answered beside them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_contacts.transport.errors import GivenUp, NotFound, Refused
from target_contacts.delivery.planned import why
from target_contacts.errors import OUTCOME_UNKNOWN, WILL_BE_LOOKED_UP, Rejected
from target_contacts.report.rejects import earlier
from target_contacts.sinks.item import created
from target_contacts.sinks.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from target_contacts.delivery.candidates import Candidates
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.planned import Planned
    from target_contacts.sinks.base import ApiSink

NOT_SENT = (
    "So it cannot be told whether the contact is there, and it was not sent. If none of these "
    "contacts can be there yet, match_on [] creates them without looking."
)
NO_PARENT = 404
"""HTTP status of a look-up in a part of the account that is not there: a create is refused, too."""


def apart(
    found: Mapping[str, Candidates | Refused | GivenUp],
) -> tuple[dict[str, Refused | GivenUp], dict[str, Candidates]]:
    """Return, by key, why look-ups failed, and the contacts that others found; some found none."""
    failed: dict[str, Refused | GivenUp] = {}
    there: dict[str, Candidates] = {}
    for key, each in found.items() if any(found.values()) else ():
        if isinstance(each, (Refused, GivenUp)):
            failed[key] = each
        elif each:
            there[key] = each
    return failed, there


def is_barred(item: Planned, error: Refused) -> bool:
    """Say whether a first create must not go, since its contact may be there."""
    is_no_parent = isinstance(error, NotFound) and error.http_status == NO_PARENT
    return not (item.intent or is_looked_for(item) or is_no_parent)


def is_looked_for(item: Planned) -> bool:
    """Say whether somebody has looked for the contact of a record, and piped it in again."""
    rejection = earlier(item.received.line.message)
    is_asked = WILL_BE_LOOKED_UP not in str(rejection.get("reason"))
    return rejection.get("code") == OUTCOME_UNKNOWN and is_asked


class Unlooked:
    """Decide about the records of one stream whose contacts were not looked up."""

    def __init__(
        self, sink: ApiSink[Any], outcomes: Outcomes, warn_once: Callable[[str], None]
    ) -> None:
        self._title, self._first_writes = sink.title, sink.context.first_writes
        self._outcomes, self._warn_once = outcomes, warn_once

    def reject(self, barred: Sequence[tuple[Planned, Refused]], *, answered: int) -> None:
        """Reject what was not looked up. If more look-ups were answered, the records are at fault.

        Raises:
            Stopped: If the account has accepted nothing yet, and refuses all look-ups alike.
        """
        refusals = [self._refusal(item, error) for item, error in barred]
        if answered > len(refusals):
            for refusal in refusals:
                refusal.reject()
        elif refusals:
            self._first_writes.refuse(refusals)

    def _refusal(self, item: Planned, error: Refused) -> Refusal:
        advice = f"{error.advice} {NOT_SENT}".strip()
        words = (self._title, "look-up of a contact", error.answered, advice)
        told = Refused(*words, code=error.code, http_status=error.http_status, detail=error.detail)
        reason = why(told)
        return Refusal(
            told,
            created(item),
            lambda: self._outcomes.reject(item.received, reason),
            lambda: self._outcomes.show(item.received, reason),
        )

    def sent(self, item: Planned, error: Refused | GivenUp) -> Iterator[Planned]:
        """Yield an item if it may be sent without a look-up; reject it if not.

        A create that was sent before, and never answered, may not.
        """
        if isinstance(error, GivenUp):
            self._outcomes.reject(item.received, _not_looked_up(error))
        elif item.intent and not is_looked_for(item):
            reason = (
                "an earlier create was never answered, and the destination cannot be asked for "
                f"the contact ({error}). Look for it by hand. If it is not there, pipe this line "
                "in again: then it is sent"
            )
            self._outcomes.reject(item.received, Rejected(reason, OUTCOME_UNKNOWN))
        else:
            self._warn_once(f"Contacts there before this run cannot be looked up: {error}")
            yield item


def _not_looked_up(error: GivenUp) -> Rejected:
    """Say why a contact is not sent that nobody can tell to be there or not."""
    reason = f"{error} Whether the contact is there was not to be found out, so it was not sent"
    return Rejected(reason, error.code or OUTCOME_UNKNOWN, http_status=error.http_status)
