"""The tap: which APIs it reads, and its settings."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import click
from singer_sdk import Tap
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigurationError
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from tap_contacts import kept_files
from tap_contacts.apis.cobai import client as cobai
from tap_contacts.apis.porters import client as porters
from tap_contacts.apis.valomnia import client as valomnia
from tap_contacts.apis.zoho_voice import client as zoho_voice
from tap_contacts.plugin import printable, signals, standard_streams
from tap_contacts.plugin.base import ContactsPlugin, exit_codes
from tap_contacts.plugin.progress import Progress
from tap_contacts.plugin.standard_streams import OutputError
from tap_contacts.streams.cobai import CobaiContacts, CobaiCustomers
from tap_contacts.streams.porters import (
    PortersClients,
    PortersContactPhases,
    PortersContacts,
    PortersPartitions,
)
from tap_contacts.streams.valomnia import ValomniaContacts
from tap_contacts.streams.zoho_voice import ZohoVoiceContacts, ZohoVoiceContactStatuses
from tap_contacts.transport import client as http
from tap_contacts.writer import MessageWriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from tap_contacts.streams.base import ApiStream
    from tap_contacts.transport.client import ApiClient

STREAMS: tuple[type[ApiStream[Any]], ...] = (
    CobaiCustomers,
    CobaiContacts,
    PortersClients,
    PortersContactPhases,
    PortersContacts,
    PortersPartitions,
    ValomniaContacts,
    ZohoVoiceContacts,
    ZohoVoiceContactStatuses,
)
"""Every stream there is."""

KEPT = {"state": kept_files.state, "catalog": kept_files.catalog}
"""Options of the command that name files, and what takes these."""

LONGEST_END = 5.0
"""Seconds that a line being written may take once a signal came: its reader may have stopped."""

UNREAD = "Nobody reads the output any more: see why the target ended, then run both again."
"""What is said when the other end of the pipe is gone."""


class TapContacts(ContactsPlugin, Tap):
    """Stream contacts and contact statuses out of Zoho Voice, cobai, PORTERS and Valomnia."""

    name = "tap-contacts"
    message_writer_class = MessageWriter
    message_writer: MessageWriter
    is_command: ClassVar = False
    """Whether the process is the tap's own."""
    watch: ClassVar = signals.Watch()
    progress: ClassVar = Progress()
    config_jsonschema: ClassVar = th.PropertiesList(
        th.Property("cobai", cobai.SETTINGS, description="Read cobai."),
        th.Property("porters", porters.TAP_SETTINGS, description="Read PORTERS."),
        th.Property("valomnia", valomnia.SETTINGS, description="Read Valomnia."),
        th.Property("zoho_voice", zoho_voice.SETTINGS, description="Read Zoho Voice."),
        th.Property(
            "concurrency",
            http.CONCURRENCY,
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
        *http.SETTINGS,
    ).to_dict()
    capabilities: ClassVar = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        TapCapabilities.ACTIVATE_VERSION,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, **kwargs: Any) -> None:
        """Take the arguments of the SDK's `Tap`."""
        super().__init__(**kwargs)
        self._is_ending = False
        self.hear_signals()

    def discover_streams(self) -> Sequence[ApiStream[Any]]:
        """Return the streams of the APIs that have settings; without any settings, all."""
        clients: dict[type, ApiClient] = {}
        named = [kind for kind in STREAMS if kind.client_class.api in self.config]
        return [kind(self, clients, self.progress) for kind in named or STREAMS]

    def check_settings(self) -> None:
        """Refuse to run without any API, or with settings that one of them refuses."""
        apis = sorted({kind.client_class.api for kind in STREAMS})
        if not any(api in self.config for api in apis):
            msg = f"Nothing to read: give the settings of at least one of {', '.join(apis)}."
            raise ConfigurationError(msg)
        for kind in dict.fromkeys(kind.client_class for kind in STREAMS):
            if kind.api in self.config:
                kind(self.config[kind.api], self.config)

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Let states and catalogs that cannot be read be usage errors in one sentence."""
        command = super().get_singer_command()
        for param in command.params:
            if param.name in KEPT:
                param.type, param.callback = click.Path(), KEPT[param.name]
        return command

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """End at the first signal, after a whole line and with the state of what is written.

        Requests that are under way only read: nobody waits for them.
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


def main() -> None:
    """Run the command `tap-contacts`."""
    is_open = standard_streams.prepare(UNREAD)
    printable.install()
    TapContacts.is_command = True
    TapContacts.watch.start(TapContacts.name, LONGEST_END)
    with signals.coded(TapContacts.watch), exit_codes(TapContacts.logger):
        standard_streams.assert_open(is_open=is_open)
        command = TapContacts.command()
        with TapContacts.progress.shown():
            command()
