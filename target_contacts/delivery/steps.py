"""Put together what plans and delivers the records of one stream."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from target_contacts.delivery.admission import Admission
from target_contacts.delivery.adoption import Adoption
from target_contacts.delivery.canary import Canary
from target_contacts.delivery.delivery import Delivery
from target_contacts.delivery.departed import Departed
from target_contacts.delivery.intents import Intents
from target_contacts.delivery.leavers import Leavers, Wishes
from target_contacts.delivery.missing import Missing
from target_contacts.delivery.plan import Plan, Terms
from target_contacts.delivery.policies import UpdatePolicies
from target_contacts.delivery.refusals import Refusals
from target_contacts.delivery.setbacks import Setbacks, Tries
from target_contacts.delivery.settlement import Settlement
from target_contacts.delivery.stream_guards import StreamGuards

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_contacts.delivery.canary import Due
    from target_contacts.delivery.filled import FilledFields
    from target_contacts.delivery.gate import Gate
    from target_contacts.delivery.guards import Guards
    from target_contacts.delivery.limit import Limit
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.peers import Peers
    from target_contacts.delivery.refusals import TakesAgain
    from target_contacts.delivery.unanswered import Unanswered
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.mapping.field import Payload
    from target_contacts.settings import Settings
    from target_contacts.shutdown import Shutdown
    from target_contacts.sinks.base import ApiSink


@dataclass(frozen=True)
class RunForDelivery:
    """What delivery needs of the run."""

    settings: Settings
    ledger: Ledger
    shutdown: Shutdown
    limit: Limit
    guards: Guards
    gate: Gate
    canaries: Due
    peers: Peers
    former_until: float
    """Until when a create of an earlier run may still be carried out."""


class Asks(NamedTuple):
    """What delivery asks of what prepares the records."""

    assert_complete: Callable[[Payload, bool], None]
    """As for `Admission`."""
    marks: Callable[[], Payload]
    """As for `Wishes`."""
    takes_again: TakesAgain = lambda *_: False
    """As for `Refusals`."""


class Steps:
    """What plans and delivers the records of one stream; each part is made at its first use."""

    def __init__(  # noqa: PLR0913  # what the steps work with
        self,
        sink: ApiSink[Any],
        run: RunForDelivery,
        *,
        outcomes: Outcomes,
        filled: FilledFields,
        unanswered: Unanswered,
        asks: Asks,
        key_properties: Sequence[str],
        warn_once: Callable[[str], None],
    ) -> None:
        self._sink, self._can, self._run, self._asks = sink, sink.capabilities, run, asks
        self._settings, self._ledger = run.settings, run.ledger
        self._outcomes, self._filled, self._unanswered = outcomes, filled, unanswered
        self._key_properties, self._warn_once = key_properties, warn_once
        self._attributes = {field.wire: field.attribute for field in sink.configured()}

    @cached_property
    def plan(self) -> Plan:
        """Return what plans what is to be done with records."""
        terms = Terms(
            self._adoption.adopts,
            self._can.idempotent,
            self._can.replaces,
            self._run.former_until,
            self._key_properties,
        )
        return Plan(self._ledger, self._outcomes, self._filled, self._unanswered, terms)

    @cached_property
    def leavers(self) -> Leavers:
        """Return what decides about contacts whose records left the source."""
        return Leavers(
            self._can,
            Wishes(self._settings.on_delete, self._asks.marks),
            ledger=self._ledger,
            outcomes=self._outcomes,
            unanswered=self._unanswered,
            limit=self._run.limit,
        )

    @cached_property
    def delivery(self) -> Delivery:
        """Return what delivers planned records."""
        return Delivery(
            self._sink,
            outcomes=self._outcomes,
            adoption=self._adoption,
            setbacks=self._setbacks,
            unanswered=self._unanswered,
            missing=self._missing,
            shutdown=self._run.shutdown,
            canary=self._canary,
            guards=self._guards,
            refusals=self._refusals,
            policies=self._policies,
            admission=self._admission,
            intents=self._intents,
            settlement=self._settlement,
        )

    @cached_property
    def _settlement(self) -> Settlement:
        return Settlement(
            self._ledger,
            self._outcomes,
            intents=self._intents,
            adoption=self._adoption,
            setbacks=self._setbacks,
            unanswered=self._unanswered,
            missing=self._missing,
            departed=self._departed,
            canary=self._canary,
            refusals=self._refusals,
        )

    @cached_property
    def _setbacks(self) -> Setbacks:
        settings = self._settings
        tries = Tries(
            self._sink.title, settings.max_tries, settings.retry_wait_seconds, self._can.alone_after
        )
        return Setbacks(self._outcomes, tries)

    @cached_property
    def _intents(self) -> Intents:
        return Intents(self._sink, self._ledger, self._outcomes.stream)

    @cached_property
    def _adoption(self) -> Adoption:
        return Adoption(
            self._sink,
            self._settings.match_on,
            ledger=self._ledger,
            outcomes=self._outcomes,
            unanswered=self._unanswered,
            peers=self._run.peers,
            shutdown=self._run.shutdown,
            warn_once=self._warn_once,
        )

    @cached_property
    def _canary(self) -> Canary:
        return Canary(
            self._sink,
            ledger=self._ledger,
            outcomes=self._outcomes,
            due=self._run.canaries,
            shutdown=self._run.shutdown,
            warn_once=self._warn_once,
        )

    @cached_property
    def _departed(self) -> Departed:
        return Departed(self._ledger, self._outcomes, self._adoption)

    @cached_property
    def _missing(self) -> Missing:
        parts = self._sink, self._ledger, self._outcomes, self._departed
        return Missing(*parts, self._settings.on_gone, adopts=self._adoption.adopts)

    @cached_property
    def _guards(self) -> StreamGuards:
        return StreamGuards(self._run.guards, self._outcomes.stream, self._attributes)

    @cached_property
    def _refusals(self) -> Refusals:
        first_writes = self._sink.context.first_writes
        parts = self._ledger, self._outcomes, first_writes, self._attributes
        return Refusals(*parts, self._asks.takes_again)

    @cached_property
    def _policies(self) -> UpdatePolicies:
        return UpdatePolicies(
            self._sink,
            self._ledger,
            self._outcomes,
            filled=self._filled,
            missing=self._missing,
            shutdown=self._run.shutdown,
            mode=self._settings.mode,
            marks=self._settings.marks.keys(),
        )

    @cached_property
    def _admission(self) -> Admission:
        return Admission(
            self._ledger,
            self._outcomes,
            refusals=self._refusals,
            limit=self._run.limit,
            guards=self._guards,
            gate=self._run.gate,
            mode=self._settings.mode,
            assert_complete=self._asks.assert_complete,
        )
