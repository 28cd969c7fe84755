"""Move contacts as a job of Dagster: read the source once, then write each destination as an op.

    dagster job execute -f contacts_job.py -j contacts

CONTACTS_BIN   folder with `tap-contacts` and `target-contacts`, in an environment of their own
CONTACTS_HOME  folder with `tap.json`, `target.json`, the STATE, and the records on their way
"""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

BIN = Path(os.environ.get("CONTACTS_BIN", "/opt/contacts/bin"))
HOME = Path(os.environ.get("CONTACTS_HOME", "/var/lib/contacts"))
RETRY = dg.RetryPolicy(max_retries=2, delay=float(os.environ.get("CONTACTS_RETRY_SECONDS", "61")))
STATE, RECORDS = HOME / "state.json", HOME / "contacts.singer.jsonl"


def run(log: Any, command: str, *options: str, stdin: Any = None, stdout: Any = None) -> int:
    """Run a command, pass its log on, and return its exit code.

    Raises:
        Failure: For 1, which is tried again, and for 2 and 4, which are not.
    """
    whole = [str(BIN / command), *options]
    with subprocess.Popen(
        whole, cwd=HOME, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, text=True
    ) as process:
        for line in process.stderr or ():
            log.info(line.rstrip())
    code = process.returncode
    if code not in {0, 3}:
        msg = f"{command} ended with exit code {code}"
        raise dg.Failure(msg, allow_retries=code not in {2, 4})
    return code


def last_state() -> str:
    """Return the last STATE of the records; "" if there is none."""
    found = ""
    with RECORDS.open(encoding="utf-8") as lines:
        for line in lines:
            if '"STATE"' in line and (message := json.loads(line))["type"] == "STATE":
                found = json.dumps(message["value"])
    return found


@dg.op
def read(context: dg.OpExecutionContext) -> str:
    """Read the source once, from the last STATE on, and return the new STATE."""
    os.umask(0o077)
    if not STATE.exists():
        STATE.write_text("{}", encoding="utf-8")
    with RECORDS.open("wb") as told:
        options = ("--config", "tap.json", "--state", str(STATE))
        run(context.log, "tap-contacts", *options, stdout=told)
    return last_state()


@dg.op(out=dg.DynamicOut(str), ins={"there": dg.In(dg.Nothing)})
def listed(context: dg.OpExecutionContext) -> Iterator[dg.DynamicOutput[str]]:
    """Yield the names of the destinations, once the records are there."""
    names = HOME / "destinations.txt"
    with names.open("w", encoding="utf-8") as told:
        options = ("--config", "target.json", "--destinations", "list")
        run(context.log, "target-contacts", *options, stdout=told)
    for number, line in enumerate(names.read_text("utf-8").splitlines()):
        yield dg.DynamicOutput(line.split("\t")[0], mapping_key=f"destination_{number}")


@dg.op(pool="contacts")
def write(context: dg.OpExecutionContext, name: str) -> int:
    """Write one destination and return its exit code; its report becomes metadata."""
    folder = HOME / json.loads((HOME / "target.json").read_text("utf-8"))["report_dir"] / name
    before = set(folder.glob("*/run.json"))
    try:
        with RECORDS.open("rb") as records:
            options = ("--config", "target.json", "--destinations", name)
            return run(context.log, "target-contacts", *options, stdin=records)
    finally:
        for report in set(folder.glob("*/run.json")) - before:
            told = dg.MetadataValue.json(json.loads(report.read_text("utf-8")))
            context.log_event(
                dg.AssetObservation(
                    asset_key="contacts", metadata={"destination": name, "report": told}
                )
            )


@dg.op
def keep_state(state: str, codes: list[int]) -> None:
    """Keep the STATE, now that all destinations are settled."""
    if state:
        (HOME / "state.json.new").write_text(state, encoding="utf-8")
        (HOME / "state.json.new").replace(STATE)
    RECORDS.unlink()
    if any(codes):
        msg = "STATE is kept, but some have more than max_rejects rejects"
        raise dg.Failure(msg)


@dg.job(op_retry_policy=RETRY)
def contacts() -> None:
    """Read, write each destination, then keep the STATE."""
    state = read()
    keep_state(state, listed(there=state).map(write).collect())
