"""Write contacts with dlt: a custom destination, files of its own for each of eight workers.

python -m tests.peers.dlt_writer JOB
"""

from __future__ import annotations

import json
import os
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dlt
from dlt.sources.helpers import requests

from tests.stock.wire import CONNECTIONS, Job, Record, calls, headers, ids, records_of

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE, PORTERS_BATCH = 1_000, 30


def contacts(job: Job) -> Iterator[list[Record]]:
    """Yield the records, a page at a time."""
    records = records_of(job.lines)
    while page := list(islice(records, PAGE)):
        yield page


def destination(job: Job) -> Any:
    """Return a destination that sends what one request can hold."""
    fields = headers(job.api, job.token)

    def send(items: list[Record], table: Any) -> None:
        del table
        for call in calls(job.api, ((item, "") for item in items)):
            url = f"{job.url}{call.path}"
            answer = requests.request(call.method, url, data=call.body, headers=fields)
            ids(job.api, answer.content)

    size = PORTERS_BATCH if job.api == "porters" else 1
    made = dlt.destination(name="api", batch_size=size, max_parallel_load_jobs=CONNECTIONS)
    return made(send)


def main(path: str) -> None:
    """Run a pipeline."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    job = Job(*json.loads(Path(path).read_text(encoding="utf-8")))
    count = sum(1 for _ in records_of(job.lines))
    os.environ["NORMALIZE__DATA_WRITER__FILE_MAX_ITEMS"] = str(-(-count // CONNECTIONS))
    os.environ["LOAD__WORKERS"] = str(CONNECTIONS)
    resource = dlt.resource(contacts(job), name="contacts")
    pipeline = dlt.pipeline("contacts", pipelines_dir=job.folder, destination=destination(job)())
    pipeline.run(resource).raise_on_failed_jobs()


if __name__ == "__main__":
    main(sys.argv[1])
