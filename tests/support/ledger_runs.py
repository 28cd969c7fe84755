"""Run the target on a ledger while something else happens."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
from typing import IO, TYPE_CHECKING, Any

from tests.sandbox.zoho_voice import ZohoVoice
from tests.support.commands import FAST, SOON, Workplace, contacts, singer
from tests.support.under_way import UnderWay
from tests.support.zoho_people import ANNA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sandbox.faults import Fault
    from tests.sandbox.messages import Request, Response
    from tests.support.ledger_stores import Store


NUMBERS = itertools.count()
API = "/rest/json/zv/contacts"
BUSY = "another run writes to the same account"


class Watched(ZohoVoice):
    """A Zoho Voice that does something else just before it carries out a write."""

    before_write: Callable[[], None] | None = None
    release: threading.Event | None = None
    """What the API waits for before it carries out the write of Bert."""

    def __init__(self) -> None:
        """Set up the server."""
        super().__init__()
        self.arrived = threading.Event()
        """That the write of Bert is there."""

    def answer(self, request: Request) -> tuple[Response | None, Fault | None]:
        """Answer a request, of several at once."""
        if b"Bert" in request.body:
            self.arrived.set()
            if self.release:
                self.release.wait(60)
        return super().answer(request)

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        if self.before_write and self.is_write(request):
            self.before_write()
        return super().handle(request)


def config(zoho: ZohoVoice, store: Store, **changed: Any) -> dict[str, Any]:
    """Return settings with which nothing but the ledger knows what was written before."""
    own = {"ledger_url": store.url, "match_on": [], "checkpoint_seconds": 0}
    return {**FAST, **SOON, **zoho.target_config(), **own, **changed}


@contextlib.contextmanager
def started(workplace: Workplace, settings: dict[str, Any]) -> Iterator[UnderWay]:
    """Start a target whose input stays open; it is killed if it runs at the end."""
    path = workplace.folder / f"started-{next(NUMBERS)}.json"
    path.write_text(json.dumps(settings))
    with UnderWay("target-contacts", ["--config", str(path)], workplace.folder) as process:
        try:
            yield process
        finally:
            process.kill()


def feed(process: UnderWay, text: str) -> None:
    """Write to a target's input, leaving it open."""
    process.stdin.write(text)
    process.stdin.flush()


def end_input(process: UnderWay) -> None:
    """End a target's input."""
    process.stdin.close()


def line_of(stream: IO[str] | None, words: str = "") -> str:
    """Wait for a line with these words."""
    assert stream
    return next(line for line in stream if words in line)


@contextlib.contextmanager
def holding(workplace: Workplace, settings: dict[str, Any]) -> Iterator[UnderWay]:
    """Start a target that has written Anna and waits for more."""
    with started(workplace, settings) as process:
        feed(process, singer(contacts(ANNA, state={"at": 1})))
        assert json.loads(line_of(process.stdout)) == {"at": 1}
        yield process
