"""Run the tap on sandboxes of many contacts."""

from __future__ import annotations

import json
import os
import re
import threading
from contextlib import contextmanager
from subprocess import Popen
from typing import IO, TYPE_CHECKING, Any

from tests.sandbox.cobai import CUSTOMER_UUID, PASSWORD, RICO, Cobai
from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import BIN, FAST, Finished
from tests.support.warm import NOTHING, PIPE, Process, Warm

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.sandbox.server import Sandbox
    from tests.support.commands import Workplace


ZOHO, COBAI = "zoho_voice_contacts", "cobai_contacts"


class Counting(ZohoVoice):
    """A Zoho Voice that counts its contacts in a way of its own."""

    def __init__(self, total: Callable[[int], int]) -> None:
        """Take what makes the total that is told of the true one."""
        super().__init__()
        self._told = total

    def _list(self, page: Any) -> dict[str, Any]:
        answer = super()._list(page)
        return {**answer, "meta": {"total": self._told(answer["meta"]["total"])}}


def fill(sandbox: ZohoVoice, count: int) -> list[str]:
    """Put in so many contacts and return their ids."""
    return [str(sandbox.add(first_name=f"N{n}", mobile=f"+49151{n:07}")) for n in range(count)]


def filled(sandbox: Cobai, customers: int) -> list[str]:
    """Put in so many customers with none to two contacts each; return the contacts' UUIDs."""
    uuids = [CUSTOMER_UUID, *(sandbox.add_customer() for _ in range(customers - 1))]
    fields = {**RICO, "webPassword": PASSWORD}
    return [
        sandbox.add(customer_uuid=uuid, **{**fields, "webUserName": f"user{place}-{number}"})
        for place, uuid in enumerate(uuids)
        for number in range(place % 3)
    ]


def read(workplace: Workplace, sandbox: Sandbox, state: object = None, **settings: Any) -> Finished:
    """Run the tap, with a state if there is one."""
    path = workplace.folder / "state.json"
    path.write_text(json.dumps(state))
    options = [] if state is None else ["--state", str(path)]
    config = {sandbox.api: {**(sandbox.tap_config() or {}), **settings.pop("account", {})}}
    return workplace.tap({**config, **settings}, *options)


def keys(run: Finished, stream: str) -> list[str]:
    """Return the keys of the records that a run wrote."""
    name = {ZOHO: "contact_id", COBAI: "uuid"}[stream]
    return [record[name] for record in run.records(stream)]


def state(run: Finished) -> Any:
    """Return the last state that a run wrote."""
    return [message["value"] for message in run.messages if message["type"] == "STATE"][-1]


def progress(run: Finished, stream: str) -> Any:
    """Return how far the last state says that a stream was read."""
    return state(run)["bookmarks"][stream].get("progress")


def timeless(run: Finished) -> str:
    """Return what a run wrote but the times of reading."""
    return re.sub(r',"time_extracted":"[^"]+"', "", run.out)


SDK_WAY: dict[str, Any] = {"stream_maps": {ZOHO: {}, "cobai_contacts": {}, "cobai_customers": {}}}
"""Settings with which the SDK goes through every record and changes none."""


@contextmanager
def started(
    folder: Path,
    sandbox: ZohoVoice,
    stdout: IO[bytes] | int = PIPE,
    env: Mapping[str, str] | None = None,
    **settings: Any,
) -> Iterator[Process]:
    """Run the command; its log goes to a file.

    Args:
        folder: Where it works.
        sandbox: What it reads.
        stdout: Where its messages go.
        env: Variables that an interpreter reads when it starts: the process is a new one then.
        settings: Settings beside the account's.
    """
    path = folder / "config.json"
    path.write_text(json.dumps({**FAST, "zoho_voice": sandbox.tap_config(), **settings}))
    with (folder / "log").open("wb") as log:
        streams: Any = {"stdin": NOTHING, "stdout": stdout, "stderr": log}
        process: Process
        if env is None:
            process = Warm(folder, "tap-contacts", ["--config", str(path)], **streams)
        else:
            command = [str(BIN / "tap-contacts"), "--config", str(path)]
            process = Popen(command, env={**os.environ, **env}, **streams)
        with process:
            try:
                yield process
            finally:
                process.kill()


def ended(folder: Path, process: Process, out: bytes = b"") -> Finished:
    """Return what a command wrote, once it has ended."""
    code = process.wait(20)
    return Finished(code, out.decode(), (folder / "log").read_text("utf-8"))


def ended_by(
    number: signal.Signals, workplace: Workplace, zoho: ZohoVoice, **settings: Any
) -> Finished:
    """Return what a tap wrote that a signal ended while it waited for its fifth page."""
    asked, never = threading.Event(), threading.Event()

    def fall_silent(served: int) -> None:
        if served == 5:
            asked.set()
            hold(never)

    zoho.on_list = fall_silent
    out = workplace.folder / "out"
    try:
        with out.open("wb") as file, started(workplace.folder, zoho, file, **settings) as process:
            assert asked.wait(20)
            process.send_signal(number)
            run = ended(workplace.folder, process)
    finally:
        never.set()
    zoho.on_list = None
    return Finished(run.code, out.read_text("utf-8"), run.log)


def hold(event: threading.Event) -> None:
    """Wait for an event, but not for ever."""
    event.wait(60)


LOST = "not as an earlier run left it; all of it is read"


def broken_off(workplace: Workplace, cobai: Cobai) -> Finished:
    """Read so far that some customers are read, and fail."""
    cobai.fault(on="GET /v2/customer/", after=60, times=-1, status=500)
    run = read(workplace, cobai, max_tries=1)
    cobai.faults.clear()
    cobai.log.clear()
    return run
