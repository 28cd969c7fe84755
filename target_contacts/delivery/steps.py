"""Put together what plans and delivers the records of one stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.delivery.admission import Admission
from target_contacts.delivery.adoption import Adoption
from target_contacts.delivery.canary import Canary
from target_contacts.delivery.delivery import Delivery
from target_contacts.delivery.departed import Departed
from target_contacts.delivery.leavers import Leavers, Wishes
from target_contacts.delivery.missing import Missing
from target_contacts.delivery.plan import Plan, Terms
from target_contacts.delivery.policies import UpdatePolicies
from target_contacts.delivery.refusals import Refusals
from target_contacts.delivery.setbacks import Setbacks, Tries
from target_contacts.delivery.stream_guards import StreamGuards

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_contacts.delivery.canary import Due
    from target_contacts.delivery.filled import FilledFields
    from target_contacts.delivery.gate import Gate
    from target_contacts.delivery.guards import Guards
    from target_contacts.delivery.limit import Limit
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.refusals import TakesAgain
    from target_contacts.delivery.unanswered import Unanswered
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.mapping.field import Payload
    from target_contacts.settings import Settings
    from target_contacts.shutdown import Shutdown
    from target_contacts.sinks.base import ApiSink


class Steps(NamedTuple):
    """What plans and what delivers."""

    plan: Plan
    leavers: Leavers
    delivery: Delivery


def steps_of(  # noqa: PLR0913  # what the steps work with
    sink: ApiSink[Any],
    settings: Settings,
    *,
    ledger: Ledger,
    outcomes: Outcomes,
    filled: FilledFields,
    unanswered: Unanswered,
    peers: list[Adoption],
    shutdown: Shutdown,
    limit: Limit,
    canaries: Due,
    guards: Guards,
    gate: Gate,
    former_until: float,
    key_properties: Sequence[str],
    assert_complete: Callable[[Payload, bool], None],
    marks: Callable[[], Payload],
    warn_once: Callable[[str], None],
    takes_again: TakesAgain = lambda *_: False,
) -> Steps:
    """Return the steps of one stream.

    Args:
        sink: Writes contacts.
        settings: The target's settings.
        ledger: Remembers what became of records.
        outcomes: Books records.
        filled: Knows what each contact was filled with.
        unanswered: Holds creates that were not answered.
        peers: What adopts contacts for the streams of the run; that of this one is added.
        shutdown: Knows whether the run is to end.
        limit: Knows which records may be sent.
        canaries: The kinds of write that are still to be read back.
        guards: End the run if too much is changed.
        gate: Lets only what is planned be sent, if there is a plan.
        former_until: Until when a create of an earlier run may still be carried out.
        key_properties: Names of the key's properties.
        assert_complete: As for `Admission`.
        marks: As for `Wishes`.
        warn_once: Logs a warning, unless it was logged before.
        takes_again: As for `Refusals`.
    """
    can = sink.capabilities
    adoption = Adoption(
        sink,
        settings.match_on,
        ledger=ledger,
        outcomes=outcomes,
        unanswered=unanswered,
        peers=peers,
        shutdown=shutdown,
        warn_once=warn_once,
    )
    terms = Terms(
        adoption.adopts,
        can.idempotent,
        can.replaces,
        former_until,
        key_properties,
    )
    canary = Canary(
        sink,
        ledger=ledger,
        outcomes=outcomes,
        due=canaries,
        shutdown=shutdown,
        warn_once=warn_once,
    )
    wait = settings.retry_wait_seconds
    tries = Tries(sink.title, settings.max_tries, wait, can.alone_after)
    leavers = Leavers(
        can,
        Wishes(settings.on_delete, marks),
        ledger=ledger,
        outcomes=outcomes,
        unanswered=unanswered,
        limit=limit,
    )
    departed = Departed(ledger, outcomes, adoption)
    attributes = {field.wire: field.attribute for field in sink.configured()}
    refusals = Refusals(ledger, outcomes, sink.context.first_writes, attributes, takes_again)
    stream_guards = StreamGuards(guards, outcomes.stream, attributes)
    admission = Admission(
        ledger,
        outcomes,
        refusals=refusals,
        limit=limit,
        guards=stream_guards,
        gate=gate,
        mode=settings.mode,
        assert_complete=assert_complete,
    )
    missing = Missing(sink, ledger, outcomes, departed, settings.on_gone, adopts=adoption.adopts)
    delivery = Delivery(
        sink,
        ledger=ledger,
        outcomes=outcomes,
        adoption=adoption,
        setbacks=Setbacks(outcomes, tries),
        unanswered=unanswered,
        missing=missing,
        departed=departed,
        shutdown=shutdown,
        canary=canary,
        guards=stream_guards,
        refusals=refusals,
        policies=UpdatePolicies(
            sink,
            ledger,
            outcomes,
            filled=filled,
            missing=missing,
            shutdown=shutdown,
            mode=settings.mode,
            marks=settings.marks.keys(),
        ),
        admission=admission,
    )
    return Steps(Plan(ledger, outcomes, filled, unanswered, terms), leavers, delivery)
