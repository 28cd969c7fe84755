"""The target: which APIs it writes, its settings, and its command."""

from __future__ import annotations

import contextlib
import functools
from typing import IO, TYPE_CHECKING, Any, ClassVar, cast

import click
from singer_sdk import Target
from singer_sdk.helpers.capabilities import PluginCapabilities, TargetCapabilities

from tap_contacts.apis.bas_ip import settings as bas_ip
from tap_contacts.apis.cobai import settings as cobai
from tap_contacts.apis.porters import settings as porters
from tap_contacts.apis.valomnia import settings as valomnia
from tap_contacts.apis.zoho_voice import settings as zoho_voice
from tap_contacts.plugin import printable, signals, standard_streams
from tap_contacts.plugin.by_name import ByName
from tap_contacts.plugin.endings import exit_codes
from target_contacts import settings
from target_contacts.cli import CommandLine
from target_contacts.commands.options import options as command_options
from target_contacts.pipeline.config_check import assert_right
from target_contacts.pipeline.options import options
from target_contacts.pipeline.purpose import Purpose, Task
from target_contacts.pipeline.run_builder import build
from target_contacts.pipeline.running import RunningTarget
from target_contacts.shutdown import Interrupted, Shutdown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from singer_sdk.plugin_base import _ConfigInput
    from singer_sdk.sinks import Sink

    from tap_contacts.transport.client import ApiClient
    from target_contacts.delivery.bounds import Given
    from target_contacts.delivery.gate import Gate
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
        "cobai": "target_contacts.sinks.cobai.sink:CobaiSink",
        "porters": "target_contacts.sinks.porters.sink:PortersSink",
        "valomnia": "target_contacts.sinks.valomnia.sink:ValomniaSink",
        "zoho_voice": "target_contacts.sinks.zoho_voice:ZohoVoiceSink",
    }
)
"""The sink of each API that can be written."""

LONGEST_END = 9.0
"""Most seconds that a run takes to end after a signal."""


class TargetContacts(RunningTarget):
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

    def __init__(  # noqa: PLR0913  # what a task is made of
        self,
        *,
        purpose: Purpose = Purpose.WRITE,
        limit: int | None = None,
        allow: Mapping[str, Given] | None = None,
        planner: Planner | None = None,
        gate: Gate | None = None,
        destination: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        task = Task(purpose, limit, allow, planner, gate, destination)
        self.start(build(self.sinks, self.config, Shutdown(), self._write_state_message, task))
        self.hear_signals()

    def check_settings(self) -> None:
        """Check what the schema of the settings cannot; may raise ConfigurationError."""
        assert_right(self.config, self.sinks)

    def get_sink_class(self, stream_name: str) -> type[Sink]:
        """Return what makes the sink of a stream, which is written or passed over."""
        from target_contacts.pipeline import written

        schema = self.schemas.get(stream_name, {})
        kind = written.sink_class(self.this_run, stream_name, schema)
        return cast("type[Sink]", functools.partial(kind, run=self.this_run))

    # The command.

    @classmethod
    def invoke(
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
        **options: Any,
    ) -> None:
        """Run the command with its options, and exit."""
        line = CommandLine.of(options, file_input)
        super(Target, cls).invoke(about=about, about_format=about_format)
        line.assert_one()
        given = {**config.config} if config else {}
        if config and config.parse_env:
            given |= cls.__new__(cls)._env_var_config  # noqa: SLF001
        make = functools.partial(cls, allow=line.allow)
        line.carry_out(given, make, cls._write_several, cls.config_jsonschema)

    @classmethod
    def _write_several(cls, given: Mapping[str, Any], line: CommandLine) -> int:
        from target_contacts.destinations.command import Several

        cls.append_builtin_config(cls.config_jsonschema)
        make = functools.partial(cls, allow=line.allow)
        what = make, line.perform, line.purpose, line.alone
        several = Several(cls.name, cls.sinks, cls.logger, cls.watch, *what)
        return several.run(given, cls.config_jsonschema, line.destinations, line.file_input)

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


def main() -> None:
    """Run the command `target-contacts`."""
    is_open = standard_streams.prepare()
    printable.install()
    TargetContacts.watch.start(TargetContacts.name, LONGEST_END)
    with signals.coded(TargetContacts.watch), exit_codes(TargetContacts.logger):
        standard_streams.assert_open(is_open=is_open)
        with contextlib.suppress(Interrupted):
            TargetContacts.command()()
