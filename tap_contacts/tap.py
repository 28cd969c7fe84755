"""The tap: which APIs it reads, and its settings."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, cast

import click
from singer_sdk import Tap
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from tap_contacts import kept_files
from tap_contacts.apis.cobai import settings as cobai
from tap_contacts.apis.porters import settings as porters
from tap_contacts.apis.valomnia import settings as valomnia
from tap_contacts.apis.zoho_voice import settings as zoho_voice
from tap_contacts.plugin import printable, signals, standard_streams
from tap_contacts.plugin.base import ContactsPlugin
from tap_contacts.plugin.by_name import ByName
from tap_contacts.plugin.check import check_option, tell_account, tell_facts
from tap_contacts.plugin.endings import exit_codes
from tap_contacts.plugin.progress import Progress
from tap_contacts.plugin.standard_streams import OutputError
from tap_contacts.transport.facts import readable
from tap_contacts.transport.settings import CONCURRENCY, SEND_SETTINGS, SHARED_RATE
from tap_contacts.writer import MessageWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import FrameType

    from singer_sdk.plugin_base import _ConfigInput

    from tap_contacts.streams.base import ApiStream
    from tap_contacts.transport.client import ApiClient
    from tap_contacts.transport.facts import Fact

ACCOUNTS = {
    "cobai": cobai.ACCOUNT,
    "porters": porters.ACCOUNT,
    "valomnia": valomnia.ACCOUNT,
    "zoho_voice": zoho_voice.ACCOUNT,
}
"""What the settings say of each API that can be read."""

STREAMS: Mapping[str, Sequence[type[ApiStream[Any]]]] = ByName(
    {
        "cobai": "tap_contacts.streams.cobai:STREAMS",
        "porters": "tap_contacts.streams.porters:STREAMS",
        "valomnia": "tap_contacts.streams.valomnia:STREAMS",
        "zoho_voice": "tap_contacts.streams.zoho_voice:STREAMS",
    }
)
"""The streams of each API."""

KEPT = {"state": kept_files.state, "catalog": kept_files.catalog}
"""Options of the command that name files, and what checks these."""

LONGEST_END = 5.0
"""Seconds after a signal in which the line that is being written must be finished."""


def account(api: str) -> th.Property[Any]:
    """Return the settings of an API: those of both commands, then those of the tap."""
    of = ACCOUNTS[api]
    settings = th.ObjectType(*of.settings.wrapped.values(), *of.of_tap)
    return th.Property(api, settings, description=f"Read {of.title}.")


class TapContacts(ContactsPlugin, Tap):
    """Stream contacts and contact statuses out of Zoho Voice, cobai, PORTERS and Valomnia."""

    name = "tap-contacts"
    message_writer_class = MessageWriter
    message_writer: MessageWriter
    is_command: ClassVar = False
    """Whether the process was started as the command, and not by a test or another program."""
    watch: ClassVar = signals.Watch()
    progress: ClassVar = Progress()
    accounts = ACCOUNTS
    config_jsonschema: ClassVar = th.PropertiesList(
        *map(account, ACCOUNTS),
        th.Property(
            "concurrency",
            CONCURRENCY,
            default=8,
            description="Requests in flight while reading.",
        ),
        th.Property(
            "start_date",
            th.DateTimeType,
            description="Incremental streams read nothing that last changed before this time.",
        ),
        th.Property(
            "emit_activate_version_messages",
            th.BooleanType,
            default=False,
            description="Whether a full-table stream that was read completely ends with "
            "ACTIVATE_VERSION, so that a loader can remove or mark what is gone.",
        ),
        *SHARED_RATE,
        *SEND_SETTINGS,
    ).to_dict()
    capabilities: ClassVar = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, *, setup_mapper: bool = True, proves: bool = True, **kwargs: Any) -> None:
        """Set up the tap.

        Args:
            setup_mapper: Whether records are to be read, and not only streams to be named.
            proves: Whether what may not be read is to end a first run before anything is read.
            kwargs: As the SDK has them.
        """
        super().__init__(setup_mapper=False, **kwargs)
        if setup_mapper:
            if proves:
                self._prove()
            self.setup_mapper()
        self._is_ending = False
        self.hear_signals()

    def _prove(self) -> None:
        from tap_contacts.streams import proofs  # noqa: PLC0415  # no stream need be known before

        proofs.prove(self)

    def discover_streams(self) -> Sequence[ApiStream[Any]]:
        """Return the streams of the APIs that have settings; without any settings, all."""
        clients: dict[type, ApiClient] = {}
        kinds = [kind for api in self._given() or STREAMS for kind in STREAMS[api]]
        return [kind(self, clients, self.progress) for kind in kinds]

    def check_settings(self) -> None:
        """Refuse to run without any API, or with settings that one of them refuses."""
        given = self._given()
        if not given:
            msg = f"Nothing to read: give the settings of at least one of {', '.join(ACCOUNTS)}."
            raise ConfigurationError(msg)
        for api in given:
            self.client_of(api)(self.config[api], self.config)

    @classmethod
    def invoke(
        cls, *, config: _ConfigInput | None = None, check: bool = False, **options: Any
    ) -> None:
        """Run the command with its options, and exit if it only checks."""
        if not check:
            super().invoke(config=config, **options)
            return
        settings = config.config if config else {}
        from_env = bool(config and config.parse_env)
        tap = cls(config=settings, parse_env_config=from_env, proves=False)
        sys.exit(tap.check())

    def check(self) -> int:
        """Print which accounts answer, and what is as assumed; return the exit code.

        Raises:
            ApiError: If an account does not answer.
        """
        code = 0
        for api in self._given():
            every = cast("Mapping[str, ApiStream[Any]]", self.streams).values()
            streams = [each for each in every if each.client_class.api == api]
            client = streams[0].client
            tell_account(client)
            code = max(code, tell_facts(client, _unreadable(streams)))
        return code

    def _given(self) -> list[str]:
        return [api for api in ACCOUNTS if api in self.config]

    @classmethod
    def client_of(cls, api: str) -> type[ApiClient]:
        """Return the client of an API."""
        found: type[ApiClient] = STREAMS[api][0].client_class
        return found

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Add `--check`; see that the files of states and catalogs can be read."""
        command = super().get_singer_command()
        command.params.append(check_option())
        for param in command.params:
            if param.name in KEPT:
                param.type, param.callback = click.Path(), KEPT[param.name]
        return command

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """End at the first signal, after a whole line and with the state of what is written.

        Requests that are under way only read, so they are not waited for.
        """
        del frame
        if not self._is_ending:
            self._is_ending = True
            self.message_writer.between_lines(partial(self._end, self.watch.first(signum)))

    def _end(self, signum: int) -> NoReturn:
        with contextlib.suppress(OutputError):  # nobody reads: the exit code tells of the signal
            if self.state:
                self.state_writer.write_state(self.state)
        self.logger.info("Ended by %s; run again to read the rest.", signal.Signals(signum).name)
        self.progress.close()
        if self.is_command:
            os._exit(signals.code_of(signum))
        sys.exit(signals.code_of(signum))


def _unreadable(streams: Sequence[ApiStream[Any]]) -> Iterator[Fact]:
    for stream in streams:
        yield from readable(f"The stream {stream.name} can be read", stream.prove)


def main() -> None:
    """Run the command `tap-contacts`."""
    is_open = standard_streams.prepare()
    printable.install()
    TapContacts.is_command = True
    TapContacts.watch.start(TapContacts.name, LONGEST_END)
    with signals.coded(TapContacts.watch), exit_codes(TapContacts.logger):
        standard_streams.assert_open(is_open=is_open)
        command = TapContacts.command()
        with TapContacts.progress.shown():
            command()
