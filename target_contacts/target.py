"""The target: which APIs it writes, and what its command does."""

from __future__ import annotations

import contextlib
import functools
import sys
from typing import IO, TYPE_CHECKING, Any, ClassVar, NoReturn, cast

import click
from singer_sdk import Target
from singer_sdk.exceptions import (
    ConfigurationError,
    RecordsWithoutSchemaException,
)
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities

from tap_contacts.apis.bas_ip import settings as bas_ip
from tap_contacts.apis.cobai import settings as cobai
from tap_contacts.apis.porters import settings as porters
from tap_contacts.apis.valomnia import settings as valomnia
from tap_contacts.apis.zoho_voice import settings as zoho_voice
from tap_contacts.plugin import printable, signals, standard_streams
from tap_contacts.plugin.base import (
    InputError,
    exit_codes,
    tell_account,
    tell_facts,
)
from tap_contacts.plugin.by_name import ByName
from tap_contacts.plugin.progress import Progress
from tap_contacts.transport.errors import Stopped
from target_contacts import settings
from target_contacts.commands.options import assert_configured, named, taken
from target_contacts.commands.options import options as command_options
from target_contacts.delivery.bounds import bounds_of
from target_contacts.parents import settings as parents
from target_contacts.pipeline.options import alone, are_given, assert_one, options, purpose
from target_contacts.pipeline.receiver import ReceivingTarget, leave
from target_contacts.pipeline.reporting import assert_writable, reported
from target_contacts.pipeline.run import Purpose, Run
from target_contacts.shutdown import Interrupted, Shutdown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from singer_sdk.plugin_base import _ConfigInput
    from singer_sdk.sinks import Sink

    from tap_contacts.transport.client import ApiClient
    from target_contacts.commands.options import Asked
    from target_contacts.delivery.bounds import Given
    from target_contacts.delivery.gate import Gate
    from target_contacts.pipeline.contact_sink import ContactSink
    from target_contacts.pipeline.explain import Explainer
    from target_contacts.pipeline.plans import Command
    from target_contacts.pipeline.stream_sink import StreamSink
    from target_contacts.planning.planner import Planner
    from target_contacts.sinks.base import ApiSink

ACCOUNTS = {
    "bas_ip": bas_ip.ACCOUNT,
    "cobai": cobai.ACCOUNT,
    "porters": porters.ACCOUNT,
    "valomnia": valomnia.ACCOUNT,
    "zoho_voice": zoho_voice.ACCOUNT,
}
"""What the settings say of each API that can be written."""

SINKS: Mapping[str, type[ApiSink[Any]]] = ByName(
    {
        "bas_ip": "target_contacts.sinks.bas_ip.sink:BasIpSink",
        "cobai": "target_contacts.sinks.cobai:CobaiSink",
        "porters": "target_contacts.sinks.porters.sink:PortersSink",
        "valomnia": "target_contacts.sinks.valomnia:ValomniaSink",
        "zoho_voice": "target_contacts.sinks.zoho_voice:ZohoVoiceSink",
    }
)
"""The sink of each API that can be written."""

LONGEST_END = 9.0
"""Most seconds that a run takes to end after a signal."""

TOO_MANY_REJECTED, STOPPED_BY_GUARD = 3, 4
"""Exit codes of a run that is done, but rejected more than `max_rejects` records; and of one that
a guard ended."""


class TargetContacts(ReceivingTarget):
    """Write contact records into PORTERS, cobai, Valomnia, BAS-IP monitors or Zoho Voice."""

    name = "target-contacts"
    sinks: ClassVar[Mapping[str, type[ApiSink[Any]]]] = SINKS
    accounts = ACCOUNTS
    config_jsonschema: ClassVar = settings.schema(ACCOUNTS)
    capabilities: ClassVar = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
        TargetCapabilities.VALIDATE_RECORDS,
    ]

    def __init__(
        self,
        *,
        purpose: Purpose = Purpose.WRITE,
        limit: int | None = None,
        allow: Mapping[str, Given] | None = None,
        planner: Planner | None = None,
        gate: Gate | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        run = Run(
            self.sinks,
            self.config,
            Shutdown(),
            self._write_state_message,
            purpose,
            limit=limit,
            allow=allow,
            planner=planner,
            gate=gate,
        )
        self.start(run)
        self.explainers: list[Explainer] = []
        """The explainers of the streams, in their order."""
        self.hear_signals()

    def check_settings(self) -> None:
        """Check the guards, and the account of the API that is written."""
        try:
            bounds_of(self.config.get("guards") or {})
        except ValueError as error:
            msg = f"guards.{error}.".replace("?.", "?")
            raise ConfigurationError(msg) from None
        api = self.config.get("api")
        if api is None:
            msg = "The config lacks the setting 'api'."
            raise ConfigurationError(msg)
        if not isinstance(self.config.get(api), dict):
            msg = f"api is {api}: give the settings of its account under {api}."
            raise ConfigurationError(msg)
        if self.config["on_delete"] == "mark" and not self.config.get("marks"):
            msg = "on_delete is mark: say in marks what is to be written, {field: value}."
            raise ConfigurationError(msg)
        client = self._kind.client_class(self.config[api], self.config)
        given = settings.typed(self.config)
        parents.given(given, self._kind, client)
        parents.files(given)

    def get_sink_class(self, stream_name: str) -> type[Sink]:
        """Return what makes the sink of a stream, which is written or passed over."""
        from target_contacts.pipeline import written

        schema = self.schemas.get(stream_name, {})
        kind = written.sink_class(self.this_run, stream_name, schema)
        return cast("type[Sink]", functools.partial(kind, run=self.this_run))

    def get_sink(
        self,
        stream_name: str,
        *,
        record: dict[str, Any] | None = None,
        schema: dict[str, Any] | None = None,
        key_properties: Sequence[str] | None = None,
    ) -> Sink:
        """Return the stream's sink, and keep its explainer: another sink may replace it."""
        sink = super().get_sink(
            stream_name, record=record, schema=schema, key_properties=key_properties
        )
        explainer = cast("StreamSink", sink).explainer
        if explainer and explainer not in self.explainers:
            self.explainers.append(explainer)
        return sink

    @property
    def _kind(self) -> type[ApiSink[Any]]:
        return self.sinks[self.config["api"]]

    # The command.

    def run(self, file_input: IO[str] | None = None) -> int:
        """Read and write everything; report; return the exit code."""
        with reported(self.this_run, self.config_jsonschema, self.config) as codes:
            codes.append(self._ended(file_input))
            return codes[0]

    def _ended(self, file_input: IO[str] | None) -> int:
        """Read and write everything; log what became of it; return the exit code."""
        try:
            with contextlib.suppress(Interrupted), self._shown():
                self._listen(file_input)
        except Stopped:
            if not self.this_run.shutdown.is_asked():
                raise
        finally:
            self.this_run.shutdown.close()
            self.this_run.close()
            self.this_run.report(self.logger)
        return self._code()

    def has_input(self, file_input: IO[Any] | None) -> bool:
        """Wait for the first byte; say whether there may be one."""
        with self._shown():
            return self.message_reader.has_input(file_input)

    def plan_again(self, file_input: IO[Any]) -> None:
        """Read everything as a run does, and report nothing."""
        try:
            with self._shown():
                self._listen(file_input)
        finally:
            self.this_run.close()

    def _code(self) -> int:
        """Return the exit code of a run that did not fail; raise why STATE was not passed on."""
        if signum := self.this_run.shutdown.signum:
            return signals.code_of(signum)
        if self.unpassed:
            raise self.unpassed
        if self.this_run.guards.is_tripped:
            return STOPPED_BY_GUARD
        self.this_run.assert_all_planned()
        rejected = self.this_run.books.bins["rejected"]
        return TOO_MANY_REJECTED if rejected > self.this_run.settings.max_rejects >= 0 else 0

    @contextlib.contextmanager
    def _shown(self) -> Iterator[None]:
        """Show how far the run is, in the row below that of a tap."""
        progress = Progress(row=1)
        with progress.shown(), progress.follows(self.this_run.track()):
            yield

    def _listen(self, file_input: IO[str] | None) -> None:
        try:
            self.listen(file_input)
        except (InputError, RecordsWithoutSchemaException):
            self._settle_all()
            raise
        self.this_run.note_end(is_whole=self.unpassed is None)

    @classmethod
    def invoke(  # noqa: PLR0913  # the options of the command
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
        allow: Mapping[str, Given] | None = None,
        destinations: Sequence[str] = (),
        **options: Any,
    ) -> None:
        """Run the command with its options, and exit."""
        also = {"limit": options.get("limit"), "allow": allow, "input": file_input}
        asked = taken(options, also)
        super(Target, cls).invoke(about=about, about_format=about_format)
        alone_ones = {name: value for name, value in options.items() if name != "limit"}
        assert_one({**alone_ones, **named(asked)})
        given = {**config.config} if config else {}
        if config and config.parse_env:
            given |= cls.__new__(cls)._env_var_config  # noqa: SLF001
        make = functools.partial(cls, allow=allow)
        if asked and are_given(given):
            msg = "This option is for one account: give it a config of its own, with api."
            raise ConfigurationError(msg)
        if asked:
            assert_configured(asked, given)
            sys.exit(_answered(functools.partial(make, config=given), asked))
        if destinations or are_given(given):
            sys.exit(cls._write_several(given, destinations, make, options, file_input))
        _end(*cls.perform(options, functools.partial(make, config=given), file_input))

    @classmethod
    def _write_several(
        cls,
        given: Mapping[str, Any],
        names: Sequence[str],
        make: Callable[..., TargetContacts],
        options: Mapping[str, Any],
        file_input: IO[Any] | None,
    ) -> int:
        """Do with several accounts what the options say; return the exit code."""
        from target_contacts.destinations.command import Several

        cls.append_builtin_config(cls.config_jsonschema)
        perform = functools.partial(cls.perform, options)
        what = make, perform, purpose(**options), alone(options)
        several = Several(cls.name, cls.sinks, cls.logger, cls.watch, *what)
        return several.run(given, cls.config_jsonschema, names, file_input)

    @classmethod
    def perform(
        cls,
        options: Mapping[str, Any],
        make: Callable[..., TargetContacts],
        file_input: IO[Any] | None,
    ) -> tuple[Command, int]:
        """Do with one account what the options of the command say.

        Args:
            options: The options that say what a run is for.
            make: Makes a target.
            file_input: The input; None: standard input.

        Returns:
            The target, and the exit code.
        """
        limit, plan, apply = (options.get(name) for name in ("limit", "plan", "apply"))
        if plan or apply:
            return _planned(make, file_input, limit, plan=plan, apply=apply)
        target = make(purpose=purpose(**options), limit=limit)
        if options.get("check"):
            return target, target.check()
        if options.get("explain"):
            return target, target.explain(file_input)
        return target, _run(make, target, file_input, limit)

    def rehearse(self) -> ContactSink:
        """Return the sink of a stream, ready for the first record, of which none will come."""
        from target_contacts.pipeline import written

        return written.sample(self, self.this_run)

    def check(self) -> int:
        """Check all settings, sign in, read a little and print what is as assumed.

        Returns the exit code.

        Raises:
            ConfigurationError: If a run would refuse the settings.
            ApiError: If the ledger cannot be used, or the account does not answer.
        """
        try:
            self.this_run.rejects.assert_writable()
            assert_writable(self.this_run.settings)
            sink = self.rehearse()
            tell_account(self.this_run.client)
            sink.learn()
            finders = (each.finder for each in self.this_run.resolvers.values() if each.finder)
            return tell_facts(self.this_run.client, (each.fact() for each in finders))
        finally:
            self.this_run.close()

    def explain(self, file_input: IO[str] | None = None) -> int:
        """Read everything and print what a run would write. Nothing is asked or kept."""
        self.listen(file_input)
        for explainer in self.explainers:
            explainer.show(sys.stdout)
        if not self.explainers:
            click.echo("Nothing would be written: no stream of people came.")
        if text := self.this_run.books.passed_over_in_words():
            click.echo(printable.text(text))
        return 0

    @classmethod
    def client_of(cls, api: str) -> type[ApiClient]:
        """Return the client of an API."""
        found: type[ApiClient] = cls.sinks[api].client_class
        return found

    @classmethod
    def config_for(cls, api: str) -> Mapping[str, Any]:
        """Return the setting that names the API."""
        return {"api": api}

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Add options to the SDK's command; read an input file as bytes."""
        command = super().get_singer_command()
        for param in command.params:
            if param.name == "file_input":
                param.type = click.File("rb")
        command.params += [*options(), *command_options()]
        return command

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Leave out the SDK's settings that mean nothing for contacts."""
        super().append_builtin_config(config_jsonschema)
        for name in ("load_method", "add_record_metadata"):
            config_jsonschema["properties"].pop(name, None)


def _answered(make: Callable[..., Any], asked: Asked) -> int:
    """Carry out a command on the ledger or on rejects; return the exit code."""
    from target_contacts.commands.answer import answer

    return answer(make, asked)


def _planned(
    make: Callable[..., Command],
    file_input: IO[Any] | None,
    limit: int | None,
    *,
    plan: Path | None,
    apply: Path | None,
) -> tuple[Command, int]:
    """Make a plan, or carry one out; return the target and the exit code."""
    from target_contacts.pipeline import plans

    if plan:
        return plans.make_plan(make, plan, file_input, limit)
    return plans.carry_out(make, cast("Path", apply), file_input, limit)


def _run(
    make: Callable[..., Command],
    target: TargetContacts,
    file_input: IO[Any] | None,
    limit: int | None,
) -> int:
    """Run a target; if a guard ended its last run, count first what this one would do.

    Returns the exit code.
    """
    if not (target.has_input(file_input) and target.this_run.was_stopped()):
        return target.run(file_input)
    from target_contacts.pipeline import plans

    return plans.count_and_run(make, target, file_input, limit)


def _end(target: Command, code: int) -> NoReturn:
    """End the process when a run has ended."""
    if target.this_run.shutdown.abandoned:
        leave(code)
    sys.exit(code)


def main() -> None:
    """Run the command `target-contacts`."""
    is_open = standard_streams.prepare()
    printable.install()
    TargetContacts.watch.start(TargetContacts.name, LONGEST_END)
    with signals.coded(TargetContacts.watch), exit_codes(TargetContacts.logger):
        standard_streams.assert_open(is_open=is_open)
        with contextlib.suppress(Interrupted):
            TargetContacts.command()()
