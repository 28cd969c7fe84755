"""Put together what handles the records of one stream, out of what the run has for all of them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from target_contacts.delivery.filled import FilledFields
from target_contacts.delivery.steps import Asks, RunForDelivery, Steps
from target_contacts.pipeline.again import Again
from target_contacts.pipeline.api_sink import api_sink
from target_contacts.pipeline.intake import Intake, know_keys
from target_contacts.pipeline.translation import RunForTranslation, Translation

if TYPE_CHECKING:
    import logging

    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.delivery.unanswered import Unanswered
    from target_contacts.pipeline.run import Run
    from target_contacts.pipeline.stream import Stream


class StreamParts:
    """What handles the records of one stream.

    Args:
        run: The run. No part knows it: each gets what it uses.
        stream: The stream.
        outcomes: Books its records.
        logger: Logs what the parts warn of, each text once.

    Raises:
        ConfigurationError: If a setting of the mapping names what does not exist, or the ledger
            knows the records by another key.
    """

    def __init__(
        self, run: Run, stream: Stream, outcomes: Outcomes, logger: logging.Logger
    ) -> None:
        self._run, self._stream, self._outcomes = run, stream, outcomes
        self._warn_once = functools.cache(functools.partial(logger.warning, "%s"))
        self.sink = api_sink(run, outcomes)
        has_former_keys = know_keys(run.ledger, stream)
        clears = self.sink.capabilities.clears_fields
        self._filled = FilledFields(run.ledger, self.sink.configured(), clears=clears)
        self.translation = self._translation()
        for text in self.translation.of_policies:
            run.warn_once(text)
        self.intake = Intake(
            stream,
            self.translation.preparation,
            ledger=run.ledger,
            outcomes=outcomes,
            status_names=run.status_names,
            settings=run.compared.of_translation,
            has_former_keys=has_former_keys,
        )

    def _translation(self) -> Translation:
        run = self._run
        return Translation(
            self._stream,
            self.sink,
            RunForTranslation(
                run.settings,
                run.lookups,
                run.ledger,
                matches=run.matches,
                status_names=run.status_names,
                schemas=run.schemas,
                source=run.stream_names.api_of(self._stream.name),
                is_offline=run.is_offline,
            ),
            outcomes=self._outcomes,
            filled=self._filled,
            warn_once=self._warn_once,
        )

    def again(self) -> Again:
        """Return what keeps the records that are to be prepared once more."""
        made = self.translation
        return Again(self.sink, made.references, made.fields.learns_anew)

    def steps(self, again: Again, unanswered: Unanswered) -> Steps:
        """Return what plans and delivers the records.

        Args:
            again: Keeps the records that are to be prepared once more.
            unanswered: Holds the creates that were not answered.
        """
        run, fields = self._run, self.translation.fields
        return Steps(
            self.sink,
            RunForDelivery(
                run.settings,
                run.ledger,
                run.shutdown,
                limit=run.limit,
                guards=run.guards,
                gate=run.gate,
                canaries=run.canaries,
                peers=run.peers,
                former_until=run.former_until,
            ),
            outcomes=self._outcomes,
            filled=self._filled,
            unanswered=unanswered,
            asks=Asks(fields.assert_complete, lambda: fields.marks, again.takes),
            key_properties=self._stream.key_properties,
            warn_once=self._warn_once,
        )
