"""Move contacts once a night: read the source once, then write each destination as a task.

Airflow needs no package of this project. The commands stand in an environment of their own, which
each worker has. `docs/orchestration.md` says how to set it up and why it is like this.

CONTACTS_BIN     folder with `tap-contacts` and `target-contacts`
CONTACTS_HOME    folder with `tap.json` and `target.json`, which has `destinations`
CONTACTS_SHARED  folder or bucket that all workers reach, for the records on their way
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import IO, Any

from airflow.sdk import ObjectStoragePath, Variable, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

BIN = Path(os.environ.get("CONTACTS_BIN", "/opt/contacts/bin"))
HOME = Path(os.environ.get("CONTACTS_HOME", "/etc/contacts"))
SHARED = os.environ.get("CONTACTS_SHARED", "file:///var/lib/contacts")
SCHEDULE = os.environ.get("CONTACTS_SCHEDULE", "0 3 * * *")
RETRY_SECONDS = float(os.environ.get("CONTACTS_RETRY_SECONDS", "61"))
"""Longer than the minute for which APIs count requests: a killed run cannot tell the next one how
many it sent."""

APIS = ("bas_ip", "cobai", "porters", "valomnia", "zoho_voice")
TARGET, TAP = HOME / "target.json", HOME / "tap.json"
STATE = "contacts_state"
"""The Variable with the STATE: it outlives DAG runs, and each worker reaches it."""

SETTLED = {0, 3}
"""Exit codes after which each record is written or in the file of rejects."""

LOG = logging.getLogger(__name__)


def run(command: str, *options: str | Path, stdin: Any = None, stdout: Any = None) -> int:
    """Run one of the commands, pass its log on to that of the task, and return its exit code."""
    whole = [BIN / command, *options]
    with subprocess.Popen(
        whole, cwd=HOME, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stderr or ():
            LOG.info("%s", line.rstrip())
    return process.returncode


def judge(command: str, code: int) -> None:
    """Fail the task as the exit code of its command says.

    Raises:
        AirflowFailException: If another try would come to the same: 2, 3, 4.
        AirflowException: If it may be tried again: 1, or ended by a signal.
    """
    if code in {2, 3, 4}:
        msg = f"{command} ended with exit code {code}: see its last lines above"
        raise AirflowFailException(msg)
    if code:
        msg = f"{command} ended with exit code {code}"
        raise AirflowException(msg)


def records() -> ObjectStoragePath:
    """Return where the records are handed over: one file, since one DAG run is active at most."""
    return ObjectStoragePath(SHARED) / "contacts.singer.jsonl"


def copied(source: IO[bytes], to: IO[bytes]) -> IO[bytes]:
    """Copy a file from or to the shared place; return it, ready to be read."""
    shutil.copyfileobj(source, to)
    to.flush()
    return to


def last_state(lines: IO[bytes]) -> str | None:
    """Return the last STATE of a tap, as JSON; it holds when all before it is settled."""
    found = None
    for line in lines:
        if b'"STATE"' in line and (message := json.loads(line))["type"] == "STATE":
            found = json.dumps(message["value"])
    return found


def reports(name: str) -> set[Path]:
    """Return the reports of a destination."""
    folder = json.loads(TARGET.read_text(encoding="utf-8"))["report_dir"]
    return set((HOME / folder / name).glob("*/run.json"))


@task(pool="contacts_source")
def read() -> str | None:
    """Read the source once, from the last STATE on, and return the new STATE."""
    os.umask(0o077)
    with tempfile.NamedTemporaryFile("w") as state, tempfile.TemporaryFile() as told:
        state.write(Variable.get(STATE, default="{}"))
        state.flush()
        code = run("tap-contacts", "--config", TAP, "--state", state.name, stdout=told)
        judge("tap-contacts", code)
        told.seek(0)
        with records().open("wb") as shared:
            copied(told, shared)
        told.seek(0)
        return last_state(told)


@task
def listed(api: str) -> list[str]:
    """Return the names of the destinations of an API."""
    with tempfile.TemporaryFile("w+") as told:
        code = run("target-contacts", "--config", TARGET, "--destinations", "list", stdout=told)
        judge("target-contacts", code)
        told.seek(0)
        rows = [line.split("\t") for line in told]
    return [name for name, of, _ in rows if of == api]


@task(map_index_template="{{ task.op_kwargs['name'] }}")
def write(name: str) -> None:
    """Write one destination; its exit code and its report become XComs however it ends."""
    tell = get_current_context()["ti"].xcom_push
    before = reports(name)
    with tempfile.TemporaryFile() as local, records().open("rb") as shared:
        copied(shared, local).seek(0)
        options = ("--config", TARGET, "--destinations", name)
        code = run("target-contacts", *options, stdin=local)
    tell("exit_code", code)
    for report in reports(name) - before:
        tell("report", json.loads(report.read_text(encoding="utf-8")))
    judge("target-contacts", code)


@task(trigger_rule="all_done", retries=0)
def keep_state() -> None:
    """Keep the STATE once all destinations are settled; fail if any of them failed."""
    pull = get_current_context()["ti"].xcom_pull
    names = pull(task_ids=[f"list_{api}" for api in APIS])
    ended = pull(task_ids=[f"write_{api}" for api in APIS], key="exit_code")
    codes = [code for code in ended if code is not None]
    settled = sum(code in SETTLED for code in codes)
    state = pull(task_ids="read")
    if None in names or settled < sum(map(len, names)):
        msg = f"{settled} destinations are settled, not all: no STATE is kept"
        raise AirflowFailException(msg)
    if state:
        Variable.set(STATE, state)
    records().unlink(missing_ok=True)
    if any(codes):
        msg = "STATE is kept, but some have more than max_rejects rejects"
        raise AirflowFailException(msg)


@dag(
    dag_id="contacts",
    schedule=SCHEDULE or None,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=RETRY_SECONDS)},
)
def contacts() -> None:
    """Read, then write all destinations of each API, at most as many at once as its pool has."""
    there, kept = read(), keep_state()
    for api in APIS:
        names = listed.override(task_id=f"list_{api}")(api)
        into = write.override(task_id=f"write_{api}", pool=f"contacts_{api}")
        there >> into.expand(name=names) >> kept


contacts()
