"""Put together what turns the records of one stream into items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_contacts.contact.field_names import FieldNames
from target_contacts.delivery.leavers import MARK
from target_contacts.mapping.path_check import assert_mapped
from target_contacts.mapping.policies import Policies, not_found_again
from target_contacts.mapping.translator import Rules
from target_contacts.pipeline.account_fields import AccountFields
from target_contacts.pipeline.prepare import Preparation
from target_contacts.pipeline.record_reader import RecordReader
from target_contacts.pipeline.remarks import Remarks
from target_contacts.singer.record_schema import RecordValidator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_contacts.delivery.filled import FilledFields
    from target_contacts.delivery.outcomes import Outcomes
    from target_contacts.ledger.ledger import Ledger
    from target_contacts.parents.lookups import Lookups
    from target_contacts.parents.references import References
    from target_contacts.pipeline.stream import Stream
    from target_contacts.report.matches import Matches
    from target_contacts.settings import Settings
    from target_contacts.sinks.base import ApiSink


@dataclass(frozen=True)
class RunForTranslation:
    """What translation needs of the run."""

    settings: Settings
    lookups: Lookups
    ledger: Ledger
    matches: Matches
    status_names: Mapping[str, str]
    """Names of the source's statuses by id. More may come later."""
    schemas: Mapping[str, Mapping[str, Any]]
    """The last SCHEMA message of each stream so far."""
    source: str | None
    """The API that the stream was read from, if it is one of those that can be written."""
    is_offline: bool
    """Whether nothing may be asked."""


class Translation:
    """What turns the records of one stream into items.

    Raises:
        ConfigurationError: If a setting of the mapping names what does not exist.
    """

    def __init__(  # noqa: PLR0913  # what the parts are made of
        self,
        stream: Stream,
        sink: ApiSink[Any],
        run: RunForTranslation,
        *,
        outcomes: Outcomes,
        filled: FilledFields,
        warn_once: Callable[[str], None],
    ) -> None:
        self._stream, self._sink, self._run = stream, sink, run
        self._is_marking = run.settings.on_delete == MARK
        names = FieldNames(stream.schema)
        rules = _rules(stream, sink, run, names)
        self.references: References = run.lookups.references(
            sink.configured(), rules.policies, from_same_api=rules.is_own
        )
        self.remarks = Remarks(stream, names, self.references, outcomes, warn_once)
        check = self._check()
        self.fields = AccountFields(sink, rules, self.references, run.settings.marks)
        self.of_policies = self.fields.policies_without_effect
        """A sentence for each policy that does not do, or does more, than may be expected."""
        if run.settings.mode != "update_only":
            match_on = run.settings.match_on
            self.of_policies += not_found_again(rules.policies, stream.name, match_on)
        if self._is_marking:
            self.remarks.of_marks(self.fields.marks_that_stay)
        self.reader = RecordReader(
            stream, self.fields, self.references, self.remarks, begin=self._begin, check=check
        )
        self.preparation = Preparation(
            sink,
            self.reader,
            fields=self.fields,
            references=self.references,
            remarks=self.remarks,
            ledger=run.ledger,
            filled=filled,
            outcomes=outcomes,
            matches=run.matches,
        )

    def _check(self) -> Callable[[Mapping[str, Any]], None]:
        if not self._run.settings.validate_records:
            return lambda _: None
        validator = RecordValidator(self._stream.schema)
        if not validator.is_whole:
            self.remarks.of_schema()
        return validator.check

    def _begin(self) -> None:
        """Check the paths of the settings by the schemas so far, and get ready unless offline."""
        paths, looked_up = self.fields.translator.paths, self.references.paths
        assert_mapped(paths, looked_up, self._stream.schema, self._run.schemas.values())
        if not self._run.is_offline:
            self.get_ready()

    def get_ready(self) -> None:
        """Ask the API for the account's fields, and check the marks if they may be written."""
        self.fields.learn()
        if self._is_marking:
            _ = self.fields.marks


def _rules(stream: Stream, sink: ApiSink[Any], run: RunForTranslation, names: FieldNames) -> Rules:
    settings, source = run.settings, run.source
    return Rules(
        settings.field_map,
        settings.defaults,
        settings.value_map,
        Policies(settings.policies, settings.stream_policies, stream.name),
        settings.on_invalid_value,
        sink.region,
        run.status_names,
        names.containers(),
        is_own=source == sink.client.api,
        is_foreign=source not in {None, sink.client.api},
    )
