"""Write contacts with drt: eight syncs of an eighth of the records each, in eight threads.

    python -m tests.peers.drt_writer JOB

drt reads the records with DuckDB. Its destination is `rest_api`: bodies are templates.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.stock.wire import (
    CONNECTIONS,
    HEAD,
    MOST_BYTES,
    OWN,
    PORTERS_PATH,
    TAIL,
    ZOHO_PATH,
    Job,
    calls,
    headers,
    records_of,
    zoho_fields,
)

ITEM = (
    "".join(f"<{name}>{value}</{name}>" for name, value in {"Contact.P_Id": "-1", **OWN}.items())
    + "<Contact.P_Name>{{ row.first_name | e }} {{ row.last_name | e }}</Contact.P_Name>"
)
PLAIN = {
    "Contact.P_Country": "country",
    "Contact.P_Prefecture": "state",
    "Contact.P_Street": "street",
    "Contact.P_Telephone": "phone",
    "Contact.P_Mail": "email",
    "Contact.P_Mobile": "mobile",
}


def porters(job: Job) -> dict[str, Any]:
    """Return how PORTERS is written: as many contacts in a request as always fit."""
    longest = max(len(next(calls(job.api, [(each, "")])).body) for each in records_of(job.lines))
    fields = "".join(f"<{name}>{{{{ row.{of} | e }}}}</{name}>" for name, of in PLAIN.items())
    rows = f"{{% for row in rows %}}<Item>{ITEM}{fields}</Item>{{% endfor %}}"
    return {
        "url": f"{job.url}{PORTERS_PATH}",
        "body_mode": "batch",
        "batch_template": HEAD.decode() + rows + TAIL.decode(),
        "max_records_per_request": (MOST_BYTES - len(HEAD + TAIL)) // longest,
    }


def zoho_voice(job: Job) -> dict[str, Any]:
    """Return how Zoho Voice is written."""
    return {
        "url": f"{job.url}{ZOHO_PATH}",
        "body_template": "contact={{ row.contact | urlencode }}",
    }


def model(job: Job, part: int) -> str:
    """Return the SQL for one part of the records."""
    record = next(records_of(job.lines))
    if job.api == "porters":
        columns = "record.*"
    else:
        of = {"address": "street"}
        pairs = (f"{name}: record.{of.get(name, name)}::VARCHAR" for name in zoho_fields(record))
        columns = f"to_json({{{', '.join(pairs)}}}) AS contact"
    return (
        f"SELECT {columns} FROM read_json('{job.lines}', format = 'newline_delimited') "  # noqa: S608
        f"WHERE type = 'RECORD' AND record.id::INTEGER % {CONNECTIONS} = {part}"
    )


def prepare(job: Job) -> None:
    """Write the project; JSON is YAML, too."""
    folder = Path(job.folder)
    (folder / "syncs").mkdir(exist_ok=True)
    (folder / ".drt").mkdir(exist_ok=True)
    profile = {"default": {"type": "duckdb", "database": ":memory:"}}
    (folder / ".drt/profiles.yml").write_text(json.dumps(profile))
    project = {"name": "contacts", "profile": "default"}
    (folder / "drt_project.yml").write_text(json.dumps(project))
    wire = porters(job) if job.api == "porters" else zoho_voice(job)
    fields = {"type": "rest_api", "method": "POST", "headers": headers(job.api, job.token)}
    pace = {"requests_per_second": 0}
    sync = {"mode": "full", "batch_size": 10_000, "rate_limit": pace, "on_error": "fail"}
    for part in range(CONNECTIONS):
        told = {"name": f"part{part}", "model": model(job, part), "sync": sync}
        path = folder / f"syncs/part{part}.yml"
        path.write_text(json.dumps({**told, "destination": {**fields, **wire}}))


def main(path: str) -> None:
    """Write the project and become drt."""
    job = Job(*json.loads(Path(path).read_text(encoding="utf-8")))
    prepare(job)
    os.chdir(job.folder)
    os.environ |= {"HOME": job.folder, "DO_NOT_TRACK": "1"}
    drt = str(Path(sys.executable).with_name("drt"))
    os.execv(drt, [drt, "run", "--threads", str(CONNECTIONS)])  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1])
