"""Import all that a command may need, and do once what every command does.

Only the fork server imports this, so that each process forked from it is ready.
"""

from __future__ import annotations

import gc
import importlib

import phonenumbers

from tap_contacts.tap import STREAMS
from target_contacts.ledger.ledger import Ledger
from target_contacts.target import SINKS
from tests.support import statements

NEEDED = (
    "tests.support.kept",
    "tests.support.left_over",
    "target_contacts.pipeline.plans",
    "target_contacts.pipeline.written",
    "target_contacts.values.countries",
    "target_contacts.values.email_addresses",
    "target_contacts.values.phone_plans",
    "encodings.ascii",
    "encodings.utf_8_sig",
)


def get_ready() -> None:
    """Import everything, read a phone number and prepare the statements of a ledger."""
    for name in NEEDED:
        importlib.import_module(name)
    assert all(STREAMS.values())
    assert all(SINKS.values())
    statements.share()
    phonenumbers.parse("+4915112345678", "DE")
    ledger = Ledger("sqlite://", "nobody")
    ledger.has_entries("contacts")
    ledger.stream_keys.of("contacts")
    ledger.close()
    gc.freeze()  # keeps the processes' memory shared


get_ready()
