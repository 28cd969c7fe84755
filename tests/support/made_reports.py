"""A report that has something to tell in each of its parts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from target_contacts.report.facts import Facts, Rejection, Skip
from target_contacts.report.folder import Counts, Past
from target_contacts.report.repairs import repairs
from target_contacts.report.timeline import Bucket


def facts(name: str = "contacts", field: str = "E-mail", **more: Any) -> Facts:
    """Return what is told of a run that a guard stopped.

    Args:
        name: The stream.
        field: A field of the destination.
        more: What is told otherwise.
    """
    made = Facts(
        run_id="0123456789abcdef0123456789abcdef",
        started_at="2026-11-26T03:00:01.123456+00:00",
        version="0.1.0",
        api="fake",
        title="Fake API",
        account=f"https://fake.example.com {name}",
        settings={"concurrency": 4, "ledger_url": None, "mode": "upsert"},
        ended="stopped by a guard",
        ended_at="2026-11-26T03:20:01.123456+00:00",
        seconds=1200.0,
        exit_code=4,
        error=f"A sentence with {name} in it",
        row="Fake API: 1,200 read, 900 created, 100 rejected, 950 requests, 40 s waited",
        summary={
            "read": 1200,
            "created": 900,
            "updated": 30,
            "unchanged": 100,
            "deleted": 0,
            "rejected": 100,
            "skipped": 70,
            "requests": 950,
            "calls": {"GET": 10, "POST": 940},
            "repeated": 3,
            "waited_seconds": 40.2,
            "not_carried": {name: [field, "zodiac"]},
            "dropped_or_truncated": [[name, field, "truncated", 4]],
            "noted": [[name, field, "gone at the source and cannot be cleared", 2]],
            "passed_over": {f"{name}_orders": 7},
            "doubled": [[name, "17", "18"]],
        },
        streams={
            name: {"created": 900, "updated": 30, "unchanged": 100, "rejected": 100, "skipped": 70},
            "a_second": {"created": 9},
            "a_third": {"created": 10_000},
        },
        rejections=[
            Rejection(name, "ambiguous", field, 60, ["a" * 32, "b" * 32]),
            Rejection(name, "unknown_parent", field, 40, []),
        ],
        skips=[Skip(name, f"left out for {field}", 70)],
        fields={name: {field: {"filled": 930, "cleared": 12}, "Phone": {"filled": 800}}},
        guards=[
            {"guard": "max_creates", "seen": 901, "limit": 900, "exceeded": True},
            {
                "guard": "max_cleared",
                "stream": name,
                "attribute": field,
                "seen": 1,
                "limit": 9,
                "exceeded": False,
            },
        ],
        parents_not_found=40,
        timeline=[
            Bucket(20.0 * n, 10 + n * n % 17, n % 2, 0.0 if n % 5 else 15.0) for n in range(1, 61)
        ],
        rejects_file=f"rejects/{name}.singer.jsonl",
    )
    made.repairs = repairs(made)
    return msgspec.structs.replace(made, **more)


def past(ended: str = "done", count: int = 29) -> list[tuple[Path, Past]]:
    """Return the runs before it."""
    return [
        (
            Path(f"202611{day:02}T030001.000000Z-fake-0000000{day % 10}"),
            Past(
                f"0000000{day % 10}",
                f"2026-11-{day:02}T03:00:01+00:00",
                "fake",
                ended,
                0,
                100.5 + day,
                Counts(read=1000 * day, created=day, requests=day),
            ),
        )
        for day in range(count, 0, -1)
    ]
