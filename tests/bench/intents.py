"""Measure what the write-ahead intents cost: the same creates with and without them.

Each run writes new contacts into a Zoho Voice of the sandbox, eight requests at a time, with and
without intents in turn.
"""

from __future__ import annotations

import contextlib
import io
import logging
import statistics
import tempfile
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from target_contacts.sinks.zoho_voice import ZohoVoiceSink
from target_contacts.target import SINKS, TargetContacts
from tests.bench.runs import CONNECTIONS, keep, where
from tests.sandbox.zoho_voice import ACCESS_TOKEN, ZohoVoice
from tests.support.commands import contacts, singer

if TYPE_CHECKING:
    import argparse

CONTACTS, LATENCY = 400, 0.05


class WithoutIntents(ZohoVoiceSink):
    """The sink as if its creates could be repeated: no intent is written."""

    capabilities: ClassVar = replace(ZohoVoiceSink.capabilities, idempotent=True)


class TargetWithoutIntents(TargetContacts):
    """The target with that sink."""

    sinks: ClassVar = {**SINKS, WithoutIntents.client_class.api: WithoutIntents}


def main(options: argparse.Namespace) -> None:
    """Measure, print and keep the table."""
    logging.disable(logging.INFO)
    pairs = [(seconds(TargetContacts), seconds(TargetWithoutIntents)) for _ in range(options.runs)]
    keep("intents", report(pairs))


def seconds(kind: type[TargetContacts], count: int = CONTACTS) -> float:
    """Return how long one target takes to create so many contacts."""
    records = [{"id": n, "first_name": "A", "mobile": f"+49{n:010}"} for n in range(count)]
    with ZohoVoice(latency=LATENCY) as zoho, tempfile.TemporaryDirectory() as folder:
        config: dict[str, Any] = {
            "api": "zoho_voice",
            "zoho_voice": {"api_url": zoho.url, "access_token": ACCESS_TOKEN},
            "ledger_url": f"sqlite:///{folder}/ledger.db",
            "rejects_dir": folder,
            "match_on": [],
            "concurrency": CONNECTIONS,
        }
        lines: Any = io.BytesIO(singer(contacts(*records)).encode())
        target = kind(config=config)
        started = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            target.run(lines)
        took = time.perf_counter() - started
        if len(zoho.contacts) != count:
            msg = f"{len(zoho.contacts)} of {count} contacts were created"
            raise SystemExit(msg)
    return took


def report(pairs: list[tuple[float, float]]) -> str:
    """Return the table."""
    with_intents, without = zip(*pairs, strict=True)
    ratio = statistics.median(a / b for a, b in pairs)
    return (
        f"# Cost of the write-ahead intents\n\n{where()}. {CONTACTS} creates, answers after "
        f"{LATENCY * 1000:.0f} ms, {CONNECTIONS} requests at a time, {len(pairs)} pairs of runs in "
        "turn; medians.\n\n"
        "| | seconds |\n|---|---|\n"
        f"| with intents | {statistics.median(with_intents):.2f} |\n"
        f"| without | {statistics.median(without):.2f} |\n"
        f"| ratio, pair by pair | {ratio:.3f} |\n"
    )
