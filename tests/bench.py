"""Measure what the write-ahead intents cost: the same creates with and without them.

    python -m tests.bench [--contacts 400] [--runs 5] [--latency 0.05]

Each run writes new contacts into a Zoho Voice of the sandbox, eight requests at a time, with and
without intents in turn. The table goes to tests/results/intents.md.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import io
import logging
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from target_contacts.sinks.zoho_voice import ZohoVoiceSink
from target_contacts.target import TargetContacts
from tests.commands import contacts, singer
from tests.sandbox.zoho_voice import ACCESS_TOKEN, ZohoVoice

if TYPE_CHECKING:
    from singer_sdk.sinks import Sink

RESULTS = Path(__file__).parent / "results" / "intents.md"


class WithoutIntents(ZohoVoiceSink):
    """The sink as if its creates could be repeated: no intent is written."""

    idempotent = True


class TargetWithoutIntents(TargetContacts):
    """The target with that sink."""

    def get_sink_class(self, stream_name: str) -> type[Sink]:
        """Return the sink without intents."""
        del stream_name
        return WithoutIntents


def main() -> None:
    """Measure, print and keep the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--contacts", type=int, default=400)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds an answer takes")
    options = parser.parse_args()
    logging.disable(logging.INFO)
    pairs = [
        (
            seconds(TargetContacts, options.contacts, options.latency),
            seconds(TargetWithoutIntents, options.contacts, options.latency),
        )
        for _ in range(options.runs)
    ]
    text = report(pairs, options)
    print(text)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text, encoding="utf-8")


def seconds(kind: type[TargetContacts], count: int, latency: float) -> float:
    """Return how long one target takes to create so many contacts."""
    records = [{"id": n, "first_name": "A", "mobile": f"+49{n:010}"} for n in range(count)]
    with ZohoVoice(latency=latency) as zoho, tempfile.TemporaryDirectory() as folder:
        config: dict[str, Any] = {
            "api": "zoho_voice",
            "zoho_voice": {"api_url": zoho.url, "access_token": ACCESS_TOKEN},
            "ledger_url": f"sqlite:///{folder}/ledger.db",
            "rejects_dir": folder,
            "match_on": [],
            "concurrency": 8,
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


def report(pairs: list[tuple[float, float]], options: argparse.Namespace) -> str:
    """Return the table."""
    with_intents, without = zip(*pairs, strict=True)
    ratio = statistics.median(a / b for a, b in pairs)
    now = datetime.datetime.now(tz=datetime.timezone.utc)
    return (
        f"# Cost of the write-ahead intents\n\n"
        f"{options.contacts} creates, answers after {options.latency * 1000:.0f} ms, 8 requests "
        f"at a time, {options.runs} pairs of runs in turn; medians. {now:%Y-%m-%d}, "
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores.\n\n"
        "| | seconds |\n|---|---|\n"
        f"| with intents | {statistics.median(with_intents):.2f} |\n"
        f"| without | {statistics.median(without):.2f} |\n"
        f"| ratio, pair by pair | {ratio:.3f} |\n"
    )


if __name__ == "__main__":
    main()
